package market_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/market"
)

func TestTangentsByHand(t *testing.T) {
	// g = q²/2·8 = 4q², error 4: h = √(8·4/8) = 2, so tangents at −2, 0, 2, 4
	// with slopes 8q, meeting half-way at −1, 1 and 3, where g = 4 and T = 0.
	g := market.Quadratic{Curvature: 8}
	c, err := g.Tangents(-2, 4, 4)
	require.NoError(t, err)
	assert.Equal(t, market.Curve{Breaks: []float64{-2, -1, 1, 3, 4}, Slopes: []float64{-16, 0, 16, 32}}, c)
	assert.InDelta(t, 4, g.Value(1)-c.Cost(1), 1e-12, "the bound is attained")
	assert.InDelta(t, g.Value(2), c.Cost(2), 1e-12, "a tangent touches")
	slope, intercept := g.Tangent(2)
	assert.InDelta(t, c.Cost(2.5), slope*2.5+intercept, 1e-12)
}

func TestTangentsStayWithinTheBoundsTheirProofGives(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		g := market.Quadratic{Linear: 200 * r.NormFloat64(), Curvature: math.Exp(2 * r.NormFloat64())}
		lower, upper := -100*r.Float64(), 100*r.Float64()
		maxError := math.Exp(2*r.NormFloat64() - 1)
		c, err := g.Tangents(lower, upper, maxError)
		require.NoError(t, err)
		require.NoError(t, c.Validate())
		require.True(t, c.Convex())

		scale := 1e-9 * (1 + math.Abs(g.Value(lower)) + math.Abs(g.Value(upper)))
		steepest := math.Sqrt(2*g.Curvature*maxError) * (1 + 1e-9)
		for i := range 251 {
			q := lower + (upper-lower)*float64(i)/250
			q = min(q, upper)
			gap := g.Value(q) - c.Cost(q)
			require.GreaterOrEqual(t, gap, -scale, "never above, at %v", q)
			require.LessOrEqual(t, gap, maxError+scale, "never further below than asked, at %v", q)
			for _, slope := range marginals(c, q) {
				require.LessOrEqual(t, math.Abs(g.Slope(q)-slope), steepest+1e-9, "slope at %v", q)
			}
		}
		lo, hi := c.Marginal(0)
		require.InDelta(t, g.Linear, lo, 1e-9)
		require.InDelta(t, g.Linear, hi, 1e-9, "no quantity, no effect on the price")

		least := (upper - lower) * math.Sqrt(g.Curvature/(8*maxError))
		require.LessOrEqual(t, float64(len(c.Slopes)), math.Ceil(least)+1, "at most one more than the fewest possible")
	}
}

// marginals returns the finite marginal prices at q.
func marginals(c market.Curve, q float64) (slopes []float64) {
	lo, hi := c.Marginal(q)
	for _, s := range []float64{lo, hi} {
		if !math.IsInf(s, 0) {
			slopes = append(slopes, s)
		}
	}
	return slopes
}

func TestTangentsRejectInvalidArguments(t *testing.T) {
	g := market.Quadratic{Curvature: 1}
	for want, f := range map[string]func() (market.Curve, error){
		"finite limits":      func() (market.Curve, error) { return g.Tangents(-1, math.Inf(1), 1) },
		"does not contain 0": func() (market.Curve, error) { return g.Tangents(1, 2, 1) },
		"error is 0":         func() (market.Curve, error) { return g.Tangents(-1, 1, 0) },
		"allow a larger error": func() (market.Curve, error) {
			return g.Tangents(-1000, 1000, 1e-9)
		},
		"a convex cost": func() (market.Curve, error) {
			return market.Quadratic{Curvature: -1}.Tangents(-1, 1, 1)
		},
	} {
		_, err := f()
		assert.ErrorContains(t, err, want)
	}
	c, err := market.Quadratic{Linear: 5}.Tangents(-1, 2, 0)
	require.NoError(t, err, "a straight line needs no error")
	assert.Equal(t, market.Curve{Breaks: []float64{-1, 2}, Slopes: []float64{5}}, c)
}
