package weights_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/weights"
)

// calm is a period in which none of the directional rules acts.
var calm = weights.Signals{CleanShare: 0.6, Volatility: 0.05, SupplyMargin: 0.3}

func TestDirectionalPolicyFollowsTheThreeDirections(t *testing.T) {
	balanced := weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4}
	for _, c := range []struct {
		name    string
		signals weights.Signals
		want    weights.Vector
	}{
		{"calm publishes the base", calm, balanced},
		// Raise 0.5 in full: (0.4, 0.2, 0.9) / 1.5.
		{
			"little clean energy lifts environment",
			weights.Signals{CleanShare: 0.1, Volatility: 0.05, SupplyMargin: 0.3},
			weights.Vector{Economic: 0.4 / 1.5, Risk: 0.2 / 1.5, Environment: 0.9 / 1.5},
		},
		// Volatility 0.2 is half way from 0.1 to 0.3: raise 0.25, (0.4, 0.45,
		// 0.4) / 1.25.
		{
			"volatile output lifts risk",
			weights.Signals{CleanShare: 0.6, Volatility: 0.2, SupplyMargin: 0.3},
			weights.Vector{Economic: 0.32, Risk: 0.36, Environment: 0.32},
		},
		// A shortage is beyond the full strength at margin 0: (0.9, 0.2, 0.4) /
		// 1.5.
		{
			"tight supply lifts economic",
			weights.Signals{CleanShare: 0.6, Volatility: 0.05, SupplyMargin: -0.1},
			weights.Vector{Economic: 0.6, Risk: 0.2 / 1.5, Environment: 0.4 / 1.5},
		},
		// All three in full: (0.9, 0.7, 0.9) / 2.5.
		{
			"everything at once",
			weights.Signals{CleanShare: 0, Volatility: 1, SupplyMargin: -1},
			weights.Vector{Economic: 0.36, Risk: 0.28, Environment: 0.36},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := weights.Directional().Weights(c.signals)
			require.NoError(t, err)
			require.NoError(t, got.Validate())
			for _, d := range weights.Dimensions() {
				assert.InDelta(t, c.want.At(d), got.At(d), 1e-12, d.String())
			}
		})
	}
}

func TestTableIsMonotoneAndIndependentOfRuleOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	table := weights.Directional()
	reversed := table
	reversed.Rules = slices.Clone(table.Rules)
	slices.Reverse(reversed.Rules)
	for range 500 {
		s := weights.Signals{CleanShare: random.Float64(), Volatility: random.Float64() / 2, SupplyMargin: random.Float64() - 0.5}
		before, err := table.Weights(s)
		require.NoError(t, err)
		require.NoError(t, before.Validate())

		other, err := reversed.Weights(s)
		require.NoError(t, err)
		for _, d := range weights.Dimensions() {
			require.InDelta(t, before.At(d), other.At(d), 1e-15)
		}

		// Less clean energy never lowers the environmental weight and never
		// raises another.
		s.CleanShare -= 0.1
		after, err := table.Weights(s)
		require.NoError(t, err)
		require.GreaterOrEqual(t, after.Environment, before.Environment-1e-15)
		require.LessOrEqual(t, after.Economic, before.Economic+1e-15)
		require.LessOrEqual(t, after.Risk, before.Risk+1e-15)
	}
}

func TestRuleMovesInSteps(t *testing.T) {
	r := weights.Rule{Signal: weights.Volatility, Threshold: 0.1, Full: 0.3, Steps: 2}
	for signal, degree := range map[float64]float64{0.05: 0, 0.15: 0, 0.2: 0.5, 0.29: 0.5, 0.3: 1, 9: 1} {
		assert.Equal(t, degree, r.Degree(signal), "signal %v", signal)
	}
	r.Steps = 0
	assert.InDelta(t, 0.25, r.Degree(0.15), 1e-12)
}

func TestTableRejectsWithEveryReason(t *testing.T) {
	table := weights.Table{
		Base: weights.Vector{Economic: 1, Risk: 1},
		Rules: []weights.Rule{
			{Signal: weights.CleanShare, Threshold: 0.5, Full: 0.5, Raise: -1},
			{Signal: weights.Volatility, Threshold: 0, Full: 1, Dimension: weights.Risk, Raise: 1},
			{Signal: weights.Signal(7), Threshold: 0, Full: 1, Dimension: weights.Dimension(9), Steps: -1},
		},
	}
	_, err := table.Weights(weights.Signals{Volatility: math.NaN()})
	require.Error(t, err)
	for _, part := range []string{
		"sum to 2", "rule 0", "must be finite and differ", "Raise is -1",
		"rule 1 needs the signal Volatility, which is NaN",
		"rule 2", "Signal(7) does not exist", "dimension 9 does not exist", "Steps is -1",
	} {
		assert.ErrorContains(t, err, part)
	}
}

func TestUnmeasuredSignalMattersOnlyToTheRuleThatNeedsIt(t *testing.T) {
	table := weights.Directional()
	table.Rules = table.Rules[:1] // listens to CleanShare only
	_, err := table.Weights(weights.Signals{CleanShare: 0.4, Volatility: math.NaN(), SupplyMargin: math.NaN()})
	assert.NoError(t, err)
}

func TestFixedAndBlend(t *testing.T) {
	corner := weights.Fixed{Risk: 1}
	w, err := corner.Weights(weights.Signals{})
	require.NoError(t, err)
	assert.Equal(t, weights.Vector{Risk: 1}, w)

	_, err = weights.Fixed{}.Weights(weights.Signals{})
	assert.Error(t, err)

	// A quarter of (0, 1, 0) and three quarters of (0.4, 0.2, 0.4): (0.3, 0.4,
	// 0.3).
	w, err = weights.Blend{{corner, 1}, {weights.Directional(), 3}}.Weights(calm)
	require.NoError(t, err)
	assert.InDelta(t, 0.3, w.Economic, 1e-12)
	assert.InDelta(t, 0.4, w.Risk, 1e-12)
	assert.InDelta(t, 0.3, w.Environment, 1e-12)

	_, err = weights.Blend{{nil, 1}, {corner, -1}, {weights.Fixed{}, 1}}.Weights(calm)
	require.Error(t, err)
	for _, part := range []string{"part 0 of the blend has no policy", "part 1 of the blend has proportion -1", "part 2 of the blend"} {
		assert.ErrorContains(t, err, part)
	}
	_, err = weights.Blend{}.Weights(calm)
	assert.ErrorContains(t, err, "no part with a positive proportion")
}
