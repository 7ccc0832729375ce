package trigrid

import (
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
)

// operation reads how a converter may run: limits of the energy that the kind is rated by, MW.
func operation(v Fields) der.Operation {
	o := course(v)
	o.Min, o.Max = v.At("min_mw").NumberOr(0, 0, huge), v.At("max_mw").Number(0, huge)
	return o
}

// course reads how fast a converter changes and whether it may stand still.
func course(v Fields) der.Operation {
	return der.Operation{
		RampUp:     nonzero(v.At("ramp_up_mw_per_h").NumberOr(0, 0, huge)),
		RampDown:   nonzero(v.At("ramp_down_mw_per_h").NumberOr(0, 0, huge)),
		Boundary:   der.Boundary(v.At("boundary").OneOf("known", "free", "cyclic")),
		Before:     v.At("before_mw").NumberOr(0, 0, huge),
		Switchable: v.At("switchable").FlagOr(false),
		StartCost:  v.At("start_cost").NumberOr(0, 0, huge),
	}
}

func readCHP(v Fields, _ map[string]bool) func() der.DER {
	u := der.CHP{
		ID:                 v.At("name").Text(),
		ElectricEfficiency: v.At("electric_efficiency").Number(smallest, 1),
		HeatEfficiency:     v.At("heat_efficiency").Number(smallest, 1),
		Power:              operation(v),
		MinHeat:            v.At("min_heat_mw").NumberOr(0, 0, huge),
		MaxHeat:            nonzero(v.At("max_heat_mw").NumberOr(0, 0, huge)),
		HeatRampUp:         nonzero(v.At("heat_ramp_up_mw_per_h").NumberOr(0, 0, huge)),
		HeatRampDown:       nonzero(v.At("heat_ramp_down_mw_per_h").NumberOr(0, 0, huge)),
		EmissionFactor:     v.At("emission_t_per_mwh_gas").NumberOr(der.NaturalGasCO2, 0, huge),
		PowerQuota:         v.At("quota_t_per_mwh_power").NumberOr(0, 0, huge),
		HeatQuota:          v.At("quota_t_per_mwh_heat").NumberOr(0, 0, huge),
		Maintenance:        v.At("maintenance_per_mwh").NumberOr(0, 0, huge),
	}
	return func() der.DER { x := u; return &x }
}

func readExtractionCHP(v Fields, _ map[string]bool) func() der.DER {
	u := der.ExtractionCHP{
		ID:             v.At("name").Text(),
		Power:          course(v),
		EmissionFactor: v.At("emission_t_per_mwh_gas").NumberOr(der.NaturalGasCO2, 0, huge),
		PowerQuota:     v.At("quota_t_per_mwh_power").NumberOr(0, 0, huge),
		HeatQuota:      v.At("quota_t_per_mwh_heat").NumberOr(0, 0, huge),
		Maintenance:    v.At("maintenance_per_mwh").NumberOr(0, 0, huge),
	}
	for _, p := range v.At("points").List() {
		u.Points = append(u.Points, der.OperatingPoint{
			Power: p.At("power_mw").Number(0, huge), Heat: p.At("heat_mw").Number(0, huge), Gas: p.At("gas_mw").Number(0, huge),
		})
	}
	return func() der.DER {
		x := u
		x.Points = slices.Clone(u.Points)
		return &x
	}
}

func readGasBoiler(v Fields, _ map[string]bool) func() der.DER {
	u := der.GasBoiler{
		ID:             v.At("name").Text(),
		Efficiency:     v.At("efficiency").Number(smallest, 1),
		Heat:           operation(v),
		EmissionFactor: v.At("emission_t_per_mwh_gas").NumberOr(der.NaturalGasCO2, 0, huge),
		Quota:          v.At("quota_t_per_mwh_heat").NumberOr(0, 0, huge),
		Maintenance:    v.At("maintenance_per_mwh").NumberOr(0, 0, huge),
	}
	return func() der.DER { x := u; return &x }
}

func readElectricBoiler(v Fields, _ map[string]bool) func() der.DER {
	u := der.ElectricBoiler{
		ID:          v.At("name").Text(),
		Efficiency:  v.At("efficiency").Number(smallest, 1),
		Power:       operation(v),
		Maintenance: v.At("maintenance_per_mwh").NumberOr(0, 0, huge),
	}
	return func() der.DER { x := u; return &x }
}

func readPowerToGas(v Fields, _ map[string]bool) func() der.DER {
	u := der.PowerToGas{
		ID:          v.At("name").Text(),
		Efficiency:  v.At("efficiency").Number(smallest, 1),
		Power:       operation(v),
		CO2PerMWh:   optional.Of(v.At("co2_t_per_mwh_gas").NumberOr(der.NaturalGasCO2, smallest, huge)),
		Maintenance: v.At("maintenance_per_mwh").NumberOr(0, 0, huge),
	}
	return func() der.DER { x := u; return &x }
}

func readGasSupply(v Fields, series map[string]bool) func() der.DER {
	u := der.GasSupply{
		ID:    v.At("name").Text(),
		Max:   v.At("max_mw").Number(0, huge),
		Price: seriesOfUnit(v.At("price"), series),

		EmissionFactor: v.At("emission_t_per_mwh").NumberOr(0, 0, huge),
	}
	return func() der.DER { x := u; return &x }
}

func readHeatDump(v Fields, _ map[string]bool) func() der.DER {
	u := der.HeatDump{
		ID:   v.At("name").Text(),
		Max:  v.At("max_mw").Number(0, huge),
		Cost: v.At("cost_per_mwh").NumberOr(0, 0, huge),
	}
	return func() der.DER { x := u; return &x }
}

func readSequestration(v Fields, _ map[string]bool) func() der.DER {
	u := der.Sequestration{
		ID:   v.At("name").Text(),
		Max:  v.At("max_t_per_h").Number(0, huge),
		Cost: v.At("cost_per_t").NumberOr(0, 0, huge),

		Carbon: carbonRule(v),
	}
	return func() der.DER { x := u; return &x }
}
