package trigrid

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
)

// UnitReader reads a unit of one kind from its object in a case file; "kind" is read already. It returns
// a function that makes the unit, so that every region has units of its own, and may return nil after
// recording a violation. Series are the names of the case's series.
type UnitReader func(v Fields, series map[string]bool) func() der.DER

type unitOf = func() der.DER

// kinds returns the kinds of unit of package der.
func kinds() map[string]UnitReader {
	return map[string]UnitReader{
		"wind":            readWind,
		"pv":              readPV,
		"storage":         readStorage,
		"demand_response": readDemandResponse,
		"thermal":         readThermal,
	}
}

func (l Loader) readUnit(v Fields, series map[string]bool) unitOf {
	if !v.Object() {
		return nil
	}
	known := kinds()
	maps.Copy(known, l.Kinds)
	kind := v.At("kind").Text()
	read, ok := known[kind]
	if !ok {
		v.At("kind").Wrong(fmt.Sprintf("one of %q", slices.Sorted(maps.Keys(known))))
		v.Members(func(string, Fields) {}) // which keys are known depends on the kind
		return nil
	}
	return read(v, series)
}

func seriesOfUnit(v Fields, series map[string]bool) string {
	name := v.Text()
	if !series[name] && name != "" {
		v.Wrong("the name of one of the scenarios' series")
	}
	return name
}

func readWind(v Fields, series map[string]bool) func() der.DER {
	u := der.Wind{
		ID:                 v.At("name").Text(),
		Capacity:           v.At("capacity_mw").Number(0, huge),
		Available:          seriesOfUnit(v.At("available"), series),
		Maintenance:        v.At("maintenance_per_mwh").NumberOr(0, 0, huge),
		CurtailmentPenalty: v.At("curtailment_penalty_per_mwh").NumberOr(0, 0, huge),
	}
	return func() der.DER { x := u; return &x }
}

func readPV(v Fields, series map[string]bool) func() der.DER {
	u := der.PV{
		ID:                 v.At("name").Text(),
		Capacity:           v.At("capacity_mw").Number(0, huge),
		Available:          seriesOfUnit(v.At("available"), series),
		Subsidy:            v.At("subsidy_per_mwh").NumberOr(0, 0, huge),
		Maintenance:        v.At("maintenance_per_mwh").NumberOr(0, 0, huge),
		CurtailmentPenalty: v.At("curtailment_penalty_per_mwh").NumberOr(0, 0, huge),
	}
	return func() der.DER { x := u; return &x }
}

func readStorage(v Fields, _ map[string]bool) func() der.DER {
	u := der.Storage{
		ID:                  v.At("name").Text(),
		Charge:              v.At("charge_mw").Number(0, huge),
		Discharge:           v.At("discharge_mw").Number(0, huge),
		MinEnergy:           v.At("min_energy_mwh").NumberOr(0, 0, huge),
		Energy:              v.At("energy_mwh").Number(0, huge),
		Initial:             v.At("initial_mwh").Number(0, huge),
		ChargeEfficiency:    v.At("charge_efficiency").Number(smallest, 1),
		DischargeEfficiency: v.At("discharge_efficiency").Number(smallest, 1),
		SelfDischarge:       v.At("self_discharge_per_hour").NumberOr(0, 0, 0.999),
		Wear:                v.At("wear_per_mwh").NumberOr(0, 0, huge),
		WearRule:            der.WearRule(v.At("wear_rule").OneOf("throughput", "discharge")),
		StartsPerDay:        v.At("starts_per_day").CountOr(0, 0, 1000),
		End:                 der.End(v.At("end").OneOf("as_begun", "daily", "free")),
		EndValue:            v.At("end_value_per_mwh").NumberOr(0, -huge, huge),
	}
	if u.MinEnergy > u.Energy {
		v.At("min_energy_mwh").Wrong(fmt.Sprintf("no more than energy_mwh, %v", u.Energy))
	}
	if u.Initial < u.MinEnergy || u.Initial > u.Energy {
		v.At("initial_mwh").Wrong(fmt.Sprintf("a number from min_energy_mwh, %v, to energy_mwh, %v", u.MinEnergy, u.Energy))
	}
	return func() der.DER { x := u; return &x }
}

// smallest keeps efficiencies above zero.
const smallest = 1e-6

func readDemandResponse(v Fields, series map[string]bool) func() der.DER {
	u := der.DemandResponse{
		ID:              v.At("name").Text(),
		Load:            seriesOfUnit(v.At("load"), series),
		Served:          v.At("served").FlagOr(false),
		MaxCurtailment:  v.At("max_curtailment_mw").NumberOr(0, 0, huge),
		Share:           v.At("max_curtailment_share").NumberOr(0, 0, 1),
		MaxRebound:      v.At("max_rebound_mw").NumberOr(0, 0, huge),
		DayAheadCalls:   v.At("day_ahead_calls").FlagOr(false),
		MaxHours:        v.At("max_hours").NumberOr(0, 0, huge),
		CurtailmentCost: v.At("curtailment_cost_per_mwh").NumberOr(0, 0, huge),
		ReboundCost:     v.At("rebound_cost_per_mwh").NumberOr(0, 0, huge),
	}
	return func() der.DER { x := u; return &x }
}

func readThermal(v Fields, _ map[string]bool) func() der.DER {
	u := der.Thermal{
		ID:             v.At("name").Text(),
		MinOutput:      v.At("min_output_mw").Number(0, huge),
		MaxOutput:      v.At("max_output_mw").Number(0, huge),
		RampUp:         v.At("ramp_up_mw_per_h").NumberOr(0, 0, huge),
		RampDown:       v.At("ramp_down_mw_per_h").NumberOr(0, 0, huge),
		StartOutput:    v.At("start_output_mw").NumberOr(0, 0, huge),
		StopOutput:     v.At("stop_output_mw").NumberOr(0, 0, huge),
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
		u.Before = der.ThermalState{On: b.At("on").FlagOr(false), Hours: b.At("hours").NumberOr(0, 0, huge), Output: b.At("output_mw").NumberOr(0, 0, math.Max(u.MaxOutput, 0))}
	}
	return func() der.DER {
		x := u
		x.Curve, x.StartUp = slices.Clone(u.Curve), slices.Clone(u.StartUp)
		return &x
	}
}
