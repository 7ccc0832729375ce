package vpp_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/vpp"
)

// twoParks are the park and one like it without power-to-gas, in markets that
// respond to both, for the mean of its scenarios. The second's coal DER may
// stand still, which takes integers.
func twoParks(t testing.TB) ([]vpp.Participant, vpp.Setting) {
	t.Helper()
	v, ders, setting := park(t)
	setting.Set = setting.Set.Expected()
	_, others, _ := park(t)
	others = without(others, "methane")
	for _, d := range others {
		switch u := d.(type) {
		case *der.Wind:
			u.ID = "second " + u.ID
		case *der.CHP:
			u.ID = "second " + u.ID
		case *der.CarbonCapture:
			u.Unit.ID = "second " + u.Unit.ID
			u.Unit.MustRun = false
			u.Unit.StartUp = []der.StartCost{{Cost: 30}}
		case *der.Sequestration:
			u.ID = "second " + u.ID
		case *der.GasBoiler:
			u.ID = "second " + u.ID
		case *der.ElectricBoiler:
			u.ID = "second " + u.ID
		case *der.Storage:
			u.ID = "second " + u.ID
		case *der.GasSupply:
			u.ID = "second " + u.ID
		case *der.Load:
			u.ID = "second " + u.ID
		case *der.HeatDump:
			u.ID = "second " + u.ID
		}
	}
	second := v
	second.Name = "second"
	return []vpp.Participant{{VPP: v, Members: ders}, {VPP: second, Members: others}}, setting
}

func responsive(c vpp.Setting) vpp.Setting {
	c.Markets.Electricity = &market.Linear{Market: c.Markets.Electricity, Slope: market.Series{3}, Floor: market.Series{0}}
	c.Markets.Carbon = &market.Linear{Market: c.Markets.Carbon, Slope: market.Series{8}, Floor: market.Series{0}, Cap: market.Series{200}}
	c.Markets.Certificate = &market.Linear{Market: c.Markets.Certificate, Slope: market.Series{0.5}, Floor: market.Series{0}}
	return c
}

// moved returns the markets with the prices of an equilibrium as given ones.
func moved(t testing.TB, c vpp.Setting, found *vpp.Equilibrium) vpp.Setting {
	t.Helper()
	for _, x := range found.Markets {
		out := &market.Posted{Calendar: market.Calendar{Steps: c.Set.Steps()}, Good: x.Market.Trades()}
		for period, price := range x.Price[0] {
			curve := x.Market.(market.Responsive).Base(period)
			curve.Slopes = slices.Clone(curve.Slopes)
			for k := range curve.Slopes {
				curve.Slopes[k] += price
			}
			out.Curves = append(out.Curves, curve)
		}
		switch x.Market.Trades() {
		case market.Carbon:
			c.Markets.Carbon = out
		case market.Certificate:
			c.Markets.Certificate = out
		default:
			c.Markets.Electricity = out
		}
	}
	return c
}

// That is what a price-taking equilibrium means: at its prices, taken as given,
// no participant alone finds a better plan. Integers hold too here, although no
// theorem says that they must.
func TestNoParticipantGainsAtTheEquilibriumPrices(t *testing.T) {
	solver := testsolver.New(t)
	participants, setting := twoParks(t)
	setting = responsive(setting)
	found, err := vpp.FindEquilibrium(t.Context(), solver, participants, setting, vpp.EquilibriumOptions{Tolerance: 1e-3})
	require.NoError(t, err)
	require.True(t, found.Converged, "residual %v after %d rounds", found.Residual, found.Rounds)
	assert.Less(t, found.AbsoluteGap, 1e-3)
	alone := moved(t, setting, found)
	for l, participant := range participants {
		require.NoError(t, found.Plans[l].Verify(1e-6))
		best, err := vpp.Problem{VPP: participant.VPP, Members: participant.Members, Setting: alone}.Solve(t.Context(), solver)
		require.NoError(t, err)
		// A residual of 1e-3 per DER over some 60 DERs traded leaves less than
		// 0.1 open.
		assert.InDelta(t, best.Value.Objective, found.Plans[l].Value.Objective, 0.1, participant.VPP.Name)
	}
	for _, x := range found.Markets {
		for period, volume := range x.Volume[0] {
			sum := x.Outside[0][period]
			for l := range participants {
				sum += x.Payments[l][0][period]
				volume -= x.Bought[l][0][period]
			}
			assert.InDelta(t, 0, sum, 1e-9)
			assert.InDelta(t, 0, volume, 1e-9)
		}
	}
}

// The order in which participants are given changes no price.
func TestTheOrderOfParticipantsChangesNoPrice(t *testing.T) {
	solver := testsolver.New(t)
	participants, setting := twoParks(t)
	setting = responsive(setting)
	for _, conduct := range []market.Conduct{market.PriceTaking, market.Cournot} {
		one, err := vpp.FindEquilibrium(t.Context(), solver, participants, setting, vpp.EquilibriumOptions{Conduct: conduct})
		require.NoError(t, err)
		two, err := vpp.FindEquilibrium(t.Context(), solver, []vpp.Participant{participants[1], participants[0]}, setting, vpp.EquilibriumOptions{Conduct: conduct})
		require.NoError(t, err)
		for k := range one.Markets {
			for period := range one.Markets[k].Price[0] {
				assert.InDelta(t, one.Markets[k].Price[0][period], two.Markets[k].Price[0][period], 0.03, "%v %s", conduct, one.Markets[k].Market.Trades())
			}
		}
	}
}

// The total cost, running costs plus all bills, is smallest under the social
// conduct.
func TestPlannerPaysLeast(t *testing.T) {
	solver := testsolver.New(t)
	participants, setting := twoParks(t)
	setting = responsive(setting)
	cost := map[market.Conduct]float64{}
	for _, conduct := range []market.Conduct{market.PriceTaking, market.Cournot, market.Social} {
		found, err := vpp.FindEquilibrium(t.Context(), solver, participants, setting, vpp.EquilibriumOptions{Conduct: conduct})
		require.NoError(t, err)
		for _, plan := range found.Plans {
			cost[conduct] += plan.Value.Cost - plan.Value.Trade - plan.Value.Environment
		}
	}
	assert.LessOrEqual(t, cost[market.Social], cost[market.Cournot]+0.1, "%v", cost)
	assert.LessOrEqual(t, cost[market.Social], cost[market.PriceTaking]+0.1, "%v", cost)
}
