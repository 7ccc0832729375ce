package trigrid

import (
	"slices"

	"github.com/trigrid/trigrid/der"
)

func readDemandResponse(v Fields, series map[string]bool) func() der.DER {
	u := der.DemandResponse{
		ID:                v.At("name").Text(),
		Load:              seriesOfUnit(v.At("load"), series),
		Served:            v.At("served").FlagOr(false),
		MaxReduction:      nonzero(v.At("max_curtailment_mw").NumberOr(0, 0, huge)),
		MaxReductionShare: nonzero(v.At("max_curtailment_share").NumberOr(0, 0, 1)),
		MaxRebound:        nonzero(v.At("max_rebound_mw").NumberOr(0, 0, huge)),
		Rebound:           der.Rebound(v.At("rebound").OneOf("recursive", "free", "deferred", "decaying", "none")),
		ReboundRatio:      nonzero(v.At("rebound_ratio").NumberOr(0, 0, 10)),
		ReboundHours:      nonzero(v.At("rebound_hours").NumberOr(0, 0, huge)),
		Close:             der.Close(v.At("rebound_close").OneOf("wrap", "ban")),
		DayAheadCalls:     v.At("day_ahead_calls").FlagOr(false),
		MaxHours:          nonzero(v.At("max_hours").NumberOr(0, 0, huge)),
		ReductionCost:     v.At("curtailment_cost_per_mwh").NumberOr(0, 0, huge),
		ReboundCost:       v.At("rebound_cost_per_mwh").NumberOr(0, 0, huge),
	}
	if calls := v.At("calls"); calls.Given() && calls.Object() {
		u.Calls = der.Calls{
			MinHours: calls.At("min_h").NumberOr(0, 0, huge), MaxHours: nonzero(calls.At("max_h").NumberOr(0, 0, huge)),
			MaxCalls: nonzero(float64(calls.At("most").CountOr(0, 0, 10_000))), MinReduction: calls.At("least_mw").NumberOr(0, 0, huge),
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

func readLoad(v Fields, series map[string]bool) func() der.DER {
	u := der.Load{
		ID:             v.At("name").Text(),
		Port:           carrier(v.At("carrier")),
		Demand:         seriesOfUnit(v.At("demand"), series),
		Sheddable:      v.At("sheddable_share").NumberOr(0, 0, 1),
		ShedCost:       v.At("shed_cost_per_mwh").NumberOr(0, 0, huge),
		EmissionFactor: v.At("emission_t_per_mwh").NumberOr(0, 0, huge),
	}
	return func() der.DER { x := u; return &x }
}

func readShiftableLoad(v Fields, _ map[string]bool) func() der.DER {
	u := der.ShiftableLoad{
		ID:        v.At("name").Text(),
		Window:    window(v),
		Usual:     v.At("usual_h").Number(0, huge),
		ShiftCost: v.At("shift_cost_per_mwh").NumberOr(0, 0, huge),
	}
	for _, mw := range v.At("profile_mw").List() {
		u.Profile = append(u.Profile, mw.Number(0, huge))
	}
	return func() der.DER {
		x := u
		x.Profile = slices.Clone(u.Profile)
		return &x
	}
}

func readTransferableLoad(v Fields, series map[string]bool) func() der.DER {
	u := der.TransferableLoad{
		ID:           v.At("name").Text(),
		Load:         seriesOfUnit(v.At("load"), series),
		Min:          v.At("min_mw").NumberOr(0, 0, huge),
		Max:          v.At("max_mw").Number(0, huge),
		Window:       window(v),
		MinRun:       v.At("min_run_h").NumberOr(0, 0, huge),
		TransferCost: v.At("transfer_cost_per_mwh").NumberOr(0, 0, huge),
	}
	return func() der.DER { x := u; return &x }
}

// window reads when a load may run, hours from the beginning of the grid.
func window(v Fields) der.Window {
	return der.Window{From: v.At("from_h").NumberOr(0, 0, huge), To: nonzero(v.At("to_h").NumberOr(0, 0, huge))}
}
