package trigrid_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
)

// A result has the warnings of implausible data, of the setting and of the
// programs, each once.
func TestResultsHaveTheWarningsOfTheRegion(t *testing.T) {
	require.Empty(t, small(t).Warnings(), "an ordinary region of few scenarios")

	// 300 MW of storage beside a wind farm of 6 MW, and a turbine of 1e9 per
	// MWh beside a wear of 0.001.
	r := hill(t,
		&der.Storage{ID: "Cell", Charge: 300, Discharge: 300, Energy: 4, ChargeEfficiency: 0.9, DischargeEfficiency: 0.9, Wear: 1e-3},
		&der.Thermal{ID: "T", MinOutput: 1, MaxOutput: 2, Linear: 1e9})
	r.VPPs = append(r.VPPs, vpp.VPP{Name: "Dale", Demand: "town", PassThrough: 1})
	r.Names = vpp.Names{"Cell.Charge": "$.ders[0].charge_mw"}
	res := coordinate(t, r, trigrid.Options{})
	require.Equal(t, r.Warnings(), res.Warnings)
	count := func(text string) (n int) {
		for _, w := range res.Warnings {
			if strings.Contains(w, text) {
				n++
			}
		}
		return n
	}
	assert.Equal(t, 1, count(`$.ders[0].charge_mw: 300 MW is 50 times the largest value of the series, 6 MW; check the unit`))
	assert.Equal(t, 1, count(`Linear of thermal "T": 1e+09 per MWh is 1.11e+07 times the highest buying price, 90`))
	assert.Equal(t, 1, count(`costs of the program differ by a factor of`), "once for both VPPs")
	assert.Equal(t, 1, count(`for the output of thermal "T" in scenario 0, step 0 (00:00) and `))
}

// fountain feeds in any power for nothing.
type fountain struct{ der.Wind }

func (u *fountain) Model(m *milp.Model, _ milp.Expr, c der.Context) []der.Terms {
	out := c.NewTerms()
	for s := range out {
		at := c.Namer(u.ID, s)
		for t := range c.Steps() {
			out[s].Inject(t, m.Var(at("power", t), 0, milp.Inf).Expr())
		}
	}
	return out
}

// A coalition without a highest value ends the run with the columns and the
// limits in words.
func TestUnboundedCoalitionIsNamed(t *testing.T) {
	r := hill(t, &fountain{der.Wind{ID: "spring", Available: "gust"}}, turbine("T", 2))
	for _, o := range []trigrid.Options{{}, {Search: true}} {
		_, err := trigrid.Run(t.Context(), r, o)
		needSolver(t, err)
		require.ErrorIs(t, err, milp.ErrUnbounded)
		assert.NotErrorIs(t, err, milp.ErrInfeasible)
		// A MWh for nothing is sold at 30.
		assert.ErrorContains(t, err, `vpp: VPP "Hill" with `)
		assert.ErrorContains(t, err, `the objective improves by 30 without end each time`)
		assert.ErrorContains(t, err, `the power of fountain "spring" grows by 1`)
		assert.ErrorContains(t, err, `the sale on the day-ahead electricity market of VPP "Hill" grows by 1 in scenario 0, step`)
		assert.ErrorContains(t, err, `give a limit of the power of fountain "spring", or the import and export limits of VPP "Hill"`)
	}
}

// If buying to sell earns, a run without limits is refused by market, step and
// prices. With limits it is planned, with a warning: 10 MWh are bought at 90,
// sold at 120 with the storage only, and not at once.
func TestBuyingToSellIsRefusedOrPlannedWithAWarning(t *testing.T) {
	r := hill(t, turbine("T", 2))
	buy := market.Series{90}
	r.Setting.Markets.Electricity = &market.Tariff{Calendar: market.Calendar{Steps: 4}, Good: market.Electricity, Buy: buy, Sell: market.Series{120}}
	_, err := trigrid.Run(t.Context(), r, trigrid.Options{})
	require.ErrorContains(t, err, `the day-ahead electricity market is not convex in step 0 (00:00): the next MWh sold earns 120 and the next MWh bought costs 90`)
	r.VPPs[0].ImportLimit, r.VPPs[0].ExportLimit = optional.Of(10), optional.Of(10)
	res := coordinate(t, r, trigrid.Options{})
	assert.Contains(t, res.Warnings[0], "day-ahead electricity market: arbitrage in steps 0-3 (00:00 to 03:00): selling earns more than buying costs, so that buying to sell earns")
	// The demand of 2 MW is bought: nothing is sold.
	assert.InDelta(t, -4*2*90, objective(t, res, "Hill", []string{}), 1e-6)
}

// Conflicts that only a solver finds have their reason in the result, with
// scenario, step and amount.
func TestInfeasibleCoalitionsOfARunHaveReasonsInWords(t *testing.T) {
	// 3 MW of heat at once, from a boiler at rest that climbs by 1 MW per hour.
	// A rise of 2 MW reaches the demand in the second hour, so that 1 MW of the
	// ramp and 1 MW of heat are missed. A rise of 1 MW would lack 2 MW of heat
	// and another one in the second hour.
	r := hill(t, &der.ElectricBoiler{ID: "boiler", Efficiency: 1, Power: der.Operation{Max: 6, RampUp: optional.Of(1)}},
		&der.Load{ID: "district", Port: der.Heat, Demand: "cold"})
	for _, o := range []trigrid.Options{{}, {Search: true}} {
		res := coordinate(t, r, o)
		for _, x := range res.Infeasible {
			assert.NotRegexp(t, `\(\d+,\d+\)`, x.Reason)
			if len(x.Members) == 2 {
				assert.Contains(t, x.Reason, `the power rise of electric boiler "boiler" in scenario 0, step 0 (00:00) exceeds its limit by 1; `+
					`VPP "Hill" lacks 1 MW of heat in scenario 0, step 0 (00:00)`)
			}
		}
		if !o.Search {
			require.Len(t, res.Infeasible, 2)
		}
		assert.Equal(t, trigrid.Outside, res.Recommendation.Profile["district"])
	}
}

// A series without use has a warning that names it, and one that a DER, a VPP
// or a custom kind reads has none, also if the quantity with it is zero.
func TestSeriesWithoutUseAreNamed(t *testing.T) {
	r := hill(t, &der.Wind{ID: "still", Capacity: optional.Of(0), Available: "calm"},
		&der.Load{ID: "shop", Demand: "cold"}, &fountain{der.Wind{ID: "spring", Available: "gust"}})
	r.Names = vpp.Names{"Set.large": "$.scenarios.series[4]"}
	assert.Equal(t, []string{`no VPP and no DER uses these series of the scenarios: "large" ($.scenarios.series[4]); ` +
		"name them where they belong, or leave them out"}, unused(r))

	r.DERs = append(r.DERs, &der.Load{ID: "mill", Demand: "large"})
	assert.Empty(t, unused(r))
}

func unused(r trigrid.Region) (out []string) {
	for _, w := range r.Warnings() {
		if strings.Contains(w, "no VPP and no DER uses") {
			out = append(out, w)
		}
	}
	return out
}
