package casefile

import (
	"slices"

	"github.com/trigrid/trigrid/der"
)

// operation reads the operating range of a converter. min_mw and max_mw limit
// the energy by which the kind is rated: power for CHP, electric boilers and
// power-to-gas, heat for gas boilers.
func operation(v Fields) der.Operation {
	o := course(v)
	o.Min, o.Max = v.At("min_mw").NumberOr(0, 0, unbounded), v.At("max_mw").Number(0, unbounded)
	return o
}

// course reads the ramps of a converter, its state before the grid, and whether
// it may be off. boundary states the output before the first step: "known"
// (before_mw), "free", or "cyclic", which is the output of the last step.
// runs_before states that a converter that may be off ran before the first
// step, at an output of 0 as well.
func course(v Fields) der.Operation {
	return der.Operation{
		RampUp:     v.At("ramp_up_mw_per_h").Optional(0, unbounded),
		RampDown:   v.At("ramp_down_mw_per_h").Optional(0, unbounded),
		Boundary:   der.Boundary(v.At("boundary").OneOf("known", "free", "cyclic")),
		Before:     v.At("before_mw").NumberOr(0, 0, unbounded),
		RunsBefore: v.At("runs_before").FlagOr(false),
		Switchable: v.At("switchable").FlagOr(false),
		StartCost:  v.At("start_cost").NumberOr(0, 0, unbounded),
	}
}

// readCHP reads a back-pressure CHP, whose heat and power are proportional to
// its gas. Emissions are t CO2 per MWh of gas; quotas are free allocations in t
// CO2 per MWh of power and of heat.
//
//	{"kind": "chp", "name": "engine", "electric_efficiency": 0.35, "heat_efficiency": 0.45,
//	 "max_mw": 2, "max_heat_mw": 2.6, "switchable": true, "start_cost": 50}
func readCHP(v Fields, _ map[string]bool) func() der.DER {
	u := der.CHP{
		ID:                 v.At("name").Text(),
		ElectricEfficiency: efficiency(v.At("electric_efficiency")),
		HeatEfficiency:     efficiency(v.At("heat_efficiency")),
		Power:              operation(v),
		MinHeat:            v.At("min_heat_mw").NumberOr(0, 0, unbounded),
		MaxHeat:            v.At("max_heat_mw").Optional(0, unbounded),
		HeatRampUp:         v.At("heat_ramp_up_mw_per_h").Optional(0, unbounded),
		HeatRampDown:       v.At("heat_ramp_down_mw_per_h").Optional(0, unbounded),
		EmissionFactor:     v.At("emission_t_per_mwh_gas").Optional(0, unbounded),
		PowerQuota:         v.At("quota_t_per_mwh_power").NumberOr(0, 0, unbounded),
		HeatQuota:          v.At("quota_t_per_mwh_heat").NumberOr(0, 0, unbounded),
		Maintenance:        v.At("maintenance_per_mwh").NumberOr(0, 0, unbounded),
	}
	return func() der.DER { x := u; return &x }
}

// readExtractionCHP reads a CHP that runs at any convex combination of its
// points, each with power, heat and gas in MW.
//
//	{"kind": "chp_extraction", "name": "turbine", "points": [
//	 {"power_mw": 1, "heat_mw": 0, "gas_mw": 3}, {"power_mw": 2, "heat_mw": 0, "gas_mw": 5},
//	 {"power_mw": 1.5, "heat_mw": 1.5, "gas_mw": 5}]}
func readExtractionCHP(v Fields, _ map[string]bool) func() der.DER {
	u := der.ExtractionCHP{
		ID:             v.At("name").Text(),
		Power:          course(v),
		EmissionFactor: v.At("emission_t_per_mwh_gas").Optional(0, unbounded),
		PowerQuota:     v.At("quota_t_per_mwh_power").NumberOr(0, 0, unbounded),
		HeatQuota:      v.At("quota_t_per_mwh_heat").NumberOr(0, 0, unbounded),
		Maintenance:    v.At("maintenance_per_mwh").NumberOr(0, 0, unbounded),
	}
	for _, p := range v.At("points").List() {
		u.Points = append(u.Points, der.OperatingPoint{
			Power: p.At("power_mw").Number(0, unbounded), Heat: p.At("heat_mw").Number(0, unbounded), Gas: p.At("gas_mw").Number(0, unbounded),
		})
	}
	return func() der.DER {
		x := u
		x.Points = slices.Clone(u.Points)
		return &x
	}
}

// readGasBoiler reads a boiler that turns gas into heat at a constant
// efficiency, a fraction in (0, 1].
//
//	{"kind": "gas_boiler", "name": "boiler", "efficiency": 0.92, "max_mw": 3}
func readGasBoiler(v Fields, _ map[string]bool) func() der.DER {
	u := der.GasBoiler{
		ID:             v.At("name").Text(),
		Efficiency:     efficiency(v.At("efficiency")),
		Heat:           operation(v),
		EmissionFactor: v.At("emission_t_per_mwh_gas").Optional(0, unbounded),
		Quota:          v.At("quota_t_per_mwh_heat").NumberOr(0, 0, unbounded),
		Maintenance:    v.At("maintenance_per_mwh").NumberOr(0, 0, unbounded),
	}
	return func() der.DER { x := u; return &x }
}

// readElectricBoiler reads a boiler that turns power into heat at a constant
// efficiency.
//
//	{"kind": "electric_boiler", "name": "electrode", "efficiency": 0.98, "max_mw": 2}
func readElectricBoiler(v Fields, _ map[string]bool) func() der.DER {
	u := der.ElectricBoiler{
		ID:          v.At("name").Text(),
		Efficiency:  efficiency(v.At("efficiency")),
		Power:       operation(v),
		Maintenance: v.At("maintenance_per_mwh").NumberOr(0, 0, unbounded),
	}
	return func() der.DER { x := u; return &x }
}

// readPowerToGas reads a methanation unit. It binds co2_t_per_mwh_gas per MWh
// of gas, by default as much as burning the gas emits.
//
//	{"kind": "power_to_gas", "name": "methanation", "efficiency": 0.58, "max_mw": 1.5}
func readPowerToGas(v Fields, _ map[string]bool) func() der.DER {
	u := der.PowerToGas{
		ID:          v.At("name").Text(),
		Efficiency:  efficiency(v.At("efficiency")),
		Power:       operation(v),
		CO2PerMWh:   v.At("co2_t_per_mwh_gas").Optional(0, unbounded),
		Maintenance: v.At("maintenance_per_mwh").NumberOr(0, 0, unbounded),
	}
	return func() der.DER { x := u; return &x }
}

// readGasSupply reads a connection to a gas network. price is a series in
// currency per MWh.
//
//	{"kind": "gas_supply", "name": "network", "max_mw": 12, "price": "gas_price"}
func readGasSupply(v Fields, series map[string]bool) func() der.DER {
	u := der.GasSupply{
		ID:    v.At("name").Text(),
		Max:   v.At("max_mw").Number(0, unbounded),
		Price: v.At("price").Series(series),

		EmissionFactor: v.At("emission_t_per_mwh").NumberOr(0, 0, unbounded),
	}
	return func() der.DER { x := u; return &x }
}

// readHeatDump reads a cooler that removes heat at a cost, so that a CHP can
// run without heat demand.
//
//	{"kind": "heat_dump", "name": "cooling", "max_mw": 3, "cost_per_mwh": 5}
func readHeatDump(v Fields, _ map[string]bool) func() der.DER {
	u := der.HeatDump{
		ID:   v.At("name").Text(),
		Max:  v.At("max_mw").Number(0, unbounded),
		Cost: v.At("cost_per_mwh").NumberOr(0, 0, unbounded),
	}
	return func() der.DER { x := u; return &x }
}

// readSequestration reads a sink of captured CO2, in t per h at a cost per t.
//
//	{"kind": "sequestration", "name": "well", "max_t_per_h": 2, "cost_per_t": 30}
func readSequestration(v Fields, _ map[string]bool) func() der.DER {
	u := der.Sequestration{
		ID:   v.At("name").Text(),
		Max:  v.At("max_t_per_h").Number(0, unbounded),
		Cost: v.At("cost_per_t").NumberOr(0, 0, unbounded),

		Carbon: carbonRule(v),
	}
	return func() der.DER { x := u; return &x }
}
