package vpp_test

import (
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

// money counts money only.
var money = weights.Vector{Economic: 1}

// priced is a setting of hourly steps that buys at one price and sells at
// another.
func priced(set *scenario.Set, buy, sell float64) vpp.Setting {
	calendar := market.Calendar{Steps: set.Steps(), StepHours: set.Hours()}
	return vpp.Setting{
		Set: set, Weights: money,
		Markets: vpp.Markets{Electricity: &market.Tariff{Calendar: calendar, Buy: market.Series{buy}, Sell: market.Series{sell}}},
	}
}

// A connection of 0 MW is none: the farm is curtailed to the demand, and a
// demand above it has no plan. An absent limit allows everything.
func TestAConnectionOfZeroForbidsTrade(t *testing.T) {
	set := hourly(t, 1, []float64{1}, map[string][][]float64{"wind": {{10}}, "load": {{4}}})
	farm := []der.DER{&der.Wind{ID: "w", Available: "wind"}}
	plan := solve(t, vpp.VPP{Name: "v", Demand: "load", ExportLimit: optional.Of(0)}, farm, priced(set, 60, 40))
	assert.InDelta(t, 0, plan.Net[0][0], 1e-7)
	assert.InDelta(t, 4, plan.Members[0].Schedule.Realised[0].Injected[0], 1e-7)
	assert.InDelta(t, 6, solve(t, vpp.VPP{Name: "v", Demand: "load"}, farm, priced(set, 60, 40)).Net[0][0], 1e-7)
	set = hourly(t, 1, []float64{1}, map[string][][]float64{"wind": {{10}}, "load": {{15}}})
	err := vpp.Problem{
		VPP: vpp.VPP{Name: "v", Demand: "load", ImportLimit: optional.Of(0)}, Members: farm, Setting: priced(set, 60, 40),
	}.Diagnose()
	assert.ErrorContains(t, err, "exceeds the 10 MW that its members can feed in and the import limit of 0 MW by 5 MW")
}

// A farm of 10 MWh. Without demand all is sold at 40; a demand of 4 leaves 6;
// one of 15 buys 5 at 60.
func TestSurplusIsSoldAndShortageBought(t *testing.T) {
	for _, c := range []struct{ demand, delivered, trade float64 }{
		{0, 10, 400},
		{4, 6, 240},
		{15, -5, -300},
	} {
		set := hourly(t, 1, []float64{1}, map[string][][]float64{"wind": {{10}}, "load": {{c.demand}}})
		plan := solve(t, vpp.VPP{Name: "v", Demand: "load"}, []der.DER{&der.Wind{ID: "w", Available: "wind"}}, priced(set, 60, 40))
		assert.InDelta(t, c.delivered, plan.Net[0][0], 1e-7)
		assert.InDelta(t, c.trade, plan.Value.Trade, 1e-6)
		assert.InDelta(t, c.trade, plan.Value.Economic, 1e-6)
		assert.InDelta(t, 1, plan.RenewableUtilisation(), 1e-9)
	}
}

// A VPP without members buys its demand: V(∅) = −60·15. One with nothing at all
// is worth nothing.
func TestVPPWithoutMembers(t *testing.T) {
	set := hourly(t, 1, []float64{1}, map[string][][]float64{"load": {{15}}})
	assert.InDelta(t, -900, solve(t, vpp.VPP{Name: "v", Demand: "load"}, nil, priced(set, 60, 40)).Value.Integrated, 1e-6)
	nothing := solve(t, vpp.VPP{Name: "v"}, nil, priced(set, 60, 40))
	assert.Zero(t, nothing.Value.Integrated)
	assert.Equal(t, 1.0, nothing.RenewableUtilisation())
}

// A connection of 7 MW leaves 3 of 10 MWh unused.
func TestConnectionLimitsTheDelivery(t *testing.T) {
	set := hourly(t, 1, []float64{1}, map[string][][]float64{"wind": {{10}}})
	plan := solve(t, vpp.VPP{Name: "v", ExportLimit: optional.Of(7)}, []der.DER{&der.Wind{ID: "w", Available: "wind"}}, priced(set, 60, 40))
	assert.InDelta(t, 280, plan.Value.Trade, 1e-6)
	assert.InDelta(t, 0.7, plan.RenewableUtilisation(), 1e-9)
}

// twoWinds is a farm that offers 10 or 20 MWh, in a VPP whose imbalance costs
// 30 per MWh short and 10 per MWh long.
func twoWinds(t *testing.T, likely float64) (vpp.VPP, []der.DER, vpp.Setting) {
	set := hourly(t, 1, []float64{1 - likely, likely}, map[string][][]float64{"wind": {{10}, {20}}})
	setting := priced(set, 60, 40)
	setting.Markets.Imbalance = &market.Imbalance{
		Calendar: market.Calendar{Steps: 1}, Price: market.Series{40}, Short: market.Series{30}, Long: market.Series{10},
	}
	return vpp.VPP{Name: "v", RiskAversion: 1}, []der.DER{&der.Wind{ID: "w", Available: "wind"}}, setting
}

// The newsvendor: the day-ahead schedule rises while P(long) · 10 > P(short) ·
// 30. With 20 MWh at 0.5 it stays at 10 and 10 MWh are long half of the time,
// 0.5 · 10 · 10 = 50; at 0.8 it is 20, and 10 MWh are short in a fifth of all
// cases, 0.2 · 10 · 30 = 60. Spilling the surplus would avoid the charge and
// lose 40.
func TestDayAheadScheduleIsTheNewsvendorsQuantile(t *testing.T) {
	for _, c := range []struct{ likely, dayAhead, cost float64 }{{0.5, 10, 50}, {0.8, 20, 60}} {
		v, ders, setting := twoWinds(t, c.likely)
		setting.Modelling.ImbalanceAccounting = vpp.InEconomicToo
		plan := solve(t, v, ders, setting)
		assert.InDelta(t, c.dayAhead, plan.DayAhead[0], 1e-7)
		assert.InDelta(t, c.cost, plan.Value.Imbalance, 1e-6)
		trade := 400*(1-c.likely) + 800*c.likely
		assert.InDelta(t, trade, plan.Value.Trade, 1e-6)
		assert.InDelta(t, trade-c.cost, plan.Value.Economic, 1e-6)
		assert.InDelta(t, 10*c.likely*boolean(c.dayAhead == 10)+10*(1-c.likely)*boolean(c.dayAhead == 20), plan.Deviation(), 1e-7)
	}
}

func boolean(x bool) float64 {
	if x {
		return 1
	}
	return 0
}

// Half the weight on money and half on risk. The worse half of two equally
// likely scenarios is the worse one: 10 (20 − e) = 30 (e − 10) at e = 12.5,
// with a loss of 75 in both. At a confidence of 0 the risk is the mean, and the
// day-ahead schedule that of the newsvendor, 10 with a mean of 50 (and a worst
// case of 100).
func TestRiskIsTheMeanOfTheWorstScenarios(t *testing.T) {
	for _, c := range []struct{ confidence, dayAhead, risk, worst float64 }{{0.5, 12.5, 75, 75}, {0, 10, 50, 100}} {
		v, ders, setting := twoWinds(t, 0.5)
		setting.Weights = weights.Vector{Economic: 0.5, Risk: 0.5}
		setting.Risk = vpp.CVaR{Confidence: c.confidence}
		plan := solve(t, v, ders, setting)
		assert.InDelta(t, c.dayAhead, plan.DayAhead[0], 1e-7)
		assert.InDelta(t, c.risk, plan.Value.Risk, 1e-6)
		assert.InDelta(t, c.worst, plan.Value.Worst, 1e-6)
		assert.InDelta(t, 600, plan.Value.Economic, 1e-6, "imbalance is charged in the risk alone")
		assert.InDelta(t, 0.5*600-0.5*c.risk, plan.Value.Integrated, 1e-6)
	}
}

// The total loss of the same VPP without imbalance is −400 or −800: the worse
// half earns 400, and −800 is the loss that is not exceeded in half of all
// cases. Imbalance alone is no loss at all.
func TestTotalLossMeasuresPriceRiskToo(t *testing.T) {
	v, ders, setting := twoWinds(t, 0.5)
	setting.Markets.Imbalance = nil
	setting.Weights = weights.Vector{Economic: 0.5, Risk: 0.5}
	setting.Risk = vpp.CVaR{Confidence: 0.5}
	assert.InDelta(t, 0, solve(t, v, ders, setting).Value.Risk, 1e-7)
	setting.Modelling.RiskOf = vpp.TotalLoss
	plan := solve(t, v, ders, setting)
	assert.InDelta(t, -400, plan.Value.Risk, 1e-6)
	assert.InDelta(t, -800, plan.Value.VaR, 1e-6)
	assert.InDelta(t, 0.5*600+0.5*400, plan.Value.Objective, 1e-6)
}

// Wind of 12 MWh and an engine that must run at 5 MWh serve a demand of 8, and
// no more than 7 can be delivered: wind is used at 10. The engine owes 5 · (0.8
// − 0.5) · 100 = 150 for carbon. At a quota of 0.1 and 20 per certificate it
// earns
//
//	on generation   20 (0.9 · 10 − 0.1 · 5) = 170
//	on load         20 (10 − 0.1 · 8)       = 184
//	on forecast     20 (10 − 0.1 · 12)      = 176
func TestEnvironmentIsCertificatesLessCarbon(t *testing.T) {
	set := hourly(t, 1, []float64{1}, map[string][][]float64{"wind": {{12}}, "load": {{8}}})
	ders := []der.DER{
		&der.Wind{ID: "w", Available: "wind"},
		&der.Thermal{ID: "e", MinOutput: 5, MaxOutput: 5, MustRun: true, EmissionFactor: 0.8, Quota: 0.5},
	}
	for reading, earned := range map[market.Basis]float64{market.OnGeneration: 170, market.OnLoad: 184, market.OnForecast: 176} {
		setting := priced(set, 60, 40)
		setting.Weights = weights.Vector{Economic: 0.5, Environment: 0.5}
		setting.Markets.Carbon = market.Flat(market.Carbon, market.Calendar{Steps: 1}, 100)
		setting.Markets.Certificate = market.Flat(market.Certificate, market.Calendar{Steps: 1}, 20)
		setting.Markets.Obligation = market.Obligation{Basis: reading, Quota: 0.1}
		plan := solve(t, vpp.VPP{Name: "v", Demand: "load", ExportLimit: optional.Of(7)}, ders, setting)
		assert.InDelta(t, 150, plan.Results[0].Carbon, 1e-6)
		assert.InDelta(t, -earned, plan.Results[0].Certificate, 1e-6, "%v", reading)
		assert.InDelta(t, earned-150, plan.Value.Environment, 1e-6, "%v", reading)
		assert.InDelta(t, 10./12, plan.RenewableUtilisation(), 1e-9)
	}
}

// An engine of 5 MW costs 50 and emits 0.8 t per MWh, at 40 per t and a price
// of 60. Alone it costs 50 + 32 > 60 and stands still. With 0.6 t allowed per
// MWh it costs 50 + 8 and runs, for 3 t in all. The same 3 t as a lump sum are
// sold for 120, and it stands still again.
func TestFreeAllocationChangesNoCommitment(t *testing.T) {
	set := hourly(t, 1, []float64{1}, nil)
	setting := priced(set, 60, 60)
	setting.Weights = weights.Vector{Economic: 0.5, Environment: 0.5}
	setting.Markets.Carbon = market.Flat(market.Carbon, market.Calendar{Steps: 1}, 40)
	for name, c := range map[string]struct {
		quota, lump                  float64
		economic, carbon, allowances float64
	}{
		"none":       {0, 0, 0, 0, 0},
		"per output": {0.6, 0, 50, 40, 3},
		"lump sum":   {0, 3, 0, -120, 3},
	} {
		ders := []der.DER{&der.Thermal{ID: "e", MaxOutput: 5, Linear: 50, EmissionFactor: 0.8, Quota: c.quota}}
		plan := solve(t, vpp.VPP{Name: "v", FreeAllocation: market.Series{c.lump}}, ders, setting)
		assert.InDelta(t, c.economic, plan.Value.Trade-plan.Value.Cost, 1e-6, name)
		assert.InDelta(t, c.carbon, plan.Results[0].Carbon, 1e-6, name)
		assert.InDelta(t, c.allowances, plan.Results[0].Allowance, 1e-6, name)
	}
	_, err := vpp.Problem{VPP: vpp.VPP{Name: "v", FreeAllocation: market.Series{1, -1}}, Members: nil, Setting: setting}.Formulate()
	assert.ErrorContains(t, err, "FreeAllocation has 2 values, want 1, or one for each of 1 steps")
	assert.ErrorContains(t, err, "FreeAllocation[1] is -1, want a finite number of at least 0 t CO2")
}

// An engine of 5 MW at 50 per MWh meets a price of 40 and a tariff of 30. By
// its own costs it stands still. By the tariff it runs: the VPP keeps (40 − 30)
// · 5 = 50, at a loss of (50 − 30) · 5 = 100 to the engine.
func TestTariffPaymentsRunADERAtItsOwnLoss(t *testing.T) {
	set := hourly(t, 1, []float64{1}, nil)
	ders := []der.DER{&der.Thermal{ID: "e", MaxOutput: 5, Linear: 50}}
	v := vpp.VPP{Name: "v", Tariff: der.Tariff{Injection: []float64{30}}}
	setting := priced(set, 60, 40)
	assert.Zero(t, solve(t, v, ders, setting).Value.Economic)

	setting.Modelling.DispatchObjective = vpp.TariffPayments
	plan := solve(t, v, ders, setting)
	assert.InDelta(t, 50, plan.Value.Economic, 1e-6)
	assert.InDelta(t, -100, plan.Members[0].Revenue, 1e-6)
	assert.InDelta(t, 150, plan.Members[0].Payment, 1e-6)
	assert.InDelta(t, 250, plan.Members[0].Cost, 1e-6)
}

// Members are paid 30 per MWh, charged 4 per MWh short of and 2 per MWh beyond
// what they scheduled. Wind of 10 or 20, equally likely, does best to schedule
// the quantile at 2/(4+2) = 1/3: 10. It is paid 30 · 15 = 450 and charged 0.5 ·
// 10 · 2 = 10.
func TestMembersArePaidByTheTariff(t *testing.T) {
	v, ders, setting := twoWinds(t, 0.5)
	v.Tariff = der.Tariff{Injection: []float64{30}, Shortage: []float64{4}, Surplus: []float64{2}}
	plan := solve(t, v, ders, setting)
	assert.InDelta(t, 10, plan.Members[0].Schedule.DayAhead[0], 1e-7)
	assert.InDelta(t, 440, plan.Members[0].Payment, 1e-6)
	assert.InDelta(t, 440, plan.Members[0].Revenue, 1e-6)
	assert.InDelta(t, 600-440, plan.Value.Economic, 1e-6)

	setting.Modelling.DispatchObjective = vpp.TariffPayments // the day-ahead schedule is now a variable of the program
	assert.InDelta(t, 440, solve(t, v, ders, setting).Members[0].Payment, 1e-6)
}

// Wind delivers 10 or 20, and a second farm 20 or 10: together 30 in both
// scenarios. From day-ahead schedules of 15 each (the mean: nothing is charged
// for deviations) one is 5 up when the other is 5 down, so that each delivers 5
// MWh of regulation service in every scenario.
func TestServiceOffsetsTheDeviationOfOthers(t *testing.T) {
	set := hourly(t, 1, []float64{0.5, 0.5}, map[string][][]float64{"a": {{10}, {20}}, "b": {{20}, {10}}})
	setting := priced(set, 60, 40)
	setting.Modelling.ImbalanceAccounting = vpp.InEconomicToo
	setting.Markets.Imbalance = &market.Imbalance{
		Calendar: market.Calendar{Steps: 1}, Price: market.Series{40}, Short: market.Series{30}, Long: market.Series{10},
	}
	plan := solve(t, vpp.VPP{Name: "v"}, []der.DER{&der.Wind{ID: "a", Available: "a"}, &der.Wind{ID: "b", Available: "b"}}, setting)
	assert.InDelta(t, 30, plan.DayAhead[0], 1e-7)
	assert.InDelta(t, 0, plan.Deviation(), 1e-7)
	for _, m := range plan.Members {
		assert.InDelta(t, 5, m.Service, 1e-7, m.DER.Name())
	}
}

// An engine of 10 MW at 50 per MWh serves a demand of 8: one more MWh inside
// the VPP saves 50, however long a step is. Where it is full, at a demand of
// 12, one more MWh is bought less, at 60.
func TestPricesArePerMWhForEveryStepLength(t *testing.T) {
	for _, step := range []time.Duration{15 * time.Minute, time.Hour} {
		set, err := scenario.New(scenario.Grid{Step: step, Steps: 2}, []float64{0.25, 0.75})
		require.NoError(t, err)
		require.NoError(t, set.Add("load", "MW", [][]float64{{8, 12}, {12, 8}}))
		ders := []der.DER{&der.Thermal{ID: "e", MinOutput: 1, MaxOutput: 10, Linear: 50}}
		for _, w := range []weights.Vector{money, {Economic: 0.5, Environment: 0.5}} {
			setting := priced(set, 60, 40)
			setting.Weights = w
			plan := solve(t, vpp.VPP{Name: "v", Demand: "load"}, ders, setting)
			assert.InDeltaSlice(t, []float64{50, 60}, plan.Prices[0], 1e-6, "%v", step)
			assert.InDeltaSlice(t, []float64{60, 50}, plan.Prices[1], 1e-6, "%v", step)
		}
	}
}

// Every period of a market is priced by itself: 4 MWh bought in one hour and 4
// sold in the next are netted where both hours are one period, and cost 4 (60 −
// 40) where each settles alone.
func TestMarketsNetWithinASettlementPeriod(t *testing.T) {
	set := hourly(t, 2, []float64{1}, map[string][][]float64{"wind": {{0, 8}}, "load": {{4, 4}}})
	for period, trade := range map[market.Period]float64{market.EachStep: -80, market.Horizon: 0} {
		setting := priced(set, 60, 40)
		setting.Markets.Electricity = &market.Tariff{
			Calendar: market.Calendar{Steps: 2, Period: period}, Buy: market.Series{60}, Sell: market.Series{40},
		}
		plan := solve(t, vpp.VPP{Name: "v", Demand: "load"}, []der.DER{&der.Wind{ID: "w", Available: "wind"}}, setting)
		assert.InDelta(t, trade, plan.Value.Trade, 1e-6)
	}
}

// The ladder's second band costs more: an engine that must run at 10 MWh with 1
// t per MWh pays 6 t at 100 and 4 t at 150.
func TestLadderPricesAreClimbedInOrder(t *testing.T) {
	set := hourly(t, 1, []float64{1}, nil)
	setting := priced(set, 60, 40)
	setting.Weights = weights.Vector{Economic: 0.5, Environment: 0.5}
	setting.Markets.Carbon = &market.Ladder{
		Calendar: market.Calendar{Steps: 1}, Price: market.Series{100}, Band: market.Series{6}, Growth: 0.5, Bands: 2,
	}
	ders := []der.DER{&der.Thermal{ID: "e", MinOutput: 10, MaxOutput: 10, MustRun: true, EmissionFactor: 1}}
	assert.InDelta(t, 600+600, solve(t, vpp.VPP{Name: "v"}, ders, setting).Results[0].Carbon, 1e-6)
}

// A turbine at 29.95 per MWh sells 10 MW for 4 hours at 30 and earns 2,
// whatever unserved load costs and whatever a dearer turbine costs: preferences
// by name stay far below such a gain.
func TestDeterrentCostsHideNoGain(t *testing.T) {
	solver := testsolver.New(t)
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 4})
	require.NoError(t, set.AddForecast("town", "MW", []float64{1, 1, 1, 1}))
	for _, dear := range []float64{1e5, 1e6, 1e9} {
		p := vpp.Problem{
			VPP: vpp.VPP{Name: "Hill"},
			Members: []der.DER{
				&der.Thermal{ID: "T1", MaxOutput: 10, Linear: 29.95},
				&der.Thermal{ID: "T2", MaxOutput: 10, Linear: dear},
				&der.Load{ID: "town", Demand: "town", Sheddable: 1, ShedCost: dear},
			},
			Setting: vpp.Setting{
				Set: set, Weights: weights.Vector{Economic: 1},
				Markets: vpp.Markets{Electricity: market.Flat(market.Electricity, market.Calendar{Steps: 4}, 30)},
			},
		}
		plan, err := p.Solve(t.Context(), solver)
		require.NoError(t, err)
		assert.InDelta(t, 2-4*30, plan.Value.Objective, 1e-6, "at %g", dear)
	}
}

// A cost of k p² per hour at a price of 30 earns 900 / (4 k) per hour at p = 15
// / k, also if that is a thousandth of the capacity: kW that are stated in MW
// have such costs.
func TestSteepQuadraticCosts(t *testing.T) {
	solver := testsolver.New(t)
	for _, k := range []float64{30, 1e3, 3e3, 1e4} {
		p := vpp.Problem{
			VPP:     vpp.VPP{Name: "Hill"},
			Members: []der.DER{&der.Thermal{ID: "T", MaxOutput: 10, Quadratic: k}},
			Setting: vpp.Setting{
				Set: scenario.Single(scenario.Grid{Step: time.Hour, Steps: 1}), Weights: money,
				Markets: vpp.Markets{Electricity: market.Flat(market.Electricity, market.Calendar{Steps: 1}, 30)},
			},
		}
		plan, err := p.Solve(t.Context(), solver)
		require.NoError(t, err, "at %g", k)
		assert.InDelta(t, 225/k, plan.Value.Objective, 2e-6, "at %g", k)
	}
}
