package pbft

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNumberOutsideTheWindowLeavesNoTrace: a faulty primary and a client
// together can have a request ordered that is outside the client's window. It
// is not executed. If it stayed in the pools, it would be the oldest request
// forever and cost every primary its view.
func TestNumberOutsideTheWindowLeavesNoTrace(t *testing.T) {
	c := newCluster(t, 4, 4)
	b := &Batch{Requests: []Request{c.request(1_000_000, "op")}}
	p := c.prePrepare(0, 1, b)
	for i := 1; i < 4; i++ {
		require.NoError(t, c.nodes[i].Step(0, p))
	}
	require.NoError(t, c.nodes[1].Step(0, c.vote(KindCommit, 0, 1, p.Digest, 0)))
	c.settle()
	for i, n := range c.nodes[1:] {
		require.Equal(t, uint64(1), n.State().Executed, "replica %d", i+1)
		require.Zero(t, n.State().Waiting, "replica %d", i+1)
	}
	c.cut[0] = true
	c.tick(500)
	require.Zero(t, c.nodes[1].State().View, "no replica waits for anything")
}

// TestNobodyFillsAnothersBuffer: messages for later views count against the
// replica that sent them. The claimed signer is not verified yet.
func TestNobodyFillsAnothersBuffer(t *testing.T) {
	f := newFixture(t, 4)
	n := f.node(t, 1)
	for seq := range uint64(2 * maxFuture) {
		forged := &Vote{Type: KindPrepare, View: 1, Seq: 1 + seq%8, Replica: 2}
		forged.Digest[0] = byte(seq)
		_ = n.Step(3, forged)
	}
	require.LessOrEqual(t, n.State().Buffered, maxFuture)
	require.ErrorIs(t, n.Step(2, f.vote(KindPrepare, 1, 1, digestOf('a'), 2)), RefusedEarly)
}

// TestNewPrimaryKeepsTimeGoing: the batch a new primary proposes behind an
// inherited one must not be older than that, however far ahead the former
// primary's clock was.
func TestNewPrimaryKeepsTimeGoing(t *testing.T) {
	f := newFixture(t, 4)
	n := f.node(t, 1) // primary of view 1
	b := f.batch(1)
	b.Time = 9_000
	require.NoError(t, n.Step(0, f.prePrepare(0, 1, b)))
	require.NoError(t, n.Step(2, f.vote(KindPrepare, 0, 1, b.Digest(), 2)))
	require.NoError(t, n.Propose(f.request(2, "op")))
	drain(n)
	n.startViewChange(1)
	for _, id := range []ReplicaID{2, 3} {
		require.NoError(t, n.Step(id, f.viewChange(id, 1, ExecutionCertificate{})))
	}
	n.Tick(5_000)
	var times []int64
	for range 5 {
		for _, m := range drain(n) {
			if p, ok := m.(*PrePrepare); ok {
				times = append(times, p.Batch.Time)
			}
		}
		n.Tick(5_000)
	}
	require.Equal(t, []int64{9_000}, times)
}

// TestReplicasKeyIsNoClients: requests of a client whose key has become a
// replica's leave the pool, because no batch may contain them.
func TestReplicasKeyIsNoClients(t *testing.T) {
	f := newFixture(t, 4)
	n := f.node(t, 1)
	require.NoError(t, n.Propose(f.request(1, "op")))
	next, err := NewMembership(1, append(f.genesis.Members[:4:4], Member{ID: 9, Key: clientSigner().Public()}))
	require.NoError(t, err)
	n.enterEpoch(next)
	require.Zero(t, n.State().Waiting)
}

// TestGenesisLimits: parameters whose sums would not fit are refused.
func TestGenesisLimits(t *testing.T) {
	f := newFixture(t, 4)
	for name, change := range map[string]func(*Genesis){
		"Checkpoint": func(g *Genesis) { g.Checkpoint = 1 << 63 },
		"Window":     func(g *Genesis) { g.Window = 7 },
		"Drift":      func(g *Genesis) { g.Drift = 1 << 63 },
	} {
		g := f.genesis
		change(&g)
		_, err := g.WithDefaults()
		require.ErrorContains(t, err, name)
	}
}

// TestOldRequestIsAnsweredOncePerTurn: repetitions of an executed request in
// one message cost one signature, not one each.
func TestOldRequestIsAnsweredOncePerTurn(t *testing.T) {
	c := newCluster(t, 4, 4)
	c.order(t, "a")
	old := c.request(1, "a")
	again := &Forward{}
	for range 100 {
		again.Requests = append(again.Requests, old)
	}
	require.Error(t, c.nodes[1].Step(3, again))
	require.Len(t, c.nodes[1].Ready().Repeated, 1)
}
