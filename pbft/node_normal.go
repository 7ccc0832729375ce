package pbft

import (
	"github.com/trigrid/trigrid/pbft/internal/planted"
)

// The normal case of Castro & Liskov, OSDI 1999, section 4.2: the primary proposes, backups PREPARE, and who is
// prepared COMMITs. All three phases of different numbers overlap inside the window.

// stepPrePrepare accepts a proposal iff it is the current primary's, in the window, the first for its number, and its
// body is what its digest says and acceptable in itself.
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
	if m.Batch.Digest() != m.Digest && !n.mistake.On(planted.BodyDigestTrusted) {
		return RefusedDigest
	}
	if err := n.checkBatch(m.Seq, m.Batch); err != nil {
		return err
	}
	s = n.slot(m.Seq)
	slow := n.judgePace(m.Batch)
	n.accept(s, &m.Proposal, m.Batch)
	n.progress(s)
	if slow {
		n.startViewChange(n.view + 1)
	}
	return nil
}

// secondProposal handles a proposal for a number that has one with another digest: the two are evidence.
func (n *Node) secondProposal(s *slot, p *Proposal) error {
	if n.mistake.On(planted.EquivocationIgnored) && !s.prepared {
		s.accepted = nil
		delete(s.prepares, n.id)
		return nil
	}
	n.foundEvidence(Evidence{
		Type: KindPrePrepare, Epoch: p.Epoch, View: p.View, Seq: p.Seq, Replica: n.primaryOf(p.View),
		Digests:    [2]Digest{s.accepted.Digest, p.Digest},
		Signatures: [2]Signature{s.accepted.Signature, p.Signature},
	})
	return RefusedConflict
}

func (n *Node) primaryOf(view uint64) ReplicaID { return n.members.Primary(view) }

// checkView admits a message of the current view and inside the window. One of a later view, or of this view before
// it has started, is kept for later: unverified, and so within a bound for the replica that it came from, which need not
// be the one that it claims to be of.
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

// maxFuture bounds the messages kept per sender for views that have not started.
const maxFuture = 64

func (n *Node) keepForLater(from ReplicaID, m Message) error {
	if len(n.future[from]) >= maxFuture {
		return RefusedLimit
	}
	n.future[from] = append(n.future[from], m)
	return RefusedEarly
}

// checkBatch judges a batch that has not been prepared by anybody yet.
func (n *Node) checkBatch(seq uint64, b *Batch) error {
	if b == nil {
		return nil
	}
	if len(b.Requests) == 0 || uint64(len(b.Requests)) > n.genesis.BatchLimit {
		return RefusedBatch
	}
	if b.Time < 0 || b.Time > n.now+int64(n.genesis.Drift) {
		return RefusedTime
	}
	if b.Time < n.parentTime(seq) {
		return RefusedTime
	}
	unknown := make([]Signed, 0, len(b.Requests))
	for i := range b.Requests {
		r := &b.Requests[i]
		if uint64(len(r.Operation)) > n.genesis.RequestLimit || n.members.hasKey(r.Client) {
			return RefusedRequest
		}
		if !n.pool.holds(r) {
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

// parentTime is the time of the batch before seq in this view, as far as it is known: a batch must not be older.
func (n *Node) parentTime(seq uint64) int64 {
	if before := n.slots[seq-1]; before != nil && before.accepted != nil {
		if parent, _ := before.body(before.accepted.Digest); parent != nil {
			return parent.Time
		}
	}
	return 0
}

// accept makes p the view's proposal for the slot. body may be nil for a batch that has yet to be fetched.
func (n *Node) accept(s *slot, p *Proposal, body *Batch) {
	s.accepted = p
	if body != nil {
		s.bodies[p.Digest] = body
		n.learnRequests(body)
	}
	n.record(Record{Accepted: &PrePrepare{Proposal: *p, Batch: body}})
	n.armTimer()
}

// learnRequests takes the requests of a proposed batch into the pool, so that they are not lost with the primary. One
// whose number its client may not use will not be executed, so nobody should wait for it.
func (n *Node) learnRequests(b *Batch) {
	for i := range b.Requests {
		r := &b.Requests[i]
		if n.clients.inWindow(r.key()) && n.clients.fresh(r.key()) {
			n.pool.add(*r, n.ticks, n.options.PoolSize)
			n.pool.markProposed(r.key())
		}
	}
}

// stepVote takes a PREPARE or COMMIT. It may come before the proposal it is about.
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
		// A vote that can no longer change anything is not worth checking.
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

func (s *slot) votes(kind Kind) map[ReplicaID]*Vote {
	switch kind {
	case KindPrepare:
		return s.prepares
	case KindCommit:
		return s.commits
	}
	return s.executed
}

// secondVote handles another vote for a number that its sender has voted on: the first one counts, and a different one
// is evidence.
func (n *Node) secondVote(held, v *Vote) error {
	if held.Digest == v.Digest {
		return RefusedDuplicate
	}
	if err := n.verifyVote(v); err != nil {
		return err
	}
	n.foundEvidence(Evidence{
		Type: v.Type, Epoch: v.Epoch, View: v.View, Seq: v.Seq, Replica: v.Replica,
		Digests: [2]Digest{held.Digest, v.Digest}, Signatures: [2]Signature{held.Signature, v.Signature},
	})
	return RefusedConflict
}

// progress moves a slot through its phases as far as what it holds allows.
func (n *Node) progress(s *slot) {
	n.progressPrepare(s)
	n.progressPrepared(s)
	n.progressCommitted(s)
}

// progressPrepare sends this backup's PREPARE once it holds the proposal and its body. Backups that have restarted into
// a view they voted in make the same statement again, byte for byte.
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

// progressPrepared makes the prepared certificate, stores it and sends COMMIT.
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

// progressCommitted makes the order certificate. Q COMMITs suffice, whether or not this replica is prepared itself:
// f+1 correct replicas are, and that is what every later view change must meet.
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

// commit fixes the order of a slot for good.
func (n *Node) commit(s *slot, c *OrderCertificate) {
	s.order = c
	n.record(Record{Committed: c})
}

// evidenceKey is what a replica can contradict itself about. One piece of evidence about it is enough.
type evidenceKey struct {
	kind             Kind
	replica          ReplicaID
	epoch, view, seq uint64
}

// maxConvicted bounds what is remembered of evidence; what has been forgotten is merely reported again.
const maxConvicted = 1024

// convict hands out evidence and reports whether it is news.
func (n *Node) convict(e *Evidence) bool {
	k := evidenceKey{kind: e.Type, replica: e.Replica, epoch: e.Epoch, view: e.View, seq: e.Seq}
	if n.convicted[k] {
		return false
	}
	if len(n.convicted) >= maxConvicted {
		clear(n.convicted)
	}
	n.convicted[k] = true
	n.ready.Evidence = append(n.ready.Evidence, *e)
	return true
}

// foundEvidence reports a contradiction, tells the others where it convicts a primary, and leaves that primary's view.
func (n *Node) foundEvidence(e Evidence) {
	if n.convict(&e) && e.Type == KindPrePrepare {
		n.broadcast(&e)
	}
	n.mistrust(&e)
}

// mistrust asks for the next view if e convicts the primary of the current one.
func (n *Node) mistrust(e *Evidence) {
	if e.Type == KindPrePrepare && e.Epoch == n.members.Epoch && e.View == n.view && n.viewRunning() {
		n.startViewChange(n.view + 1)
	}
}

// stepEvidence believes another replica's evidence after checking both signatures.
func (n *Node) stepEvidence(e *Evidence) error {
	if e.Epoch != n.members.Epoch {
		return RefusedEpoch
	}
	if e.Type != KindPrePrepare || e.View != n.view || !n.viewRunning() {
		return RefusedView
	}
	if e.Verify(n.verifier, n.chain, n.members) != nil {
		return RefusedProof
	}
	n.convict(e)
	n.mistrust(e)
	return nil
}
