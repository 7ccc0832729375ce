package market_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/market"
)

func linearElectricity() *market.Linear {
	return &market.Linear{
		Market: &market.Tariff{
			Calendar: market.Calendar{Steps: 2},
			Buy:      market.Series{100, 200}, Sell: market.Series{35, 70},
			MaxBuy: market.Series{20}, MaxSell: market.Series{20},
		},
		Slope: market.Series{2, 1},
		Floor: market.Series{30}, Cap: market.Series{220},
	}
}

func TestLinearMovesBuyingAndSellingPricesAlike(t *testing.T) {
	m := linearElectricity()
	require.NoError(t, market.Validate(m))
	// Period 0, three participants: +10 −4 −1, volume 5, response 2·5 = 10: 110
	// and 45.
	m.MaxBuy = market.Series{1} // limits one participant's Curve only
	payments, price := m.Payments(0, []float64{10, -4, -1})
	assert.InDelta(t, 10, price, 1e-12)
	assert.InDeltaSlice(t, []float64{1100, -180, -45}, payments, 1e-9)

	// The floor of 30 lets the selling price of 35 fall by 5 and no further, at
	// volume −2.5; the cap of 220 lets the buying price of 200 rise by 20.
	response := m.Response(0)
	assert.InDelta(t, -4, response.Price(-2), 1e-12)
	assert.InDelta(t, -5, response.Price(-10), 1e-12)
	assert.InDelta(t, 20, m.Response(1).Price(25), 1e-12)
}

func TestLinearWithoutOthersIsTheResidualDemandCurve(t *testing.T) {
	// C2: a seller faces a − b · (own sales). Selling 6 at 70 − 0.5·6 = 67
	// earns 402.
	m := &market.Linear{
		Market: market.Flat(market.Carbon, market.Calendar{Steps: 24, Period: market.Day}, 70),
		Slope:  market.Series{0.5}, MaxBuy: market.Series{40}, MaxSell: market.Series{40}, MaxError: 0.01,
	}
	require.NoError(t, market.Validate(m))
	c := m.Curve(0)
	assert.True(t, c.Convex())
	assert.InDelta(t, -402, c.Cost(-6), 0.01)
	assert.LessOrEqual(t, c.Cost(-6), -402.0, "tangents lie below")
	lo, hi := c.Marginal(0)
	assert.InDeltaSlice(t, []float64{70, 70}, []float64{lo, hi}, 1e-12)

	m.Others = market.Series{8} // C1 with the others known: 70 + 0.5·(8 − 6) = 71
	assert.InDelta(t, -6*71, m.Curve(0).Cost(-6), 0.01)
}

func TestLinearCurveEqualsPaymentsWithinTheDefaultError(t *testing.T) {
	m := linearElectricity()
	m.Others = market.Series{3, -2}
	for p, others := range m.Others {
		c := m.Curve(p)
		assert.Less(t, len(c.Slopes), 40, "about 32 tangents")
		for q := -20.0; q <= 20; q += 0.5 {
			payments, _ := m.Payments(p, []float64{q, others})
			allowed := 1e-3 * m.Slope[p] * 20 * 20
			assert.InDelta(t, payments[0]-allowed/2, c.Cost(q), allowed/2+1e-9, "period %d, own %v", p, q)
		}
	}
}

func TestCapMakesTheOwnCostCurveNotConvexAndSaysSo(t *testing.T) {
	m := linearElectricity()
	m.Cap = market.Series{205}
	assert.False(t, m.Curve(1).Convex(), "once the cap is reached the next unit costs less than the last")
	found := false
	for _, w := range market.Warnings(m) {
		found = found || w.Kind == market.NotConvex
	}
	assert.True(t, found)
}

func TestPriceWithoutRoomDoesNotMove(t *testing.T) {
	m := &market.Linear{
		Market: market.Flat(market.Electricity, market.Calendar{Steps: 1}, 60),
		Slope:  market.Series{5}, MaxBuy: market.Series{9}, MaxSell: market.Series{9},
		Floor: market.Series{60}, Cap: market.Series{60},
	}
	require.NoError(t, market.Validate(m))
	assert.InDelta(t, 540, m.Curve(0).Cost(9), 1e-9)
}

func TestLinearWithoutSlopeIsTheMarketItWraps(t *testing.T) {
	flat := market.Flat(market.Electricity, market.Calendar{Steps: 2}, 60)
	m := &market.Linear{Market: flat, Slope: market.Series{0, 1}, MaxBuy: market.Series{math.Inf(1), 0}, MaxSell: market.Series{math.Inf(1), 0}}
	require.NoError(t, market.Validate(m), "no limits are needed where the price does not move")
	assert.Equal(t, flat.Curve(0), m.Curve(0))
	assert.Equal(t, market.Curve{}, m.Curve(1), "closed")
}

func TestLinearReportsAllViolationsAtOnce(t *testing.T) {
	assert.ErrorContains(t, (&market.Linear{}).Validate(), "no market to wrap")

	flat := market.Flat(market.Carbon, market.Calendar{Steps: 2}, 70)
	err := (&market.Linear{
		Market: flat, Slope: market.Series{-1}, Floor: market.Series{math.NaN()},
		Others: market.Series{1, 2, 3}, MaxError: -1,
	}).Validate()
	for _, want := range []string{"Slope[0] is -1", "Floor[0] is NaN", "Others has 3 values", "MaxError -1"} {
		assert.ErrorContains(t, err, want)
	}
	err = (&market.Linear{Market: flat, Slope: market.Series{1}, Floor: market.Series{80, 0}}).Validate()
	assert.ErrorContains(t, err, "period 0: a price of the market lies outside [Floor, Cap]")
	assert.ErrorContains(t, err, "period 1: own trade in [-Inf, +Inf]; a quadratic cost needs finite limits")
	err = (&market.Linear{Market: &market.Tariff{}, Slope: market.Series{1}}).Validate()
	assert.ErrorContains(t, err, "linear price: electricity tariff")
}

// Two participants in one program. One loses 4(q − 29)² if it does not buy 29
// units, the other 4(q + 9.125)² if it does not sell 9.125. At +16 and −14 the
// volume is 2 and the response 4, so the buyer pays 104 and the seller gets 39;
// 8(16 − 29) + 104 = 0 and 8(−14 + 9.125) + 39 = 0, an equilibrium of price
// takers. It must be the minimum of base costs plus potential.
func TestPotentialFindsTheEquilibriumOfAMarketWithTwoPrices(t *testing.T) {
	m := linearElectricity()
	base, response := m.Base(0), m.Response(0)
	const maxError = 0.05
	potential, err := response.Common(market.PriceTaking, -2.5, 40, maxError) // −2.5: the floor
	require.NoError(t, err)
	value := func(a, b float64) float64 {
		return 4*(a-29)*(a-29) + 4*(b+9.125)*(b+9.125) + base.Cost(a) + base.Cost(b) + potential.Cost(a+b)
	}
	best, at := math.Inf(1), []float64{0, 0}
	for a := -20.0; a <= 20; a += 0.25 {
		for b := max(-20.0, -2.5-a); b <= 20; b += 0.25 {
			if v := value(a, b); v < best {
				best, at = v, []float64{a, b}
			}
		}
	}
	assert.Equal(t, []float64{16, -14}, at)
	payments, price := m.Payments(0, at)
	assert.InDelta(t, 4, price, 1e-12)
	assert.InDeltaSlice(t, []float64{16 * 104, -14 * 39}, payments, 1e-9)
}

// By hand: at 10 + 2 Q and 3 MWh of others, a purchase of 4 costs 4 · (10 + 2 ·
// 7) = 96. A stated error, a price without slope and a cap within the limits
// leave the cost to Curve.
func TestLinearPriceSplitsIntoALineAndAQuadratic(t *testing.T) {
	m := &market.Linear{
		Market: market.Flat(market.Electricity, market.Calendar{Steps: 1}, 10), Slope: market.Series{2},
		Others: market.Series{3}, MaxBuy: market.Series{8}, MaxSell: market.Series{5},
	}
	line, quadratic, ok := m.Split(0)
	require.True(t, ok)
	assert.InDelta(t, 96, line.Cost(4)+quadratic.Value(4), 1e-12)
	payments, _ := m.Payments(0, []float64{4, 3})
	assert.InDelta(t, payments[0], line.Cost(4)+quadratic.Value(4), 1e-12)
	lower, upper := line.Limits()
	assert.Equal(t, []float64{-5, 8}, []float64{lower, upper})

	for _, change := range []func(m *market.Linear){
		func(m *market.Linear) { m.MaxError = 1 },
		func(m *market.Linear) { m.Slope = market.Series{0} },
		func(m *market.Linear) { m.Cap = market.Series{20} },
		func(m *market.Linear) { m.Floor = market.Series{9} },
	} {
		other := *m
		change(&other)
		curve, _, ok := other.Split(0)
		assert.False(t, ok)
		assert.Equal(t, other.Curve(0), curve)
	}
}
