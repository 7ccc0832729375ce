package trigrid

import (
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
)

func readThermal(v Fields, _ map[string]bool) func() der.DER {
	u := thermal(v)
	return func() der.DER {
		x := cloned(u)
		return &x
	}
}

// cloned gives a unit lists of its own.
func cloned(u der.Thermal) der.Thermal {
	u.Curve, u.StartUp = slices.Clone(u.Curve), slices.Clone(u.StartUp)
	return u
}

// thermal reads the fields that all units with a boiler or an engine share.
func thermal(v Fields) der.Thermal {
	u := der.Thermal{
		ID:             v.At("name").Text(),
		MinOutput:      v.At("min_output_mw").Number(0, huge),
		MaxOutput:      v.At("max_output_mw").Number(0, huge),
		RampUp:         nonzero(v.At("ramp_up_mw_per_h").NumberOr(0, 0, huge)),
		RampDown:       nonzero(v.At("ramp_down_mw_per_h").NumberOr(0, 0, huge)),
		StartOutput:    nonzero(v.At("start_output_mw").NumberOr(0, 0, huge)),
		StopOutput:     nonzero(v.At("stop_output_mw").NumberOr(0, 0, huge)),
		MinUp:          v.At("min_up_h").NumberOr(0, 0, huge),
		MinDown:        v.At("min_down_h").NumberOr(0, 0, huge),
		MustRun:        v.At("must_run").FlagOr(false),
		ShutDown:       v.At("shut_down_cost").NumberOr(0, 0, huge),
		Maintenance:    v.At("maintenance_per_mwh").NumberOr(0, 0, huge),
		EmissionFactor: v.At("emission_t_per_mwh").NumberOr(0, 0, huge),
		Quota:          v.At("quota_t_per_mwh").NumberOr(0, 0, huge),
	}
	noLoad := v.At("no_load_cost_per_h").NumberOr(0, 0, huge)
	if blocks := v.At("blocks"); blocks.Given() {
		var curve []der.Block
		for _, b := range blocks.List() {
			curve = append(curve, der.Block{UpTo: b.At("up_to_mw").Number(0, u.MaxOutput), Price: b.At("price_per_mwh").Number(-huge, huge)})
		}
		u.Curve = der.CurveOf(u.MinOutput, noLoad, curve...)
	} else {
		u.NoLoad = noLoad
		u.Linear = v.At("linear_cost_per_mwh").NumberOr(0, -huge, huge)
		u.Quadratic = v.At("quadratic_cost_per_mw2h").NumberOr(0, 0, huge)
	}
	for _, s := range v.At("start_up").ListOrNone() {
		u.StartUp = append(u.StartUp, der.StartCost{After: s.At("after_h").NumberOr(0, 0, huge), Cost: s.At("cost").Number(0, huge)})
	}
	if u.MinOutput > u.MaxOutput {
		v.At("min_output_mw").Wrong(fmt.Sprintf("no more than max_output_mw, %v", u.MaxOutput))
	}
	if b := v.At("before"); b.Given() && b.Object() {
		u.Before = der.ThermalState{On: b.At("on").FlagOr(false), Hours: nonzero(b.At("hours").NumberOr(0, 0, huge)), Output: b.At("output_mw").NumberOr(0, 0, math.Max(u.MaxOutput, 0))}
	}
	return u
}

func readCarbonCapture(v Fields, _ map[string]bool) func() der.DER {
	u := der.CarbonCapture{
		Unit:          thermal(v),
		Efficiency:    v.At("capture_efficiency").Number(smallest, 1),
		MinSplit:      v.At("min_split").NumberOr(0, 0, 1),
		MaxSplit:      nonzero(v.At("max_split").NumberOr(0, 0, 1)),
		FixedPower:    v.At("fixed_power_mw").NumberOr(0, 0, huge),
		AbsorbEnergy:  v.At("absorb_mwh_per_t").NumberOr(0, 0, huge),
		ReleaseEnergy: v.At("release_mwh_per_t").NumberOr(0, 0, huge),
		SolventCost:   v.At("solvent_cost_per_t").NumberOr(0, 0, huge),
		Tank:          v.At("tank_t").NumberOr(0, 0, huge),
		InTank:        v.At("in_tank_t").NumberOr(0, 0, huge),
		MaxRelease:    nonzero(v.At("max_release_t_per_h").NumberOr(0, 0, huge)),
		Carbon:        carbonRule(v),
	}
	return func() der.DER {
		x := u
		x.Unit = cloned(u.Unit)
		return &x
	}
}

// carbonRule reads where the carbon of gas and of captured CO2 is counted.
func carbonRule(v Fields) der.CarbonRule {
	return der.CarbonRule(v.At("carbon").OneOf("at_stack", "at_purchase"))
}
