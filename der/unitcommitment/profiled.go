package unitcommitment

import (
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// profiled is a thermal unit with limits per step, with steps in which it must
// be on or off, and with power while it starts and stops. The inner unit has
// the widest limits; the rows here narrow them:
//
//	least_t u_t ≤ p_t,   p_t + r_t ≤ most_t u_t
//	p_t + r_t ≤ most_t u_t − (most_t − start_t) v_t
//	p_t + r_t ≤ most_t u_t − (most_t − stop_t) w_{t+1}
//	net_t = p_t + Σ_i rising_i v_{t+i} + Σ_i falling_i w_{t−i+1}          i = 1, 2, …
//
// With stopWithoutReserve the third row has no r_t. The curves add the cost Σ_t
// C_t(p_t) u_t Δ.
//
// For example, a unit of 20 to 50 MW whose cooling water is scarce at noon has
// most = 50, 35, 50.
type profiled struct {
	unit            *der.Thermal
	least, most     []float64        // MW per step while on
	start, stop     []float64        // MW per step, first and last step on
	fixed           []optional.Float // per step: 1 on, 0 off, absent free; nil: all free
	rising, falling []float64        // MW in the steps before a start and from a stop on
	startsIn        float64          // steps from the end of the horizon to a start; 0: none
	offFor          float64          // steps off before the horizon; 0: the unit was on

	stopWithoutReserve bool // stop limits the output alone, not the reserve

	curves [][]der.CurvePoint // cost of an hour per step, beside that of the unit; nil: none
}

var (
	_ der.DER       = (*profiled)(nil)
	_ der.Validator = (*profiled)(nil)
)

// simplest returns the inner unit if nothing changes from step to step.
//
// For example, most = 50, 50, 50 is the limit that the inner unit has.
func (p *profiled) simplest() der.DER {
	positive := func(mw float64) bool { return mw > 0 }
	if p.fixed == nil && !slices.ContainsFunc(p.rising, positive) && !slices.ContainsFunc(p.falling, positive) &&
		!varies(p.least) && !varies(p.most) && !varies(p.start) && !varies(p.stop) &&
		!(p.stopWithoutReserve && p.stop[0] < p.unit.MaxOutput) && p.curves == nil {
		return p.unit
	}
	return p
}

// Name implements [der.DER].
func (p *profiled) Name() string { return p.unit.ID }

// Validate implements [der.Validator].
func (p *profiled) Validate(set *scenario.Set) error { return p.unit.Validate(set) }

// Benefit implements [der.DER]: that of the inner unit, whose fuel is charged
// in the steps on, and the costs of the curves.
func (p *profiled) Benefit(realised der.Schedule, c der.Context, scenario int) der.Benefit {
	b := p.unit.Benefit(realised, c, scenario)
	if p.curves == nil {
		return b
	}
	var (
		ports = &realised.Realised[scenario]
		on    = ports.Trace("on")
		cost  = 0.0
	)
	for t, curve := range p.curves {
		if on[t] > 0.5 {
			cost += largest(linesOf(curve), ports.Net(t)) * c.Hours()
		}
	}
	b.Pay("production", cost)
	return b
}

// BenefitByStep implements [der.Stepwise].
func (p *profiled) BenefitByStep(realised der.Schedule, c der.Context, scenario int) []der.ItemPath {
	return p.unit.BenefitByStep(realised, c, scenario)
}

// Model implements [der.DER]. Its columns are those of the inner unit.
func (p *profiled) Model(m *milp.Model, on milp.Expr, c der.Context) []der.Terms {
	var (
		out   = p.unit.Model(m, on, c)
		first = c.FirstStage(p.unit.ID)
		u     = trace(out[0], "on")
		v     = trace(out[0], "start")
		w     = trace(out[0], "stop")
	)
	for t := range p.fixed {
		if state, given := p.fixed[t].Get(); given {
			m.Equal(first("fixed", t), u[t], on.Times(state))
		}
	}
	for s := range out {
		at := c.Namer(p.unit.ID, s)
		for t := range c.Steps() {
			upper := out[s].Injected[t]
			if out[s].Reserve != nil {
				upper = milp.Sum(upper, out[s].Reserve[t])
			}
			if p.least[t] > p.unit.MinOutput {
				m.AtLeast(at("profile_min", t), out[s].Injected[t], u[t].Times(p.least[t]))
			}
			full := u[t].Times(p.most[t])
			if p.most[t] < p.unit.MaxOutput {
				m.AtMost(at("profile_max", t), upper, full)
			}
			if p.start[t] < p.unit.StartOutput.Or(0) {
				m.AtMost(at("profile_start", t), upper, full.Minus(v[t].Times(p.most[t]-p.start[t])))
			}
			if t+1 < c.Steps() && p.stop[t] < p.unit.StopOutput.Or(0) {
				limited := upper
				if p.stopWithoutReserve {
					limited = out[s].Injected[t]
				}
				m.AtMost(at("profile_stop", t), limited, full.Minus(w[t+1].Times(p.most[t]-p.stop[t])))
			}
		}
		for t, curve := range p.curves {
			addCurve(m, at, t, curve, p.least[t], p.most[t], u[t], out[s].Injected[t], c.Hours(), &out[s])
		}
		for t := range c.Steps() {
			if power := p.standing(v, w, on, t); !power.IsConst() || power.Constant() != 0 {
				out[s].Inject(t, power)
			}
		}
	}
	return out
}

// standing returns the power in step t of a unit that starts later or has
// stopped, MW.
//
// For example, rising = 30, 10 gives 30 MW in the step before the start and 10
// MW in the one before.
func (p *profiled) standing(v, w []milp.Expr, on milp.Expr, t int) milp.Expr {
	var power milp.Expr
	for i, mw := range p.rising {
		if start := t + i + 1; start < len(v) {
			power.Add(v[start].Times(mw))
		} else if p.startsIn > 0 && float64(start-len(v)+1) == p.startsIn {
			power.Add(on.Times(mw))
		}
	}
	for i, mw := range p.falling {
		if stop := t - i; stop >= 0 {
			power.Add(w[stop].Times(mw))
		} else if p.offFor > 0 && float64(-stop) == p.offFor {
			power.Add(on.Times(mw))
		}
	}
	return power
}

// trace returns the values of an inner state of a unit, one per step.
func trace(terms der.Terms, name string) []milp.Expr {
	i := slices.IndexFunc(terms.Traces, func(x der.Trace) bool { return x.Name == name })
	return terms.Traces[i].Values
}
