package casefile

import (
	"maps"
	"regexp"
	"strings"
)

// wordsOf returns, for a built-in kind of DER, the key of each Go field and the
// text of each constant that an error of package der names. A field of a nested
// struct has the path of both, such as "Power.Max". "[]" takes the index of a
// list, and is left out if the error has none.
//
// For example, wordsOf("storage")["Depths.Wear"] is "depths[].wear_per_mwh".
func wordsOf(kind string) map[string]string {
	words := map[string]string{
		"ID": "name", "Maintenance": "maintenance_per_mwh",
		"EmissionFactor": "emission_t_per_mwh", "Carbon": "carbon",
		"CountAtStack": `"carbon": "at_stack"`, "CountAtPurchase": `"carbon": "at_purchase"`, "GasSupply": "gas_supply",
		"BeforeKnown": `"known"`, "BeforeFree": `"free"`, "BeforeCyclic": `"cyclic"`,
	}
	for _, more := range []map[string]string{kindWords()[kind], converterWords(kind)} {
		maps.Copy(words, more)
	}
	return words
}

// kindWords returns the words of each kind that [wordsOf] adds to the common
// ones.
func kindWords() map[string]map[string]string {
	window := "the window from from_h to to_h"
	return map[string]map[string]string{
		"wind": renewableWords(),
		"pv":   renewableWords(),
		"storage": {
			"Port": "carrier", "Charge": "charge_mw", "Discharge": "discharge_mw", "Energy": "energy_mwh",
			"MinEnergy": "min_energy_mwh", "Initial": "initial_mwh", "ChargeEfficiency": "charge_efficiency",
			"DischargeEfficiency": "discharge_efficiency", "SelfDischarge": "self_discharge_per_hour",
			"Reserve": "reserve_mw", "ReserveHours": "reserve_h", "Wear": "wear_per_mwh", "WearRule": "wear_rule", "Depths": "depths[]", "Depths.Depth": "depths[].depth_mwh",
			"Depths.Wear": "depths[].wear_per_mwh", "StartsPerDay": "starts_per_day", "End": "end",
			"EndFree": `"free"`, "EndDaily": `"daily"`, "EndAsBegun": `"as_begun"`, "EndValue": "end_value_per_mwh",
			"EndEnergy": "end_energy_mwh", "Before": "before", "Before.DayHours": "before.day_hours", "Before.ChargingStarts": "before.charging_starts",
			"Before.DischargingStarts": "before.discharging_starts", "Before.Charging": "before.charging",
			"Before.Discharging": "before.discharging", "Before.InBands": "before.in_bands_mwh[]",
		},
		"demand_response": {
			"Load": "load", "Served": "served", "MaxReduction": "max_reduction_mw", "MaxReductionShare": "max_reduction_share",
			"MaxRebound": "max_rebound_mw", "Rebound": "rebound", "ReboundRatio": "rebound_ratio",
			"ReboundWeights": "rebound_weights[]", "ReboundHours": "rebound_hours", "Close": "rebound_close",
			"Calls": "calls", "Calls.MinHours": "calls.min_h", "Calls.MaxHours": "calls.max_h", "Calls.MaxCalls": "calls.max",
			"Calls.MinReduction": "calls.min_mw", "DayAheadCalls": "day_ahead_calls", "MaxHours": "max_hours",
			"ReductionCost": "reduction_cost_per_mwh", "ReboundCost": "rebound_cost_per_mwh",
		},
		"load": {"Port": "carrier", "Demand": "demand", "Sheddable": "sheddable_share", "ShedCost": "shed_cost_per_mwh"},
		"shiftable_load": {
			"Profile": "profile_mw[]", "Usual": "usual_h", "Window": window, "Window.From": "from_h", "Window.To": "to_h",
			"ShiftCost": "shift_cost_per_mwh", "ProfileHours": "profile_hours",
		},
		"transferable_load": {
			"Load": "load", "Min": "min_mw", "Max": "max_mw", "Window": window, "Window.From": "from_h", "Window.To": "to_h",
			"MinRun": "min_run_h", "TransferCost": "transfer_cost_per_mwh",
		},
		"ev_fleet":       fleetWords(),
		"heat_pump":      heatPumpWords(),
		"run_of_river":   hydroWords(),
		"reservoir":      hydroWords(),
		"site":           {"Parts": "parts[]", "MaxImport": "max_import_mw", "MaxExport": "max_export_mw", "ExcessCost": "excess_cost_per_mwh"},
		"thermal":        thermalWords(),
		"carbon_capture": captureWords(),
		"gas_supply":     {"Max": "max_mw", "Price": "price"},
		"heat_dump":      {"Max": "max_mw", "Cost": "cost_per_mwh"},
		"sequestration":  {"Max": "max_t_per_h", "Cost": "cost_per_t"},
	}
}

// renewableWords returns the words of wind farms and PV arrays.
func renewableWords() map[string]string {
	return map[string]string{
		"Capacity": "capacity_mw", "Available": "available", "CurtailmentPenalty": "curtailment_penalty_per_mwh",
		"Subsidy": "subsidy_per_mwh",
	}
}

// heatPumpWords returns the words of heat pumps.
func heatPumpWords() map[string]string {
	return map[string]string{
		"MaxPower": "max_mw", "Outside": "outside", "COP": "cop[]", "COP.Outside": "cop[].outside_c", "COP.COP": "cop[].cop", "Loss": "loss_mw_per_k",
		"Capacity": "capacity_mwh_per_k", "Initial": "initial_c", "MinTemperature": "min_c", "MaxTemperature": "max_c",
		"DiscomfortCost": "discomfort_cost_per_k_h", "EndValue": "end_value_per_k", "Water": "water", "Water.Draw": "water.draw",
		"Water.COP": "water.cop[]", "Water.Energy": "water.energy_mwh", "Water.Initial": "water.initial_mwh",
		"Water.SelfDischarge": "water.self_discharge_per_hour", "Water.UnmetCost": "water.unmet_cost_per_mwh",
		"Water.EndValue": "water.end_value_per_mwh",
	}
}

// hydroWords returns the words of hydropower stations.
func hydroWords() map[string]string {
	return map[string]string{
		"Inflow": "inflow", "Turbine": "turbine[]", "Turbine.Discharge": "turbine[].discharge_m3_per_s", "Turbine.Power": "turbine[].power_mw",
		"ResidualFlow": "residual_flow_m3_per_s", "MinVolume": "min_volume_hm3", "MaxVolume": "max_volume_hm3", "Initial": "initial_hm3",
		"MinRelease": "min_release_m3_per_s", "ReleaseRamp": "release_ramp_m3_per_s_h", "Released": "released_m3_per_s",
		"EndVolume": "end_volume_hm3", "UnmetCost": "unmet_cost_per_hm3", "EndValue": "end_value_per_hm3",
	}
}

// fleetWords returns the words of electric cars.
func fleetWords() map[string]string {
	return map[string]string{
		"Stays": "stays[]", "Efficiency": "efficiency", "Wear": "wear_per_mwh", "UnmetCost": "unmet_cost_per_mwh",
		"Stays.Arrive": "stays[].arrive_h", "Stays.Depart": "stays[].depart_h", "Stays.Capacity": "stays[].capacity_kwh",
		"Stays.Has": "stays[].has_kwh", "Stays.Wants": "stays[].wants_kwh", "Stays.Charge": "stays[].charge_kw",
		"Stays.Discharge": "stays[].discharge_kw", "Stays.TaperFrom": "stays[].taper_from_kwh", "Stays.TaperPower": "stays[].taper_kw",
		"Stays.Connected": "stays[].connected",
	}
}

// thermalWords returns the words of thermal units.
func thermalWords() map[string]string {
	return map[string]string{
		"MinOutput": "min_output_mw", "MaxOutput": "max_output_mw", "RampUp": "ramp_up_mw_per_h", "RampDown": "ramp_down_mw_per_h",
		"StartOutput": "start_output_mw", "StopOutput": "stop_output_mw", "MinUp": "min_up_h", "MinDown": "min_down_h",
		"MustRun": "must_run", "Reserve": "reserve_mw", "Before": "before", "Before.On": "before.on", "Before.Hours": "before.hours",
		"Before.Output": "before.output_mw", "NoLoad": "no_load_cost_per_h", "Linear": "linear_cost_per_mwh",
		"Quadratic": "quadratic_cost_per_mw2h", "StartUp": "start_up[]", "ShutDown": "shut_down_cost", "Quota": "quota_t_per_mwh",
		// A point of the curve and a block have different numbers.
		"Curve": "blocks",
	}
}

// captureWords returns the words of thermal units with carbon capture. In Go,
// the thermal unit is the field Unit; in the file, its keys stand beside those
// of the capture.
func captureWords() map[string]string {
	words := map[string]string{
		"Efficiency": "capture_efficiency", "MinSplit": "min_split", "MaxSplit": "max_split", "FixedPower": "fixed_power_mw",
		"AbsorbEnergy": "absorb_mwh_per_t", "ReleaseEnergy": "release_mwh_per_t", "SolventCost": "solvent_cost_per_t",
		"Tank": "tank_t", "InTank": "in_tank_t", "EndInTank": "end_in_tank_t", "MaxRelease": "max_release_t_per_h",
	}
	for field, key := range thermalWords() {
		words[field], words["Unit."+field] = key, key
	}
	words["Unit.ID"], words["Unit.EmissionFactor"], words["Unit.Maintenance"] = "name", "emission_t_per_mwh", "maintenance_per_mwh"
	return words
}

// converterWords returns the words of the kinds that convert gas, power and
// heat. The field of their operating range is Heat for boilers that burn gas,
// and Power for the others.
func converterWords(kind string) map[string]string {
	var words map[string]string
	switch kind {
	case "chp", "chp_extraction":
		words = map[string]string{
			"ElectricEfficiency": "electric_efficiency", "HeatEfficiency": "heat_efficiency", "MinHeat": "min_heat_mw",
			"MaxHeat": "max_heat_mw", "HeatRampUp": "heat_ramp_up_mw_per_h", "HeatRampDown": "heat_ramp_down_mw_per_h",
			"PowerQuota": "quota_t_per_mwh_power", "HeatQuota": "quota_t_per_mwh_heat", "Points": "points[]",
			"Points.Power": "points[].power_mw", "Points.Heat": "points[].heat_mw", "Points.Gas": "points[].gas_mw",
		}
	case "gas_boiler", "electric_boiler", "power_to_gas":
		words = map[string]string{
			"Efficiency": "efficiency", "Quota": "quota_t_per_mwh_heat", "CO2PerMWh": "co2_t_per_mwh_gas",
		}
	default:
		return nil
	}
	words["EmissionFactor"] = "emission_t_per_mwh_gas"
	for field, key := range map[string]string{
		"Min": "min_mw", "Max": "max_mw", "RampUp": "ramp_up_mw_per_h", "RampDown": "ramp_down_mw_per_h",
		"Boundary": "boundary", "Before": "before_mw", "RunsBefore": "runs_before", "Switchable": "switchable", "StartCost": "start_cost",
	} {
		words[field], words["Power."+field], words["Heat."+field] = key, key, key
	}
	return words
}

// fieldName matches a Go field with its member and the index of either, as in
// "Points[1].Gas" and "Before.InBands[0]", or a quoted name, which stays.
var fieldName = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|\b[A-Z]\w*(\[\d+\])?(?:\.[A-Z]\w*(\[\d+\])?)?`)

// inWords returns the text of an error with the Go fields replaced by keys.
//
// For example, "Points[1].Gas is -1" becomes "points[1].gas_mw is -1".
func inWords(text string, words map[string]string) string {
	return fieldName.ReplaceAllStringFunc(text, func(found string) string {
		field, index := found, ""
		if from, to := strings.Index(found, "["), strings.Index(found, "]"); from > 0 {
			field, index = found[:from]+found[to+1:], found[from:to+1]
		}
		if word, ok := words[field]; ok {
			return strings.Replace(word, "[]", index, 1)
		}
		return found
	})
}

// place returns the value that an error is about and the rest of its text. An
// error that begins with a field is about that key: "Capacity is -1, want …"
// belongs to "$.ders[0].capacity_mw". Other errors are about the whole item.
func place(item Fields, text string, words map[string]string) (Fields, string) {
	at := fieldName.FindStringIndex(text)
	if at == nil || at[0] != 0 {
		return item, inWords(text, words)
	}
	key := inWords(text[:at[1]], words)
	rest := strings.TrimPrefix(strings.TrimPrefix(text[at[1]:], ":"), " ")
	// A description, such as "the window from from_h to to_h", is no path.
	if key == text[:at[1]] || strings.Contains(key, " ") {
		return item, inWords(text, words)
	}
	return Fields{item.value.Below(key)}, inWords(rest, words)
}
