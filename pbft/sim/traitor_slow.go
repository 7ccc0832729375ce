package sim

import (
	"slices"

	"github.com/trigrid/trigrid/pbft"
)

// Slow is a traitor that holds each of its proposals back for so many ticks and is correct otherwise. With Hold just
// below the timeout no request is ever late, and everything takes as long as it can.
type Slow struct {
	Hold int

	ticks int
	held  []heldBack
}

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
