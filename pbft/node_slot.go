package pbft

import (
	"maps"
	"slices"
)

// slot is the data about one number.
type slot struct {
	seq uint64

	// Of the current view.
	accepted *Proposal
	prepares map[ReplicaID]*Vote
	commits  map[ReplicaID]*Vote
	prepared bool // this replica has Q−1 matching PREPAREs and the body

	// certificate is the prepared certificate of the highest view so far. Only
	// one of a higher view replaces it and only a stable checkpoint removes it:
	// the next VIEW-CHANGE must contain it, however many views ago it was
	// built.
	certificate *PreparedCertificate
	order       *OrderCertificate // nil until the number is committed
	bodies      map[Digest]*Batch // of the proposal, the certificate and the order

	// After execution.
	header    *Header
	digest    Digest // of header
	executed  map[ReplicaID]*Vote
	certified bool // the execution certificate is complete
}

// newSlot returns an empty slot.
func newSlot(seq uint64) *slot {
	return &slot{
		seq: seq, prepares: map[ReplicaID]*Vote{}, commits: map[ReplicaID]*Vote{},
		executed: map[ReplicaID]*Vote{}, bodies: map[Digest]*Batch{},
	}
}

// slot returns the slot of seq and creates it if necessary. The caller has
// checked the window.
func (n *Node) slot(seq uint64) *slot {
	s := n.slots[seq]
	if s == nil {
		s = newSlot(seq)
		n.slots[seq] = s
	}
	return s
}

// sortedSlots returns the slots in order of number, so that runs do not depend
// on the order of the map.
func (n *Node) sortedSlots() []*slot {
	out := make([]*slot, 0, len(n.slots))
	for _, seq := range slices.Sorted(maps.Keys(n.slots)) {
		out = append(out, n.slots[seq])
	}
	return out
}

// body returns the batch with digest d and whether it is here. The null batch
// is always here.
func (s *slot) body(d Digest) (*Batch, bool) {
	if d == nullDigest {
		return nil, true
	}
	b, ok := s.bodies[d]
	return b, ok
}

// wants reports whether the body with digest d is needed and missing.
func (s *slot) wants(d Digest) bool {
	if _, have := s.body(d); have {
		return false
	}
	return s.accepted != nil && s.accepted.Digest == d || s.order != nil && s.order.Digest == d
}

// leaveView deletes the data of the view. Certificates and the bodies that they
// need stay.
func (s *slot) leaveView() {
	s.accepted = nil
	s.prepared = false
	clear(s.prepares)
	clear(s.commits)
	for d := range s.bodies {
		keep := s.certificate != nil && s.certificate.Proposal.Digest == d || s.order != nil && s.order.Digest == d
		if !keep {
			delete(s.bodies, d)
		}
	}
}

// endorsements returns the signatures of the votes for which matches returns
// true, in order of replica.
func endorsements(votes map[ReplicaID]*Vote, matches func(*Vote) bool) []Endorsement {
	var es []Endorsement
	for _, id := range slices.Sorted(maps.Keys(votes)) {
		if v := votes[id]; matches(v) {
			es = append(es, Endorsement{Replica: id, Signature: v.Signature})
		}
	}
	return es
}
