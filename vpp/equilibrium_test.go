package vpp_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// engine is a DER whose hour costs price·p + ½ curvature·p², cut into chords of
// 1 MW. At a whole MW the slopes of the chords on both sides enclose the
// marginal cost, so that a closed form whose output is whole is met exactly.
func engine(id string, most int, price, curvature float64) *der.Thermal {
	u := &der.Thermal{ID: id, MaxOutput: float64(most), MustRun: true}
	for k := range most + 1 {
		p := float64(k)
		u.Curve = append(u.Curve, der.CurvePoint{Output: p, Cost: price*p + 0.5*curvature*p*p})
	}
	return u
}

// oneHour is a setting of one hour in which money alone counts and electricity
// costs a + b Q.
func oneHour(t testing.TB, electricity market.Market) vpp.Setting {
	t.Helper()
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 1}, []float64{1})
	require.NoError(t, err)
	return vpp.Setting{Set: set, Weights: weights.Vector{Economic: 1}, Markets: vpp.Markets{Electricity: electricity}}
}

func linear(a, b float64) *market.Linear {
	return &market.Linear{Market: market.Flat(market.Electricity, market.Calendar{Steps: 1}, a), Slope: market.Series{b}}
}

// Two sellers with cost c x + ½ k x² face p = a − b X, X = x_1 + x_2. By hand,
// with D = X:
//
//	price-taking   a − bX = c + kx            x = (a−c)/(2b+k)
//	Cournot        a − bX − bx = c + kx       x = (a−c)/(3b+k)
//	social         a − 2bX = c + kx           x = (a−c)/(4b+k)
//
// (social: the planner who receives the whole bill of the market.)
func TestThreeConductsMatchTheirClosedForms(t *testing.T) {
	solver := testsolver.New(t)
	const a, b, c, k = 335., 2., 20., 1. // outputs 63, 45, 35
	var profits []float64
	for _, x := range []struct {
		conduct market.Conduct
		each    float64
	}{
		{market.PriceTaking, (a - c) / (2*b + k)},
		{market.Cournot, (a - c) / (3*b + k)},
		{market.Social, (a - c) / (4*b + k)},
	} {
		t.Run(x.conduct.String(), func(t *testing.T) {
			participants := []vpp.Participant{
				{VPP: vpp.VPP{Name: "north"}, Members: []der.DER{engine("n", 80, c, k)}},
				{VPP: vpp.VPP{Name: "south"}, Members: []der.DER{engine("s", 80, c, k)}},
			}
			found, err := vpp.FindEquilibrium(t.Context(), solver, participants, oneHour(t, linear(a, b)), vpp.EquilibriumOptions{Conduct: x.conduct, Tolerance: 1e-3})
			require.NoError(t, err)
			require.True(t, found.Converged, "residual %v", found.Residual)
			traded := found.Market(market.Electricity)
			for l := range participants {
				assert.InDelta(t, -x.each, traded.Bought[l][0][0], 1e-3)
			}
			buy, sell := traded.MarketPrices(0, 0)
			assert.InDelta(t, a-2*b*x.each, sell, 4e-3)
			assert.Equal(t, buy, sell)
			profit := 0.0
			for _, plan := range found.Plans {
				profit += plan.Value.Trade - plan.Value.Cost
			}
			profits = append(profits, profit)
		})
	}
	// The planner receives most together, price takers least: that is what the
	// conducts mean.
	require.Len(t, profits, 3)
	assert.Less(t, profits[0], profits[1])
	assert.Less(t, profits[1], profits[2])
}

// One seller alone is a monopolist, and Cournot with one player and the
// planner's choice are the same.
func TestCournotOfOneIsTheSocialOptimum(t *testing.T) {
	solver := testsolver.New(t)
	var outputs []float64
	for _, conduct := range []market.Conduct{market.Cournot, market.Social} {
		found, err := vpp.FindEquilibrium(t.Context(), solver, []vpp.Participant{{VPP: vpp.VPP{Name: "only"}, Members: []der.DER{engine("e", 40, 20, 1)}}},
			oneHour(t, linear(100, 1.5)), vpp.EquilibriumOptions{Conduct: conduct, Tolerance: 1e-3})
		require.NoError(t, err)
		outputs = append(outputs, found.Plans[0].Net[0][0])
	}
	assert.InDelta(t, outputs[0], outputs[1], 1e-3)
	assert.InDelta(t, 20, outputs[0], 1e-3) // (a−c)/(2b+k)
}

// If the price does not respond, each participant plans as if alone.
func TestWithoutSlopeParticipantsPlanAlone(t *testing.T) {
	solver := testsolver.New(t)
	setting := oneHour(t, linear(50, 0))
	members := []der.DER{engine("e", 40, 20, 1)}
	alone, err := vpp.Problem{VPP: vpp.VPP{Name: "only"}, Members: members, Setting: setting}.Solve(t.Context(), solver)
	require.NoError(t, err)
	found, err := vpp.FindEquilibrium(t.Context(), solver, []vpp.Participant{{VPP: vpp.VPP{Name: "only"}, Members: members}}, setting, vpp.EquilibriumOptions{})
	require.NoError(t, err)
	assert.InDelta(t, alone.Value.Objective, found.Plans[0].Value.Objective, 1e-6)
	assert.InDelta(t, 30, found.Plans[0].Net[0][0], 1e-6) // 50 = 20 + x
}

func TestPriceTakersMayReachACap(t *testing.T) {
	solver := testsolver.New(t)
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 1}, []float64{1})
	require.NoError(t, err)
	require.NoError(t, set.AddForecast("load", "MW", []float64{30}))
	capped := linear(50, 2)
	capped.Cap = market.Series{90}
	setting := vpp.Setting{Set: set, Weights: weights.Vector{Economic: 1}, Markets: vpp.Markets{Electricity: capped}}
	// Without the engine 30 MWh would cost 50 + 60 = 110; the cap holds 90, at
	// which the engine of 60 + x makes its full 10, and 20 are bought at min(50
	// + 40, 90) = 90.
	participants := []vpp.Participant{{VPP: vpp.VPP{Name: "town", Demand: "load"}, Members: []der.DER{engine("e", 10, 60, 1)}}}
	found, err := vpp.FindEquilibrium(t.Context(), solver, participants, setting, vpp.EquilibriumOptions{})
	require.NoError(t, err)
	assert.True(t, found.Converged)
	assert.InDelta(t, 20, found.Market(market.Electricity).Volume[0][0], 1e-6)
	assert.InDelta(t, 90, found.Market(market.Electricity).Price[0][0]+50, 1e-6)

	// A planner would see the bill fall at the cap: no convex program reaches
	// there. Without the engine 30 must be bought, which is beyond the 20 at
	// which the cap binds.
	participants[0].Members = nil
	_, err = vpp.FindEquilibrium(t.Context(), solver, participants, setting, vpp.EquilibriumOptions{Conduct: market.Social})
	assert.ErrorIs(t, err, market.ErrPriceLimit)
}

// With the step supply of a DER that runs fully or not at all in response to
// the price, undamped best replies to p = 100 − Q jump between 0 and 60 for
// ever: at 100 all 60 MW are offered, at 40 none. The joint program stops at
// the price of the DER, 50, with half of its offer.
func TestFixedPointReportsACycle(t *testing.T) {
	solver := testsolver.New(t)
	participants := []vpp.Participant{{VPP: vpp.VPP{Name: "plant"}, Members: []der.DER{
		&der.Thermal{ID: "unit", MaxOutput: 60, MustRun: true, Linear: 50},
	}}}
	setting := oneHour(t, linear(100, 1))
	cycle, err := vpp.FindEquilibrium(t.Context(), solver, participants, setting, vpp.EquilibriumOptions{Method: vpp.FixedPoint, Damping: 1, Rounds: 12})
	require.NoError(t, err)
	assert.False(t, cycle.Converged)
	assert.Equal(t, 12, cycle.Rounds)
	assert.InDelta(t, 60, cycle.Residual, 1e-6)

	joint, err := vpp.FindEquilibrium(t.Context(), solver, participants, setting, vpp.EquilibriumOptions{})
	require.NoError(t, err)
	assert.True(t, joint.Converged)
	assert.InDelta(t, 50, joint.Plans[0].Net[0][0], 0.02)
}

// Where best replies do settle, they settle at the joint program's prices.
func TestFixedPointAgreesWhereItConverges(t *testing.T) {
	solver := testsolver.New(t)
	participants := []vpp.Participant{
		{VPP: vpp.VPP{Name: "north"}, Members: []der.DER{engine("n", 40, 20, 4)}},
		{VPP: vpp.VPP{Name: "south"}, Members: []der.DER{engine("s", 40, 32, 4)}},
	}
	setting := oneHour(t, linear(100, 1))
	joint, err := vpp.FindEquilibrium(t.Context(), solver, participants, setting, vpp.EquilibriumOptions{Tolerance: 1e-3})
	require.NoError(t, err)
	replies, err := vpp.FindEquilibrium(t.Context(), solver, participants, setting, vpp.EquilibriumOptions{Method: vpp.FixedPoint, Tolerance: 0.5})
	require.NoError(t, err)
	require.True(t, replies.Converged)
	// By hand: x_n = (p−20)/4, x_s = (p−32)/4, p = 100 − x_n − x_s, so 1.5 p =
	// 113 and chords of 1 MW, whose slopes are 4 apart, leave p open by less
	// than 2.
	assert.InDelta(t, 75.33, joint.Market(market.Electricity).Price[0][0]+100, 2)
	assert.InDelta(t, joint.Market(market.Electricity).Price[0][0], replies.Market(market.Electricity).Price[0][0], 0.6)
}

func TestMoneyBetweenParticipantsSumsToZero(t *testing.T) {
	solver := testsolver.New(t)
	found, err := vpp.FindEquilibrium(t.Context(), solver, []vpp.Participant{
		{VPP: vpp.VPP{Name: "north"}, Members: []der.DER{engine("n", 40, 20, 1.3)}},
		{VPP: vpp.VPP{Name: "south"}, Members: []der.DER{engine("s", 7, 33, 0.7)}},
	}, oneHour(t, linear(100, 1)), vpp.EquilibriumOptions{})
	require.NoError(t, err)
	traded := found.Market(market.Electricity)
	sum := traded.Outside[0][0]
	for l := range found.Plans {
		sum += traded.Payments[l][0][0]
		assert.InDelta(t, -traded.Payments[l][0][0], found.Plans[l].Value.Trade, 1e-9, "the plan's account is the market's")
	}
	assert.InDelta(t, 0, sum, 1e-9)
	ders, outside, err := traded.Settle(0, 0, market.Fen)
	require.NoError(t, err)
	for _, u := range ders {
		outside += u
	}
	assert.Zero(t, outside)
}

func TestEquilibriumRejectsInvalidInput(t *testing.T) {
	setting := oneHour(t, linear(100, 1))
	twice := []vpp.Participant{
		{VPP: vpp.VPP{Name: "north"}, Members: []der.DER{engine("e", 1, 1, 0)}},
		{VPP: vpp.VPP{Name: "north"}, Members: []der.DER{engine("e", 1, 1, 0)}},
		{VPP: vpp.VPP{Name: "south"}, Members: []der.DER{engine("e", 1, 1, 0)}},
	}
	_, err := vpp.FindEquilibrium(t.Context(), nil, twice, setting, vpp.EquilibriumOptions{Damping: 2, Tolerance: math.NaN(), Method: vpp.FixedPoint, Conduct: market.Social})
	for _, want := range []string{`VPPs are named "north"`, `"e" belongs to "north" and to "south"`, "Damping is 2", "Tolerance is NaN", "price takers"} {
		assert.ErrorContains(t, err, want)
	}
	_, err = vpp.FindEquilibrium(t.Context(), nil, nil, setting, vpp.EquilibriumOptions{})
	assert.ErrorContains(t, err, "no participants")

	risky := setting
	risky.Modelling.RiskOf = vpp.TotalLoss
	risky.Weights = weights.Vector{Economic: 0.5, Risk: 0.5}
	_, err = vpp.FindEquilibrium(t.Context(), nil, twice[:1], risky, vpp.EquilibriumOptions{})
	assert.ErrorIs(t, err, vpp.ErrNoPotential)

	for want, bad := range map[string]*market.Linear{
		"no market to wrap": {Slope: market.Series{1}},
		"Slope has 2":       {Market: market.Flat(market.Electricity, market.Calendar{Steps: 1}, 50), Slope: market.Series{1, 2}},
		"Slope[0] is -1":    {Market: market.Flat(market.Electricity, market.Calendar{Steps: 1}, 50), Slope: market.Series{-1}},
	} {
		_, err = vpp.FindEquilibrium(t.Context(), nil, twice[:1], oneHour(t, bad), vpp.EquilibriumOptions{})
		assert.ErrorContains(t, err, want)
	}

	grid := []vpp.Participant{{VPP: vpp.VPP{Name: "p"}, Members: []der.DER{&der.GridConnection{ID: "wire"}}}}
	_, err = vpp.FindEquilibrium(t.Context(), nil, grid, setting, vpp.EquilibriumOptions{})
	assert.ErrorContains(t, err, `member "wire" is a grid connection`)
}
