package der

import (
	"math"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
)

// Calls limits when and how often a [DemandResponse] may be cut. k_t is 1 in a step that is called, s_t
// where a call begins; before the horizon nothing is called.
//
//	s_t ≥ k_t − k_{t−1},   Σ_t s_t ≤ N                       calls
//	s_{t−a+1} + … + s_t ≤ k_t                                at least a steps, the last of them in the horizon
//	k_t + … + k_{t+b} ≤ b                                    at most b steps
//	c_t ≥ C_min k_t                                          a call is a call
//
// Without Least a call may pause: in its steps a load can be cut and need not be.
//
// Source: the curtailable load of Xue et al., Renewable Energy Resources 37(8), 2019, cut for 2 to 5 hours
// at most 8 times a day.
type Calls struct {
	MinHours, MaxHours float64 // a, b, shortest and longest call, hours; 0: any
	MaxCalls           int     // N, most calls in the horizon; 0: any number
	MinReduction       float64 // C_min ≥ 0, MW cut while called
}

// limited reports whether anything is limited.
func (x Calls) limited() bool { return x != Calls{} }

// state adds the rules for the binaries k_t.
func (x Calls) state(m *milp.Model, at func(string, int) milp.Name, k []milp.Expr, dt float64) {
	shortest, longest := max(1, stepsUp(x.MinHours, dt)), x.longest(dt)
	if shortest > 1 || x.MaxCalls > 0 {
		begins := make([]milp.Expr, len(k))
		var before milp.Expr
		for t := range k {
			most := 1.0
			if t+shortest > len(k) {
				most = 0 // it could not last long enough
			}
			begins[t] = m.Var(at("begins", t), 0, most).Expr()
			m.AtLeast(at("begins", t), begins[t], k[t].Minus(before))
			if shortest > 1 {
				m.AtMost(at("lasts", t), milp.Sum(begins[max(0, t-shortest+1):t+1]...), k[t])
			}
			before = k[t]
		}
		if x.MaxCalls > 0 {
			m.AtMost(at("runs", len(k)-1), milp.Sum(begins...), milp.Const(float64(x.MaxCalls)))
		}
	}
	for t := 0; t+longest < len(k); t++ {
		m.AtMost(at("ends", t), milp.Sum(k[t:t+longest+1]...), milp.Const(float64(longest)))
	}
}

// longest returns the most steps of a call.
func (x Calls) longest(dt float64) int {
	if x.MaxHours == 0 {
		return whole(math.Inf(1))
	}
	return whole(math.Floor(x.MaxHours/dt + tinyStep))
}

func (x Calls) validate(v *faults.List, step float64) {
	v.AtLeast("Calls.MinHours", x.MinHours, 0, "h")
	v.AtLeast("Calls.MaxHours", x.MaxHours, 0, "h")
	v.AtLeast("Calls.MaxCalls", float64(x.MaxCalls), 0, "calls")
	v.AtLeast("Calls.MinReduction", x.MinReduction, 0, "MW")
	if x.MaxHours > 0 && step > 0 && x.longest(step) < max(1, stepsUp(x.MinHours, step)) {
		v.Addf("Calls.MaxHours is %v h, want at least Calls.MinHours, %v h, and one step of %v h", x.MaxHours, x.MinHours, step)
	}
}
