package der

import (
	"math"

	"github.com/trigrid/trigrid/milp"
)

// Formulation selects the rows of a thermal unit. All formulations admit the
// same schedules. They differ in the tightness of the linear relaxation, and
// therefore in solution time. If steps differ in length, all of them have the
// rows of Plain.
type Formulation int

const (
	// Tight is the default: EgretTight with one more row at the start of the
	// horizon.
	Tight Formulation = iota

	// Plain has the fewest terms, after Carrión, Arroyo, IEEE Trans. Power
	// Syst. 21 (2006) 1371. It is closest to textbooks.
	Plain

	// PGLib is the program of the library pglib-uc: output limits with start
	// and stop, ramps of the output above the minimum, lagged start-up
	// categories (Morales-España, Latorre, Ramos, IEEE Trans. Power Syst. 28
	// (2013) 4897, as used by Knueven, Ostrowski, Watson). Its row (7) is left
	// out: it charges a unit that begins off too much for some early restarts.
	PGLib

	// EgretTight is the tight formulation of Egret. Output limits depend on
	// starts and stops (Gentile, Morales-España, Ramos, EURO J. Comput. Optim.
	// 5 (2017) 177), on the steps since a start (Pan, Guan, Oper. Res. Lett. 44
	// (2016) 466) and on the steps to a stop. Ramps are those of Damcı-Kurt,
	// Küçükyavuz, Rajan, Atamtürk, Math. Program. 158 (2016) 199. Cost blocks
	// depend on starts and stops, and start-ups are matched with stops
	// (Knueven, Ostrowski, Watson, INFORMS J. Comput. 32 (2020) 857 and Comput.
	// Manag. Sci. 17 (2020), "A novel matching formulation for startup costs").
	EgretTight
)

// String returns the formulation's name in lower case.
func (f Formulation) String() string {
	return [...]string{"tight", "plain", "pglib", "egret-tight"}[f]
}

// tight reports whether the formulation is one of the two tight ones.
func (f Formulation) tight() bool { return f == Tight || f == EgretTight }

// limits adds the upper limits on output and reserve in step t.
func (x *thermal) limits(m *milp.Model, k *commitment, at func(string, int) milp.Name, t int, d *dispatch) {
	var (
		on, start, stop = k.u[t], k.v[t], k.stops(t+1, t+1)
		full            = on.Times(x.max)
	)
	if x.byHours {
		x.limitsAt(min(t+1, x.steps-1)) // of the step of the stop
	}
	switch x.form {
	case Plain:
		m.AtMost(at("max", t), d.upper[t], full)
		if x.reserve > 0 { // the ramp down limits output alone
			m.AtMost(at("stop_max", t), d.upper[t], full.Minus(stop.Times(x.max-x.stopUpper)))
		}
		return
	case PGLib:
		m.AtMost(at("start_max", t), d.upper[t], full.Minus(start.Times(x.max-x.start)))
		m.AtMost(at("stop_max", t), d.upper[t], full.Minus(stop.Times(x.max-x.stopUpper)))
	default:
		x.tightLimits(m, k, at, t, d)
	}
	if before := x.unit.Before; t == 0 && before.Boundary == BeforeKnown && before.On && x.form != EgretTight {
		// If the unit stops in step 0, the step before the horizon is its last
		// step on.
		high := max(x.max, before.Output)
		m.AtMost(at("stop_max_before", t), k.on.Times(before.Output), k.on.Times(high).Minus(k.w[0].Times(high-x.firstStop)))
	}
}

// tightLimits adds, for a start i steps ago and a stop in the next step,
//
//	p_t + r_t ≤ P_max u_t − Σ_i (P_max − SU − i R_up) v_{t−i} − (P_max − SD) w_{t+1}
//
// for i up to U−2. Within U steps of a start the unit cannot stop, so that at
// most one of the terms is 1. If a start U−1 steps ago still binds, a second
// row has it without the stop. A unit that may stop after one step needs two
// rows: each has one term, and the excess of the other term over it.
func (x *thermal) tightLimits(m *milp.Model, k *commitment, at func(string, int) milp.Name, t int, d *dispatch) {
	var (
		full  = k.u[t].Times(x.max)
		start = k.v[t]
		stop  = k.stops(t+1, t+1)
		climb = stepsTo(x.max-x.start, x.rampUp)
		// Without reserve the limits of the blocks add up to these rows, unless
		// a start binds for longer.
		implied = x.reserve == 0 && len(x.curve) > 2
	)
	switch {
	case x.minUp == 1 && !implied:
		m.AtMost(at("start_max", t), d.upper[t],
			full.Minus(start.Times(x.max-x.start)).Minus(stop.Times(max(0, x.start-x.stopUpper))))
		m.AtMost(at("stop_max", t), d.upper[t],
			full.Minus(stop.Times(x.max-x.stopUpper)).Minus(start.Times(max(0, x.stopUpper-x.start))))
	case x.minUp > 1 && !(implied && min(climb, x.minUp-1) <= 1):
		m.AtMost(at("max", t), d.upper[t], x.climbed(k, t, min(climb, x.minUp-1)).Minus(stop.Times(x.max-x.stopUpper)))
	}
	if x.minUp > 1 && climb >= x.minUp {
		m.AtMost(at("climb_max", t), d.upper[t], x.climbed(k, t, x.minUp))
	}
	x.descentLimit(m, k, at, t, d)
}

// climbed returns P_max u_t minus the reduction by a start in one of the given
// number of steps up to t. Starts before the horizon bound the output through
// the initial output alone.
func (x *thermal) climbed(k *commitment, t, steps int) milp.Expr {
	limit := k.u[t].Times(x.max)
	if x.unit.Before.Boundary != BeforeCyclic {
		steps = min(steps, t+1)
	}
	for i := range min(steps, x.steps) {
		limit = limit.Minus(k.starts(t-i, t-i).Times(x.max - x.start - float64(i)*x.rampUp))
	}
	return limit
}

// descentLimit limits the output before stops up to F+1 steps ahead, so that it
// can ramp down in time:
//
//	p_t ≤ P_max u_t − Σ_{i≤F} (P_max − SD − i R_dn) w_{t+1+i}
//	               − Σ_{i≤U−2−F} (P_max − SU − i R_up) v_{t−i}
//
// Reserve is left out: it is held for one step and needs no ramp down. If F =
// U−1, a start now and the last of the stops can both occur, and the start
// enters with its excess over that stop.
func (x *thermal) descentLimit(m *milp.Model, k *commitment, at func(string, int) milp.Name, t int, d *dispatch) {
	ahead := min(stepsTo(x.max-x.stop, x.rampDown)-1, x.minUp-1)
	if x.unit.Before.Boundary == BeforeCyclic {
		ahead = min(ahead, x.steps-1)
	} else {
		ahead = min(ahead, x.steps-2-t)
	}
	if ahead <= 0 {
		return
	}
	limit := x.climbed(k, t, max(0, min(stepsTo(x.max-x.start, x.rampUp), x.minUp-1-ahead)))
	if ahead == x.minUp-1 {
		limit = limit.Minus(k.v[t].Times(max(0, x.stop+float64(ahead)*x.rampDown-x.start)))
	}
	for i := range ahead + 1 {
		limit = limit.Minus(k.stops(t+1+i, t+1+i).Times(x.max - x.stop - float64(i)*x.rampDown))
	}
	m.AtMost(at("descent_max", t), d.output[t], limit)
}

// ramps adds the limits on the change of output into step t.
func (x *thermal) ramps(m *milp.Model, k *commitment, at func(string, int) milp.Name, t int, d *dispatch) {
	var before milp.Expr
	if t > 0 {
		before = d.output[t-1]
	} else if initial, known := k.before(d); known {
		before = initial
	} else {
		return
	}
	if x.byHours {
		x.limitsAt(t)
	}
	var (
		now, was    = k.u[t], k.running(t - 1)
		start, stop = k.v[t], k.w[t]
		up          = d.upper[t].Minus(before)
		down        = before.Minus(d.output[t])
		lower       = x.min // lower bound of the output before, while on
		upper       = x.max
		stopLimit   = x.stop
	)
	if known := x.unit.Before; t == 0 && known.Boundary == BeforeKnown {
		stopLimit = x.firstStop
		if known.On { // the output before the horizon may be outside the limits
			lower, upper = min(lower, known.Output), max(upper, known.Output)
		}
	}
	switch x.form {
	case Plain:
		m.AtMost(at("ramp_up", t), up, milp.Sum(was.Times(x.rampUp), start.Times(x.start)))
		m.AtMost(at("ramp_down", t), down, milp.Sum(now.Times(x.rampDown), stop.Times(stopLimit)))
	case PGLib:
		above := milp.Sum(now.Times(x.min), was.Times(-x.min)) // change of the minimum output
		m.AtMost(at("ramp_up", t), up, milp.Sum(above, k.on.Times(x.rampUp), start.Times(max(0, x.start-x.min-x.rampUp))))
		m.AtMost(at("ramp_down", t), down, milp.Sum(above.Times(-1), k.on.Times(x.rampDown), stop.Times(max(0, stopLimit-x.min-x.rampDown))))
	default:
		// p_t + r_t − p_{t−1} ≤ (P_min + R) u_t − P_min u_{t−1} − (P_min + R −
		// SU) v_t, and its mirror image. A ramp over the whole range adds
		// nothing to the output limits, except from the step before the first.
		first := t == 0 && x.form == EgretTight
		if first || x.rampUp < x.max-lower {
			m.AtMost(at("ramp_up", t), up, milp.Sum(now.Times(lower+x.rampUp), was.Times(-lower), start.Times(x.start-lower-x.rampUp)))
		}
		if first || x.rampDown < upper-x.min || x.stop < x.stopUpper {
			m.AtMost(at("ramp_down", t), down, milp.Sum(was.Times(x.min+x.rampDown), now.Times(-x.min), stop.Times(stopLimit-x.min-x.rampDown)))
		}
	}
}

// stepsTo returns the number of steps that a ramp needs for a change of output.
func stepsTo(change, ramp float64) int {
	if change <= 0 {
		return 0 // a ramp of zero would give 0/0
	}
	return whole(math.Ceil(change/ramp - 1e-9))
}
