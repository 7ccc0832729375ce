package casefile

import (
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/der"
)

// readRunOfRiver reads a hydropower station without a reservoir. inflow is a
// series in m³/s.
//
//	{"kind": "run_of_river", "name": "mill", "inflow": "river",
//	 "turbine": [{"discharge_m3_per_s": 10, "power_mw": 8}, {"discharge_m3_per_s": 15, "power_mw": 11}]}
func readRunOfRiver(v Fields, series map[string]bool) func() der.DER {
	u := der.RunOfRiver{
		ID:           v.At("name").Text(),
		Inflow:       v.At("inflow").Series(series),
		Turbine:      readTurbine(v.At("turbine").List()),
		ResidualFlow: v.At("residual_flow_m3_per_s").NumberOr(0, 0, unbounded),
		Maintenance:  v.At("maintenance_per_mwh").NumberOr(0, 0, unbounded),
	}
	return func() der.DER {
		x := u
		x.Turbine = slices.Clone(u.Turbine)
		return &x
	}
}

// readReservoir reads a hydropower station with a reservoir. inflow is a series
// in m³/s.
//
//	{"kind": "reservoir", "name": "dam", "inflow": "river", "turbine": [{"discharge_m3_per_s": 10, "power_mw": 8}],
//	 "max_volume_hm3": 2, "initial_hm3": 1, "end_value_per_hm3": 12000, "unmet_cost_per_hm3": 50000}
func readReservoir(v Fields, series map[string]bool) func() der.DER {
	u := der.Reservoir{
		ID:          v.At("name").Text(),
		Inflow:      v.At("inflow").Series(series),
		Turbine:     readTurbine(v.At("turbine").List()),
		MinVolume:   v.At("min_volume_hm3").NumberOr(0, 0, unbounded),
		MaxVolume:   v.At("max_volume_hm3").Number(0, unbounded),
		Initial:     v.At("initial_hm3").Number(0, unbounded),
		MinRelease:  v.At("min_release_m3_per_s").NumberOr(0, 0, unbounded),
		ReleaseRamp: v.At("release_ramp_m3_per_s_h").Optional(0, unbounded),
		Released:    v.At("released_m3_per_s").Optional(0, unbounded),
		EndVolume:   v.At("end_volume_hm3").Optional(0, unbounded),
		UnmetCost:   v.At("unmet_cost_per_hm3").Number(0, unbounded),
		EndValue:    v.At("end_value_per_hm3").NumberOr(0, 0, unbounded),
		Maintenance: v.At("maintenance_per_mwh").NumberOr(0, 0, unbounded),
	}
	return func() der.DER {
		x := u
		x.Turbine = slices.Clone(u.Turbine)
		return &x
	}
}

// readTurbine reads points of discharge and power, from little to much water.
func readTurbine(items []Fields) []der.HydroPoint {
	var out []der.HydroPoint
	for i, x := range items {
		point := der.HydroPoint{Discharge: x.At("discharge_m3_per_s").Number(0, unbounded), Power: x.At("power_mw").Number(0, unbounded)}
		switch given := !x.At("discharge_m3_per_s").rejected(); {
		case point == der.HydroPoint{} && given:
			x.At("discharge_m3_per_s").Wrong("more than 0 m³/s; every curve begins at 0, so leave this point out")
		case point.Discharge == 0 && given:
			x.At("discharge_m3_per_s").Wrong("more than 0 m³/s")
		}
		if i > 0 && point.Discharge <= out[i-1].Discharge && !x.At("discharge_m3_per_s").rejected() {
			x.At("discharge_m3_per_s").Wrong(fmt.Sprintf("more than that of the point before, %v", out[i-1].Discharge))
		}
		out = append(out, point)
	}
	return out
}
