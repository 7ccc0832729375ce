package cvar_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/trigrid/trigrid/cvar"
	"github.com/trigrid/trigrid/milp"
)

// For outcomes that nothing can change, the program finds what the measure
// finds, of both signs.
func TestProgramAgreesWithMeasure(t *testing.T) {
	for seed := range uint64(24) {
		d := random(4*seed + 1) // a dozen scenarios
		m := milp.New()
		level := m.Var(milp.Named("level"), 2, 2)
		exprs := make([]milp.Expr, len(d.values))
		for s, x := range d.values {
			exprs[s] = level.Times(x / 2)
		}
		name := milp.At("vpp", "risk")

		tail, err := d.measure.AddLosses(m, name, exprs, d.probability)
		require.NoError(t, err)
		m.Minimize(tail.CVaR)
		solution := solve(t, m)
		risk := d.risk(t, d.values)
		assert.InDelta(t, risk.CVaR, solution.Objective, 1e-6, "losses, %+v", d)
		if c := d.measure.Confidence; c > 0 && c < 1 {
			require.Len(t, tail.Excess, len(exprs))
			for s, x := range d.values {
				assert.GreaterOrEqual(t, solution.Value(tail.Excess[s]), x-solution.Eval(tail.VaR)-1e-6)
			}
		} else {
			assert.Nil(t, tail.Excess)
		}

		tail, err = d.measure.AddProfits(m, milp.At("vpp", "profit_risk"), exprs, d.probability)
		require.NoError(t, err)
		m.Maximize(tail.CVaR)
		profit, err := d.measure.OfProfits(d.values, d.probability)
		require.NoError(t, err)
		assert.InDelta(t, profit.CVaR, solve(t, m).Objective, 1e-6, "profits, %+v", d)
	}
}

func TestRowsAndColumnsAreNamed(t *testing.T) {
	m := milp.New()
	x := m.Var(milp.Named("x"), 0, 1)
	_, err := cvar.Measure{Confidence: 0.5}.AddLosses(m, milp.At("vpp", "risk"), []milp.Expr{x.Expr(), x.Times(2)}, equal(2))
	require.NoError(t, err)
	var names []string
	for j := range m.Vars() {
		names = append(names, m.VarAt(j).Name().String())
	}
	for i := range m.Rows() {
		names = append(names, m.RowAt(i).Name().String())
	}
	assert.Equal(t, []string{"x", "vpp.risk_var", "vpp.risk_excess(0)", "vpp.risk_excess(1)", "vpp.risk_tail(0)", "vpp.risk_tail(1)"}, names)

	before := m.Rows()
	tail, err := cvar.Measure{}.AddLosses(m, milp.Named("mean"), []milp.Expr{x.Expr(), x.Times(2)}, equal(2))
	require.NoError(t, err)
	assert.Equal(t, before, m.Rows(), "an expectation needs no rows")
	assert.Equal(t, 1.5*4, tail.CVaR.Value([]float64{4, 0, 0, 0}))

	_, err = cvar.Measure{Confidence: 0.5}.AddLosses(m, milp.At("vpp", "risk"), []milp.Expr{x.Expr()}, []float64{100})
	require.ErrorContains(t, err, "vpp.risk: cvar: probabilities sum to 100")
	_, err = cvar.Measure{Confidence: 2}.AddProfits(m, milp.At("vpp", "risk"), nil, nil)
	require.ErrorContains(t, err, "confidence is 2")
	require.ErrorContains(t, err, "no scenarios")
	assert.Equal(t, before, m.Rows(), "what is refused adds nothing")
}

func TestAnchorFarmer(t *testing.T) {
	harvests := [][3]float64{yields(0.8), yields(1), yields(1.2)}
	f := newFarmer(harvests...)
	mean, err := cvar.Measure{}.AddLosses(f.model, milp.Named("mean"), f.cost, equal(3))
	require.NoError(t, err)
	f.model.Minimize(mean.CVaR)
	stochastic := solve(t, f.model)
	anchor(t, "farmer", stochastic.Objective, -108390, 1e-9)
	assert.InDeltaSlice(t, []float64{170, 80, 250}, f.plan(stochastic), 1e-6)

	// The expected value problem, and its plan in the three harvests.
	average := newFarmer(yields(1))
	average.model.Minimize(average.cost[0])
	plan := average.plan(solve(t, average.model))
	for crop, acres := range plan {
		f.model.Fix(f.acres[crop], acres)
	}
	eev := solve(t, f.model)
	anchor(t, "farmer EEV", eev.Objective, -107240, 1e-9)
	anchor(t, "farmer VSS", eev.Objective-stochastic.Objective, 1150, 1e-6)
}

func TestAnchorFarmerWithCVaR(t *testing.T) {
	f := newFarmer(yields(0.8), yields(1), yields(1.2))
	tail, err := cvar.Measure{Confidence: 0.8}.AddLosses(f.model, milp.Named("risk"), f.cost, equal(3))
	require.NoError(t, err)
	var mean milp.Expr
	for _, cost := range f.cost {
		mean.Add(cost.Times(1.0 / 3))
	}
	f.model.Minimize(mean.Plus(tail.CVaR.Times(2)))
	solution := solve(t, f.model)
	anchor(t, "farmer + CVaR", solution.Objective, -220700, 1e-9)

	// The profit form of the same program.
	profits := make([]milp.Expr, 3)
	for s, cost := range f.cost {
		profits[s] = cost.Times(-1)
	}
	mirrored, err := cvar.Measure{Confidence: 0.8}.AddProfits(f.model, milp.Named("profit_risk"), profits, equal(3))
	require.NoError(t, err)
	f.model.Maximize(mirrored.CVaR.Times(2).Minus(mean))
	assert.InDelta(t, 220700, solve(t, f.model).Objective, 1e-4)
}

// Rockafellar and Uryasev, Journal of Risk 2, 2000, section 3: three assets
// with normal returns, a mean return of at least 0.011, CVaR at 0.95 minimised.
// Their exact weights are (.452013, .115573, .432414) with VaR .090200 and CVaR
// .115908.
//
// Returns are sampled here: quasi-random normals along the principal axes of
// the covariance, each point with its mirror image. (Random Latin hypercubes of
// this size leave an error of 0.13 in the weights.) CVaR is so flat in the
// weights at the optimum that they move by hundredths when it moves by a few
// ten-thousandths; what the weights found are worth is exact for normal
// returns, CVaR = −mean + sd·φ(z)/0.05. Tolerances: 0.5 % for what is read off
// the sample, 0.05 for weights, 0.1 % for the exact CVaR of the weights found.
func TestAnchorThreeAssets(t *testing.T) {
	mean := []float64{.010111, .0043532, .0137058}
	covariance := mat.NewSymDense(3, []float64{
		.00324625, .00022983, .00420395,
		.00022983, .00049937, .00019247,
		.00420395, .00019247, .00764097,
	})
	const n, confidence = 8000, 0.95
	returns := mirroredReturns(t, mean, covariance, n)

	m := milp.New()
	var budget, expected milp.Expr
	weights := make([]milp.Var, 3)
	for i, name := range []string{"stocks", "bonds", "small_caps"} {
		weights[i] = m.Var(milp.At(name, "weight"), 0, 1)
		budget.Add(weights[i].Expr())
		expected.Add(weights[i].Times(mean[i]))
	}
	m.Equal(milp.Named("budget"), budget, milp.Const(1))
	m.AtLeast(milp.Named("return"), expected, milp.Const(.011))
	losses := make([]milp.Expr, n)
	for s, r := range returns {
		losses[s] = milp.Sum(weights[0].Times(-r[0]), weights[1].Times(-r[1]), weights[2].Times(-r[2]))
	}
	tail, err := cvar.Measure{Confidence: confidence}.AddLosses(m, milp.Named("risk"), losses, equal(n))
	require.NoError(t, err)
	m.Minimize(tail.CVaR)
	solution := solve(t, m)

	anchor(t, "three assets, sampled CVaR", solution.Objective, .115908, 0.005)
	anchor(t, "three assets, sampled VaR", solution.Eval(tail.VaR), .090200, 0.005)
	found := []float64{solution.Value(weights[0]), solution.Value(weights[1]), solution.Value(weights[2])}
	for i, published := range []float64{.452013, .115573, .432414} {
		t.Logf("anchor three assets, weight %d: found %.6f, published %.6f, difference %.2g", i, found[i], published, found[i]-published)
		assert.InDelta(t, published, found[i], 0.05)
	}
	x := mat.NewVecDense(3, found)
	sd := math.Sqrt(mat.Inner(x, covariance, x))
	normal := distuv.UnitNormal
	exact := -mat.Dot(x, mat.NewVecDense(3, mean)) + sd*normal.Prob(normal.Quantile(confidence))/(1-confidence)
	anchor(t, "three assets, exact CVaR of the weights found", exact, .115908, 0.001)

	// The measure on the same sample agrees with the program.
	values := make([]float64, n)
	for s := range losses {
		values[s] = losses[s].Value(solution.Values)
	}
	risk, err := cvar.Measure{Confidence: confidence}.OfLosses(values, equal(n))
	require.NoError(t, err)
	assert.InEpsilon(t, risk.CVaR, solution.Objective, 1e-6)
}

// mirroredReturns samples normal returns, n of them in mirrored pairs.
func mirroredReturns(t *testing.T, mean []float64, covariance mat.Symmetric, n int) [][3]float64 {
	t.Helper()
	var axes mat.EigenSym
	require.True(t, axes.Factorize(covariance, true))
	var vectors mat.Dense
	axes.VectorsTo(&vectors)
	sizes := axes.Values(nil)
	// Multiples of the powers of 1/g, g⁴ = g + 1, fill the cube evenly (M.
	// Roberts, 2018).
	const g = 1.2207440846057596
	coordinates := make([][]float64, len(mean))
	for k := range coordinates {
		for s := range n / 2 {
			u := math.Mod(0.5+float64(s+1)*math.Pow(g, -float64(k+1)), 1)
			coordinates[k] = append(coordinates[k], distuv.UnitNormal.Quantile(u)*math.Sqrt(sizes[k]))
		}
	}
	out := make([][3]float64, 0, n)
	for s := range n / 2 {
		var there, back [3]float64
		for i := range mean {
			step := 0.0
			for k := range coordinates {
				step += vectors.At(i, k) * coordinates[k][s]
			}
			there[i], back[i] = mean[i]+step, mean[i]-step
		}
		out = append(out, there, back)
	}
	return out
}
