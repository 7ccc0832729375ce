package der

import (
	"math"

	"github.com/trigrid/trigrid/milp"
)

// Formulation chooses the rows that state a thermal unit. All of them admit the same schedules; they
// differ in how close the linear relaxation comes to the truth, and so in solution time.
type Formulation int

const (
	// Tight is the default: EgretTight, and one row more where the horizon begins.
	Tight Formulation = iota

	// Plain states the limits with the fewest terms, after Carrión, Arroyo, IEEE Trans. Power Syst. 21
	// (2006) 1371. It is the one to read beside a textbook.
	Plain

	// PGLib is the program of the library pglib-uc: output limits with start and stop, ramps of the
	// output above the minimum, lagged start-up categories (Morales-España, Latorre, Ramos, IEEE Trans.
	// Power Syst. 28 (2013) 4897, as used by Knueven, Ostrowski, Watson). Its row (7), which charges a
	// unit that begins off too much for some early restarts, is left out.
	PGLib

	// EgretTight is what Egret calls tight. Output limits know starts and stops (Gentile,
	// Morales-España, Ramos, EURO J. Comput. Optim. 5 (2017) 177), the steps since a start (Pan, Guan,
	// Oper. Res. Lett. 44 (2016) 466) and the steps to a stop; ramps are those of Damcı-Kurt,
	// Küçükyavuz, Rajan, Atamtürk, Math. Program. 158 (2016) 199; cost blocks know starts and stops,
	// and start-ups are matched with stops (Knueven, Ostrowski, Watson, INFORMS J. Comput. 32 (2020)
	// 857 and Comput. Manag. Sci. 17 (2020), "A novel matching formulation for startup costs").
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
	switch x.unit.Formulation {
	case Plain:
		m.AtMost(at("max", t), d.upper[t], full)
		if x.reserve > 0 { // the ramp down limits output alone
			m.AtMost(at("stop_max", t), d.upper[t], full.Minus(stop.Times(x.max-x.stop)))
		}
		return
	case PGLib:
		m.AtMost(at("start_max", t), d.upper[t], full.Minus(start.Times(x.max-x.start)))
		m.AtMost(at("stop_max", t), d.upper[t], full.Minus(stop.Times(x.max-x.stop)))
	default:
		x.tightLimits(m, k, at, t, d)
	}
	if before := x.unit.Before; t == 0 && before.Boundary == BeforeKnown && before.On && x.unit.Formulation != EgretTight {
		// The last step before the horizon is the last step on where the unit stops at once.
		m.AtMost(at("stop_max_before", t), k.on.Times(before.Output), k.on.Times(x.max).Minus(k.w[0].Times(x.max-x.stop)))
	}
}

// tightLimits states, with a start i steps ago and a stop in the next step,
//
//	p_t + r_t ≤ P_max u_t − Σ_i (P_max − SU − i R_up) v_{t−i} − (P_max − SD) w_{t+1}
//
// for i up to U−2: within U steps of a start the unit cannot stop, so at most one of the terms counts.
// Where a start U−1 steps ago still binds, a second row states it without the stop. A unit that may
// stop after one step needs two rows, each with what the other term adds to its own.
func (x *thermal) tightLimits(m *milp.Model, k *commitment, at func(string, int) milp.Name, t int, d *dispatch) {
	var (
		full  = k.u[t].Times(x.max)
		start = k.v[t]
		stop  = k.stops(t+1, t+1)
		climb = stepsTo(x.max-x.start, x.rampUp)
		// Without reserve the limits of the blocks add up to these rows, unless a start is felt for longer.
		implied = x.reserve == 0 && len(x.curve) > 2
	)
	switch {
	case x.minUp == 1 && !implied:
		m.AtMost(at("start_max", t), d.upper[t],
			full.Minus(start.Times(x.max-x.start)).Minus(stop.Times(max(0, x.start-x.stop))))
		m.AtMost(at("stop_max", t), d.upper[t],
			full.Minus(stop.Times(x.max-x.stop)).Minus(start.Times(max(0, x.stop-x.start))))
	case x.minUp > 1 && !(implied && min(climb, x.minUp-1) <= 1):
		m.AtMost(at("max", t), d.upper[t], x.climbed(k, t, min(climb, x.minUp-1)).Minus(stop.Times(x.max-x.stop)))
	}
	if x.minUp > 1 && climb >= x.minUp {
		m.AtMost(at("climb_max", t), d.upper[t], x.climbed(k, t, x.minUp))
	}
	x.descentLimit(m, k, at, t, d)
}

// climbed returns P_max u_t less what a start in this step or one of the steps before it, so many in all,
// takes away. What happened before the horizon bounds the output through the initial output alone.
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

// descentLimit looks ahead to stops up to F+1 steps away, from which the output has to come down in time:
//
//	p_t ≤ P_max u_t − Σ_{i≤F} (P_max − SD − i R_dn) w_{t+1+i} − Σ_{i≤U−2−F} (P_max − SU − i R_up) v_{t−i}
//
// Reserve is left out: held for a step, it need not be ramped down from. Where F is U−1, a start now and
// the last of the stops may both occur, and the start counts by what it adds to that stop.
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
	var (
		now, was    = k.u[t], k.running(t - 1)
		start, stop = k.v[t], k.w[t]
		up          = d.upper[t].Minus(before)
		down        = before.Minus(d.output[t])
	)
	switch x.unit.Formulation {
	case Plain:
		m.AtMost(at("ramp_up", t), up, milp.Sum(was.Times(x.rampUp), start.Times(x.start)))
		m.AtMost(at("ramp_down", t), down, milp.Sum(now.Times(x.rampDown), stop.Times(x.stop)))
	case PGLib:
		above := milp.Sum(now.Times(x.min), was.Times(-x.min)) // what the minimum contributes to the change
		m.AtMost(at("ramp_up", t), up, milp.Sum(above, k.on.Times(x.rampUp), start.Times(max(0, x.start-x.min-x.rampUp))))
		m.AtMost(at("ramp_down", t), down, milp.Sum(above.Times(-1), k.on.Times(x.rampDown), stop.Times(max(0, x.stop-x.min-x.rampDown))))
	default:
		// p_t + r_t − p_{t−1} ≤ (P_min + R) u_t − P_min u_{t−1} − (P_min + R − SU) v_t, and its mirror image.
		// A ramp that spans all outputs adds nothing to the limits on each, but for the step before the first.
		first := t == 0 && x.unit.Formulation == EgretTight
		if first || x.rampUp < x.max-x.min {
			m.AtMost(at("ramp_up", t), up, milp.Sum(now.Times(x.min+x.rampUp), was.Times(-x.min), start.Times(x.start-x.min-x.rampUp)))
		}
		if first || x.rampDown < x.max-x.min {
			m.AtMost(at("ramp_down", t), down, milp.Sum(was.Times(x.min+x.rampDown), now.Times(-x.min), stop.Times(x.stop-x.min-x.rampDown)))
		}
	}
}

// stepsTo returns how many steps a ramp needs for a change of output.
func stepsTo(change, ramp float64) int { return max(0, whole(math.Ceil(change/ramp-tinyStep))) }
