package vpp

import (
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// Exchange is the exchange of heat, gas or captured CO2 among the members of a
// VPP. These goods do not leave the VPP: in each scenario and step the members
// withdraw as much as other members supply,
//
//	Σ_i port_{i,t,s} = 0
//
// Excess heat needs a [der.HeatDump], gas from the network a [der.GasSupply],
// CO2 without a use a [der.Sequestration]. For example, a CHP of 4 MW of heat
// beside a heat load of 3 MW has a schedule only if another member withdraws 1
// MW of heat.
//
// CO2 is a good here, not an emission. By default the emission is credited to
// the DER that captures CO2 and charged to the DER that burns gas made of it;
// [der.CarbonRule] has the alternative. Each tonne counts once in
// [Result.Emission].
//
// Source: Energies 2025 18(13) 3443, section 3.2.
type Exchange struct {
	// Supplied is the sum of all supplies, which equals the sum of all
	// withdrawals, per scenario and step: MW of heat or gas, t CO2. Nil if no
	// member has such a port.
	Supplied [][]float64
	// Prices are the marginal values inside the VPP, per scenario and step:
	// currency per MWh of heat or gas, per t CO2, in the economic dimension,
	// with integers fixed. Members are paid at them unless the tariff states a
	// price. Nil if the economic weight is 0.
	Prices [][]float64
	// Residual is the largest error of the balance in any step, MW or t CO2.
	Residual float64
}

// carrier is a kind of exchange: its name in rows and its port of a DER.
type carrier struct {
	name   string
	terms  func(*der.Terms) []milp.Expr
	ports  func(*der.Ports) []float64
	energy bool // a power, with a price per MWh
}

// carriers are the kinds of exchange, in the order of the fields of [Plan].
var carriers = [...]carrier{
	{"heat", func(x *der.Terms) []milp.Expr { return x.Heat }, func(x *der.Ports) []float64 { return x.Heat }, true},
	{"gas", func(x *der.Terms) []milp.Expr { return x.Gas }, func(x *der.Ports) []float64 { return x.Gas }, true},
	{"co2", func(x *der.Terms) []milp.Expr { return x.CO2 }, func(x *der.Ports) []float64 { return x.CO2 }, false},
}

// exchanges returns the exchanges of the plan in the order of carriers.
func (p *Plan) exchanges() [len(carriers)]*Exchange { return [...]*Exchange{&p.Heat, &p.Gas, &p.CO2} }

// addExchange adds the balances of scenario s for each carrier that a member
// has a port for. The rows are "v.heat(s,t)", "v.gas(s,t)" and "v.co2(s,t)" for
// a VPP named "v".
func (x *Program) addExchange(s int) {
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

// exchangePrices sets the marginal values of heat, gas and CO2 from the duals
// of their balances. A dual is weighted with w_e π_s and, for a power, with the
// hours of a step.
func (x *Program) exchangePrices(p *Plan, solution *milp.Solution) {
	set := x.Setting.Set
	for k, exchange := range p.exchanges() {
		for s, rows := range x.exchanged[k] {
			prices := make([]float64, len(rows))
			for t, row := range rows {
				per := 1.0
				if carriers[k].energy {
					per = set.HoursAt(t)
				}
				prices[t] = solution.Dual(row) / (x.Setting.Weights.Economic * set.Probability(s) * per)
			}
			exchange.Prices = append(exchange.Prices, prices)
		}
	}
}

// addExchange sets supplies and residuals of scenario s from the schedules.
func (p *Plan) addExchange(s int) {
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

// addDrawn adds the purchases of scenario s that carry emissions, MWh,
//
//	drawn_{s,t} ≥ −n_{t,s} Δ,   0 ≤ drawn_{s,t}
//
// A carbon price of at least 0 lets drawn be equal to the purchase at an
// optimum. Without GridEmission or a carbon market it adds nothing.
func (x *Program) addDrawn(s int) {
	c := x.Setting
	if c.Markets.GridEmission == nil || c.Markets.Carbon == nil {
		return
	}
	drawn := make([]milp.Expr, c.Set.Steps())
	for t := range drawn {
		_, largest := x.purchases(s, t)
		drawn[t] = x.Model.Var(milp.At(x.VPP.Name, "drawn", s, t), 0, max(0, largest)).Expr()
		x.Model.AtLeast(milp.At(x.VPP.Name, "drawn_min", s, t), drawn[t], x.delivered[s][t].Times(-c.Set.HoursAt(t)))
	}
	x.drawn = append(x.drawn, drawn)
}

// purchases returns bounds of the net purchase in a step, MWh: the tighter ones
// of the connection and of the members' ports.
func (x *Program) purchases(s, t int) (lower, upper float64) {
	dt := x.Setting.Set.HoursAt(t)
	smallest, largest := x.supply(s, t).Range()
	lower, upper = x.delivered[s][t].Times(-dt).Range()
	return max(lower, -largest*dt), min(upper, -smallest*dt)
}
