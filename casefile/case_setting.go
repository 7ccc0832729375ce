package casefile

import (
	"fmt"
	"slices"
	"time"

	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// readSetting reads weights, risk, modelling options and markets.
//
// The objects have this form; docs/case.md lists all keys:
//
//	"weights": {"economic": 0.5, "risk": 0.3, "environment": 0.2}
//	"risk": {"confidence": 0.95}
//	"markets": {"electricity": {"buy_per_mwh": 400, "sell_fraction": 0.8}}
func (c *Case) readSetting(root Fields) {
	c.setting.Weights = readWeights(root.At("weights"))
	if p := root.At("policy"); p.Given() && p.Object() {
		c.Policy = c.readPolicy(p)
	}
	if r := root.At("risk"); r.Object() {
		confidence := r.At("confidence").value.NumberAs(smallest, 1-smallest, "a number between 0 and 1, such as 0.95")
		c.setting.Risk = vpp.CVaR{Confidence: confidence}
	}
	if r := root.At("modelling"); r.Given() && r.Object() {
		c.setting.Modelling = vpp.Modelling{
			DispatchObjective:   vpp.DispatchObjective(r.At("dispatch_objective").OneOf("own_costs", "tariff_payments")),
			RiskOf:              vpp.RiskOf(r.At("risk_of").OneOf("imbalance_cost", "total_loss")),
			ImbalanceAccounting: vpp.ImbalanceAccounting(r.At("imbalance_accounting").OneOf("in_risk_only", "in_economic_too")),
			SharedValue:         vpp.SharedValue(r.At("shared_value").OneOf("money_equivalent", "weighted")),
			OwnRevenue:          vpp.OwnRevenue(r.At("own_revenue").OneOf("cover_costs", "tariff_only")),
			Admission:           vpp.Admission(r.At("admission").OneOf("all", "scheme", "objective", "value")),
			CostTolerance:       r.At("cost_tolerance").NumberOr(0, 1e-12, 1),
			CostRounds:          r.At("cost_rounds").CountOr(0, 1, 1000),
		}
	}
	if m := root.At("markets"); m.Object() {
		c.readMarkets(m)
	}
}

// readWeights reads weights that sum to 1.
func readWeights(v Fields) weights.Vector {
	if !v.Object() {
		return weights.Vector{}
	}
	x := weights.Vector{
		Economic: v.At("economic").Number(0, 1), Risk: v.At("risk").Number(0, 1), Environment: v.At("environment").Number(0, 1),
	}
	sound := !v.At("economic").rejected() && !v.At("risk").rejected() && !v.At("environment").rejected()
	if sound && x.Validate() != nil {
		v.Bad("%v sum to %v, want 1", x, x.Economic+x.Risk+x.Environment)
	}
	return x
}

// readMarkets reads the prices of electricity and, if they are given, of
// imbalance, carbon, reserve and certificates. An absent market trades nothing.
func (c *Case) readMarkets(v Fields) {
	calendar := calendarOf(c.grid)
	electricity := v.At("electricity")
	var buy market.Series
	if at := electricity.At("buy_per_mwh"); isSeries(at) {
		c.priced.buy, buy = c.priceSeries(at)
	} else {
		buy = at.NumbersOrOne(c.grid.Steps, -unbounded, unbounded)
	}
	c.setting.Markets.Electricity = c.readElectricity(electricity, calendar, buy)
	if x := electricity.At("emission_t_per_mwh"); x.Given() {
		c.setting.Markets.GridEmission = x.NumbersOrOne(c.grid.Steps, 0, unbounded)
	}
	if x := v.At("imbalance"); x.Given() && x.Object() {
		c.setting.Markets.Imbalance = c.readImbalance(x, calendar, buy)
	}
	if x := v.At("carbon"); x.Given() && x.Object() {
		c.setting.Markets.Carbon = readCarbon(x, calendar)
	}
	if x := v.At("reserve"); x.Given() && x.Object() {
		c.setting.Markets.Reserve = &vpp.Reserve{
			Price:    x.At("price_per_mw_h").NumbersOrOne(c.grid.Steps, 0, unbounded),
			MaxOffer: x.At("max_offer_mw").Optional(0, unbounded),
		}
	}
	if x := v.At("certificates"); x.Given() && x.Object() {
		price := x.At("price_per_mwh").Number(0, unbounded)
		c.setting.Markets.Certificate = market.Flat(market.Certificate, calendar, price)
		c.setting.Markets.Obligation = market.Obligation{
			Quota: x.At("quota").Number(0, 1),
			Basis: []market.Basis{
				market.OnGeneration, market.OnLoad, market.OnForecast,
			}[x.At("reading").OneOf("on_generation", "on_load", "on_forecast")],
		}
	}
}

// calendarOf returns the calendar of markets on a grid.
func calendarOf(grid scenario.Grid) market.Calendar {
	calendar := market.Calendar{Steps: grid.Steps}
	if _, equal := grid.EqualSteps(); equal {
		calendar.StepHours = grid.Hours()
	} else {
		calendar.Start = grid.Start // settlement periods follow the clock
		for t := range grid.Steps {
			calendar.StepLengths = append(calendar.StepLengths, grid.HoursAt(t))
		}
	}
	// A day of a local clock can have 23 or 25 hours, so that periods need the
	// start.
	if grid.Start.Location() != time.UTC {
		calendar.Start = grid.Start
	}
	return calendar
}

// readElectricity reads the selling price, a list in currency per MWh or a
// fraction of the buying price buy. If selling earned more than buying costs, a
// VPP would buy and sell without limit, so that the program would be unbounded;
// such prices are violations.
func (c *Case) readElectricity(v Fields, calendar market.Calendar, buy market.Series) market.Market {
	tariff := &market.Tariff{Calendar: calendar, Good: market.Electricity, Buy: buy}
	if fraction := v.At("sell_fraction"); fraction.Given() {
		if v.At("sell_per_mwh").Given() {
			fraction.Bad("is given together with sell_per_mwh, want one of the two")
		}
		c.priced.sellFraction = fraction.value.NumberAs(0, 1, "a share of the buying price from 0 to 1: above 1 buying to sell earns")
		tariff.Sell = fractionOf(buy, c.priced.sellFraction)
	} else if isSeries(v.At("sell_per_mwh")) {
		c.priced.sell, tariff.Sell = c.priceSeries(v.At("sell_per_mwh"))
	} else if sell := v.At("sell_per_mwh"); sell.Given() {
		tariff.Sell = sell.NumbersOrOne(c.grid.Steps, -unbounded, unbounded)
	} else {
		sell.Wrong(fmt.Sprintf("a list of %d numbers, one per step, or one number for all; or sell_fraction beside buy_per_mwh", c.grid.Steps))
		tariff.Sell = slices.Clone(buy)
	}
	c.checkSeriesPrices(v)
	sound := !v.At("buy_per_mwh").rejected() && !v.At("sell_per_mwh").rejected() && !c.priced.standIn
	for t := range buy {
		if sound && tariff.Sell[t] > buy[t] {
			v.Bad("step %d: selling earns %v and buying costs %v; a VPP would buy to sell without end", t, tariff.Sell[t], buy[t])
		}
	}
	return tariff
}

// readCarbon reads a flat carbon price, or a ladder of prices that rise with
// the allowances bought in a settlement period. For example, {"price_per_t":
// 70, "ladder": {"band_t": 10, "growth": 0.25, "bands": 3, "settled": "day"}}
// charges 70 for the first 10 t of a day, 87.5 for the next 10 t and 105
// beyond.
func readCarbon(v Fields, calendar market.Calendar) market.Market {
	price := v.At("price_per_t").Number(0, unbounded)
	ladder := v.At("ladder")
	if !ladder.Given() || !ladder.Object() {
		return market.Flat(market.Carbon, calendar, price)
	}
	calendar.Period = []market.Period{
		market.EachStep, market.Hour, market.Day, market.Horizon,
	}[ladder.At("settled").OneOf("step", "hour", "day", "horizon")]
	if err := calendar.Validate(); err != nil && calendar.Steps > 0 {
		ladder.At("settled").Bad("does not fit the grid: %v", err)
		calendar.Period = market.EachStep
	}
	return &market.Ladder{
		Calendar: calendar,
		Price:    market.Series{price},
		Band:     market.Series{ladder.At("band_t").Number(smallest, unbounded)},
		Growth:   ladder.At("growth").Number(0, 100),
		Bands:    ladder.At("bands").Count(1, 100),
	}
}

// readImbalance reads the penalties for energy short of and beyond the
// day-ahead schedule, currency per MWh, or multiples of the day-ahead price. A
// short multiple of 1.3 buys missing energy at 1.3 times the price; a long
// multiple of 0.5 sells surplus at half of it. With "price_per_mwh", a series
// of real prices, both refer to that price; see [twoPrices].
func (c *Case) readImbalance(v Fields, calendar market.Calendar, price market.Series) vpp.ImbalancePricing {
	x := &market.Imbalance{Calendar: calendar, Price: market.Series{0}}
	if at := v.At("price_per_mwh"); at.Given() {
		c.readRealPrice(v, price, x)
	} else if v.At("short_multiple").Given() || v.At("long_multiple").Given() {
		c.priced.short, c.priced.long = v.At("short_multiple").Number(1, 100), v.At("long_multiple").Number(0, 1)
		c.priced.multiples = true
		x.Short, x.Long = market.Spreads(price, c.priced.short, c.priced.long)
	} else {
		x.Short = v.At("short_per_mwh").NumbersOrOne(c.grid.Steps, 0, unbounded)
		x.Long = v.At("long_per_mwh").NumbersOrOne(c.grid.Steps, 0, unbounded)
	}
	return x
}
