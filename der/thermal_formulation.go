package der

import (
	"math"

	"github.com/trigrid/trigrid/milp"
)

// Formulation chooses the rows that state a thermal unit. All of them admit the same schedules; they
// differ in how close the linear relaxation comes to the truth, and so in solution time.
type Formulation int

const (
	// Tight is the default. Output limits know starts and stops (Gentile, Morales-España, Ramos, EURO J.
	// Comput. Optim. 5 (2017) 177), and the steps since a start (Pan, Guan, Oper. Res. Lett. 44 (2016)
	// 466); ramps are those of Damcı-Kurt, Küçükyavuz, Rajan, Atamtürk, Math. Program. 158 (2016) 199;
	// cost blocks know starts and stops, and start-ups are matched with stops (Knueven, Ostrowski,
	// Watson, INFORMS J. Comput. 32 (2020) 857 and 498).
	Tight Formulation = iota

	// Plain states the limits with the fewest terms, after Carrión, Arroyo, IEEE Trans. Power Syst. 21
	// (2006) 1371. It is the one to read beside a textbook, and the slowest.
	Plain

	// PGLib is the program of the library pglib-uc: output limits with start and stop, ramps of the
	// output above the minimum, lagged start-up categories (Morales-España, Latorre, Ramos, IEEE Trans.
	// Power Syst. 28 (2013) 4897, as used by Knueven, Ostrowski, Watson).
	PGLib
)

// String returns the formulation's name in lower case.
func (f Formulation) String() string { return [...]string{"tight", "plain", "pglib"}[f] }

// limits adds the upper limits on output and reserve in step t.
func (x *thermal) limits(m *milp.Model, k *commitment, at func(string, int) milp.Name, t int, d *dispatch) {
	var (
		on, start, stop = k.u[t], k.v[t], k.stopped(t + 1)
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
	case Tight:
		x.tightLimits(m, k, at, t, d)
	}
	if t == 0 && x.unit.Before.Boundary == BeforeKnown && x.unit.Before.On {
		// The last step before the horizon is the last step on where the unit stops at once.
		m.AtMost(at("stop_max_before", t), k.on.Times(x.unit.Before.Output), k.on.Times(x.max).Minus(k.w[0].Times(x.max-x.stop)))
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
		stop  = k.stopped(t + 1)
		climb = 0 // steps after a start in which the start still limits the output
	)
	if x.rampUp > 0 && x.start < x.max {
		climb = int(math.Ceil((x.max-x.start)/x.rampUp - tinyStep))
	}
	trajectory := func(steps int) milp.Expr {
		limit := full
		for i := range min(steps, k.span()) {
			limit = limit.Minus(k.within(t - i).Times(x.max - x.start - float64(i)*x.rampUp))
		}
		return limit
	}
	// Without reserve the limits of the blocks add up to these rows unless a start is felt for longer.
	implied := x.reserve == 0 && len(x.curve) > 2
	switch {
	case x.minUp == 1 && !implied:
		m.AtMost(at("start_max", t), d.upper[t],
			full.Minus(k.v[t].Times(x.max-x.start)).Minus(stop.Times(max(0, x.start-x.stop))))
		m.AtMost(at("stop_max", t), d.upper[t],
			full.Minus(stop.Times(x.max-x.stop)).Minus(k.v[t].Times(max(0, x.stop-x.start))))
	case x.minUp > 1 && !(implied && min(climb, x.minUp-1) <= 1):
		m.AtMost(at("max", t), d.upper[t], trajectory(min(climb, x.minUp-1)).Minus(stop.Times(x.max-x.stop)))
	}
	if x.minUp > 1 && climb >= x.minUp {
		m.AtMost(at("climb_max", t), d.upper[t], trajectory(x.minUp))
	}
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
	case Tight:
		// p_t + r_t − p_{t−1} ≤ (P_min + R) u_t − P_min u_{t−1} − (P_min + R − SU) v_t, and its mirror image;
		// a ramp that spans all outputs adds nothing to the limits on each.
		if x.rampUp < x.max-x.min {
			m.AtMost(at("ramp_up", t), up, milp.Sum(now.Times(x.min+x.rampUp), was.Times(-x.min), start.Times(x.start-x.min-x.rampUp)))
		}
		if x.rampDown < x.max-x.min {
			m.AtMost(at("ramp_down", t), down, milp.Sum(was.Times(x.min+x.rampDown), now.Times(-x.min), stop.Times(x.stop-x.min-x.rampDown)))
		}
	}
}
