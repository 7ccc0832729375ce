package weights_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/weights"
)

func TestVectorNamesEveryViolationAtOnce(t *testing.T) {
	err := weights.Vector{Economic: -1, Risk: math.NaN(), Environment: math.Inf(1)}.Validate()
	require.Error(t, err)
	assert.ErrorContains(t, err, "economic weight is -1")
	assert.ErrorContains(t, err, "risk weight is NaN")
	assert.ErrorContains(t, err, "environment weight is +Inf")
}

func TestVectorOffTheSimplexIsRejected(t *testing.T) {
	for name, c := range map[string]struct {
		v  weights.Vector
		ok bool
	}{
		"balanced":           {weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4}, true},
		"corner":             {weights.Vector{Risk: 1}, true},
		"sums to 0.9":        {weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.3}, false},
		"zero":               {weights.Vector{}, false},
		"rounding of thirds": {weights.Vector{Economic: 1. / 3, Risk: 1. / 3, Environment: 1. / 3}, true},
		"sum off by 1e-6":    {weights.Vector{Economic: 0.400001, Risk: 0.2, Environment: 0.4}, false},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.ok, c.v.Validate() == nil)
		})
	}
}

func TestNormaliseScalesAndRejects(t *testing.T) {
	w, err := weights.Vector{Economic: 2, Risk: 1, Environment: 2}.Normalise()
	require.NoError(t, err)
	assert.Equal(t, weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4}, w)

	huge := math.MaxFloat64 // the plain sum of three of these overflows
	w, err = weights.Vector{Economic: huge, Risk: huge, Environment: huge}.Normalise()
	require.NoError(t, err)
	assert.InDelta(t, 1./3, w.Risk, 1e-15)

	_, err = weights.Vector{}.Normalise()
	assert.ErrorContains(t, err, "all weights are zero")
	_, err = weights.Vector{Economic: -1, Risk: -2, Environment: 1}.Normalise()
	assert.ErrorContains(t, err, "economic weight is -1")
	assert.ErrorContains(t, err, "risk weight is -2")
}

func TestNormaliseKeepsRatiosAndLandsOnTheSimplex(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		v := weights.Vector{Economic: random.ExpFloat64(), Risk: random.ExpFloat64(), Environment: random.ExpFloat64()}
		w, err := v.Normalise()
		require.NoError(t, err)
		require.NoError(t, w.Validate())
		require.InEpsilon(t, v.Economic/v.Risk, w.Economic/w.Risk, 1e-12)
		require.InEpsilon(t, v.Environment/v.Risk, w.Environment/w.Risk, 1e-12)
	}
}

func TestStringAndAccess(t *testing.T) {
	w := weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4}
	assert.Equal(t, "economic 0.4, risk 0.2, environment 0.4", w.String())
	assert.Equal(t, 0.2, w.At(weights.Risk))
	assert.Panics(t, func() { w.At(weights.Dimension(3)) })
	// 0.4·100 + 0.2·(−50) + 0.4·10 = 34
	assert.InDelta(t, 34, w.Score(weights.Values{Economic: 100, Risk: -50, Environment: 10}), 1e-12)
}
