package main

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/studies/internal/claim"
	"github.com/trigrid/trigrid/weights"
)

// By hand: 1, 2 and 3 have the mean 2, the standard deviation 1, and the 0.975
// quantile 4.303 of t with two degrees of freedom, so that half of the interval
// is 4.303/√3 = 2.484.
func TestPairedChange(t *testing.T) {
	days := []day{{Date: "1"}, {Date: "2"}, {Date: "3"}}
	c := paired(days, func(d day) float64 { return float64(d.Date[0] - '0') })
	assert.InDelta(t, 2, c.Mean, 1e-12)
	assert.InDelta(t, 2-2.4841, c.Low, 1e-3)
	assert.InDelta(t, 2+2.4841, c.High, 1e-3)
	assert.Equal(t, claim.Stays, c.direction())
	assert.Equal(t, claim.Rises, change{Low: 1, High: 3}.direction())
	assert.Equal(t, claim.Falls, change{Low: -3, High: -1}.direction())
	assert.True(t, math.IsInf(paired(days[:1], func(day) float64 { return 1 }).High, 1), "one day has no interval")
}

// All days of the year that is measured, in any order, each once.
func TestDaysAreEverySixth(t *testing.T) {
	seen := map[int]bool{}
	for _, d := range days(maxDays) {
		assert.Equal(t, 1, d.YearDay()%every)
		assert.Equal(t, 2020, d.Year())
		seen[d.YearDay()] = true
	}
	assert.Len(t, seen, maxDays)
	assert.False(t, seen[1], "the first day has no earlier ones")
}

// agreeable returns three days on which every claim of the paper but A7a holds.
// The days differ a little, so that intervals have a width.
func agreeable() []day {
	var out []day
	for i := range 3 {
		var (
			a    = float64(i) / 100
			d    = day{Date: string(rune('1' + i))}
			row  = func(n numbers) outcome { return outcome{Planned: n, Happened: n} }
			plan = func(surplus, cvar, environment, imbalance, deviation, used float64) outcome {
				o := row(numbers{surplus + a, cvar, environment + a, imbalance + a, deviation + a, used - a, 10})
				o.Payoff, o.Revenue = map[string]float64{}, map[string]float64{"ES": 50}
				for name := range allocation() {
					o.Payoff[name] = 10 + environment + a
				}
				return o
			}
		)
		// The base is best in every dimension, and equal to each corner in its
		// own.
		d.Sweep = []outcome{plan(90, 8, 5, 9, 3, 8), plan(100, 2, 20, 4, 4, 9), plan(80, 9, 19, 5, 6, 9)}
		d.Corners = []outcome{plan(100, 30, 0, 9, 9, 9), plan(10, 2, 0, 0, 0, 0), plan(20, 30, 20, 9, 9, 9)}
		for range weights.TableNames() {
			better := plan(110, 1, 40, 1, 1, 10)
			better.Payoff = nil
			d.Policy = append(d.Policy, ruled{Acts: true, outcome: better})
		}
		out = append(out, d)
	}
	return out
}

func verdicts(days []day) map[string]claim.Verdict {
	out := map[string]claim.Verdict{}
	for _, c := range judge(days) {
		out[c.ID] = c.Verdict
	}
	return out
}

// Each verdict turns with the result that it is about, and no other does. In
// these days the base has the highest environmental income of all, as A8 says,
// so that A7a is contradicted: the two claims exclude each other, because A7a
// wants more income at another vector.
func TestVerdictsFollowTheDays(t *testing.T) {
	before := verdicts(agreeable())
	require.Equal(t, claim.Contradicted, before["A7a"])
	delete(before, "A7a")
	for id, v := range before {
		require.Equal(t, claim.Reproduced, v, id)
	}
	each := func(change func(*day)) []day {
		x := agreeable()
		for i := range x {
			change(&x[i])
		}
		return x
	}
	for _, c := range []struct {
		ids  []string
		days []day
	}{
		{[]string{"A4a"}, each(func(d *day) { d.Sweep[0].Payoff["T1"] = 99 })},
		{[]string{"A4a", "A4b"}, each(func(d *day) { d.Sweep[0].Payoff["W1"] = 99 })},
		{[]string{"A4c", "A8a", "A8b", "A8c"}, each(func(d *day) {
			d.Sweep[0].Happened.Surplus, d.Sweep[0].Happened.CVaR = 120, 2
			d.Sweep[0].Happened.Environment = 20
		})},
		{[]string{"A5"}, each(func(d *day) { d.Sweep[2].Revenue["ES"] = 60 })},
		{[]string{"A7b"}, each(func(d *day) { d.Sweep[2].Happened.Deviation = 1 })},
		{[]string{"A7c"}, each(func(d *day) { d.Sweep[0].Happened.Used = 10 })},
		{[]string{"A7d"}, each(func(d *day) { d.Sweep[0].Happened.Imbalance = 1 })},
		{[]string{"A8a"}, each(func(d *day) { d.Corners[1].Happened.CVaR = 1.5 })},
		{[]string{"P1a"}, each(func(d *day) { d.Policy[0].Happened.Used = 1 })},
		{[]string{"P1b"}, each(func(d *day) { d.Policy[0].Happened.Environment = 1 })},
		{[]string{"P2"}, each(func(d *day) { d.Policy[1].Happened.Imbalance = 9 })},
		{[]string{"P3"}, each(func(d *day) { d.Policy[2].Happened.Surplus = 9 })},
		{[]string{"P4"}, each(func(d *day) { d.Policy[3].Happened.Surplus = 9 })},
	} {
		after := verdicts(c.days)
		for id, v := range before {
			want := v
			for _, turned := range c.ids {
				if id == turned {
					want = claim.Contradicted
				}
			}
			assert.Equal(t, want, after[id], "%s after a change of %v", id, c.ids)
		}
	}
	// More income at the last vector turns A7a, and takes the least loss in
	// environment from the base.
	after := verdicts(each(func(d *day) { d.Sweep[2].Happened.Environment = 30 }))
	assert.Equal(t, claim.Reproduced, after["A7a"])
	assert.Equal(t, claim.Contradicted, after["A8a"])
	// A rule that acts on one day of three has no interval.
	rare := agreeable()
	rare[0].Policy[1].Acts, rare[1].Policy[1].Acts = false, false
	assert.Equal(t, claim.NotCheckable, verdicts(rare)["P2"])
	// The last vector in the middle of all spans is the balanced point.
	assert.Equal(t, claim.Contradicted, verdicts(each(func(d *day) {
		d.Sweep[base].Happened.Environment = 1
		d.Sweep[2].Happened = numbers{Surplus: 90, CVaR: 4, Environment: 19, Imbalance: 5, Deviation: 6, Used: 9, Available: 10}
	}))["A8b"])
}
