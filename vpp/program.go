package vpp

import (
	"fmt"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
)

// Program is a [Problem] as a two-stage program. A caller may add rows and
// columns to Model before [Program.Solve], for example a limit of the energy
// that one member may deliver.
//
// Columns of the VPP "v" in scenario s and step t, in MW:
//
//	v.position(t)       e_t, the day-ahead schedule; first stage
//	v.reserve_offer(t)  R_t, the reserve offered; first stage, see [Reserve]
//	v.delivered(s,t)    n_{t,s}; row v.balance(s,t) equals it to members minus demand
//	v.heat, v.gas, v.co2(s,t)   rows: balances inside the VPP, see [Exchange]
//
// Columns of members begin with the name of the DER. The indices of a column
// give its stage: columns with a scenario belong to the second stage.
type Program struct {
	Model   *milp.Model
	VPP     VPP
	Setting Setting
	Members []der.DER // in the order of their names

	dayAhead   []milp.Expr                 // e_t, MW
	offered    []milp.Expr                 // R_t, MW; nil without a reserve market
	delivered  [][]milp.Expr               // n_{t,s}, MW, per scenario and step
	drawn      [][]milp.Expr               // purchases, MWh; nil without GridEmission
	balance    [][]milp.Row                // per scenario and step
	exchanged  [len(carriers)][][]milp.Row // balances of heat, gas and CO2, per scenario and step
	terms      [][]der.Terms               // per member, per scenario
	on         []milp.Expr                 // per member: 1, or its membership binary
	preference float64                     // ε of the tie-breaking costs, in the objective
	moved      movedPrices                 // price changes by the volume of all participants
	smooth     []smoothCost                // quadratic parts of the markets
	ofRisk     [2]int                      // columns of the risk measure, [from, to)
	objective  milp.Expr                   // without the tie-breaking costs
	imbalance  milp.Expr                   // expected imbalance cost, currency
	context    der.Context
}

// ties breaks ties between commitments of equal value by name. The sum of these
// costs is about 1e-6 of the largest price. [milp.Canonical] breaks ties
// between continuous decisions.
var ties = milp.Ties{Scale: 1e-7, IntegersOnly: true}

// Objective returns the objective of the program without the costs that break
// ties between equal commitments. Those costs have no unit of size: 1e-5 per
// commitment is nothing to a turbine, and a percent of the payoff of a unit of
// 10 W.
//
// For example, x.Model.Maximize(x.Objective()) removes the costs from the
// program.
func (x *Program) Objective() milp.Expr { return x.objective }

// join adds the rows and columns that connect the members: day-ahead schedule,
// balances, markets, risk. It returns the objective, which is maximised.
func (x *Program) join() (milp.Expr, error) {
	var (
		c         = x.Setting
		costs     = x.memberCosts()
		loss      = make([]milp.Expr, c.Set.Len())
		objective milp.Expr
	)
	x.addDayAhead()
	x.addReserveOffer()
	for s := range c.Set.Len() {
		x.addBalance(s)
		x.addExchange(s)
		x.addDrawn(s)
		economic, imbalance, environment, err := x.addMarkets(s, costs[s])
		if err != nil {
			return milp.Expr{}, err
		}
		if x.offered != nil {
			economic = economic.Plus(x.addReserve(s))
		}
		loss[s] = imbalance
		if c.Modelling.RiskOf == TotalLoss {
			loss[s] = imbalance.Minus(economic).Minus(environment)
		}
		if c.Modelling.ImbalanceAccounting == InEconomicToo {
			economic = economic.Minus(imbalance)
		}
		probability := c.Set.Probability(s)
		x.imbalance.Add(imbalance.Times(probability))
		objective.Add(economic.Times(c.Weights.Economic*probability), environment.Times(c.Weights.Environment*probability))
	}
	// Without a weight the risk measure would add columns that the objective
	// does not bound.
	if k := c.Weights.Risk * x.VPP.RiskAversion; k != 0 {
		x.ofRisk[0] = x.Model.Vars()
		risk, err := c.risk().Add(x.Model, x.VPP.Name, loss, c.Set.Probabilities())
		x.ofRisk[1] = x.Model.Vars()
		if err != nil {
			return milp.Expr{}, fmt.Errorf("%s%w", x.VPP.prefix(), err)
		}
		objective.Add(risk.Times(-k))
	}
	return objective, nil
}

// addDayAhead adds the day-ahead schedule within the limits of the connection.
func (x *Program) addDayAhead() {
	lower, upper := x.VPP.connection()
	for t := range x.Setting.Set.Steps() {
		e := x.Model.Var(milp.At(x.VPP.Name, "position", t), lower, upper)
		if x.VPP.DayAhead != nil {
			x.Model.Fix(e, x.VPP.DayAhead[t])
		}
		x.dayAhead = append(x.dayAhead, e.Expr())
	}
}

// addBalance adds the delivered power of scenario s and its balance.
func (x *Program) addBalance(s int) {
	var (
		lower, upper = x.VPP.connection()
		net          = make([]milp.Expr, x.Setting.Set.Steps())
		balance      = make([]milp.Row, x.Setting.Set.Steps())
	)
	for t := range net {
		net[t] = x.Model.Var(milp.At(x.VPP.Name, "delivered", s, t), lower, upper).Expr()
		balance[t] = x.Model.Equal(milp.At(x.VPP.Name, "balance", s, t), net[t], x.supply(s, t))
	}
	x.balance = append(x.balance, balance)
	x.delivered = append(x.delivered, net)
}

// addMarkets adds the markets of scenario s. It returns the economic value E_s,
// which is the income of the electricity trade minus the costs of members, the
// imbalance cost L_s and the environmental value N_s, currency.
func (x *Program) addMarkets(s int, costs milp.Expr) (economic, imbalance, environment milp.Expr, err error) {
	var (
		m            = x.Setting.Markets
		dt           = x.Setting.Set.HoursAt
		bad          = faults.List{Prefix: x.VPP.prefix()}
		purchase     = func(t int) milp.Expr { return x.delivered[s][t].Times(-dt(t)) }
		shortage     = func(t int) milp.Expr { return x.dayAhead[t].Minus(x.delivered[s][t]).Times(dt(t)) }
		carbon       = func(t int) milp.Expr { return x.carbon(s, t) }
		certificates = func(t int) milp.Expr { return x.certificates(s, t) }
		at           = func(what string) func(t int) milp.Name {
			return func(t int) milp.Name { return milp.At(x.VPP.Name, what, s, t) }
		}
	)
	add := func(name string, of market.Market, buying, selling string, perStep func(t int) milp.Expr) milp.Expr {
		cost, smooth, err := addMarket(x.Model, of, at, buying, selling, perStep)
		for _, one := range smooth {
			x.smooth = append(x.smooth, smoothCost{one, of, s})
		}
		if err != nil {
			bad.Addf("%w", namedMarket{of, name, of}.explain(x.Setting.Set, err))
		}
		return cost
	}
	economic = add(dayAheadMarket, m.Electricity, "bought", "sold", purchase).Times(-1).Minus(costs).
		Minus(x.moved.cost(m.Electricity, s, purchase))
	imbalance = add(balancingMarket, m.imbalance(), "short", "long", shortage)
	environment = add(carbonMarket, m.Carbon, "allowances_bought", "allowances_sold", carbon).
		Plus(add(certificateMarket, m.Certificate, "certificates_bought", "certificates_sold", certificates)).
		Plus(x.moved.cost(m.Carbon, s, carbon), x.moved.cost(m.Certificate, s, certificates)).
		Times(-1)
	return economic, imbalance, environment, bad.Err()
}

// memberCosts returns the costs of the members in the objective, per scenario,
// currency.
func (x *Program) memberCosts() []milp.Expr {
	out := make([]milp.Expr, x.Setting.Set.Len())
	energy := x.context // without penalties, which are no income of the VPP: see [TariffPayments]
	energy.Tariff.Shortage, energy.Tariff.Surplus = nil, nil
	for i, d := range x.Members {
		if x.Setting.Modelling.DispatchObjective == TariffPayments {
			for s, payment := range energy.PaymentTerms(x.Model, d.Name(), x.terms[i]) {
				out[s].Add(payment)
			}
			continue
		}
		for s := range out {
			out[s].Add(x.terms[i][s].Cost)
		}
	}
	return out
}

// supply returns the injection of the members minus the demand, MW.
func (x *Program) supply(s, t int) milp.Expr {
	var sum milp.Expr
	for i := range x.Members {
		sum.Add(x.terms[i][s].Net(t))
	}
	if x.VPP.Demand != "" {
		sum.Add(milp.Const(-x.Setting.Set.At(x.VPP.Demand, s, t)))
	}
	return sum
}

// port returns the sum of one port of the members in scenario s and step t.
func (x *Program) port(s, t int, of func(*der.Terms) []milp.Expr) milp.Expr {
	var sum milp.Expr
	for i := range x.Members {
		if p := of(&x.terms[i][s]); p != nil {
			sum.Add(p[t])
		}
	}
	return sum
}

// carbon returns emissions, with those of purchases, minus allowances, with the
// free allocation, t CO2.
func (x *Program) carbon(s, t int) milp.Expr {
	net := x.port(s, t, func(u *der.Terms) []milp.Expr { return u.Emission }).
		Minus(x.port(s, t, func(u *der.Terms) []milp.Expr { return u.Allowance })).
		Minus(milp.Const(x.VPP.freeAllocation(t)))
	if x.drawn != nil {
		net = net.Plus(x.drawn[s][t].Times(x.Setting.Markets.gridEmission(t)))
	}
	return net
}
