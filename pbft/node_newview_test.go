package pbft

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// dumbSelection decides number by number and searches all certificates each
// time.
func dumbSelection(asked []*ViewChange) map[uint64]Digest {
	var low, last uint64
	for _, m := range asked {
		low = max(low, m.Stable.Header.Seq)
		for _, p := range m.Prepared {
			last = max(last, p.Proposal.Seq)
		}
	}
	out := map[uint64]Digest{}
	for seq := low + 1; seq <= last; seq++ {
		out[seq] = nullDigest
		view := -1
		for _, m := range asked {
			for _, p := range m.Prepared {
				if p.Proposal.Seq == seq && int(p.Proposal.View) > view {
					view, out[seq] = int(p.Proposal.View), p.Proposal.Digest
				}
			}
		}
	}
	return out
}

// randomAsked makes VIEW-CHANGEs as correct replicas could have sent them: one
// digest per view and number.
func randomAsked(r *rand.Rand) []*ViewChange {
	var out []*ViewChange
	for id := range 3 + r.IntN(3) {
		m := &ViewChange{View: 5, Replica: ReplicaID(id)}
		m.Stable.Header.Seq = uint64(4 * r.IntN(3))
		for seq := m.Stable.Header.Seq + 1; seq <= m.Stable.Header.Seq+8; seq++ {
			if r.IntN(2) == 0 {
				view := r.Uint64N(5)
				m.Prepared = append(m.Prepared, PreparedCertificate{Proposal: Proposal{View: view, Seq: seq, Digest: digestOf(byte(seq*7 + view))}})
			}
		}
		out = append(out, m)
	}
	return out
}

func agrees(asked []*ViewChange, choices []Choice) bool {
	want := dumbSelection(asked)
	if len(choices) != len(want) {
		return false
	}
	for _, c := range choices {
		if want[c.Seq] != c.Digest {
			return false
		}
	}
	return true
}

func TestSelectionEqualsDumbTwin(t *testing.T) {
	for seed := range uint64(2000) {
		asked := randomAsked(rand.New(rand.NewPCG(seed, 0)))
		_, choices := SelectProposals(asked)
		require.True(t, agrees(asked, choices), "seed %d", seed)
	}
}

func TestSelectionDoesNotDependOnOrder(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		asked := randomAsked(r)
		stable, choices := SelectProposals(asked)
		r.Shuffle(len(asked), func(i, j int) { asked[i], asked[j] = asked[j], asked[i] })
		again, same := SelectProposals(asked)
		require.Equal(t, choices, same)
		require.Equal(t, stable.Header.Seq, again.Header.Seq)
	}
}

// TestNewViewIsRecomputed changes a correct NEW-VIEW in every relevant way.
// FISCO-BCOS once accepted such messages.
func TestNewViewIsRecomputed(t *testing.T) {
	f := newFixture(t, 4)
	a, b := digestOf('a'), digestOf('b')
	low := f.stable(4)
	asked := []*ViewChange{
		f.viewChange(0, 1, low, f.prepared(0, 5, a), f.prepared(0, 7, b)),
		f.viewChange(2, 1, ExecutionCertificate{}, f.prepared(0, 3, b)),
		f.viewChange(3, 1, low),
	}
	good := f.newView(1, asked...)
	require.Len(t, good.Proposals, 3, "5 is a, 6 is null, 7 is b")
	require.Equal(t, []Digest{a, nullDigest, b}, []Digest{good.Proposals[0].Digest, good.Proposals[1].Digest, good.Proposals[2].Digest})

	// The receiver waits for the view, so that a wrong message costs the
	// primary its view.
	fresh := func() *Node {
		n := f.node(t, 2)
		n.startViewChange(1)
		return n
	}
	n := fresh()
	require.NoError(t, n.Step(1, good))
	require.True(t, n.State().Active)

	tamper := map[string]func(*NewView){
		"one digest changed":   func(m *NewView) { m.Proposals[0].Digest = b },
		"one batch nulled":     func(m *NewView) { m.Proposals[2].Digest = nullDigest },
		"last one dropped":     func(m *NewView) { m.Proposals = m.Proposals[:2] },
		"gap not filled":       func(m *NewView) { m.Proposals = append(m.Proposals[:1:1], m.Proposals[2]) },
		"one added":            func(m *NewView) { m.Proposals = append(m.Proposals, Proposal{View: 1, Seq: 8, Digest: a}) },
		"order changed":        func(m *NewView) { m.Proposals[0], m.Proposals[1] = m.Proposals[1], m.Proposals[0] },
		"starts too low":       func(m *NewView) { m.Proposals = append([]Proposal{{View: 1, Seq: 4, Digest: a}}, m.Proposals...) },
		"proposal of old view": func(m *NewView) { m.Proposals[0].View = 0 },
		"too few askers":       func(m *NewView) { m.ViewChanges = m.ViewChanges[:2] },
		"one asker twice":      func(m *NewView) { m.ViewChanges[2] = m.ViewChanges[1] },
		"askers out of order":  func(m *NewView) { m.ViewChanges[0], m.ViewChanges[1] = m.ViewChanges[1], m.ViewChanges[0] },
		"asker for other view": func(m *NewView) { m.ViewChanges[2] = f.viewChange(3, 2, low) },
		"forged view change": func(m *NewView) {
			c := *m.ViewChanges[0]
			c.Prepared = nil
			m.ViewChanges[0] = &c
		},
	}
	for name, change := range tamper {
		t.Run(name, func(t *testing.T) {
			bad := *good
			bad.Proposals = append([]Proposal(nil), good.Proposals...)
			bad.ViewChanges = append([]*ViewChange(nil), good.ViewChanges...)
			change(&bad)
			n := fresh()
			require.Error(t, n.Step(1, f.sign(&bad, 1)))
			require.Equal(t, uint64(2), n.State().View, "leaves for the next view")
			require.False(t, n.State().Active)
		})
	}
}

// TestOneBadViewChangeHarmsNobodyElse: an invalid message is equivalent to a
// lost one.
func TestOneBadViewChangeHarmsNobodyElse(t *testing.T) {
	f := newFixture(t, 4)
	n := f.node(t, 1) // primary of view 1
	a := digestOf('a')
	n.startViewChange(1)
	bad := f.prepared(0, 1, a)
	bad.Prepares[0].Signature[0] ^= 1
	require.Error(t, n.Step(3, f.viewChange(3, 1, ExecutionCertificate{}, bad)))
	require.NoError(t, n.Step(0, f.viewChange(0, 1, ExecutionCertificate{}, f.prepared(0, 1, a))))
	require.False(t, n.State().Active, "two valid VIEW-CHANGEs")
	require.NoError(t, n.Step(2, f.viewChange(2, 1, ExecutionCertificate{})))
	require.True(t, n.State().Active)
	require.Equal(t, a, n.newView.Proposals[0].Digest)
}

// TestViewChangeIsJudgedAsAWhole lists what makes one invalid.
func TestViewChangeIsJudgedAsAWhole(t *testing.T) {
	f := newFixture(t, 4)
	a := digestOf('a')
	primaryCounted := f.prepared(0, 1, a)
	primaryCounted.Prepares[0] = Endorsement{0, f.vote(KindPrepare, 0, 1, a, 0).Signature}
	twice := f.prepared(0, 1, a)
	twice.Prepares[1] = twice.Prepares[0]
	few := f.prepared(0, 1, a)
	few.Prepares = few.Prepares[:1]
	weak := f.stable(4)
	weak.Executed = weak.Executed[:2]
	for name, m := range map[string]*ViewChange{
		"view 0":                      f.viewChange(3, 0, ExecutionCertificate{}),
		"certificate of the new view": f.viewChange(3, 1, ExecutionCertificate{}, f.prepared(1, 1, a)),
		"number not above low":        f.viewChange(3, 1, f.stable(4), f.prepared(0, 4, a)),
		"number beyond the window":    f.viewChange(3, 1, ExecutionCertificate{}, f.prepared(0, 9, a)),
		"one number twice":            f.viewChange(3, 1, ExecutionCertificate{}, f.prepared(0, 1, a), f.prepared(0, 1, a)),
		"primary counted":             f.viewChange(3, 1, ExecutionCertificate{}, primaryCounted),
		"one backup twice":            f.viewChange(3, 1, ExecutionCertificate{}, twice),
		"too few backups":             f.viewChange(3, 1, ExecutionCertificate{}, few),
		"weak checkpoint":             f.viewChange(3, 1, weak),
		"no checkpoint number":        f.viewChange(3, 1, f.stable(3)),
		"other sender's signature":    func() *ViewChange { m := f.viewChange(3, 1, ExecutionCertificate{}); m.Replica = 2; return m }(),
	} {
		t.Run(name, func(t *testing.T) {
			require.Error(t, f.node(t, 1).Step(3, m))
		})
	}
	require.NoError(t, f.node(t, 1).Step(3, f.viewChange(3, 1, f.stable(4), f.prepared(0, 5, a), f.prepared(0, 12, a))), "window is 8")
}

// TestOneReplicaCannotDriveViews: a correct replica follows f+1 others, to the
// lowest of their views.
func TestOneReplicaCannotDriveViews(t *testing.T) {
	f := newFixture(t, 4)
	n := f.node(t, 1)
	for view := uint64(1); view < 100; view += 10 {
		require.NoError(t, n.Step(3, f.viewChange(3, view, ExecutionCertificate{})))
	}
	require.Zero(t, n.State().View)
	require.NoError(t, n.Step(2, f.viewChange(2, 7, ExecutionCertificate{})))
	require.Equal(t, uint64(7), n.State().View)
}
