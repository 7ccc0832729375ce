package vpp

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
)

// Exchange is what members hand each other of heat, gas or captured CO2 inside a plant. None of the three
// leaves it: whatever one member feeds in, others take out in the same step,
//
//	Σ_i port_{i,t,s} = 0          per scenario and step
//
// Heat that nobody wants needs a [der.HeatDump], gas from the network a [der.GasSupply], CO2 that is not
// used a [der.Sequestration].
//
// CO2 in this exchange is a good and not an emission. By default it is credited to the unit that captured it
// and charged wherever gas made of it is burnt; [der.CarbonRule] has the other way. Every tonne counts once in
// [Result.Emission].
//
// Source: Energies 2025 18(13) 3443, section 3.2.
type Exchange struct {
	// Supplied is what members feed in, and so what members take out, per scenario and step: MW of heat
	// or gas, t CO2. Nil where no member has such a port.
	Supplied [][]float64
	// Prices is what one more unit inside the plant would be worth, per scenario and step: currency per
	// MWh of heat or gas, per t CO2, of the economic dimension, with integers fixed at their values. Nil
	// where the economic weight is zero.
	Prices [][]float64
	// Residual is the largest amount by which any step fails to balance, MW or t CO2.
	Residual float64
}

// carrier is one kind of exchange: how it is named, and where units keep it.
type carrier struct {
	name   string
	terms  func(*der.Terms) []milp.Expr
	ports  func(*der.Ports) []float64
	energy bool // a power, whose price is per MWh
}

// carriers are the kinds of exchange, in the order of the fields of [Plan].
var carriers = [...]carrier{
	{"heat", func(x *der.Terms) []milp.Expr { return x.Heat }, func(x *der.Ports) []float64 { return x.Heat }, true},
	{"gas", func(x *der.Terms) []milp.Expr { return x.Gas }, func(x *der.Ports) []float64 { return x.Gas }, true},
	{"co2", func(x *der.Terms) []milp.Expr { return x.CO2 }, func(x *der.Ports) []float64 { return x.CO2 }, false},
}

// exchanges returns the plan's exchanges in the order of carriers.
func (p *Plan) exchanges() [len(carriers)]*Exchange { return [...]*Exchange{&p.Heat, &p.Gas, &p.CO2} }

// exchange adds the balances of scenario s for every carrier that some member has a port for. The rows
// are "plant.heat(s,t)", "plant.gas(s,t)" and "plant.co2(s,t)".
func (x *Program) exchange(s int) {
	for k, c := range carriers {
		present := false
		for i := range x.Members {
			present = present || c.terms(&x.terms[i][s]) != nil
		}
		if !present {
			continue
		}
		rows := make([]milp.Row, x.Setting.Set.Steps())
		for t := range rows {
			rows[t] = x.Model.Equal(milp.At(x.VPP.Name, c.name, s, t), milp.Const(0), x.port(s, t, c.terms))
		}
		x.exchanged[k] = append(x.exchanged[k], rows)
	}
}

// exchangePrices reads what heat, gas and CO2 are worth out of the duals of their balances.
func (x *Program) exchangePrices(p *Plan, solution *milp.Solution) {
	set := x.Setting.Set
	for k, exchange := range p.exchanges() {
		per := 1.0
		if carriers[k].energy {
			per = set.Hours()
		}
		for s, rows := range x.exchanged[k] {
			prices := make([]float64, len(rows))
			for t, row := range rows {
				prices[t] = solution.Dual(row) / (x.Setting.Weights.Economic * set.Probability(s) * per)
			}
			exchange.Prices = append(exchange.Prices, prices)
		}
	}
}

// exchange adds up what members hand each other in scenario s.
func (p *Plan) exchange(s int) {
	for k, exchange := range p.exchanges() {
		supplied := make([]float64, p.Setting.Set.Steps())
		sum := make([]float64, len(supplied))
		present := false
		for i := range p.Members {
			port := carriers[k].ports(&p.Members[i].Schedule.Realised[s])
			present = present || port != nil
			for t, v := range port {
				supplied[t] += max(v, 0)
				sum[t] += v
			}
		}
		if !present {
			continue
		}
		exchange.Supplied = append(exchange.Supplied, supplied)
		for _, v := range sum {
			exchange.Residual = max(exchange.Residual, math.Abs(v))
		}
	}
}

// drawFromGrid adds, where purchases carry emissions, the energy drawn from the grid in scenario s: at
// least the net purchase, and nothing when power is delivered. A carbon price that is not negative
// presses it down to that.
func (x *Program) drawFromGrid(s int) {
	c := x.Setting
	if c.Markets.GridEmission == nil || c.Markets.Carbon == nil {
		return
	}
	drawn := make([]milp.Expr, c.Set.Steps())
	for t := range drawn {
		_, most := x.purchases(s, t)
		drawn[t] = x.Model.Var(milp.At(x.VPP.Name, "drawn", s, t), 0, max(0, most)).Expr()
		x.Model.AtLeast(milp.At(x.VPP.Name, "drawn_min", s, t), drawn[t], x.delivered[s][t].Times(-c.Set.Hours()))
	}
	x.drawn = append(x.drawn, drawn)
}

// purchases returns between which limits the plant's net purchase of a step lies, MWh, whatever its
// members do.
func (x *Program) purchases(s, t int) (lower, upper float64) {
	dt := x.Setting.Set.Hours()
	least, most := x.supply(s, t).Range()
	lower, upper = x.delivered[s][t].Times(-dt).Range()
	return max(lower, -most*dt), min(upper, -least*dt)
}

// gridEmission returns the emission factor of a purchase in a step, t CO2 per MWh.
func (x Markets) gridEmission(t int) float64 {
	if x.GridEmission == nil {
		return 0
	}
	return x.GridEmission.At(t)
}

// validateGridEmission reports factors that cannot be meant, and prices under which a program would
// claim to draw more than it does.
func (c Setting) validateGridEmission() error {
	series := c.Markets.GridEmission
	if series == nil {
		return nil
	}
	var bad []error
	if len(series) != 1 && len(series) != c.Set.Steps() {
		return fmt.Errorf("setting: grid emission has %d values; give 1, or one for each of the %d steps", len(series), c.Set.Steps())
	}
	for t, factor := range series {
		if !(factor >= 0) || math.IsInf(factor, 1) {
			bad = append(bad, fmt.Errorf("setting: grid emission of step %d is %v t CO2 per MWh; give a finite number of at least 0", t, factor))
		}
	}
	if c.Markets.Carbon == nil || market.Validate(c.Markets.Carbon) != nil {
		return errors.Join(bad...)
	}
	for period := range c.Markets.Carbon.Periods() {
		if slopes := c.Markets.Carbon.Curve(period).Slopes; len(slopes) > 0 && slices.Min(slopes) < 0 {
			bad = append(bad, fmt.Errorf("setting: the carbon price of period %d can be %v; with emissions of grid purchases it must not be negative", period, slices.Min(slopes)))
		}
	}
	return errors.Join(bad...)
}

// oneConnection refuses a second way to the electricity grid. A plant trades electricity in its market
// and nowhere else: there its purchases are priced, limited ([Plant.ImportLimit], [Plant.ExportLimit])
// and charged with emissions ([Markets.GridEmission]). A [der.GridTrader] beside it would let the
// plant buy in one place and sell in the other.
func oneConnection(p VPP, unit der.DER) error {
	if trader, ok := unit.(der.GridTrader); ok && trader.TradesWithGrid() {
		return fmt.Errorf("plant %q: member %q is a grid connection, but the plant trades electricity in its market; "+
			"leave the member out and use Plant.ImportLimit, Plant.ExportLimit and Markets.GridEmission", p.Name, unit.Name())
	}
	return nil
}
