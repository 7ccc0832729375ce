package der

import (
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
)

// Operation is the operating range of a converter of energy: limits, ramps and
// switching of one flow x.
//
//	P_min ≤ x_t ≤ P_max                              MW
//	x_t − x_{t−1} ≤ R_up Δ,   x_{t−1} − x_t ≤ R_dn Δ
//
// If it is Switchable, a first-stage binary u_t is 1 while it runs, and P
// becomes P u_t:
//
//	x_t − x_{t−1} ≤ R_up Δ u_{t−1} + max(P_min, R_up Δ) (1 − u_{t−1})
//	x_{t−1} − x_t ≤ R_dn Δ u_t + max(P_min, R_dn Δ) (1 − u_t)
//	u_t − u_{t−1} ≤ v_t ≤ min(u_t, 1 − u_{t−1}),   cost = Σ_t S v_t        starts
//
// The max lets a ramp slower than P_min per step start and stop. The source has
// limits and ramps only, so switching is off by default. For minimum times and
// start-up curves use [Thermal].
//
// For example, Operation{Min: 1, Max: 4, RampUp: optional.Of(2)} runs between 1
// and 4 MW and rises by at most 2 MW per hour.
type Operation struct {
	Min, Max         float64        // 0 ≤ P_min ≤ P_max, MW
	RampUp, RampDown optional.Float // R_up, R_dn ≥ 0, MW per hour. Absent: no limit; 0: constant
	Before           float64        // x before the first step, MW, used under BeforeKnown
	RunsBefore       bool           // if Switchable: it runs before the first step, even at 0 MW
	Boundary         Boundary       // state before the first step; BeforeKnown by default
	Switchable       bool           // may stand still below P_min
	StartCost        float64        // S ≥ 0, currency per start
}

// duty holds the running steps of a converter, equal in all scenarios.
type duty struct {
	u    []milp.Expr // 1 while it runs; the membership if it cannot be switched off
	cost milp.Expr   // of starts
}

// plan adds the first-stage part: u_t and v_t.
func (o Operation) plan(m *milp.Model, id string, on milp.Expr, c Context) duty {
	d := duty{u: make([]milp.Expr, c.Steps())}
	name := c.FirstStage(id)
	for t := range d.u {
		d.u[t] = on
		if o.Switchable {
			d.u[t] = switched(m, name("on", t), on)
		}
	}
	if !o.Switchable || o.StartCost == 0 {
		return d
	}
	for t := range d.u {
		before, known := o.ranBefore(d, on, t)
		if !known {
			continue
		}
		start := m.Var(name("start", t), 0, MaxCount(on)).Expr()
		m.AtLeast(name("start_min", t), start, d.u[t].Minus(before))
		m.AtMost(name("start_on", t), start, d.u[t])
		m.AtMost(name("start_off", t), start, on.Minus(before))
		d.cost.Add(start.Times(o.StartCost))
	}
	return d
}

// standstill is the output up to which a converter stood still before the
// horizon, MW. Meters and solvers return a few watts instead of 0.
const standstill = 1e-5

// ranLast reports whether the converter ran before the first step, under
// BeforeKnown.
func (o Operation) ranLast() bool { return o.Before > standstill || o.RunsBefore && o.Switchable }

// ranBefore returns u_{t−1}, and whether the state before step t is known.
func (o Operation) ranBefore(d duty, on milp.Expr, t int) (u milp.Expr, known bool) {
	switch {
	case t > 0:
		return d.u[t-1], true
	case o.Boundary == BeforeCyclic:
		return d.u[len(d.u)-1], true
	case o.Boundary == BeforeFree:
		return milp.Expr{}, false
	case o.ranLast():
		return on, true
	}
	return milp.Expr{}, true
}

// follow adds the flow x of one scenario. Its columns are named by what, such
// as "power(s,t)".
func (o Operation) follow(m *milp.Model, at func(string, int) milp.Name, what string, d duty, on milp.Expr, c Context) []milp.Expr {
	x := make([]milp.Expr, c.Steps())
	for t := range x {
		x[t] = within(m, at(what, t), o.Min, o.Max, d.u[t])
	}
	o.ramp(m, at, what, x, d, on, c)
	return x
}

// ramp limits the changes of a flow between steps.
func (o Operation) ramp(m *milp.Model, at func(string, int) milp.Name, what string, x []milp.Expr, d duty, on milp.Expr, c Context) {
	for t := range x {
		u, known := o.ranBefore(d, on, t)
		if !known {
			continue
		}
		before := on.Times(o.Before)
		switch {
		case t > 0:
			before = x[t-1]
		case o.Boundary == BeforeCyclic:
			before = x[len(x)-1]
		}
		if perHour, ok := o.RampUp.Get(); ok {
			m.AtMost(at(what+"_rise", t), x[t].Minus(before), o.step(perHour*c.HoursAt(t), u, on))
		}
		if perHour, ok := o.RampDown.Get(); ok {
			m.AtMost(at(what+"_fall", t), before.Minus(x[t]), o.step(perHour*c.HoursAt(t), d.u[t], on))
		}
	}
}

// step returns the largest change in one step, MW: the ramp while running, and
// at least P_min from or to standstill.
func (o Operation) step(ramp float64, u, on milp.Expr) milp.Expr {
	if !o.Switchable {
		return on.Times(ramp)
	}
	return milp.Sum(u.Times(ramp), on.Minus(u).Times(max(o.Min, ramp)))
}

// benefit returns the benefit of a converter: payment minus maintenance of one
// flow, currency per MWh, minus starts. The converter runs in the steps in
// which its trace "on" is 1. In a metered schedule, which has no traces, it
// runs in the steps in which the flow is positive.
func (o Operation) benefit(realised Schedule, c Context, scenario int, maintenance float64, port func(*Ports) []float64) Benefit {
	b := c.Payment(realised, scenario)
	p := &realised.Realised[scenario]
	converted := port(p)
	energy := 0.0
	for t := range c.Steps() {
		energy += at(converted, t) * c.HoursAt(t)
	}
	b.Pay("maintenance", maintenance*energy)
	if o.Switchable && o.StartCost > 0 {
		on := p.Trace("on")
		b.Pay("start-up", o.StartCost*float64(o.starts(c, func(t int) bool {
			if on != nil {
				return on[t] > 0.5 // a binary within the tolerance of the solver
			}
			return at(converted, t) > 0
		})))
	}
	return b
}

// starts counts the steps in which the converter runs and did not run in the
// step before.
func (o Operation) starts(c Context, runs func(t int) bool) int {
	before := o.ranBeforeHorizon(c, runs)
	n := 0
	for t := range c.Steps() {
		if runs(t) && !before {
			n++
		}
		before = runs(t)
	}
	return n
}

// ranBeforeHorizon reports whether the converter ran in the step before the
// first one, as its [Boundary] prescribes.
func (o Operation) ranBeforeHorizon(c Context, runs func(t int) bool) bool {
	switch o.Boundary {
	case BeforeCyclic:
		return runs(c.Steps() - 1)
	case BeforeFree:
		return runs(0)
	}
	return o.ranLast()
}

// watch records u as the trace "on".
func (o Operation) watch(out *Terms, d duty) {
	if o.Switchable {
		for t, u := range d.u {
			out.Watch("on", "", t, u)
		}
	}
}

// validate reports violations; field is the name of the Operation in its DER.
func (o Operation) validate(v *faults.List, field string) {
	v.AtLeast(field+".Min", o.Min, 0, "MW")
	v.AtLeast(field+".Max", o.Max, max(o.Min, 0), "MW, not below Min")
	v.AtLeast(field+".RampUp", o.RampUp.Or(0), 0, "MW per hour")
	v.AtLeast(field+".RampDown", o.RampDown.Or(0), 0, "MW per hour")
	v.AtLeast(field+".StartCost", o.StartCost, 0, "currency")
	v.Require(o.Boundary >= BeforeKnown && o.Boundary <= BeforeCyclic,
		"%s.Boundary is %d, want BeforeKnown, BeforeFree or BeforeCyclic", field, o.Boundary)
	v.Require(o.StartCost <= 0 || o.Switchable,
		"%s.StartCost is %v, but the unit never stops; set Switchable", field, o.StartCost)

	// Ramps begin at Before, which must then be an output of the running or of
	// the standing converter.
	ramped := o.RampUp.Given() || o.RampDown.Given()
	stands := o.Switchable && !o.ranLast()
	if o.Boundary == BeforeKnown && ramped && !stands {
		v.Require(o.Before >= o.Min && o.Before <= o.Max,
			"%s.Before is %v, want the output that ramps begin from, in [%v, %v] MW, or another Boundary",
			field, o.Before, o.Min, o.Max)
	}
}

// rollForward returns the operation that continues from an output after the
// given number of steps, MW, and from running or standing still. The trace "on"
// of a program has the latter; a metered converter runs from half of its
// minimum output.
func (o Operation) rollForward(realised *Ports, steps int, output, lower, upper float64) (Operation, error) {
	running := !o.Switchable || output >= 0.5*lower && output > standstill
	if on := realised.Trace("on"); o.Switchable && len(on) >= steps {
		running = on[steps-1] > 0.5
	}
	o.Boundary, o.RunsBefore = BeforeKnown, running && o.Switchable
	if !running {
		lower, upper = 0, 0 // standing still: P_min does not apply
	}
	var err error
	o.Before, err = carried("output", output, lower, upper, "MW")
	return o, err
}
