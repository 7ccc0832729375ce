package vpp_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// wind returns hourly scenarios of equal probability with the series "wind",
// MW.
func wind(paths ...[]float64) *scenario.Set {
	probabilities := make([]float64, len(paths))
	for s := range probabilities {
		probabilities[s] = 1 / float64(len(paths))
	}
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: len(paths[0])}, probabilities)
	if err != nil {
		panic(err)
	}
	if err := set.Add("wind", "MW", paths); err != nil {
		panic(err)
	}
	return set
}

// coast is the problem of the examples: a wind farm sells at 40 per MWh, and
// its VPP pays 30 per MWh of shortage and 10 per MWh of surplus. The VPP
// weights income and risk equally.
func coast(set *scenario.Set) vpp.Problem {
	hours := market.Calendar{Steps: set.Steps()}
	return vpp.Problem{
		VPP:     vpp.VPP{Name: "coast", RiskAversion: 1},
		Members: []der.DER{&der.Wind{ID: "farm", Available: "wind"}},
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 0.5, Risk: 0.5}, Risk: vpp.CVaR{Confidence: 0.5},
			Markets: vpp.Markets{
				Electricity: &market.Tariff{Calendar: hours, Buy: market.Series{60}, Sell: market.Series{40}},
				Imbalance: &market.Imbalance{
					Calendar: hours, Price: market.Series{40}, Short: market.Series{30}, Long: market.Series{10},
				},
			},
		},
	}
}

// battery is a store of 4 MWh and 2 MW without losses that starts and ends with
// 2 MWh.
func battery() *der.Storage {
	return &der.Storage{
		ID: "battery", Charge: 2, Discharge: 2, Energy: 4, Initial: optional.Of(2),
		ChargeEfficiency: 1, DischargeEfficiency: 1,
	}
}

// A farm yields 10 or 20 MWh, equally likely. The VPP schedules 12.5 MW for the
// day ahead: there the shortage of 2.5 MWh at 30 and the surplus of 7.5 MWh at
// 10 cost the same, 75.
func Example() {
	plan, err := coast(wind([]float64{10}, []float64{20})).Solve(context.Background(), highs.Solver{})
	if err != nil {
		panic(err)
	}
	fmt.Printf("day-ahead schedule %.1f MW\n", plan.DayAhead[0])
	fmt.Printf("income %.0f, CVaR of the imbalance cost %.0f\n", plan.Value.Trade, plan.Value.Risk)
	fmt.Println("verified:", plan.Verify(0) == nil)
	// Output:
	// day-ahead schedule 12.5 MW
	// income 600, CVaR of the imbalance cost 75
	// verified: true
}

// A caller adds a row before the solution: a contract limits the day-ahead
// schedule to 11 MW.
func ExampleProblem_Formulate() {
	program, err := coast(wind([]float64{10}, []float64{20})).Formulate()
	if err != nil {
		panic(err)
	}
	m := program.Model
	for j := range m.Vars() {
		if x := m.VarAt(j); x.Name() == milp.At("coast", "position", 0) {
			m.AtMost(milp.At("contract", "limit", 0), x.Expr(), milp.Const(11))
		}
	}
	plan, err := program.Solve(context.Background(), highs.Solver{})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.0f MW, CVaR %.0f\n", plan.DayAhead[0], plan.Value.Risk)
	// Output: 11 MW, CVaR 90
}

// The turbine must run at 70 per MWh, which the VPP sells at 40. Selection
// leaves it out.
func ExampleProblem_Select() {
	problem := coast(wind([]float64{10}, []float64{20}))
	problem.Members = append(problem.Members, &der.Thermal{
		ID: "turbine", MinOutput: 5, MaxOutput: 5, MustRun: true, Before: der.ThermalState{On: true, Output: 5}, Linear: 70,
	})
	plan, err := problem.Select(context.Background(), highs.Solver{})
	if err != nil {
		panic(err)
	}
	for _, m := range plan.Members {
		fmt.Println(m.DER.Name(), "is a member")
	}
	fmt.Printf("objective %.1f\n", plan.Value.Objective)
	// Output:
	// farm is a member
	// objective 262.5
}

// A demand of 12 MW exceeds the ramp of the engine plus the import limit.
// Diagnose needs no solver.
func ExampleProblem_Diagnose() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})
	if err := set.Add("load", "MW", [][]float64{{4, 12}}); err != nil {
		panic(err)
	}
	err := vpp.Problem{
		VPP: vpp.VPP{Name: "mill", Demand: "load", ImportLimit: optional.Of(3)},
		Members: []der.DER{&der.Thermal{
			ID: "engine", MaxOutput: 9, RampUp: optional.Of(3), Before: der.ThermalState{On: true, Output: 2}, Linear: 40,
		}},
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 1},
			Markets: vpp.Markets{Electricity: market.Flat(market.Electricity, market.Calendar{Steps: 2}, 60)},
		},
	}.Diagnose()
	fmt.Println(err)
	fmt.Println(errors.Is(err, milp.ErrInfeasible))
	// Output:
	// vpp: VPP "mill": the demand of 12 MW at step 1 of scenario 0 exceeds the 8 MW that its members can feed in and the import limit of 3 MW by 1 MW: the program has no solution
	// true
}

// The plan for the mean of 15 MWh schedules 15 MW and pays a risk of 150 in the
// worse scenario.
func ExampleProblem_ValueOfInformation() {
	problem := coast(wind([]float64{10}, []float64{20}))
	x, err := problem.ValueOfInformation(context.Background(), highs.Solver{})
	if err != nil {
		panic(err)
	}
	fmt.Printf("mean: %.0f MW, objective %.1f\n", x.Mean.DayAhead[0], x.Mean.Value.Objective)
	fmt.Printf("both: %.1f MW, objective %.1f\n", x.Plan.DayAhead[0], x.Plan.Value.Objective)
	fmt.Printf("VSS %.1f, EVPI %.1f\n", x.VSS, x.EVPI)
	// Output:
	// mean: 15 MW, objective 225.0
	// both: 12.5 MW, objective 262.5
	// VSS 37.5, EVPI 37.5
}

// A plan for 10 and 20 MWh is tested on a calm scenario of 4 MWh: the schedule
// of 12.5 MW stays, the shortage of 8.5 MWh costs 255.
func ExamplePlan_Recourse() {
	ctx := context.Background()
	plan, err := coast(wind([]float64{10}, []float64{20})).Solve(ctx, highs.Solver{})
	if err != nil {
		panic(err)
	}
	tested, err := plan.Recourse(ctx, highs.Solver{}, wind([]float64{4}))
	if err != nil {
		panic(err)
	}
	fmt.Printf("schedule %.1f MW, imbalance cost %.0f\n", tested.DayAhead[0], tested.Value.Imbalance)
	// Output: schedule 12.5 MW, imbalance cost 255
}

// Verify finds an income that the schedules do not support.
func ExamplePlan_Verify() {
	plan, err := coast(wind([]float64{10}, []float64{20})).Solve(context.Background(), highs.Solver{})
	if err != nil {
		panic(err)
	}
	fmt.Println("members without rules:", len(plan.Unaudited()))
	plan.Results[1].Trade++
	fmt.Println(plan.Verify(0))
	// Output:
	// members without rules: 0
	// 2 rules are broken beyond a tolerance of 1e-06:
	//   coast: trade in scenario 1 is 801, want = 800
	//   coast: expected trade is 600, want = 600.5
}

// In hour 0 the battery charges 1 MWh. The members of the next window start
// from 3 MWh.
func ExampleRollForward() {
	problem := coast(wind([]float64{0, 0, 0}))
	problem.VPP.Demand = "wind" // no demand
	store := battery()
	store.Charge = 1
	problem.Members = []der.DER{store}
	problem.Setting.Markets.Electricity = &market.Tariff{
		Calendar: market.Calendar{Steps: 3}, Buy: market.Series{20, 90, 90}, Sell: market.Series{10, 80, 40},
	}
	plan, err := problem.Solve(context.Background(), highs.Solver{})
	if err != nil {
		panic(err)
	}
	next, err := vpp.RollForward(plan, 0, 1)
	if err != nil {
		panic(err)
	}
	fmt.Println("initial energy:", next[0].(*der.Storage).Initial, "MWh")
	// Output: initial energy: 3 MWh
}

// A session solves a sequence of weights. The second program differs in its
// costs only.
func ExampleSession() {
	ctx := context.Background()
	problem := coast(wind([]float64{10}, []float64{20}))
	session := vpp.NewSession(highs.Solver{})
	defer session.Close()
	for _, risk := range []float64{0.5, 0.1} {
		problem.Setting.Weights = weights.Vector{Economic: 1 - risk, Risk: risk}
		plan, err := session.Solve(ctx, problem, 0b1) // DER 0 is a member
		if err != nil {
			panic(err)
		}
		update, _, _ := strings.Cut(plan.Solution.Update, ":")
		fmt.Printf("objective %.2f, %s\n", plan.Value.Objective, update)
	}
	// Output:
	// objective 262.50, built
	// objective 532.50, updated
}

// The battery offsets deviations of the farm and adds 20 to its value of 550.
// The Shapley value gives half of that to each, 560 and 10, and the VPP passes
// on half of both shares.
func ExampleCoalitions() {
	ctx := context.Background()
	problem := coast(wind([]float64{10, 20}, []float64{20, 10}))
	problem.Members = append(problem.Members, battery())
	all := vpp.Coalition(0b11)
	coalitions, err := vpp.NewCoalitions(problem, highs.Solver{})
	if err != nil {
		panic(err)
	}
	for _, s := range vpp.Required(vpp.Shapley{}, all) {
		outcome, err := coalitions.Outcome(ctx, s)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%v: %.0f\n", s.Members(), outcome.Value.Integrated)
	}
	of, err := coalitions.OutcomesOf(vpp.Required(vpp.Shapley{}, all)...)
	if err != nil {
		panic(err)
	}
	payoffs := vpp.Payoffs(all, of, vpp.Shapley{}, 0.5)
	fmt.Printf("farm %.0f, battery %.0f\n", payoffs[0], payoffs[1])
	// Output:
	// []: 0
	// [0]: 550
	// [1]: 0
	// [0 1]: 570
	// farm 280, battery 5
}

// gloves is the glove game: members 0 and 1 have a left glove, member 2 has the
// right one, and a pair is worth 6.
func gloves(s vpp.Coalition) *vpp.Outcome {
	out := &vpp.Outcome{Coalition: s}
	if s.Has(2) && s.Size() > 1 {
		out.Value.Integrated = 6
	}
	return out
}

// The owner of the scarce glove receives most of the gain.
func ExampleShapley() {
	shares := vpp.Shapley{}.Shares(0b111, gloves)
	fmt.Printf("%.0f %.0f %.0f\n", shares[0], shares[1], shares[2])
	// Output: 1 1 4
}

// A left glove adds nothing, because another one is left. The contributions sum
// to the gain here; in general they do not.
func ExampleMarginal() {
	shares := vpp.Marginal{}.Shares(0b111, gloves)
	fmt.Println(shares[0], shares[1], shares[2], "rest", vpp.Budget(0b111, gloves, shares))
	// Output: 0 0 6 rest 0
}

// Contributions of 3 and 1 MWh divide a gain of 100.
func ExampleByService() {
	of := func(s vpp.Coalition) *vpp.Outcome {
		return &vpp.Outcome{
			Coalition: s,
			Value:     vpp.Value{Integrated: 50 * float64(s.Size())},
			Service:   map[int]float64{0: 3, 1: 1},
		}
	}
	fmt.Println(vpp.ByService{Contribution: vpp.Delivered}.Shares(0b11, of))
	// Output: map[0:75 1:25]
}

// Of ten members the sample needs a part of the 1024 coalitions only.
func ExampleSampledShapley() {
	all := vpp.Coalition(1<<10 - 1)
	fmt.Println(len(vpp.Required(vpp.Shapley{}, all)), "coalitions for the exact value")
	rule := vpp.SampledShapley{Orders: 4}
	fmt.Println(len(vpp.Required(rule, all)) <= 2*4*10, rule)
	// Output:
	// 1024 coalitions for the exact value
	// true Shapley value from 4 orders of arrival and their reverses
}

// The mean objective of plans on five samples, with its 95 % confidence
// interval.
func ExampleInterval() {
	mean, half, err := vpp.Interval([]float64{98, 102, 101, 97, 102}, 0.95)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.0f ± %.1f\n", mean, half)
	// Output: 100 ± 2.9
}

// villages are two VPPs with demands of 8 and 6 MW. The engine of the first one
// costs 75 per MWh.
func villages() []vpp.Participant {
	return []vpp.Participant{
		{
			VPP:     vpp.VPP{Name: "north", Demand: "north"},
			Members: []der.DER{&der.Thermal{ID: "engine", MaxOutput: 10, MustRun: true, Linear: 75}},
		},
		{VPP: vpp.VPP{Name: "south", Demand: "south"}},
	}
}

// Two villages share a market with the price 60 + 2 Q. At a price of 75 they
// buy 7.5 MWh in sum.
func ExampleFindEquilibrium() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 1})
	for name, mw := range map[string]float64{"north": 8, "south": 6} {
		if err := set.AddForecast(name, "MW", []float64{mw}); err != nil {
			panic(err)
		}
	}
	base := market.Flat(market.Electricity, market.Calendar{Steps: 1}, 60)
	setting := vpp.Setting{Set: set, Weights: weights.Vector{Economic: 1}, Markets: vpp.Markets{
		Electricity: &market.Linear{Market: base, Slope: market.Series{2}}, // currency per MWh, per MWh
	}}
	found, err := vpp.FindEquilibrium(context.Background(), highs.Solver{}, villages(), setting,
		vpp.EquilibriumOptions{Tolerance: 1e-3})
	if err != nil {
		panic(err)
	}
	x := found.Market(market.Electricity)
	buy, _ := x.MarketPrices(0, 0)
	fmt.Printf("price %.1f, converged: %t\n", buy, found.Converged)
	fmt.Printf("purchases %.1f and %.1f MWh\n", x.Bought[0][0][0], x.Bought[1][0][0])
	fmt.Printf("payments %.1f and %.1f, outside %.1f\n", x.Payments[0][0][0], x.Payments[1][0][0], x.Outside[0][0])
	// Output:
	// price 75.0, converged: true
	// purchases 1.5 and 6.0 MWh
	// payments 112.5 and 450.0, outside -562.5
}

// Two farms respond to given prices in rounds. Damping moves the price half of
// the way each time.
func ExampleEquilibriumOptions() {
	problem := coast(wind([]float64{10}))
	base := market.Flat(market.Electricity, market.Calendar{Steps: 1}, 40)
	problem.Setting.Markets = vpp.Markets{Electricity: &market.Linear{Market: base, Slope: market.Series{1}}}
	found, err := vpp.FindEquilibrium(context.Background(), highs.Solver{}, []vpp.Participant{
		{VPP: vpp.VPP{Name: "east"}, Members: []der.DER{&der.Wind{ID: "east farm", Available: "wind"}}},
		{VPP: vpp.VPP{Name: "west"}, Members: []der.DER{&der.Wind{ID: "west farm", Available: "wind"}}},
	}, problem.Setting, vpp.EquilibriumOptions{Method: vpp.FixedPoint, Tolerance: 0.01, Rounds: 30, Damping: 0.5})
	if err != nil {
		panic(err)
	}
	_, sell := found.Market(market.Electricity).MarketPrices(0, 0)
	fmt.Printf("%v: price %.0f, converged: %t\n", found.Method, sell, found.Converged)
	// Output: fixed point: price 20, converged: true
}

// Without an engine the demand of 12 MW exceeds the import limit of 3 MW by 9
// MW in step 1.
func ExampleProgram_Explain() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})
	if err := set.Add("load", "MW", [][]float64{{2, 12}}); err != nil {
		panic(err)
	}
	program, err := vpp.Problem{
		VPP: vpp.VPP{Name: "mill", Demand: "load", ImportLimit: optional.Of(3)},
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 1},
			Markets: vpp.Markets{Electricity: market.Flat(market.Electricity, market.Calendar{Steps: 2}, 60)},
		},
	}.Formulate()
	if err != nil {
		panic(err)
	}
	why, err := program.Explain(context.Background(), highs.Solver{})
	if err != nil {
		panic(err)
	}
	fmt.Println(why)
	// Output:
	// constraints that cannot hold within the bounds of their variables (1):
	//   mill.balance misses its upper limit by 9 at (0,1)
}

// A battery of 2 MW whose power is given in kW.
func ExampleProblem_Warnings() {
	p := coast(wind([]float64{4, 6}, []float64{5, 5}, []float64{6, 4}))
	cell := battery()
	cell.Charge, cell.Discharge = 2000, 2000
	p.Members = append(p.Members, cell)
	warnings, err := p.Warnings()
	fmt.Println(strings.Join(warnings, "\n"), err)
	// Output:
	// Charge of storage "battery": 2000 MW is 400 times the largest value of the series, 5 MW; check the unit: 2000 kW are 2 MW <nil>
}

// The import limit of 3 MW is below the demand of 4 MW in step 1.
func ExampleInfeasibleError() {
	p := coast(wind([]float64{2, 4}))
	p.VPP.Demand, p.Members = "wind", nil
	p.VPP.ImportLimit = optional.Of(3)
	program, err := p.Formulate()
	if err != nil {
		panic(err)
	}
	_, err = program.Solve(context.Background(), highs.Solver{})
	var conflict *vpp.InfeasibleError
	fmt.Println(errors.As(err, &conflict), errors.Is(err, milp.ErrInfeasible))
	fmt.Println(conflict.Reason)
	// Output:
	// true true
	// VPP "coast" lacks 1 MW of power in scenario 0, step 1 (hour 1)
}
