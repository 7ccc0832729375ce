package der

import (
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/optional"
)

// RollForward implements [Stateful]: the store continues with its present energy. The energy in the
// bands of [Storage.Depths], and the runs since midnight under [Storage.StartsPerDay], have no
// field and are errors.
//
// A store with [EndAsBegun] must from then on end with its present energy. Use [EndFree] with an
// EndValue for a rolling horizon, or windows that end with the energy that is wanted.
func (u *Storage) RollForward(realised *Ports, c Context, _, steps int) (DER, error) {
	if u.Depths != nil {
		return nil, errors.New("the energy in bands of depth cannot be rolled forward; plan it without Depths")
	}
	midnight := c.endsDay(steps - 1)
	if limit, ok := u.StartsPerDay.Get(); ok && limit > 0 && !midnight {
		return nil, errors.New("the runs begun since midnight (StartsPerDay) cannot be rolled forward; " +
			"end the window at midnight")
	}
	energy, err := traced(realised, "energy", steps)
	if err != nil {
		return nil, err
	}
	next := *u
	// The energy can leave its limits by the tolerance of a solver.
	next.Initial = optional.Of(min(u.Energy, max(u.MinEnergy, energy[steps-1])))
	return &next, nil
}

// StoresElectricity implements [Storer]: it reports whether the Port is Electricity.
func (u *Storage) StoresElectricity() bool { return u.Port == Electricity }

// Class implements [Classified].
func (u *Storage) Class() Class { return ClassStorage }

// Overlaps implements [Overlapper]: charging and discharging at once.
func (u *Storage) Overlaps(realised *Ports, t int) bool {
	const tolerance = 1e-6 // MW
	if u.Port != Electricity {
		return min(at(realised.Trace("charge"), t), at(realised.Trace("discharge"), t)) > tolerance
	}
	return min(at(realised.Injected, t), at(realised.Withdrawn, t)) > tolerance
}

// DescribeState implements [StateDescriber]: the state "energy" starts at e_0 within E_min and
// E_max.
func (u *Storage) DescribeState(name string) StateRange {
	if name != "energy" {
		return StateRange{}
	}
	return StateRange{
		Initial: optional.Of(u.initial()),
		Min:     optional.Of(u.MinEnergy),
		Max:     optional.Of(u.Energy),
	}
}

// Bounds implements [Bounded]: a store discharges no more than it can hold.
//
//	−P_c ≤ net_t ≤ min(P_d, ((1−σ)^Δ m_{t−1} − E_min) η_d / Δ)
//
// m_t is the maximum energy of [Storage.maxEnergy].
func (u *Storage) Bounds(c Context, _ int) Bounds {
	b := c.NewBounds()
	for port := range b.Min {
		for t := range c.Steps() {
			b.Limit(Carrier(port), t, 0, 0)
		}
	}
	before := u.initial()
	for t, energy := range u.maxEnergy(c) {
		upper := (u.kept(c.HoursAt(t))*before - u.MinEnergy) * u.DischargeEfficiency / c.HoursAt(t)
		b.Min[u.Port][t], b.Max[u.Port][t] = -u.Charge, max(0, min(u.Discharge, upper))
		before = energy
	}
	return b
}

// maxEnergy returns the energy of a store that charges all the time, MWh at the end of each step:
//
//	m_t = min(E_max, (1−σ)^Δ m_{t−1} + η_c P_c Δ),   m_{−1} = e_0
func (u *Storage) maxEnergy(c Context) []float64 {
	out := make([]float64, c.Steps())
	energy := u.initial()
	for t := range out {
		energy = min(u.Energy, u.kept(c.HoursAt(t))*energy+u.ChargeEfficiency*u.Charge*c.HoursAt(t))
		out[t] = energy
	}
	return out
}

// Diagnose implements [Diagnoser]. It reports a store that decays below its minimum energy, or
// below the energy that it must end with, although it charges all the time.
func (u *Storage) Diagnose(c Context) error {
	const tolerance = 1e-9 // relative, absolute below 1 MWh
	below := func(energy, limit float64) bool { return energy < limit-tolerance*max(1, math.Abs(limit)) }
	stored := u.maxEnergy(c)
	for t, energy := range stored {
		if below(energy, u.MinEnergy) {
			return fmt.Errorf("storage %q: holds at most %.6g MWh after step %d, charging all the time, "+
				"and must hold %.6g MWh (MinEnergy)", u.ID, energy, t, u.MinEnergy)
		}
	}
	if last := len(stored) - 1; last >= 0 && u.End != EndFree && below(stored[last], u.initial()) {
		return fmt.Errorf("storage %q: the energy at the end, %.6g MWh, is out of reach: "+
			"charging all the time leaves %.6g MWh after step %d", u.ID, u.initial(), stored[last], last)
	}
	return nil
}
