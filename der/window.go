package der

import (
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// Window is the part of the horizon in which a load may run, in hours from the beginning of the grid.
type Window struct {
	From, To float64 // 0 ≤ From < To; To 0: the end of the grid
}

// steps returns the whole steps of the grid that lie in the window.
func (x Window) steps(steps int, hours float64) span {
	s := span{min(stepsUp(x.From, hours), steps), steps}
	if x.To > 0 {
		s.to = min(whole(math.Floor(x.To/hours+tinyStep)), steps)
	}
	s.to = max(s.to, s.from)
	return s
}

// validate reports what is wrong with a window; what must fit into it is so many steps long.
func (x Window) validate(v *faults.List, need, steps int, hours float64) {
	v.AtLeast("Window.From", x.From, 0, "h")
	v.AtLeast("Window.To", x.To, 0, "h")
	if !(x.From >= 0 && x.To >= 0) || steps == 0 {
		return
	}
	if s := x.steps(steps, hours); s.to-s.from < need {
		v.Addf("Window has %d of the %d steps of %v h, want at least the %d that the load needs", s.to-s.from, steps, hours, need)
	}
}
