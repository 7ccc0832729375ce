package der_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

func TestDemandResponseConforms(t *testing.T) {
	for name, x := range map[string]struct {
		unit der.DemandResponse
		set  func(testing.TB) *scenario.Set
	}{
		"recursive":        {der.DemandResponse{MaxReductionShare: optional.Of(0.3), ReductionCost: 4, ReboundCost: 1}, day},
		"recursive, quick": {der.DemandResponse{MaxReduction: optional.Of(1.5), ReboundWeights: []float64{0.75, 0.25}, ReboundHours: optional.Of(0.5), ReboundRatio: optional.Of(0.8)}, quarters},
		"ban":              {der.DemandResponse{MaxReductionShare: optional.Of(0.3), MaxRebound: optional.Of(1), Close: der.CloseByBan}, day},
		"free":             {der.DemandResponse{MaxReduction: optional.Of(2), MaxRebound: optional.Of(1.5), Rebound: der.ReboundFree, ReductionCost: 4}, quarters},
		"deferred":         {der.DemandResponse{MaxReduction: optional.Of(2), Rebound: der.ReboundDeferred, ReboundCost: 3}, quarters},
		"decaying":         {der.DemandResponse{MaxReductionShare: optional.Of(0.4), Rebound: der.ReboundDecaying, ReboundHours: optional.Of(0.75), ReductionCost: 2}, quarters},
		"none":             {der.DemandResponse{MaxReductionShare: optional.Of(0.1), Rebound: der.ReboundNone, ReductionCost: 60, MaxHours: optional.Of(3)}, day},
		"announced": {der.DemandResponse{
			Served: true, MaxReduction: optional.Of(2), MaxRebound: optional.Of(1.5), Rebound: der.ReboundDeferred, DayAheadCalls: true, MaxHours: optional.Of(0.75), ReductionCost: 4,
		}, quarters},
		"announced recursive": {der.DemandResponse{MaxReductionShare: optional.Of(0.3), DayAheadCalls: true, MaxHours: optional.Of(2)}, day},
	} {
		t.Run(name, func(t *testing.T) {
			u := x.unit
			u.ID = "cold store"
			if !u.Served {
				u.Load = "load"
			}
			dertest.Run(t, testsolver.New(t), &u, dertest.Config{Set: x.set(t), Constraints: demandResponseConstraints(&u)})
		})
	}
}

// demandResponseConstraints recomputes the comments of der.DemandResponse and
// der.Rebound from data.
func demandResponseConstraints(u *der.DemandResponse) func(dertest.TB, der.Schedule, der.Context) {
	return func(t dertest.TB, realised der.Schedule, c der.Context) {
		n, dt := c.Steps(), c.Hours()
		called := make([][]bool, c.Scenarios())
		for s, p := range realised.Realised {
			called[s] = make([]bool, n)
			cut, back := p.Reduced, make([]float64, n)
			sumCut, sumBack, hours := 0.0, 0.0, 0.0
			for step := range n {
				back[step] = p.Withdrawn[step]
				most := u.MaxReduction.Or(math.Inf(1))
				if !u.Served {
					load := c.Set.At("load", s, step)
					back[step] -= load
					most = min(most, load*u.MaxReductionShare.Or(1))
				}
				within(t, 0, cut[step], most, "curtailment", s, step)
				within(t, 0, back[step], u.MaxRebound.Or(math.Inf(1)), "rebound", s, step)
				sumCut += cut[step] * dt
				sumBack += back[step] * dt
				called[s][step] = cut[step] > 1e-5
				if called[s][step] {
					hours += dt
				}
				if u.Rebound == der.ReboundFree || u.Rebound == der.ReboundDeferred {
					within(t, 0, min(cut[step], back[step]), 0, "curtailment and rebound at once", s, step)
				}
				if u.Rebound == der.ReboundDeferred {
					within(t, 0, sumCut-sumBack, math.Inf(1), "energy owed", s, step)
				}
			}
			within(t, 0, hours, u.MaxHours.Or(math.Inf(1)), "hours with curtailment", s, n)
			ratio := u.ReboundRatio.Or(1)
			switch u.Rebound {
			case der.ReboundNone:
				ratio = 0
			case der.ReboundDecaying:
				ratio = u.ReboundRatio.Or(0.4)
			}
			near(t, ratio*sumCut, sumBack, "energy that comes back", s, n)
			if after := pulse(u, dt, ratio); after != nil {
				for step := range n {
					due := 0.0
					for lag, share := range after {
						from := step - 1 - lag
						if from < 0 && u.Close == der.CloseByWrap {
							from += n
						}
						if from >= 0 {
							due += share * cut[from]
						}
					}
					near(t, due, back[step], "rebound", s, step)
				}
			}
		}
		if most, ok := u.MaxHours.Get(); ok && u.DayAheadCalls {
			hours := 0.0
			for step := range n {
				for s := range called {
					if called[s][step] {
						hours += dt
						break
					}
				}
			}
			within(t, 0, hours, most, "hours with curtailment in any scenario", 0, n)
		}
	}
}

// pulse lists what comes back in the steps after 1 MW was cut for one step,
// written out by hand for the variants of this test; nil where that is a
// decision.
func pulse(u *der.DemandResponse, dt, ratio float64) []float64 {
	switch {
	case u.Rebound == der.ReboundDecaying: // 45 minutes of 15: 3/6, 2/6, 1/6
		return []float64{ratio * 3 / 6, ratio * 2 / 6, ratio * 1 / 6}
	case u.Rebound == der.ReboundRecursive && dt == 0.25: // two stages of two quarters
		return []float64{0, ratio * 0.75, 0, ratio * 0.25}
	case u.Rebound == der.ReboundRecursive:
		return []float64{ratio * 0.6, ratio * 0.3, ratio * 0.1}
	}
	return nil
}

// A load of 10 MW at 10 per MWh, 100 in hour 2. Cutting 2 MW there earns 2·100,
// brings 1.2, 0.6 and 0.2 MW back at 10 and costs 5·2 of discomfort: 200 − 20 −
// 10 = 170. The bill is 10·(7·10 + 100).
func TestDemandResponseRecoversInThreeStages(t *testing.T) {
	u := &der.DemandResponse{ID: "cold store", Load: "load", MaxReduction: optional.Of(2), ReductionCost: 5}
	c := der.Context{Set: series(t, "load", constant(8, 10)...), Tariff: onePrice(10, 10, 100, 10, 10, 10, 10, 10)}
	r := alone(t, u, c)
	assert.InDelta(t, 170-1700, r.profit, 1e-6)
	assert.InDeltaSlice(t, []float64{0, 0, 2, 0, 0, 0, 0, 0}, r.schedule.Realised[0].Reduced, 1e-6)
	assert.InDeltaSlice(t, []float64{10, 10, 10, 11.2, 10.6, 10.2, 10, 10}, r.schedule.Realised[0].Withdrawn, 1e-6)
	b := u.Benefit(r.schedule, c, 0)
	assert.InDelta(t, 200, b.Item("load reduction"), 1e-6)
	assert.InDelta(t, -1720, b.Item("energy bought"), 1e-6)
	assert.InDelta(t, -10, b.Item("discomfort"), 1e-6)
}

// The dear hour is the last one. Wrapped, 1.2, 0.6 and 0.2 MW come back in
// hours 0 to 2, at prices 10, 20, 30: 2·100 − 12 − 12 − 6 = 170. Banned,
// nothing may be cut in the last three hours.
func TestDemandResponseAtTheEndOfTheDay(t *testing.T) {
	u := &der.DemandResponse{ID: "cold store", Served: true, MaxReduction: optional.Of(2)}
	c := der.Context{Set: steps(5, time.Hour), Tariff: onePrice(10, 20, 30, 40, 100)}
	r := alone(t, u, c)
	assert.InDeltaSlice(t, []float64{1.2, 0.6, 0.2, 0, 0}, r.schedule.Realised[0].Withdrawn, 1e-6)
	assert.InDelta(t, 170, r.profit, 1e-6)
	u.Close = der.CloseByBan
	r = alone(t, u, c)
	assert.InDeltaSlice(t, constant(5, 0), r.schedule.Realised[0].Reduced, 1e-6)
	assert.InDelta(t, 0, r.profit, 1e-6)
}

// Prices 10, 100, 40, 20. Free, 2 MW of hour 1 come back in hour 0: 2·(100 −
// 10) and 2 MW of hour 2 would, but hour 0 takes only R = 2 MW, so they come
// back in hour 3: 2·(40 − 20). Deferred, hour 0 lies before: only 2 MW can come
// back, in hour 3: 2·(100 − 20).
func TestDemandResponseFreeAndDeferredRebound(t *testing.T) {
	u := &der.DemandResponse{ID: "wash", Served: true, MaxReduction: optional.Of(2), MaxRebound: optional.Of(2), Rebound: der.ReboundFree}
	c := der.Context{Set: steps(4, time.Hour), Tariff: onePrice(10, 100, 40, 20)}
	r := alone(t, u, c)
	assert.InDelta(t, 180+40, r.profit, 1e-6)
	assert.InDeltaSlice(t, []float64{2, 0, 0, 2}, r.schedule.Realised[0].Withdrawn, 1e-6)
	u.Rebound = der.ReboundDeferred
	r = alone(t, u, c)
	assert.InDelta(t, 160, r.profit, 1e-6)
	assert.InDeltaSlice(t, []float64{0, 0, 0, 2}, r.schedule.Realised[0].Withdrawn, 1e-6)
}

// A quarter-hour grid, κ = 0.4 within one hour: 1 MW cut for a quarter brings
// back 0.4, 0.3, 0.2 and 0.1 of 0.4 MW. That is what is paid at 10: 0.25·(100 −
// 4) = 24.
func TestDemandResponseDecaysLinearly(t *testing.T) {
	u := &der.DemandResponse{ID: "heat", Served: true, MaxReduction: optional.Of(1), Rebound: der.ReboundDecaying}
	c := der.Context{Set: steps(6, 15*time.Minute), Tariff: onePrice(10, 100, 10, 10, 10, 10)}
	c.Tariff.LoadReduction = []float64{0, 100, 0, 0, 0, 0}
	r := alone(t, u, c)
	assert.InDelta(t, 24, r.profit, 1e-6)
	assert.InDeltaSlice(t, []float64{0, 0, 0.16, 0.12, 0.08, 0.04}, r.schedule.Realised[0].Withdrawn, 1e-6)
}

// A load of 4 MW in hour 0 with probability 0.6, in hour 1 with 0.4, that can
// be cut in one hour only at 50 per MWh. Called the day before, the likelier
// hour is chosen: 0.6·4·50 = 120 of 200.
func TestDemandResponseCalledTheDayBeforeIsTheSameInAllScenarios(t *testing.T) {
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 2}, []float64{0.6, 0.4})
	require.NoError(t, err)
	require.NoError(t, set.Add("load", "MW", [][]float64{{4, 0}, {0, 4}}))
	u := &der.DemandResponse{ID: "lamps", Load: "load", Rebound: der.ReboundNone, MaxHours: optional.Of(1)}
	c := der.Context{Set: set, Tariff: der.Tariff{LoadReduction: []float64{50, 50}}}
	assert.InDelta(t, 200, alone(t, u, c).profit, 1e-6)
	u.DayAheadCalls = true
	assert.InDelta(t, 120, alone(t, u, c).profit, 1e-6)
}

// Every reading is a restriction of the freer one, so that it cannot earn more
// on the same data.
func TestDemandResponseReadingsAreOrdered(t *testing.T) {
	set := day(t)
	for _, prices := range [][]float64{{10, 60, -20, 35, 90, 5, 40, 70}, {90, 80, 70, 60, 50, 40, 30, 20}, {5, 9, 70, 8, 4, 80, 7, 6}} {
		c := der.Context{Set: set, Tariff: onePrice(prices...)}
		earns := func(r der.Rebound, closing der.Close) float64 {
			return alone(t, &der.DemandResponse{ID: "x", Load: "load", MaxReductionShare: optional.Of(0.2), Rebound: r, Close: closing}, c).profit
		}
		free, deferred := earns(der.ReboundFree, 0), earns(der.ReboundDeferred, 0)
		assert.LessOrEqual(t, deferred, free+1e-6, "return in advance only adds schedules")
		assert.LessOrEqual(t, earns(der.ReboundRecursive, der.CloseByBan), earns(der.ReboundRecursive, der.CloseByWrap)+1e-6,
			"the ban is the wrap with nothing to wrap")
	}
}

func TestDemandResponseValidateNamesEveryViolation(t *testing.T) {
	set := series(t, "load", 4, 5, 6)
	require.NoError(t, (&der.DemandResponse{ID: "x", Load: "load"}).Validate(set))
	require.NoError(t, (&der.DemandResponse{ID: "x", Served: true, MaxReduction: optional.Of(1)}).Validate(set))
	complains(t, (&der.DemandResponse{
		ID: "x", MaxReductionShare: optional.Of(1.5), MaxRebound: optional.Of(-1), ReboundRatio: optional.Of(-1), ReboundWeights: []float64{0.5, -0.1}, ReboundHours: optional.Of(0.7),
		Close: 2, MaxHours: optional.Of(-2), ReductionCost: -3, ReboundCost: math.NaN(),
	}).Validate(set),
		"Load is empty", "MaxReduction is absent and Load is empty", "MaxReductionShare is 1.5", "MaxRebound is -1", "MaxHours is -2",
		"ReductionCost is -3", "ReboundCost is NaN", "Close is 2", "ReboundRatio is -1", "ReboundWeights is -0.1", "ReboundWeights sum to 0.4",
		"ReboundHours is 0.7 h, want a whole multiple of the grid's step of 1 h")
	complains(t, (&der.DemandResponse{ID: "x", Load: "load", Rebound: 9}).Validate(set), "Rebound is 9")
	complains(t, (&der.DemandResponse{ID: "x", Load: "load", ReboundHours: optional.Of(2)}).Validate(set),
		"rebound lasts 6 steps, want at most the 3 steps of the horizon")
}
