package pbft

import "github.com/trigrid/trigrid/internal/planted"

// An observer is a replica without its votes: it restarted without stored
// records. If it voted at once, it could contradict itself. So it follows and
// executes, but sends no PREPARE, COMMIT or VIEW-CHANGE until a checkpoint of
// at least h* + 2L is installed. h* is the highest checkpoint that any of Q
// other replicas proves to it. Until then it counts as one of the f faulty
// replicas.
//
// Why 2L is enough for PREPARE and COMMIT: let h be its stable checkpoint
// before the crash. It voted for numbers up to h + L only. Q replicas signed h,
// and Q others answer. The two sets share f+1 replicas. At most one of these is
// the observer itself and at most f−1 are faulty, so a correct replica that
// answered had executed h before it answered: the answer is signed with the
// nonce of this start. A correct replica executes at most L numbers beyond the
// last checkpoint that it can prove, so its answer proves at least h − L, and
// h* ≥ h − L. Hence h* + 2L ≥ h + L: all its votes lie at or below the awaited
// checkpoint. A faulty replica cannot raise h*, because every answer carries
// its certificate, and cannot lower it, because h* is a maximum.
//
// VIEW-CHANGEs from before the crash need a rule of their own: one that is
// still under way could enter a NEW-VIEW after the replica votes again, and it
// does not cover the new votes. A replica that has voted again therefore
// rejects a NEW-VIEW with an own VIEW-CHANGE that it did not send since the
// restart (validNewView). One limit remains, which stored records remove: among
// the replicas that are Byzantine, or that lost their memory since the oldest
// VIEW-CHANGE still in the network, at most f in all.
type observer struct {
	nonce   Digest               // Config.Nonce
	answers map[ReplicaID]uint64 // proven checkpoint of each replica
	mark    uint64               // h* + 2L; 0 until Q replicas have answered
}

// stepObserver answers the status of an observer with the proof of the last
// stable checkpoint, signed with the observer's nonce. On an observer it
// collects these answers. An answer counts for the replica that has signed it.
// The certificate alone would not bind the answer to a replica: a faulty one
// that speaks under other names could give all answers and prove an old
// checkpoint.
func (n *Node) stepObserver(from ReplicaID, m *Status) error {
	if m.Observer && n.observer == nil && m.Epoch == n.members.Epoch && !m.Nonce.IsZero() {
		n.answerObserver(from, m.Nonce)
	}
	c := m.Checkpoint
	o := n.observer
	// Another observer's answer proves nothing about the votes before this
	// replica's crash.
	if c == nil || m.Epoch != n.members.Epoch || o == nil || m.Observer || o.mark > 0 {
		return nil
	}
	key, member := n.members.Key(m.Replica)
	switch {
	// Statuses without a signature also carry checkpoints, to replicas that lag
	// behind.
	case m.Signature == (Signature{}):
		return nil
	case m.Nonce != o.nonce:
		return RefusedUnasked
	case !member || m.Replica == n.id:
		return RefusedMember
	case !n.verifier.Verify(Signed{key, m.statement(n.chain), m.Signature}):
		return RefusedSignature
	}
	seq := c.Header.Seq
	if seq > 0 && n.validStable(c) != nil {
		return RefusedProof
	}
	o.answers[m.Replica] = max(o.answers[m.Replica], seq)
	if len(o.answers) < n.members.Strong() {
		return nil
	}
	for _, s := range o.answers {
		o.mark = max(o.mark, s)
	}
	o.mark += 2 * n.genesis.Window
	if n.mistake.On(planted.ShortObservation) {
		o.mark--
	}
	n.observerProgress()
	return nil
}

// answerObserver sends the signed answer to an observer once per tick, because
// a signature costs more than a status.
func (n *Node) answerObserver(to ReplicaID, nonce Digest) {
	p := n.peer(to)
	if p.proven || p.served >= maxServed {
		return
	}
	p.proven = true
	s := n.provenStatus()
	s.Nonce, s.Replica = nonce, n.id
	s.Signature = n.signer.Sign(s.statement(n.chain))
	n.answer(to, s)
}

// observerProgress ends the observation when a checkpoint at the mark is
// installed.
func (n *Node) observerProgress() {
	if n.observer != nil && n.observer.mark > 0 && n.installed >= n.observer.mark {
		n.observer = nil
		n.armTimer()
	}
}

// helpObservers proposes null batches if a member observes and there are no
// requests. Otherwise an observer would wait forever in an idle system. It
// proposes at most Pipeline batches per heartbeat, and only while an observer
// has the last stable checkpoint: the null batches must not outrun its
// transfer.
func (n *Node) helpObservers() {
	if !n.leads() {
		return
	}
	waiting := false
	for id, p := range n.peers {
		follows := p.status.Executed >= n.low.Header.Seq
		waiting = waiting || p.known && p.status.Observer && follows && n.members.Contains(id)
	}
	for i := 0; waiting && i < n.options.Pipeline && n.pool.waiting == 0 && n.next <= n.high(); i++ {
		n.proposeBatch(nil)
	}
}
