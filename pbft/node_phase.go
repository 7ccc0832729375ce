package pbft

// phase is the state of a replica. It is derived from the node's data and decides which messages the replica sends:
//
//	phase      proposes and votes  asks for views  executes  reason
//	active     yes                 on a timeout    yes       a member in a view that has started
//	changing   no                  yes             yes       it has left a view and waits for the NEW-VIEW
//	observing  no                  no              yes       it restarted without its votes, see observer
//	outside    no                  no              yes       it is not a member of the epoch
//	diverged   no                  no              no        its own state contradicts a certificate
//
// The transitions are:
//
//	active → changing     startViewChange: timeout, evidence, a slow primary, or f+1 members that ask for a later view
//	changing → active     enterView: the NEW-VIEW is here; enterEpoch: every epoch begins in a started view 0
//	observing → active    observerProgress: the checkpoint that the observer waits for is installed
//	outside ↔ active      enterEpoch: the next epoch's members include the replica, or no longer
//	any → diverged        diverge: Q members have signed another header than this replica has computed
//	diverged → before     finishTransfer: the certified state is installed
//
// A phase hides the ones above it in the first table: a diverged replica that had left a view is changing again once
// its state is repaired.
type phase int

const (
	phaseActive phase = iota
	phaseChanging
	phaseObserving
	phaseOutside
	phaseDiverged
)

func (n *Node) phase() phase {
	switch {
	case n.diverged != nil:
		return phaseDiverged
	case !n.members.Contains(n.id):
		return phaseOutside
	case n.observer != nil:
		return phaseObserving
	case !n.viewRunning():
		return phaseChanging
	}
	return phaseActive
}

// mayVote reports whether the replica may sign statements about views and numbers.
func (n *Node) mayVote() bool {
	p := n.phase()
	return p == phaseActive || p == phaseChanging
}

// viewRunning reports whether the current view has started here. View 0 starts with its epoch, every other view with
// its NEW-VIEW, which newView holds until the view is left.
func (n *Node) viewRunning() bool { return n.view == 0 || n.newView != nil }
