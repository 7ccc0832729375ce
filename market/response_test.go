package market_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
)

var conducts = []market.Conduct{market.PriceTaking, market.Cournot, market.Social}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}

// The derivative of each potential is the marginal cost of the participant or
// the planner. The right-hand sides are differentiated from the payments
// themselves, not from the formulas.
func TestPotentialsHaveTheMarginalCostsOfTheirConduct(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	const h = 1e-5
	for range 100 {
		response := market.Response{Intercept: 50 * r.NormFloat64(), Slope: r.Float64()}
		own := []float64{10 * r.NormFloat64(), 10 * r.NormFloat64(), 10 * r.NormFloat64()}
		l := r.IntN(len(own))
		at := func(delta float64) []float64 {
			moved := append([]float64(nil), own...)
			moved[l] += delta
			return moved
		}
		derivative := func(f func([]float64) float64) float64 { return (f(at(h)) - f(at(-h))) / (2 * h) }
		economics := map[market.Conduct]func([]float64) float64{
			market.PriceTaking: func(q []float64) float64 { return response.Price(sum(own)) * q[l] },
			market.Cournot:     func(q []float64) float64 { return response.Price(sum(q)) * q[l] },
			market.Social:      func(q []float64) float64 { return response.Price(sum(q)) * sum(q) },
		}
		for conduct, payment := range economics {
			potential := func(q []float64) float64 {
				v, err := response.Potential(conduct, q)
				require.NoError(t, err)
				return v
			}
			want := derivative(payment)
			require.InDelta(t, want, derivative(potential), 1e-4, "potential, %v", conduct)
			require.InDelta(t, want, response.Marginal(conduct, own[l], sum(own)), 1e-4, "marginal, %v", conduct)
		}
	}
}

// Two buyers who would like 10 units each and lose ½(q − 10)² otherwise, p = 2
// + Q/2. First-order conditions q − 10 + marginal cost = 0, by hand:
//
//	price-taking  q − 10 + 2 + q = 0          q = 4,    p = 6
//	Cournot       q − 10 + 2 + q + q/2 = 0    q = 3.2,  p = 5.2
//	social        q − 10 + 2 + 2q = 0         q = 8/3,  p = 14/3
func TestThreeEquilibriaOfTwoEqualBuyersByHand(t *testing.T) {
	response := market.Response{Intercept: 2, Slope: 0.5}
	for conduct, want := range map[market.Conduct]float64{market.PriceTaking: 4, market.Cournot: 3.2, market.Social: 8.0 / 3} {
		q := []float64{want, want}
		assert.InDelta(t, 0, want-10+response.Marginal(conduct, want, 2*want), 1e-12, "%v", conduct)
		got := minimise(t, response, conduct, []float64{1, 1}, []float64{10, 10})
		assert.InDeltaSlice(t, q, got, 1e-5, "%v", conduct)
	}
}

// minimise returns the minimiser of Σ ½ k (q − want)² + Φ by exact coordinate
// descent on the potential's value alone.
func minimise(t *testing.T, response market.Response, conduct market.Conduct, k, want []float64) []float64 {
	t.Helper()
	q := make([]float64, len(k))
	value := func() float64 {
		v, err := response.Potential(conduct, q)
		require.NoError(t, err)
		for l := range q {
			v += 0.5 * k[l] * (q[l] - want[l]) * (q[l] - want[l])
		}
		return v
	}
	for range 100 {
		for l := range q {
			const h = 1e-3 // the value is quadratic in q[l], so three points give the minimum exactly
			at := q[l]
			mid := value()
			q[l] = at + h
			right := value()
			q[l] = at - h
			left := value()
			q[l] = at - 0.5*h*(right-left)/(right-2*mid+left)
		}
	}
	return q
}

// The three equilibria found without any potential: by the price at which
// supply meets the response, by best replies, and by the planner's own
// first-order condition.
func TestPotentialsFindTheEquilibriaOfTheGame(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 40 {
		response := market.Response{Intercept: 5 + r.Float64(), Slope: 0.05 + 0.3*r.Float64()}
		k := []float64{0.5 + r.Float64(), 0.5 + r.Float64(), 0.5 + r.Float64()}
		want := []float64{20 * r.Float64(), 20 * r.Float64(), -20 * r.Float64()} // the third is a seller
		a, b := response.Intercept, response.Slope

		// Price takers: q_l = want − p/k, and p = a + b Σ q. Bisection on p.
		low, high := -100.0, 100.0
		var taking []float64
		for range 100 {
			p := (low + high) / 2
			taking = taking[:0]
			for l := range k {
				taking = append(taking, want[l]-p/k[l])
			}
			if a+b*sum(taking) > p {
				low = p
			} else {
				high = p
			}
		}
		// Cournot: everyone's best reply to the others, from k(q − want) + a +
		// b(others + q) + bq = 0.
		cournot := make([]float64, len(k))
		for range 500 {
			for l := range k {
				others := sum(cournot) - cournot[l]
				cournot[l] = (k[l]*want[l] - a - b*others) / (k[l] + 2*b)
			}
		}
		// Social: q_l = want − μ/k with μ = a + 2bQ, so Q = (Σ want − a Σ
		// 1/k)/(1 + 2b Σ 1/k).
		inverse := 1/k[0] + 1/k[1] + 1/k[2]
		total := (sum(want) - a*inverse) / (1 + 2*b*inverse)
		var social []float64
		for l := range k {
			social = append(social, want[l]-(a+2*b*total)/k[l])
		}
		require.InDeltaSlice(t, taking, minimise(t, response, market.PriceTaking, k, want), 1e-5)
		require.InDeltaSlice(t, cournot, minimise(t, response, market.Cournot, k, want), 1e-5)
		require.InDeltaSlice(t, social, minimise(t, response, market.Social, k, want), 1e-5)
	}
}

func TestCommonAndPrivateCurvesAddUpToThePotential(t *testing.T) {
	response := market.Response{Intercept: 60, Slope: 0.8}
	const maxError = 0.5
	for _, conduct := range conducts {
		common, err := response.Common(conduct, -90, 90, maxError)
		require.NoError(t, err)
		private, err := response.Private(conduct, -30, 30, maxError)
		require.NoError(t, err)
		require.True(t, common.Convex() && private.Convex())
		r := rand.New(rand.NewPCG(9, 10))
		for range 500 {
			own := []float64{60*r.Float64() - 30, 60*r.Float64() - 30, 60*r.Float64() - 30}
			want, err := response.Potential(conduct, own)
			require.NoError(t, err)
			got := common.Cost(sum(own)) + private.Cost(own[0]) + private.Cost(own[1]) + private.Cost(own[2])
			require.LessOrEqual(t, got, want+1e-9)
			require.GreaterOrEqual(t, got, want-4*maxError-1e-9, "one error for each curve at most")
		}
	}
}

func TestPriceTakersSeeTheIntegralOfThePriceAcrossItsLimits(t *testing.T) {
	response := market.Response{Intercept: 10, Slope: 2, Floor: optional.Of(4), Cap: optional.Of(20)} // limits bind below −3 and above 5
	lower, upper := response.Range()
	assert.Equal(t, []float64{-3, 5}, []float64{lower, upper})
	const maxError = 0.25
	common, err := response.Common(market.PriceTaking, -10, 10, maxError)
	require.NoError(t, err)
	require.True(t, common.Convex())
	integral := 0.0
	const dq = 1e-4
	for q := dq / 2; q < 10; q += dq { // the midpoint rule as the dumb twin
		integral += response.Price(q) * dq
		if math.Mod(q, 1) < dq {
			at := q + dq/2
			got, err := response.Potential(market.PriceTaking, []float64{at})
			require.NoError(t, err)
			require.InDelta(t, integral, got, 1e-3)
			require.InDelta(t, integral-maxError/2, common.Cost(at), maxError/2+1e-3)
		}
	}
	// Down to −10 by hand: 10·3 − 9 = 21 for the slope's part, then 7 at the
	// floor of 4: 49.
	got, err := response.Potential(market.PriceTaking, []float64{-10})
	require.NoError(t, err)
	assert.InDelta(t, -49, got, 1e-12)
	lo, hi := common.Marginal(9)
	assert.Equal(t, []float64{20, 20}, []float64{lo, hi}, "the cap")
}

func TestPotentialStartsAtZeroEvenWhereThePriceStartsAtItsCap(t *testing.T) {
	// 30 + 2Q is below the cap of 20 only for Q < −5. By hand: 20 per unit down
	// to −5; from there to −10 the price falls from 20 to 10, another 75.
	response := market.Response{Intercept: 30, Slope: 2, Floor: optional.Of(4), Cap: optional.Of(20)}
	common, err := response.Common(market.PriceTaking, -10, 3, 0.01)
	require.NoError(t, err)
	for volume, want := range map[float64]float64{0: 0, 1: 20, -5: -100, -10: -175} {
		got, err := response.Potential(market.PriceTaking, []float64{volume})
		require.NoError(t, err)
		assert.InDelta(t, want, got, 1e-12, "volume %v", volume)
		assert.InDelta(t, want, common.Cost(volume), 0.01+1e-12, "volume %v", volume)
	}
}

func TestOtherConductIsRefusedAcrossAPriceLimit(t *testing.T) {
	response := market.Response{Intercept: 10, Slope: 2, Floor: optional.Of(4), Cap: optional.Of(20)}
	for _, conduct := range []market.Conduct{market.Cournot, market.Social} {
		_, err := response.Common(conduct, -10, 10, 1)
		assert.ErrorIs(t, err, market.ErrPriceLimit)
		assert.ErrorContains(t, err, "within [-3, 5]")
		_, err = response.Potential(conduct, []float64{3, 3})
		assert.ErrorIs(t, err, market.ErrPriceLimit)
		_, err = response.Common(conduct, -3, 5, 1)
		assert.NoError(t, err)
	}
	assert.InDelta(t, 20, response.Marginal(market.Cournot, 8, 8), 0, "at the cap a unit more moves no price")
}

func TestOwnCostEqualsThePayment(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 200 {
		response := market.Response{
			Intercept: 30 + 10*r.NormFloat64(), Slope: r.Float64(),
			Floor: optional.Of(10 * r.Float64()), Cap: optional.Of(40 + 20*r.Float64()),
		}
		others := 40 * r.NormFloat64()
		const maxError = 0.3
		c, err := response.Own(others, -50, 50, maxError)
		require.NoError(t, err)
		require.NoError(t, c.Validate())
		for q := -50.0; q <= 50; q += 0.5 {
			paid := q * response.Price(q+others)
			require.LessOrEqual(t, c.Cost(q), paid+1e-6, "%+v, others %v, own %v", response, others, q)
			require.GreaterOrEqual(t, c.Cost(q), paid-maxError-1e-6, "%+v, others %v, own %v", response, others, q)
		}
	}
}

func TestResponseReportsAllViolationsAtOnce(t *testing.T) {
	err := market.Response{Intercept: math.NaN(), Slope: -1, Floor: optional.Of(3), Cap: optional.Of(2)}.Validate()
	for _, want := range []string{"intercept is NaN", "slope -1", "floor 3 and cap 2"} {
		assert.ErrorContains(t, err, want)
	}
	_, err = market.Response{Slope: -1}.Common(market.PriceTaking, -1, 1, 1)
	assert.ErrorContains(t, err, "slope -1")
	_, err = market.Response{}.Own(math.NaN(), -1, 1, 1)
	assert.ErrorContains(t, err, "others be finite")
}
