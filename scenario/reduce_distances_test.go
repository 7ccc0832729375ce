package scenario

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSearchesDoNotDependOnWhetherDistancesAreStored runs each search on the
// same points with the table of distances and, as for samples too large for it,
// without.
func TestSearchesDoNotDependOnWhetherDistancesAreStored(t *testing.T) {
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(1, 2))
	points := make([][]float64, 150)
	for i := range points {
		points[i] = []float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
	}
	for _, metric := range []Metric{Euclidean, Manhattan} {
		c, _, err := newCloud(points, nil, 1)
		require.NoError(t, err)
		stored, err := newDistances(ctx, c, metric)
		require.NoError(t, err)
		require.NotNil(t, stored.stored)
		computed := &distances{cloud: c, metric: metric}
		for i := range points {
			for j := range points {
				assert.Equal(t, metric.of(points[i], points[j]), stored.between(i, j))
				assert.Equal(t, stored.between(i, j), computed.between(i, j))
			}
		}
		var rows [2][3][]int
		for at, d := range []*distances{stored, computed} {
			m := newMedoids(d, []int{0, 1, 2, 3, 4})
			require.NoError(t, m.swap(ctx, 100))
			s := newSelection(d)
			for range 5 {
				require.NoError(t, s.choose(ctx))
			}
			e, err := newElimination(ctx, d)
			require.NoError(t, err)
			for len(e.kept) > 5 {
				e.drop()
			}
			rows[at] = [3][]int{m.rows, s.rows, e.kept}
		}
		assert.Equal(t, rows[0], rows[1])
	}
}

// TestKernelsAgreeWithTheirDefinition covers all lengths around the unrolled
// ones.
func TestKernelsAgreeWithTheirDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 40 {
		a, b := make([]float64, n), make([]float64, n)
		square, sum := 0.0, 0.0
		for i := range a {
			a[i], b[i] = rng.NormFloat64(), rng.NormFloat64()
			square += (a[i] - b[i]) * (a[i] - b[i])
			sum += max(a[i]-b[i], b[i]-a[i])
		}
		assert.InDelta(t, square, squared(a, b), 1e-12)
		assert.InDelta(t, sum, absolute(a, b), 1e-12)
	}
}
