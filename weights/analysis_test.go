package weights_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/weights"
)

// conflict is a small sweep by hand: each corner is best in its own dimension
// and poor elsewhere, the balanced vector is second everywhere and has the
// highest total.
func conflict() []weights.Outcome {
	return []weights.Outcome{
		{weights.Vector{Economic: 1}, weights.Values{Economic: 100, Risk: -40, Environment: 0}},
		{weights.Vector{Risk: 1}, weights.Values{Economic: 20, Risk: 0, Environment: 10}},
		{weights.Vector{Environment: 1}, weights.Values{Economic: 0, Risk: -30, Environment: 50}},
		{weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4}, weights.Values{Economic: 80, Risk: -10, Environment: 40}},
	}
}

func TestAnalysisOfAHandMadeConflict(t *testing.T) {
	a, err := weights.Analyse(conflict(), 3)
	require.NoError(t, err)
	assert.Equal(t, weights.Values{Economic: 100, Risk: 0, Environment: 50}, a.Ideal)
	assert.Equal(t, weights.Values{Economic: 0, Risk: -40, Environment: 0}, a.Nadir)

	first := a.Rows[0]
	assert.Equal(t, weights.Values{Economic: 20, Risk: -30, Environment: -40}, first.Gain)
	assert.Equal(t, weights.Values{Economic: 0.25, Risk: -3, Environment: -1}, first.Relative)
	assert.Equal(t, weights.Values{Economic: 0, Risk: 40, Environment: 50}, first.Regret)
	assert.Equal(t, weights.Values{Economic: 1, Risk: 0, Environment: 0}, first.Normalised)
	assert.Equal(t, 1.0, first.WorstRegret())
	assert.Equal(t, 100.0, first.Score)

	balanced := a.Rows[3]
	assert.Equal(t, weights.Values{}, balanced.Gain, "the reference has no gain or loss by construction")
	assert.Equal(t, weights.Values{Economic: 20, Risk: 10, Environment: 10}, balanced.Regret)
	// Normalised 0.8, 0.75, 0.8: the worst regret is 0.25.
	assert.InDelta(t, 0.25, balanced.WorstRegret(), 1e-12)
	// 0.4·80 − 0.2·10 + 0.4·40 = 46
	assert.InDelta(t, 46, balanced.Score, 1e-12)

	assert.Equal(t, 3, a.Compromise)
	assert.Equal(t, 3, a.HighestTotal) // totals 60, 30, 20, 110
}

func TestNoRowHasTheSmallestRegretEverywhereWhenObjectivesConflict(t *testing.T) {
	a, err := weights.Analyse(conflict(), 3)
	require.NoError(t, err)
	for i := range a.Rows {
		assert.False(t, a.MinimisesRegret(i), "row %d", i)
	}

	// One plan that is best in every dimension: no conflict, and it passes.
	agreed := append(conflict(), weights.Outcome{
		Weights: weights.Vector{Economic: 0.5, Risk: 0.5},
		Value:   weights.Values{Economic: 100, Risk: 0, Environment: 50},
	})
	a, err = weights.Analyse(agreed, 3)
	require.NoError(t, err)
	assert.True(t, a.MinimisesRegret(4))
	assert.Equal(t, 4, a.Compromise)
}

func TestAnalysisIsUnchangedByCurrencyAndByOffsets(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 100 {
		outcomes := conflict()
		for i := range outcomes {
			outcomes[i].Value = weights.Values{Economic: random.NormFloat64(), Risk: random.NormFloat64(), Environment: random.NormFloat64()}
		}
		scaled := append([]weights.Outcome(nil), outcomes...)
		for i := range scaled {
			v := &scaled[i].Value
			v.Economic, v.Risk, v.Environment = 7*v.Economic+3, 7*v.Risk-5, 7*v.Environment+11
		}
		a, err := weights.Analyse(outcomes, 0)
		require.NoError(t, err)
		b, err := weights.Analyse(scaled, 0)
		require.NoError(t, err)
		require.Equal(t, a.Compromise, b.Compromise)
		require.Equal(t, a.HighestTotal, b.HighestTotal)
		for i := range a.Rows {
			for _, d := range weights.Dimensions() {
				require.InDelta(t, a.Rows[i].Normalised.At(d), b.Rows[i].Normalised.At(d), 1e-12)
				require.InDelta(t, 7*a.Rows[i].Regret.At(d), b.Rows[i].Regret.At(d), 1e-12)
				require.GreaterOrEqual(t, a.Rows[i].Regret.At(d), 0.0)
			}
		}
	}
}

func TestAnalysisOfADimensionThatNeverMoves(t *testing.T) {
	outcomes := conflict()
	for i := range outcomes {
		outcomes[i].Value.Environment = 0
	}
	outcomes[3].Value.Economic = 0
	a, err := weights.Analyse(outcomes, 3)
	require.NoError(t, err)
	assert.Equal(t, 1.0, a.Rows[0].Normalised.Environment)
	assert.Equal(t, 0.0, a.Rows[0].Relative.Environment)
	assert.Equal(t, math.Inf(1), a.Rows[0].Relative.Economic, "a gain over nothing")
}

func TestAnalysisRejectsWithEveryReason(t *testing.T) {
	_, err := weights.Analyse([]weights.Outcome{
		{weights.Vector{Economic: 1}, weights.Values{Risk: math.NaN()}},
		{weights.Vector{Economic: 2}, weights.Values{}},
	}, 5)
	require.Error(t, err)
	for _, part := range []string{
		"reference 5 is not among the 2 outcomes",
		"outcome 0: the risk value is NaN",
		"outcome 1: weights: economic 2",
		"whole weight on risk is missing",
		"whole weight on environment is missing",
	} {
		assert.ErrorContains(t, err, part)
	}
}

// Spans of 100, 10 and 50: 0.4/100 : 0.2/10 : 0.4/50 is 4 : 20 : 8.
func TestWeightsInCurrencyOfNormalisedOnes(t *testing.T) {
	balanced := weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4}
	corners := weights.Corners()
	outcomes := []weights.Outcome{
		{Weights: corners[0], Value: weights.Values{Economic: 100, Risk: -10, Environment: 0}},
		{Weights: corners[1], Value: weights.Values{Economic: 0, Risk: 0, Environment: 20}},
		{Weights: corners[2], Value: weights.Values{Economic: 30, Risk: -5, Environment: 50}},
	}
	a, err := weights.Analyse(outcomes, 0)
	require.NoError(t, err)
	found, err := a.Currency(balanced)
	require.NoError(t, err)
	assert.InDelta(t, 0.125, found.Economic, 1e-12)
	assert.InDelta(t, 0.625, found.Risk, 1e-12)
	assert.InDelta(t, 0.25, found.Environment, 1e-12)

	// Differences between any two outcomes are the same up to one factor, here
	// 0.032.
	for i := range a.Rows {
		for j := range a.Rows {
			normalised := balanced.Score(a.Rows[i].Normalised) - balanced.Score(a.Rows[j].Normalised)
			assert.InDelta(t, normalised, 0.032*(found.Score(a.Rows[i].Value)-found.Score(a.Rows[j].Value)), 1e-12)
		}
	}

	for i := range outcomes {
		outcomes[i].Value.Economic = 7
	}
	a, err = weights.Analyse(outcomes, 0)
	require.NoError(t, err)
	found, err = a.Currency(balanced)
	require.NoError(t, err)
	assert.Zero(t, found.Economic)
	_, err = a.Currency(corners[0])
	assert.ErrorContains(t, err, "no outcome differs")
	_, err = a.Currency(weights.Vector{Economic: 2})
	assert.Error(t, err)
}
