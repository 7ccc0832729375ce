//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/node"
	"github.com/trigrid/trigrid/ledger/node/disk"
)

// patience bounds every wait, so that a busy machine does not fail a test.
const patience = 5 * time.Minute

// cluster is four replicas in processes of their own, on the loopback
// interface.
type cluster struct {
	t       *testing.T
	folder  string
	genesis node.Genesis
	parties map[string]node.PartyKey
	names   []string
	prefix  func(i int) []string // command before that of replica i; nil for none

	mu        sync.Mutex
	processes []*exec.Cmd
	logs      []*bytes.Buffer
	engines   []*node.Engine // open ones
}

// names of the replicas.
var replicaNames = []string{"alpha", "beta", "gamma", "delta"}

// freeAddresses returns n free addresses of the loopback interface.
func freeAddresses(t *testing.T, n int) []string {
	t.Helper()
	out := make([]string, n)
	for i := range out {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer l.Close()
		out[i] = l.Addr().String()
	}
	return out
}

// newCluster makes the files of four replicas and of the participants: an
// authority, a grid and vpps VPPs. Checkpoints are frequent, so that restarts
// meet them.
func newCluster(t *testing.T, addresses []string, vpps int) *cluster {
	t.Helper()
	c := &cluster{
		t: t, folder: t.TempDir(), names: replicaNames, parties: map[string]node.PartyKey{},
		genesis: node.Genesis{Name: "crash", Protocol: node.Protocol{Checkpoint: 32}},
	}
	for i, name := range c.names {
		k, err := node.NewReplicaKey(name, addresses[i])
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(c.of(i), 0o700))
		require.NoError(t, writeNew(filepath.Join(c.of(i), replicaKeyFile), 0o600, k))
		card := k.Card()
		card.ID = uint32(i)
		c.genesis.Replicas = append(c.genesis.Replicas, card)
	}
	roles := map[string]string{"authority": "regulator", "grid": "grid"}
	for i := range vpps {
		roles[fmt.Sprintf("vpp%d", i)] = "vpp"
	}
	for name, role := range roles {
		k, err := node.NewPartyKey(name, role)
		require.NoError(t, err)
		card, err := k.Card()
		require.NoError(t, err)
		c.parties[name] = k
		c.genesis.Participants = append(c.genesis.Participants, card)
	}
	require.NoError(t, c.genesis.Validate())
	require.NoError(t, writeNew(filepath.Join(c.folder, "genesis.json"), 0o600, c.genesis))
	c.processes, c.logs = make([]*exec.Cmd, len(c.names)), make([]*bytes.Buffer, len(c.names))
	t.Cleanup(c.end)
	return c
}

// of returns the folder of a replica.
func (c *cluster) of(i int) string { return filepath.Join(c.folder, c.names[i]) }

// command returns a command of the program as a process of the test binary.
func (c *cluster) command(i int, args ...string) *exec.Cmd {
	all := append([]string{os.Args[0]}, args...)
	if c.prefix != nil {
		all = append(c.prefix(i), all...)
	}
	// The process outlives the call; end stops it.
	p := exec.CommandContext(context.Background(), all[0], all[1:]...)
	p.Env = append(os.Environ(), child+"=1")
	p.Dir = c.folder
	return p
}

// start starts a replica.
func (c *cluster) start(i int, flags ...string) {
	p := c.command(i, append([]string{"start", "-folder", c.names[i]}, flags...)...)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.logs[i] = &bytes.Buffer{}
	p.Stderr = c.logs[i]
	if err := p.Start(); err != nil {
		c.t.Errorf("replica %d does not start: %v", i, err)
		return
	}
	c.processes[i] = p
}

// signal sends a signal to a replica.
func (c *cluster) signal(i int, s syscall.Signal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.processes[i]; p != nil {
		_ = p.Process.Signal(s) // the process can have ended by itself
	}
}

// wait waits for the end of a replica and returns the messages of its log and
// its error.
func (c *cluster) wait(i int) (string, error) {
	c.mu.Lock()
	p := c.processes[i]
	c.processes[i] = nil
	log := c.logs[i]
	c.mu.Unlock()
	if p == nil {
		return "", nil
	}
	err := p.Wait()
	return log.String(), err
}

// kill ends a replica as a crash does.
func (c *cluster) kill(i int) {
	c.signal(i, syscall.SIGKILL)
	_, _ = c.wait(i)
}

// end kills all replicas that run.
func (c *cluster) end() {
	for _, e := range c.engines {
		_ = e.Close()
	}
	for i := range c.names {
		c.kill(i)
	}
}

// startAll starts all replicas for the first time.
func (c *cluster) startAll() {
	for i := range c.names {
		c.start(i, "-new")
	}
}

// dial connects as a participant.
func (c *cluster) dial(party string) *node.Engine {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	k := c.parties[party]
	e, err := node.Dial(ctx, node.DialConfig{Genesis: c.genesis, Signer: k.Signer()})
	require.NoError(c.t, err)
	c.engines = append(c.engines, e)
	return e
}

// client returns a client of a participant.
func (c *cluster) client(e *node.Engine, party string) *client.Client {
	c.t.Helper()
	k := c.parties[party]
	p, err := k.Party()
	require.NoError(c.t, err)
	out, err := client.Connect(c.t.Context(), e, p)
	require.NoError(c.t, err)
	return out
}

// settleDown waits until all replicas have the same blocks without gaps, and
// returns their height.
func (c *cluster) settleDown(e *node.Engine) (height uint64) {
	c.t.Helper()
	deadline := time.Now().Add(patience)
	for equal := 0; equal < 2; { // twice, so that a block between two answers is seen
		require.True(c.t, time.Now().Before(deadline), "the replicas do not become equal: %+v", e.Nodes(c.t.Context()))
		time.Sleep(200 * time.Millisecond)
		nodes := e.Nodes(c.t.Context())
		same := true
		for _, n := range nodes {
			same = same && n.Err == nil && n.Head == nodes[0].Head && n.Complete == n.Head
		}
		if same && nodes[0].Head == height {
			equal++
		} else {
			equal = 0
		}
		height = nodes[0].Head
	}
	return height
}

// stopAll stops all replicas with SIGTERM and expects status 0.
func (c *cluster) stopAll() {
	c.t.Helper()
	for i := range c.names {
		c.signal(i, syscall.SIGTERM)
	}
	for i := range c.names {
		log, err := c.wait(i)
		require.NoError(c.t, err, "replica %d: %s", i, log)
	}
}

// chains reads the blocks of all replicas from their stores and requires that
// they are equal. It returns those of the first one.
func (c *cluster) chains(height uint64) []ledger.CommittedBlock {
	c.t.Helper()
	var first []ledger.CommittedBlock
	for i := range c.names {
		s, err := disk.Open(filepath.Join(c.of(i), "chain.db"))
		require.NoError(c.t, err)
		var own []ledger.CommittedBlock
		for b, err := range node.Blocks(s, 1) {
			require.NoError(c.t, err)
			own = append(own, b)
		}
		require.NoError(c.t, s.Close())
		require.Len(c.t, own, int(height), "replica %d", i)
		if i == 0 {
			first = own
			continue
		}
		for h := range own {
			require.Equal(c.t, first[h].Header, own[h].Header, "block %d of replica %d", h+1, i)
		}
	}
	for h := 1; h < len(first); h++ {
		require.Equal(c.t, first[h-1].Header.Hash(), first[h].Header.Parent, "the parent of block %d", h+1)
	}
	return first
}
