package pbft

import "fmt"

// recover rebuilds the replica's memory from its own records. Signatures are
// not verified again. The first [Ready] contains the re-executed blocks, but no
// records, which are stored already.
func (n *Node) recover(records []Record) error {
	if len(records) == 0 {
		return nil
	}
	if err := n.recoverState(records); err != nil {
		return err
	}
	for i := range records {
		n.recoverRecord(&records[i])
	}
	// A certificate of the current view means that the COMMIT was sent, or was
	// about to be.
	for _, s := range n.sortedSlots() {
		c := s.certificate
		if c == nil || !n.viewRunning() || c.Proposal.View != n.view || s.accepted == nil || s.accepted.Digest != c.Proposal.Digest {
			continue
		}
		s.prepared = true
		if n.mayVote() {
			s.commits[n.id] = n.signVote(KindCommit, n.view, s.seq, c.Proposal.Digest)
		}
	}
	n.execute()
	n.dropBelowLow() // the log has their records until a stable checkpoint
	for _, s := range n.sortedSlots() {
		n.progress(s)
	}
	if n.phase() == phaseChanging {
		n.sendViewChange()
	}
	n.ready.Records = nil
	n.armTimer()
	return nil
}

// recoverState restores the last stable checkpoint, if there is one. An error
// means that the log belongs to another chain or that the application does not
// restore its own snapshot.
func (n *Node) recoverState(records []Record) error {
	for i := len(records) - 1; i >= 0; i-- {
		s := records[i].Stable
		if s == nil {
			continue
		}
		if s.Certificate.Header.Chain != n.chain {
			return fmt.Errorf("pbft: the storage belongs to another chain, %v instead of %v", s.Certificate.Header.Chain, n.chain)
		}
		epochs := s.Epochs
		if len(epochs) > 0 {
			n.members = epochs[len(epochs)-1].Next
			if n.members.Epoch > s.Certificate.Header.Epoch { // the checkpoint ends its epoch
				epochs = epochs[:len(epochs)-1]
			}
		}
		if err := n.restore(s.Certificate, epochs, s.State.Join()); err != nil {
			return err
		}
		n.stabilise(s.Certificate)
		return nil
	}
	return nil
}

// recoverRecord repeats the effect of one record. Records of other epochs and
// of executed numbers have none. The conditions equal those under which the
// record was written.
func (n *Node) recoverRecord(r *Record) {
	e := n.members.Epoch
	switch {
	case r.Asked != nil && r.Asked.Epoch == e && r.Asked.View > n.view:
		n.leaveView(r.Asked.View)
		n.sentViews[n.view] = true
	case r.Entered != nil && r.Entered.Epoch == e && (r.Entered.View > n.view || r.Entered.View == n.view && !n.viewRunning()):
		n.leaveView(r.Entered.View)
		n.newView = r.Entered
		stable, _ := SelectProposals(r.Entered.ViewChanges)
		n.inherit(r.Entered, stable.Header.Seq)
	case r.Low != nil && r.Low.Header.Epoch == e && r.Low.Header.Seq > n.low.Header.Seq:
		n.low = *r.Low
	case r.Accepted != nil && r.Accepted.Epoch == e && r.Accepted.Seq > n.executed:
		p := &r.Accepted.Proposal
		s := n.slot(p.Seq)
		if p.View == n.view && n.viewRunning() {
			s.accepted = p
			n.next = max(n.next, p.Seq+1)
		}
		if r.Accepted.Batch != nil {
			s.bodies[p.Digest] = r.Accepted.Batch
			n.poolRequests(r.Accepted.Batch)
		}
	case r.Prepared != nil && r.Prepared.Proposal.Epoch == e && r.Prepared.Proposal.Seq > n.executed:
		s := n.slot(r.Prepared.Proposal.Seq)
		if s.certificate == nil || s.certificate.Proposal.View < r.Prepared.Proposal.View {
			s.certificate = r.Prepared
		}
	case r.Committed != nil && r.Committed.Epoch == e && r.Committed.Seq > n.executed:
		n.slot(r.Committed.Seq).order = r.Committed
	case r.Body != nil && r.BodySeq > n.executed:
		n.slot(r.BodySeq).bodies[r.Body.Digest()] = r.Body
	}
}
