package trigrid_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// A result states the ranges of the recommended payoffs and values. They
// contain those of runs with other seeds of the solver, and the ranges of a VPP
// are those of its coalition.
func TestRangesOfARunContainThoseOfOtherSeeds(t *testing.T) {
	region := small(t)
	res := coordinate(t, region, trigrid.Options{})
	solver := trigrid.DefaultSolver()
	for _, seed := range []int{7, 42} {
		solver.Seed, solver.Presolve = seed, highs.PresolveOff
		other := coordinate(t, region, trigrid.Options{Solver: solver})
		require.Equal(t, res.Recommendation.Profile, other.Recommendation.Profile)
		for i, u := range res.DERs {
			require.NotNil(t, u.PayoffLow)
			require.NotNil(t, u.PayoffHigh)
			assert.LessOrEqual(t, *u.PayoffLow, other.DERs[i].Payoff, u.Name)
			assert.GreaterOrEqual(t, *u.PayoffHigh, other.DERs[i].Payoff, u.Name)
			if u.Choice == trigrid.Outside {
				assert.Equal(t, *u.PayoffLow, *u.PayoffHigh)
			}
		}
		for v, p := range res.VPPs {
			assert.LessOrEqual(t, *p.IntegratedLow, other.VPPs[v].Integrated, p.Name)
			assert.GreaterOrEqual(t, *p.IntegratedHigh, other.VPPs[v].Integrated, p.Name)
		}
	}
	stated := 0
	for _, c := range res.Coalitions {
		if c.IntegratedLow == nil {
			continue
		}
		stated++
		assert.LessOrEqual(t, *c.IntegratedLow, c.Value.Integrated)
		assert.GreaterOrEqual(t, *c.IntegratedHigh, c.Value.Integrated)
	}
	assert.Positive(t, stated)
	assert.Less(t, stated, len(res.Coalitions), "only the coalitions behind the shown payoffs")
}

// checkRanges checks that the ranges of a result contain the payoffs and values
// of another one, if that has the same profile, and those of the result itself.
// It returns the number of payoffs in a VPP with a range and without one.
func checkRanges(t *testing.T, res, other *trigrid.Result) (known, unknown int) {
	t.Helper()
	for _, x := range []*trigrid.Result{res, other} {
		if !assert.ObjectsAreEqual(res.Recommendation.Profile, x.Recommendation.Profile) {
			continue
		}
		for i, u := range res.DERs {
			if u.Choice != trigrid.Outside && x == res {
				if u.PayoffLow != nil && u.PayoffHigh != nil {
					known++
					assert.InDelta(t, (*u.PayoffHigh-*u.PayoffLow)/2, u.Tolerance, 1e-9)
				} else {
					unknown++
				}
			}
			if u.PayoffLow != nil {
				assert.LessOrEqual(t, *u.PayoffLow, x.DERs[i].Payoff, u.Name)
			}
			if u.PayoffHigh != nil {
				assert.GreaterOrEqual(t, *u.PayoffHigh, x.DERs[i].Payoff, u.Name)
			}
		}
		for v, p := range res.VPPs {
			if p.IntegratedLow != nil {
				assert.LessOrEqual(t, *p.IntegratedLow, x.VPPs[v].Integrated, p.Name)
			}
			if p.IntegratedHigh != nil {
				assert.GreaterOrEqual(t, *p.IntegratedHigh, x.VPPs[v].Integrated, p.Name)
			}
		}
	}
	return known, unknown
}

// Members with reservation payoffs, with a literal share, with payments for
// heat and gas and with convex costs have the stated payoffs whatever the seed
// of the solver, also on random regions of all kinds of DER. The number of
// workers changes nothing.
func TestRangesOfAllReadingsContainThoseOfOtherSeeds(t *testing.T) {
	testsolver.New(t) // without a solver, the test is skipped
	regions := map[string]trigrid.Region{"in money": small(t), "literal": small(t), "heat": heatChain(t), "weighted": heatChain(t)}
	regions["literal"].VPPs[0].PassThrough = 0.9
	for name, m := range map[string]vpp.Modelling{"literal": literal, "weighted": {SharedValue: vpp.WeightedValue}} {
		r := regions[name]
		r.Setting.Modelling = m
		regions[name] = r
	}
	curved := hill(t, &der.Thermal{ID: "unit", MinOutput: 0.5, MaxOutput: 3, NoLoad: 10, Linear: 45, Quadratic: 9, StartUp: []der.StartCost{{Cost: 20}}})
	buy := market.Series{120, 60, 120, 70}
	curved.Setting.Markets.Electricity = &market.Tariff{Calendar: market.Calendar{Steps: 4}, Good: market.Electricity, Buy: buy, Sell: buy.Times(0.1)}
	curved.Setting.Weights = weights.Vector{Economic: 0.4, Environment: 0.6}
	curved.VPPs[0].PassThrough, curved.VPPs[0].Tariff.Injection = 0.5, market.Series{20, 20, 20, 20}
	regions["convex"] = curved
	randoms := uint64(12)
	if os.Getenv("TRIGRID_SLOW") != "" {
		randoms = 60
	}
	for seed := range randoms {
		regions[fmt.Sprint("random ", seed)] = randomRegion(t, seed, false)
	}
	known, unknown := 0, 0
	for name, r := range regions {
		if r.Validate() != nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			res := coordinate(t, r, trigrid.Options{Workers: 1})
			assert.Equal(t, encode(t, res), encode(t, coordinate(t, r, trigrid.Options{Workers: 3})))
			solver := trigrid.DefaultSolver()
			solver.Seed, solver.Presolve = 7, highs.PresolveOff
			a, b := checkRanges(t, res, coordinate(t, r, trigrid.Options{Solver: solver}))
			known, unknown = known+a, unknown+b
			if name == "in money" || name == "literal" || name == "heat" || name == "weighted" || name == "convex" {
				assert.Positive(t, a)
				assert.Zero(t, b)
			}
		})
	}
	assert.Greater(t, known, 4*unknown, "most payoffs have a range")
}

// With tariffs only, the payoff of a member that is paid at prices inside the
// VPP has no range, because another solver may return other prices.
func TestPaymentsAtInsidePricesHaveNoRange(t *testing.T) {
	r := heatChain(t)
	r.Setting.Modelling.OwnRevenue = vpp.TariffOnly
	for _, u := range coordinate(t, r, trigrid.Options{}).DERs {
		if u.Choice != trigrid.Outside {
			assert.Nil(t, u.PayoffLow, u.Name)
			assert.Nil(t, u.PayoffHigh, u.Name)
		}
	}
}

// A solver that never ends the search for other integers leaves no time for
// ranges. The values and verdicts are those of a run with time, and the ranges
// are unknown.
func TestABudgetEndsTheRanges(t *testing.T) {
	searches := func(m *milp.Model) bool {
		return m.Rows() > 0 && m.RowAt(m.Rows()-1).Name() == milp.At("other", "integers", 0)
	}
	solver := newStub(t, func(ctx context.Context, m *milp.Model, _ *milp.Limits) (*milp.Solution, error) {
		if searches(m) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return nil, nil
	})
	want := coordinate(t, small(t), trigrid.Options{})
	const budget = 3 * time.Second
	began := time.Now()
	res := coordinate(t, small(t), trigrid.Options{Solver: solver, Budget: budget})
	assert.Less(t, time.Since(began), onTime(budget+500*time.Millisecond))
	assert.False(t, want.Cut)
	assert.True(t, res.Cut)
	assert.Empty(t, res.OpenPrograms, "no verdict rests on a range")
	assert.Equal(t, want.Recommendation, res.Recommendation)
	assert.Equal(t, want.Settlement, res.Settlement)
	unknown := 0
	for i, u := range res.DERs {
		assert.Equal(t, want.DERs[i].Payoff, u.Payoff)
		assert.NotNil(t, want.DERs[i].PayoffLow)
		if u.PayoffLow == nil { // its VPP has a program with integers
			unknown++
			assert.Nil(t, u.PayoffHigh)
			assert.Positive(t, u.Tolerance)
		}
	}
	assert.Positive(t, unknown)
	encode(t, res)
}
