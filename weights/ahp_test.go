package weights_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/weights"
)

func TestAHPOfAConsistentMatrixIsExact(t *testing.T) {
	// Every entry is the ratio of 0.4, 0.2 and 0.4, so these are the weights
	// and the index is zero.
	p, err := weights.AHP([][]float64{{1, 2, 1}, {0.5, 1, 0.5}, {1, 2, 1}})
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{0.4, 0.2, 0.4}, p.Weights, 1e-12)
	assert.InDelta(t, 3, p.Eigenvalue, 1e-12)
	assert.InDelta(t, 0, p.Ratio, 1e-12)
	w, err := p.Vector()
	require.NoError(t, err)
	assert.NoError(t, w.Validate())
}

func TestAHPOfPublishedInconsistentJudgements(t *testing.T) {
	for _, c := range []struct {
		name       string
		matrix     [][]float64
		eigenvalue float64
		weights    []float64 // eigenvalue and weights by mpmath, 15 digits
		published  []float64
	}{
		{
			// Saaty (1977): relative distances of six cities from Philadelphia
			// as judged by frequent flyers. Published with λ_max 6.45.
			name: "distances from Philadelphia",
			matrix: [][]float64{
				{1, 1. / 3, 8, 3, 3, 7},
				{3, 1, 9, 3, 3, 9},
				{1. / 8, 1. / 9, 1, 1. / 6, 1. / 5, 2},
				{1. / 3, 1. / 3, 6, 1, 1. / 3, 6},
				{1. / 3, 1. / 3, 5, 3, 1, 6},
				{1. / 7, 1. / 9, 1. / 2, 1. / 6, 1. / 6, 1},
			},
			eigenvalue: 6.453629623143704,
			weights:    []float64{0.26185274589897584, 0.39748637378432466, 0.033434736911878322, 0.11638655162286614, 0.16424056465731054, 0.026599027124644337},
			published:  []float64{.263, .397, .033, .116, .164, .027},
		},
		{
			// Saaty (1980): six criteria for choosing a school, far from
			// consistent.
			name: "school selection",
			matrix: [][]float64{
				{1, 4, 3, 1, 3, 4},
				{1. / 4, 1, 7, 3, 1. / 5, 1},
				{1. / 3, 1. / 7, 1, 1. / 5, 1. / 5, 1. / 6},
				{1, 1. / 3, 5, 1, 1, 1. / 3},
				{1. / 3, 5, 5, 1, 1, 3},
				{1. / 4, 1, 6, 3, 1. / 3, 1},
			},
			eigenvalue: 7.4198701019212612,
			weights:    []float64{0.3207701832631068, 0.13950274542094124, 0.034768307699655679, 0.12848601846309227, 0.23738999474001621, 0.13908275041318777},
			published:  []float64{.32, .14, .03, .13, .24, .14},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := weights.AHP(c.matrix)
			require.NoError(t, err)
			assert.InDelta(t, c.eigenvalue, p.Eigenvalue, 1e-12)
			assert.InDeltaSlice(t, c.weights, p.Weights, 1e-13)
			assert.InDeltaSlice(t, c.published, p.Weights, 0.006)
			// Index and ratio by hand: n = 6, RI = 1.24.
			assert.InDelta(t, (c.eigenvalue-6)/5, p.Index, 1e-12)
			assert.InDelta(t, (c.eigenvalue-6)/5/1.24, p.Ratio, 1e-12)
		})
	}
}

func TestAHPRecoversAnyConsistentWeights(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		n := 1 + random.IntN(10)
		want := make([]float64, n)
		sum := 0.0
		for i := range want {
			want[i] = 0.1 + random.Float64()
			sum += want[i]
		}
		matrix := make([][]float64, n)
		for i := range matrix {
			matrix[i] = make([]float64, n)
			for j := range matrix[i] {
				matrix[i][j] = want[i] / want[j]
			}
		}
		p, err := weights.AHP(matrix)
		require.NoError(t, err)
		for i := range want {
			require.InDelta(t, want[i]/sum, p.Weights[i], 1e-12)
		}
		require.InDelta(t, float64(n), p.Eigenvalue, 1e-11)
		require.InDelta(t, 0, p.Ratio, 1e-11)
	}
}

func TestAHPRejectsWithEveryReason(t *testing.T) {
	_, err := weights.AHP([][]float64{{1, -2}, {math.NaN()}})
	require.Error(t, err)
	assert.ErrorContains(t, err, "comparison (0,1) is -2")
	assert.ErrorContains(t, err, "row 1 has 1 entries, want 2")

	_, err = weights.AHP([][]float64{{2, 3}, {0.33, 1}})
	require.Error(t, err)
	assert.ErrorContains(t, err, "comparison (0,0) is 2")
	assert.ErrorContains(t, err, "not reciprocal; write 1/3")

	_, err = weights.AHP(nil)
	assert.ErrorContains(t, err, "0 criteria")
	_, err = weights.AHP(make([][]float64, 11))
	assert.ErrorContains(t, err, "11 criteria")

	p, err := weights.AHP([][]float64{{1, 3}, {1. / 3, 1}})
	require.NoError(t, err)
	_, err = p.Vector()
	assert.ErrorContains(t, err, "2 criteria")
}
