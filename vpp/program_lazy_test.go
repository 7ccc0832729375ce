package vpp_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// leaky is a battery that loses much, in a VPP whose energy can be a burden: at
// negative prices and behind a connection that refuses wind under a penalty,
// burning energy by charging and discharging at once would pay.
func leaky(t testing.TB, random *rand.Rand) (vpp.VPP, []der.DER, vpp.Setting) {
	t.Helper()
	const steps, scenarios = 6, 2
	wind := make([][]float64, scenarios)
	for s := range wind {
		for range steps {
			wind[s] = append(wind[s], 1+5*random.Float64())
		}
	}
	var buy, sell market.Series
	for range steps {
		price := 160*random.Float64() - 100
		buy, sell = append(buy, price+5), append(sell, price)
	}
	set := hourly(t, steps, []float64{0.5, 0.5}, map[string][][]float64{"wind": wind})
	calendar := market.Calendar{Steps: steps}
	setting := vpp.Setting{
		Set: set, Weights: weights.Vector{Economic: 0.6, Risk: 0.4}, Risk: vpp.CVaR{Confidence: 0.5},
		Markets: vpp.Markets{
			Electricity: &market.Tariff{Calendar: calendar, Buy: buy, Sell: sell},
			Imbalance:   &market.Imbalance{Calendar: calendar, Price: sell, Short: market.Series{80}, Long: market.Series{120}},
		},
	}
	ders := []der.DER{
		&der.Wind{ID: "wind", Available: "wind", CurtailmentPenalty: 150},
		&der.Storage{
			ID: "battery", Charge: 3, Discharge: 3, Energy: 5, Initial: optional.Of(2),
			ChargeEfficiency: 0.7, DischargeEfficiency: 0.7, Wear: 1,
		},
	}
	return vpp.VPP{Name: "v", RiskAversion: 1, ImportLimit: optional.Of(8), ExportLimit: optional.Of(3)}, ders, setting
}

// Problem.Solve adds exclusivity rules if they are violated; the full program
// has all. Both must agree where it matters, and a plan that burns energy never
// withstands the check.
func TestExclusivityRulesAreAddedIfViolated(t *testing.T) {
	testsolver.New(t)
	random := rand.New(rand.NewPCG(11, 12))
	mattered := 0
	for i := range 12 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			v, ders, setting := leaky(t, random)
			lazy := solve(t, v, ders, setting)
			full := formulated(t, v, ders, setting)
			assert.InDelta(t, full.Value.Objective, lazy.Value.Objective, 1e-6*max(1, abs(full.Value.Objective)))

			program, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Formulate()
			require.NoError(t, err)
			relaxed := optimum(t, program.Model.Relaxed())
			if relaxed.Objective > full.Value.Objective+1e-3 {
				mattered++
			}
		})
	}
	assert.GreaterOrEqual(t, mattered, 4, "in enough of the cases burning energy would have paid")
}

func abs(x float64) float64 { return max(x, -x) }

// At a confidence of 1 the worst case counts whatever its probability: the risk
// has no density. Energy that burns at −100 per MWh, in a VPP that minds only
// shortfalls, still needs the rule stated.
func TestWorstCaseHasNoMinMarginalValue(t *testing.T) {
	set := hourly(t, 2, []float64{0.5, 0.5}, map[string][][]float64{"wind": {{4, 4}, {2, 2}}})
	setting := priced(set, -95, -100)
	setting.Weights, setting.Risk = weights.Vector{Economic: 0.6, Risk: 0.4}, vpp.CVaR{Confidence: 1}
	setting.Markets.Imbalance = &market.Imbalance{Calendar: market.Calendar{Steps: 2}, Price: market.Series{50}, Short: market.Series{10}, Long: market.Series{0}}
	ders := []der.DER{
		&der.Storage{ID: "battery", Charge: 3, Discharge: 3, Energy: 5, Initial: optional.Of(2), ChargeEfficiency: 0.7, DischargeEfficiency: 0.7},
	}
	for _, aversion := range []float64{0, 1} {
		v := vpp.VPP{Name: "v", RiskAversion: aversion}
		full := formulated(t, v, ders, setting)
		assert.InDelta(t, full.Value.Objective, solve(t, v, ders, setting).Value.Objective, 1e-4)
	}
}
