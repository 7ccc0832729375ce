package engine

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

func startCluster(t *testing.T, cfg ClusterConfig) (*Cluster, *party) {
	t.Helper()
	p := newParty(t, "grid", ledger.RoleGrid)
	cfg.Genesis = ledger.Genesis{Name: "cluster test", Identities: []ledger.Identity{p.identity}}
	if cfg.Tick == 0 {
		cfg.Tick, cfg.Retry = 2*time.Millisecond, 50*time.Millisecond
	}
	c, err := NewCluster(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	p.engine = c
	return c, p
}

// A replica that was cut off while the others went past their checkpoints comes
// back by a certified snapshot: it skips blocks, and its ledger is the same as
// theirs in the end.
func TestReplicaCutOffForLongComesBackBySnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cut atomic.Bool
		c, p := startCluster(t, ClusterConfig{Filter: func(from, to pbft.ReplicaID) bool {
			return !cut.Load() || from != 3 && to != 3
		}})
		cut.Store(true)
		var last ledger.Receipt
		for range 420 { // more than the window of 256 batches
			var err error
			last, err = p.send(t.Context(), &ledger.Heartbeat{})
			require.NoError(t, err)
		}
		behind := c.replicas[3].machine.Head().Height
		require.Less(t, behind, uint64(10))
		cut.Store(false)
		eventually(t, func() bool { return c.replicas[3].machine.Head().Height >= last.Height })
		v, err := c.replicas[3].machine.Read(ledger.NumbersKey(p.identity.Key), last.Height)
		require.NoError(t, err)
		h, err := c.Certified(t.Context(), last.Height)
		require.NoError(t, err)
		require.NoError(t, ledger.VerifyState(h.Header.StateRoot, v.Key, v.Value, true, v.Proof))
		_, err = c.replicas[3].machine.Read("x", behind+1)
		require.ErrorIs(t, err, ledger.ErrNotKept, "it cannot know the blocks that it has skipped")
	})
}

// One dead primary costs one view change, then nothing. The replicas are given
// two seconds before they suspect anybody, so that a busy machine is not taken
// for a dead one.
func TestDeadPrimaryCostsOneViewChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := startCluster(t, ClusterConfig{Tick: 20 * time.Millisecond})
		_, err := p.send(t.Context(), &ledger.Heartbeat{})
		require.NoError(t, err)
		require.NoError(t, c.StopReplica(0))
		for range 20 {
			_, err := p.send(t.Context(), &ledger.Heartbeat{})
			require.NoError(t, err)
		}
		for i, d := range c.cluster.Drivers[1:] {
			s, err := d.State()
			require.NoError(t, err)
			require.Equal(t, uint64(1), s.View, "replica %d", i+1)
		}
		require.Error(t, c.StopReplica(4))
		require.Error(t, c.StopReplica(-1))
	})
}

// Without a quorum nothing is committed, and nothing pretends to be.
func TestTwoDeadReplicasOfFourStopTheLedgerSafely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := startCluster(t, ClusterConfig{})
		_, err := p.send(t.Context(), &ledger.Heartbeat{})
		require.NoError(t, err)
		require.NoError(t, c.StopReplica(0))
		require.NoError(t, c.StopReplica(1))
		id, err := p.submit(t.Context(), &ledger.Heartbeat{})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		_, err = c.WaitCommitted(ctx, id)
		require.ErrorIs(t, err, context.DeadlineExceeded, "two replicas of four committed")
		require.Equal(t, uint64(1), c.Status().Height)
	})
}

func TestCertificatesOfBatchesWithoutBlockAreNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := startCluster(t, ClusterConfig{})
		for range 50 {
			_, err := p.send(t.Context(), &ledger.Heartbeat{})
			require.NoError(t, err)
		}
		_, err := c.Certified(t.Context(), c.Status().Height)
		require.NoError(t, err)
		eventually(t, func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			b := &c.tally
			return len(c.pending) == 0 && len(b.votes) == 0 && len(b.agreed) == 0 && len(b.proofs) == 0 && len(b.heights) == 0
		})
	})
}

// eventually waits for a condition. The clock is that of the test's bubble, so
// a busy machine cannot make it fail.
func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	for range 60_000 {
		if condition() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the condition did not become true within 10 minutes")
}
