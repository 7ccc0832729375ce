package vpp_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// park is a VPP of all carriers over six hours and two scenarios: a coal DER
// with capture, a combined DER, boilers, stores, power-to-gas, sequestration
// and a gas supply.
func park(t testing.TB) (vpp.VPP, []der.DER, vpp.Setting) {
	t.Helper()
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 6}, []float64{0.6, 0.4})
	require.NoError(t, err)
	require.NoError(t, set.Add("wind", "MW", [][]float64{{4, 5, 3, 1, 0.5, 4}, {2, 6, 5, 0, 0.2, 1}}))
	require.NoError(t, set.AddForecast("load", "MW", []float64{2, 2.2, 3, 4, 3.5, 2.5}))
	require.NoError(t, set.Add("heat", "MW", [][]float64{{1.5, 1.2, 2, 2.6, 2.2, 1.8}, {1.6, 1.4, 2.3, 2.7, 2.1, 1.5}}))
	require.NoError(t, set.AddForecast("gas price", "currency/MWh", []float64{30, 30, 40, 40, 35, 30}))
	calendar := market.Calendar{Steps: 6}
	return vpp.VPP{Name: "park", Demand: "load", ImportLimit: optional.Of(6), ExportLimit: optional.Of(2)},
		[]der.DER{
			&der.Wind{ID: "wind", Available: "wind"},
			&der.CHP{
				ID: "chp", ElectricEfficiency: 0.35, HeatEfficiency: 0.4, Power: der.Operation{Max: 2}, Maintenance: 4,
				EmissionFactor: optional.Of(der.NaturalGasCO2), PowerQuota: 0.3, HeatQuota: 0.2,
			},
			&der.CarbonCapture{
				Unit:       der.Thermal{ID: "coal", MinOutput: 0.5, MaxOutput: 2, MustRun: true, Linear: 25, EmissionFactor: 0.9, Quota: 0.6, Before: der.ThermalState{On: true, Boundary: der.BeforeFree}},
				Efficiency: 0.9, MinSplit: 0.1, MaxSplit: optional.Of(0.9), FixedPower: 0.02, AbsorbEnergy: 0.2,
			},
			&der.Sequestration{ID: "ground", Max: 3, Cost: 15},
			&der.PowerToGas{ID: "methane", Efficiency: 0.6, Power: der.Operation{Max: 1.5}},
			&der.GasBoiler{ID: "boiler", Efficiency: 0.9, Heat: der.Operation{Max: 2}, EmissionFactor: optional.Of(der.NaturalGasCO2), Quota: 0.15},
			&der.ElectricBoiler{ID: "kettle", Efficiency: 0.98, Power: der.Operation{Max: 1}},
			&der.Storage{ID: "tank", Port: der.Heat, Charge: 1, Discharge: 1, Energy: 4, Initial: optional.Of(1), ChargeEfficiency: 0.95, DischargeEfficiency: 0.9, SelfDischarge: 0.01},
			&der.Storage{ID: "battery", Charge: 1, Discharge: 1, Energy: 3, Initial: optional.Of(1), ChargeEfficiency: 0.95, DischargeEfficiency: 0.9, Wear: 4},
			&der.GasSupply{ID: "pipe", Max: 12, Price: "gas price"},
			&der.Load{ID: "houses", Port: der.Heat, Demand: "heat"},
			&der.HeatDump{ID: "cooler", Max: 3, Cost: 1},
		},
		vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 0.5, Environment: 0.5},
			Markets: vpp.Markets{
				Electricity:  &market.Tariff{Calendar: calendar, Good: market.Electricity, Buy: market.Series{40, 40, 80, 120, 110, 60}, Sell: market.Series{10, 5, 30, 60, 50, 20}},
				Carbon:       market.Flat(market.Carbon, calendar, 70),
				Certificate:  market.Flat(market.Certificate, calendar, 6),
				Obligation:   market.Obligation{Quota: 0.4},
				GridEmission: market.Series{0.55},
			},
		}
}

func without(ders []der.DER, name string) []der.DER {
	var out []der.DER
	for _, d := range ders {
		if d.Name() != name {
			out = append(out, d)
		}
	}
	return out
}

// Carbon from coal, gas and grid power leaves through stacks, into the ground
// or stays on the account: methane made of captured CO2 is charged once, when
// it burns.
func TestBalancesCloseAndCarbonCountsOnce(t *testing.T) {
	v, ders, setting := park(t)
	plan, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Solve(t.Context(), testsolver.New(t))
	require.NoError(t, err)
	require.NoError(t, plan.Verify(1e-6))
	made := 0.0
	for _, exchange := range []vpp.Exchange{plan.Heat, plan.Gas, plan.CO2} {
		assert.Less(t, exchange.Residual, 1e-6)
		require.Len(t, exchange.Supplied, 2)
		require.Len(t, exchange.Supplied[0], 6)
	}
	by := map[string]*der.Schedule{}
	for i := range plan.Members {
		by[plan.Members[i].DER.Name()] = &plan.Members[i].Schedule
	}
	for s := range plan.Results {
		carbonIn, buried := 0.0, 0.0
		for step := range 6 {
			carbonIn += 0.1975*by["pipe"].Realised[s].Gas[step] + 0.9*by["coal"].Realised[s].Trace("gross")[step] + 0.55*max(0, -plan.Net[s][step])
			buried -= by["ground"].Realised[s].CO2[step]
			made += by["methane"].Realised[s].Gas[step]
		}
		assert.InDelta(t, carbonIn, plan.Results[s].Emission+buried, 1e-6, "scenario %d", s)
	}
	assert.Greater(t, made, 0.1, "the case makes methane, or it would say nothing about counting it")
}

func TestVPPWithoutPortsHasNoBalances(t *testing.T) {
	v, ders, setting := park(t)
	program, err := vpp.Problem{VPP: v, Members: ders[:1], Setting: setting}.Formulate()
	require.NoError(t, err)
	for i := range program.Model.Rows() {
		family := program.Model.RowAt(i).Name().Family()
		assert.NotContains(t, []string{"park.heat", "park.gas", "park.co2"}, family)
	}
}

func TestDevicesNeverRaiseTheCost(t *testing.T) {
	solver := testsolver.New(t)
	v, ders, setting := park(t)
	all, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Solve(t.Context(), solver)
	require.NoError(t, err)
	for _, name := range []string{"methane", "kettle", "tank", "battery", "boiler", "cooler"} {
		fewer, err := vpp.Problem{VPP: v, Members: without(ders, name), Setting: setting}.Solve(t.Context(), solver)
		require.NoError(t, err, name)
		assert.LessOrEqual(t, fewer.Value.Objective, all.Value.Objective+1e-6*math.Abs(all.Value.Objective), "without %s", name)
	}
}

// The price of heat is what the optimum changes by when a little of it is
// given: the value of the program with a free supply of ε less that without,
// over ε, lies between the prices on both sides. The program has no integers
// here, so that the optimum is concave in ε and the one-sided differences
// enclose a dual.
func TestPricesOfExchangesAreFiniteDifferences(t *testing.T) {
	solver := testsolver.New(t)
	v, ders, setting := park(t)
	ders = without(without(ders, "tank"), "battery")
	plan, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Solve(t.Context(), solver)
	require.NoError(t, err)
	optimum := func(family string, s, step int, gift float64) float64 {
		program, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Formulate()
		require.NoError(t, err)
		for i := range program.Model.Rows() {
			if row := program.Model.RowAt(i); row.Name().String() == fmt.Sprintf("%s(%d,%d)", family, s, step) {
				lo, hi := program.Model.Limits(row)
				program.Model.SetLimits(row, lo+gift, hi+gift)
			}
		}
		found, err := program.Solve(t.Context(), solver)
		require.NoError(t, err)
		return found.Solution.Objective
	}
	const gift = 1e-3
	for _, x := range []struct {
		family string
		prices [][]float64
	}{{"park.balance", plan.Prices}, {"park.heat", plan.Heat.Prices}, {"park.gas", plan.Gas.Prices}, {"park.co2", plan.CO2.Prices}} {
		for _, at := range [][2]int{{0, 1}, {0, 3}, {1, 4}} {
			s, step := at[0], at[1]
			scale := gift * 0.5 * setting.Set.Probability(s)
			middle := optimum(x.family, s, step, 0)
			right := (optimum(x.family, s, step, gift) - middle) / scale
			left := (middle - optimum(x.family, s, step, -gift)) / scale
			assert.GreaterOrEqual(t, x.prices[s][step], right-0.02, "%s(%d,%d)", x.family, s, step)
			assert.LessOrEqual(t, x.prices[s][step], left+0.02, "%s(%d,%d)", x.family, s, step)
		}
	}
}

// glpsol and cbc agree with HiGHS on the exported program.
func TestExportedProgramHasTheSameOptimumElsewhere(t *testing.T) {
	solver := testsolver.New(t)
	v, ders, setting := park(t)
	program, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Formulate()
	require.NoError(t, err)
	ours, err := solver.Solve(t.Context(), program.Model)
	require.NoError(t, err)
	require.NoError(t, ours.Err())
	var text bytes.Buffer
	require.NoError(t, milp.WriteLP(&text, program.Model))
	folder := t.TempDir()
	file := filepath.Join(folder, "park.lp")
	require.NoError(t, os.WriteFile(file, text.Bytes(), 0o600))
	tried := 0
	for _, other := range []struct {
		command  string
		args     func(out string) []string
		optimum  string
		optional bool
	}{
		{"glpsol", func(out string) []string { return []string{"--lp", file, "--mipgap", "0", "-o", out} }, `Objective:\s+\S+ = (\S+)`, false},
		{"cbc", func(out string) []string { return []string{file, "ratio", "0", "solve", "solution", out} }, `objective value (\S+)`, false},
	} {
		if _, err := exec.LookPath(other.command); err != nil {
			continue
		}
		tried++
		out := filepath.Join(folder, other.command)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		log, err := exec.CommandContext(ctx, other.command, other.args(out)...).CombinedOutput()
		cancel()
		require.NoError(t, err, "%s: %s", other.command, log)
		solution, err := os.ReadFile(out)
		require.NoError(t, err)
		match := regexp.MustCompile(other.optimum).FindSubmatch(solution)
		require.NotNil(t, match, "%s", solution)
		theirs, err := strconv.ParseFloat(string(match[1]), 64)
		require.NoError(t, err)
		// cbc prints the objective it minimises, with the other sign, and both
		// print ten digits at most.
		assert.InEpsilon(t, math.Abs(ours.Objective), math.Abs(theirs), 1e-6, other.command)
	}
	if tried == 0 {
		t.Skip("skipped, needs glpsol or cbc")
	}
}

func TestMissingHeatIsReportedWithHourAndVPP(t *testing.T) {
	solver := testsolver.New(t)
	v, ders, setting := park(t)
	ders = without(without(without(ders, "boiler"), "kettle"), "tank")
	program, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Formulate()
	require.NoError(t, err)
	_, err = program.Solve(t.Context(), solver)
	require.ErrorIs(t, err, milp.ErrInfeasible)
	why, err := program.Explain(t.Context(), solver)
	require.NoError(t, err)
	// The DER makes 2·0.4/0.35 = 2.29 MW at most: hour 3 lacks heat in both
	// scenarios, 0.31 and 0.41 MW, and hour 2 of the second 0.01.
	assert.Contains(t, why.String(), "park.heat")
	assert.Contains(t, why.String(), "(1,3)")

	_, err = vpp.FindEquilibrium(t.Context(), solver, []vpp.Participant{{VPP: v, Members: ders}}, setting, vpp.EquilibriumOptions{})
	require.ErrorIs(t, err, milp.ErrInfeasible)
	assert.ErrorContains(t, err, "park.heat")
}

func TestBadInputIsRejectedByName(t *testing.T) {
	v, ders, setting := park(t)
	ders = append(ders,
		&der.GridConnection{ID: "wire", MaxBuy: 1, BuyPrice: "gas price"},
		&der.CHP{ID: "dream", ElectricEfficiency: 0.8, HeatEfficiency: 0.5, Power: der.Operation{Max: 1}},
		&der.GasBoiler{ID: "miracle", Efficiency: 1.2, Heat: der.Operation{Max: 1}})
	setting.Markets.Obligation.Quota = 1.5
	setting.Markets.GridEmission = market.Series{-1}
	_, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Formulate()
	for _, want := range []string{`"wire" is a grid connection`, "dream", "miracle", "GridEmission[0] is -1"} {
		assert.ErrorContains(t, err, want)
	}
	assert.ErrorContains(t, err, "quota 1.5")

	v, ders, setting = park(t)
	setting.Markets.GridEmission = market.Series{0.5, 0.5}
	_, err = vpp.Problem{VPP: v, Members: ders, Setting: setting}.Formulate()
	assert.ErrorContains(t, err, "GridEmission has 2 values")
	setting.Markets.GridEmission = market.Series{0.5}
	setting.Markets.Carbon = market.Flat(market.Carbon, market.Calendar{Steps: 6}, -5)
	_, err = vpp.Problem{VPP: v, Members: ders, Setting: setting}.Formulate()
	assert.ErrorContains(t, err, "must not be negative")
}

// A day-ahead schedule held at that of the plan itself changes nothing; any
// other costs.
func TestFixedDayAheadSchedule(t *testing.T) {
	solver := testsolver.New(t)
	v, ders, setting := park(t)
	setting.Markets.Imbalance = &market.Imbalance{Calendar: market.Calendar{Steps: 6}, Price: market.Series{50}, Short: market.Series{20}, Long: market.Series{20}}
	setting.Modelling.ImbalanceAccounting = vpp.InEconomicToo
	free, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Solve(t.Context(), solver)
	require.NoError(t, err)
	v.DayAhead = free.DayAhead
	held, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Solve(t.Context(), solver)
	require.NoError(t, err)
	assert.InDelta(t, free.Value.Objective, held.Value.Objective, 1e-6)
	v.DayAhead = make([]float64, 6)
	zero, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Solve(t.Context(), solver)
	require.NoError(t, err)
	assert.Less(t, zero.Value.Objective, free.Value.Objective-1)
	v.DayAhead = []float64{9}
	_, err = vpp.Problem{VPP: v, Members: ders, Setting: setting}.Solve(t.Context(), solver)
	assert.ErrorContains(t, err, "DayAhead has 1 values")
	assert.ErrorContains(t, err, "want a value in the limits of the connection")
}
