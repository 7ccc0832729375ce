package pbft

import (
	"github.com/trigrid/trigrid/internal/planted"
)

// The normal case of Castro and Liskov, OSDI 1999, section 4.2, for one number
// in one view:
//
//	PRE-PREPARE  primary → backups   the proposal with its batch; stepPrePrepare, accept
//	PREPARE      backup → all        this backup accepts the proposal; progressPrepare
//	prepared     at each replica     proposal and Q−1 PREPAREs; progressPrepared
//	COMMIT       replica → all       this replica is prepared; progressPrepared
//	committed    at each replica     Q COMMITs; progressCommitted, execute
//
// The phases of different numbers overlap inside the window.

// stepPrePrepare accepts a proposal if it is signed by the primary of the
// current view, its number is in the window, it is the first for the number,
// its body matches its digest, and the batch is acceptable.
func (n *Node) stepPrePrepare(from ReplicaID, m *PrePrepare) error {
	if err := n.checkView(from, m.Epoch, m.View, m.Seq, n.primaryOf(m.View), m); err != nil {
		return err
	}
	if n.isPrimary() {
		return RefusedRole
	}
	s := n.slots[m.Seq]
	again := s != nil && s.accepted != nil
	if again && s.accepted.Digest == m.Digest && !s.wants(m.Digest) {
		return RefusedDuplicate
	}
	if m.Proposal.Verify(n.verifier, n.chain, n.members) != nil {
		return RefusedSignature
	}
	if again && s.accepted.Digest != m.Digest {
		if err := n.secondProposal(s, &m.Proposal); err != nil {
			return err
		}
	}
	// The digest is recomputed: a wrong body under a right digest would be
	// executed.
	if m.Batch.Digest() != m.Digest && !n.mistake.On(planted.BodyDigestTrusted) {
		return RefusedDigest
	}
	if err := n.checkBatch(m.Seq, m.Batch); err != nil {
		return err
	}
	s = n.slot(m.Seq)
	// Pace is measured before the requests are marked as proposed. A slow
	// primary's proposal still counts: its requests are not lost.
	slow := n.judgePace(m.Batch)
	n.accept(s, &m.Proposal, m.Batch)
	n.progress(s)
	if slow {
		n.startViewChange(n.view + 1)
	}
	return nil
}

// primaryOf returns the primary of a view in the current epoch.
func (n *Node) primaryOf(view uint64) ReplicaID { return n.members.Primary(view) }

// checkView admits a message of the current view inside the window. A message
// of a later view, or of a view that has not started, is kept. Its signature is
// not verified yet, so it counts against the limit of the authenticated sender
// from, which may differ from the claimed signer.
func (n *Node) checkView(from ReplicaID, epoch, view, seq uint64, signer ReplicaID, m Message) error {
	switch {
	case epoch != n.members.Epoch:
		return RefusedEpoch
	case !n.members.Contains(signer) || !n.members.Contains(from):
		return RefusedMember
	case view < n.view:
		return RefusedView
	case !n.inWindow(seq):
		return RefusedWindow
	case view > n.view || !n.viewRunning() && !n.mistake.On(planted.VoteInOldView):
		return n.keepForLater(from, m)
	}
	return nil
}

// maxFuture bounds the messages kept per sender for views that have not
// started.
const maxFuture = 64

// keptMessages are the messages of one sender that are kept for later views.
type keptMessages struct {
	messages []keptMessage
	bytes    uint64
}

// keptMessage is one of them.
type keptMessage struct {
	Message
	vouched bool // see Node.StepVerified
}

// futureBytes bounds the bytes kept per sender: two full batches and the votes.
func (n *Node) futureBytes() uint64 { return 2*n.genesis.BatchBytes + maxFuture*voteBytes }

// voteBytes stands for a message without a batch in memory. It is assumed: a
// vote has a digest of 32 bytes, a signature of 64 bytes and some numbers.
const voteBytes = 512

// keepForLater stores a message for replay. Its signature is not verified yet,
// so that limits on its size come first.
func (n *Node) keepForLater(from ReplicaID, m Message) error {
	size := uint64(voteBytes)
	if p, ok := m.(*PrePrepare); ok && p.Batch != nil {
		if !n.batchFits(p.Batch) {
			return RefusedBatch
		}
		size += uint64(p.Batch.size())
	}
	k := n.future[from]
	if k == nil {
		k = &keptMessages{}
		n.future[from] = k
	}
	if (len(k.messages) >= maxFuture || k.bytes+size > n.futureBytes()) && !n.mistake.On(planted.FutureUnbounded) {
		return RefusedLimit
	}
	k.messages, k.bytes = append(k.messages, keptMessage{m, n.vouched}), k.bytes+size
	return RefusedEarly
}

// batchFits reports whether the batch has at most the requests and bytes of the
// genesis.
func (n *Node) batchFits(b *Batch) bool {
	return len(b.Requests) > 0 && uint64(len(b.Requests)) <= n.genesis.BatchLimit &&
		uint64(b.size()-batchOverhead) <= n.genesis.BatchBytes
}

// checkBatch checks the content of a proposed batch. A batch that is already
// prepared elsewhere is not checked again: after a view change it must be
// accepted as it is.
func (n *Node) checkBatch(seq uint64, b *Batch) error {
	if b == nil {
		return nil
	}
	if !n.batchFits(b) {
		return RefusedBatch
	}
	// The time of the chain is acceptable even if it is ahead of every clock.
	// Otherwise a clock that was ahead once would stop the chain until the
	// others have caught up.
	parent := n.parentTime(seq)
	if b.Time < parent || b.Time > max(n.now+int64(n.genesis.Drift), parent, n.last.Time) {
		return RefusedTime
	}
	if n.mistake.On(planted.ClockAheadStops) && b.Time > n.now+int64(n.genesis.Drift) {
		return RefusedTime
	}
	// Requests in the pool were verified on arrival.
	var unknown []Signed
	for i := range b.Requests {
		r := &b.Requests[i]
		if uint64(len(r.Operation)) > n.genesis.RequestLimit || n.members.hasKey(r.Client) {
			return RefusedRequest
		}
		if !n.vouched && !n.pool.holds(r) {
			unknown = append(unknown, r.Signed(n.chain))
		}
	}
	if n.mistake.On(planted.ClientUnchecked) {
		return nil
	}
	for _, ok := range n.verifier.VerifyAll(unknown) {
		if !ok {
			return RefusedSignature
		}
	}
	return nil
}

// parentTime returns the time of the batch before seq in this view, or 0 if it
// is not known. A batch must not be older.
func (n *Node) parentTime(seq uint64) int64 {
	if before := n.slots[seq-1]; before != nil && before.accepted != nil {
		if parent, _ := before.body(before.accepted.Digest); parent != nil {
			return parent.Time
		}
	}
	return 0
}

// accept makes p the view's proposal for the slot. body is nil for the null
// batch and for a batch that is still to be fetched.
func (n *Node) accept(s *slot, p *Proposal, body *Batch) {
	s.accepted = p
	if body != nil {
		s.bodies[p.Digest] = body
		n.poolRequests(body)
	}
	n.record(Record{Accepted: &PrePrepare{Proposal: *p, Batch: body}})
	n.armTimer()
}

// poolRequests puts the requests of a proposed batch into the pool, so that
// they survive a change of primary. A request outside its client's window, or
// of a client without a place in the table, is left out: it is not executed,
// and the timer must not wait for it.
func (n *Node) poolRequests(b *Batch) {
	for i := range b.Requests {
		r := &b.Requests[i]
		room := n.clients.has(r.Client) || !n.clients.full(0)
		if room && n.clients.inWindow(r.key()) && n.clients.fresh(r.key()) {
			n.pool.add(*r, n.ticks, n.options.PoolSize)
			n.pool.markProposed(r.key())
		}
	}
}

// stepVote processes a PREPARE or COMMIT, which may come before its proposal. A
// PREPARE of the primary is refused: the proposal is its vote.
func (n *Node) stepVote(from ReplicaID, v *Vote) error {
	if err := n.checkView(from, v.Epoch, v.View, v.Seq, v.Replica, v); err != nil {
		return err
	}
	if v.Type == KindPrepare && v.Replica == n.primaryOf(v.View) && !n.mistake.On(planted.PrimaryPrepareCounts) {
		return RefusedRole
	}
	s := n.slots[v.Seq]
	if s != nil {
		if held := s.votes(v.Type)[v.Replica]; held != nil {
			return n.secondVote(held, v)
		}
		// A vote without effect is refused before the costly signature check.
		done := v.Type == KindPrepare && s.prepared || v.Type == KindCommit && s.order != nil && s.prepared
		if done && s.accepted.Digest == v.Digest {
			return RefusedDuplicate
		}
	}
	if err := n.verifyVote(v); err != nil {
		return err
	}
	s = n.slot(v.Seq)
	s.votes(v.Type)[v.Replica] = v
	n.progress(s)
	return nil
}

// votes returns the votes of a kind.
func (s *slot) votes(kind Kind) map[ReplicaID]*Vote {
	switch kind {
	case KindPrepare:
		return s.prepares
	case KindCommit:
		return s.commits
	}
	return s.executed
}

// progress moves a slot through the phases for which it has the messages.
func (n *Node) progress(s *slot) {
	n.progressPrepare(s)
	n.progressPrepared(s)
	n.progressCommitted(s)
}

// progressPrepare sends the PREPARE of this backup when the proposal and its
// body are here. A backup that restarts within a view sends the same statement
// again, with the same signature.
func (n *Node) progressPrepare(s *slot) {
	if s.accepted == nil || n.isPrimary() || !n.mayVote() || s.prepares[n.id] != nil {
		return
	}
	if _, here := s.body(s.accepted.Digest); !here {
		return
	}
	v := n.signVote(KindPrepare, n.view, s.seq, s.accepted.Digest)
	s.prepares[n.id] = v
	n.broadcast(v)
}

// progressPrepared builds the prepared certificate, records it and sends
// COMMIT.
func (n *Node) progressPrepared(s *slot) {
	if s.accepted == nil || s.prepared {
		return
	}
	if _, here := s.body(s.accepted.Digest); !here {
		return
	}
	matching := endorsements(s.prepares, func(v *Vote) bool {
		return v.Digest == s.accepted.Digest || n.mistake.On(planted.IgnoreVoteDigest)
	})
	if len(matching) < n.members.Strong()-1 {
		return
	}
	s.prepared = true
	// Only a certificate of a higher view replaces an older one.
	if s.certificate == nil || s.certificate.Proposal.View < n.view {
		s.certificate = &PreparedCertificate{Proposal: *s.accepted, Prepares: matching}
		n.record(Record{Prepared: s.certificate})
	}
	if !n.mayVote() {
		return
	}
	v := n.signVote(KindCommit, n.view, s.seq, s.accepted.Digest)
	if s.commits[n.id] == nil {
		s.commits[n.id] = v
		n.broadcast(v)
	}
}

// progressCommitted builds the order certificate. Q COMMITs are enough even if
// this replica is not prepared: at least f+1 correct replicas are, and every
// later view change includes one of them.
func (n *Node) progressCommitted(s *slot) {
	if s.order == nil {
		need := n.members.Strong()
		if n.mistake.On(planted.WeakCommit) {
			need = n.members.Weak()
		}
		for _, candidate := range endorsements(s.commits, func(*Vote) bool { return true }) {
			d := s.commits[candidate.Replica].Digest
			matching := endorsements(s.commits, func(v *Vote) bool {
				return v.Digest == d || n.mistake.On(planted.IgnoreVoteDigest)
			})
			if len(matching) >= need {
				n.commit(s, &OrderCertificate{Epoch: n.members.Epoch, View: n.view, Seq: s.seq, Digest: d, Commits: matching})
				break
			}
		}
	}
	n.execute()
}

// commit fixes the batch of a number. No later view can change it.
func (n *Node) commit(s *slot, c *OrderCertificate) {
	s.order = c
	n.record(Record{Committed: c})
}
