package der_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// Half-hours. Fed in 4 and 2 MW at 30 and 40, taken out 1 and 5 MW at 35 and
// 50, reduced by 2 and 0 MW at 20: ½·(120 + 80) = 100, ½·(35 + 250) = 142.5,
// ½·40 = 20. Net 5 and −3 MW against 6 and −4 announced: 1 MW missing at 8, 1
// MW too many at 2: ½·8 + ½·2 = 5.
func TestPaymentByHand(t *testing.T) {
	c := der.Context{Set: steps(2, 30*time.Minute), Tariff: der.Tariff{
		Injection: []float64{30, 40}, Withdrawal: []float64{35, 50}, LoadReduction: []float64{20, 20},
		Shortage: []float64{8, 8}, Surplus: []float64{2, 2},
	}}
	schedule := der.Schedule{DayAhead: []float64{6, -4}, Realised: []der.Ports{{
		Injected: []float64{4, 2}, Withdrawn: []float64{1, 5}, Reduced: []float64{2, 0},
	}}}
	b := c.Payment(schedule, 0)
	assert.InDelta(t, 100, b.Item("energy sold"), 1e-12)
	assert.InDelta(t, -142.5, b.Item("energy bought"), 1e-12)
	assert.InDelta(t, 20, b.Item("load reduction"), 1e-12)
	assert.InDelta(t, -5, b.Item("deviation"), 1e-12)
	assert.InDelta(t, -27.5, b.Total(), 1e-12)

	b = der.Context{Set: c.Set}.Payment(der.Schedule{Realised: []der.Ports{{Heat: []float64{1, 1}}}}, 0)
	assert.Empty(t, b.Items, "no port and no charge, no item")
}

// Half-hours. Heat of 4 and −2 MW at 30 and 50: ½·(120 − 100) = 10. Gas of −6
// and −1 MW at 20 and 40: −½·(120 + 40) = −80. CO2 of 3 and −1 t at 7 and −5:
// 21 + 5 = 26, whatever the length of a step.
func TestPaymentForGoodsByHand(t *testing.T) {
	schedule := der.Schedule{Realised: []der.Ports{{}, {
		Heat: []float64{4, -2}, Gas: []float64{-6, -1}, CO2: []float64{3, -1},
	}}}
	set, err := scenario.New(scenario.Grid{Step: 30 * time.Minute, Steps: 2}, []float64{0.5, 0.5})
	require.NoError(t, err)
	heat, gas, co2 := []float64{30, 50}, []float64{20, 40}, []float64{7, -5}
	wrong := []float64{1e6, 1e6} // of the other scenario, or overruled
	for name, c := range map[string]der.Context{
		"stated": {Set: set, Tariff: der.Tariff{Heat: heat, Gas: gas, CO2: co2}, Inside: der.InsidePrices{Heat: [][]float64{wrong, wrong}}},
		"inside": {Set: set, Inside: der.InsidePrices{Heat: [][]float64{wrong, heat}, Gas: [][]float64{wrong, gas}, CO2: [][]float64{wrong, co2}}},
	} {
		b := c.Payment(schedule, 1)
		assert.InDelta(t, 10, b.Item("heat exchange"), 1e-12, name)
		assert.InDelta(t, -80, b.Item("gas exchange"), 1e-12, name)
		assert.InDelta(t, 26, b.Item("CO2 exchange"), 1e-12, name)
		assert.InDelta(t, -44, b.Total(), 1e-12, name)
		assert.Empty(t, c.Payment(schedule, 0).Items, "no port, no item")
	}
	// A stated price of 0 replaces the price inside; no price at all gives no
	// item.
	c := der.Context{Set: set, Tariff: der.Tariff{Heat: []float64{0, 0}}, Inside: der.InsidePrices{Heat: [][]float64{wrong, heat}}}
	assert.Equal(t, []der.Item{{What: "heat exchange"}}, c.Payment(schedule, 1).Items)

	// The program states the same payment.
	terms := []der.Terms{{}, {
		Heat: []milp.Expr{milp.Const(4), milp.Const(-2)}, Gas: []milp.Expr{milp.Const(-6), milp.Const(-1)}, CO2: []milp.Expr{milp.Const(3), milp.Const(-1)},
	}}
	c = der.Context{Set: set, Tariff: der.Tariff{Heat: heat, Gas: gas, CO2: co2}}
	assert.InDelta(t, -44, c.PaymentTerms(milp.New(), "x", terms)[1].Constant(), 1e-12)

	complains(t, der.Tariff{Heat: []float64{1}, CO2: []float64{1, math.NaN()}}.Validate(2),
		"Heat has 1 prices", "CO2[1] is NaN, want a finite number in currency per t")
}

func TestTariffValidateNamesEveryViolation(t *testing.T) {
	require.NoError(t, der.Tariff{}.Validate(3))
	require.NoError(t, der.Tariff{Injection: []float64{-5, 0}, Shortage: []float64{0, 3}}.Validate(2), "prices may be negative")
	complains(t, der.Tariff{
		Injection: []float64{1}, Withdrawal: []float64{1, math.NaN()}, LoadReduction: []float64{math.Inf(-1), math.NaN()},
		Shortage: []float64{1, -2}, Surplus: []float64{},
	}.Validate(2),
		"der: tariff: Injection has 1 prices, want one for each of 2 steps, or nil", "Withdrawal[1] is NaN", "LoadReduction[0] is -Inf",
		"Shortage[1] is -2, want a finite number of at least 0", "Surplus has 0 prices")
}

// Deliveries 2, 4, 6 with 0.5, 0.3, 0.2. The announcement is the smallest A
// with P(N ≤ A) ≥ long / (short + long): 2 up to one half, 4 up to 0.8, 6
// beyond; the mean, 3.4, where deviations are free.
func TestAnnounceIsTheQuantileOfLeastCharge(t *testing.T) {
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 1}, []float64{0.5, 0.3, 0.2})
	require.NoError(t, err)
	realised := []der.Ports{{Injected: []float64{2}}, {Injected: []float64{4}}, {Injected: []float64{6}}}
	for _, x := range []struct{ short, long, want float64 }{
		{30, 10, 2}, {10, 10, 2}, {10, 30, 4}, {10, 40, 4}, {10, 90, 6}, {0, 5, 6}, {5, 0, 2}, {0, 0, 3.4},
	} {
		c := der.Context{Set: set, Tariff: der.Tariff{Shortage: []float64{x.short}, Surplus: []float64{x.long}}}
		assert.InDelta(t, x.want, c.DayAheadSchedule(realised)[0], 1e-12, "%+v", x)
	}
}

// What Announce finds by sorting, the program finds by optimising: the same
// expected charge.
func TestAnnounceChargesWhatTheProgramCharges(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	for range 10 {
		set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 3}, []float64{0.1, 0.4, 0.3, 0.2})
		require.NoError(t, err)
		paths := make([][]float64, 4)
		realised := make([]der.Ports, 4)
		for s := range paths {
			paths[s] = []float64{10 * random.Float64(), 10 * random.Float64(), 10 * random.Float64()}
			realised[s].Injected = paths[s]
		}
		require.NoError(t, set.Add("wind", "MW", paths))
		c := der.Context{Set: set, Tariff: der.Tariff{
			Injection: []float64{500, 500, 500}, // every MWh is used
			Shortage:  []float64{30 * random.Float64(), 30 * random.Float64(), 0},
			Surplus:   []float64{30 * random.Float64(), 0, 30 * random.Float64()},
		}}
		schedule := der.Schedule{DayAhead: c.DayAheadSchedule(realised), Realised: realised}
		want := 0.0
		for s := range realised {
			want += set.Probability(s) * c.Payment(schedule, s).Total()
		}
		assert.InDelta(t, want, alone(t, &der.Wind{ID: "w", Available: "wind"}, c).profit, 1e-6)
	}
}

func TestTermsAddUpByPort(t *testing.T) {
	c := der.Context{Set: steps(2, time.Hour)}
	m := milp.New()
	x := m.Var(milp.Named("x"), 0, 10)
	terms := c.NewTerms()
	require.Len(t, terms, 1)
	terms[0].Inject(1, x.Times(2), milp.Const(1))
	terms[0].Inject(1, x.Expr())
	terms[0].Withdraw(0, milp.Const(4))
	terms[0].Reduce(0, milp.Const(1))
	terms[0].Exchange(der.Heat, 1, milp.Const(3), x.Expr())
	terms[0].Exchange(der.Gas, 0, milp.Const(7), milp.Const(2))
	terms[0].Renew(0, x.Expr(), milp.Const(5))
	terms[0].Emit(1, x.Times(0.5))
	terms[0].Watch("level", "MWh", 0, x.Times(10))
	terms[0].Watch("level", "MWh", 1, x.Times(20))

	p := der.Realise(terms, []float64{2})[0]
	assert.Equal(t, []float64{0, 7}, p.Injected)
	assert.Equal(t, []float64{4, 0}, p.Withdrawn)
	assert.Equal(t, []float64{0, 1}, p.Heat)
	assert.Equal(t, []float64{5, 0}, p.Gas)
	assert.Equal(t, []float64{2, 0}, p.Renewable)
	assert.Equal(t, []float64{5, 0}, p.Available)
	assert.Equal(t, []float64{0, 1}, p.Emission)
	assert.Equal(t, []float64{20, 40}, p.Trace("level"))
	assert.Nil(t, p.Reserve, "a port that was never filled is absent")
	assert.Nil(t, p.Trace("depth"))
	for step, want := range []float64{-3, 7} {
		assert.InDelta(t, want, p.Net(step), 1e-12)
		assert.InDelta(t, want, terms[0].Net(step).Value([]float64{2}), 1e-12)
	}
}

func TestCarrierNames(t *testing.T) {
	assert.Equal(t, "electricity heat gas", der.Electricity.String()+" "+der.Heat.String()+" "+der.Gas.String())
}

// Of n equally probable deliveries 1 to n the best day-ahead schedule at the
// level k/n is k, by the definition as the smallest A with P(N ≤ A) ≥ k/n.
// Shortage and surplus prices of n−k and k give that level.
func TestRightDayAheadScheduleOfEverySampleSize(t *testing.T) {
	wrong, cases := 0, 0
	for _, n := range []int{1, 3, 7, 10, 49, 100, 333, 3000} {
		set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 1}, scenario.Equal(n))
		require.NoError(t, err)
		realised := make([]der.Ports, n)
		for i := range realised {
			realised[i].Injected = []float64{float64(i + 1)}
		}
		for k := 1; k <= n; k += 1 + n/100 {
			c := der.Context{Set: set, Tariff: der.Tariff{Shortage: []float64{float64(n - k)}, Surplus: []float64{float64(k)}}}
			cases++
			if c.DayAheadSchedule(realised)[0] != float64(k) {
				wrong++
			}
		}
	}
	t.Logf("day-ahead schedule at the level k/n of n deliveries: the k-th, source: definition; found %d of %d wrong", wrong, cases)
	assert.Zero(t, wrong)
}
