package report_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// Names that break pages and tables whose texts are not escaped.
const (
	windName  = `W<1> & "Söhne"`
	storeName = `</svg><script>alert(1)</script>`
	vppName   = `北方, "V&P" <1>`
)

// fixture returns a region of one VPP, one wind farm and one battery, over two
// scenarios of three steps of two hours, and a result written by hand. Powers
// are such that the balance closes:
//
//	          step    0    1    2
//	wind, s = 0  4    5    6      s = 1      2    1    3
//	battery     0    -1    0    1                 0    2   -2
//	demand            3    3    3                 3    3    3
//	delivered   0     0    2    4                -1    0   -2
//
// with probabilities 0.75 and 0.25.
func fixture(t testing.TB) (trigrid.Region, *trigrid.Result) {
	t.Helper()
	grid := scenario.Grid{Start: time.Date(2026, 7, 6, 0, 0, 0, 0, time.UTC), Step: 2 * time.Hour, Steps: 3}
	set, err := scenario.New(grid, []float64{0.75, 0.25})
	require.NoError(t, err)
	wind := [][]float64{{4, 5, 6}, {2, 1, 3}}
	battery := [][]float64{{-1, 0, 1}, {0, 2, -2}}
	require.NoError(t, set.Add("wind<&>", "MW", wind))
	require.NoError(t, set.AddForecast("demand", "MW", []float64{3, 3, 3}))
	sample, err := scenario.New(grid, scenario.Equal(4))
	require.NoError(t, err)
	require.NoError(t, sample.Add("wind<&>", "MW", [][]float64{{1, 1, 1}, {2, 2, 2}, {3, 3, 3}, {4, 4, 4}}))

	calendar := market.Calendar{Steps: 3, StepHours: 2}
	r := trigrid.Region{
		Name: "a <region> & more", Notes: []string{"a note with <b>markup</b>"},
		VPPs: []vpp.VPP{{Name: vppName, Demand: "demand", RiskAversion: 0.5, PassThrough: 0.5}},
		DERs: []der.DER{
			&der.Wind{ID: windName, Capacity: optional.Of(8), Available: "wind<&>"},
			&der.Storage{ID: storeName, Charge: 2, Discharge: 2, Energy: 8, Initial: optional.Of(4), ChargeEfficiency: 1, DischargeEfficiency: 1},
		},
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 0.5, Risk: 0.2, Environment: 0.3},
			Markets: vpp.Markets{Electricity: &market.Tariff{Calendar: calendar, Good: market.Electricity, Buy: market.Series{90, 100, 110}, Sell: market.Series{30, 40, 50}}},
		},
		Sample: sample,
	}

	energy := [][]float64{{6, 6, 4}, {4, 0, 4}}
	var windPorts, storePorts []der.Ports
	for s := range wind {
		windPorts = append(windPorts, der.Ports{Injected: wind[s]})
		p := der.Ports{Injected: make([]float64, 3), Withdrawn: make([]float64, 3)}
		for step, mw := range battery[s] {
			p.Injected[step], p.Withdrawn[step] = max(mw, 0), max(-mw, 0)
		}
		p.Traces = []der.Path{{Name: "energy", Unit: "MWh", Values: energy[s]}, {Name: "on", Values: []float64{1, float64(s), 0}}, {Name: "start", Values: []float64{1, 0, 0}}}
		storePorts = append(storePorts, p)
	}
	plan := &vpp.Plan{
		VPP: r.VPPs[0], Setting: r.Setting,
		Members: []vpp.Member{ // by name, as a program orders them
			{DER: r.DERs[1], Schedule: der.Schedule{DayAhead: []float64{0, 0, 0}, Realised: storePorts}},
			{DER: r.DERs[0], Schedule: der.Schedule{DayAhead: []float64{3, 4, 5}, Realised: windPorts}},
		},
		DayAhead: []float64{0.5, 1, 2},
		Net:      [][]float64{{0, 2, 4}, {-1, 0, -2}},
		Prices:   [][]float64{{40, 50, 60}, {80, 90, 100}},
		Results:  []vpp.Result{{Renewable: 30, Available: 30}, {Renewable: 12, Available: 13}},
		Value:    vpp.Value{Economic: 200, VaR: 30, Risk: 40, Environment: 10, Integrated: 0.5*200 - 0.2*0.5*40 + 0.3*10},
		Solution: milp.Solution{Backend: "by hand"},
	}
	names := [][]string{{}, {windName}, {storeName}, {windName, storeName}}
	var coalitions []trigrid.Achievement
	for k, value := range []vpp.Value{
		{Economic: -100, Risk: 60, Integrated: -56},
		{Economic: 150, Risk: 70, Environment: 10, Integrated: 71},
		{Economic: -90, Risk: 50, Integrated: -50},
		plan.Value,
	} {
		coalitions = append(coalitions, trigrid.Achievement{VPP: vppName, Members: names[k], Value: value, Nodes: int64(k), RenewableUtilisation: 1})
	}
	profile := trigrid.Profile{windName: vppName, storeName: vppName}
	res := &trigrid.Result{
		Region: r.Name, Notes: r.Notes, Warnings: []string{"a warning with <i>markup</i>"},
		Weights: r.Setting.Weights, Scenarios: 2, Sharing: "Shapley value", Solver: "by hand", LargestGap: 1e-9,
		VPPs: []trigrid.VPPResult{{
			Name: vppName, Members: names[3], Scheme: names[1], RiskAversion: 0.5, Economic: 200, VaR: 30, CVaR: 40, Environment: 10,
			Integrated: 99, Alone: -56, Imbalance: 12.5, RenewableUtilisation: 0.987654321, DeviationMWh: 3.25, EmissionT: 0.1,
		}},
		DERs: []trigrid.DERResult{
			{
				Name: windName, Choice: vppName, Payoff: 1234.5678, Tolerance: 1e-4, Revenue: 1000, AllocatedGain: 234.5678,
				Otherwise: map[string]float64{trigrid.Outside: 17}, Initial: []float64{0.5, 0.5}, Final: []float64{1, 0},
			},
			{
				Name: storeName, Choice: vppName, Payoff: 55.5, Revenue: 50, AllocatedGain: 5.5,
				Otherwise: map[string]float64{trigrid.Outside: 60}, Initial: []float64{0.5, 0.5}, Final: []float64{0.75, 0.25},
			},
		},
		Game: trigrid.GameResult{
			Verdict: "not converged", Reason: "because <so>", Exhaustive: true, Profile: profile, Margin: -4.5, Welfare: 99, BestWelfare: 100, WelfareGap: 1,
			Nash: []trigrid.Equilibrium{{Profile: profile, Kind: "weak", Margin: 0.25, Tolerance: 0.5, Welfare: 99}},
			Basins: []trigrid.Basin{
				{Verdict: "converged", Profile: profile, Share: 0.9, Low: 0.8, High: 0.95},
				{Verdict: "does not converge: cycle", Share: 0.1, Low: 0.05, High: 0.2},
			},
		},
		Coalitions: coalitions,
		Settlement: []trigrid.Line{{Party: windName, Minor: 123457}, {Party: storeName, Minor: 5550}, {Party: vppName, Minor: -129007}, {Party: "grid", Minor: 0}},
		Plans:      []*vpp.Plan{plan},
		Trajectory: &evogame.Result{
			Time: 2, Times: []float64{0, 0.5, 2},
			States: []evogame.State{{{0.5, 0.5}, {0.5, 0.5}}, {{0.8, 0.2}, {0.6, 0.4}}, {{1, 0}, {0.75, 0.25}}},
		},
	}
	return r, res
}

// crowd returns a region of many DERs and VPPs with long names and many
// scenarios, without a calendar. Its VPPs have no demand, no members and no
// prices.
func crowd(t testing.TB, vpps, ders, scenarios, steps int) (trigrid.Region, *trigrid.Result) {
	t.Helper()
	set, err := scenario.New(scenario.Grid{Step: 15 * time.Minute, Steps: steps}, scenario.Equal(scenarios))
	require.NoError(t, err)
	paths := make([][]float64, scenarios)
	for s := range paths {
		paths[s] = make([]float64, steps) // all zero: no range to draw
	}
	require.NoError(t, set.Add("idle", "MW", paths))
	r := trigrid.Region{Setting: vpp.Setting{
		Set:     set,
		Markets: vpp.Markets{Electricity: &market.Tariff{Calendar: market.Calendar{Steps: steps, StepHours: 0.25}, Buy: market.Series{1}, MaxSell: market.Series{0}}},
	}}
	res := &trigrid.Result{Trajectory: &evogame.Result{Times: []float64{0}}}
	state := evogame.State{}
	for i := range ders {
		unit := &der.Wind{ID: fmt.Sprintf("a DER with a name much longer than any picture has room for, number %d", i), Available: "idle"}
		r.DERs = append(r.DERs, unit)
		p := make([]float64, vpps+1)
		p[vpps] = 1
		state = append(state, p)
		res.DERs = append(res.DERs, trigrid.DERResult{Name: unit.ID, Choice: trigrid.Outside, Initial: p, Final: p})
	}
	res.Trajectory.States = []evogame.State{state}
	for v := range vpps {
		p := vpp.VPP{Name: fmt.Sprintf("a VPP with a name that is rather long, number %d", v)}
		r.VPPs = append(r.VPPs, p)
		res.VPPs = append(res.VPPs, trigrid.VPPResult{Name: p.Name})
		res.Plans = append(res.Plans, &vpp.Plan{VPP: p, Setting: r.Setting, DayAhead: make([]float64, steps), Net: paths})
		for s := range 1 << ders {
			a := trigrid.Achievement{VPP: p.Name, Value: vpp.Value{Integrated: float64(s), Economic: float64(s)}}
			for i := range ders {
				if s>>i&1 == 1 {
					a.Members = append(a.Members, r.DERs[i].Name())
				}
			}
			res.Coalitions = append(res.Coalitions, a)
		}
		res.Settlement = append(res.Settlement, trigrid.Line{Party: p.Name})
	}
	for range 30 {
		res.Game.Basins = append(res.Game.Basins, trigrid.Basin{Verdict: "not converged"})
		res.Game.Nash = append(res.Game.Nash, trigrid.Equilibrium{}, trigrid.Equilibrium{})
	}
	return r, res
}
