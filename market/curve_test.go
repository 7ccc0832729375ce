package market_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/market"
)

// steps is sold at 20 up to 10 units, bought at 50 for the first 4, at 80 for
// the next 6.
func steps() market.Curve {
	return market.Curve{Breaks: []float64{-10, 0, 4, 10}, Slopes: []float64{20, 50, 80}}
}

func TestCostAddsUpThePricesBetweenZeroAndTheQuantity(t *testing.T) {
	c := steps()
	for _, tc := range []struct{ q, want float64 }{
		{0, 0},
		{2, 100},    // 2·50
		{4, 200},    // 4·50
		{7, 440},    // 4·50 + 3·80
		{10, 680},   // 4·50 + 6·80
		{-1, -20},   // 1·20 earned
		{-10, -200}, // 10·20 earned
		{10.001, math.Inf(1)},
		{-11, math.Inf(1)},
	} {
		assert.InDelta(t, tc.want, c.Cost(tc.q), 1e-12, "q = %v", tc.q)
	}
	assert.True(t, math.IsNaN(c.Cost(math.NaN())))
	c.Fixed = 7
	assert.InDelta(t, 107, c.Cost(2), 1e-12)
	assert.InDelta(t, -13, c.Cost(-1), 1e-12)
}

func TestMarginalPricesDifferOnlyAtABreak(t *testing.T) {
	c := steps()
	for _, tc := range []struct{ q, lo, hi float64 }{
		{-10, math.Inf(-1), 20},
		{-3, 20, 20},
		{0, 20, 50},
		{4, 50, 80},
		{5, 80, 80},
		{10, 80, math.Inf(1)},
	} {
		lo, hi := c.Marginal(tc.q)
		assert.Equal(t, tc.lo, lo, "left of %v", tc.q)
		assert.Equal(t, tc.hi, hi, "right of %v", tc.q)
	}
	lo, hi := c.Marginal(10.5)
	assert.True(t, math.IsNaN(lo) && math.IsNaN(hi))
}

func TestSegmentsAreTheLinesOfAnEpigraph(t *testing.T) {
	// Worked by hand: at q = 4 the cost is 200, so the last line is 200 + 80(q
	// − 4) = 80q − 120.
	assert.Equal(t, []market.Segment{
		{Slope: 20, Lower: -10, Upper: 0, Intercept: 0},
		{Slope: 50, Lower: 0, Upper: 4, Intercept: 0},
		{Slope: 80, Lower: 4, Upper: 10, Intercept: -120},
	}, steps().Segments())

	// One price both ways is one segment, although zero lies inside it.
	flat := market.TwoPrices(60, 60, math.Inf(1), math.Inf(1))
	assert.Equal(t, []market.Segment{{Slope: 60, Lower: math.Inf(-1), Upper: math.Inf(1)}}, flat.Segments())
	buy, sell := flat.Blocks()
	assert.Equal(t, []market.Block{{60, math.Inf(1)}}, buy)
	assert.Equal(t, []market.Block{{60, math.Inf(1)}}, sell)
}

func TestPointsAreTheEndsOfTheSegments(t *testing.T) {
	c := steps()
	c.Fixed = 7
	quantities, costs := c.Points()
	assert.Equal(t, []float64{-10, 0, 4, 10}, quantities)
	assert.InDeltaSlice(t, []float64{-193, 7, 207, 687}, costs, 1e-12)

	quantities, costs = market.TwoPrices(60, 60, math.Inf(1), math.Inf(1)).Within(-1, 2).Points()
	assert.Equal(t, []float64{-1, 2}, quantities, "one price both ways bends nowhere")
	assert.InDeltaSlice(t, []float64{-60, 120}, costs, 1e-12)
}

func TestBlocksLieInTheOrderTheyAreTraded(t *testing.T) {
	c := market.Curve{Breaks: []float64{-9, -5, 0, 4, 10}, Slopes: []float64{10, 20, 50, 80}}
	buy, sell := c.Blocks()
	assert.Equal(t, []market.Block{{50, 4}, {80, 6}}, buy)
	assert.Equal(t, []market.Block{{20, 5}, {10, 4}}, sell, "the better price is sold first")
}

func TestZeroCurveTradesNothing(t *testing.T) {
	var c market.Curve
	require.NoError(t, c.Validate())
	assert.Zero(t, c.Cost(0))
	assert.Equal(t, math.Inf(1), c.Cost(1e-9))
	assert.Empty(t, c.Segments())
	assert.True(t, c.Convex())
	assert.Equal(t, c, market.TwoPrices(1, 2, 0, 0))
	assert.Equal(t, c, steps().Plus(c), "a sum trades what both allow")
}

func TestConvexMeansNoSlopeFalls(t *testing.T) {
	assert.True(t, steps().Convex())
	assert.True(t, market.TwoPrices(50, 50, 1, 1).Convex())
	assert.False(t, market.TwoPrices(50, 50.01, 1, 1).Convex(), "selling above buying")
}

func TestPlusAddsCosts(t *testing.T) {
	d := market.Curve{Breaks: []float64{-3, 1, 6}, Slopes: []float64{-5, 7}, Fixed: 2}
	sum := steps().Plus(d)
	require.NoError(t, sum.Validate())
	lower, upper := sum.Limits()
	assert.Equal(t, []float64{-3, 6}, []float64{lower, upper})
	for q := -3.0; q <= 6; q += 0.25 {
		assert.InDelta(t, steps().Cost(q)+d.Cost(q), sum.Cost(q), 1e-9, "q = %v", q)
	}
}

func TestWithinKeepsTheCostAndNarrowsTheLimits(t *testing.T) {
	c := steps().Within(-2, 5)
	assert.Equal(t, market.Curve{Breaks: []float64{-2, 0, 4, 5}, Slopes: []float64{20, 50, 80}}, c)
}

func TestInvalidCurveReportsAllViolationsAtOnce(t *testing.T) {
	err := market.Curve{Breaks: []float64{1, 3, 3}, Slopes: []float64{math.NaN(), 2}, Fixed: math.Inf(1)}.Validate()
	for _, want := range []string{
		"fixed cost is +Inf, want a finite number",
		"slope 0 is NaN",
		"break 1 (3) is not below break 2 (3)",
		"limits [1, 3] do not contain 0",
	} {
		assert.ErrorContains(t, err, want)
	}
	assert.ErrorContains(t, market.Curve{Breaks: []float64{0, 1}}.Validate(), "2 breaks and 0 slopes")
	assert.ErrorContains(t, market.Curve{Breaks: []float64{0, math.NaN()}, Slopes: []float64{1}}.Validate(), "break 0")
}

// A convex curve is the largest of its lines, and any curve the integral of its
// slopes. The twin adds the prices of a fine grid of quantities, which is exact
// where breaks lie on the grid.
func TestRandomCurvesEqualTheSumOfTheirPrices(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		n := 1 + r.IntN(6)
		var c market.Curve
		breaks := r.Perm(41)[:n+1]
		slices.Sort(breaks)
		zero := breaks[0] + r.IntN(breaks[n]-breaks[0]+1) // at a break, between two, or at a limit
		for _, b := range breaks {
			c.Breaks = append(c.Breaks, float64(b-zero))
		}
		for range n {
			c.Slopes = append(c.Slopes, math.Round(r.NormFloat64()*100))
		}
		require.NoError(t, c.Validate())
		price := func(q float64) float64 { // of the unit just above an integer q
			for k := range c.Slopes {
				if c.Breaks[k] <= q && q < c.Breaks[k+1] {
					return c.Slopes[k]
				}
			}
			return math.Inf(1)
		}
		lower, upper := c.Limits()
		for q := lower; q <= upper; q++ {
			want := 0.0
			for u := min(q, 0.0); u < max(q, 0.0); u++ {
				want += price(u) * math.Copysign(1, q)
			}
			require.InDelta(t, want, c.Cost(q), 1e-9, "%v at %v", c, q)
			highest := math.Inf(-1)
			for _, g := range c.Segments() {
				highest = max(highest, g.Intercept+g.Slope*q)
			}
			if c.Convex() {
				require.InDelta(t, want, highest, 1e-9, "%v at %v", c, q)
			} else {
				require.GreaterOrEqual(t, highest, want-1e-9)
			}
		}
	}
}

// slopeless is a market whose curve is wrong in each of its periods.
type slopeless struct{ market.Calendar }

func (slopeless) Trades() market.Good    { return market.Electricity }
func (slopeless) Curve(int) market.Curve { return market.Curve{Breaks: []float64{1, 2}} }

func TestARuleThatErrsInAllPeriodsIsNotSpelledOutForEach(t *testing.T) {
	err := market.Validate(slopeless{market.Calendar{Steps: 96}})
	require.ErrorContains(t, err, "period 11: curve: 2 breaks and 0 slopes")
	require.ErrorContains(t, err, "and 84 more of the kind")
	require.NotContains(t, err.Error(), "period 12")
}
