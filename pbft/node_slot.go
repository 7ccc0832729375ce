package pbft

import (
	"maps"
	"slices"
)

// slot is everything a replica holds about one number.
type slot struct {
	seq uint64

	// The current view's proposal and votes.
	accepted *Proposal
	prepares map[ReplicaID]*Vote
	commits  map[ReplicaID]*Vote
	prepared bool // in the current view

	// certificate is the prepared certificate of the highest view so far. Only one of a higher view replaces it and
	// only a stable checkpoint removes it: it is what the next view change must carry, however many views ago it was
	// made.
	certificate *PreparedCertificate
	order       *OrderCertificate
	bodies      map[Digest]*Batch

	// After execution.
	header    *Header
	digest    Digest // of header
	executed  map[ReplicaID]*Vote
	certified bool
}

func newSlot(seq uint64) *slot {
	return &slot{
		seq: seq, prepares: map[ReplicaID]*Vote{}, commits: map[ReplicaID]*Vote{},
		executed: map[ReplicaID]*Vote{}, bodies: map[Digest]*Batch{},
	}
}

// slot returns the slot of seq, which the caller has found to be in the window.
func (n *Node) slot(seq uint64) *slot {
	s := n.slots[seq]
	if s == nil {
		s = newSlot(seq)
		n.slots[seq] = s
	}
	return s
}

// sortedSlots lists the slots in order of number.
func (n *Node) sortedSlots() []*slot {
	out := make([]*slot, 0, len(n.slots))
	for _, seq := range slices.Sorted(maps.Keys(n.slots)) {
		out = append(out, n.slots[seq])
	}
	return out
}

// body returns the batch with digest d and whether it is here; the null batch always is.
func (s *slot) body(d Digest) (*Batch, bool) {
	if d == nullDigest {
		return nil, true
	}
	b, ok := s.bodies[d]
	return b, ok
}

// wants reports whether a body with digest d would be of use.
func (s *slot) wants(d Digest) bool {
	if _, have := s.body(d); have {
		return false
	}
	return s.accepted != nil && s.accepted.Digest == d || s.order != nil && s.order.Digest == d
}

// leaveView forgets what belonged to the view only. Certificates and the bodies they need stay.
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

// endorsements collects the votes for digest d in order of replica, leaving out one replica.
func endorsements(votes map[ReplicaID]*Vote, matches func(*Vote) bool) []Endorsement {
	var es []Endorsement
	for _, id := range slices.Sorted(maps.Keys(votes)) {
		if v := votes[id]; matches(v) {
			es = append(es, Endorsement{Replica: id, Signature: v.Signature})
		}
	}
	return es
}
