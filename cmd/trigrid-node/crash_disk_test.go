//go:build linux

package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// smallDisk puts the folder of a replica on a disk of its own with 8 MiB. Only
// root can do this.
func (c *cluster) smallDisk(i int) {
	c.t.Helper()
	files, err := filepath.Glob(filepath.Join(c.of(i), "*"))
	require.NoError(c.t, err)
	content := map[string][]byte{}
	for _, f := range files {
		content[f], err = os.ReadFile(f)
		require.NoError(c.t, err)
	}
	if err := syscall.Mount("tmpfs", c.of(i), "tmpfs", 0, "size=8m"); err != nil {
		c.t.Skipf("a small disk needs the right to mount one: %v", err)
	}
	c.t.Cleanup(func() {
		c.end()
		require.NoError(c.t, syscall.Unmount(c.of(i), 0))
	})
	for f, b := range content {
		require.NoError(c.t, os.WriteFile(f, b, 0o600))
	}
}

// fill writes a file until the disk is full, and returns its name.
func (c *cluster) fill(i int) string {
	c.t.Helper()
	name := filepath.Join(c.of(i), "ballast")
	f, err := os.Create(name)
	require.NoError(c.t, err)
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil { // less fits
			size /= 2
		}
	}
	return name
}

// A replica whose disk is full stops with an error that names it, the others
// work on, and the replica continues from its log after there is room again.
func TestCrashFullDisk(t *testing.T) {
	c := newCluster(t, freeAddresses(t, 4), loaders)
	const full = 2
	c.smallDisk(full)
	c.startAll()
	e := c.dial("grid")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var l load
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.run(t, ctx, c)
	}()
	time.Sleep(time.Second)
	ballast := c.fill(full)
	log, err := c.wait(full) // it ends by itself
	require.Error(t, err)
	require.Contains(t, log, "no space left on device")
	height := e.Status().Height
	require.Eventually(t, func() bool { return e.Status().Height > height+5 }, patience, 10*time.Millisecond, "three replicas stand still")
	require.NoError(t, os.Remove(ballast))
	c.start(full)
	time.Sleep(time.Second)
	stop()
	<-ended
	end := c.settleDown(e)
	_ = e.Close()
	c.stopAll()
	lost, duplicated, executed := l.account(c.chains(end))
	t.Logf("%d transactions, lost %d, duplicated %d, chains equal after the disk of one replica was full", executed, lost, duplicated)
	require.Zero(t, lost)
	require.Zero(t, duplicated)
}

// A second process of a running replica ends at once, and the first one works
// on.
func TestCrashTwoStarts(t *testing.T) {
	c := newCluster(t, freeAddresses(t, 4), 0)
	c.startAll()
	e := c.dial("grid")
	for _, flags := range [][]string{nil, {"-new"}, {"-lost-log"}} {
		out, err := c.command(1, append([]string{"start", "-folder", c.names[1]}, flags...)...).CombinedOutput()
		require.Error(t, err, "%s", out)
		if slices.Contains(flags, "-new") {
			require.Contains(t, string(out), "the folder has a chain already")
		} else {
			require.Contains(t, string(out), "is locked by another process")
		}
	}
	for _, n := range e.Nodes(t.Context()) {
		require.NoError(t, n.Err)
	}
	_ = e.Close()
	c.stopAll()
	// Two processes that start at the same time: one wins.
	first, second := c.command(1, "start", "-folder", c.names[1]), c.command(1, "start", "-folder", c.names[1])
	require.NoError(t, first.Start())
	require.NoError(t, second.Start())
	ended := make(chan error, 2)
	go func() { ended <- first.Wait() }()
	go func() { ended <- second.Wait() }()
	require.Error(t, <-ended, "the process that has lost")
	_ = first.Process.Signal(syscall.SIGTERM) // has no effect on the one that has ended
	_ = second.Process.Signal(syscall.SIGTERM)
	require.NoError(t, <-ended)
}

// A replica whose log is damaged refuses to start, and with -lost-log it comes
// back from the others.
func TestCrashDamagedLog(t *testing.T) {
	c := newCluster(t, freeAddresses(t, 4), loaders)
	c.startAll()
	e := c.dial("grid")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var l load
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.run(t, ctx, c)
	}()
	require.Eventually(t, func() bool { return e.Status().Height > 5 }, patience, 10*time.Millisecond)
	const damaged = 3
	c.kill(damaged)
	segments, err := filepath.Glob(filepath.Join(c.of(damaged), "log", "*"))
	require.NoError(t, err)
	for _, name := range segments { // one bit of each file with content
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		if len(b) > 0 && filepath.Base(name) != "lock" {
			b[len(b)/2] ^= 4
			require.NoError(t, os.WriteFile(name, b, 0o600))
		}
	}
	out, err := c.command(damaged, "start", "-folder", c.names[damaged]).CombinedOutput()
	require.Error(t, err, "a damaged log is opened: %s", out)
	c.start(damaged, "-lost-log")
	time.Sleep(time.Second)
	stop()
	<-ended
	height := c.settleDown(e)
	_ = e.Close()
	c.stopAll()
	lost, duplicated, _ := l.account(c.chains(height))
	require.Zero(t, lost)
	require.Zero(t, duplicated)
}
