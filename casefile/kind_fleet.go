package casefile

import (
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// fleetReader returns the reader of electric cars on a grid. A stay is one car
// at one charger. It begins at arrive_h and ends at depart_h, hours from the
// beginning of the grid, or at arrive_step and depart_step, numbers of steps
// from 0. With taper_from_kwh, the limit of charging falls along a line from
// charge_kw at this energy to taper_kw in the full battery. connected is a
// series from 0 to 1, the share of the charger that is connected.
//
//	{"kind": "ev_fleet", "name": "cars", "efficiency": 0.93, "wear_per_mwh": 25,
//	 "unmet_cost_per_mwh": 1000, "stays": [{"arrive_h": 17, "depart_h": 24, "capacity_kwh": 60,
//	 "has_kwh": 28, "wants_kwh": 50, "charge_kw": 11, "discharge_kw": 11}]}
func fleetReader(grid scenario.Grid) DERReader {
	return func(v Fields, series map[string]bool) func() der.DER {
		u := der.EVFleet{
			ID:         v.At("name").Text(),
			Efficiency: efficiency(v.At("efficiency")),
			Wear:       v.At("wear_per_mwh").NumberOr(0, 0, unbounded),
			UnmetCost:  v.At("unmet_cost_per_mwh").Number(0, unbounded),
		}
		for _, x := range v.At("stays").List() {
			if x.Object() {
				u.Stays = append(u.Stays, readStay(x, grid, series))
			}
		}
		return func() der.DER {
			x := u
			x.Stays = slices.Clone(u.Stays)
			return &x
		}
	}
}

// readStay reads one stay. Its energies and powers are in kWh and kW, because
// cars have them so.
func readStay(v Fields, grid scenario.Grid, series map[string]bool) der.EVStay {
	const kilo = 1000
	var (
		capacity = v.At("capacity_kwh").Number(smallest, unbounded)
		charge   = v.At("charge_kw").Number(0, unbounded)
		// atMost reads an energy or a power up to the value of another key.
		// Beside a rejected value there is no limit.
		atMost = func(key, other string, limit float64) float64 {
			x := v.At(key).NumberOr(0, 0, unbounded)
			if x > limit && !v.At(key).rejected() && !v.At(other).rejected() {
				v.At(key).Wrong(fmt.Sprintf("no more than %s, %v", other, limit))
			}
			return x
		}
		stay = der.EVStay{
			Name:     v.At("name").TextOr(""),
			Arrive:   timeOf(v, "arrive", grid),
			Depart:   timeOf(v, "depart", grid),
			Capacity: capacity / kilo,
			Charge:   charge / kilo,
		}
	)
	for _, key := range []string{"has_kwh", "wants_kwh"} {
		if !v.At(key).Given() {
			v.At(key).Number(0, unbounded) // records that it is absent
		}
	}
	stay.Has = atMost("has_kwh", "capacity_kwh", capacity) / kilo
	stay.Wants = atMost("wants_kwh", "capacity_kwh", capacity) / kilo
	stay.Discharge = v.At("discharge_kw").NumberOr(0, 0, unbounded) / kilo
	if from := v.At("taper_from_kwh").Optional(0, unbounded); from.Given() {
		kwh := from.Or(0)
		if kwh >= capacity && !v.At("taper_from_kwh").rejected() && !v.At("capacity_kwh").rejected() {
			v.At("taper_from_kwh").Wrong(fmt.Sprintf("less than capacity_kwh, %v", capacity))
		}
		stay.TaperFrom = optional.Of(kwh / kilo)
		stay.TaperPower = atMost("taper_kw", "charge_kw", charge) / kilo
	} else if v.At("taper_kw").Given() {
		v.At("taper_kw").Wrong("taper_from_kwh beside it")
	}
	if x := v.At("connected"); x.Given() {
		stay.Connected = x.Series(series)
	}
	if stay.Depart <= stay.Arrive {
		v.Bad("departs at %v h, want a time after the arrival at %v h", stay.Depart, stay.Arrive)
	}
	return stay
}

// timeOf reads a time in hours from the beginning of the grid, stated in hours
// or as the number of a step: on steps of 15 minutes, "arrive_step": 6 is
// "arrive_h": 1.5.
func timeOf(v Fields, what string, grid scenario.Grid) float64 {
	hours, step := v.At(what+"_h"), v.At(what+"_step")
	if !step.Given() {
		return hours.Number(0, unbounded)
	}
	if hours.Given() {
		step.Wrong("one of " + what + "_h and " + what + "_step")
	}
	return grid.HoursTo(step.Count(0, grid.Steps))
}
