package sim

import (
	"math/rand/v2"
	"slices"

	"github.com/trigrid/trigrid/pbft"
)

// Traitor controls the output of a replica whose node is correct. It can sign
// as its own replica only. For example, a traitor that sends nothing to replica
// 1 returns all of out except the messages to 1, and nil from Tick.
//
// Methods are called in the order of events. A traitor takes randomness from
// Self.Rand only, so that runs are repeatable.
type Traitor interface {
	// Send returns the messages that are sent instead of out.
	Send(self *Self, out []Outgoing) []Outgoing
	// Tick returns further messages, once per tick.
	Tick(self *Self) []Outgoing
}

// Outgoing is one message to one replica.
type Outgoing struct {
	To      pbft.ReplicaID
	Message pbft.Message
}

// Self is the input of a traitor. A traitor has the key of its own replica and
// no other, so it cannot forge statements of correct replicas.
type Self struct {
	ID     pbft.ReplicaID
	Rand   *rand.Rand
	Chain  pbft.Digest
	Signer pbft.Signer
	Node   *pbft.Node       // for reading its state
	Heard  []pbft.Message   // a sample of the received messages, oldest first
	Others []pbft.ReplicaID // all other members of epoch 0
}

// Sign returns a copy of m with the traitor's signature.
func (s *Self) Sign(m pbft.Message) pbft.Message { return pbft.SignAs(s.Chain, s.ID, s.Signer, m) }

// Kind is one kind of [Mischief].
type Kind int

// The kinds.
const (
	Silent      Kind = iota // drops messages to some replicas
	Equivocate              // sends different statements to different replicas
	Stale                   // repeats old messages, its own or others'
	Mutate                  // changes a field and signs the result
	Forge                   // adds invented, old or repeated requests to a batch
	Climb                   // sends VIEW-CHANGEs for ever higher views
	Flood                   // sends statements about distant numbers and views
	CorruptHelp             // sends wrong snapshots, batches and statuses
	kinds
)

// randomKinds returns at least one kind, and each with probability 1/3.
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

// Mischief is a traitor that misbehaves at random. It tampers with each message
// with probability Rate, in one of the ways of Kinds that fit the message. For
// example, Mischief{Rate: 0.3, Kinds: []Kind{Equivocate, Stale}} changes or
// repeats about a third of its messages.
type Mischief struct {
	Rate  float64 // in [0, 1]
	Kinds []Kind

	old []pbft.Message // sample of its own messages
}

// does reports whether the kind is one of Kinds.
func (m *Mischief) does(k Kind) bool { return slices.Contains(m.Kinds, k) }

// Send implements [Traitor]. Half of the messages get one decision for all
// their receivers, the others one per receiver: a lie to all and a lie to some
// reach different defences.
func (m *Mischief) Send(self *Self, out []Outgoing) []Outgoing {
	var sent []Outgoing
	for len(out) > 0 {
		// The host lists the receivers of one message next to each other.
		same := 1 // copies of one message to several replicas
		for same < len(out) && out[same].Message == out[0].Message {
			same++
		}
		group := out[:same]
		out = out[same:]
		m.remember(self, group[0].Message)
		switch alike := self.Rand.IntN(2) == 0; {
		case alike && self.Rand.Float64() < m.Rate: // the same lie to all receivers
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

// remember keeps a bounded sample of the traitor's messages for later
// repetition.
func (m *Mischief) remember(self *Self, x pbft.Message) {
	// The sample holds early messages for long, so that some are very old.
	if len(m.old) < 200 || self.Rand.IntN(10) == 0 {
		m.old = append(m.old, x)
	}
	if len(m.old) > 400 {
		m.old = m.old[200:]
	}
}

// tamper returns the replacement of one message. It tries the kinds from a
// random one on.
func (m *Mischief) tamper(self *Self, o Outgoing) []Outgoing {
	// A random start gives every fitting kind a chance.
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

// fits reports whether the kind applies to a message.
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
	// A VIEW-CHANGE without certificates is valid, so other members store it.
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

// votesForBoth votes for every digest among the last received votes, so that
// contradicting proposals get support.
func (s *Self) votesForBoth() []Outgoing {
	var out []Outgoing
	for _, m := range s.Heard[max(0, len(s.Heard)-6):] {
		v, ok := m.(*pbft.Vote)
		if !ok {
			continue
		}
		for _, kind := range []pbft.Kind{pbft.KindPrepare, pbft.KindCommit} {
			c := *v
			// A vote for a header must stay an EXECUTED statement.
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
