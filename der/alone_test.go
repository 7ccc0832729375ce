package der_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// result is what a unit does best when it is alone with a tariff.
type result struct {
	profit   float64 // expected payment less expected own cost
	schedule der.Schedule
	integers int
}

// alone maximises a unit's expected profit under a tariff.
func alone(t testing.TB, u der.DER, c der.Context) result {
	t.Helper()
	r, err := optimum(t, u, c)
	require.NoError(t, err)
	return r
}

// optimum is alone for a unit that may have no schedule, which is an error.
func optimum(t testing.TB, u der.DER, c der.Context) (result, error) {
	t.Helper()
	m := milp.New()
	terms := u.Model(m, milp.Const(1), c)
	payment := c.PaymentTerms(m, u.Name(), terms)
	var profit milp.Expr
	for s := range terms {
		profit.Add(payment[s].Minus(terms[s].Cost).Times(c.Set.Probability(s)))
	}
	m.Maximize(profit)
	solution, err := testsolver.New(t).Solve(context.Background(), m)
	require.NoError(t, err)
	if err := solution.Err(); err != nil {
		return result{}, err
	}
	schedule := der.Schedule{Realised: der.Realise(terms, solution.Values)}
	for _, e := range terms[0].DayAhead {
		schedule.DayAhead = append(schedule.DayAhead, e.Value(solution.Values))
	}
	return result{solution.Objective, schedule, m.Integers()}, nil
}

// onePrice is a tariff that pays and charges the same for energy in both
// directions and for reduction.
func onePrice(prices ...float64) der.Tariff {
	return der.Tariff{Injection: prices, Withdrawal: prices, LoadReduction: prices}
}

// steps returns one future without series.
func steps(n int, length time.Duration) *scenario.Set {
	return scenario.Single(scenario.Grid{Step: length, Steps: n})
}

// day returns three weighted futures of eight hours with the series that the
// units of these tests read.
func day(t testing.TB) *scenario.Set {
	t.Helper()
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 8}, []float64{0.5, 0.3, 0.2})
	require.NoError(t, err)
	require.NoError(t, set.Add("wind", "MW", [][]float64{
		{3, 4, 5, 6, 5, 4, 2, 1}, {1, 1, 2, 2, 3, 5, 6, 6}, {0, 0, 1, 0, 0, 2, 1, 0},
	}))
	require.NoError(t, set.Add("sun", "MW", [][]float64{
		{0, 1, 3, 4, 4, 2, 1, 0}, {0, 0.5, 1, 1.5, 1, 0.5, 0, 0}, {0, 2, 4, 5, 5, 3, 1, 0},
	}))
	require.NoError(t, set.Add("load", "MW", [][]float64{
		{4, 4, 5, 7, 8, 8, 6, 5}, {5, 5, 6, 8, 9, 9, 7, 5}, {3, 3, 4, 6, 6, 7, 5, 4},
	}))
	require.NoError(t, set.AddForecast("expected wind", "MW", []float64{2, 2, 3, 3, 3, 4, 3, 2}))
	return set
}

// quarters returns two futures of six quarter-hours with a load.
func quarters(t testing.TB) *scenario.Set {
	t.Helper()
	set, err := scenario.New(scenario.Grid{Step: 15 * time.Minute, Steps: 6}, []float64{0.4, 0.6})
	require.NoError(t, err)
	require.NoError(t, set.Add("wind", "MW", [][]float64{{3, 4, 5, 6, 5, 4}, {1, 0, 2, 2, 3, 5}}))
	require.NoError(t, set.Add("load", "MW", [][]float64{{4, 4, 5, 7, 8, 8}, {5, 5, 6, 8, 9, 9}}))
	return set
}

// series returns one future of hourly steps with the given series.
func series(t testing.TB, name string, values ...float64) *scenario.Set {
	t.Helper()
	set := steps(len(values), time.Hour)
	require.NoError(t, set.AddForecast(name, "MW", values))
	return set
}

// within demands that a realised value lies in its limits.
func within(t dertest.TB, lo, x, hi float64, what string, s, step int) {
	t.Helper()
	if !(x >= lo-1e-6 && x <= hi+1e-6) {
		t.Errorf("%s is %g in scenario %d, step %d, want within [%g, %g]", what, x, s, step, lo, hi)
	}
}

// near demands that a realised value agrees with one recomputed from data, to
// 1e-6 of a MW or MWh.
func near(t dertest.TB, want, x float64, what string, s, step int) {
	t.Helper()
	if d := want - x; !(d <= 2e-6 && d >= -2e-6) {
		t.Errorf("%s is %g in scenario %d, step %d, want %g", what, x, s, step, want)
	}
}

// complains demands that an error names each of the expected complaints.
func complains(t *testing.T, err error, wants ...string) {
	t.Helper()
	require.Error(t, err)
	for _, want := range wants {
		assert.ErrorContains(t, err, want)
	}
	if joined, ok := err.(interface{ Unwrap() []error }); assert.True(t, ok, "violations are joined") {
		assert.Len(t, joined.Unwrap(), len(wants), "one violation for each expected complaint:\n%v", err)
	}
}
