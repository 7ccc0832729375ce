package der

import (
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
)

// ThermalState is the state of a unit at the start of the horizon. The zero
// value is a unit that has been off for a long time: it may start at once, with
// a cold start.
//
// For example, {On: true, Hours: optional.Of(3), Output: 4} is a unit that has
// run for 3 h and delivers 4 MW. With MinUp 5 it must run for two more hours.
//
// Output may lie outside [MinOutput, MaxOutput] if one step of a ramp leads
// into it: a unit of 2 to 6 MW that ramps by 3 MW per step may begin at any
// output up to 9 MW.
type ThermalState struct {
	On     bool
	Hours  optional.Float // time in it, h: one step or more, or any with Hold. Absent: very long
	Output float64        // MW in the step before the first, if On; see below

	// Hold is the time from the start of the horizon for which the state must
	// last, h, rounded up to whole steps. Absent: the minimum time less Hours.
	// Zero: the state may change at once.
	Hold optional.Float

	// StopOutput is the highest Output from which the unit may stop in the
	// first step, MW. Absent: that of the unit.
	StopOutput optional.Float

	// Boundary selects the state before the first step. The fields above are
	// used under BeforeKnown.
	Boundary Boundary
}

// Boundary is the kind of state before the first step.
type Boundary int

const (
	BeforeKnown  Boundary = iota // the state in the data, the default
	BeforeFree                   // any state: no start, stop or ramp into the first step
	BeforeCyclic                 // the state in the last step: the horizon is periodic
)

// String returns the boundary in lower case.
func (b Boundary) String() string { return [...]string{"known", "free", "cyclic"}[b] }

// commitment holds the first-stage decisions of a unit.
type commitment struct {
	unit    *thermal
	on      milp.Expr   // membership
	u, v, w []milp.Expr // on, start and stop per step
}

// commit adds u, v and w and their rows, which do not depend on the output. v
// and w need not be integer: with the minimum times they follow from u.
func (x *thermal) commit(m *milp.Model, on milp.Expr, c Context) *commitment {
	var (
		n    = c.Steps()
		name = c.FirstStage(x.unit.ID)
		k    = &commitment{x, on, make([]milp.Expr, n), make([]milp.Expr, n), make([]milp.Expr, n)}
		free = x.unit.Before.Boundary == BeforeFree
	)
	for t := range n {
		upper := MaxCount(on)
		if t == 0 && free {
			upper = 0
		}
		k.u[t] = m.Int(name("on", t), 0, MaxCount(on)).Expr()
		k.v[t] = m.Var(name("start", t), 0, upper).Expr()
		k.w[t] = m.Var(name("stop", t), 0, upper).Expr()
	}
	for t := range n {
		// u_t − u_{t−1} = v_t − w_t
		if t > 0 || !free {
			m.Equal(name("logic", t), k.u[t].Minus(k.running(t-1)), k.v[t].Minus(k.w[t]))
		}
		// Σ v ≤ u_t  over the last U steps,  Σ w ≤ on − u_t  over the last D
		m.AtMost(name("minup", t), x.lastStarts(k, t), k.u[t])
		m.AtMost(name("mindown", t), x.lastStops(k, t), on.Minus(k.u[t]))
		if t < x.hold {
			held := milp.Expr{}
			if x.unit.Before.On {
				held = on
			}
			m.Equal(name("hold", t), k.u[t], held)
		}
		if x.unit.MustRun {
			m.AtLeast(name("mustrun", t), k.u[t], on)
		}
	}
	return k
}

// starts returns the sum of the starts in the steps from..to. Outside the
// horizon it counts the last change before it, if known. On a periodic horizon
// it counts each step once.
func (k *commitment) starts(from, to int) milp.Expr { return k.events(k.v, true, from, to) }

// stops returns the sum of the stops in the steps from..to, as starts does.
func (k *commitment) stops(from, to int) milp.Expr { return k.events(k.w, false, from, to) }

func (k *commitment) events(events []milp.Expr, start bool, from, to int) milp.Expr {
	var (
		n      = len(events)
		before = k.unit.unit.Before
		sum    milp.Expr
	)
	if before.Boundary == BeforeCyclic {
		for t := max(from, to-n+1); t <= to; t++ {
			sum.Add(events[((t%n)+n)%n])
		}
		return sum
	}
	if last := -k.unit.past; last < 0 && start == before.On && from <= last && last <= to {
		sum.Add(k.on)
	}
	for t := max(from, 0); t <= min(to, n-1); t++ {
		sum.Add(events[t])
	}
	return sum
}

// nothing reports whether an expression is the number 0.
func nothing(e milp.Expr) bool { return e.IsConst() && e.Constant() == 0 }

// running returns u_t for t ≥ −1.
func (k *commitment) running(t int) milp.Expr {
	if t >= 0 {
		return k.u[t]
	}
	switch before := k.unit.unit.Before; {
	case before.Boundary == BeforeCyclic:
		return k.u[len(k.u)-1]
	case before.Boundary == BeforeFree:
		return k.u[0]
	case before.On:
		return k.on
	}
	return milp.Expr{}
}

// before returns the output before the first step, MW, and whether the boundary
// has one.
func (k *commitment) before(d *dispatch) (milp.Expr, bool) {
	switch before := k.unit.unit.Before; {
	case before.Boundary == BeforeCyclic:
		return d.output[len(d.output)-1], true
	case before.Boundary == BeforeFree:
		return milp.Expr{}, false
	case before.On:
		return k.on.Times(before.Output), true
	}
	return milp.Expr{}, true
}
