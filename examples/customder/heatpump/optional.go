package heatpump

import (
	"fmt"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/vpp/audit"
)

// A kind may say more than [der.DER] asks of it, each in a method that is looked for where it is needed:
// here, how to check its schedules and how it goes on after a window.

var (
	_ audit.Inspected = (*HeatPump)(nil)
	_ der.Stateful    = (*HeatPump)(nil)
)

// Inspect implements [audit.Inspected]: the equations once more, from the data and the schedule alone.
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
			// Without heat from outside the building drifts towards this temperature.
			target := u.Outside[t] + u.COP*power/u.Loss
			temperature = target + (temperature-target)*u.keep(c.Hours())
			at.Within("comfort", u.least(t, c.Steps()), temperature, u.Max)
			if trace := p.Trace("temperature"); trace != nil {
				at.Equal("temperature", trace[t], temperature)
			}
			spent += u.Maintenance * power * c.Hours()
		}
		whole := x.At(u.ID, s, audit.All)
		whole.Equal("cost counted by the program", p.Cost, spent)
		whole.Equal("benefit", u.Benefit(realised, c, s).Total(), audit.Payment(realised, c, s)-spent)
	}
}

// Carry implements [der.Stateful]: the building is as warm as it has become, and the weather goes on.
func (u *HeatPump) RollForward(realised *der.Ports, _ der.Context, _, steps int) (der.DER, error) {
	temperature := realised.Trace("temperature")
	if len(temperature) < steps {
		return nil, fmt.Errorf("the schedule does not report the temperature of %d steps", steps)
	}
	next := *u
	next.Start = min(u.Max, max(u.Min, temperature[steps-1])) // a solver's tolerance aside
	next.Outside = u.Outside[steps:]
	return &next, nil
}
