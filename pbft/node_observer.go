package pbft

import "github.com/trigrid/trigrid/pbft/internal/planted"

// A replica that runs without a [Storage] has forgotten after a crash what it voted for. If it voted again it could
// contradict itself, so it starts as an observer: it follows and executes, but sends no PREPARE, COMMIT or VIEW-CHANGE
// until a checkpoint of at least h* + 2L is stable and installed, where h* is the highest checkpoint that any of Q
// other replicas can prove to it. Until then it counts as one of the f faulty ones.
//
// Why 2L suffices for PREPARE and COMMIT: let h be the stable checkpoint it had when it crashed. It voted on numbers up
// to h + L only. Q replicas signed h, and it collects answers from Q others; the two sets share f+1 replicas, of which
// this one may be one and f−1 more may be faulty, so at least one correct replica that answered had executed h. A
// correct replica executes at most L beyond the last checkpoint it can prove, so that answer proves at least h − L, and
// h* ≥ h − L. Hence h* + 2L ≥ h + L: all it ever voted on lies at or below the checkpoint it waits for. A liar cannot
// push the mark up because every answer carries its certificate, and cannot pull it down because the maximum is taken.
//
// Why VIEW-CHANGEs from before the crash need a rule of their own: one that is still under way could be put into a
// NEW-VIEW after the replica votes again, and it says nothing about the new votes. Once it has voted again the replica
// therefore never follows a NEW-VIEW that quotes a VIEW-CHANGE of its own which it does not remember (see validNewView). That leaves one limit,
// which [Storage] removes: of the replicas that are Byzantine or whose memory was lost since the oldest VIEW-CHANGE
// still in the network, there may be at most f in all.
type observer struct {
	answers map[ReplicaID]uint64 // proven checkpoint per replica
	mark    uint64               // 0 until Q have answered
}

// hearObserver answers an observer with proof of the last stable checkpoint, and as an observer takes such answers.
func (n *Node) hearObserver(from ReplicaID, m *Status) {
	if m.Observer && n.observer == nil && m.Epoch == n.members.Epoch {
		n.answer(from, n.provenStatus())
	}
	c := m.Checkpoint
	if c == nil || m.Epoch != n.members.Epoch {
		return
	}
	seq := c.Header.Seq
	if seq > 0 && n.validStable(c) != nil {
		return
	}
	o := n.observer
	if o == nil || m.Observer || !n.members.Contains(from) || from == n.id || o.mark > 0 {
		return
	}
	o.answers[from] = max(o.answers[from], seq)
	if len(o.answers) < n.members.Strong() {
		return
	}
	for _, s := range o.answers {
		o.mark = max(o.mark, s)
	}
	o.mark += 2 * n.genesis.Window
	if n.mistake.On(planted.ShortObservation) {
		o.mark--
	}
	n.observerProgress()
}

// observerProgress ends the observation when its mark is installed.
func (n *Node) observerProgress() {
	if n.observer != nil && n.observer.mark > 0 && n.installed >= n.observer.mark {
		n.observer = nil
		n.armTimer()
	}
}

// helpObservers proposes null batches while a member observes and nothing else is going on, so that it does not wait
// for ever in a quiet system. At most Pipeline of them are proposed in a heartbeat.
func (n *Node) helpObservers() {
	if !n.leads() {
		return
	}
	waiting := false
	for id, p := range n.peers {
		waiting = waiting || p.known && p.status.Observer && n.members.Contains(id)
	}
	for i := 0; waiting && i < n.options.Pipeline && n.pool.waiting == 0 && n.next <= n.high(); i++ {
		n.proposeBatch(nil)
	}
}
