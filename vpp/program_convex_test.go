package vpp_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// A unit with the cost 0.2 p² per hour, by hand: 20 at p = 10, and at a price
// of 3.8 the output with 0.4 p = 3.8, which is 9.5, earns 3.8 · 9.5 − 0.2 ·
// 9.5² = 18.05.
func TestRightQuadraticCosts(t *testing.T) {
	unit := &der.Thermal{ID: "Stack", MaxOutput: 80, Quadratic: 0.2}
	for _, c := range []struct {
		demand, buy, sell, output, want float64
	}{
		{10, 60, 0, 10, -20},
		{0, 60, 3.8, 9.5, 18.05},
		{0, 200, 100, 80, 100*80 - 0.2*6400}, // at its maximum
		{0, 60, 0, 0, 0},
	} {
		set := hourly(t, 1, []float64{1}, map[string][][]float64{"town": {{c.demand}}})
		plan := solve(t, vpp.VPP{Name: "Hill", Demand: "town"}, []der.DER{unit}, priced(set, c.buy, c.sell))
		output := plan.Members[0].Schedule.Realised[0].Injected[0]
		t.Logf("0.2 p², demand %v, sale at %v | %v at p = %v | by hand | %v at p = %v", c.demand, c.sell, c.want, c.output, plan.Value.Objective, output)
		assert.InDelta(t, c.want, plan.Value.Objective, 2e-5*max(1, math.Abs(c.want)))
		assert.InDelta(t, c.output, output, 0.02)
		assert.InDelta(t, 0.2*output*output, plan.Value.Cost, 1e-9)
		assert.LessOrEqual(t, c.want, plan.Value.Objective+plan.AbsoluteGap+1e-6*max(1, math.Abs(c.want)))
		assert.Equal(t, milp.Optimal, plan.Solution.Status)
	}
}

// dispatchByHand returns the value of an hour of units with costs b p + a p² on
// [min, max] that are all on, for a demand that can be bought at buy and a
// surplus that is sold at sell, buy ≥ sell. All units have the marginal cost λ,
// except those at a limit: outputs rise with λ like water in vessels.
func dispatchByHand(units []*der.Thermal, demand, buy, sell float64) float64 {
	outputs := func(lambda float64) (total, cost float64) {
		for _, u := range units {
			p := min(max((lambda-u.Linear)/(2*u.Quadratic), u.MinOutput), u.MaxOutput)
			total += p
			cost += u.NoLoad + u.Linear*p + u.Quadratic*p*p
		}
		return total, cost
	}
	lower, upper := sell, buy
	for range 200 {
		middle := 0.5 * (lower + upper)
		if total, _ := outputs(middle); total < demand {
			lower = middle
		} else {
			upper = middle
		}
	}
	total, cost := outputs(0.5 * (lower + upper))
	if total < demand {
		return -cost - buy*(demand-total)
	}
	return -cost + sell*(total-demand)
}

// Random programs of one and two units that are on in all hours have a closed
// form.
func TestQuadraticDispatchByEqualMarginalCosts(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 8))
	for i := range 24 {
		const steps, scenarios = 3, 2
		var units []*der.Thermal
		var ders []der.DER
		for k := range 1 + i%2 {
			most := 1 + 30*random.Float64()
			units = append(units, &der.Thermal{
				ID: fmt.Sprint("unit", k), MinOutput: most * 0.4 * random.Float64(), MaxOutput: most, MustRun: true,
				Before: der.ThermalState{Boundary: der.BeforeFree}, NoLoad: 50 * random.Float64(),
				Linear: 40*random.Float64() - 5, Quadratic: math.Exp(4*random.Float64() - 3),
			})
			ders = append(ders, units[k])
		}
		paths := make([][]float64, scenarios)
		for s := range paths {
			for range steps {
				paths[s] = append(paths[s], 40*random.Float64())
			}
		}
		sell := 40 * random.Float64()
		buy := sell + 40*random.Float64()
		want := 0.0
		probability := []float64{0.3, 0.7}
		for s := range paths {
			for _, demand := range paths[s] {
				want += probability[s] * dispatchByHand(units, demand, buy, sell)
			}
		}
		set := hourly(t, steps, probability, map[string][][]float64{"town": paths})
		plan := solve(t, vpp.VPP{Name: "v", Demand: "town"}, ders, priced(set, buy, sell))
		assert.InDelta(t, want, plan.Value.Objective, 3e-6*max(1, plan.Value.Cost), "case %d", i)
		assert.LessOrEqual(t, plan.CostError, 1e-6*max(1, plan.Value.Cost))
		assert.LessOrEqual(t, want, plan.Value.Objective+plan.AbsoluteGap+1e-7*max(1, math.Abs(want)), "case %d: the gap holds for the true cost", i)
		assert.LessOrEqual(t, plan.AbsoluteGap, 5e-6*max(1, plan.Value.Cost), "case %d: and is small", i)
	}
}

// committed returns a random problem of two units with commitment, and the same
// with chords.
func committed(t *testing.T, random *rand.Rand, pieces int) (curved, chords vpp.Problem, chordError float64) {
	t.Helper()
	const steps, scenarios = 6, 2
	paths := make([][]float64, scenarios)
	for s := range paths {
		for range steps {
			paths[s] = append(paths[s], 14*random.Float64())
		}
	}
	var buy, sell market.Series
	for range steps {
		price := 20 + 60*random.Float64()
		buy, sell = append(buy, price+20), append(sell, price-10)
	}
	set := hourly(t, steps, []float64{0.5, 0.5}, map[string][][]float64{"town": paths})
	calendar := market.Calendar{Steps: steps}
	curved = vpp.Problem{
		VPP: vpp.VPP{Name: "v", Demand: "town", RiskAversion: 1, ImportLimit: optional.Of(15), ExportLimit: optional.Of(15)},
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 0.6, Risk: 0.4}, Risk: vpp.CVaR{Confidence: 0.5},
			Markets: vpp.Markets{
				Electricity: &market.Tariff{Calendar: calendar, Buy: buy, Sell: sell},
				Imbalance:   &market.Imbalance{Calendar: calendar, Price: sell, Short: market.Series{30}, Long: market.Series{20}},
			},
		},
	}
	chords = curved
	for k := range 2 {
		u := der.Thermal{
			ID: fmt.Sprint("unit", k), MinOutput: 1 + random.Float64(), MaxOutput: 4 + 4*random.Float64(),
			RampUp: optional.Of(2 + 2*random.Float64()), RampDown: optional.Of(2 + 2*random.Float64()), MinUp: 2, MinDown: 2,
			NoLoad: 40 * random.Float64(), Linear: 10 + 20*random.Float64(), Quadratic: 1 + 4*random.Float64(),
			StartUp: []der.StartCost{{Cost: 60 * random.Float64()}},
		}
		twin := u
		twin.Pieces = pieces
		curved.Members, chords.Members = append(curved.Members, &u), append(chords.Members, &twin)
		width := (u.MaxOutput - u.MinOutput) / float64(pieces)
		chordError += steps * u.Quadratic * width * width / 4
	}
	return curved, chords, chordError
}

// Programs with commitment agree with 200 chords per unit, which cost at most a
// (R/200)²/4 more per hour. Risk of the total loss has the costs in the rows of
// the risk measure.
func TestQuadraticCommitmentAgreesWithFineChords(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 9))
	solver := testsolver.New(t)
	for i := range 8 {
		curved, chords, chordError := committed(t, random, 200)
		if i%4 == 3 {
			curved.Setting.Modelling.RiskOf, chords.Setting.Modelling.RiskOf = vpp.TotalLoss, vpp.TotalLoss
		}
		plan := solve(t, curved.VPP, curved.Members, curved.Setting)
		twin := solve(t, chords.VPP, chords.Members, chords.Setting)
		size := max(1, plan.Value.Cost)
		assert.LessOrEqual(t, twin.Value.Objective, plan.Value.Objective+plan.AbsoluteGap+1e-6*size, "case %d: the chords' schedule is one", i)
		assert.LessOrEqual(t, plan.Value.Objective, twin.Value.Objective+twin.AbsoluteGap+2*chordError+1e-6*size, "case %d", i)
		assert.LessOrEqual(t, plan.AbsoluteGap, 1e-5*size, "case %d", i)

		// The other ways to the same plan.
		program, err := curved.Formulate()
		require.NoError(t, err)
		rows := program.Model.Rows()
		full, err := program.Solve(t.Context(), solver)
		require.NoError(t, err)
		assert.InDelta(t, plan.Value.Objective, full.Value.Objective, 1e-5*size)
		assert.Equal(t, rows, program.Model.Rows(), "the model of a caller is not changed")
		assert.Len(t, full.Solution.Values, program.Model.Vars())
		assert.Len(t, full.Solution.Duals, rows)
		if i >= 2 {
			continue
		}
		session := vpp.NewSession(solver)
		for range 2 {
			live, err := session.Solve(t.Context(), curved, 0b11)
			require.NoError(t, err)
			assert.InDelta(t, plan.Value.Objective, live.Value.Objective, 1e-5*size)
		}
		require.NoError(t, session.Close())
		selected, err := curved.Select(t.Context(), solver)
		require.NoError(t, err)
		require.NoError(t, selected.Verify(0))
		best := math.Inf(-1)
		for coalition := range vpp.Coalition(4) {
			part := curved
			part.Members = nil
			for _, k := range coalition.Members() {
				part.Members = append(part.Members, curved.Members[k])
			}
			best = max(best, solve(t, part.VPP, part.Members, part.Setting).Value.Objective)
		}
		assert.InDelta(t, best, selected.Value.Objective, 1e-5*size)
		again, err := plan.Recourse(t.Context(), solver, curved.Setting.Set)
		require.NoError(t, err)
		assert.InDelta(t, plan.Value.Objective, again.Value.Objective, 1e-5*size)
		assert.Same(t, curved.Members[0], plan.Members[0].DER, "members stay the caller's own")
	}
}

// With one round the error stays above its tolerance. The plan has a status of
// its own, and its gap still covers the true optimum.
func TestCostErrorAtTheLastRound(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 1))
	for i := range 4 {
		problem, _, _ := committed(t, random, 1)
		best := solve(t, problem.VPP, problem.Members, problem.Setting)
		assert.Empty(t, best.Warnings())

		problem.Setting.Modelling.CostRounds = 1
		rough, err := problem.Solve(t.Context(), testsolver.New(t))
		require.NoError(t, err)
		require.NoError(t, rough.Verify(0), "amounts are true at every error")
		allowed := 1e-6 * max(1, rough.Value.Cost)
		require.Greater(t, rough.CostError, allowed, "case %d", i)
		assert.Equal(t, milp.Feasible, rough.Solution.Status)
		assert.Contains(t, rough.Solution.Stopped, "after 1 rounds of tangents the cost error is")
		assert.Contains(t, fmt.Sprint(rough.Warnings()), "exceeds the tolerance")
		assert.GreaterOrEqual(t, rough.AbsoluteGap, rough.CostError*0.6)
		assert.LessOrEqual(t, best.Value.Objective, rough.Value.Objective+rough.AbsoluteGap+1e-6*max(1, rough.Value.Cost))
		assert.LessOrEqual(t, rough.Value.Objective, best.Value.Objective+best.AbsoluteGap+1e-6*max(1, rough.Value.Cost))

		problem.Setting.Modelling = vpp.Modelling{CostTolerance: 1e-2}
		coarse, err := problem.Solve(t.Context(), testsolver.New(t))
		require.NoError(t, err)
		require.NoError(t, coarse.Verify(0))
		assert.LessOrEqual(t, coarse.CostError, 1e-2*max(1, coarse.Value.Cost))
		assert.Equal(t, milp.Optimal, coarse.Solution.Status)
		assert.InDelta(t, best.Value.Objective, coarse.Value.Objective, 4e-2*max(1, coarse.Value.Cost))
	}
	problem, _, _ := committed(t, random, 1)
	problem.Setting.Modelling = vpp.Modelling{CostTolerance: -1, CostRounds: -1}
	err := problem.Validate()
	assert.ErrorContains(t, err, "Modelling.CostTolerance")
	assert.ErrorContains(t, err, "Modelling.CostRounds")
}

// If the objective has no costs of members, nothing is refined, and amounts are
// true all the same.
func TestQuadraticCostsOutsideTheObjective(t *testing.T) {
	problem, _, _ := committed(t, rand.New(rand.NewPCG(5, 2)), 1)
	problem.Setting.Modelling.DispatchObjective = vpp.TariffPayments
	problem.VPP.Tariff = der.Tariff{Injection: []float64{30, 30, 30, 30, 30, 30}}
	plan, err := problem.Solve(t.Context(), testsolver.New(t))
	require.NoError(t, err)
	require.NoError(t, plan.Verify(0))
	assert.Zero(t, plan.CostError)
}

// A seller with the cost c p + k p² at the price a − b p of price takers offers
// p = (a − c) / (2k + b).
func TestQuadraticCostsInAnEquilibrium(t *testing.T) {
	const a, b, c, k = 335., 2., 20.3, 0.7
	unit := &der.Thermal{ID: "n", MaxOutput: 137, MustRun: true, Linear: c, Quadratic: k}
	for _, method := range []vpp.Method{vpp.JointProgram, vpp.FixedPoint} {
		found, err := vpp.FindEquilibrium(t.Context(), testsolver.New(t),
			[]vpp.Participant{{VPP: vpp.VPP{Name: "north"}, Members: []der.DER{unit}}},
			oneHour(t, linear(a, b)), vpp.EquilibriumOptions{Method: method})
		require.NoError(t, err)
		plan := found.Plans[0]
		require.NoError(t, plan.Verify(0))
		want := (a - c) / (2*k + b)
		assert.InDelta(t, want, plan.Members[0].Schedule.Realised[0].Injected[0], 0.15, method)
		if method == vpp.JointProgram {
			assert.LessOrEqual(t, plan.CostError, 1e-6*plan.Value.Cost)
			assert.LessOrEqual(t, found.AbsoluteGap, 1e-4*plan.Value.Cost)
		}
	}
}

// mill is a kind of a user's own with the cost p³ per hour, up to 3 MW.
type mill struct{ id string }

type cube struct{ hours float64 }

func (f cube) Value(p float64) float64 { return f.hours * p * p * p }
func (f cube) Slope(p float64) float64 { return f.hours * 3 * p * p }

func (u *mill) Name() string { return u.id }

func (u *mill) Model(m *milp.Model, on milp.Expr, c der.Context) []der.Terms {
	out := c.NewTerms()
	for s := range out {
		at := c.Namer(u.id, s)
		for t := range c.Steps() {
			p := m.Var(at("output", t), 0, 3).Expr()
			m.AtMost(at("max", t), p, on.Times(3))
			out[s].Inject(t, p)
			out[s].AddConvex(m, at("cost", t), p, on, cube{c.Hours()}, 0, 3)
		}
	}
	return out
}

func (u *mill) Benefit(realised der.Schedule, c der.Context, s int) der.Benefit {
	b := c.Payment(realised, s)
	cost := 0.0
	for _, p := range realised.Realised[s].Injected {
		cost += cube{c.Hours()}.Value(p)
	}
	b.Pay("milling", cost)
	return b
}

// At a price of 12 the mill runs at 3 p² = 12, p = 2, and earns 24 − 8.
func TestAConvexCostOfACustomKind(t *testing.T) {
	set := hourly(t, 1, []float64{1}, nil)
	plan, err := vpp.Problem{VPP: vpp.VPP{Name: "v"}, Members: []der.DER{&mill{"mill"}}, Setting: priced(set, 60, 12)}.
		Solve(t.Context(), testsolver.New(t))
	require.NoError(t, err)
	require.NoError(t, plan.Verify(0))
	assert.InDelta(t, 16, plan.Value.Objective, 3e-5)
	assert.InDelta(t, 2, plan.Members[0].Schedule.Realised[0].Injected[0], 0.01)
	assert.LessOrEqual(t, plan.CostError, 1e-6*plan.Value.Cost)
}

// A seller with the cost c p + k p² alone moves the price a − b (p + others):
// it sells p = (a − b others − c) / (2b + 2k), and pays and is paid the true
// cost. By hand.
func TestRightCostOfAPriceThatMoves(t *testing.T) {
	const a, b, c, k = 90.3, 1.7, 11.9, 0.4
	for _, others := range []float64{0, 3} { // net sales of the others
		electricity := linear(a, b)
		electricity.MaxBuy, electricity.MaxSell, electricity.Others = market.Series{5}, market.Series{60}, market.Series{-others}
		for _, unit := range []*der.Thermal{
			{ID: "n", MaxOutput: 137, Linear: c, Quadratic: k},
			{ID: "n", MaxOutput: 137, Linear: c},
		} {
			p := (a - b*others - c) / (2*b + 2*unit.Quadratic)
			want := (a-b*(p+others))*p - c*p - unit.Quadratic*p*p
			plan := solve(t, vpp.VPP{Name: "north"}, []der.DER{unit}, oneHour(t, electricity))
			sold := plan.Net[0][0]
			t.Logf("price %v - %v (p + %v), cost %v p + %v p² | %v | by hand | %v", a, b, others, c, unit.Quadratic, want, plan.Value.Objective)
			assert.InDelta(t, want, plan.Value.Objective, 3e-6*plan.Value.Trade)
			assert.InDelta(t, p, sold, 0.1)
			assert.InDelta(t, (a-b*(sold+others))*sold, plan.Value.Trade, 1e-6*plan.Value.Trade)
			assert.LessOrEqual(t, want, plan.Value.Objective+plan.AbsoluteGap+1e-7*want)
		}
		electricity.MaxError = 5 // the curve as stated: it lies below the cost
		plan := solve(t, vpp.VPP{Name: "north"}, []der.DER{&der.Thermal{ID: "n", MaxOutput: 137, Linear: c}}, oneHour(t, electricity))
		assert.Zero(t, plan.CostError)
	}
}

// tired is a solver whose searches after the first end at a limit.
type tired struct {
	milp.Solver
	searches int
	spoil    func(*milp.Solution) // the solutions of later searches
	linear   func(*milp.Solution) // those of linear programs after the second search
}

func (x *tired) Solve(ctx context.Context, m *milp.Model) (*milp.Solution, error) {
	solution, err := x.Solver.Solve(ctx, m)
	if m.Integers() > 0 {
		x.searches++
	}
	switch {
	case err != nil || x.searches < 2:
	case m.Integers() > 0 && x.spoil != nil:
		x.spoil(solution)
	case m.Integers() == 0 && x.linear != nil:
		x.linear(solution)
	}
	return solution, err
}

// Programs with convex costs are searched several times. If a later search ends
// at a limit, the plan of an earlier one stays, and its status states the
// limit.
func TestALimitInALaterSearchKeepsThePlan(t *testing.T) {
	nothing := func(s *milp.Solution) {
		*s = milp.Solution{Status: milp.NoSolution, Stopped: "node limit", Objective: math.NaN(), Bound: math.Inf(1), Gap: math.Inf(1)}
	}
	random := rand.New(rand.NewPCG(4, 9))
	later := 0
	for i := range 8 {
		problem, _, _ := committed(t, random, 1)
		best := solve(t, problem.VPP, problem.Members, problem.Setting)
		size := max(1, best.Value.Cost)
		for name, solver := range map[string]*tired{
			"wide": {spoil: func(s *milp.Solution) {
				s.Status, s.Stopped, s.Bound = milp.Feasible, "node limit", s.Bound+0.1*math.Abs(s.Bound)
			}},
			"nothing": {spoil: nothing},
			"linear":  {linear: nothing},
		} {
			solver.Solver = testsolver.New(t)
			program, err := problem.Formulate() // one program, without the rounds of exclusivity rules
			require.NoError(t, err)
			plan, err := program.Solve(t.Context(), solver)
			require.NoError(t, err, "case %d, %s", i, name)
			require.NoError(t, plan.Verify(0))
			assert.LessOrEqual(t, best.Value.Objective, plan.Value.Objective+plan.AbsoluteGap+1e-6*size, "case %d, %s", i, name)
			if plan.Solution.Status == milp.Optimal {
				assert.LessOrEqual(t, plan.AbsoluteGap, 1e-5*size, "case %d, %s: an optimal plan is proven", i, name)
			} else {
				assert.NotEmpty(t, plan.Solution.Stopped)
			}
			if solver.searches > 1 {
				later++
			}
		}
	}
	assert.Positive(t, later)
}
