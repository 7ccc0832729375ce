package der

import (
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
)

// Operation says how a converter of energy may run: between which limits, how fast it changes, and
// whether it may stand still.
//
//	P_min ≤ x_t ≤ P_max                              MW
//	x_t − x_{t−1} ≤ R_up Δ,   x_{t−1} − x_t ≤ R_dn Δ
//
// Where it is Switchable a here-and-now binary u_t says whether it runs, and P becomes P u_t:
//
//	x_t − x_{t−1} ≤ R_up Δ u_{t−1} + max(P_min, R_up Δ) (1 − u_{t−1})
//	x_{t−1} − x_t ≤ R_dn Δ u_t + max(P_min, R_dn Δ) (1 − u_t)
//	u_t − u_{t−1} ≤ v_t ≤ min(u_t, 1 − u_{t−1}),   cost = Σ_t S v_t        starts
//
// The first source text has limits and ramps only; switching is off unless asked for. [Thermal] is the
// unit for everything else that commitment knows.
type Operation struct {
	Min, Max         float64  // 0 ≤ P_min ≤ P_max, MW
	RampUp, RampDown float64  // R_up, R_dn ≥ 0, MW per hour; 0: no limit
	Before           float64  // x before the first step, MW, used under BeforeKnown
	Boundary         Boundary // what lies before the first step; BeforeKnown by default
	Switchable       bool     // may stand still below P_min
	StartCost        float64  // S ≥ 0, currency per start
}

// duty is when a converter runs, the same in all scenarios.
type duty struct {
	u    []milp.Expr // 1 while it runs; its membership where it cannot be switched off
	cost milp.Expr   // of starts
}

// plan adds the here-and-now part.
func (o Operation) plan(m *milp.Model, unit string, on milp.Expr, c Context) duty {
	d := duty{u: make([]milp.Expr, c.Steps())}
	name := c.FirstStage(unit)
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
		start := m.Var(name("start", t), 0, 1).Expr()
		m.AtLeast(name("start_min", t), start, d.u[t].Minus(before))
		m.AtMost(name("start_on", t), start, d.u[t])
		m.AtMost(name("start_off", t), start, on.Minus(before))
		d.cost.Add(start.Times(o.StartCost))
	}
	return d
}

// ranBefore returns u_{t−1} and whether anything is known about it.
func (o Operation) ranBefore(d duty, on milp.Expr, t int) (u milp.Expr, known bool) {
	switch {
	case t > 0:
		return d.u[t-1], true
	case o.Boundary == BeforeCyclic:
		return d.u[len(d.u)-1], true
	case o.Boundary == BeforeFree:
		return milp.Expr{}, false
	case o.Before > 0:
		return on, true
	}
	return milp.Expr{}, true
}

// follow adds one scenario's path x, named what.
func (o Operation) follow(m *milp.Model, at func(string, int) milp.Name, what string, d duty, on milp.Expr, c Context) []milp.Expr {
	x := make([]milp.Expr, c.Steps())
	for t := range x {
		x[t] = within(m, at(what, t), o.Min, o.Max, d.u[t])
	}
	o.ramp(m, at, what, x, d, on, c)
	return x
}

// ramp limits the changes of a path.
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
		if o.RampUp > 0 {
			up := o.RampUp * c.Hours()
			m.AtMost(at(what+"_rise", t), x[t].Minus(before), o.step(up, u, on))
		}
		if o.RampDown > 0 {
			down := o.RampDown * c.Hours()
			m.AtMost(at(what+"_fall", t), before.Minus(x[t]), o.step(down, d.u[t], on))
		}
	}
}

// step returns the largest change in one step: the ramp while running, and what standstill allows.
func (o Operation) step(ramp float64, u, on milp.Expr) milp.Expr {
	if !o.Switchable {
		return on.Times(ramp)
	}
	return milp.Sum(u.Times(ramp), on.Minus(u).Times(max(o.Min, ramp)))
}

// benefit returns the benefit of a unit that operates so: payment less maintenance of one flow, in currency
// per MWh, less starts. A unit runs where its trace "on" says so or, in a schedule without traces, where
// it converts anything.
func (o Operation) benefit(realised Schedule, c Context, scenario int, maintenance float64, port func(*Ports) []float64) Benefit {
	b := c.Payment(realised, scenario)
	p := &realised.Realised[scenario]
	converted := port(p)
	energy := 0.0
	for t := range c.Steps() {
		energy += at(converted, t) * c.Hours()
	}
	b.Pay("maintenance", maintenance*energy)
	if o.Switchable && o.StartCost > 0 {
		on := p.Trace("on")
		b.Pay("start-up", o.StartCost*float64(o.starts(c, func(t int) bool {
			if on != nil {
				return on[t] > 0.5
			}
			return at(converted, t) > 0
		})))
	}
	return b
}

// starts counts the steps in which a unit runs and did not run before.
func (o Operation) starts(c Context, runs func(t int) bool) int {
	before := o.Before > 0
	switch o.Boundary {
	case BeforeCyclic:
		before = runs(c.Steps() - 1)
	case BeforeFree:
		before = runs(0)
	}
	n := 0
	for t := range c.Steps() {
		if runs(t) && !before {
			n++
		}
		before = runs(t)
	}
	return n
}

// watch records when the unit runs.
func (o Operation) watch(out *Terms, d duty) {
	if o.Switchable {
		for t, u := range d.u {
			out.Watch("on", "", t, u)
		}
	}
}

// validate reports what is wrong; field is the Operation's name in the unit.
func (o Operation) validate(v *faults.List, field string) {
	v.AtLeast(field+".Min", o.Min, 0, "MW")
	v.AtLeast(field+".Max", o.Max, max(o.Min, 0), "MW, not below Min")
	v.AtLeast(field+".RampUp", o.RampUp, 0, "MW per hour")
	v.AtLeast(field+".RampDown", o.RampDown, 0, "MW per hour")
	v.AtLeast(field+".StartCost", o.StartCost, 0, "currency")
	if o.Boundary < BeforeKnown || o.Boundary > BeforeCyclic {
		v.Addf("%s.Boundary is %d, want BeforeKnown, BeforeFree or BeforeCyclic", field, o.Boundary)
	}
	if o.StartCost > 0 && !o.Switchable {
		v.Addf("%s.StartCost is %v, but the unit never stops; set Switchable", field, o.StartCost)
	}
	ramped := o.RampUp > 0 || o.RampDown > 0
	stands := o.Switchable && o.Before == 0
	if o.Boundary == BeforeKnown && ramped && !stands && !(o.Before >= o.Min && o.Before <= o.Max) {
		v.Addf("%s.Before is %v, want where the ramps begin, in [%v, %v] MW, or another Boundary", field, o.Before, o.Min, o.Max)
	}
}
