package casefile

import (
	"slices"

	"github.com/trigrid/trigrid/der"
)

// readDemandResponse reads a load that can be reduced for a payment and
// rebounds later. calls limits the events: {"min_h": 1, "max_h": 3, "max": 2,
// "min_mw": 0.1} allows two reductions of one to three hours, each of at least
// 0.1 MW. rebound_weights are the fractions of a reduction that return in the
// first, second, … stage of rebound_hours.
//
//	{"kind": "demand_response", "name": "offices", "load": "offices", "max_reduction_share": 0.3,
//	 "rebound": "recursive", "rebound_ratio": 0.9, "rebound_weights": [0.7, 0.3],
//	 "reduction_cost_per_mwh": 150}
func readDemandResponse(v Fields, series map[string]bool) func() der.DER {
	u := der.DemandResponse{
		ID:                v.At("name").Text(),
		Load:              v.At("load").Series(series),
		Served:            v.At("served").FlagOr(false),
		MaxReduction:      v.At("max_reduction_mw").Optional(0, unbounded),
		MaxReductionShare: v.At("max_reduction_share").Optional(0, 1),
		MaxRebound:        v.At("max_rebound_mw").Optional(0, unbounded),
		Rebound:           der.Rebound(v.At("rebound").OneOf("recursive", "free", "deferred", "decaying", "none")),
		ReboundRatio:      v.At("rebound_ratio").Optional(0, 10),
		ReboundHours:      v.At("rebound_hours").Optional(0, unbounded),
		Close:             der.Close(v.At("rebound_close").OneOf("wrap", "ban")),
		DayAheadCalls:     v.At("day_ahead_calls").FlagOr(false),
		MaxHours:          v.At("max_hours").Optional(0, unbounded),
		ReductionCost:     v.At("reduction_cost_per_mwh").NumberOr(0, 0, unbounded),
		ReboundCost:       v.At("rebound_cost_per_mwh").NumberOr(0, 0, unbounded),
	}
	if calls := v.At("calls"); calls.Given() && calls.Object() {
		u.Calls = der.Calls{
			MinHours: calls.At("min_h").NumberOr(0, 0, unbounded), MaxHours: calls.At("max_h").Optional(0, unbounded),
			MaxCalls: calls.At("max").OptionalCount(0, 10_000), MinReduction: calls.At("min_mw").NumberOr(0, 0, unbounded),
		}
	}
	for _, w := range v.At("rebound_weights").ListOrNone() {
		u.ReboundWeights = append(u.ReboundWeights, w.Number(0, 1))
	}
	return func() der.DER {
		x := u
		x.ReboundWeights = slices.Clone(u.ReboundWeights)
		return &x
	}
}

// readLoad reads a load that must be served. sheddable_share is the fraction of
// it that may go unserved at shed_cost_per_mwh; 1 keeps every coalition
// feasible.
//
//	{"kind": "load", "name": "district", "carrier": "heat", "demand": "heat",
//	 "sheddable_share": 1, "shed_cost_per_mwh": 900}
func readLoad(v Fields, series map[string]bool) func() der.DER {
	u := der.Load{
		ID:             v.At("name").Text(),
		Port:           carrier(v.At("carrier")),
		Demand:         v.At("demand").Series(series),
		Sheddable:      v.At("sheddable_share").NumberOr(0, 0, 1),
		ShedCost:       v.At("shed_cost_per_mwh").NumberOr(0, 0, unbounded),
		EmissionFactor: v.At("emission_t_per_mwh").Optional(0, unbounded),
	}
	return func() der.DER { x := u; return &x }
}

// readShiftableLoad reads a load of fixed form that starts once in its window.
// profile_mw has one value per step of the load's own cycle, which is usually
// shorter than the grid: [0.4, 0.6] draws 0.4 MW in the first step after the
// start and 0.6 MW in the second. usual_h is the start without coordination,
// hours from the beginning of the grid.
//
// With profile_hours each value of profile_mw lasts that long, on any grid.
//
//	{"kind": "shiftable_load", "name": "laundry", "profile_mw": [0.4, 0.6], "usual_h": 2,
//	 "from_h": 1, "to_h": 6, "shift_cost_per_mwh": 10}
func readShiftableLoad(v Fields, _ map[string]bool) func() der.DER {
	u := der.ShiftableLoad{
		ID:        v.At("name").Text(),
		Window:    window(v),
		Usual:     v.At("usual_h").Number(0, unbounded),
		ShiftCost: v.At("shift_cost_per_mwh").NumberOr(0, 0, unbounded),

		ProfileHours: v.At("profile_hours").Optional(smallest, unbounded),
	}
	for _, mw := range v.At("profile_mw").List() {
		u.Profile = append(u.Profile, mw.Number(0, unbounded))
	}
	return func() der.DER {
		x := u
		x.Profile = slices.Clone(u.Profile)
		return &x
	}
}

// readTransferableLoad reads a load whose energy may move between the steps of
// its window, within min_mw and max_mw while it runs.
//
//	{"kind": "transferable_load", "name": "buses", "load": "buses", "max_mw": 0.8,
//	 "min_run_h": 2, "transfer_cost_per_mwh": 5}
func readTransferableLoad(v Fields, series map[string]bool) func() der.DER {
	u := der.TransferableLoad{
		ID:           v.At("name").Text(),
		Load:         v.At("load").Series(series),
		Min:          v.At("min_mw").NumberOr(0, 0, unbounded),
		Max:          v.At("max_mw").Number(0, unbounded),
		Window:       window(v),
		MinRun:       v.At("min_run_h").NumberOr(0, 0, unbounded),
		TransferCost: v.At("transfer_cost_per_mwh").NumberOr(0, 0, unbounded),
	}
	return func() der.DER { x := u; return &x }
}

// window reads the hours in which a load may run, [from_h, to_h) from the
// beginning of the grid. If both are absent, it may run at any hour.
func window(v Fields) der.Window {
	from, to := v.At("from_h"), v.At("to_h")
	a, b := from.NumberOr(0, 0, unbounded), to.Optional(0, unbounded)
	if end, ok := b.Get(); ok && end < a {
		from.Bad("is %v, after to_h, %v; want from_h before to_h, both counted from the beginning of the grid; "+
			"for a window over midnight start the grid before it, such as at noon", a, end)
	}
	return der.Window{From: a, To: b}
}
