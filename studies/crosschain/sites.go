package main

import (
	"cmp"
	"fmt"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// Day profiles, MW by hour, from Z. Wei et al., Electric Power Construction
// 43(1), 2022. The paper under test has profiles in an appendix that is not
// available. A site of this size has costs of the order that the paper prints,
// about 17 000 CNY a day.
var (
	dayLoad = []float64{
		1.80, 1.76, 1.75, 1.75, 1.725, 1.80, 1.82, 2.30, 2.40, 2.70, 2.50, 2.05,
		2.10, 2.08, 2.10, 2.12, 2.14, 2.20, 2.30, 2.40, 2.30, 1.90, 2.00, 2.02,
	}
	dayHeat = []float64{
		1.52, 1.50, 1.60, 1.65, 1.70, 1.90, 1.85, 2.10, 2.40, 2.35, 2.30, 2.40,
		2.41, 2.43, 2.44, 2.45, 2.455, 2.46, 2.10, 1.95, 2.00, 1.89, 1.82, 1.75,
	}
	daySun = []float64{
		0, 0, 0, 0, 0, 0.204, 0.429, 0.599, 0.770, 1.248, 1.200, 1.450,
		1.350, 1.555, 1.476, 1.064, 1.071, 0.795, 0.325, 0, 0, 0, 0, 0,
	}
	dayWind = []float64{
		1.60, 1.80, 1.65, 1.64, 1.63, 1.63, 1.80, 1.75, 1.40, 1.30, 1.25, 1.50,
		1.45, 1.60, 1.55, 1.52, 1.50, 1.55, 1.30, 1.35, 1.38, 1.40, 1.45, 1.50,
	}
)

// site is one of the three VPPs with its DERs. As in the paper, VPP2 has no
// power-to-gas unit, and VPP3 has an electric boiler and more sun and wind.
type site struct {
	name     string
	growth   float64 // factor on sun and wind of the profiles
	loads    float64 // factor on the electric load of the profiles; 0 is 1
	methane  bool    // has power-to-gas
	electric bool    // has an electric boiler
}

// sites returns the three VPPs with their own sun and wind.
func sites() []site {
	return []site{
		{name: "VPP1", growth: 1, methane: true},
		{name: "VPP2", growth: 1},
		{name: "VPP3", growth: 1.5, methane: true, electric: true},
	}
}

// alike returns the three VPPs with equal sun and wind. Their costs then differ
// only by their devices, which is the subject of claim B18.
func alike() []site {
	out := sites()
	for i := range out {
		out[i].growth = 1
	}
	return out
}

// series returns the name of one of the site's series, such as "VPP1 load".
func (x site) series(kind string) string { return x.name + " " + kind }

// add adds the site's forecasts to set, in MW per step.
//
// All series have one value per step. growth multiplies sun and wind only.
func (x site) add(set *scenario.Set, sun, wind, load, heat []float64) error {
	for _, s := range []struct {
		kind   string
		values []float64
		factor float64
	}{{"sun", sun, x.growth}, {"wind", wind, x.growth}, {"load", load, cmp.Or(x.loads, 1)}, {"heat", heat, 1}} {
		if err := set.AddForecast(x.series(s.kind), "MW", scaled(s.values, s.factor)); err != nil {
			return err
		}
	}
	return nil
}

// units returns the DERs. quota is the free allocation of every fuelled unit, t
// CO2 per MWh.
//
// Sizes and efficiencies are calibrated: shaped on published data and not
// fitted to a result. For example, the CHP unit of 1.4 MW and the boiler of 1
// MW of heat cover the largest heat load, 2.46 MW:
// 1.4 · 0.40/0.35 + 1 = 2.6 MW.
func (x site) units(quota float64) []der.DER {
	id := func(kind string) string { return x.name + " " + kind }
	// Powers are in MW, energies in MWh, costs in CNY per MWh.
	units := []der.DER{
		&der.Wind{ID: id("wind"), Available: x.series("wind"), Maintenance: 18},
		&der.PV{ID: id("sun"), Available: x.series("sun"), Maintenance: 16},
		&der.CHP{
			ID: id("chp"), ElectricEfficiency: 0.35, HeatEfficiency: 0.40, Maintenance: 40,
			Power:          der.Operation{Max: 1.4, RampUp: optional.Of(0.28), RampDown: optional.Of(0.28), Boundary: der.BeforeFree},
			EmissionFactor: optional.Of(der.NaturalGasCO2), PowerQuota: quota, HeatQuota: quota,
		},
		&der.GasBoiler{
			ID: id("boiler"), Efficiency: 0.90, Heat: der.Operation{Max: 1}, Maintenance: 10,
			EmissionFactor: optional.Of(der.NaturalGasCO2), Quota: quota,
		},
		&der.CarbonCapture{
			Unit: der.Thermal{
				ID: id("coal"), MinOutput: 0.4, MaxOutput: 1, RampUp: optional.Of(0.15), RampDown: optional.Of(0.15), MustRun: true,
				Before:    der.ThermalState{On: true, Boundary: der.BeforeFree},
				Quadratic: 2.0, Linear: 113.4, NoLoad: 11.67, EmissionFactor: 0.9, Quota: quota,
			},
			Efficiency: 0.9, MinSplit: 0.1, MaxSplit: optional.Of(0.9), FixedPower: 0.02, AbsorbEnergy: 0.269,
		},
		&der.Sequestration{ID: id("ground"), Max: 1, Cost: 30},
		&der.Storage{
			ID: id("battery"), Charge: 0.25, Discharge: 0.25, MinEnergy: 0.04, Energy: 0.4, Initial: optional.Of(0.2),
			ChargeEfficiency: 0.95, DischargeEfficiency: 0.90, SelfDischarge: 0.01, Wear: 18,
		},
		&der.Storage{
			ID: id("heat store"), Port: der.Heat, Charge: 0.25, Discharge: 0.25, Energy: 0.4, Initial: optional.Of(0.2),
			ChargeEfficiency: 0.95, DischargeEfficiency: 0.90, SelfDischarge: 0.01, Wear: 16,
		},
		&der.GasSupply{ID: id("gas"), Max: 6, Price: "gas price"},
		&der.Load{ID: id("houses"), Port: der.Heat, Demand: x.series("heat")},
		// Heat balances as an equation. Without a sink the CHP unit's heat
		// could make a cold hour's program infeasible.
		&der.HeatDump{ID: id("cooler"), Max: 2},
	}
	if x.methane {
		units = append(units, &der.PowerToGas{
			ID: id("methane"), Efficiency: 0.60, Power: der.Operation{Max: 0.5}, Maintenance: 45,
		})
	}
	if x.electric {
		units = append(units, &der.ElectricBoiler{
			ID: id("electric boiler"), Efficiency: 0.98, Power: der.Operation{Max: 0.4}, Maintenance: 26,
		})
	}
	return units
}

// vpp returns the site's connection, 1.5 MW in both directions, and its demand.
func (x site) vpp() vpp.VPP {
	return vpp.VPP{Name: x.name, Demand: x.series("load"), ImportLimit: optional.Of(1.5), ExportLimit: optional.Of(1.5)}
}

// participant returns the site as a market participant.
func (x site) participant(quota float64) vpp.Participant {
	return vpp.Participant{VPP: x.vpp(), Members: x.units(quota)}
}

// participants returns all sites as market participants, in their order.
func participants(all []site, quota float64) []vpp.Participant {
	out := make([]vpp.Participant, len(all))
	for i, x := range all {
		out[i] = x.participant(quota)
	}
	return out
}

// forecastDay returns the day of the profiles as a set with one scenario.
func forecastDay(all []site) (*scenario.Set, error) {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: len(dayLoad)})
	for _, x := range all {
		if err := x.add(set, daySun, dayWind, dayLoad, dayHeat); err != nil {
			return nil, fmt.Errorf("%s: %w", x.name, err)
		}
	}
	return set, set.AddForecast("gas price", "CNY/MWh", gasDay())
}

// scaled returns values times factor in a new slice.
func scaled(values []float64, factor float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = v * factor
	}
	return out
}
