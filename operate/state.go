package operate

import (
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// begin returns a DER at the beginning of a season. A cyclic state before the
// first step, which holds for a day that repeats, becomes a free one.
func begin(d der.DER) der.DER {
	// A stated state, such as "on for 5 hours", stays.
	free := func(b *der.Boundary) {
		if *b == der.BeforeCyclic {
			*b = der.BeforeFree
		}
	}
	return changed(d, free)
}

// freed returns a DER whose state before the first step is free within the
// given ranges, for bounds. name is that of its range. ok is false for a kind
// with a state that cannot be freed.
//
// For example, a unit that the day before left on can be off from the first
// step on: the cost of the day is then at most that of any state.
func freed(name string, d der.DER, within reaches) (out der.DER, ok bool) {
	switch u := d.(type) {
	case *der.Fleet:
		unit, ok := freed(name, u.Unit, within)
		return fleetOf(u, unit), ok
	case *der.Site:
		next, all := *u, true
		next.Parts = nil
		for _, part := range u.Parts {
			free, ok := freed(name+"/"+part.Name(), part, within)
			next.Parts, all = append(next.Parts, free), all && ok
		}
		return &next, all
	case *der.Thermal:
		next := *u
		next.Before = der.ThermalState{Boundary: der.BeforeFree}
		return &next, true
	case *der.CarbonCapture:
		next := *u
		next.Unit.Before = der.ThermalState{Boundary: der.BeforeFree}
		return &next, true
	case *der.Reservoir:
		return reservoirAnywhere(u, within[name]), true
	case *der.HeatPump:
		return heatPumpAnywhere(u, within[name], within[name+":water"]), true
	// Other built-in kinds have no state before a day, or one of an operation.
	case *der.CHP, *der.ExtractionCHP, *der.GasBoiler, *der.ElectricBoiler, *der.PowerToGas,
		*der.Wind, *der.PV, *der.Load, *der.Storage, *der.DemandResponse, *der.ShiftableLoad, *der.TransferableLoad,
		*der.EVFleet, *der.RunOfRiver, *der.Sequestration, *der.GasSupply, *der.GridConnection, *der.HeatDump:
		return changed(d, func(b *der.Boundary) { *b = der.BeforeFree }), true
	}
	return d, false
}

// fleetOf returns a fleet with another unit.
func fleetOf(u *der.Fleet, unit der.DER) *der.Fleet {
	return &der.Fleet{Unit: unit, Count: u.Count, OneSchedule: u.OneSchedule}
}

// siteOf returns a site whose parts are changed.
func siteOf(u *der.Site, change func(part der.DER) der.DER) *der.Site {
	next := *u
	next.Parts = nil
	for _, part := range u.Parts {
		next.Parts = append(next.Parts, change(part))
	}
	return &next
}

// changed returns a copy of a DER with another boundary, or the DER itself if
// it has none. The original stays, because the strategies of a comparison share
// it.
func changed(d der.DER, change func(*der.Boundary)) der.DER {
	switch u := d.(type) {
	case *der.Fleet:
		return fleetOf(u, changed(u.Unit, change))
	case *der.Site:
		return siteOf(u, func(part der.DER) der.DER { return changed(part, change) })
	case *der.Thermal:
		next := *u
		change(&next.Before.Boundary)
		return &next
	case *der.CarbonCapture:
		next := *u
		change(&next.Unit.Before.Boundary)
		return &next
	}
	if next, o := operated(d); next != nil {
		change(&o.Boundary)
		return next
	}
	return d
}

// operated returns a copy of a converter and the operation of the copy, nil for
// other kinds.
func operated(d der.DER) (der.DER, *der.Operation) {
	switch u := d.(type) {
	case *der.CHP:
		next := *u
		return &next, &next.Power
	case *der.ExtractionCHP:
		next := *u
		return &next, &next.Power
	case *der.GasBoiler:
		next := *u
		return &next, &next.Heat
	case *der.ElectricBoiler:
		next := *u
		return &next, &next.Power
	case *der.PowerToGas:
		next := *u
		return &next, &next.Power
	}
	return nil, nil
}

// renew returns a DER at the beginning of a day: the data of the day with the
// state that the day before has left. Thermal units and converters continue
// their operation. Stores begin with their stated energy, which they ended
// with, in the bands of depth in which it is. A store that stood still at the
// end of the day begins with its present energy, and ends as near to the stated
// one as it can; a tank of CO2 then begins and ends with its present content.
// Buildings continue at their temperature, and reservoirs with their water.
// Limits of a day, such as hours of load reduction, begin again, cars come as
// stated, and loads owe nothing. A fleet or a site follows the rules of its
// DERs, and a kind of another module continues as rolled.
func renew(day, rolled der.DER, grid scenario.Grid) der.DER {
	switch u := rolled.(type) {
	case *der.Fleet:
		if fresh, ok := day.(*der.Fleet); ok {
			return &der.Fleet{Unit: renew(fresh.Unit, u.Unit, grid), Count: fresh.Count, OneSchedule: true}
		}
	case *der.Site:
		if fresh, ok := day.(*der.Site); ok && len(fresh.Parts) == len(u.Parts) {
			next := *fresh
			next.Parts = nil
			for i, part := range u.Parts {
				next.Parts = append(next.Parts, renew(fresh.Parts[i], part, grid))
			}
			return &next
		}
	case *der.HeatPump:
		if fresh, ok := day.(*der.HeatPump); ok {
			next := *fresh
			next.Initial, next.Water.Initial = u.Initial, u.Water.Initial
			return &next
		}
	case *der.Reservoir:
		if fresh, ok := day.(*der.Reservoir); ok {
			next := *fresh
			next.Initial, next.Released = u.Initial, u.Released
			return &next
		}
	case *der.Thermal:
		if fresh, ok := day.(*der.Thermal); ok {
			next := *fresh
			next.Before = u.Before
			return &next
		}
	case *der.CarbonCapture:
		if fresh, ok := day.(*der.CarbonCapture); ok {
			next := *fresh
			next.Unit.Before = u.Unit.Before
			if left(u.InTank, next.InTank) {
				next.InTank, next.EndInTank = u.InTank, optional.Of(u.InTank)
			}
			return &next
		}
	case *der.Storage:
		if fresh, ok := day.(*der.Storage); ok {
			next := *fresh
			next.Before = u.Before
			begun := next.Initial.Or(next.MinEnergy)
			if now := u.Initial.Or(u.MinEnergy); left(now, begun) {
				next.Initial, next.EndEnergy = optional.Of(now), optional.Of(reached(fresh, now, begun, grid))
			}
			return &next
		}
	// These begin each day as stated.
	case *der.Wind, *der.PV, *der.Load, *der.DemandResponse, *der.ShiftableLoad, *der.TransferableLoad,
		*der.EVFleet, *der.RunOfRiver, *der.Sequestration, *der.GasSupply, *der.GridConnection, *der.HeatDump:
		return day
	}
	if _, o := operated(rolled); o != nil {
		if next, fresh := operated(day); next != nil {
			fresh.Before, fresh.RunsBefore, fresh.Boundary = o.Before, o.RunsBefore, o.Boundary
			return next
		}
	}
	return rolled
}

// left reports whether a state differs from the stated one by more than the
// tolerance of a plan, as after a day whose last step stood still.
func left(now, stated float64) bool {
	return math.Abs(now-stated) > brokenBeyond*max(1, math.Abs(stated))
}

// reached returns the energy next to a stated one with which a store can end a
// day that it begins with another, MWh:
//
//	hi_t = min(E_max, k hi_{t−1} + η_c P_c Δ),   lo_t = max(E_min, k lo_{t−1} − P_d Δ / η_d)
//
// with the fraction k of the energy that is left after a step. For example, 6
// MWh with 0.1 MW of discharge fall to 3.6 MWh in a day, and not to 3 MWh.
func reached(u *der.Storage, now, stated float64, grid scenario.Grid) float64 {
	charge, discharge := u.Charge, u.Discharge
	if starts, ok := u.StartsPerDay.Get(); ok && starts == 0 {
		charge, discharge = 0, 0
	}
	low, high := now, now
	for t := range grid.Steps {
		dt := grid.HoursAt(t)
		k := math.Pow(1-u.SelfDischarge, dt)
		low = max(u.MinEnergy, k*low-discharge*dt/u.DischargeEfficiency)
		high = min(u.Energy, k*high+u.ChargeEfficiency*charge*dt)
	}
	return min(max(stated, low), high)
}

// oneSchedule returns a fleet that keeps all its DERs on one schedule, and
// another DER as it is. A season needs the state of each DER after every step,
// and the program of a fleet has one state.
//
// For example, of three engines that deliver 7 MW, the program of a day can run
// two. The season runs all three.
func oneSchedule(d der.DER) der.DER {
	switch u := d.(type) {
	case *der.Fleet:
		return &der.Fleet{Unit: oneSchedule(u.Unit), Count: u.Count, OneSchedule: true}
	case *der.Site:
		return siteOf(u, oneSchedule)
	}
	return d
}

// checkDays returns an error for DERs whose days cannot be operated one by one:
// stores whose energy at the end of a day is free, and rebound before its
// reduction.
func checkDays(ders []der.DER) error {
	bad := faults.List{Prefix: "operate: "}
	var parts []der.DER
	for _, d := range ders {
		parts = append(parts, der.PartsOf(d)...)
	}
	for _, d := range parts {
		if fleet, ok := d.(*der.Fleet); ok {
			d = fleet.Unit // each DER has the days of the fleet
		}
		switch u := d.(type) {
		case *der.Storage:
			bad.Require(u.End != der.EndFree, "store %q ends with free energy (EndFree); give EndAsBegun, so that days can be compared", u.ID)
			begun := u.Initial.Or(u.MinEnergy)
			bad.Require(u.EndEnergy.Or(begun) == begun, "store %q begins a day with %v MWh and ends it with %v MWh; give EndEnergy the value of Initial",
				u.ID, begun, u.EndEnergy.Or(begun))
		case *der.CarbonCapture:
			bad.Require(u.EndInTank.Or(u.InTank) == u.InTank, "carbon capture %q begins a day with %v t in its tank and ends it with %v t; "+
				"give EndInTank the value of InTank", u.Unit.ID, u.InTank, u.EndInTank.Or(u.InTank))
		case *der.DemandResponse:
			course := u.Rebound == der.ReboundRecursive || u.Rebound == der.ReboundDecaying
			bad.Require(!course || u.Close == der.CloseByBan, "demand response %q has rebound before its reduction (CloseByWrap); "+
				"give CloseByBan, because a real day does not repeat", u.ID)
		}
	}
	return bad.Err()
}
