package trigrid

import (
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// readSetting reads weights, risk and markets.
func (c *Case) readSetting(root Fields) {
	w := root.At("weights")
	if w.Object() {
		c.markets.Weights = weights.Vector{
			Economic: w.At("economic").Number(0, 1), Risk: w.At("risk").Number(0, 1), Environment: w.At("environment").Number(0, 1),
		}
		if err := c.markets.Weights.Validate(); err != nil {
			w.Bad("%v", err)
		}
	}
	if r := root.At("risk"); r.Object() {
		confidence := r.At("confidence").Number(0, 1)
		if confidence == 0 || confidence == 1 {
			r.At("confidence").Wrong("a number between 0 and 1, such as 0.95")
			confidence = vpp.DefaultConfidence
		}
		c.markets.Risk = vpp.CVaR{Confidence: confidence}
	}
	if r := root.At("readings"); r.Given() && r.Object() {
		c.markets.Readings = vpp.Readings{
			Scheduling: vpp.Scheduling(r.At("scheduling").OneOf("own_costs", "tariff_payments")),
			RiskOf:     vpp.RiskOf(r.At("risk_of").OneOf("imbalance_cost", "total_loss")),
			Charging:   vpp.Charging(r.At("imbalance_charged").OneOf("in_risk_only", "in_economic_too")),
		}
	}
	m := root.At("markets")
	if !m.Object() {
		return
	}
	calendar := market.Calendar{Steps: c.grid.Steps, StepHours: c.grid.Hours()}
	buy := m.At("electricity").At("buy_per_mwh").Numbers(c.grid.Steps, -huge, huge)
	c.markets.Markets.Electricity = c.readElectricity(m.At("electricity"), calendar, buy)
	if x := m.At("electricity").At("emission_t_per_mwh"); x.Given() {
		c.markets.Markets.GridEmission = x.NumbersOrOne(c.grid.Steps, 0, huge)
	}
	if x := m.At("imbalance"); x.Given() && x.Object() {
		c.markets.Markets.Imbalance = c.readImbalance(x, calendar, buy)
	}
	if x := m.At("carbon"); x.Given() && x.Object() {
		c.markets.Markets.Carbon = readCarbon(x, calendar)
	}
	if x := m.At("certificates"); x.Given() && x.Object() {
		c.markets.Markets.Certificate = market.Flat(market.Certificate, calendar, x.At("price_per_mwh").Number(0, huge))
		c.markets.Markets.Obligation = market.Obligation{
			Quota:   x.At("quota").Number(0, 1),
			Basis: []market.Basis{market.OnGeneration, market.OnLoad, market.OnForecast}[x.At("reading").OneOf("on_generation", "on_load", "on_forecast")],
		}
	}
}

func (c *Case) readElectricity(v Fields, calendar market.Calendar, buy []float64) market.Market {
	tariff := &market.Tariff{Calendar: calendar, Good: market.Electricity, Buy: buy}
	if fraction := v.At("sell_fraction"); fraction.Given() {
		if v.At("sell_per_mwh").Given() {
			fraction.Bad("is given together with sell_per_mwh, want one of the two")
		}
		tariff.Sell = scaled(buy, fraction.Number(0, 1))
	} else {
		tariff.Sell = v.At("sell_per_mwh").Numbers(c.grid.Steps, -huge, huge)
	}
	for t := range buy {
		if tariff.Sell[t] > buy[t] {
			v.Bad("step %d: selling earns %v and buying costs %v; a plant would buy to sell without end", t, tariff.Sell[t], buy[t])
		}
	}
	return tariff
}

// readCarbon reads a flat carbon price, or one that rises with the allowances bought in a settlement
// period.
func readCarbon(v Fields, calendar market.Calendar) market.Market {
	price := v.At("price_per_t").Number(0, huge)
	ladder := v.At("ladder")
	if !ladder.Given() || !ladder.Object() {
		return market.Flat(market.Carbon, calendar, price)
	}
	calendar.Period = []market.Period{market.EachStep, market.Hour, market.Day, market.Horizon}[ladder.At("settled").OneOf("step", "hour", "day", "horizon")]
	return &market.Ladder{
		Calendar: calendar,
		Price:    market.Series{price},
		Band:     market.Series{ladder.At("band_t").Number(smallest, huge)},
		Growth:   ladder.At("growth").Number(0, 100),
		Bands:    ladder.At("bands").Count(1, 100),
	}
}

func (c *Case) readImbalance(v Fields, calendar market.Calendar, price []float64) vpp.Settlement {
	x := &market.Imbalance{Calendar: calendar, Price: market.Series{0}}
	if v.At("short_multiple").Given() || v.At("long_multiple").Given() {
		x.Short, x.Long = market.Spreads(price, v.At("short_multiple").Number(1, 100), v.At("long_multiple").Number(0, 1))
	} else {
		x.Short = v.At("short_per_mwh").NumbersOrOne(c.grid.Steps, 0, huge)
		x.Long = v.At("long_per_mwh").NumbersOrOne(c.grid.Steps, 0, huge)
	}
	return x
}

func (c *Case) readPlant(v Fields, names map[string]bool) vpp.Plant {
	var p vpp.Plant
	if !v.Object() {
		return p
	}
	p.Name = v.At("name").Text()
	p.Demand = v.At("demand").TextOr("")
	if p.Demand != "" && !names[p.Demand] {
		v.At("demand").Wrong("the name of one of the scenarios' series")
	}
	p.RiskAversion = v.At("risk_aversion").Number(0, huge)
	p.Share = v.At("share").Number(0, 1)
	if x := v.At("allowance_t_per_step"); x.Given() {
		p.Allowance = x.NumbersOrOne(c.grid.Steps, 0, huge)
	}
	p.ImportLimit = v.At("import_limit_mw").NumberOr(0, 0, huge)
	p.ExportLimit = v.At("export_limit_mw").NumberOr(0, 0, huge)
	if t := v.At("tariff"); t.Object() {
		p.Tariff = c.readTariff(t)
	}
	return p
}

// readTariff reads each price as a list, as one number, or as a fraction of the market's buying price.
func (c *Case) readTariff(v Fields) der.Tariff {
	price := func(name string, least float64) []float64 {
		fraction, direct := v.At(name+"_fraction"), v.At(name+"_per_mwh")
		switch {
		case fraction.Given() && direct.Given():
			fraction.Bad("is given together with %s_per_mwh, want one of the two", name)
		case direct.Given():
			return direct.NumbersOrOne(c.grid.Steps, least, huge)
		case fraction.Given():
			f := fraction.Number(0, 10)
			if buying, ok := c.markets.Markets.Electricity.(*market.Tariff); ok {
				return scaled(buying.Buy, f)
			}
		}
		return nil
	}
	return der.Tariff{
		Injection: price("injection", -huge), Withdrawal: price("withdrawal", -huge), Curtailment: price("curtailment", 0),
		Shortage: price("shortage", 0), Surplus: price("surplus", 0),
	}
}
