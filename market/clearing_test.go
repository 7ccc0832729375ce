package market_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/market"
)

func TestClearingByHand(t *testing.T) {
	for name, tc := range map[string]struct {
		bids         []market.Bid
		lower, upper float64
		price        float64
		accepted     []float64
	}{
		"the marginal seller sets the price": {
			[]market.Bid{{"load", 10, 100}, {"wind", -6, 0}, {"gas", -8, 60}, {"oil", -5, 90}},
			60, 60, 60,
			[]float64{10, -6, -4, 0},
		},
		"the marginal buyer sets the price": {
			[]market.Bid{{"a", 5, 100}, {"b", 5, 70}, {"wind", -8, 10}},
			70, 70, 70,
			[]float64{5, 3, -8},
		},
		"where both sides end together every price between will do": {
			[]market.Bid{{"a", 5, 100}, {"b", 9, 40}, {"gas", -5, 60}, {"oil", -9, 80}},
			60, 80, 70,
			[]float64{5, 0, -5, 0},
		},
		"equal bids share in proportion": {
			[]market.Bid{{"a", 6, 50}, {"x", -4, 20}, {"y", -8, 20}},
			20, 20, 20,
			[]float64{6, -2, -4},
		},
		"nobody agrees": {
			[]market.Bid{{"a", 5, 30}, {"x", -5, 40}},
			30, 40, 35,
			[]float64{0, 0},
		},
		"one side only": {
			[]market.Bid{{"a", 5, 30}},
			30, math.Inf(1), 30,
			[]float64{0},
		},
		"equal prices trade": {
			[]market.Bid{{"a", 5, 30}, {"x", -5, 30}, {"idle", 0, 99}},
			30, 30, 30,
			[]float64{5, -5, 0},
		},
		"three tenths are three tenths": {
			[]market.Bid{{"a", 0.3, 50}, {"x", -0.1, 10}, {"y", -0.1, 15}, {"z", -0.1, 20}},
			20, 50, 35,
			[]float64{0.3, -0.1, -0.1, -0.1},
		},
		"on the other side too": {
			[]market.Bid{{"x", -0.3, 10}, {"a", 0.1, 50}, {"b", 0.1, 40}, {"c", 0.1, 30}},
			10, 30, 20,
			[]float64{-0.3, 0.1, 0.1, 0.1},
		},
		"a negative price": {
			[]market.Bid{{"a", 5, -10}, {"wind", -8, -30}},
			-30, -30, -30,
			[]float64{5, -5},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := market.Clear(tc.bids)
			require.NoError(t, err)
			assert.Equal(t, []float64{tc.lower, tc.upper, tc.price}, []float64{c.Lower, c.Upper, c.Price})
			assert.InDeltaSlice(t, tc.accepted, c.Accepted, 1e-12)
		})
	}
	c, err := market.Clear(nil)
	require.NoError(t, err)
	assert.Zero(t, c.Price)
}

// The conditions that make a clearing best and its price right: all better bids
// filled, no worse bid touched, balance. The twin below finds the surplus by
// brute force.
func TestClearingIsTheBestTradeAndItsPriceSupportsIt(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 20))
	for range 1000 {
		bids := randomBids(r)
		c, err := market.Clear(bids)
		require.NoError(t, err)
		require.LessOrEqual(t, c.Lower, c.Upper)
		surplus, balance := 0.0, 0.0
		for i, b := range bids {
			got := c.Accepted[i]
			balance += got
			surplus += got * b.Price
			require.GreaterOrEqual(t, got*math.Copysign(1, b.Quantity), 0.0)
			require.LessOrEqual(t, math.Abs(got), math.Abs(b.Quantity))
			for _, price := range []float64{c.Lower, c.Price, c.Upper} {
				if wants := (price - b.Price) * math.Copysign(1, b.Quantity); wants < 0 {
					require.InDelta(t, b.Quantity, got, 1e-9, "%v is better than %v", b, price)
				} else if wants > 0 {
					require.Zero(t, got, "%v is worse than %v", b, price)
				}
			}
		}
		require.InDelta(t, 0, balance, 1e-9)
		require.InDelta(t, bestSurplus(bids), surplus, 1e-9)
	}
}

// randomBids makes bids in whole units at few prices, so that ties abound.
func randomBids(r *rand.Rand) []market.Bid {
	bids := make([]market.Bid, r.IntN(12))
	for i := range bids {
		bids[i] = market.Bid{Participant: fmt.Sprint(i), Quantity: float64(r.IntN(13) - 6), Price: float64(10 * r.IntN(6))}
	}
	return bids
}

// bestSurplus trades unit by unit: any subset of equally many bought and sold
// units is a trade, and the best of each size takes the dearest purchases and
// the cheapest sales.
func bestSurplus(bids []market.Bid) float64 {
	var buy, sell []float64
	for _, b := range bids {
		for range int(math.Abs(b.Quantity)) {
			if b.Quantity > 0 {
				buy = append(buy, -b.Price)
			} else {
				sell = append(sell, b.Price)
			}
		}
	}
	slices.Sort(buy)
	slices.Sort(sell)
	best, total := 0.0, 0.0
	for i := range min(len(buy), len(sell)) {
		total += -buy[i] - sell[i]
		best = max(best, total)
	}
	return best
}

func TestClearingDoesNotDependOnTheOrderOfBids(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for range 300 {
		bids := make([]market.Bid, 20)
		for i := range bids {
			bids[i] = market.Bid{Quantity: r.NormFloat64(), Price: float64(r.IntN(4))}
		}
		want, err := market.Clear(bids)
		require.NoError(t, err)
		order := r.Perm(len(bids))
		shuffled := make([]market.Bid, len(bids))
		for i, from := range order {
			shuffled[i] = bids[from]
		}
		got, err := market.Clear(shuffled)
		require.NoError(t, err)
		require.Equal(t, []float64{want.Price, want.Lower, want.Upper, want.Volume}, []float64{got.Price, got.Lower, got.Upper, got.Volume})
		for i, from := range order {
			require.Equal(t, want.Accepted[from], got.Accepted[i], "to the last bit")
		}
	}
}

func TestSplittingABidGainsNothing(t *testing.T) {
	whole, err := market.Clear([]market.Bid{{"a", 6, 50}, {"x", -4, 20}, {"y", -8, 20}})
	require.NoError(t, err)
	split, err := market.Clear([]market.Bid{{"a", 6, 50}, {"x", -1, 20}, {"x", -1, 20}, {"x", -2, 20}, {"y", -8, 20}})
	require.NoError(t, err)
	assert.InDelta(t, whole.Accepted[1], sum(split.Accepted[1:4]), 1e-12)
}

func TestClearedMoneySumsToZeroToTheUnit(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	for range 300 {
		bids := make([]market.Bid, 30)
		for i := range bids {
			bids[i] = market.Bid{Quantity: 100 * r.NormFloat64(), Price: 300 * r.Float64()}
		}
		c, err := market.Clear(bids)
		require.NoError(t, err)
		payments, err := c.Payments(market.Fen)
		require.NoError(t, err)
		total := int64(0)
		for i, p := range payments {
			total += p
			require.Less(t, math.Abs(float64(p)-100*c.Price*c.Accepted[i]), 1+1e-4)
		}
		require.Zero(t, total)
	}
}

func TestBidsOfACostCurve(t *testing.T) {
	// Buying 4 units saves 90 each and 3 more 50 each; selling up to 5 costs
	// 110 each.
	cost := market.Curve{Breaks: []float64{-5, 0, 4, 7}, Slopes: []float64{-110, -90, -50}}
	bids, err := market.Bids("plant", cost)
	require.NoError(t, err)
	assert.Equal(t, []market.Bid{{"plant", 4, 90}, {"plant", 3, 50}, {"plant", -5, 110}}, bids)

	_, err = market.Bids("plant", market.TwoPrices(-90, -50, 1, 1))
	assert.ErrorContains(t, err, "not convex")
	_, err = market.Bids("plant", market.TwoPrices(-50, -90, 1, math.Inf(1)))
	assert.ErrorContains(t, err, "finite quantity")
}

// Clearing the bids of convex costs is the program min Σ f(q) with Σ q = 0; two
// participants on a grid show it.
func TestClearingBidsMinimisesTheCostOfAll(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	random := func() market.Curve {
		slopes := []float64{float64(-r.IntN(100)), float64(-r.IntN(100)), float64(-r.IntN(100)), float64(-r.IntN(100))}
		slices.Sort(slopes)
		return market.Curve{Breaks: []float64{-6, -2, 0, 3, 5}, Slopes: slopes}
	}
	for range 200 {
		f, g := random(), random()
		fBids, err := market.Bids("f", f)
		require.NoError(t, err)
		gBids, err := market.Bids("g", g)
		require.NoError(t, err)
		c, err := market.Clear(append(fBids, gBids...))
		require.NoError(t, err)
		q := sum(c.Accepted[:len(fBids)])
		best := math.Inf(1)
		for x := -5.0; x <= 5; x++ {
			best = min(best, f.Cost(x)+g.Cost(-x))
		}
		require.InDelta(t, best, f.Cost(q)+g.Cost(-q), 1e-9)
	}
}

func TestClearingRefusesBidsWithoutNumbers(t *testing.T) {
	_, err := market.Clear([]market.Bid{{"a", math.NaN(), 1}, {"b", 1, math.Inf(1)}})
	assert.ErrorContains(t, err, `bid 0 of "a"`)
	assert.ErrorContains(t, err, `bid 1 of "b"`)
}
