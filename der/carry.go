package der

import (
	"errors"
	"fmt"
	"math"
)

// Stateful is implemented by units that can say how they stand after some steps of a schedule: what a plan
// for the hours that follow begins with.
//
// Carry returns the unit as it stands after the given steps of a scenario, without changing the one it is
// called on; a unit without a memory returns itself. c is the context of the plan that the schedule is of.
// What cannot be carried is an error, never left out.
type Stateful interface {
	DER
	RollForward(realised *Ports, c Context, scenario, steps int) (DER, error)
}

var _ = []Stateful{
	(*Wind)(nil), (*PV)(nil), (*Load)(nil), (*GridConnection)(nil), (*GasSupply)(nil), (*HeatDump)(nil), (*Sequestration)(nil),
	(*Storage)(nil), (*Thermal)(nil), (*CarbonCapture)(nil), (*DemandResponse)(nil),
	(*CHP)(nil), (*ExtractionCHP)(nil), (*GasBoiler)(nil), (*ElectricBoiler)(nil), (*PowerToGas)(nil),
}

// Carry implements [Stateful]; wind remembers nothing.
func (u *Wind) RollForward(*Ports, Context, int, int) (DER, error) { return u, nil }

// Carry implements [Stateful]; sun remembers nothing.
func (u *PV) RollForward(*Ports, Context, int, int) (DER, error) { return u, nil }

// Carry implements [Stateful]; a load remembers nothing.
func (u *Load) RollForward(*Ports, Context, int, int) (DER, error) { return u, nil }

// Carry implements [Stateful]; a connection remembers nothing.
func (u *GridConnection) RollForward(*Ports, Context, int, int) (DER, error) { return u, nil }

// Carry implements [Stateful]; a supply remembers nothing.
func (u *GasSupply) RollForward(*Ports, Context, int, int) (DER, error) { return u, nil }

// Carry implements [Stateful]; a heat dump remembers nothing.
func (u *HeatDump) RollForward(*Ports, Context, int, int) (DER, error) { return u, nil }

// Carry implements [Stateful]; the limit of a sequestration is per step.
func (u *Sequestration) RollForward(*Ports, Context, int, int) (DER, error) { return u, nil }

// Carry implements [Stateful]: the energy that is stored. What is in each band of [Storage.Depths], and
// runs begun since midnight under [Storage.StartsPerDay], cannot be carried.
func (u *Storage) RollForward(realised *Ports, c Context, _, steps int) (DER, error) {
	if u.Depths != nil {
		return nil, fmt.Errorf("what its bands of depth hold cannot be carried; plan it without Depths")
	}
	if u.StartsPerDay > 0 && math.Mod(float64(steps)*c.Hours()+1e-9, 24) > 2e-9 {
		return nil, fmt.Errorf("the runs begun since midnight (StartsPerDay) cannot be carried; end the window at midnight")
	}
	energy, err := traced(realised, "energy", steps)
	if err != nil {
		return nil, err
	}
	next := *u
	next.Initial = min(u.Energy, max(u.MinEnergy, energy[steps-1])) // a solver's tolerance aside
	return &next, nil
}

// Carry implements [Stateful]: on or off, for how long, and the output.
func (u *Thermal) RollForward(realised *Ports, c Context, _, steps int) (DER, error) {
	before, err := u.stateAfter(realised, c, at(realised.Injected, steps-1), steps)
	if err != nil {
		return nil, err
	}
	next := *u
	next.Before = before
	return &next, nil
}

// stateAfter returns where a unit with the given last output stands.
func (u *Thermal) stateAfter(realised *Ports, c Context, output float64, steps int) (ThermalState, error) {
	on, err := traced(realised, "on", steps)
	if err != nil {
		return ThermalState{}, err
	}
	next := ThermalState{On: on[steps-1] > 0.5}
	n := 0
	for n < steps && (on[steps-1-n] > 0.5) == next.On {
		n++
	}
	next.Hours = float64(n) * c.Hours()
	if n == steps && u.Before.Boundary == BeforeKnown && u.Before.On == next.On {
		if u.Before.Hours == 0 {
			next.Hours = 0 // for long
		} else {
			next.Hours += math.Floor(u.Before.Hours/c.Hours()+1e-9) * c.Hours() // whole steps count
		}
	}
	if next.On {
		next.Output = min(u.MaxOutput, max(u.MinOutput, output))
	}
	return next, nil
}

// Carry implements [Stateful]: the state of the thermal unit and the CO2 in the tank.
func (u *CarbonCapture) RollForward(realised *Ports, c Context, _, steps int) (DER, error) {
	gross, err := traced(realised, "gross", steps)
	if err != nil {
		return nil, err
	}
	next := *u
	if next.Unit.Before, err = u.Unit.stateAfter(realised, c, gross[steps-1], steps); err != nil {
		return nil, err
	}
	if u.Tank > 0 {
		tank, err := traced(realised, "in tank", steps)
		if err != nil {
			return nil, err
		}
		next.InTank = min(u.Tank, max(0, tank[steps-1]))
	}
	return &next, nil
}

// Carry implements [Stateful]: the hours and the number of calls that are left. Energy that was cut and has
// not come back, and a call under way whose length is limited, cannot be carried.
func (u *DemandResponse) RollForward(realised *Ports, c Context, scenario, steps int) (DER, error) {
	const idle = 1e-6 // MW
	load := u.load(c, scenario)
	owed, called, calls := 0.0, 0.0, 0
	for t := range steps {
		cut, back := at(realised.Reduced, t), at(realised.Withdrawn, t)
		if !u.Served {
			back -= load[t]
		}
		if u.Rebound != ReboundNone {
			owed += (u.ratio()*cut - back) * c.Hours()
		}
		if cut > idle {
			called += c.Hours()
			if t == 0 || at(realised.Reduced, t-1) <= idle {
				calls++
			}
		}
	}
	if math.Abs(owed) > 1e-6 {
		return nil, fmt.Errorf("%.6g MWh that were cut have not come back; end the window where nothing is owed", owed)
	}
	if at(realised.Reduced, steps-1) > idle && u.Calls.limited() {
		return nil, errors.New("a call is under way (Calls) and cannot be carried; end the window between calls")
	}
	if u.Calls.MaxCalls > 0 && u.Calls.MinReduction == 0 {
		return nil, errors.New("calls that may pause (Calls.MaxCalls without Calls.MinReduction) cannot be counted; give Calls.MinReduction")
	}
	const none = 1e-3 // h; less than any step, where 0 would be no limit
	next := *u
	if u.MaxHours > 0 {
		next.MaxHours = max(none, u.MaxHours-called)
	}
	if u.Calls.MaxCalls > 0 {
		if next.Calls.MaxCalls -= calls; next.Calls.MaxCalls <= 0 {
			next.Calls.MaxCalls, next.MaxHours = 1, none
		}
	}
	return &next, nil
}

// Carry implements [Stateful]: the output that ramps start from.
func (u *CHP) RollForward(realised *Ports, _ Context, _, steps int) (DER, error) {
	next, gas := *u, u.gas()
	next.Power = u.Power.after(at(realised.Injected, steps-1), gas.Min*u.ElectricEfficiency, gas.Max*u.ElectricEfficiency)
	return &next, nil
}

// Carry implements [Stateful]: the output that ramps start from.
func (u *ExtractionCHP) RollForward(realised *Ports, _ Context, _, steps int) (DER, error) {
	next, o := *u, u.operation()
	next.Power = u.Power.after(at(realised.Injected, steps-1), o.Min, o.Max)
	return &next, nil
}

// Carry implements [Stateful]: the heat that ramps start from.
func (u *GasBoiler) RollForward(realised *Ports, _ Context, _, steps int) (DER, error) {
	next := *u
	next.Heat = u.Heat.after(at(realised.Heat, steps-1), u.Heat.Min, u.Heat.Max)
	return &next, nil
}

// Carry implements [Stateful]: the power that ramps start from.
func (u *ElectricBoiler) RollForward(realised *Ports, _ Context, _, steps int) (DER, error) {
	next := *u
	next.Power = u.Power.after(at(realised.Withdrawn, steps-1), u.Power.Min, u.Power.Max)
	return &next, nil
}

// Carry implements [Stateful]: the power that ramps start from.
func (u *PowerToGas) RollForward(realised *Ports, _ Context, _, steps int) (DER, error) {
	next := *u
	next.Power = u.Power.after(at(realised.Withdrawn, steps-1), u.Power.Min, u.Power.Max)
	return &next, nil
}

// after returns the operation as it goes on from an output that lies within its limits, a solver's tolerance
// aside.
func (o Operation) after(output, least, most float64) Operation {
	o.Before, o.Boundary = min(max(output, least), most), BeforeKnown
	if o.Switchable && output < 0.5*least {
		o.Before = 0
	}
	return o
}

// traced returns a state that a schedule has to report for each of its steps.
func traced(realised *Ports, name string, steps int) ([]float64, error) {
	trace := realised.Trace(name)
	if len(trace) < steps {
		return nil, fmt.Errorf("the schedule does not report %q for %d steps; carry the schedule of a plan", name, steps)
	}
	return trace, nil
}
