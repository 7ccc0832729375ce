package casefile

import (
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/der"
)

// readThermal reads a thermal unit with commitment: on or off per step.
//
//	{"kind": "thermal", "name": "T1", "min_output_mw": 0.5, "max_output_mw": 2,
//	 "ramp_up_mw_per_h": 1, "no_load_cost_per_h": 60, "linear_cost_per_mwh": 400,
//	 "start_up": [{"cost": 80}], "emission_t_per_mwh": 0.45, "quota_t_per_mwh": 0.3}
func readThermal(v Fields, _ map[string]bool) func() der.DER {
	u := thermal(v)
	u.Reserve = v.At("reserve_mw").NumberOr(0, 0, unbounded)
	return func() der.DER {
		x := cloned(u)
		return &x
	}
}

// cloned returns u with lists of its own.
func cloned(u der.Thermal) der.Thermal {
	u.Curve, u.StartUp = slices.Clone(u.Curve), slices.Clone(u.StartUp)
	return u
}

// thermal reads the keys that thermal units with and without carbon capture
// share. The cost per hour at output p, MW, is either quadratic or piecewise
// linear:
//
//	no_load_cost_per_h + linear_cost_per_mwh p + quadratic_cost_per_mw2h p²
//	no_load_cost_per_h + Σ_k price_per_mwh_k · (part of p in block k)
//
// A block ends at up_to_mw: [{"up_to_mw": 3, "price_per_mwh": 300},
// {"up_to_mw": 5, …}].
//
// start_up lists the cost of a start by the hours off before it, and before is
// the state at the start of the grid: {"on": true, "hours": 5, "output_mw": 2}
// has been on for 5 h.
func thermal(v Fields) der.Thermal {
	u := der.Thermal{
		ID:             v.At("name").Text(),
		MinOutput:      v.At("min_output_mw").Number(0, unbounded),
		MaxOutput:      v.At("max_output_mw").Number(0, unbounded),
		RampUp:         v.At("ramp_up_mw_per_h").Optional(0, unbounded),
		RampDown:       v.At("ramp_down_mw_per_h").Optional(0, unbounded),
		StartOutput:    v.At("start_output_mw").Optional(0, unbounded),
		StopOutput:     v.At("stop_output_mw").Optional(0, unbounded),
		MinUp:          v.At("min_up_h").NumberOr(0, 0, unbounded),
		MinDown:        v.At("min_down_h").NumberOr(0, 0, unbounded),
		MustRun:        v.At("must_run").FlagOr(false),
		ShutDown:       v.At("shut_down_cost").NumberOr(0, 0, unbounded),
		Maintenance:    v.At("maintenance_per_mwh").NumberOr(0, 0, unbounded),
		EmissionFactor: v.At("emission_t_per_mwh").NumberOr(0, 0, unbounded),
		Quota:          v.At("quota_t_per_mwh").NumberOr(0, 0, unbounded),
	}
	noLoad := v.At("no_load_cost_per_h").NumberOr(0, 0, unbounded)
	most := u.MaxOutput // of blocks and of the output before the grid
	if v.At("max_output_mw").rejected() {
		most = unbounded
	}
	if blocks := v.At("blocks"); blocks.Given() {
		for _, key := range []string{"linear_cost_per_mwh", "quadratic_cost_per_mw2h"} {
			if v.At(key).Given() {
				v.At(key).Bad("is given together with blocks, want one of the two")
			}
		}
		var curve []der.Block
		for _, b := range blocks.List() {
			curve = append(curve, der.Block{UpTo: b.At("up_to_mw").Number(0, most), Price: b.At("price_per_mwh").Number(-unbounded, unbounded)})
		}
		u.Curve = der.CurveOf(u.MinOutput, noLoad, curve...)
	} else {
		u.NoLoad = noLoad
		u.Linear = v.At("linear_cost_per_mwh").NumberOr(0, -unbounded, unbounded)
		u.Quadratic = v.At("quadratic_cost_per_mw2h").NumberOr(0, 0, unbounded)
	}
	for _, s := range v.At("start_up").ListOrNone() {
		u.StartUp = append(u.StartUp, der.StartCost{After: s.At("after_h").NumberOr(0, 0, unbounded), Cost: s.At("cost").Number(0, unbounded)})
	}
	// The DER's own Validate also rejects this contradiction, but without the
	// path in the file.
	sound := !v.At("min_output_mw").rejected() && !v.At("max_output_mw").rejected()
	if sound && u.MinOutput > u.MaxOutput {
		v.At("min_output_mw").Wrong(fmt.Sprintf("no more than max_output_mw, %v", u.MaxOutput))
	}
	if b := v.At("before"); b.Given() && b.Object() {
		u.Before = der.ThermalState{
			On: b.At("on").FlagOr(false), Hours: b.At("hours").Optional(0, unbounded),
			Output: b.At("output_mw").NumberOr(0, 0, most),
		}
	}
	return u
}

// readCarbonCapture reads a thermal unit with post-combustion capture.
// min_split and max_split bound the fraction of the flue gas that is captured;
// the tank holds CO2 in solvent, t, between absorption and release, which take
// absorb_mwh_per_t and release_mwh_per_t of electricity.
//
//	{"kind": "carbon_capture", "name": "coal", "min_output_mw": 1, "max_output_mw": 3,
//	 "emission_t_per_mwh": 0.9, "capture_efficiency": 0.9, "max_split": 0.8,
//	 "absorb_mwh_per_t": 0.05, "release_mwh_per_t": 0.2, "tank_t": 2, "in_tank_t": 1}
func readCarbonCapture(v Fields, _ map[string]bool) func() der.DER {
	u := der.CarbonCapture{
		Unit:          thermal(v),
		Efficiency:    efficiency(v.At("capture_efficiency")),
		MinSplit:      v.At("min_split").NumberOr(0, 0, 1),
		MaxSplit:      v.At("max_split").Optional(0, 1),
		FixedPower:    v.At("fixed_power_mw").NumberOr(0, 0, unbounded),
		AbsorbEnergy:  v.At("absorb_mwh_per_t").NumberOr(0, 0, unbounded),
		ReleaseEnergy: v.At("release_mwh_per_t").NumberOr(0, 0, unbounded),
		SolventCost:   v.At("solvent_cost_per_t").NumberOr(0, 0, unbounded),
		Tank:          v.At("tank_t").NumberOr(0, 0, unbounded),
		InTank:        v.At("in_tank_t").NumberOr(0, 0, unbounded),
		EndInTank:     v.At("end_in_tank_t").Optional(0, unbounded),
		MaxRelease:    v.At("max_release_t_per_h").Optional(0, unbounded),
		Carbon:        carbonRule(v),
	}
	return func() der.DER {
		x := u
		x.Unit = cloned(u.Unit)
		return &x
	}
}
