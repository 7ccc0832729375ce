package market_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/market"
)

func TestSettleRoundsByLargestRemainder(t *testing.T) {
	// In fen: 33.3, 33.3, 33.4, −100. Floors 33, 33, 33, −100 leave one fen for
	// the largest remainder.
	got, err := market.Settle([]float64{0.333, 0.333, 0.334, -1}, market.Fen)
	require.NoError(t, err)
	assert.Equal(t, []int64{33, 33, 34, -100}, got)

	// Three thirds of a fen: equal remainders, the lowest index gets it.
	got, err = market.Settle([]float64{1.0 / 300, 1.0 / 300, 1.0 / 300, -0.01}, market.Fen)
	require.NoError(t, err)
	assert.Equal(t, []int64{1, 0, 0, -1}, got)
}

func TestSettleKeepsWholeAmounts(t *testing.T) {
	// 0.29/0.01 is 28.999999999999996 in binary.
	got, err := market.Settle([]float64{0.29, 0.57, -0.86}, market.Fen)
	require.NoError(t, err)
	assert.Equal(t, []int64{29, 57, -86}, got)
	got, err = market.Settle(nil, market.Fen)
	require.NoError(t, err)
	assert.Empty(t, got)
}

func TestSettledMoneySumsToZeroAndNobodyMovesByAUnit(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	for range 2000 {
		amounts := make([]float64, 1+r.IntN(20))
		for i := range amounts[1:] {
			amounts[i+1] = math.Exp(4*r.NormFloat64()) * (r.Float64() - 0.5)
		}
		amounts[0] = -sum(amounts[1:])
		got, err := market.Settle(amounts, market.Fen)
		require.NoError(t, err)
		total := int64(0)
		for i, units := range got {
			total += units
			require.Less(t, math.Abs(float64(units)-amounts[i]/market.Fen), 1+1e-6, "%v", amounts)
		}
		require.Zero(t, total)

		parties, counterparty, err := market.SettleWith(amounts[1:], market.Fen)
		require.NoError(t, err)
		for i, units := range parties {
			counterparty += units
			require.LessOrEqual(t, math.Abs(float64(units)-amounts[i+1]/market.Fen), 0.5+1e-6)
		}
		require.Zero(t, counterparty)
	}
}

func TestSettleRefusesMoneyThatDoesNotAddUp(t *testing.T) {
	for want, amounts := range map[string][]float64{
		"add up to 0.5, not to 0":   {1, -0.5},
		"amount 1 is NaN":           {1, math.NaN()},
		"want at most 2^53":         {1e15, -1e15},
		"add up to 0.01, not to 0;": {0.02, -0.01},
	} {
		_, err := market.Settle(amounts, market.Fen)
		assert.ErrorContains(t, err, want)
	}
	_, err := market.Settle([]float64{1, -1}, 0)
	assert.ErrorContains(t, err, "minor unit of 0")
	_, _, err = market.SettleWith([]float64{math.Inf(1), math.NaN()}, market.Fen)
	assert.ErrorContains(t, err, "amount 0 is +Inf")
	parties, counterparty, err := market.SettleWith([]float64{1e15, -3e15, 2.5}, market.Fen)
	require.NoError(t, err)
	assert.Equal(t, []int64{1e17, -3e17, 250}, parties)
	assert.Equal(t, int64(2e17-250), counterparty)
	_, _, err = market.SettleWith([]float64{1e17, 1}, market.Fen)
	assert.ErrorContains(t, err, "want at most 2^62")
	_, _, err = market.SettleWith([]float64{math.Inf(1), math.NaN()}, market.Fen)
	assert.ErrorContains(t, err, "amount 1 is NaN")
}
