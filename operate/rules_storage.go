package operate

import (
	"math"

	"github.com/trigrid/trigrid/der"
)

// stated returns the energy with which a store ends the day, MWh. It is that of
// the beginning, unless the store stood still at the end of the day before.
func stated(d der.DER) float64 {
	unit, _ := single(d)
	first := unit.(*der.Storage)
	return first.EndEnergy.Or(first.Initial.Or(first.MinEnergy))
}

// storageRule returns the ports of a battery in step t: it charges from a
// surplus of its VPP and discharges into a deficit. net is the power of the VPP
// or the site without it, MW. The energy stays in the range from which the
// stated one can be reached at the end of the day:
//
//	lo_{t−1} = max(E_min, (lo_t − η_c P_c Δ) / k),   hi_{t−1} = min(E_max, (hi_t + P_d Δ / η_d) / k)
//
// with lo = hi = the stated energy at the end, and the fraction k of the energy
// that is left after a step. A limit of starts is that of [withStarts]. Bands
// of depth follow from the flows: each MWh enters and leaves the shallowest
// one.
func (x *vppDay) storageRule(u *der.Storage, stated float64, t int, net float64) der.Ports {
	kept := func(dt float64) float64 { return math.Pow(1-u.SelfDischarge, dt) }
	// From the end of the day backwards.
	lower, upper, rest := stated, stated, stated
	for later := x.grid.Steps - 1; later > t; later-- {
		dt := x.grid.HoursAt(later)
		lower = max(u.MinEnergy, (lower-u.ChargeEfficiency*u.Charge*dt)/kept(dt))
		upper = min(u.Energy, (upper+u.Discharge*dt/u.DischargeEfficiency)/kept(dt))
		rest /= kept(dt)
	}
	// The wanted energy is moved into the range, and the flows follow from it.
	dt := x.grid.HoursAt(t)
	before := kept(dt) * u.Initial.Or(u.MinEnergy)
	after := before + u.ChargeEfficiency*min(u.Charge, max(0, net))*dt - min(u.Discharge, max(0, -net))*dt/u.DischargeEfficiency
	after = min(max(after, lower), upper)
	runs := der.StorageState{}
	if u.StartsPerDay.Given() {
		after, runs = withStarts(u, before, after, rest)
	}
	charge := min(u.Charge, max(0, after-before)/u.ChargeEfficiency/dt)
	discharge := min(u.Discharge, max(0, before-after)*u.DischargeEfficiency/dt)
	after = before + u.ChargeEfficiency*charge*dt - discharge*dt/u.DischargeEfficiency
	y := der.Ports{
		Injected: []float64{discharge}, Withdrawn: []float64{charge},
		Traces: []der.Path{{Name: "energy", Unit: "MWh", Values: []float64{after}}},
	}
	if u.StartsPerDay.Given() {
		y.Traces = append(y.Traces, der.Path{Name: "charging", Values: flag(runs.Charging)}, der.Path{Name: "discharging", Values: flag(runs.Discharging)})
	}
	return y
}

// withStarts returns the energy after a step of a store with a limit of starts,
// MWh, and the runs in progress. before is the energy that is left without
// flow, wanted that of the rule, and rest the energy at the end of the step
// that falls to the stated one without flow. A run in progress goes on through
// steps without flow.
//
//	up     needs a run of charging, or a start of one; above rest also a start of discharging
//	down   needs a run of discharging, or a start of one; below rest also a start of charging
//
// The way back to the stated energy is thus kept free: above rest a run or a
// start of discharging is left, below rest one of charging. Without the second
// condition the energy stops at rest.
//
// For example, a store with one start per day that has charged above its stated
// energy and begins to discharge stops there, because it could not charge again.
func withStarts(u *der.Storage, before, wanted, rest float64) (after float64, runs der.StorageState) {
	const tiny = 1e-9 // MWh, below which rounding and not the rule wants a flow
	var (
		limit  = u.StartsPerDay.Or(0)
		charge = limit-u.Before.ChargingStarts >= 1
		empty  = limit-u.Before.DischargingStarts >= 1
	)
	runs = der.StorageState{Charging: u.Before.Charging, Discharging: u.Before.Discharging}
	switch {
	case wanted > before+tiny && (charge || runs.Charging):
		if !empty {
			wanted = min(wanted, max(before, rest))
		}
		// A run of discharging in progress may be the only way down.
		if wanted > before+tiny && (empty || before < rest) {
			return wanted, der.StorageState{Charging: true}
		}
	case wanted < before-tiny && (empty || runs.Discharging):
		if !charge {
			wanted = max(wanted, min(before, rest))
		}
		if wanted < before-tiny && (charge || before > rest) {
			return wanted, der.StorageState{Discharging: true}
		}
	}
	return before, runs
}
