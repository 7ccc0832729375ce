package pbft

import "github.com/trigrid/trigrid/internal/planted"

// phase is the state of a replica. It is derived from the node's data and
// decides which messages the replica sends:
//
//	phase      proposes, votes  leaves views  executes  reason
//	active     yes              yes           yes       a member in a view that has started
//	changing   no               yes           yes       left a view, waits for the NEW-VIEW
//	observing  no               no            yes       restarted without its votes, see observer
//	outside    no               no            yes       not a member of the epoch
//	diverged   no               no            no        a certificate contradicts its state
//
// The transitions are:
//
//	active → changing    startViewChange: timeout, evidence, slow primary, or f+1 others left
//	changing → active    enterView: the NEW-VIEW has arrived; enterEpoch: view 0 has started
//	observing → active   observerProgress: the awaited checkpoint is installed
//	outside ↔ active     enterEpoch: the members of the next epoch
//	any → diverged       diverge: Q members signed another header than this replica computed
//	diverged → before    finishTransfer: the certified state is installed
//
// A phase in the first table hides those above it. For example, a diverged
// replica that had left a view is changing again after its state is repaired.
type phase int

const (
	phaseActive phase = iota
	phaseChanging
	phaseObserving
	phaseOutside
	phaseDiverged
)

// phase returns the phase from the node's data.
func (n *Node) phase() phase {
	switch {
	case n.diverged != nil:
		return phaseDiverged
	case !n.members.Contains(n.id) && !n.mistake.On(planted.NonMemberVotes):
		return phaseOutside
	case n.observer != nil:
		return phaseObserving
	case !n.viewRunning():
		return phaseChanging
	}
	return phaseActive
}

// mayVote reports whether the replica may sign statements about views and
// numbers.
func (n *Node) mayVote() bool {
	p := n.phase()
	return p == phaseActive || p == phaseChanging
}

// viewRunning reports whether the current view has started here. View 0 starts
// with its epoch, and every other view with its NEW-VIEW, which newView holds
// until the replica leaves the view.
func (n *Node) viewRunning() bool { return n.view == 0 || n.newView != nil }
