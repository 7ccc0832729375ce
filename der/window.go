package der

import (
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/optional"
)

// Window is the part of the horizon in which a load may run, in hours from the
// start of the grid, or of the horizon if a part of it has passed. A window
// over midnight needs a grid that contains the night.
//
// For example, Window{From: 8, To: optional.Of(18)} is 8 a.m. to 6 p.m. on a
// grid that starts at midnight. On one that starts at noon, {From: 6, To:
// optional.Of(19)} is 6 p.m. to 7 a.m.
type Window struct {
	From float64        // ≥ 0, h
	To   optional.Float // above From, h. Absent: the end of the grid
}

// steps returns the whole steps of the grid that lie in the window.
func (x Window) steps(c clock) span {
	s := span{min(c.upTo(0, x.From), c.steps), c.steps}
	if to, ok := x.To.Get(); ok {
		s.to = min(c.inside(0, to), c.steps)
	}
	s.to = max(s.to, s.from)
	return s
}

// after returns the window in hours from the start of a grid before which a
// part of the horizon has passed, h.
func (x Window) after(passed float64) Window {
	if passed == 0 {
		return x
	}
	x.From = max(0, x.From-passed)
	if to, ok := x.To.Get(); ok {
		x.To = optional.Of(max(0, to-passed))
	}
	return x
}

// validate reports violations of a window. passed is the part of the horizon
// before the grid, h. need is the number of steps that the load needs in it, or
// on steps of different lengths the number of hours.
func (x Window) validate(v *faults.List, passed float64, need int, hours float64, c clock) {
	to := x.To.Or(0)
	v.AtLeast("Window.From", x.From, 0, "h")
	v.AtLeast("Window.To", to, 0, "h")
	if !(x.From >= 0 && to >= 0) || c.steps == 0 {
		return
	}
	if x.To.Given() && to < x.From {
		v.Addf("Window.From is %v h, after Window.To, %v h; both count from the start of the grid, so that a window over midnight "+
			"needs a grid that starts before the night, such as at noon", x.From, to)
		return
	}
	s := x.after(passed).steps(c)
	if c.equal() {
		v.Require(s.to-s.from >= need, "Window has %d of the %d steps of %v h, want at least the %d that the load needs",
			s.to-s.from, c.steps, c.dt, need)
		return
	}
	v.Require(c.at(s.to)-c.at(s.from) >= hours-c.tiny, "Window has %.4g h in whole steps of the grid, want at least the %.4g h that the load needs",
		c.at(s.to)-c.at(s.from), hours)
}
