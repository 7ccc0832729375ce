package pbft

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// blob is an application with bytes as its state. Operations append to it, and
// "#N" requests the first N replicas of the fixture as members.
type blob struct {
	state   []byte
	members func(n int) []Member
}

func (b *blob) Apply(r OrderedRequests) Outcome {
	var out Outcome
	for _, q := range r.Requests {
		if q.Operation[0] == '#' {
			out.Members = b.members(int(q.Operation[1] - '0'))
		}
		b.state = append(b.state, q.Operation...)
		out.Results = append(out.Results, []byte("ok"))
	}
	out.Root = b.Root()
	return out
}

func (b *blob) Root() Digest                  { return hash(hashLeaf, b.state) }
func (b *blob) Snapshot() []byte              { return append([]byte(nil), b.state...) }
func (b *blob) Restore(snapshot []byte) error { b.state = snapshot; return nil }

// cluster is a few nodes whose messages are delivered at once and in order.
type cluster struct {
	*fixture
	nodes []*Node
	cut   map[int]bool
	next  uint64
}

func newCluster(t *testing.T, members, all int) *cluster {
	c := &cluster{fixture: newFixture(t, members), cut: map[int]bool{}}
	for len(c.signers) < all {
		c.signers = append(c.signers, NewSigner(testSeed(ReplicaID(len(c.signers)))))
	}
	for i := range all {
		n, err := NewNode(Config{ID: ReplicaID(i), Genesis: c.genesis, Signer: c.signers[i], Application: &blob{members: c.set}})
		require.NoError(t, err)
		c.nodes = append(c.nodes, n)
	}
	return c
}

func (c *cluster) set(n int) []Member {
	var out []Member
	for i := range n {
		out = append(out, Member{ID: ReplicaID(i), Key: c.signers[i].Public()})
	}
	return out
}

// settle delivers messages until no node has output.
func (c *cluster) settle() {
	for busy := true; busy; {
		busy = false
		for i, n := range c.nodes {
			for n.HasReady() {
				busy = true
				r := n.Ready()
				n.Advance()
				for _, e := range r.Messages {
					for _, to := range e.To {
						if !c.cut[i] && !c.cut[int(to)] {
							_ = c.nodes[to].Step(ReplicaID(i), e.Message)
						}
					}
				}
			}
		}
	}
}

func (c *cluster) tick(times int) {
	for range times {
		for i, n := range c.nodes {
			if !c.cut[i] {
				n.Tick(0)
			}
		}
		c.settle()
	}
}

func (c *cluster) order(t *testing.T, operation string) {
	c.next++
	require.NoError(t, c.nodes[0].Propose(c.request(c.next, operation)))
	c.settle()
}

// TestSnapshotBringsUpALaggard: replica 3 misses three checkpoints of a state
// of several chunks and gets it from its peers; afterwards it does not execute
// an old request again, because the client table came with the state.
func TestSnapshotBringsUpALaggard(t *testing.T) {
	c := newCluster(t, 4, 4)
	c.cut[3] = true
	for range 13 {
		c.order(t, string(make([]byte, 60_000)))
	}
	c.cut[3] = false
	c.tick(200)
	require.Equal(t, c.nodes[0].State().Header, c.nodes[3].State().Header)
	require.Equal(t, uint64(13), c.nodes[3].State().Executed)
	require.ErrorIs(t, c.nodes[3].Propose(c.request(2, "again")), RefusedExecuted)
	require.Equal(t, uint64(14), c.nodes[3].NextNumber(clientSigner().Public()))
}

// TestSnapshotIsVerified spoils each part of a genuine chunk.
func TestSnapshotIsVerified(t *testing.T) {
	c := newCluster(t, 4, 4)
	c.cut[3] = true
	for range 5 {
		c.order(t, string(make([]byte, 60_000)))
	}
	n := c.nodes[0]
	n.serveSnapshot(3, n.checkpoints[n.installed], 0, 0)
	good := n.ready.Messages[0].Message.(*Snapshot)
	require.Greater(t, good.Chunks, uint32(1))
	for name, change := range map[string]func(*Snapshot){
		"byte":             func(m *Snapshot) { m.Data = append([]byte{^m.Data[0]}, m.Data[1:]...) },
		"shorter":          func(m *Snapshot) { m.Data = m.Data[1:] },
		"other place":      func(m *Snapshot) { m.Chunk = 1 },
		"other size":       func(m *Snapshot) { m.Chunks++ },
		"path":             func(m *Snapshot) { m.Path = m.Path[1:] },
		"weak certificate": func(m *Snapshot) { m.Certificate.Executed = m.Certificate.Executed[:2] },
		"one signer twice": func(m *Snapshot) {
			m.Certificate.Executed = append(m.Certificate.Executed[:2:2], m.Certificate.Executed[1])
		},
		"other state root": func(m *Snapshot) { m.Certificate.Header.StateRoot[0]++ },
		"other epoch":      func(m *Snapshot) { m.Certificate.Header.Epoch = 1 },
		"other chain":      func(m *Snapshot) { m.Certificate.Header.Chain[0]++ },
	} {
		t.Run(name, func(t *testing.T) {
			bad := *good
			change(&bad)
			require.Error(t, c.nodes[3].Step(0, &bad))
			require.Nil(t, c.nodes[3].transfer)
		})
	}
	require.NoError(t, c.nodes[3].Step(0, good))
	require.NotNil(t, c.nodes[3].transfer)
}

// TestEpochAddsAndRemovesReplicas grows a chain from four to five replicas and
// shrinks it again. The fifth one fetches the state. L is 8 and K is 4, so a
// change planned at number 1 takes effect at 12.
func TestEpochAddsAndRemovesReplicas(t *testing.T) {
	c := newCluster(t, 4, 5)
	c.order(t, "#5")
	c.tick(100)
	for i, n := range c.nodes {
		require.Equal(t, uint64(1), n.State().Epoch, "replica %d", i)
		require.Equal(t, uint64(12), n.State().Executed)
		require.Equal(t, 5, n.Membership().Size())
	}
	v := StandardRule.Verifier()
	m, err := VerifyEpochs(v, c.chain, c.members, c.nodes[4].Epochs())
	require.NoError(t, err, "a light client follows")
	require.Equal(t, c.nodes[0].Membership(), m)

	c.cut[3] = true // 4 of 5 are a strong quorum, with the new one
	c.order(t, "a")
	require.Equal(t, uint64(13), c.nodes[4].State().Executed)
	c.cut[3] = false
	c.order(t, "#4")
	c.tick(200)
	for i, n := range c.nodes[:4] {
		require.Equal(t, uint64(2), n.State().Epoch, "replica %d", i)
	}
	old := &Vote{Type: KindPrepare, Epoch: 2, Seq: c.nodes[0].State().Executed + 1, Replica: 4}
	require.ErrorIs(t, c.nodes[0].Step(4, SignAs(c.chain, 4, c.signers[4], old)), RefusedMember, "a removed replica's key counts no more")
	stale := &Vote{Type: KindPrepare, Epoch: 1, Seq: old.Seq}
	require.ErrorIs(t, c.nodes[0].Step(1, SignAs(c.chain, 1, c.signers[1], stale)), RefusedEpoch)

	proofs := c.nodes[0].Epochs()
	require.Len(t, proofs, 2)
	_, err = VerifyEpochs(v, c.chain, c.members, proofs[1:])
	require.ErrorIs(t, err, ErrCertificate, "epochs cannot be skipped")
	proofs[0].Next.Members = proofs[0].Next.Members[1:]
	_, err = VerifyEpochs(v, c.chain, c.members, proofs)
	require.ErrorIs(t, err, ErrCertificate, "the set is the one that was certified")
}

// TestDivergenceStopsAndResyncs: a replica whose application computes another
// state notices at once, stops voting, and continues from the certified
// checkpoint.
func TestDivergenceStopsAndResyncs(t *testing.T) {
	c := newCluster(t, 4, 4)
	c.order(t, "a")
	c.nodes[2].app.(*blob).state = []byte("corrupted by a cosmic ray")
	c.order(t, "b")
	require.True(t, c.nodes[2].State().Diverged)
	for range 6 {
		c.order(t, "c")
	}
	c.tick(100)
	require.False(t, c.nodes[2].State().Diverged)
	require.Equal(t, c.nodes[0].State().Header, c.nodes[2].State().Header)
	require.Equal(t, c.nodes[0].app.Root(), c.nodes[2].app.Root())
}

// TestNullLeavesStateAlone: a null batch changes the number and the checkpoint
// only.
func TestNullLeavesStateAlone(t *testing.T) {
	c := newCluster(t, 4, 4)
	c.order(t, "a")
	before := c.nodes[1].last
	for range 3 {
		c.nodes[0].proposeBatch(nil)
		c.settle()
	}
	after := c.nodes[1].last
	require.Equal(t, uint64(4), after.Seq)
	require.Equal(t, before.StateRoot, after.StateRoot)
	require.Equal(t, before.Time, after.Time)
	require.Equal(t, uint64(4), c.nodes[1].State().Stable)
}
