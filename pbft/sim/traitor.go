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
