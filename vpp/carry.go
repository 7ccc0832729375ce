package vpp

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
)

// Carry returns the members of a plan as they stand after some of its steps in one scenario: the units to
// plan the next window of a rolling horizon with. Commitment with the hours it has lasted, outputs that
// ramps start from, energy in stores and CO2 in tanks are carried; units without a memory are returned as
// they are.
//
// A store that must end as it began would from then on end with what it holds now. Give it [der.EndFree]
// with a value for what is left, or windows that end where it is full or empty. Energy that a demand
// response still owes cannot be carried: such a plan is refused, as is a unit of an unknown kind, unless
// it implements [Stateful]. Units whose horizon repeats itself or is open at its beginning start from
// what they did.
func Carry(p *Plan, scenario, steps int) ([]der.DER, error) {
	set := p.Setting.Set
	if scenario < 0 || scenario >= set.Len() || steps < 1 || steps > set.Steps() {
		return nil, fmt.Errorf("carry: scenario %d after %d steps of a plan with %d scenarios of %d steps", scenario, steps, set.Len(), set.Steps())
	}
	out := make([]der.DER, len(p.Members))
	for i := range p.Members {
		m := &p.Members[i]
		unit, err := carried(m.Unit, der.Context{Set: set, Tariff: p.Plant.Tariff}, &m.Schedule.Realised[scenario], scenario, steps)
		if err != nil {
			return nil, fmt.Errorf("carry: unit %q after %d steps of scenario %d: %w", m.Unit.Name(), steps, scenario, err)
		}
		out[i] = unit
	}
	return out, nil
}

// Stateful is implemented by units of other kinds that remember what they did. Carry returns the unit as
// it stands after some steps of a realised schedule, without changing the one it is called on.
type Stateful interface {
	Carry(realised *der.Ports, c der.Context, steps int) (der.DER, error)
}

func carried(unit der.DER, c der.Context, p *der.Ports, s, steps int) (der.DER, error) {
	last := steps - 1
	switch u := unit.(type) {
	case Stateful:
		return u.Carry(p, c, steps)
	case *der.Wind, *der.PV, *der.Load, *der.GridConnection, *der.GasSupply, *der.HeatDump, *der.Sequestration:
		return unit, nil
	case *der.Storage:
		next := *u
		next.Initial = min(u.Energy, max(u.MinEnergy, p.Trace("energy")[last])) // a solver's tolerance aside
		return &next, nil
	case *der.Thermal:
		next := *u
		next.Before = stateAfter(u, c, p, at(p.Injected, last), steps)
		return &next, nil
	case *der.CarbonCapture:
		next := *u
		next.Unit.Before = stateAfter(&u.Unit, c, p, p.Trace("gross")[last], steps)
		if tank := p.Trace("in tank"); tank != nil {
			next.InTank = min(u.Tank, max(0, tank[last]))
		}
		return &next, nil
	case *der.DemandResponse:
		return unit, nothingOwed(u, c, p, s, steps)
	case *der.CHP:
		next := *u
		next.Power = operationAfter(u.Power, at(p.Injected, last))
		return &next, nil
	case *der.ExtractionCHP:
		next := *u
		next.Power = operationAfter(u.Power, at(p.Injected, last))
		return &next, nil
	case *der.GasBoiler:
		next := *u
		next.Heat = operationAfter(u.Heat, at(p.Heat, last))
		return &next, nil
	case *der.ElectricBoiler:
		next := *u
		next.Power = operationAfter(u.Power, at(p.Withdrawn, last))
		return &next, nil
	case *der.PowerToGas:
		next := *u
		next.Power = operationAfter(u.Power, at(p.Withdrawn, last))
		return &next, nil
	}
	return nil, fmt.Errorf("a %T has no rule for what it carries over; implement vpp.Stateful", unit)
}

func operationAfter(o der.Operation, output float64) der.Operation {
	o.Before, o.Boundary = output, der.BeforeKnown
	return o
}

// stateAfter returns where a thermal unit stands: on or off, for how long, and at which output.
func stateAfter(u *der.Thermal, c der.Context, p *der.Ports, output float64, steps int) der.ThermalState {
	trace := p.Trace("on")
	next := der.ThermalState{On: trace[steps-1] > 0.5}
	n := 0
	for n < steps && (trace[steps-1-n] > 0.5) == next.On {
		n++
	}
	next.Hours = float64(n) * c.Hours()
	if n == steps && u.Before.Boundary == der.BeforeKnown && u.Before.On == next.On {
		if u.Before.Hours == 0 {
			next.Hours = 0 // for long
		} else {
			next.Hours += math.Floor(u.Before.Hours/c.Hours()+1e-9) * c.Hours() // whole steps count
		}
	}
	if next.On {
		next.Output = min(u.MaxOutput, max(u.MinOutput, output))
	}
	return next
}

// nothingOwed refuses a load that has been cut and has not had its energy back.
func nothingOwed(u *der.DemandResponse, c der.Context, p *der.Ports, s, steps int) error {
	ratio := u.Ratio
	switch {
	case u.Rebound == der.ReboundNone:
		return nil
	case ratio == 0 && u.Rebound == der.ReboundDecaying:
		ratio = 0.4
	case ratio == 0:
		ratio = 1
	}
	owed := 0.0
	for t := range steps {
		back := at(p.Withdrawn, t)
		if !u.Served {
			back -= c.Set.At(u.Load, s, t)
		}
		owed += (ratio*at(p.Curtailed, t) - back) * c.Hours()
	}
	if math.Abs(owed) > 1e-6 {
		return fmt.Errorf("%.6g MWh that were cut have not come back; end the window where nothing is owed", owed)
	}
	return nil
}
