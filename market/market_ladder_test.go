package market_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/market"
)

// cui is the ladder of Cui et al. 2020 and tonnes the day they price: 9938.9 t
// emitted, 7612.8 t free.
func cui(period market.Period) *market.Ladder {
	return &market.Ladder{
		Calendar: market.Calendar{Steps: 24, Period: period},
		Price:    market.Series{50}, Band: market.Series{40}, Growth: 0.25, Bands: 3,
	}
}

const tonnes = 9938.9 - 7612.8

func bill(m market.Market, perStep []float64) (cost float64) {
	for p := range m.Periods() {
		from, to := m.Span(p)
		cost += m.Curve(p).Cost(sum(perStep[from:to]))
	}
	return cost
}

func even(total float64) []float64 {
	steps := make([]float64, 24)
	for t := range steps {
		steps[t] = total / 24
	}
	return steps
}

// By hand, q = 2326.1 t: daily 50·40 + 62.5·40 + 75·(q − 80) = 172 957.5;
// hourly 24 times the same for q/24 = 96.92 t, 138 457.5; flat 50 q = 116 305.
func TestLadderSettledByTheDayByTheHourAndFlat(t *testing.T) {
	day := even(tonnes)
	assert.InDelta(t, 172957.5, bill(cui(market.Day), day), 1e-6)
	assert.InDelta(t, 138457.5, bill(cui(market.Hour), day), 1e-6)
	flat := cui(market.Hour)
	flat.Bands = 1
	assert.InDelta(t, 116305, bill(flat, day), 1e-6)
}

// For every distribution of the tonnes over the hours, convexity puts the
// hourly bill above that of even hours, and (as long as no hour sells) below
// the daily one. The published 143 800 CNY lies between.
func TestHourlyLadderLiesBetweenEvenHoursAndTheDay(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for range 500 {
		steps := make([]float64, 24)
		for t := range steps {
			steps[t] = math.Exp(2 * r.NormFloat64())
		}
		scale := tonnes / sum(steps)
		for t := range steps {
			steps[t] *= scale
		}
		cost := bill(cui(market.Hour), steps)
		require.GreaterOrEqual(t, cost, 138457.5-1e-6)
		require.LessOrEqual(t, cost, 172957.5+1e-6)
		steps[r.IntN(24)] -= 500
		steps[r.IntN(24)] += 500 // hours that sell stay above the bound too
		require.GreaterOrEqual(t, bill(cui(market.Hour), steps), 138457.5-1e-6)
	}
	const published = 143800
	assert.Greater(t, float64(published), 138457.5)
	assert.Less(t, float64(published), 172957.5)
}

// The cumulative factors printed with the formulas: 2+a, 3+3a, 4+6a, 5+10a.
func TestLadderOffsetsAreThoseOfTheFormula(t *testing.T) {
	const price, band, growth = 250, 4, 0.25
	m := &market.Ladder{
		Calendar: market.Calendar{Steps: 1}, Price: market.Series{price}, Band: market.Series{band}, Growth: growth, Bands: 9,
	}
	require.NoError(t, market.Validate(m))
	for k, factor := range map[float64]float64{1: 1, 2: 2 + growth, 3: 3 + 3*growth, 4: 4 + 6*growth, 5: 5 + 10*growth} {
		assert.InDelta(t, price*band*factor, m.Curve(0).Cost(k*band), 1e-9, "%v bands", k)
	}
}

func TestRewardIsTheBasePriceOrTheLadderMirrored(t *testing.T) {
	m := cui(market.Horizon)
	assert.True(t, m.Curve(0).Convex())
	assert.InDelta(t, -5000, m.Curve(0).Cost(-100), 1e-9)

	m.Reward = market.SymmetricReward
	require.NoError(t, market.Validate(m))
	c := m.Curve(0)
	assert.False(t, c.Convex(), "a bonus that grows needs binaries")
	for _, q := range []float64{10, 40, 55, 80, 100, 1e6} {
		assert.InDelta(t, -c.Cost(q), c.Cost(-q), 1e-6, "%v t", q)
	}
	m.Growth = 0
	assert.True(t, m.Curve(0).Convex(), "a mirrored flat price is flat")
}

func TestLadderEndsAtItsLimits(t *testing.T) {
	m := cui(market.Horizon)
	m.MaxBuy, m.MaxSell = market.Series{50}, market.Series{0}
	require.NoError(t, market.Validate(m))
	lower, upper := m.Curve(0).Limits()
	assert.Equal(t, []float64{0, 50}, []float64{lower, upper})
	m.Reward, m.MaxSell = market.SymmetricReward, market.Series{60}
	require.NoError(t, market.Validate(m))
	lower, _ = m.Curve(0).Limits()
	assert.InDelta(t, -60, lower, 0)
}

func TestLadderReportsAllViolationsAtOnce(t *testing.T) {
	err := (&market.Ladder{
		Calendar: market.Calendar{Steps: 2},
		Price:    market.Series{-5}, Band: market.Series{40, 0}, Growth: -0.25, Reward: 7,
	}).Validate()
	for _, want := range []string{"0 bands", "Growth -0.25", "unknown Reward 7", "Price[0] is -5", "Band[1] is 0"} {
		assert.ErrorContains(t, err, want)
	}
}
