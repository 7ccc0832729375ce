package der

import (
	"math"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
)

// Calls limits the times and the number of load reductions of a
// [DemandResponse]. k_t is 1 in a step that is called, and s_t is 1 if a call
// begins in it. Before the horizon nothing is called, unless Before is given.
//
//	s_t ≥ k_t − k_{t−1},   Σ_t s_t ≤ N            number of calls
//	s_{t−a+1} + … + s_t ≤ k_t                     at least a steps, all in the horizon
//	k_t + … + k_{t+b} ≤ b                         at most b steps; see [clock] for unequal ones
//	c_t ≥ C_min k_t                               minimum reduction while called
//
// Without MinReduction a call may pause: the load may be reduced in its steps,
// and need not be.
//
// For example, Calls{MinHours: 2, MaxHours: optional.Of(5), MaxCalls:
// optional.Of(8)} allows 8 calls of 2 to 5 hours, as in the source.
//
// Source: the curtailable load of Xue et al., Renewable Energy Resources 37(8),
// 2019.
type Calls struct {
	MinHours     float64        // a ≥ 0, shortest call, h
	MaxHours     optional.Float // b, longest call, h. Absent: no limit
	MaxCalls     optional.Float // N, whole number of calls in the horizon. Absent: no limit
	MinReduction float64        // C_min ≥ 0, MW

	// Before is the length of the call in progress at the start of the horizon,
	// h. It goes on for the rest of MinHours, and for no more than the rest of
	// MaxHours; it is not one of MaxCalls. 0: none.
	Before float64
}

// limited reports whether any limit is set.
func (x Calls) limited() bool {
	x.Before = 0
	return x != Calls{}
}

// state adds the rows of the type's comment for the binaries k_t. s_t needs no
// binary: the rows hold for the smallest s_t, which is 0 or 1.
func (x Calls) state(m *milp.Model, at func(string, int) milp.Name, on milp.Expr, k []milp.Expr, c clock) {
	x.goOn(m, at, on, k, c)
	if x.outlasts(c) || x.MaxCalls.Given() {
		begins := make([]milp.Expr, len(k))
		var before milp.Expr
		if x.Before > 0 {
			before = on
		}
		for t := range k {
			upper := MaxCount(on)
			if c.upTo(t, x.MinHours) > len(k) {
				upper = 0 // too late to last a hours
			}
			begins[t] = m.Var(at("begins", t), 0, upper).Expr()
			m.AtLeast(at("begins", t), begins[t], k[t].Minus(before))
			if x.outlasts(c) {
				m.AtMost(at("lasts", t), milp.Sum(begins[max(0, c.first(t, x.MinHours)):t+1]...), k[t])
			}
			before = k[t]
		}
		if number, ok := x.MaxCalls.Get(); ok {
			m.AtMost(at("runs", len(k)-1), milp.Sum(begins...), times(number, on))
		}
	}
	for t := range k {
		if end := x.last(c, t); end < len(k) {
			m.AtMost(at("ends", t), milp.Sum(k[t:end+1]...), times(float64(end-t), on))
		}
	}
}

// goOn adds the limits of the call in progress at the start: it lasts for the
// rest of a hours, and has ended before the first step that would make it
// longer than b.
func (x Calls) goOn(m *milp.Model, at func(string, int) milp.Name, on milp.Expr, k []milp.Expr, c clock) {
	if x.Before <= 0 {
		return
	}
	for t := range min(c.upTo(0, max(0, x.MinHours-x.Before)), len(k)) {
		m.Equal(at("goes_on", t), k[t], on)
	}
	if end := c.inside(0, max(0, x.MaxHours.Or(math.Inf(1))-x.Before)); end < len(k) {
		m.AtMost(at("ended", end), milp.Sum(k[:end+1]...), on.Times(float64(end)))
	}
}

// outlasts reports whether a call that begins in some step lasts longer than
// this step.
func (x Calls) outlasts(c clock) bool {
	for t := range c.steps {
		if c.upTo(t, x.MinHours) > t+1 {
			return true
		}
	}
	return false
}

// last returns the step by which a call that begins in step t has ended: the
// first step that would make it longer than b.
func (x Calls) last(c clock, t int) int { return c.inside(t, x.MaxHours.Or(math.Inf(1))) }

// validate reports violations on a grid.
func (x Calls) validate(v *faults.List, c clock) {
	v.AtLeast("Calls.MinHours", x.MinHours, 0, "h")
	v.AtLeast("Calls.MaxHours", x.MaxHours.Or(0), 0, "h")
	checkCount(v, "Calls.MaxCalls", x.MaxCalls)
	v.AtLeast("Calls.MinReduction", x.MinReduction, 0, "MW")
	v.AtLeast("Calls.Before", x.Before, 0, "h")
	hours, ok := x.MaxHours.Get()
	if !ok || !(hours >= 0) || c.steps == 0 {
		return
	}
	for t := range c.steps { // on unequal steps a call may fit in some of them only
		need := c.upTo(t, x.MinHours)
		if !c.equal() && need > c.steps && hours >= x.MinHours {
			return // the rest of a horizon is too short for any call
		}
		if x.last(c, t) >= max(t+1, need) {
			return
		}
	}
	v.Addf("Calls.MaxHours is %v h, want at least Calls.MinHours, %v h, and one step of %v h",
		hours, x.MinHours, c.hours(0))
}
