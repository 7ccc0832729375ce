package report_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// large returns a region of 30 DERs in two VPPs, 96 steps of a quarter of an
// hour and 20 scenarios, with a result written by hand: sine curves of power
// whose balance closes. 22 of the DERs are cars.
func large(t testing.TB) (trigrid.Region, *trigrid.Result) {
	t.Helper()
	const steps, scenarios = 96, 20
	grid := scenario.Grid{Start: time.Date(2026, 7, 6, 0, 0, 0, 0, time.UTC), Step: 15 * time.Minute, Steps: steps}
	set, err := scenario.New(grid, scenario.Equal(scenarios))
	require.NoError(t, err)
	curve := func(peak, phase, wave float64) (out [][]float64) {
		for s := range scenarios {
			path := make([]float64, steps)
			for k := range path {
				day := math.Sin((float64(k)/steps - phase) * 2 * math.Pi)
				path[k] = peak * (1 + wave*float64(s-10)/40) * max(0, 0.5+0.5*day)
			}
			out = append(out, path)
		}
		return out
	}
	load := curve(12, 0.4, 0.3)
	require.NoError(t, set.Add("load north", "MW", load))
	require.NoError(t, set.Add("load south", "MW", curve(8, 0.3, 0.3)))

	calendar := market.Calendar{Steps: steps, StepHours: 0.25}
	r := trigrid.Region{
		Name: "thirty DERs", VPPs: []vpp.VPP{{Name: "north", Demand: "load north", RiskAversion: 0.5}, {Name: "south", Demand: "load south", RiskAversion: 0.5}},
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 0.5, Risk: 0.2, Environment: 0.3},
			Markets: vpp.Markets{Electricity: &market.Tariff{Calendar: calendar, Good: market.Electricity, Buy: market.Series{90}, Sell: market.Series{30}}},
		},
	}
	powers := map[string][][]float64{}
	add := func(unit der.DER, power [][]float64) {
		r.DERs = append(r.DERs, unit)
		powers[unit.Name()] = power
	}
	for i := range 3 {
		name := fmt.Sprintf("wind %d", i+1)
		require.NoError(t, set.Add(name, "MW", curve(5, 0.1*float64(i), 0.8)))
		add(&der.Wind{ID: name, Available: name, Capacity: optional.Of(8)}, curve(5, 0.1*float64(i), 0.8))
	}
	for i := range 2 {
		name := fmt.Sprintf("roof %d", i+1)
		require.NoError(t, set.Add(name, "MW", curve(3, 0.25, 0.4)))
		add(&der.PV{ID: name, Available: name, Capacity: optional.Of(4)}, curve(3, 0.25, 0.4))
	}
	add(&der.Thermal{ID: "turbine", MinOutput: 1, MaxOutput: 6}, curve(4, 0.5, 0))
	add(&der.ElectricBoiler{ID: "boiler", Efficiency: 0.9, Power: der.Operation{Max: 3}}, negative(curve(2, 0.6, 0.1)))
	add(&der.CHP{ID: "engine", ElectricEfficiency: 0.4, HeatEfficiency: 0.5, Power: der.Operation{Max: 3}}, curve(2, 0.7, 0.1))
	for i := range 22 {
		name := fmt.Sprintf("car %d", i+1)
		require.NoError(t, set.Add(name+" plugged in", "share", curve(1, 0.75, 0.1)))
		add(&der.Storage{ID: name, Charge: 0.2, Discharge: 0.2, Energy: 1, Initial: optional.Of(0.5)}, negative(curve(0.02+0.005*float64(i), 0.7+0.01*float64(i), 0.2)))
	}

	res := &trigrid.Result{
		Region: r.Name, Weights: r.Setting.Weights, Scenarios: scenarios, Sharing: "Shapley value", Solver: "by hand", Cut: true, Planning: trigrid.PlanningSearchedFirst,
		Trajectory:   &evogame.Result{Times: []float64{0, 1, 2}},
		OpenPrograms: []trigrid.Open{{VPP: "north", Members: []string{"car 1", "wind 2"}, AbsoluteGap: 12.5}, {VPP: "south", Members: []string{"boiler"}, NoPlan: "the time ended"}},
	}
	profile := trigrid.Profile{}
	states := make([]evogame.State, 3)
	for v, p := range r.VPPs {
		plan := &vpp.Plan{VPP: p, Setting: r.Setting, DayAhead: make([]float64, steps), Results: make([]vpp.Result, scenarios)}
		for s := range scenarios {
			net := make([]float64, steps)
			for k := range net {
				net[k] = -set.At(p.Demand, s, k)
			}
			plan.Net = append(plan.Net, net)
			plan.Results[s] = vpp.Result{Trade: -5000 - 10*float64(s), Imbalance: 120, Carbon: 340, Certificate: -80}
		}
		for i, unit := range r.DERs {
			if i%3 == 0 != (v == 1) {
				continue
			}
			m := vpp.Member{DER: unit, Schedule: der.Schedule{DayAhead: make([]float64, steps)}, Payment: 100 * float64(i+1), Cost: 10}
			m.Items = []der.Item{{What: "energy sold", Amount: 120 * float64(i+1)}, {What: "energy bought", Amount: -20 * float64(i+1)}}
			for s := range scenarios {
				m.Schedule.Realised = append(m.Schedule.Realised, largePorts(unit, powers[unit.Name()][s]))
				m.Benefits = append(m.Benefits, der.Benefit{Items: append(append([]der.Item{}, m.Items...), der.Item{What: "maintenance", Amount: -10})})
				for k := range steps {
					plan.Net[s][k] += powers[unit.Name()][s][k]
				}
			}
			plan.Members = append(plan.Members, m)
			profile[unit.Name()] = p.Name
		}
		plan.Prices = curve(60, 0.3, 0.5)
		plan.Value = vpp.Value{Economic: 900, Risk: 100, Environment: 20, Integrated: 500}
		res.Plans = append(res.Plans, plan)
		names := []string{}
		for _, m := range plan.Members {
			names = append(names, m.DER.Name())
		}
		res.VPPs = append(res.VPPs, trigrid.VPPResult{Name: p.Name, Members: names, Integrated: 500, Alone: 100})
		for n := range 12 {
			res.Coalitions = append(res.Coalitions, trigrid.Achievement{VPP: p.Name, Members: names[:n*len(names)/11], Value: vpp.Value{Economic: 80 * float64(n), Risk: 100, Integrated: 40 * float64(n)}})
		}
		res.Settlement = append(res.Settlement, trigrid.Line{Party: p.Name, Minor: int64(1000 * (1 - 2*v))})
	}
	for i, unit := range r.DERs {
		final := []float64{1, 0, 0}
		if profile[unit.Name()] == "south" {
			final = []float64{0, 1, 0}
		}
		for k := range states {
			states[k] = append(states[k], [][]float64{{0.4, 0.4, 0.2}, {0.5, 0.4, 0.1}, final}[k])
		}
		res.DERs = append(res.DERs, trigrid.DERResult{
			Name: unit.Name(), Choice: profile[unit.Name()], Payoff: 100*float64(i+1) + 40, Revenue: 100*float64(i+1) - 10, AllocatedGain: 50,
			Otherwise: map[string]float64{trigrid.Outside: 90 * float64(i+1)}, Initial: []float64{0.4, 0.4, 0.2}, Final: final,
		})
	}
	res.Trajectory.States = states
	res.Game = trigrid.GameResult{
		Verdict: "converged to a strict Nash profile", Reason: "by hand", Profile: profile, Settled: true, Welfare: 1000, BestWelfare: 1000, Margin: 4,
		Nash:   []trigrid.Equilibrium{{Profile: profile, Kind: "strict", Margin: 4, Tolerance: 0.1, Welfare: 1000}},
		Basins: []trigrid.Basin{{Verdict: "converged", Profile: profile, Share: 1, Low: 0.9, High: 1}},
	}
	res.Recommendation = &trigrid.Recommendation{Profile: profile, Reason: trigrid.BestKnown, Explanation: "the best profile that was found in time", Welfare: 1000, Bound: 1200, Transfers: map[string]float64{"car 1": 2.5, "car 2": -2.5}}
	return r, res
}

// largePorts returns the ports of a DER with a power per step, MW.
func largePorts(unit der.DER, power []float64) der.Ports {
	p := der.Ports{Injected: make([]float64, len(power)), Withdrawn: make([]float64, len(power))}
	heat, energy, on := make([]float64, len(power)), make([]float64, len(power)), make([]float64, len(power))
	for k, mw := range power {
		p.Injected[k], p.Withdrawn[k] = max(mw, 0), max(-mw, 0)
		energy[k] = 0.5 + 0.3*math.Sin(float64(k)/10)
		if math.Abs(mw) > 1 {
			on[k] = 1
		}
	}
	switch unit.(type) {
	case *der.Storage:
		p.Traces = []der.Path{{Name: "energy", Unit: "MWh", Values: energy}, {Name: "charge", Unit: "MW", Values: p.Withdrawn}}
	case *der.ElectricBoiler:
		for k := range heat {
			heat[k] = 0.9 * p.Withdrawn[k]
		}
		p.Heat = heat
	case *der.CHP, *der.Thermal:
		p.Traces = []der.Path{{Name: "on", Values: on}}
	case *der.Wind, *der.PV:
		p.Renewable, p.Available = p.Injected, p.Injected
	}
	return p
}

// negative returns powers with the other sign.
func negative(paths [][]float64) [][]float64 {
	for _, path := range paths {
		for k := range path {
			path[k] = -path[k]
		}
	}
	return paths
}
