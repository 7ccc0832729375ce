package main

import (
	"fmt"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// The day profiles are those of Z. Wei et al., Electric Power Construction 43(1), 2022, in MW by hour: the
// source text's own are in an appendix that did not come down to us. A site of this size has costs of the
// order that the text prints.
var (
	dayLoad = []float64{1.80, 1.76, 1.75, 1.75, 1.725, 1.80, 1.82, 2.30, 2.40, 2.70, 2.50, 2.05, 2.10, 2.08, 2.10, 2.12, 2.14, 2.20, 2.30, 2.40, 2.30, 1.90, 2.00, 2.02}
	dayHeat = []float64{1.52, 1.50, 1.60, 1.65, 1.70, 1.90, 1.85, 2.10, 2.40, 2.35, 2.30, 2.40, 2.41, 2.43, 2.44, 2.45, 2.455, 2.46, 2.10, 1.95, 2.00, 1.89, 1.82, 1.75}
	daySun  = []float64{0, 0, 0, 0, 0, 0.204, 0.429, 0.599, 0.770, 1.248, 1.200, 1.450, 1.350, 1.555, 1.476, 1.064, 1.071, 0.795, 0.325, 0, 0, 0, 0, 0}
	dayWind = []float64{1.60, 1.80, 1.65, 1.64, 1.63, 1.63, 1.80, 1.75, 1.40, 1.30, 1.25, 1.50, 1.45, 1.60, 1.55, 1.52, 1.50, 1.55, 1.30, 1.35, 1.38, 1.40, 1.45, 1.50}
)

// site is one of the three plants. They differ as the source says: the second lacks power-to-gas, the
// third has an electric boiler and more sun and wind.
type site struct {
	name     string
	growth   float64 // of sun and wind over the profiles
	methane  bool    // has power-to-gas
	electric bool    // has an electric boiler
}

func sites() []site {
	return []site{
		{name: "VPP1", growth: 1, methane: true},
		{name: "VPP2", growth: 1},
		{name: "VPP3", growth: 1.5, methane: true, electric: true},
	}
}

// alike are the three plants on one and the same data, so that their costs may be compared.
func alike() []site {
	out := sites()
	for i := range out {
		out[i].growth = 1
	}
	return out
}

// series returns the name of a site's own series.
func (x site) series(what string) string { return x.name + " " + what }

// add puts a site's forecasts into a set.
func (x site) add(set *scenario.Set, sun, wind, load, heat []float64) error {
	for _, s := range []struct {
		what   string
		values []float64
		factor float64
	}{{"sun", sun, x.growth}, {"wind", wind, x.growth}, {"load", load, 1}, {"heat", heat, 1}} {
		if err := set.AddForecast(x.series(s.what), "MW", scaled(s.values, s.factor)); err != nil {
			return err
		}
	}
	return nil
}

// units returns the members. Sizes and efficiencies are the project's own fixture, shaped on published
// data and nowhere fitted to a result; the table of inputs in the output names them as calibrated. quota
// is the free allowance of every fuelled unit, t CO2 per MWh.
func (x site) units(quota float64) []der.DER {
	id := func(what string) string { return x.name + " " + what }
	units := []der.DER{
		&der.Wind{ID: id("wind"), Available: x.series("wind"), Maintenance: 18},
		&der.PV{ID: id("sun"), Available: x.series("sun"), Maintenance: 16},
		&der.CHP{
			ID: id("chp"), ElectricEfficiency: 0.35, HeatEfficiency: 0.40, Maintenance: 40,
			Power:          der.Operation{Max: 1.4, RampUp: optional.Of(0.28), RampDown: optional.Of(0.28), Boundary: der.BeforeFree},
			EmissionFactor: der.NaturalGasCO2, PowerQuota: quota, HeatQuota: quota,
		},
		&der.GasBoiler{
			ID: id("boiler"), Efficiency: 0.90, Heat: der.Operation{Max: 1}, Maintenance: 10,
			EmissionFactor: der.NaturalGasCO2, Quota: quota,
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
		&der.HeatDump{ID: id("cooler"), Max: 2},
	}
	if x.methane {
		units = append(units, &der.PowerToGas{ID: id("methane"), Efficiency: 0.60, Power: der.Operation{Max: 0.5}, Maintenance: 45})
	}
	if x.electric {
		units = append(units, &der.ElectricBoiler{ID: id("electric boiler"), Efficiency: 0.98, Power: der.Operation{Max: 0.4}, Maintenance: 26})
	}
	return units
}

// plant returns the site's connection and demand.
func (x site) plant() vpp.Plant {
	return vpp.Plant{Name: x.name, Demand: x.series("load"), ImportLimit: optional.Of(1.5), ExportLimit: optional.Of(1.5)}
}

// trader returns the site as a participant of the markets.
func (x site) trader(quota float64) vpp.Trader {
	return vpp.Trader{Plant: x.plant(), Members: x.units(quota)}
}

func traders(all []site, quota float64) []vpp.Trader {
	out := make([]vpp.Trader, len(all))
	for i, x := range all {
		out[i] = x.trader(quota)
	}
	return out
}

// forecastDay returns the day of the profiles with one future.
func forecastDay(all []site) (*scenario.Set, error) {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: len(dayLoad)})
	for _, x := range all {
		if err := x.add(set, daySun, dayWind, dayLoad, dayHeat); err != nil {
			return nil, fmt.Errorf("%s: %w", x.name, err)
		}
	}
	return set, set.AddForecast("gas price", "CNY/MWh", gasDay())
}

func scaled(values []float64, factor float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = v * factor
	}
	return out
}
