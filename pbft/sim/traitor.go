package sim

import (
	"math/rand/v2"
	"slices"

	"github.com/trigrid/trigrid/pbft"
)

// Traitor changes what a replica with a correct core sends. It can sign as its own replica and as nobody else.
type Traitor interface {
	// Send returns what is sent in place of out.
	Send(self *Self, out []Outgoing) []Outgoing
	// Tick returns what is sent unasked, once per tick.
	Tick(self *Self) []Outgoing
}

// Outgoing is one message to one replica.
type Outgoing struct {
	To      pbft.ReplicaID
	Message pbft.Message
}

// Self is what a traitor knows and can do.
type Self struct {
	ID     pbft.ReplicaID
	Rand   *rand.Rand
	Chain  pbft.Digest
	Signer pbft.Signer
	Node   *pbft.Node
	Heard  []pbft.Message // a sample of what it has received, oldest first
	Others []pbft.ReplicaID
}

// Sign makes m the traitor's own statement.
func (s *Self) Sign(m pbft.Message) pbft.Message { return pbft.SignAs(s.Chain, s.ID, s.Signer, m) }

// Kind is one kind of mischief.
type Kind int

// The kinds of [Mischief].
const (
	Silent      Kind = iota // says nothing to some
	Equivocate              // says different things to different replicas
	Stale                   // repeats what it or others said long ago
	Mutate                  // changes a field and signs the result
	Forge                   // invents requests, repeats old ones, orders one twice
	Climb                   // asks for ever higher views
	Flood                   // speaks about numbers far away
	CorruptHelp             // sends wrong snapshots, batches and statuses
	kinds
)

// randomKinds picks a few kinds.
func randomKinds(r *rand.Rand) []Kind {
	var out []Kind
	for k := range kinds {
		if r.IntN(3) == 0 {
			out = append(out, k)
		}
	}
	if len(out) == 0 {
		out = append(out, Kind(r.IntN(int(kinds))))
	}
	return out
}

// Mischief is a traitor that misbehaves at random: each of its messages is tampered with, with probability Rate, in one
// of the ways in Kinds that fits it.
type Mischief struct {
	Rate  float64
	Kinds []Kind

	old []pbft.Message
}

func (m *Mischief) does(k Kind) bool { return slices.Contains(m.Kinds, k) }

// Send implements [Traitor].
func (m *Mischief) Send(self *Self, out []Outgoing) []Outgoing {
	var sent []Outgoing
	for len(out) > 0 {
		same := 1 // copies of one message to several replicas
		for same < len(out) && out[same].Message == out[0].Message {
			same++
		}
		group := out[:same]
		out = out[same:]
		m.remember(self, group[0].Message)
		switch alike := self.Rand.IntN(2) == 0; {
		case alike && self.Rand.Float64() < m.Rate: // the same lie to everybody
			for _, lie := range m.tamper(self, group[0]) {
				for _, o := range group {
					sent = append(sent, Outgoing{o.To, lie.Message})
				}
			}
		case alike:
			sent = append(sent, group...)
		default:
			for _, o := range group {
				if self.Rand.Float64() < m.Rate {
					sent = append(sent, m.tamper(self, o)...)
				} else {
					sent = append(sent, o)
				}
			}
		}
	}
	return sent
}

func (m *Mischief) remember(self *Self, x pbft.Message) {
	if len(m.old) < 200 || self.Rand.IntN(10) == 0 {
		m.old = append(m.old, x)
	}
	if len(m.old) > 400 {
		m.old = m.old[200:]
	}
}

func (m *Mischief) tamper(self *Self, o Outgoing) []Outgoing {
	first := self.Rand.IntN(len(m.Kinds))
	for i := range m.Kinds {
		kind := m.Kinds[(first+i)%len(m.Kinds)]
		if !kind.fits(o.Message) {
			continue
		}
		switch kind {
		case Silent:
			return nil
		case Equivocate:
			return []Outgoing{{o.To, self.equivocate(o.Message)}}
		case Stale:
			return []Outgoing{o, {o.To, m.old[self.Rand.IntN(len(m.old))]}}
		case Mutate:
			return []Outgoing{{o.To, self.mutate(o.Message)}}
		case Forge:
			return []Outgoing{{o.To, m.forge(self, o.Message)}}
		case Flood:
			return []Outgoing{o, {o.To, self.far(o.Message)}}
		case CorruptHelp:
			return []Outgoing{{o.To, self.corrupt(o.Message)}}
		}
	}
	return []Outgoing{o}
}

// fits reports whether the kind of mischief can be done to m.
func (k Kind) fits(m pbft.Message) bool {
	switch m.(type) {
	case *pbft.PrePrepare:
		return k != CorruptHelp && k != Climb
	case *pbft.Vote:
		return k != CorruptHelp && k != Climb && k != Forge
	case *pbft.ViewChange:
		return k == Silent || k == Stale || k == Equivocate || k == Mutate
	case *pbft.NewView:
		return k == Silent || k == Stale || k == Mutate
	}
	return k == Silent || k == Stale || k == CorruptHelp
}

// Tick implements [Traitor].
func (m *Mischief) Tick(self *Self) []Outgoing {
	var out []Outgoing
	if m.does(Climb) && self.Rand.IntN(5) == 0 {
		s := self.Node.State()
		vc := self.Sign(&pbft.ViewChange{Epoch: s.Epoch, View: s.View + 1 + self.Rand.Uint64N(3)})
		for _, to := range self.Others {
			out = append(out, Outgoing{to, vc})
		}
	}
	if m.does(Stale) && len(self.Heard) > 0 && self.Rand.IntN(5) == 0 {
		out = append(out, Outgoing{self.Others[self.Rand.IntN(len(self.Others))], self.Heard[self.Rand.IntN(len(self.Heard))]})
	}
	if m.does(Equivocate) && self.Rand.IntN(10) == 0 {
		out = append(out, self.votesForBoth()...)
	}
	return out
}

// votesForBoth supports whatever anybody has said: it votes for every digest it has heard of.
func (s *Self) votesForBoth() []Outgoing {
	var out []Outgoing
	for _, m := range s.Heard[max(0, len(s.Heard)-6):] {
		v, ok := m.(*pbft.Vote)
		if !ok {
			continue
		}
		for _, kind := range []pbft.Kind{pbft.KindPrepare, pbft.KindCommit} {
			c := *v
			if c.Type = kind; v.Type == pbft.KindExecuted {
				c.Type = v.Type
			}
			mine := s.Sign(&c)
			for _, to := range s.Others {
				out = append(out, Outgoing{to, mine})
			}
		}
	}
	return out
}

// equivocate makes a different statement in the place of m.
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

// otherBatch is another batch that is acceptable in itself.
func (s *Self) otherBatch(b *pbft.Batch) *pbft.Batch {
	if b == nil || len(b.Requests) == 0 || s.Rand.IntN(3) == 0 {
		return nil
	}
	c := &pbft.Batch{Time: b.Time + 1, Requests: slices.Clone(b.Requests)}
	if len(c.Requests) > 1 {
		c.Requests = c.Requests[:1+s.Rand.IntN(len(c.Requests)-1)]
	}
	return c
}

// mutate changes one field a little and signs.
func (s *Self) mutate(m pbft.Message) pbft.Message {
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
		case 4: // in somebody else's name, with a signature that is not theirs
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

func (s *Self) mutateNewView(m *pbft.NewView) pbft.Message {
	c := *m
	c.Proposals = slices.Clone(m.Proposals)
	c.ViewChanges = slices.Clone(m.ViewChanges)
	n := len(c.Proposals)
	switch k := s.Rand.IntN(5); {
	case k == 0 && n > 0:
		c.Proposals[s.Rand.IntN(n)].Digest = pbft.NullDigest()
	case k == 1 && n > 0:
		c.Proposals = c.Proposals[:n-1]
	case k == 2 && n > 0:
		c.Proposals = nil
	case k == 3:
		c.ViewChanges = c.ViewChanges[1:]
	default:
		c.ViewChanges[len(c.ViewChanges)-1] = c.ViewChanges[0]
	}
	return s.Sign(&c)
}

// forge puts requests into a batch that do not belong there.
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
		b.Requests = append(b.Requests, first)
	case 1:
		invented := first
		invented.Operation = []byte("add stolen 1000000")
		b.Requests = append(b.Requests, invented)
	case 2:
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

// far makes the same statement about a number or view out of all reach.
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

// corrupt spoils an answer to a replica that is catching up.
func (s *Self) corrupt(m pbft.Message) pbft.Message {
	switch m := m.(type) {
	case *pbft.Snapshot:
		c := *m
		switch s.Rand.IntN(3) {
		case 0:
			c.Data = slices.Clone(c.Data)
			c.Data[s.Rand.IntN(len(c.Data))] ^= 1
		case 1:
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
	case *pbft.Status:
		c := *m
		c.Executed += s.Rand.Uint64N(20)
		c.View += s.Rand.Uint64N(3)
		return &c
	}
	return m
}
