package vpp_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/decompose"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/milp/ipm"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// sameOptimum solves a model as a whole and by decomposition. The optima must
// agree within 1e-6 of their size, the bound must hold, and the values must be
// feasible. It reports whether the model was decomposed.
func sameOptimum(t *testing.T, m *milp.Model) bool {
	t.Helper()
	const gap = 1e-7
	solver := testsolver.New(t)
	solver.Gap, solver.AbsoluteGap = gap, 0
	whole, err := solver.Solve(t.Context(), m)
	require.NoError(t, err)
	parts, err := decompose.Solver{Of: solver, Linear: ipm.Solver{}, MinBlocks: 2}.Solve(t.Context(), m)
	require.NoError(t, err)
	require.Equal(t, whole.Status, parts.Status)
	if whole.Values == nil {
		return parts.Update == decompose.Decomposed
	}
	size := 1e-6 * max(1, math.Abs(whole.Objective))
	assert.InDelta(t, whole.Objective, parts.Objective, size)
	assert.LessOrEqual(t, parts.Objective, parts.Bound+size, "a maximum")
	assert.GreaterOrEqual(t, parts.Bound, whole.Objective-size, "the bound excludes the optimum")
	assert.Nil(t, milp.Verify(m, parts.Values, 1e-5))
	return parts.Update == decompose.Decomposed
}

// modelOf returns the program of a VPP with one or two thermal units, a wind
// farm, a demand and, by chance, a store and a demand that can be reduced.
// Prices are negative in about a fifth of the hours. change sets the reading of
// risk.
func modelOf(t *testing.T, seed uint64, probability []float64, change func(*vpp.Setting)) *milp.Model {
	t.Helper()
	const steps = 6
	random := rand.New(rand.NewPCG(seed, 77))
	path := func(low, high float64) [][]float64 {
		out := make([][]float64, len(probability))
		for s := range out {
			for range steps {
				out[s] = append(out[s], low+(high-low)*random.Float64())
			}
		}
		return out
	}
	set := hourly(t, steps, probability, map[string][][]float64{"load": path(4, 9), "wind": path(0, 6), "cold": path(1, 3)})
	var buy, sell market.Series
	for range steps {
		price := 150*random.Float64() - 30
		buy, sell = append(buy, price), append(sell, price-30*random.Float64())
	}
	calendar := market.Calendar{Steps: steps}
	a, b := 0.3+0.4*random.Float64(), 0.1+0.2*random.Float64()
	setting := vpp.Setting{
		Set: set, Weights: weights.Vector{Economic: a, Risk: b, Environment: 1 - a - b},
		Markets: vpp.Markets{
			Electricity: &market.Tariff{Calendar: calendar, Buy: buy, Sell: sell},
			Imbalance:   &market.Imbalance{Calendar: calendar, Price: sell, Short: market.Series{40}, Long: market.Series{25}, Tolerance: market.Series{random.Float64()}},
			Carbon:      market.Flat(market.Carbon, calendar, 40),
		},
	}
	change(&setting)
	v := vpp.VPP{Name: "park", Demand: "load", RiskAversion: 0.2 + random.Float64(), ImportLimit: optional.Of(30), ExportLimit: optional.Of(30)}
	ders := []der.DER{
		&der.Wind{ID: "wind", Available: "wind", CurtailmentPenalty: 20 * random.Float64()},
		&der.Thermal{
			ID: "coal", MinOutput: 2, MaxOutput: 6, RampUp: optional.Of(1.5), RampDown: optional.Of(1.5), MinUp: 3, MinDown: 2, NoLoad: 80,
			Linear: 20 + 40*random.Float64(), StartUp: []der.StartCost{{Cost: 60}}, EmissionFactor: 0.9, Quota: 0.6,
		},
	}
	for _, d := range []der.DER{
		&der.Thermal{ID: "gas", MinOutput: 1, MaxOutput: 4, MinUp: 2, NoLoad: 60, Linear: 30 + 50*random.Float64(), StartUp: []der.StartCost{{Cost: 20}}, EmissionFactor: 0.4},
		&der.Storage{ID: "battery", Charge: 2, Discharge: 2, Energy: 6, Initial: optional.Of(3), ChargeEfficiency: 0.9, DischargeEfficiency: 0.9, Wear: 20},
		&der.DemandResponse{ID: "cooling", Load: "cold", MaxReductionShare: optional.Of(0.4), Rebound: der.Rebound(random.IntN(5)), ReductionCost: 3},
	} {
		// The exclusivity of a store at negative prices has a binary per
		// scenario and step.
		if _, store := d.(*der.Storage); random.IntN(2) == 0 && (!store || random.IntN(3) == 0) {
			ders = append(ders, d)
		}
	}
	program, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Formulate()
	require.NoError(t, err)
	return program.Model
}

// TestDecompositionEqualsTheExtensiveForm compares random programs with
// negative prices under every reading of risk. TRIGRID_SLOW=1 compares 100 of
// up to 50 scenarios.
func TestDecompositionEqualsTheExtensiveForm(t *testing.T) {
	programs, most := 8, 7
	if os.Getenv("TRIGRID_SLOW") == "1" {
		programs, most = 100, 50
	}
	decomposed := 0
	for seed := range uint64(programs) {
		random := rand.New(rand.NewPCG(seed, 5))
		probability := make([]float64, 2+random.IntN(most-1))
		sum := 0.0
		for s := range probability {
			probability[s] = 0.2 + random.Float64()
			sum += probability[s]
		}
		for s := range probability {
			probability[s] /= sum
		}
		model := modelOf(t, seed, probability, func(c *vpp.Setting) {
			c.Modelling.RiskOf = vpp.RiskOf(seed % 2)
			c.Modelling.ImbalanceAccounting = vpp.ImbalanceAccounting(seed / 2 % 2)
			c.Risk = vpp.CVaR{Confidence: []float64{0, 0.5, 0.9, 1}[seed/4%4]}
		})
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			if sameOptimum(t, model) {
				decomposed++
			}
		})
	}
	t.Logf("%d of %d programs were decomposed, the others solved whole", decomposed, programs)
	assert.GreaterOrEqual(t, decomposed, programs/2)
}

// TestDecompositionAtTheEndsOfRisk has a confidence of 0, which needs no column
// of the first stage, and of 1, whose column bounds the loss of every scenario,
// so that scenarios have no solution below it.
func TestDecompositionAtTheEndsOfRisk(t *testing.T) {
	for _, confidence := range []float64{0, 1} {
		for _, of := range []vpp.RiskOf{vpp.ImbalanceCost, vpp.TotalLoss} {
			model := modelOf(t, 3, scenario.Equal(4), func(c *vpp.Setting) {
				c.Risk = vpp.CVaR{Confidence: confidence}
				c.Modelling.RiskOf = of
			})
			assert.True(t, sameOptimum(t, model), "confidence %v of %v was not decomposed", confidence, of)
		}
	}
}

// TestDecompositionOfTies repeats each of two scenarios three times, so that
// blocks are equal and many points of the first stage have equal costs.
func TestDecompositionOfTies(t *testing.T) {
	model := modelOf(t, 3, []float64{0.7, 0.3}, func(c *vpp.Setting) { c.Set = c.Set.Split(1, 3).Split(0, 3) })
	assert.True(t, sameOptimum(t, model))
}

// TestDecompositionLeavesOthersAlone has one scenario, which is no
// decomposition, and fewer scenarios than the least number.
func TestDecompositionLeavesOthersAlone(t *testing.T) {
	assert.False(t, sameOptimum(t, modelOf(t, 1, []float64{1}, func(*vpp.Setting) {})))
	model := modelOf(t, 1, scenario.Equal(3), func(*vpp.Setting) {})
	out, err := decompose.Solver{Of: highs.Solver{}}.Solve(t.Context(), model)
	require.NoError(t, err)
	assert.NotEqual(t, decompose.Decomposed, out.Update)
}
