//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// inside is the environment variable that tells the test that it runs in the
// namespace of the switch. Its value is the prefix of the namespaces' names.
const inside = "TRIGRID_CRASH_NAMESPACE"

// ip runs the command ip.
func ip(args ...string) error {
	out, err := exec.Command("ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// network makes five network namespaces without any connection to the machine's
// network: one per replica, and one with two switches, the client, and a cable
// to each replica.
func network(t *testing.T, prefix string) error {
	space := prefix + "s"
	t.Cleanup(func() {
		for _, n := range []string{"s", "0", "1", "2", "3"} {
			_ = ip("netns", "delete", prefix+n) // takes its devices along
		}
	})
	commands := [][]string{
		{"netns", "add", space},
		{"-n", space, "link", "add", "left", "type", "bridge"},
		{"-n", space, "link", "add", "right", "type", "bridge"},
		{"-n", space, "addr", "add", "10.77.0.254/24", "dev", "left"},
		{"-n", space, "link", "set", "left", "up"},
		{"-n", space, "link", "set", "right", "up"},
		{"-n", space, "link", "set", "lo", "up"},
	}
	for i := range 4 {
		own, port := fmt.Sprintf("%s%d", prefix, i), fmt.Sprintf("port%d", i)
		commands = append(commands, [][]string{
			{"netns", "add", own},
			{"-n", space, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", own},
			{"-n", space, "link", "set", port, "master", "left"},
			{"-n", space, "link", "set", port, "up"},
			{"-n", own, "addr", "add", fmt.Sprintf("10.77.0.%d/24", i+1), "dev", "eth0"},
			{"-n", own, "link", "set", "eth0", "up"},
			{"-n", own, "link", "set", "lo", "up"},
		}...)
	}
	for _, args := range commands {
		if err := ip(args...); err != nil {
			return err
		}
	}
	return nil
}

// Partitions of a real network lose nothing: first one replica is alone, then
// the network is in two halves without a quorum, and nothing is committed until
// it is whole again.
func TestCrashPartition(t *testing.T) {
	prefix := os.Getenv(inside)
	if prefix == "" {
		prefix = fmt.Sprintf("tg%d-", os.Getpid())
		if err := network(t, prefix); err != nil {
			t.Skipf("partitions need the right to make network namespaces: %v", err)
		}
		// The client must be in a namespace, too, so that the test runs itself
		// there.
		again := exec.CommandContext(t.Context(), "ip", "netns", "exec", prefix+"s", os.Args[0], "-test.run", "^TestCrashPartition$", "-test.v", "-test.timeout", "20m")
		again.Env = append(os.Environ(), inside+"="+prefix)
		out, err := again.CombinedOutput()
		t.Logf("%s", out)
		require.NoError(t, err)
		return
	}
	var addresses []string
	for i := range 4 {
		addresses = append(addresses, fmt.Sprintf("10.77.0.%d:7000", i+1))
	}
	c := newCluster(t, addresses, loaders)
	c.prefix = func(i int) []string { return []string{"ip", "netns", "exec", fmt.Sprintf("%s%d", prefix, i)} }
	c.startAll()
	e := c.dial("grid")
	move := func(bridge string, replicas ...int) {
		for _, i := range replicas {
			require.NoError(t, ip("link", "set", fmt.Sprintf("port%d", i), "master", bridge))
		}
	}
	grow := func() {
		t.Helper()
		before := e.Status().Height
		require.Eventually(t, func() bool { return e.Status().Height > before+3 }, patience, 10*time.Millisecond, "the chain stands still")
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var l load
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.run(t, ctx, c)
	}()
	grow()
	move("right", 0) // the first primary
	grow()
	move("left", 0)
	grow()
	move("right", 2, 3) // two halves
	time.Sleep(500 * time.Millisecond)
	height := func() (high uint64) { // that the reachable half has executed
		for _, n := range e.Nodes(ctx) {
			if n.Err == nil {
				high = max(high, n.Head)
			}
		}
		return high
	}
	before := height()
	time.Sleep(2 * time.Second)
	// Messages that had arrived before the split complete at most the batches
	// in flight.
	require.LessOrEqual(t, height(), before+8, "a half without a quorum executes blocks")
	move("left", 2, 3)
	grow()
	stop()
	<-ended
	end := c.settleDown(e)
	_ = e.Close()
	c.stopAll()
	lost, duplicated, executed := l.account(c.chains(end))
	t.Logf("%d transactions, lost %d, duplicated %d, chains equal after partitions; longest gap between two receipts %s", executed, lost, duplicated, l.gap.Round(time.Millisecond))
	require.Zero(t, lost)
	require.Zero(t, duplicated)
}
