package vpp_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// roofed is a VPP with a demand of 3 and 1 MW and roofs of 1 and 2 MW in two
// hours. Energy costs buy and sells at sell per MWh.
func roofed(t *testing.T, buy, sell float64, roofs ...string) vpp.Problem {
	t.Helper()
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})
	require.NoError(t, set.AddForecast("sun", "MW", []float64{1, 2}))
	require.NoError(t, set.AddForecast("homes", "MW", []float64{3, 1}))
	p := vpp.Problem{
		VPP: vpp.VPP{Name: "village", Demand: "homes"},
		Setting: vpp.Setting{Set: set, Weights: weights.Vector{Economic: 1}, Markets: vpp.Markets{
			Electricity: &market.Tariff{Calendar: market.Calendar{Steps: 2}, Buy: market.Series{buy, buy}, Sell: market.Series{sell, sell}},
		}},
	}
	for _, name := range roofs {
		p.Members = append(p.Members, &der.PV{ID: name, Available: "sun"})
	}
	return p
}

// A roof alone replaces 2 MWh and sells 1: 480. Each further one replaces 1 MWh
// in the first hour and sells 2, up to three; the fourth sells 3 MWh. Four
// roofs have 480 + 2·360 + 240 = 1440, and the core is empty: each alone has
// 480 and receives 360.
func TestCoreOfEqualRoofs(t *testing.T) {
	p := roofed(t, 200, 80, "a", "b", "c", "d")
	c, err := p.Core(t.Context(), testsolver.New(t), vpp.CoreOptions{})
	require.NoError(t, err)
	assert.InDelta(t, 1440, c.Gain, 1e-6)
	assert.InDelta(t, 120, c.LeastCore, 1e-3)
	assert.InDeltaSlice(t, []float64{360, 360, 360, 360}, list(c.Nucleolus), 1e-3)
}

// At negative prices roofs curtail and bring nothing: each coalition has 0.
func TestCoreOfDERsWithoutBenefit(t *testing.T) {
	p := roofed(t, -20, -80, "a", "b", "c")
	c, err := p.Core(t.Context(), testsolver.New(t), vpp.CoreOptions{})
	require.NoError(t, err)
	assert.InDelta(t, 0, c.LeastCore, 1e-6)
	assert.False(t, c.Empty())
	assert.InDeltaSlice(t, []float64{0, 0, 0}, list(c.Nucleolus), 1e-6)
}

// One member and none have no other coalition that could be dissatisfied, and
// the one member receives its gain.
func TestCoreOfOneMemberAndOfNone(t *testing.T) {
	solver := testsolver.New(t)
	for _, p := range []vpp.Problem{roofed(t, 200, 80, "a"), roofed(t, 200, 80)} {
		c, err := p.Core(t.Context(), solver, vpp.CoreOptions{})
		require.NoError(t, err)
		assert.True(t, math.IsInf(c.LeastCore, -1))
		assert.False(t, c.Empty())
		require.Len(t, c.Nucleolus, len(p.Members))
		e, err := p.MostDissatisfied(t.Context(), solver, c.Nucleolus)
		require.NoError(t, err)
		assert.Nil(t, e)
	}
}

// Amounts that are no numbers, amounts of other members, a VPP that needs its
// members and a context that has ended are named.
func TestCoreReportsMistakes(t *testing.T) {
	solver := testsolver.New(t)
	p := roofed(t, 200, 80, "a", "b")
	for want, x := range map[string]map[int]float64{
		"x[0] is NaN":                   {0: math.NaN(), 1: 2},
		"x[1] is +Inf":                  {1: math.Inf(1)},
		"member 9, want members from 0": {9: 3},
		"member -1":                     {-1: 3},
	} {
		_, err := p.MostDissatisfied(t.Context(), solver, x)
		assert.ErrorContains(t, err, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := p.Core(ctx, solver, vpp.CoreOptions{})
	require.ErrorIs(t, err, context.Canceled)
	p.VPP.ImportLimit = optional.Of(1.)
	_, err = p.MostDissatisfied(t.Context(), solver, nil)
	assert.ErrorContains(t, err, "cannot run without members")
}

// A gain that is no number is no excess, and hides none: {1} has 5 and receives
// 2.
func TestMostDissatisfiedLeavesOutWhatIsNoNumber(t *testing.T) {
	gains := func(s vpp.Coalition) (float64, bool) {
		if s.Has(0) {
			return math.NaN(), true
		}
		return 5, true
	}
	worst, found := vpp.MostDissatisfied(vpp.Coalition(0b111), gains, map[int]float64{0: 1, 1: 2, 2: 9})
	require.True(t, found)
	assert.Equal(t, vpp.Excess{Coalition: 0b010, Gain: 5, Paid: 2, Excess: 3}, worst)
	_, found = vpp.MostDissatisfied(vpp.Coalition(0b011), gains, map[int]float64{1: math.NaN()})
	assert.False(t, found)
}
