package vpp_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// randomPark is a VPP of electricity, heat, gas and CO2 with random DERs,
// prices and readings, in which everything that is made has a way out.
func randomPark(t *testing.T, seed uint64) (vpp.VPP, []der.DER, vpp.Setting) {
	const steps, scenarios = 5, 2
	random := rand.New(rand.NewPCG(seed, 99))
	path := func(low, high float64) [][]float64 {
		out := make([][]float64, scenarios)
		for s := range out {
			for range steps {
				out[s] = append(out[s], low+(high-low)*random.Float64())
			}
		}
		return out
	}
	set := hourly(t, steps, []float64{0.7, 0.3}, map[string][][]float64{
		"load": path(2, 8), "wind": path(0, 6), "heat": path(1, 5), "gas": path(20, 40), "cold": path(1, 3),
	})
	var buy, sell market.Series
	for range steps {
		price := 150*random.Float64() - 30
		buy, sell = append(buy, price), append(sell, price-20*random.Float64())
	}
	calendar := market.Calendar{Steps: steps}
	a, b := 0.2+0.5*random.Float64(), 0.3*random.Float64()
	setting := vpp.Setting{
		Set: set, Weights: weights.Vector{Economic: a, Risk: b, Environment: 1 - a - b}, Risk: vpp.CVaR{Confidence: random.Float64()},
		Modelling: vpp.Modelling{RiskOf: vpp.RiskOf(random.IntN(2)), ImbalanceAccounting: vpp.ImbalanceAccounting(random.IntN(2)), DispatchObjective: vpp.DispatchObjective(random.IntN(2))},
		Markets: vpp.Markets{
			Electricity:  &market.Tariff{Calendar: calendar, Buy: buy, Sell: sell},
			Imbalance:    &market.Imbalance{Calendar: calendar, Price: sell, Short: market.Series{40}, Long: market.Series{25}, Tolerance: market.Series{random.Float64()}},
			Carbon:       &market.Ladder{Calendar: market.Calendar{Steps: steps, Period: market.Horizon}, Price: market.Series{50}, Band: market.Series{2}, Growth: 0.5, Bands: 3},
			Certificate:  market.Flat(market.Certificate, calendar, 10),
			Obligation:   market.Obligation{Basis: market.Basis(random.IntN(3)), Quota: random.Float64()},
			GridEmission: market.Series{0.5},
		},
	}
	v := vpp.VPP{
		Name: "park", Demand: "load", RiskAversion: 2 * random.Float64(), PassThrough: random.Float64(), ImportLimit: optional.Of(40), ExportLimit: optional.Of(40),
		Tariff: der.Tariff{Injection: sell, Withdrawal: buy, LoadReduction: flat(steps, 20), Shortage: flat(steps, 5), Surplus: flat(steps, 3)},
	}
	ders := []der.DER{
		&der.Wind{ID: "wind", Available: "wind", CurtailmentPenalty: 20 * random.Float64()},
		&der.Load{ID: "homes", Port: der.Heat, Demand: "heat"},
		&der.HeatDump{ID: "chimney", Max: 20, Cost: random.Float64()},
		&der.GasBoiler{ID: "boiler", Efficiency: 0.9, Heat: der.Operation{Max: 9}, EmissionFactor: optional.Of(der.NaturalGasCO2), Maintenance: 1},
		&der.GasSupply{ID: "pipe", Max: 60, Price: "gas"},
	}
	for _, d := range []der.DER{
		&der.CHP{ID: "chp", ElectricEfficiency: 0.35, HeatEfficiency: 0.45, Power: der.Operation{Min: 1, Max: 4, RampUp: optional.Of(2), Switchable: true, StartCost: 40}, EmissionFactor: optional.Of(der.NaturalGasCO2), PowerQuota: 0.3, HeatQuota: 0.2, Maintenance: 4},
		&der.ExtractionCHP{ID: "turbine", Points: []der.OperatingPoint{{Power: 1, Gas: 4}, {Power: 4, Gas: 10}, {Power: 3, Heat: 3, Gas: 9}}, Power: der.Operation{Switchable: true}, EmissionFactor: optional.Of(der.NaturalGasCO2), Maintenance: 4},
		&der.ElectricBoiler{ID: "electrode", Efficiency: 0.98, Power: der.Operation{Max: 3}},
		&der.Storage{ID: "tank", Port: der.Heat, Charge: 3, Discharge: 3, Energy: 8, Initial: optional.Of(2), ChargeEfficiency: 0.95, DischargeEfficiency: 0.95, SelfDischarge: 0.02, Wear: 0.1},
		&der.Storage{ID: "battery", Charge: 2, Discharge: 2, Energy: 6, Initial: optional.Of(3), ChargeEfficiency: 0.9, DischargeEfficiency: 0.9, Wear: 1},
		&der.CarbonCapture{
			Unit: der.Thermal{
				ID: "coal", MinOutput: 2, MaxOutput: 6, RampUp: optional.Of(3), RampDown: optional.Of(3), MinUp: 2, NoLoad: 20, Linear: 25, StartUp: []der.StartCost{{Cost: 60}},
				EmissionFactor: 0.9, Quota: 0.6,
			},
			Efficiency: 0.9, MaxSplit: optional.Of(0.8), FixedPower: 0.1, AbsorbEnergy: 0.07, ReleaseEnergy: 0.2, SolventCost: 2, Tank: 4, InTank: 1,
		},
		&der.PowerToGas{ID: "methane", Efficiency: 0.6, Power: der.Operation{Max: 3}, Maintenance: 2},
		&der.DemandResponse{ID: "cooling", Load: "cold", MaxReductionShare: optional.Of(0.4), Rebound: der.Rebound(random.IntN(5)), ReductionCost: 3},
		&der.PV{ID: "roofs", Available: "cold", Forecast: "cold", Subsidy: 3},
	} {
		if random.IntN(2) == 0 {
			ders = append(ders, d)
		}
	}
	// CO2 that is captured needs a way out, and methane needs CO2.
	return v, append(ders, &der.Sequestration{ID: "cavern", Max: 9, Cost: 15}), setting
}

// VPPs of every kind of DER, under every reading: what is planned withstands
// the check, and so does what the same VPP chooses to be made of.
func TestRandomVPPsAreVerified(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			v, ders, setting := randomPark(t, seed)
			plan := solve(t, v, ders, setting)
			require.Len(t, plan.Members, len(ders))
		})
	}
}
