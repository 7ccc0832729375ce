package sim

import (
	"slices"

	"github.com/trigrid/trigrid/pbft"
)

// Slow is a traitor that holds back each of its proposals for Hold ticks and is
// correct otherwise. With Hold just below the timeout, no request is late and
// the system is as slow as possible.
type Slow struct {
	Hold int

	ticks int
	held  []heldBack // in order of due
}

// heldBack is a proposal and the tick at which it is sent.
type heldBack struct {
	due int
	out Outgoing
}

// Send implements [Traitor].
func (s *Slow) Send(_ *Self, out []Outgoing) []Outgoing {
	return slices.DeleteFunc(slices.Clone(out), func(o Outgoing) bool {
		_, proposal := o.Message.(*pbft.PrePrepare)
		if proposal {
			s.held = append(s.held, heldBack{s.ticks + s.Hold, o})
		}
		return proposal
	})
}

// Tick implements [Traitor].
func (s *Slow) Tick(*Self) []Outgoing {
	s.ticks++
	var out []Outgoing
	for len(s.held) > 0 && s.held[0].due <= s.ticks {
		out = append(out, s.held[0].out)
		s.held = s.held[1:]
	}
	return out
}
