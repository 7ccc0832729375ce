package pbft

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/pbft/internal/planted"
)

// The tightest case for the rule of 2L, with checkpoints at every number (K = 1) and a window of L
// = 2. Replica 3 has seen checkpoint 2 become stable and so may vote on number 4; then it loses its
// memory. The others have executed 2 as well but can prove no checkpoint at all yet, so h* is 0 and
// the observer must wait for checkpoint 4.

func observerFixture(t *testing.T) *fixture {
	f := newFixture(t, 4)
	f.genesis.Checkpoint, f.genesis.Window = 1, 2
	var err error
	f.chain, err = f.genesis.Chain()
	require.NoError(t, err)
	return f
}

// follow brings a node to a stable checkpoint at seq by what replicas 0, 1 and 2 have signed about
// null batches.
func (f *fixture) follow(t *testing.T, n *Node, seq uint64) {
	for n.State().Executed < seq {
		next := n.State().Executed + 1
		c := OrderCertificate{Seq: next, Digest: nullDigest}
		for id := range ReplicaID(3) {
			c.Commits = append(c.Commits, Endorsement{id, f.vote(KindCommit, 0, next, nullDigest, id).Signature})
		}
		require.NoError(t, n.Step(0, &Blocks{Ordered: []OrderedBatch{{Certificate: c}}}))
		for id := range ReplicaID(3) {
			_ = n.Step(id, f.vote(KindExecuted, 0, next, n.State().Header, id)) // the last one is one too many
		}
		require.Equal(t, next, n.State().Stable)
	}
	drain(n)
}

// revoted reports whether replica 3, after it has lost its memory, votes on 4 again.
func (f *fixture) revoted(t *testing.T, mistake planted.Switch) bool {
	n, err := NewNode(Config{
		ID: 3, Genesis: f.genesis, Signer: f.signers[3], Application: empty{}, Restarted: true, mistake: mistake,
	})
	require.NoError(t, err)
	for id := range ReplicaID(3) {
		require.NoError(t, n.Step(id, &Status{Active: true, Executed: 2, Checkpoint: &ExecutionCertificate{}}))
	}
	f.follow(t, n, 3)
	require.NoError(t, n.Step(0, f.prePrepare(0, 4, f.batch(2))))
	return kindsOf(drain(n))[KindPrepare] > 0
}

func TestObserverDoesNotVoteAgain(t *testing.T) {
	f := observerFixture(t)
	before := f.node(t, 3)
	f.follow(t, before, 2)
	require.NoError(t, before.Step(0, f.prePrepare(0, 4, f.batch(1))))
	require.Equal(t, 1, kindsOf(drain(before))[KindPrepare], "it votes on 4 before it crashes")

	require.False(t, f.revoted(t, planted.Switch{}), "the rule keeps it from contradicting itself")
}

// TestObserverNeedsProof: a liar cannot push the mark up, because a checkpoint without a
// certificate is no answer.
func TestObserverNeedsProof(t *testing.T) {
	f := observerFixture(t)
	n, err := NewNode(Config{ID: 3, Genesis: f.genesis, Signer: f.signers[3], Application: empty{}, Restarted: true})
	require.NoError(t, err)
	high := f.stable(100)
	high.Executed = high.Executed[:2]
	require.ErrorIs(t, n.Step(0, &Status{Active: true, Checkpoint: &high}), RefusedProof)
	for id := range ReplicaID(3) {
		require.Zero(t, n.observer.mark, "Q answers are needed")
		require.NoError(t, n.Step(id, &Status{Active: true, Checkpoint: &ExecutionCertificate{}}))
	}
	require.Equal(t, uint64(4), n.observer.mark, "h* + 2L")
}

// TestObserverIsSilent: no PREPARE, COMMIT or VIEW-CHANGE, whatever happens.
func TestObserverIsSilent(t *testing.T) {
	f := observerFixture(t)
	n, err := NewNode(Config{ID: 3, Genesis: f.genesis, Signer: f.signers[3], Application: empty{}, Restarted: true})
	require.NoError(t, err)
	p := f.prePrepare(0, 1, f.batch(1))
	require.NoError(t, n.Step(0, p))
	for id := ReplicaID(1); id < 3; id++ {
		require.NoError(t, n.Step(id, f.vote(KindPrepare, 0, 1, p.Digest, id)))
		require.NoError(t, n.Step(id, f.viewChange(id, 1, ExecutionCertificate{})))
	}
	require.NoError(t, n.Propose(f.request(2, "op")))
	for range 1000 {
		n.Tick(0)
	}
	sent := kindsOf(drain(n))
	require.Zero(t, sent[KindPrepare]+sent[KindCommit]+sent[KindViewChange], "%v", sent)
	require.Positive(t, sent[KindStatus])
}
