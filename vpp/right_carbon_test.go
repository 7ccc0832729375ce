package vpp_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// A coal unit of 100 MW emits 80 t in an hour. A boiler burns 6 MWh of gas for
// 6 MWh of heat, made from CO2 that the unit captures: 6 · 0.1975 = 1.185 t
// leave the stack of the boiler instead of the unit's. The sum stays 80 t
// unless the boiler burns free of carbon.
func TestRightGasBurnersEmitByDefault(t *testing.T) {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 1})
	require.NoError(t, set.AddForecast("heat", "MW", []float64{6}))
	calendar := market.Calendar{Steps: 1}
	for _, c := range []struct {
		factor optional.Float
		want   float64
		warns  bool
	}{
		{optional.Float{}, 80, false},
		{optional.Of(der.NaturalGasCO2), 80, false},
		{optional.Of(0), 80 - 6*der.NaturalGasCO2, true},
		{optional.Of(1e-9), 80 - 6*der.NaturalGasCO2, false},
	} {
		p := vpp.Problem{
			VPP: vpp.VPP{Name: "p"},
			Members: []der.DER{
				&der.CarbonCapture{
					Unit:       der.Thermal{ID: "coal", MinOutput: 100, MaxOutput: 100, Linear: 20, EmissionFactor: 0.8, MustRun: true, Before: der.ThermalState{Boundary: der.BeforeFree}},
					Efficiency: 0.9, FixedPower: 2, AbsorbEnergy: 0.25,
				},
				&der.PowerToGas{ID: "methanation", Efficiency: 0.6, Power: der.Operation{Max: 50}},
				&der.GasBoiler{ID: "boiler", Efficiency: 1, Heat: der.Operation{Max: 20}, EmissionFactor: c.factor},
				&der.Load{ID: "heat", Port: der.Heat, Demand: "heat"},
			},
			Setting: vpp.Setting{
				Set: set, Weights: weights.Vector{Economic: 0.5, Environment: 0.5},
				Markets: vpp.Markets{
					Electricity: &market.Tariff{Calendar: calendar, Buy: market.Series{50}},
					Carbon:      market.Flat(market.Carbon, calendar, 100),
				},
			},
		}
		plan, err := p.Solve(t.Context(), testsolver.New(t))
		testsolver.Skip(t, err)
		require.NoError(t, err)
		require.NoError(t, plan.Verify(0))
		warnings := p.Setting.DERWarnings(p.Members...)
		t.Logf("boiler with factor %v | %v t | by hand: 100 MWh x 0.8, less 6 MWh x 0.1975 if the boiler burns free | %v t, %v",
			c.factor, c.want, plan.Results[0].Emission, warnings)
		assert.InDelta(t, c.want, plan.Results[0].Emission, 1e-5)
		if c.warns {
			require.Len(t, warnings, 1)
			assert.Contains(t, warnings[0], `DER "boiler" burns gas without carbon beside a carbon market`)
		} else {
			assert.Empty(t, warnings)
		}
		p.Setting.Markets.Carbon = nil
		assert.Empty(t, p.Setting.DERWarnings(p.Members...))
	}
}

// Every kind that burns gas has the default and is named in the warning at 0,
// also a gas load and a CHP of either kind. Gas that is charged at its purchase
// is no reason for a warning.
func TestRightFreeBurnersOfEveryKind(t *testing.T) {
	zero := optional.Of(0)
	free := []der.DER{
		&der.CHP{ID: "chp", EmissionFactor: zero}, &der.ExtractionCHP{ID: "turbine", EmissionFactor: zero},
		&der.GasBoiler{ID: "boiler", EmissionFactor: zero}, &der.Load{ID: "kilns", Port: der.Gas, EmissionFactor: zero},
	}
	others := []der.DER{
		&der.CHP{ID: "a"}, &der.ExtractionCHP{ID: "b"}, &der.GasBoiler{ID: "c"}, &der.Load{ID: "d", Port: der.Gas},
		&der.Load{ID: "e"}, &der.Load{ID: "f", Port: der.Heat}, &der.Wind{ID: "g"},
	}
	t.Logf("four burners at 0 among %d DERs | the four | kinds with a gas port | %v", len(others)+4, der.FreeBurners(append(others, free...)...))
	assert.Equal(t, []string{"chp", "turbine", "boiler", "kilns"}, der.FreeBurners(append(others, free...)...))
	assert.Empty(t, der.FreeBurners(others...))
	assert.Empty(t, der.FreeBurners(append(free, &der.GasSupply{ID: "network", EmissionFactor: der.NaturalGasCO2})...))
}

// A unit of 10 MW and 1 t per MWh earns 1000 per MWh and runs all the time: 10
// t in the hour. Eight bands of 0.5 t at 100, 200, … 800 per t cost 1800, and
// the other 6 t at 900 cost 5400: 7200. A calendar whose steps are not those of
// the scenarios is rejected.
func TestRightCalendarsHaveTheStepsOfTheScenarios(t *testing.T) {
	set := scenario.Single(scenario.Grid{Step: 15 * time.Minute, Steps: 4})
	require.NoError(t, set.AddForecast("d", "MW", []float64{4, 0, 4, 0}))
	steps := func(hours float64) market.Calendar {
		return market.Calendar{Steps: 4, StepHours: hours, Period: market.Hour}
	}
	each := func(hours float64) market.Calendar { return market.Calendar{Steps: 4, StepHours: hours} }
	tariff := func(c market.Calendar) *market.Tariff { return &market.Tariff{Calendar: c, Buy: market.Series{1000}} }
	ladder := func(c market.Calendar) *market.Ladder {
		return &market.Ladder{Calendar: c, Price: market.Series{100}, Band: market.Series{0.5}, Growth: 1, Bands: 9}
	}
	price, err := (market.TimeOfUse{Source: "made up"}).SellingAt(1).Tariff(each(0))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		markets vpp.Markets
		want    string // of the error
	}{
		"steps of a quarter":         {vpp.Markets{Electricity: tariff(each(0)), Carbon: ladder(steps(0.25))}, ""},
		"a ladder without a step":    {vpp.Markets{Electricity: tariff(each(0)), Carbon: ladder(steps(0))}, "the carbon market: calendar: its steps have 1 h, because StepHours is 0, want the 0.25 h of the scenarios; set StepHours to 0.25"},
		"a ladder of half hours":     {vpp.Markets{Electricity: tariff(each(0)), Carbon: ladder(steps(0.5))}, "the carbon market: calendar: its steps have 0.5 h"},
		"a ladder over two hours":    {vpp.Markets{Electricity: tariff(each(0)), Carbon: ladder(market.Calendar{Steps: 4, StepHours: 2})}, "its steps have 2 h"},
		"a tariff of hours":          {vpp.Markets{Electricity: tariff(each(1))}, "the day-ahead electricity market: calendar: its steps have 1 h"},
		"hours of the day":           {vpp.Markets{Electricity: price}, "the day-ahead electricity market: calendar: its steps have 1 h"},
		"imbalance of hours":         {vpp.Markets{Electricity: tariff(each(0)), Imbalance: &market.Imbalance{Calendar: each(1), Price: market.Series{0}, Short: market.Series{1}, Long: market.Series{1}}}, "its steps have 1 h"},
		"a moving price":             {vpp.Markets{Electricity: tariff(each(0)), Carbon: &market.Linear{Market: market.Flat(market.Carbon, each(1), 5), Slope: market.Series{0}}}, "the carbon market: calendar: its steps have 1 h"},
		"certificates of two hours":  {vpp.Markets{Electricity: tariff(each(0)), Certificate: market.Flat(market.Certificate, each(2), 5)}, "the certificate market: calendar: its steps have 2 h"},
		"one period without a step":  {vpp.Markets{Electricity: tariff(each(0)), Carbon: ladder(market.Calendar{Steps: 4, Period: market.Horizon})}, ""},
		"other steps, posted curves": {vpp.Markets{Electricity: &market.Posted{Calendar: each(1), Curves: slices.Repeat([]market.Curve{market.TwoPrices(1, 1, 9, 9)}, 4)}}, "its steps have 1 h"},
	} {
		err := vpp.Setting{Set: set, Weights: weights.Vector{Economic: 1}, Markets: c.markets}.Validate()
		t.Logf("%s on quarter-hours | %q | a market has the steps of the scenarios | %v", name, c.want, err)
		if c.want == "" {
			assert.NoError(t, err, name)
		} else {
			assert.ErrorContains(t, err, c.want, name)
		}
	}
	p := vpp.Problem{
		VPP:     vpp.VPP{Name: "p", Demand: "d"},
		Members: []der.DER{&der.Thermal{ID: "t", MaxOutput: 10, EmissionFactor: 1, MustRun: true, Before: der.ThermalState{Boundary: der.BeforeFree}}},
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 0.5, Environment: 0.5}, Risk: vpp.CVaR{},
			Markets: vpp.Markets{Electricity: tariff(each(0)), Carbon: ladder(steps(0.25))},
		},
	}
	plan, err := p.Solve(t.Context(), testsolver.New(t))
	testsolver.Skip(t, err)
	require.NoError(t, err)
	t.Logf("carbon ladder by the hour on quarter-hours | 7200 | by hand: 0.5 x (100 + … + 800) + 6 x 900 | %v", plan.Results[0].Carbon)
	assert.InDelta(t, 7200, plan.Results[0].Carbon, 1e-6)
}

// 8 MW of load in four hours owe 0.25 · 32 = 8 certificates, and 16 MWh of wind
// earn 16: 8 are sold at 40. The obligation is the same whether the VPP or its
// members bring the load, and whatever their kind.
func TestRightObligationsCountAllLoad(t *testing.T) {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 4})
	for name, mw := range map[string]float64{"town": 8, "half": 4, "wind": 4, "heat": 3} {
		require.NoError(t, set.AddForecast(name, "MW", slices.Repeat([]float64{mw}, 4)))
	}
	calendar := market.Calendar{Steps: 4}
	wind := &der.Wind{ID: "wind", Available: "wind"}
	for name, c := range map[string]struct {
		demand  string
		members []der.DER
		want    float64
	}{
		"demand of the VPP":    {"town", nil, 320},
		"a load":               {"", []der.DER{&der.Load{ID: "load", Demand: "town"}}, 320},
		"half and half":        {"half", []der.DER{&der.Load{ID: "load", Demand: "half"}}, 320},
		"two loads":            {"", []der.DER{&der.Load{ID: "a", Demand: "half"}, &der.Load{ID: "b", Demand: "half"}}, 320},
		"two loads as a fleet": {"", []der.DER{&der.Fleet{Unit: &der.Load{ID: "a", Demand: "half"}, Count: 2}}, 320},
		"demand response":      {"", []der.DER{&der.DemandResponse{ID: "d", Load: "town", MaxReduction: optional.Of(0)}}, 320},
		"served, half reduced": {"town", []der.DER{&der.DemandResponse{ID: "d", Load: "half", Served: true, Rebound: der.ReboundNone}}, 480},
		"half reduced":         {"half", []der.DER{&der.DemandResponse{ID: "d", Load: "half", Rebound: der.ReboundNone}}, 480},
		"transferable":         {"half", []der.DER{&der.TransferableLoad{ID: "t", Load: "half", Max: 9}}, 320},
		"shiftable":            {"half", []der.DER{&der.ShiftableLoad{ID: "s", Profile: []float64{4, 4, 4, 4}}}, 320},
		"shed":                 {"half", []der.DER{&der.Load{ID: "load", Demand: "half", Sheddable: 1}}, 480},
		"electric boiler":      {"half", []der.DER{&der.ElectricBoiler{ID: "b", Efficiency: 0.75, Power: der.Operation{Max: 9}}, &der.Load{ID: "heat", Port: der.Heat, Demand: "heat"}}, 320},
		"heat is no load":      {"town", []der.DER{&der.Load{ID: "heat", Port: der.Heat, Demand: "heat", Sheddable: 1}}, 320},
		"charging is no load":  {"town", []der.DER{&der.Storage{ID: "s", Charge: 1, Discharge: 1, Energy: 4, Initial: optional.Of(2), ChargeEfficiency: 1, DischargeEfficiency: 1, End: der.EndFree, EndValue: 1e4}}, 320},
		"no load":              {"", nil, 640},
	} {
		p := vpp.Problem{
			VPP:     vpp.VPP{Name: "p", Demand: c.demand},
			Members: append([]der.DER{wind}, c.members...),
			Setting: vpp.Setting{
				Set: set, Weights: weights.Vector{Economic: 0.5, Environment: 0.5}, Risk: vpp.CVaR{},
				Markets: vpp.Markets{
					Electricity: &market.Tariff{Calendar: calendar, Buy: market.Series{90}, Sell: market.Series{30}},
					Certificate: market.Flat(market.Certificate, calendar, 40),
					Obligation:  market.Obligation{Basis: market.OnLoad, Quota: 0.25},
				},
			},
		}
		plan, err := p.Solve(t.Context(), testsolver.New(t))
		testsolver.Skip(t, err)
		require.NoError(t, err, name)
		require.NoError(t, plan.Verify(0), name)
		t.Logf("certificates on load, %s | %v | by hand: 40 x (16 - 0.25 x MWh consumed) | %v", name, c.want, plan.Value.Environment)
		assert.InDelta(t, c.want, plan.Value.Environment, 1e-4, name)
	}
}
