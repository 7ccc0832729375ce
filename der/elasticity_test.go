package der_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
)

// periods has the elasticities of Wei et al. between valley, flat and peak.
func periods(period ...int) der.Elasticity {
	return der.Elasticity{Own: -0.1, Cross: [][]float64{{0, 0.01, 0.012}, {0.01, 0, 0.016}, {0.012, 0.016, 0}}, Period: period}
}

// From one price of 0.68 to 0.34 in the valley and 1.02 at the peak, changes of
// −1/2, 0 and 1/2:
//
//	valley  1 + 0.1/2 + 0.012/2         = 1.056
//	flat    1 − 0.01/2 + 0.016/2        = 1.003
//	peak    1 − 0.1/2 − 0.012/2         = 0.944
//
// With two valley steps the peak loses 0.006 to each of them.
func TestElasticityByHand(t *testing.T) {
	same := constant(3, 0.68)
	loads, err := periods(0, 1, 2).Loads([]float64{10, 20, 30}, []float64{0.34, 0.68, 1.02}, same)
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{10.56, 20.06, 28.32}, loads, 1e-12)

	loads, err = periods(0, 0, 2).Loads(constant(3, 100), []float64{0.34, 0.34, 1.02}, same)
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{105.6, 105.6, 93.8}, loads, 1e-12)

	loads, err = der.Elasticity{Own: -0.1}.Loads([]float64{10, 20, 30}, []float64{0.34, 0.68, 1.02}, same)
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{10.5, 20, 28.5}, loads, 1e-12, "nothing moves between steps")
}

// The same prices told in cents give the same load, and the reference prices
// that of the reference.
func TestElasticityKnowsRelativeChangesOnly(t *testing.T) {
	load, price, reference := []float64{3, 4, 5}, []float64{30, 50, 90}, []float64{45, 50, 60}
	want, err := periods(0, 1, 2).Loads(load, price, reference)
	require.NoError(t, err)
	cents := func(path []float64) []float64 {
		out := make([]float64, len(path))
		for i, x := range path {
			out[i] = 100 * x
		}
		return out
	}
	got, err := periods(0, 1, 2).Loads(load, cents(price), cents(reference))
	require.NoError(t, err)
	assert.InDeltaSlice(t, want, got, 1e-12)
	got, err = periods(0, 1, 2).Loads(load, reference, reference)
	require.NoError(t, err)
	assert.Equal(t, load, got)
}

func TestElasticityRefusesWhatItCannotAnswer(t *testing.T) {
	x := periods(0, 1, 2)
	three := constant(3, 1)
	for want, paths := range map[string][3][]float64{
		"3 loads, 2 prices, 3 reference prices and 3 periods": {three, constant(2, 1), three},
		"step 1: price 1 against a reference of 0":            {three, three, {1, 0, 1}},
		"step 2: price NaN against a reference of 1":          {three, {1, 1, math.NaN()}, three},
		"step 0: the load of 1 MW would become":               {three, {12, 1, 1}, three}, // 1 − 0.1·11 < 0
	} {
		_, err := x.Loads(paths[0], paths[1], paths[2])
		require.ErrorContains(t, err, want)
	}
	complains(t, der.Elasticity{Own: 0.1, Cross: [][]float64{{0, -1}, {0}}, Period: []int{0, 2}}.Validate(),
		"Own is 0.1", "Cross[0][1] is -1", "Cross[1] has 1 elasticities, want one for each of 2 periods", "Period[1] is 2, want a row of Cross, 0 to 1")
}
