package scenario

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// recursions are copulas whose matrix over all dimensions has a closed form,
// with the layouts.
func recursions() map[string]struct {
	AutoRegressive
	Layout
} {
	cross := mat.NewSymDense(3, []float64{1, 0.6, -0.3, 0.6, 1, 0, -0.3, 0, 1})
	common := mat.NewSymDense(2, []float64{1, 1, 1, 1})
	return map[string]struct {
		AutoRegressive
		Layout
	}{
		"one series":           {AutoRegressive{}, Layout{Series: 1, Steps: 7, Hours: 1}},
		"half hours":           {AutoRegressive{Persistence: []float64{0.8}, Cross: cross}, Layout{Series: 3, Steps: 5, Hours: 0.5}},
		"unequal persistences": {AutoRegressive{Persistence: []float64{0.9, 0.7, 0}, Cross: cross}, Layout{Series: 3, Steps: 6, Hours: 1}},
		"unequal steps":        {AutoRegressive{Persistence: []float64{0.9, 0.8, 0.5}, Cross: cross}, Layout{Series: 3, Steps: 4, Lengths: []float64{1, 0.5, 4, 1}}},
		"a common factor":      {AutoRegressive{Cross: common}, Layout{Series: 2, Steps: 5, Hours: 1}},
		"constant series":      {AutoRegressive{Persistence: []float64{1, 0.5}}, Layout{Series: 2, Steps: 4, Hours: 1}},
	}
}

// TestRecursionHasTheMatrixOfTheDensePath feeds unit vectors: column k of the
// linear map L that the recursion applies is its result for the k-th unit
// vector. L Lᵀ must be the matrix that the dense path multiplies by the root
// of, so that both have the same distribution.
func TestRecursionHasTheMatrixOfTheDensePath(t *testing.T) {
	for name, c := range recursions() {
		x, err := c.newRecursion(c.Layout)
		require.NoError(t, err, name)
		n := c.Dim()
		z := make([][]float64, n)
		for k := range z {
			z[k] = make([]float64, n)
			z[k][k] = 1
		}
		require.NoError(t, x.apply(context.Background(), z, 0, c.Steps))
		want, err := c.Correlation(c.Layout)
		require.NoError(t, err)
		for k := range n {
			for l := range n {
				sum := 0.0
				for i := range n {
					sum += z[k][i] * z[l][i]
				}
				assert.InDelta(t, want.At(k, l), sum, 1e-12, "%s: dimensions %d and %d", name, k, l)
			}
		}
	}
}

// TestRecursionOfAYear draws four series of a year of hours through the public
// method. Ranks are moved onto the strata, so each marginal is exact. A
// correlation over n points and m independent stretches has a standard error of
// about 1/√(n m).
func TestRecursionOfAYear(t *testing.T) {
	const points = 20
	cross := mat.NewSymDense(4, []float64{1, 0.7, 0, 0, 0.7, 1, 0, 0, 0, 0, 1, -0.4, 0, 0, -0.4, 1})
	layout := Layout{Series: 4, Steps: 8760, Hours: 1}
	draw := func(seed uint64, ranking Ranking) [][]float64 {
		u, err := LatinHypercube{}.Sample(layout.Dim(), points, rand.NewPCG(seed, 1))
		require.NoError(t, err)
		a := AutoRegressive{Persistence: []float64{0.9, 0.9, 0.95, 0.95}, Cross: cross, Ranking: ranking}
		require.NoError(t, a.Join(context.Background(), layout, u))
		return u
	}
	u := draw(1, Direct)
	row := func(s, t int) []float64 { return normalScoresOf(u[s*layout.Steps+t]) }
	var same, hour, day []float64 // pairs of series 0 with series 1, the next hour and the next day
	var a, b, c, d []float64
	for t := 0; t+24 < layout.Steps; t += 24 {
		a, b = append(a, row(0, t)...), append(b, row(1, t)...)
		c, d = append(c, row(0, t+1)...), append(d, row(0, t+24)...)
	}
	same, hour, day = b, c, d
	assert.InDelta(t, 0.7, stat.Correlation(a, same, nil), 0.02)
	assert.InDelta(t, 0.9, stat.Correlation(a, hour, nil), 0.02)
	assert.InDelta(t, math.Pow(0.9, 24), stat.Correlation(a, day, nil), 0.04)
	mean, std := stat.MeanStdDev(a, nil)
	assert.InDelta(t, 0, mean, 0.04)
	assert.InDelta(t, 1, std, 0.03)

	reranked := draw(1, Reranked)
	for _, k := range []int{0, 8759, 8760, 35039} {
		seen := map[int]bool{}
		for _, v := range reranked[k] {
			seen[int(v*points)] = true
		}
		assert.Len(t, seen, points, "dimension %d has one point per stratum", k)
	}
	assert.Equal(t, u, draw(1, Direct), "equal seeds, equal bytes")
	assert.NotEqual(t, u[0], draw(2, Direct)[0])
}

// TestWindowsGiveTheNumbersOfOnePass compares windows of scores with the scores
// of all steps, for more points than a block of the recursion and with an
// incomplete last window.
func TestWindowsGiveTheNumbersOfOnePass(t *testing.T) {
	cross := mat.NewSymDense(2, []float64{1, 0.6, 0.6, 1})
	layout := Layout{Series: 2, Steps: 2*window + 88, Hours: 1}
	x, err := AutoRegressive{Persistence: []float64{0.9, 0.8}, Cross: cross}.newRecursion(layout)
	require.NoError(t, err)
	for _, ranking := range []Ranking{Reranked, Direct} {
		draw := func() [][]float64 {
			u, err := LatinHypercube{}.Sample(layout.Dim(), 70, rand.NewPCG(4, 1))
			require.NoError(t, err)
			return u
		}
		inWindows, atOnce := draw(), draw()
		require.NoError(t, x.join(t.Context(), ranking, inWindows))
		require.NoError(t, ranking.join(t.Context(), atOnce, func(ctx context.Context, z [][]float64) error {
			return x.apply(ctx, z, 0, layout.Steps)
		}))
		require.Equal(t, atOnce, inWindows)
	}
}

// TestAYearAllocatesLittle samples four series of a year of hours at 200
// points. The design and the set have 56 MB each; the limit leaves room for
// little more.
func TestAYearAllocatesLittle(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates as well")
	}
	spec := Spec{Grid: Grid{Step: time.Hour, Steps: 8760}, Samples: 200}
	for _, name := range []string{"W1", "W2", "D1", "D2"} {
		spec.Series = append(spec.Series, Series{Name: name, Marginals: Same(distuv.Normal{Mu: 5, Sigma: 1}, 8760)})
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	made, err := Generate(t.Context(), spec, rand.NewPCG(1, 2))
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	require.Equal(t, 200, made.Sample.Len())
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(130e6))
}

// normalScoresOf returns Φ⁻¹ of uniform values.
func normalScoresOf(u []float64) []float64 {
	z := make([]float64, len(u))
	for i, v := range u {
		z[i] = math.Sqrt2 * math.Erfinv(2*v-1)
	}
	return z
}

// TestRecursionRefusesContradictions has two series of one common factor that
// forget it at different speeds: at ρ = 0.9 and 0.1 the noises could correlate
// by at most √((1−0.81)(1−0.01)) / (1−0.09) = 0.477.
func TestRecursionRefusesContradictions(t *testing.T) {
	layout := Layout{Series: 2, Steps: 600, Hours: 1}
	u, err := MonteCarlo{}.Sample(layout.Dim(), 3, rand.NewPCG(1, 1))
	require.NoError(t, err)
	a := AutoRegressive{Persistence: []float64{0.9, 0.1}, Cross: mat.NewSymDense(2, []float64{1, 0.5, 0.5, 1})}
	err = a.Join(context.Background(), layout, u)
	assert.ErrorContains(t, err, "contradict each other (indefinite); want at most 0.477")
	a.Cross.SetSym(0, 1, 0.47)
	assert.NoError(t, a.Join(context.Background(), layout, u))

	three := mat.NewSymDense(3, []float64{1, 0.9, -0.9, 0.9, 1, 0.9, -0.9, 0.9, 1})
	_, err = AutoRegressive{Cross: three}.newRecursion(Layout{Series: 3, Steps: 2, Hours: 1})
	assert.ErrorContains(t, err, "indefinite")
	a.Ranking = 7
	assert.ErrorContains(t, a.Join(context.Background(), layout, u), "unknown ranking 7")
	a.Ranking = Matched
	assert.ErrorContains(t, a.Join(context.Background(), layout, u), "more points than dimensions")
}
