package sim

import (
	"slices"

	"github.com/trigrid/trigrid/pbft"
)

// Functions of this file make the lies of a [Mischief]. Each is signed if its
// kind has a signature.

// equivocate returns a different statement of the same kind.
//
// For example, the batch {a, b} goes to one replica and {a} to another, under
// one number.
func (s *Self) equivocate(m pbft.Message) pbft.Message {
	switch m := m.(type) {
	case *pbft.PrePrepare:
		c := *m
		c.Batch = s.otherBatch(m.Batch)
		c.Digest = c.Batch.Digest()
		return s.Sign(&c)
	case *pbft.Vote:
		c := *m
		c.Digest = pbft.NullDigest()
		return s.Sign(&c)
	case *pbft.ViewChange:
		c := *m
		c.Prepared = nil
		return s.Sign(&c)
	}
	return m
}

// otherBatch returns another acceptable batch: the null batch, a later time, or
// fewer requests.
func (s *Self) otherBatch(b *pbft.Batch) *pbft.Batch {
	// The null batch is acceptable at every number.
	if b == nil || len(b.Requests) == 0 || s.Rand.IntN(3) == 0 {
		return nil
	}
	c := &pbft.Batch{Time: b.Time + 1, Requests: slices.Clone(b.Requests)}
	if len(c.Requests) > 1 {
		c.Requests = c.Requests[:1+s.Rand.IntN(len(c.Requests)-1)]
	}
	return c
}

// mutate changes one field slightly and signs.
//
// Correct replicas must refuse the result, or treat it as a statement of the
// traitor.
func (s *Self) mutate(m pbft.Message) pbft.Message {
	// nudge moves a number by a few: checks of neighbours could fail.
	nudge := func(v uint64) uint64 {
		switch s.Rand.IntN(3) {
		case 0:
			return v + 1
		case 1:
			return v - 1
		}
		return v + s.Rand.Uint64N(10)
	}
	switch m := m.(type) {
	case *pbft.PrePrepare:
		c := *m
		switch s.Rand.IntN(4) {
		case 0:
			c.View = nudge(c.View)
		case 1:
			c.Seq = nudge(c.Seq)
		case 2:
			c.Digest[0] ^= 1
		case 3:
			c.Epoch = nudge(c.Epoch)
		}
		return s.Sign(&c)
	case *pbft.Vote:
		c := *m
		switch s.Rand.IntN(5) {
		case 0:
			c.View = nudge(c.View)
		case 1:
			c.Seq = nudge(c.Seq)
		case 2:
			c.Digest[0] ^= 1
		case 3:
			c.Type = []pbft.Kind{pbft.KindPrepare, pbft.KindCommit, pbft.KindExecuted}[s.Rand.IntN(3)]
		case 4: // in the name of another replica, with the traitor's signature
			signed := s.Sign(&c).(*pbft.Vote)
			signed.Replica = s.Others[s.Rand.IntN(len(s.Others))]
			return signed
		}
		return s.Sign(&c)
	case *pbft.ViewChange:
		c := *m
		c.Prepared = slices.Clone(m.Prepared)
		switch {
		case len(c.Prepared) > 0 && s.Rand.IntN(2) == 0:
			i := s.Rand.IntN(len(c.Prepared))
			c.Prepared = slices.Delete(c.Prepared, i, i+1)
		case len(c.Prepared) > 0:
			c.Prepared[s.Rand.IntN(len(c.Prepared))].Proposal.Digest[0] ^= 1
		default:
			c.View = nudge(c.View)
		}
		return s.Sign(&c)
	case *pbft.NewView:
		return s.mutateNewView(m)
	}
	return m
}

// mutateNewView changes the proposals or the VIEW-CHANGEs of a NEW-VIEW.
func (s *Self) mutateNewView(m *pbft.NewView) pbft.Message {
	c := *m
	c.Proposals = slices.Clone(m.Proposals)
	c.ViewChanges = slices.Clone(m.ViewChanges)
	n := len(c.Proposals)
	// Cases that need proposals fall through to the last one if there are none.
	switch k := s.Rand.IntN(5); {
	case k == 0 && n > 0:
		c.Proposals[s.Rand.IntN(n)].Digest = pbft.NullDigest()
	case k == 1 && n > 0:
		c.Proposals = c.Proposals[:n-1]
	case k == 2 && n > 0:
		c.Proposals = nil
	case k == 3:
		// One VIEW-CHANGE fewer can be less than a quorum.
		c.ViewChanges = c.ViewChanges[1:]
	default:
		// Two VIEW-CHANGEs of one replica count once.
		c.ViewChanges[len(c.ViewChanges)-1] = c.ViewChanges[0]
	}
	return s.Sign(&c)
}

// forge adds requests to a batch that do not belong there: one twice, one with
// a changed operation, one with a later number, or those of old batches.
func (m *Mischief) forge(s *Self, x pbft.Message) pbft.Message {
	p, ok := x.(*pbft.PrePrepare)
	if !ok || p.Batch == nil || len(p.Batch.Requests) == 0 {
		return x
	}
	c := *p
	b := &pbft.Batch{Time: p.Batch.Time, Requests: slices.Clone(p.Batch.Requests)}
	first := b.Requests[0]
	switch s.Rand.IntN(4) {
	case 0:
		// Twice in one batch: must be executed once.
		b.Requests = append(b.Requests, first)
	case 1:
		// The client's signature does not cover the new operation.
		invented := first
		invented.Operation = []byte("add stolen 1000000")
		b.Requests = append(b.Requests, invented)
	case 2:
		// The signature of the client covers its own number only.
		invented := first
		invented.Number += 1 + s.Rand.Uint64N(3)
		b.Requests = append(b.Requests, invented)
	case 3:
		for _, old := range m.old {
			if old, ok := old.(*pbft.PrePrepare); ok && old.Batch != nil && len(b.Requests) < 50 {
				b.Requests = append(b.Requests, old.Batch.Requests...)
			}
		}
	}
	c.Batch, c.Digest = b, b.Digest()
	return s.Sign(&c)
}

// far returns the same statement about a distant number or view.
//
// A correct replica must not store statements about numbers beyond its window.
func (s *Self) far(m pbft.Message) pbft.Message {
	switch m := m.(type) {
	case *pbft.PrePrepare:
		c := *m
		c.Seq += 100 + s.Rand.Uint64N(1<<40)
		return s.Sign(&c)
	case *pbft.Vote:
		c := *m
		if s.Rand.IntN(2) == 0 {
			c.Seq += 100 + s.Rand.Uint64N(1<<40)
		} else if c.Type != pbft.KindExecuted {
			c.View += 1 + s.Rand.Uint64N(1<<40)
		}
		return s.Sign(&c)
	}
	return m
}

// corrupt damages an answer to a replica that is catching up.
//
// The answer has the right form, so that only its certificates show the damage.
func (s *Self) corrupt(m pbft.Message) pbft.Message {
	switch m := m.(type) {
	case *pbft.Snapshot:
		c := *m
		switch s.Rand.IntN(3) {
		case 0:
			c.Data = slices.Clone(c.Data)
			// A copy: the node's own state must stay intact.
			c.Data[s.Rand.IntN(len(c.Data))] ^= 1
		case 1:
			// One signature is below every quorum.
			c.Certificate.Executed = c.Certificate.Executed[:1]
		case 2:
			c.Certificate.Header.StateRoot[0] ^= 1
		}
		return &c
	case *pbft.Blocks:
		c := pbft.Blocks{Ordered: slices.Clone(m.Ordered)}
		i := s.Rand.IntN(len(c.Ordered))
		if s.Rand.IntN(2) == 0 {
			c.Ordered[i].Batch = nil
		} else {
			c.Ordered[i].Certificate.Commits = c.Ordered[i].Certificate.Commits[:1]
		}
		return &c
	case *pbft.Bodies:
		c := pbft.Bodies{Batches: slices.Clone(m.Batches)}
		for i := range c.Batches {
			c.Batches[i] = s.otherBatch(c.Batches[i])
		}
		return &c
	case *pbft.Status: // exaggerates, so that others fetch from here
		c := *m
		c.Executed += s.Rand.Uint64N(20)
		c.View += s.Rand.Uint64N(3)
		return &c
	}
	return m
}
