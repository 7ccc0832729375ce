package pbft

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/planted"
)

// The tightest case for the rule of 2L, with checkpoints at every number (K =
// 1) and a window of L = 2. Replica 3 has seen checkpoint 2 become stable and
// so may vote on number 4; then it loses its memory. The others have executed 2
// as well but can prove no checkpoint at all yet, so h* is 0 and the observer
// must wait for checkpoint 4.

func observerFixture(t *testing.T) *fixture {
	f := newFixture(t, 4)
	f.genesis.Checkpoint, f.genesis.Window = 1, 2
	var err error
	f.chain, err = f.genesis.Chain()
	require.NoError(t, err)
	return f
}

// follow brings a node to a stable checkpoint at seq by what replicas 0, 1 and
// 2 have signed about null batches.
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

// answer is what a replica sends to an observer with a nonce.
func (f *fixture) answer(id ReplicaID, nonce Digest, executed uint64, c ExecutionCertificate) *Status {
	m := &Status{Active: true, Executed: executed, Stable: c.Header.Seq, Checkpoint: &c, Nonce: nonce}
	return f.sign(m, id).(*Status)
}

// revoted reports whether replica 3, after it has lost its memory, votes on 4
// again.
func (f *fixture) revoted(t *testing.T, mistake planted.Switch) bool {
	n, err := NewNode(Config{
		ID: 3, Genesis: f.genesis, Signer: f.signers[3], Application: empty{}, Restarted: true, Nonce: Digest{'n'}, mistake: mistake,
	})
	require.NoError(t, err)
	for id := range ReplicaID(3) {
		require.NoError(t, n.Step(id, f.answer(id, Digest{'n'}, 2, ExecutionCertificate{})))
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

// TestObserverNeedsProof: a liar cannot push the mark up, because a checkpoint
// without a certificate is no answer.
func TestObserverNeedsProof(t *testing.T) {
	f := observerFixture(t)
	n, err := NewNode(Config{ID: 3, Genesis: f.genesis, Signer: f.signers[3], Application: empty{}, Restarted: true, Nonce: Digest{'n'}})
	require.NoError(t, err)
	high := f.stable(100)
	high.Executed = high.Executed[:2]
	require.ErrorIs(t, n.Step(0, &Status{Active: true, Checkpoint: &high}), RefusedProof)
	for id := range ReplicaID(3) {
		require.Zero(t, n.observer.mark, "Q answers are needed")
		require.NoError(t, n.Step(id, f.answer(id, Digest{'n'}, 0, ExecutionCertificate{})))
	}
	require.Equal(t, uint64(4), n.observer.mark, "h* + 2L")
}

// TestObserverIsSilent: no PREPARE, COMMIT or VIEW-CHANGE, whatever happens.
func TestObserverIsSilent(t *testing.T) {
	f := observerFixture(t)
	n, err := NewNode(Config{ID: 3, Genesis: f.genesis, Signer: f.signers[3], Application: empty{}, Restarted: true, Nonce: Digest{'n'}})
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

// Answers that one replica writes under the names of others count for nothing.
// n = 7, f = 2: replica 6 is faulty and replica 5 has lost its memory. Before,
// five unsigned answers of replica 6 set the mark to 2L although checkpoint 400
// was provable.
func TestAttackObserverAnswersUnderOtherNames(t *testing.T) {
	f := newFixture(t, 7)
	nonce := Digest{'n'}
	n, err := NewNode(Config{ID: 5, Genesis: f.genesis, Signer: f.signers[5], Application: empty{}, Restarted: true, Nonce: nonce})
	require.NoError(t, err)
	for _, id := range []ReplicaID{0, 1, 2, 3, 6} {
		require.NoError(t, n.Step(id, &Status{Active: true, Executed: 400, Checkpoint: &ExecutionCertificate{}}))
		forged := f.answer(6, nonce, 400, ExecutionCertificate{})
		forged.Replica = id
		if id != 6 {
			require.ErrorIs(t, n.Step(id, forged), RefusedSignature)
			// Its own answer counts once, under its own name.
			require.NoError(t, n.Step(id, f.answer(6, nonce, 400, ExecutionCertificate{})))
		}
	}
	require.Equal(t, map[ReplicaID]uint64{6: 0}, n.observer.answers)
	truth := f.stable(400)
	for id := range ReplicaID(4) {
		require.NoError(t, n.Step(id, f.answer(id, nonce, 400, truth)))
	}
	g, err := f.genesis.WithDefaults()
	require.NoError(t, err)
	require.Equal(t, 400+2*g.Window, n.observer.mark)
}

// Answers to an earlier start of the observer, or on another checkpoint than
// the signed one, are refused.
func TestAttackObserverAnswerIsReplayed(t *testing.T) {
	f := newFixture(t, 4)
	n, err := NewNode(Config{ID: 3, Genesis: f.genesis, Signer: f.signers[3], Application: empty{}, Restarted: true, Nonce: Digest{'n'}})
	require.NoError(t, err)
	require.ErrorIs(t, n.Step(0, f.answer(0, Digest{'o'}, 2, ExecutionCertificate{})), RefusedUnasked)
	other := f.answer(0, Digest{'n'}, 8, f.stable(8))
	other.Checkpoint = &ExecutionCertificate{}
	require.ErrorIs(t, n.Step(0, other), RefusedSignature)
	require.ErrorIs(t, n.Step(0, f.answer(3, Digest{'n'}, 2, ExecutionCertificate{})), RefusedMember, "its own answer")
	require.Empty(t, n.observer.answers)
	_, err = NewNode(Config{ID: 3, Genesis: f.genesis, Signer: f.signers[3], Application: empty{}, Restarted: true})
	require.ErrorContains(t, err, "Nonce is zero")
}

// The attacks above together once made a replica within the bound sign two
// proposals: replica 0 answers in five names that there is no checkpoint, and
// replica 5 votes again on number 12.
func TestAttackObserverVotesTwice(t *testing.T) {
	f := newFixture(t, 7)
	f.genesis.Checkpoint, f.genesis.Window = 1, 2
	var err error
	f.chain, err = f.genesis.Chain()
	require.NoError(t, err)
	follow := func(n *Node, seq uint64) {
		for n.State().Executed < seq {
			next := n.State().Executed + 1
			c := OrderCertificate{Seq: next, Digest: nullDigest}
			for id := range ReplicaID(5) {
				c.Commits = append(c.Commits, Endorsement{id, f.vote(KindCommit, 0, next, nullDigest, id).Signature})
			}
			require.NoError(t, n.Step(0, &Blocks{Ordered: []OrderedBatch{{Certificate: c}}}))
			for id := range ReplicaID(5) {
				_ = n.Step(id, f.vote(KindExecuted, 0, next, n.State().Header, id))
			}
		}
		drain(n)
	}
	before := f.node(t, 5)
	follow(before, 10)
	require.NoError(t, before.Step(0, f.prePrepare(0, 12, f.batch(1))))
	require.Equal(t, 1, kindsOf(drain(before))[KindPrepare])

	n, err := NewNode(Config{ID: 5, Genesis: f.genesis, Signer: f.signers[5], Application: empty{}, Restarted: true, Nonce: Digest{'n'}})
	require.NoError(t, err)
	for _, name := range []ReplicaID{0, 1, 2, 3, 4} {
		forged := f.answer(0, Digest{'n'}, 11, ExecutionCertificate{})
		forged.Replica = name
		_ = n.Step(name, forged)
		_ = n.Step(name, &Status{Active: true, Executed: 11, Checkpoint: &ExecutionCertificate{}})
	}
	follow(n, 11)
	_ = n.Step(0, f.prePrepare(0, 12, f.batch(2)))
	require.Zero(t, kindsOf(drain(n))[KindPrepare], "it has voted on number 12 before")
}

// A replica signs one answer to an observer per tick, with the nonce that it
// has received.
func TestObserverIsAnsweredOncePerTick(t *testing.T) {
	f := newFixture(t, 4)
	n := f.node(t, 1)
	answers := func() (out []*Status) {
		for range 5 {
			_ = n.Step(3, &Status{Observer: true, Nonce: Digest{'n'}})
		}
		for _, m := range drain(n) {
			if s, ok := m.(*Status); ok && s.Signature != (Signature{}) {
				out = append(out, s)
			}
		}
		return out
	}
	out := answers()
	require.Len(t, out, 1)
	require.Equal(t, Digest{'n'}, out[0].Nonce)
	require.True(t, n.verifier.Verify(Signed{f.signers[1].Public(), out[0].statement(f.chain), out[0].Signature}))
	n.Tick(1)
	require.Len(t, answers(), 1)
}
