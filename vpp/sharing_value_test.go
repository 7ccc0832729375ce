package vpp_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// pair returns outcomes of two members: V, and the revenues.
func pair(values map[vpp.Coalition]float64, revenue map[vpp.Coalition]map[int]float64, exchanging vpp.Coalition) vpp.Outcomes {
	return func(s vpp.Coalition) *vpp.Outcome {
		return &vpp.Outcome{
			Coalition: s, Value: vpp.Value{Integrated: values[s]}, Revenue: revenue[s],
			AbsoluteGap: 0.2, Exchanging: exchanging & s,
		}
	}
}

// A VPP of the value −40 alone, in units of w_e = 0.4. By hand, in money: −100
// alone, −60 with 0, −90 with 1, −20 with both; the Shapley value of the gain
// of 80 is 55 and 25.
func TestShareableByHand(t *testing.T) {
	values := map[vpp.Coalition]float64{0b00: -40, 0b01: -24, 0b10: -36, 0b11: -8}
	revenue := map[vpp.Coalition]map[int]float64{0b01: {0: -10}, 0b10: {1: 6}, 0b11: {0: -20, 1: 7}}
	of := pair(values, revenue, 0)
	c := vpp.Setting{Weights: weights.Vector{Economic: 0.4, Environment: 0.6}}
	assert.Equal(t, 1.0, c.SharedMoney())

	money := vpp.Shareable(of, c, nil)
	assert.InDelta(t, 80, vpp.Gain(0b11, money), 1e-12)
	assert.InDelta(t, 0.5, money(0b11).AbsoluteGap, 1e-12)
	shares := vpp.Shapley{}.Shares(0b11, money)
	assert.InDelta(t, 55, shares[0], 1e-12)
	assert.InDelta(t, 25, shares[1], 1e-12)
	assert.InDelta(t, 80*0.4, vpp.Gain(0b11, of), 1e-12, "the outcomes themselves do not change")

	literal := c
	literal.Modelling.SharedValue = vpp.WeightedValue
	assert.Equal(t, 0.4, literal.SharedMoney())
	assert.InDelta(t, 32, vpp.Gain(0b11, vpp.Shareable(of, literal, nil)), 1e-12)

	// Member 0 alone loses 10 and would have −4 outside: its reservation is −4.
	// Member 1 has 6.
	alone := func(i int) *vpp.Outcome { return of(vpp.Coalition(0).With(i)) }
	outside := func(i int) float64 { return []float64{-4, 0}[i] }
	base := vpp.Reservations(0b11, c, of(0b11), alone, outside)
	assert.Equal(t, map[int]float64{0: -4}, base)
	// In money with the revenue of 0 over −4: −60 − 6 with 0 alone, −20 − 16
	// with both.
	covered := vpp.Shareable(of, c, base)
	for s, want := range map[vpp.Coalition]float64{0b00: -100, 0b01: -66, 0b10: -90, 0b11: -36} {
		assert.InDelta(t, want, covered(s).Value.Integrated, 1e-12, "%b", s)
	}
	payoffs := vpp.Payoffs(0b11, covered, vpp.Shapley{}, 0.5)
	assert.InDelta(t, -4+0.5*(34+54)/2, payoffs[0], 1e-12)
	assert.InDelta(t, 7+0.5*(10+30)/2, payoffs[1], 1e-12)

	// A member that exchanges a good has a reservation in any case; if the VPP
	// cannot run with it alone, it is the outside payoff.
	of = pair(values, revenue, 0b10)
	assert.Equal(t, map[int]float64{0: -4, 1: 6}, vpp.Reservations(0b11, c, of(0b11), alone, outside))
	none := func(int) *vpp.Outcome { return nil }
	assert.Equal(t, map[int]float64{0: -4, 1: 0}, vpp.Reservations(0b11, c, of(0b11), none, outside))

	for _, m := range []vpp.Setting{
		{Weights: c.Weights, Modelling: vpp.Modelling{OwnRevenue: vpp.TariffOnly}},
		{Weights: weights.Vector{Environment: 1}},
	} {
		assert.Empty(t, vpp.Reservations(0b11, m, of(0b11), alone, outside))
	}
	zero := vpp.Setting{Weights: weights.Vector{Environment: 1}}
	assert.InDelta(t, 32, vpp.Gain(0b11, vpp.Shareable(of, zero, nil)), 1e-12, "without an economic weight V is shared")
}

// A gain in money is shared alike for all economic weights, if nothing but
// money counts.
func TestMoneyEquivalentDoesNotDependOnTheWeight(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 1))
	gains := make([]float64, 8)
	for s := range gains {
		gains[s] = 100 * random.Float64()
	}
	at := func(w float64) map[int]float64 {
		of := func(s vpp.Coalition) *vpp.Outcome {
			return &vpp.Outcome{Coalition: s, Value: vpp.Value{Integrated: w * gains[s]}}
		}
		return vpp.Shapley{}.Shares(0b111, vpp.Shareable(of, vpp.Setting{Weights: weights.Vector{Economic: w, Risk: 1 - w}}, nil))
	}
	want := at(1)
	for _, w := range []float64{0.01, 0.4, 0.9} {
		for i, share := range at(w) {
			assert.InDelta(t, want[i], share, 1e-9)
		}
	}
}

// The payments for goods of random parks close, whether the price is that
// inside or stated, and both checks agree with a sum written here.
func TestPaymentsForGoodsClose(t *testing.T) {
	for seed := range uint64(4) {
		v, ders, setting := randomPark(t, seed)
		for _, stated := range []bool{false, true} {
			if stated {
				v.Tariff.Heat, v.Tariff.Gas, v.Tariff.CO2 = flat(5, 55), flat(5, 33), flat(5, -12)
			}
			plan := solve(t, v, ders, setting)
			require.NoError(t, plan.Verify(0))
			for _, good := range []struct {
				item     string
				of       func(*der.Ports) []float64
				price    [][]float64
				hours    float64
				constant float64
			}{
				{"heat exchange", func(p *der.Ports) []float64 { return p.Heat }, plan.Heat.Prices, 1, 55},
				{"gas exchange", func(p *der.Ports) []float64 { return p.Gas }, plan.Gas.Prices, 1, 33},
				{"CO2 exchange", func(p *der.Ports) []float64 { return p.CO2 }, plan.CO2.Prices, 1, -12},
			} {
				total := 0.0
				for i := range plan.Members {
					m := &plan.Members[i]
					want, found := 0.0, 0.0
					for s := range m.Schedule.Realised {
						for step, amount := range good.of(&m.Schedule.Realised[s]) {
							price := good.constant
							if !stated {
								price = good.price[s][step]
							}
							want += setting.Set.Probability(s) * price * amount * good.hours
						}
					}
					for _, item := range m.Items {
						if item.What == good.item {
							found += item.Amount
						}
					}
					assert.InDelta(t, want, found, 1e-6*(1+max(want, -want)), "%s of %s", good.item, m.DER.Name())
					total += found
				}
				assert.InDelta(t, 0, total, 1e-3, good.item)
			}
		}
	}
}

// The outcome of a coalition lists the members that exchange goods without a
// stated price.
func TestExchangingMembers(t *testing.T) {
	testsolver.New(t) // without a solver, the test is skipped
	v, ders, setting := randomPark(t, 1)
	find := func(tariff der.Tariff) map[string]bool {
		v.Tariff = tariff
		x, err := vpp.NewCoalitions(vpp.Problem{VPP: v, Members: ders, Setting: setting}, highs.Solver{})
		require.NoError(t, err)
		all := vpp.Coalition(1)<<len(ders) - 1
		o, err := x.Outcome(t.Context(), all)
		require.NoError(t, err)
		out := map[string]bool{}
		for i, d := range ders {
			out[d.Name()] = o.Exchanging.Has(i)
		}
		return out
	}
	found := find(v.Tariff)
	for name, want := range map[string]bool{"homes": true, "pipe": true, "boiler": true, "cavern": true, "wind": false} {
		assert.Equal(t, want, found[name], name)
	}
	stated := v.Tariff
	stated.Heat = flat(5, 0) // a price of 0 is stated
	found = find(stated)
	for name, want := range map[string]bool{"homes": false, "pipe": true, "boiler": true, "cavern": true, "wind": false} {
		assert.Equal(t, want, found[name], name)
	}
}

// With w_e = 0.5 and a reservation payoff between 0 and 1, a value of −10 ± 1
// and a revenue of −5 ± 1 have the shared value 2·(−10 ± 1) + (−5 ± 1) − [0,
// 1], from −29 to −22.
func TestShareableRangesAreScaledAsValues(t *testing.T) {
	setting := vpp.Setting{Weights: weights.Vector{Economic: 0.5, Environment: 0.5}}
	raw := &vpp.Outcome{Coalition: 1, Value: vpp.Value{Integrated: -10}, Revenue: map[int]float64{0: -5}}
	ranged := raw.WithRanges(&vpp.Ranges{
		Integrated: vpp.Range{Low: -11, High: -9}, Schedules: 1,
		Revenue: map[int]vpp.Range{0: {Low: -6, High: -4}}, Stated: map[int]vpp.Range{0: {Low: -6, High: -4}},
	})
	of := func(vpp.Coalition) *vpp.Outcome { return ranged }
	got := vpp.ShareableRanges(of, setting, map[int]vpp.Range{0: {Low: 0, High: 1}})(1)
	assert.Equal(t, vpp.Range{Low: -29, High: -22}, got.Ranges.Integrated)
	assert.Equal(t, vpp.Range{Low: 0, High: 1}, got.Ranges.Revenue[0])
	assert.InDelta(t, -25.5, got.Value.Integrated, 1e-12)
	assert.InDelta(t, 3.5, got.AbsoluteGap, 1e-12)
	exact := vpp.Shareable(func(vpp.Coalition) *vpp.Outcome { return raw }, setting, map[int]float64{0: 0})(1)
	assert.True(t, got.Ranges.Integrated.Contains(exact.Value.Integrated))
	assert.Equal(t, vpp.Range{Low: -22, High: -18}, vpp.ShareableRanges(of, setting, nil)(1).Ranges.Integrated)
	assert.True(t, math.IsInf(vpp.ShareableRanges(func(vpp.Coalition) *vpp.Outcome { return raw.Unranged() }, setting, nil)(1).AbsoluteGap, 1))
}

// A revenue below the outside payoff of 0 gives a reservation payoff, one above
// it none. If its range allows both, there are two cases; the error of a solver
// around 0 allows one only.
func TestReservationRangesHaveAllCases(t *testing.T) {
	setting := vpp.Setting{Weights: weights.Vector{Economic: 0.5, Environment: 0.5}}
	for _, c := range []struct {
		alone vpp.Range
		want  []map[int]vpp.Range
	}{
		{vpp.Range{Low: -6, High: -4}, []map[int]vpp.Range{{0: {}}}},
		{vpp.Range{Low: 4, High: 6}, []map[int]vpp.Range{{}}},
		{vpp.Range{Low: -1, High: 1}, []map[int]vpp.Range{{0: {}}, {}}},
		{vpp.Range{Low: -1e-6, High: 1e-6}, []map[int]vpp.Range{{}}},
	} {
		o := &vpp.Outcome{Coalition: 1, Ranges: &vpp.Ranges{Revenue: map[int]vpp.Range{0: c.alone}}}
		single, outside := func(int) *vpp.Outcome { return o }, func(int) float64 { return 0 }
		assert.Equal(t, c.want, vpp.ReservationRanges(1, setting, o, single, outside), "%v", c.alone)
		o.Exchanging = 1
		want := vpp.Range{Low: max(c.alone.Low, 0), High: max(c.alone.High, 0)}
		assert.Equal(t, []map[int]vpp.Range{{0: want}}, vpp.ReservationRanges(1, setting, o, single, outside), "%v", c.alone)
	}
	setting.Modelling.OwnRevenue = vpp.TariffOnly
	assert.Equal(t, []map[int]vpp.Range{{}}, vpp.ReservationRanges(1, setting, nil, nil, nil))
}
