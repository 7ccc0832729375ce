package vpp_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// variants are solvers with one gap, three seeds, and presolve on and off. With
// a native library there is one more, with the WebAssembly build.
func variants(t *testing.T, gap float64) []highs.Solver {
	solver := testsolver.New(t)
	solver.Gap, solver.AbsoluteGap = gap, 0
	out := []highs.Solver{solver, solver, solver}
	out[1].Seed, out[1].Presolve = 7, highs.PresolveOff
	out[2].Seed, out[2].Presolve, out[2].Search = 42, highs.PresolveOn, highs.SearchProof
	native, wasm := solver, solver
	native.Backend, wasm.Backend = highs.Native, highs.Wasm
	_, err := native.Build()
	if _, missing := wasm.Build(); err != nil || missing != nil {
		t.Logf("one backend only: %v, %v", err, missing)
		return out
	}
	return append(out, native, wasm)
}

// agree solves a problem with each solver. It requires that the plan of each is
// in the ranges of the first ones, up to the given number of ranges, which it
// returns.
func agree(t *testing.T, p vpp.Problem, solvers []highs.Solver, number int) []*vpp.Ranges {
	var (
		plans  []*vpp.Plan
		ranges []*vpp.Ranges
	)
	for _, solver := range solvers {
		plan, err := p.Solve(t.Context(), solver)
		require.NoError(t, err)
		plans = append(plans, plan)
		t.Logf("value %v, objective %v, gap %v", plan.Value.Integrated, plan.Value.Objective, plan.AbsoluteGap)
	}
	for k := range number {
		r, err := p.Ranges(t.Context(), solvers[k], plans[k])
		require.NoError(t, err)
		require.Less(t, r.Integrated.Low, r.Integrated.High)
		ranges = append(ranges, r)
		t.Logf("range %v, %d schedules", r.Integrated, r.Schedules)
		for l, plan := range plans {
			assert.True(t, r.Integrated.Contains(plan.Value.Integrated), "the integrated value %v of solver %d is outside %v of solver %d with %d schedules",
				plan.Value.Integrated, l, r.Integrated, k, r.Schedules)
			for i := range plan.Members {
				m := &plan.Members[i]
				no := slices.IndexFunc(p.Members, func(d der.DER) bool { return d.Name() == m.DER.Name() })
				assert.True(t, r.Revenue[no].Contains(m.Revenue), "the revenue %v of %s by solver %d is outside %v of solver %d with %d schedules",
					m.Revenue, m.DER.Name(), l, r.Revenue[no], k, r.Schedules)
			}
		}
	}
	return ranges
}

// Random VPPs of all kinds of DER have the stated values whatever the seed of
// the solver. A schedule that is certain has ranges of a millionth of its
// amounts.
func TestRangesContainThePlansOfOtherSeeds(t *testing.T) {
	testsolver.New(t) // without a solver, the test is skipped
	gaps, number, certain, parks := []float64{1e-6}, 1, 0, uint64(20)
	if os.Getenv("TRIGRID_SLOW") != "" {
		gaps, number, parks = []float64{1e-3, 1e-4, 1e-6}, 3, 50
	}
	for seed := range parks {
		v, ders, setting := randomPark(t, seed)
		for _, gap := range gaps {
			t.Run(fmt.Sprintf("%d, gap %g", seed, gap), func(t *testing.T) {
				for _, r := range agree(t, vpp.Problem{VPP: v, Members: ders, Setting: setting}, variants(t, gap), number) {
					if r.Schedules == 1 {
						certain++
						assert.Less(t, r.Integrated.Half(), 1e-5*(1+math.Abs(r.Integrated.High)+1e3))
					}
				}
			})
		}
	}
	assert.Greater(t, certain, int(parks)*2/5, "most schedules are certain")
}

// A district of twelve DERs has the stated values whatever the seed, the
// presolve and the backend. With quarter hours more than three commitments are
// optimal within a gap of 1e-6.
func TestRangesContainThePlansOfOtherSolvers(t *testing.T) {
	ders, setting := district(t, 1)
	problem := func(members []der.DER) vpp.Problem {
		return vpp.Problem{VPP: vpp.VPP{Name: "district", RiskAversion: 1, PassThrough: 0.5}, Members: members, Setting: setting}
	}
	gaps := []float64{1e-6}
	if os.Getenv("TRIGRID_SLOW") != "" {
		gaps = append(gaps, 3e-3)
	}
	for _, gap := range gaps {
		for _, members := range [][]der.DER{ders, ders[:6], ders[3:9]} {
			agree(t, problem(members), variants(t, gap), 2)
		}
	}
	if os.Getenv("TRIGRID_SLOW") != "" {
		ders, setting = district(t, 4)
		agree(t, problem(ders), variants(t, 1e-6), 1)
	}
}

// district has two DERs of each of six kinds, a day and five scenarios, and no
// tariff.
func district(t *testing.T, perHour int) ([]der.DER, vpp.Setting) {
	steps := 24 * perHour
	path := func(f func(hour float64) float64) []float64 {
		out := make([]float64, steps)
		for k := range out {
			out[k] = f(float64(k) / float64(perHour))
		}
		return out
	}
	var (
		grid   = scenario.Grid{Start: time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC), Step: time.Hour / time.Duration(perHour), Steps: steps}
		random = rand.New(rand.NewPCG(7, 7))
		series = func(name string, sigma, high float64, f func(hour float64) float64) scenario.Series {
			out, err := scenario.Around(name, "MW", grid, path(f), scenario.NormalErrors{Sigma: sigma, Low: optional.Of(0), High: optional.Of(high)})
			require.NoError(t, err)
			return out
		}
	)
	futures, err := scenario.Generate(t.Context(), scenario.Spec{
		Grid: grid, Samples: 200, Scenarios: 5, Copula: scenario.AutoRegressive{},
		Series: []scenario.Series{
			series("wind", 0.2, 10, func(h float64) float64 { return 4 + 2*math.Cos(2*math.Pi*h/24) }),
			series("sun", 0.15, 8, func(h float64) float64 { return max(0, 6*math.Sin(math.Pi*(h-6)/12)) }),
			series("load", 0.05, 100, func(h float64) float64 {
				return 8 + 3*math.Exp(-math.Pow((h-19)/2.5, 2)) + 2*math.Exp(-math.Pow((h-8)/2, 2))
			}),
		},
	}, rand.NewPCG(1, 2))
	require.NoError(t, err)
	var ders []der.DER
	for k := range 2 {
		ders = append(ders,
			&der.Wind{ID: fmt.Sprint("wind", k), Capacity: optional.Of(10), Available: "wind", Maintenance: 3},
			&der.PV{ID: fmt.Sprint("sun", k), Capacity: optional.Of(8), Available: "sun"},
			&der.Storage{
				ID: fmt.Sprint("battery", k), Charge: 1, Discharge: 1, Energy: 2 + random.Float64(), Initial: optional.Of(1),
				ChargeEfficiency: 0.95, DischargeEfficiency: 0.95, Wear: 5,
			},
			&der.Thermal{
				ID: fmt.Sprint("engine", k), MinOutput: 1, MaxOutput: 3, RampUp: optional.Of(6), RampDown: optional.Of(6), MinUp: 2, MinDown: 2,
				NoLoad: 60, Linear: 85 + 5*random.Float64(), StartUp: []der.StartCost{{Cost: 50}}, EmissionFactor: 0.4,
			},
			&der.ShiftableLoad{
				ID: fmt.Sprint("laundry", k), Profile: slices.Repeat([]float64{0.3}, 6), Usual: 10,
				Window: der.Window{From: 8, To: optional.Of(22)}, ShiftCost: 2,
			},
			&der.Load{ID: fmt.Sprint("homes", k), Demand: "load", Sheddable: 0.1, ShedCost: 300})
	}
	buy := market.Series(path(func(h float64) float64 {
		switch {
		case h < 6:
			return 60
		case h >= 17 && h < 21:
			return 180
		}
		return 110
	}))
	calendar := market.Calendar{Steps: steps, StepHours: grid.Step.Hours()}
	return ders, vpp.Setting{
		Set: futures.Set, Weights: weights.Vector{Economic: 0.7, Risk: 0.2, Environment: 0.1}, Risk: vpp.CVaR{Confidence: 0.8},
		Markets: vpp.Markets{
			Electricity: &market.Tariff{Calendar: calendar, Buy: buy, Sell: buy.Times(0.5)},
			Imbalance:   &market.Imbalance{Calendar: calendar, Price: market.Series{0}, Short: buy.Times(0.3), Long: buy.Times(0.3)},
			Carbon:      market.Flat(market.Carbon, calendar, 70),
		},
	}
}

// Of two equal engines one serves the load, 2 MW for an hour. It earns 60 - 30
// per MWh, and either can be the one: a gap of 1 % allows both.
func TestRangesListEqualEngines(t *testing.T) {
	set := hourly(t, 1, []float64{1}, map[string][][]float64{"load": {{2}}})
	v := vpp.VPP{Name: "pair", Demand: "load", PassThrough: 0.5, Tariff: der.Tariff{Injection: []float64{60}}}
	var ders []der.DER
	for _, id := range []string{"left", "right"} {
		ders = append(ders, &der.Thermal{ID: id, MinOutput: 2, MaxOutput: 2, Linear: 30})
	}
	solver := testsolver.New(t)
	solver.Gap = 1e-6
	p := vpp.Problem{VPP: v, Members: ders, Setting: priced(set, 100, 10)}
	plan, err := p.Solve(t.Context(), solver)
	require.NoError(t, err)
	r, err := p.Ranges(t.Context(), solver, plan)
	require.NoError(t, err)
	assert.Equal(t, 2, r.Schedules)
	assert.InDelta(t, plan.Value.Integrated, r.Integrated.Low, 1e-3)
	assert.InDelta(t, plan.Value.Integrated, r.Integrated.High, 1e-3)
	for i := range ders {
		assert.InDelta(t, 0, r.Revenue[i].Low, 1e-3)
		assert.InDelta(t, 60, r.Revenue[i].High, 1e-3)
	}
}

// The plan has the smallest imbalance cost of all optima with its integers. A
// second program minimises the cost from the columns of the market over these
// optima. Costs are linear, because tangents that are added at a plan would
// change the second program.
func TestImbalanceCostIsTheSmallestOfAllOptima(t *testing.T) {
	v, ders, setting := village(t)
	for k, d := range ders {
		if thermal, ok := d.(*der.Thermal); ok {
			linear := *thermal
			linear.Quadratic = 0
			ders[k] = &linear
		}
	}
	for n := range len(ders) + 1 {
		program, err := vpp.Problem{VPP: v, Members: ders[:n], Setting: setting}.Formulate()
		require.NoError(t, err)
		solver := testsolver.New(t)
		plan, err := program.Solve(t.Context(), solver)
		require.NoError(t, err)

		m := program.Model.Copy()
		m.FixIntegers(plan.Solution.Values)
		m = m.Relaxed()
		var objective, imbalance milp.Expr
		for j := range m.Vars() {
			x := m.VarAt(j)
			objective.Add(x.Times(m.Cost(x)))
			for s := range setting.Set.Len() {
				for step := range setting.Set.Steps() {
					switch x.Name() {
					case milp.At(v.Name, "short", s, step):
						imbalance.Add(x.Times(30 * setting.Set.Probability(s)))
					case milp.At(v.Name, "long", s, step):
						imbalance.Add(x.Times(20 * setting.Set.Probability(s)))
					}
				}
			}
		}
		m.AtLeast(milp.Named("optimal"), objective, milp.Const(objective.Value(plan.Solution.Values)-1e-7))
		m.Minimize(imbalance)
		least, err := solver.Solve(t.Context(), m)
		require.NoError(t, err)
		require.Equal(t, milp.Optimal, least.Status)
		assert.InDelta(t, least.Objective, plan.Value.Imbalance, 1e-3, "%d members", n)
	}
}

// Values of 0, 10 ± 1, 20 ± 1 and 50 ± 2 give two members the Shapley shares 20
// and 30, which change by at most (1 + 0 + 2 + 1) / 2 = 2. With revenues of 100
// ± 3 and 200 and θ = 0.5 the payoffs follow.
func TestPayoffRangesAddRevenueAndShare(t *testing.T) {
	outcome := func(value, half float64) *vpp.Outcome {
		return &vpp.Outcome{
			Value: vpp.Value{Integrated: value}, AbsoluteGap: half,
			Ranges: &vpp.Ranges{Integrated: vpp.Range{Low: value - half, High: value + half}, Schedules: 1},
		}
	}
	all := outcome(50, 2)
	all.Ranges.Revenue = map[int]vpp.Range{0: {Low: 97, High: 103}, 1: {Low: 200, High: 200}}
	outcomes := map[vpp.Coalition]*vpp.Outcome{0: outcome(0, 0), 1: outcome(10, 1), 2: outcome(20, 1), 3: all}
	of := func(s vpp.Coalition) *vpp.Outcome { return outcomes[s] }
	assert.Equal(t, map[int]vpp.Range{0: {Low: 106, High: 114}, 1: {Low: 214, High: 216}}, vpp.PayoffRanges(3, of, vpp.Shapley{}, 0.5))
	assert.InDelta(t, 4, vpp.PayoffTolerance(3, of, vpp.Shapley{}, 0.5, 1), 1e-12)
	all.Ranges.Schedules = 0 // contributions from uncertain schedules: each part is between 0 and 1
	service := vpp.PayoffRanges(3, of, vpp.ByService{}, 0.5)
	assert.Equal(t, vpp.Range{Low: 200 - 1, High: 200 + 25 + 1}, service[1])
}
