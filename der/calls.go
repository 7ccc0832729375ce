package der

import (
	"math"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
)

// Calls limits the times and the number of load reductions of a [DemandResponse]. k_t is 1 in a
// step that is called, and s_t is 1 if a call begins in it. Before the horizon nothing is called.
//
//	s_t ≥ k_t − k_{t−1},   Σ_t s_t ≤ N            number of calls
//	s_{t−a+1} + … + s_t ≤ k_t                     at least a steps, all in the horizon
//	k_t + … + k_{t+b} ≤ b                         at most b steps
//	c_t ≥ C_min k_t                               minimum reduction while called
//
// Without MinReduction a call may pause: the load may be reduced in its steps, and need not be.
//
// For example, Calls{MinHours: 2, MaxHours: optional.Of(5), MaxCalls: optional.Of(8)} allows 8
// calls of 2 to 5 hours, as in the source.
//
// Source: the curtailable load of Xue et al., Renewable Energy Resources 37(8), 2019.
type Calls struct {
	MinHours     float64        // a ≥ 0, shortest call, h
	MaxHours     optional.Float // b, longest call, h. Absent: no limit
	MaxCalls     optional.Float // N, whole number of calls in the horizon. Absent: no limit
	MinReduction float64        // C_min ≥ 0, MW
}

// limited reports whether any limit is set.
func (x Calls) limited() bool { return x != Calls{} }

// state adds the rows of the type's comment for the binaries k_t. s_t needs no binary: the rows
// hold for the smallest s_t, which is 0 or 1.
func (x Calls) state(m *milp.Model, at func(string, int) milp.Name, k []milp.Expr, dt float64) {
	shortest, longest := max(1, stepsUp(x.MinHours, dt)), x.longest(dt)
	if shortest > 1 || x.MaxCalls.Given() {
		begins := make([]milp.Expr, len(k))
		var before milp.Expr
		for t := range k {
			upper := 1.0
			if t+shortest > len(k) {
				upper = 0 // too late to last a steps
			}
			begins[t] = m.Var(at("begins", t), 0, upper).Expr()
			m.AtLeast(at("begins", t), begins[t], k[t].Minus(before))
			if shortest > 1 {
				m.AtMost(at("lasts", t), milp.Sum(begins[max(0, t-shortest+1):t+1]...), k[t])
			}
			before = k[t]
		}
		if number, ok := x.MaxCalls.Get(); ok {
			m.AtMost(at("runs", len(k)-1), milp.Sum(begins...), milp.Const(number))
		}
	}
	for t := 0; t+longest < len(k); t++ {
		m.AtMost(at("ends", t), milp.Sum(k[t:t+longest+1]...), milp.Const(float64(longest)))
	}
}

// longest returns b, the maximum number of steps of a call.
func (x Calls) longest(dt float64) int {
	return whole(math.Floor(x.MaxHours.Or(math.Inf(1))/dt + tinyStep))
}

// validate reports violations on a grid with the given hours per step.
func (x Calls) validate(v *faults.List, step float64) {
	v.AtLeast("Calls.MinHours", x.MinHours, 0, "h")
	v.AtLeast("Calls.MaxHours", x.MaxHours.Or(0), 0, "h")
	checkCount(v, "Calls.MaxCalls", x.MaxCalls)
	v.AtLeast("Calls.MinReduction", x.MinReduction, 0, "MW")
	if hours, ok := x.MaxHours.Get(); ok && hours >= 0 && step > 0 && x.longest(step) < max(1, stepsUp(x.MinHours, step)) {
		v.Addf("Calls.MaxHours is %v h, want at least Calls.MinHours, %v h, and one step of %v h",
			hours, x.MinHours, step)
	}
}
