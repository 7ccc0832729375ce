//go:build planted

package pbft

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/planted"
)

// TestPlantedSelection: the comparison of TestSelectionEqualsDumbTwin notices
// every mistake about the selection.
func TestPlantedSelection(t *testing.T) {
	for _, bug := range []planted.Bug{planted.LowestViewWins, planted.GapsNotFilled, planted.LateNullOverridesBatch} {
		seed := uint64(0)
		agree := func() bool {
			asked := randomAsked(rand.New(rand.NewPCG(seed, 0)))
			return agrees(asked, selectChoices(asked, planted.Select(bug)))
		}
		for agree() {
			seed++
			require.Less(t, seed, uint64(100), "%v survived", bug)
		}
		t.Logf("planted mistake %v killed by seed %d", bug, seed)
	}
}

// TestPlantedObservation: in the case of TestObserverDoesNotVoteAgain, a
// replica that observes for one number less, or not at all, contradicts itself.
func TestPlantedObservation(t *testing.T) {
	f := observerFixture(t)
	for _, bug := range []planted.Bug{planted.ShortObservation, planted.AmnesiaVotes} {
		require.True(t, f.revoted(t, planted.Select(bug)), "%v survived", bug)
		t.Logf("planted mistake %v killed", bug)
	}
}

// rules are properties of single replicas and clients that a planted mistake
// breaks.
var rules = map[planted.Bug]func(t *testing.T, mistake planted.Switch) (holds bool){
	planted.EpochProofTrusted:   epochsAreProven,
	planted.TransferKept:        stalledTransferIsReplaced,
	planted.FutureUnbounded:     laterViewsAreBounded,
	planted.ContentNotBound:     repliesBindTheOperation,
	planted.ClockAheadStops:     clockThatWasAheadGoesOn,
	planted.ChangeNotInSnapshot: changeComesWithTheState,
}

// TestPlantedRules: each rule holds in a correct replica and not in one with
// its mistake.
func TestPlantedRules(t *testing.T) {
	for bug, holds := range rules {
		t.Run(bug.String(), func(t *testing.T) {
			require.True(t, holds(t, planted.Switch{}), "the rule does not hold")
			require.False(t, holds(t, planted.Select(bug)), "%v survived", bug)
			t.Logf("planted mistake %v killed", bug)
		})
	}
}

// plantedCluster is a cluster whose replicas all make the mistake.
func plantedCluster(t *testing.T, members, all int, mistake planted.Switch) *cluster {
	c := newCluster(t, members, all)
	for _, n := range c.nodes {
		n.mistake = mistake
	}
	return c
}

// epochsAreProven: a traitor sends a state that members of its own choice have
// signed.
func epochsAreProven(t *testing.T, mistake planted.Switch) bool {
	c := plantedCluster(t, 4, 4, mistake)
	evil := NewSigner([32]byte{'e'})
	next, err := NewMembership(1, []Member{{ID: 9, Key: evil.Public()}})
	require.NoError(t, err)
	forged := EpochProof{Certificate: c.stable(12), Next: next}
	forged.Certificate.Header.NextMembers = next.Digest()
	state := chunker{limit: 64}
	state.addLong([]byte("evil"))
	h := Header{Chain: c.chain, Epoch: 1, Seq: 16, Members: next.Digest(), NextMembers: next.Digest(), SnapshotRoot: newCheckpoint(state.out).root()}
	vote := &Vote{Type: KindExecuted, Epoch: 1, Seq: 16, Digest: h.Digest(), Replica: 9}
	vote.Signature = evil.Sign(vote.statement(c.chain))
	err = c.nodes[3].Step(0, &Snapshot{
		Certificate: ExecutionCertificate{Header: h, Executed: []Endorsement{{Replica: 9, Signature: vote.Signature}}},
		Chunks:      1, Data: state.out[0].data(), Epochs: []EpochProof{forged},
	})
	return errors.Is(err, RefusedProof)
}

// stalledTransferIsReplaced: no chunk arrives for a timeout, and then the first
// one of a newer checkpoint.
func stalledTransferIsReplaced(t *testing.T, mistake planted.Switch) bool {
	c := plantedCluster(t, 4, 4, mistake)
	c.cut[3] = true
	first := func() *Snapshot {
		for range 5 {
			c.order(t, string(make([]byte, 60_000)))
		}
		n := c.nodes[0]
		n.ready.Messages = nil
		n.serveSnapshot(3, n.checkpoints[n.installed], 0, 0)
		return n.ready.Messages[0].Message.(*Snapshot)
	}
	behind := c.nodes[3]
	require.NoError(t, behind.Step(0, first()))
	for range behind.options.RequestTimeout {
		behind.Tick(0)
	}
	newer := first()
	_ = behind.Step(0, newer)
	return behind.transfer.certificate.Header.Seq == newer.Certificate.Header.Seq
}

// laterViewsAreBounded: a traitor sends votes for a later view.
func laterViewsAreBounded(t *testing.T, mistake planted.Switch) bool {
	c := plantedCluster(t, 4, 4, mistake)
	for range 2 * maxFuture {
		_ = c.nodes[1].Step(2, c.vote(KindPrepare, 5, 1, Digest{1}, 2))
	}
	return c.nodes[1].State().Buffered <= maxFuture
}

// repliesBindTheOperation: the replicas answer another operation under the
// client's number.
func repliesBindTheOperation(t *testing.T, mistake planted.Switch) bool {
	f := newFixture(t, 4)
	tally := NewTally(StandardRule.Verifier(), f.chain, f.members, clientSigner().Public())
	tally.Inject(mistake)
	mine := f.request(1, "pay B")
	tally.Expect(&mine)
	var err error
	for id := range ReplicaID(2) {
		_, err = tally.Add(&Replies(f.chain, id, f.signers[id], f.block(7, 3))[0])
	}
	return errors.Is(err, ErrNumberUsed)
}

// clockThatWasAheadGoesOn: all clocks are a day ahead for one batch, and right
// for the next.
func clockThatWasAheadGoesOn(t *testing.T, mistake planted.Switch) bool {
	c := plantedCluster(t, 4, 4, mistake)
	at := func(now int64) {
		for _, n := range c.nodes {
			n.Tick(now)
		}
		c.settle()
	}
	at(24 * 3600 * 1000)
	c.order(t, "ahead")
	at(1000)
	c.order(t, "right")
	return c.nodes[1].State().Executed == 2
}

// changeComesWithTheState: a replica that was away when a change was requested
// restores the state of a checkpoint before the change is in force.
func changeComesWithTheState(t *testing.T, mistake planted.Switch) bool {
	c := plantedCluster(t, 4, 5, mistake)
	n := c.nodes[0]
	n.change = &memberChange{at: 12, next: Membership{Epoch: 1, Members: c.set(5)}}
	h := Header{Seq: 4}
	n.takeCheckpoint(&h)
	behind := c.nodes[3]
	require.NoError(t, behind.restore(ExecutionCertificate{Header: Header{Chain: c.chain, Seq: 4, StateRoot: n.app.Root()}}, nil, n.checkpoints[4].state().Join()))
	return behind.change != nil && behind.change.at == 12
}
