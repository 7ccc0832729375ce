package heatpump

import (
	"fmt"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp/audit"
)

// The optional interfaces of package der and of the audit give a kind the
// abilities of the built-in kinds. Each is one method. Other packages find it
// by a type assertion on the interface.

var (
	_ audit.Inspected    = (*HeatPump)(nil)
	_ der.Stateful       = (*HeatPump)(nil)
	_ der.Bounded        = (*HeatPump)(nil)
	_ der.Classified     = (*HeatPump)(nil)
	_ der.StateDescriber = (*HeatPump)(nil)
	_ der.Projected      = (*HeatPump)(nil)
	_ der.Unequal        = (*HeatPump)(nil)
)

// Inspect implements [audit.Inspected]. It recomputes the equations from the
// data and the schedule alone.
func (u *HeatPump) Inspect(x *audit.Inspection, realised der.Schedule, c der.Context) {
	for s := range realised.Realised {
		var (
			p           = &realised.Realised[s]
			temperature = u.Start
			spent       = 0.0
		)
		for t := range c.Steps() {
			at := x.At(u.ID, s, t)
			power := p.Withdrawn[t]
			at.Within("power", 0, power, u.Power)
			// At constant power the building drifts towards this temperature.
			target := u.Outside[t] + u.COP*power/u.Loss
			temperature = target + (temperature-target)*u.keep(c.HoursAt(t))
			at.Within("comfort", u.least(t, c.Steps()), temperature, u.Max)
			if trace := p.Trace("temperature"); trace != nil {
				at.Equal("temperature", trace[t], temperature)
			}
			spent += u.Maintenance * power * c.HoursAt(t)
		}
		whole := x.At(u.ID, s, audit.All)
		whole.Equal("cost counted by the program", p.Cost, spent)
		whole.Equal("benefit", u.Benefit(realised, c, s).Total(), audit.Payment(realised, c, s)-spent)
	}
}

// RollForward implements [der.Stateful]. The next window starts with the
// present temperature and the remaining outside temperatures. It must end as
// warm as the first window had to.
func (u *HeatPump) RollForward(realised *der.Ports, _ der.Context, _, steps int) (der.DER, error) {
	temperature := realised.Trace("temperature")
	if len(temperature) < steps {
		return nil, fmt.Errorf("the schedule does not report the temperature of %d steps", steps)
	}
	next := *u
	next.Start = min(u.Max, max(u.Min, temperature[steps-1])) // within the tolerance of a solver
	next.End = optional.Of(u.End.Or(u.Start))
	next.Outside = u.Outside[steps:]
	return &next, nil
}

// Bounds implements [der.Bounded], for the diagnosis of infeasible programs.
// Reachable temperatures form an interval [T_lo, T_hi] in every step. From the
// warmest building comfort needs the least power, and from the coldest it
// allows the most:
//
//	p_t ≥ ((T_min − k T_hi) / (1−k) − A_t) U / COP,   T_hi of step t−1
//	p_t ≤ ((T_max − k T_lo) / (1−k) − A_t) U / COP,   T_lo of step t−1
func (u *HeatPump) Bounds(c der.Context, _ int) der.Bounds {
	var (
		b          = c.NewBounds()
		k          float64 // of the step
		cold, warm = u.Start, u.Start
		// power returns the power that leads from one temperature to another.
		power = func(before, after, outside float64) float64 {
			return ((after-k*before)/(1-k) - outside) * u.Loss / u.COP
		}
		after = func(before, power, outside float64) float64 {
			return k*before + (1-k)*(outside+u.COP*power/u.Loss)
		}
	)
	for t, outside := range u.Outside {
		k = u.keep(c.HoursAt(t))
		lower := max(0, power(warm, u.least(t, c.Steps()), outside))
		upper := min(u.Power, power(cold, u.Max, outside))
		b.Limit(der.Electricity, t, -upper, -lower) // withdrawal is negative
		cold = max(u.least(t, c.Steps()), after(cold, 0, outside))
		warm = min(u.Max, after(warm, u.Power, outside))
	}
	return b
}

// UnequalSteps implements [der.Unequal]: each equation reads the length of its
// own step.
func (u *HeatPump) UnequalSteps() bool { return true }

// Project implements [der.Projected]: the grid counts the power that holds the
// least temperature, p_t = (T_min − A_t) U / COP in [0, P], as the usual load.
func (u *HeatPump) Project(*scenario.Set, int) der.Projection {
	load := make([]float64, len(u.Outside))
	for t, outside := range u.Outside {
		load[t] = min(u.Power, max(0, (u.Min-outside)*u.Loss/u.COP))
	}
	return der.Projection{Load: load}
}

// Class implements [der.Classified]: a report draws heat pumps in the colours
// of flexible loads.
func (u *HeatPump) Class() der.Class { return der.ClassFlexibleLoad }

// DescribeState implements [der.StateDescriber]: a report draws the comfort
// band beside the temperature.
func (u *HeatPump) DescribeState(name string) der.StateRange {
	if name != "temperature" {
		return der.StateRange{}
	}
	return der.StateRange{Initial: optional.Of(u.Start), Min: optional.Of(u.Min), Max: optional.Of(u.Max)}
}
