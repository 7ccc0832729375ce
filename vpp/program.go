package vpp

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// Program is a plant and its members as a two-stage program. Model may be extended before it is solved.
type Program struct {
	Model   *milp.Model
	VPP     VPP
	Setting Setting
	Members []der.DER // in order of name, whatever order they were given in

	position   []milp.Expr                 // e_t, MW
	delivered  [][]milp.Expr               // n_{t,s}, MW, per scenario and step
	drawn      [][]milp.Expr               // MWh bought, per scenario and step; nil where it does not matter
	balance    [][]milp.Row                // per scenario and step
	exchanged  [len(carriers)][][]milp.Row // balances of heat, gas and CO2, per scenario and step
	terms      [][]der.Terms               // per member, per scenario
	on         []milp.Expr                 // per member: 1, or its membership binary
	preference float64                     // of one commitment over its equal, in units of the objective
	moved      movedPrices                 // what other plants' volumes add to the markets' prices
	ofRisk     [2]int                      // the columns that the risk measure added, from and to
	context    der.Context
}

// Formulate states the program of a plant with the given members. It fails with every violation at once
// when the data cannot be meant.
//
// Members enter in order of name, so that the result does not depend on the order they are given in.
func Formulate(p VPP, members []der.DER, c Setting) (*Program, error) {
	if err := validate(p, members, c); err != nil {
		return nil, err
	}
	safe := floor(p, c)
	return compose(p, members, c, certain, func(der.DER) []float64 { return safe })
}

// certain is the membership of a unit that belongs to the plant.
func certain(*milp.Model, der.DER) milp.Expr { return milp.Const(1) }

// compose states the program from data known to be valid. Each unit is told the floor given for it.
func compose(p VPP, members []der.DER, c Setting, membership func(*milp.Model, der.DER) milp.Expr, floor func(der.DER) []float64) (*Program, error) {
	x := assemble(milp.New(), p, members, c, membership, floor)
	objective, err := x.join()
	if err != nil {
		return nil, err
	}
	x.Model.Maximize(objective)
	x.preference = ties.Break(x.Model)
	return x, x.Model.Err()
}

// assemble puts the members into a model that may hold other plants already.
func assemble(m *milp.Model, p VPP, members []der.DER, c Setting, membership func(*milp.Model, der.DER) milp.Expr, floor func(der.DER) []float64) *Program {
	x := &Program{
		Model:   m,
		VPP:     p,
		Setting: c,
		Members: slices.SortedFunc(slices.Values(members), func(a, b der.DER) int { return cmp.Compare(a.Name(), b.Name()) }),
	}
	x.context = der.Context{Set: c.Set, Tariff: p.Tariff}
	for _, unit := range x.Members {
		on := membership(x.Model, unit)
		context := x.context
		context.MinMarginalValues = floor(unit)
		x.on = append(x.on, on)
		x.terms = append(x.terms, unit.Model(x.Model, on, context))
	}
	return x
}

func validate(p VPP, members []der.DER, c Setting) error {
	return errors.Join(p.Validate(c.Set), c.Validate(), validateMembers(p, members, c.Set))
}

func validateMembers(p VPP, members []der.DER, set *scenario.Set) error {
	var bad []error
	seen := map[string]bool{}
	for _, unit := range members {
		if seen[unit.Name()] {
			bad = append(bad, fmt.Errorf("plant %q: two members are named %q; names must differ", p.Name, unit.Name()))
		}
		seen[unit.Name()] = true
		if err := oneConnection(p, unit); err != nil {
			bad = append(bad, err)
		}
		if v, ok := unit.(der.Validator); ok && set != nil {
			if err := v.Validate(set); err != nil {
				bad = append(bad, err)
			}
		}
	}
	if err := der.OneCarbonRule(members...); err != nil {
		bad = append(bad, fmt.Errorf("plant %q: %w", p.Name, err))
	}
	return errors.Join(bad...)
}

// join adds what joins the members: balances, position, markets and risk. It returns the objective, to be
// maximised.
func (x *Program) join() (milp.Expr, error) {
	var (
		m            = x.Model
		c            = x.Setting
		plant        = x.VPP.Name
		dt           = c.Set.Hours()
		lower, upper = -limit(x.VPP.ImportLimit), limit(x.VPP.ExportLimit)
		charges      = x.charges()
		loss         = make([]milp.Expr, c.Set.Len())
		objective    milp.Expr
	)
	for t := range c.Set.Steps() {
		position := m.Var(milp.At(plant, "position", t), lower, upper)
		if x.VPP.DayAhead != nil {
			m.Fix(position, x.VPP.DayAhead[t])
		}
		x.position = append(x.position, position.Expr())
	}
	for s := range c.Set.Len() {
		at := func(what string) func(t int) milp.Name {
			return func(t int) milp.Name { return milp.At(plant, what, s, t) }
		}
		net := make([]milp.Expr, c.Set.Steps())
		balance := make([]milp.Row, c.Set.Steps())
		for t := range net {
			net[t] = m.Var(at("delivered")(t), lower, upper).Expr()
			balance[t] = m.Equal(at("balance")(t), net[t], x.supply(s, t))
		}
		x.balance = append(x.balance, balance)
		x.delivered = append(x.delivered, net)
		x.exchange(s)
		x.drawFromGrid(s)

		purchase := func(t int) milp.Expr { return net[t].Times(-dt) }
		shortage := func(t int) milp.Expr { return x.position[t].Minus(net[t]).Times(dt) }
		carbon := func(t int) milp.Expr { return x.carbon(s, t) }
		certificates := func(t int) milp.Expr { return x.certificates(s, t) }

		var bad []error
		pay := func(market market.Market, buying, selling string, perStep func(t int) milp.Expr) milp.Expr {
			cost, err := trade(m, market, at, buying, selling, perStep)
			if err != nil {
				bad = append(bad, fmt.Errorf("plant %q: %w", plant, err))
			}
			return cost
		}
		economic := pay(c.Markets.Electricity, "bought", "sold", purchase).Times(-1).Minus(charges[s]).
			Minus(x.moved.cost(c.Markets.Electricity, s, purchase))
		imbalance := pay(c.Markets.imbalance(), "short", "long", shortage)
		environment := pay(c.Markets.Carbon, "allowances_bought", "allowances_sold", carbon).
			Plus(pay(c.Markets.Certificate, "certificates_bought", "certificates_sold", certificates)).
			Plus(x.moved.cost(c.Markets.Carbon, s, carbon), x.moved.cost(c.Markets.Certificate, s, certificates)).
			Times(-1)

		if bad != nil {
			return milp.Expr{}, errors.Join(bad...)
		}

		loss[s] = imbalance
		if c.Modelling.RiskOf == TotalLoss {
			loss[s] = imbalance.Minus(economic).Minus(environment)
		}
		if c.Modelling.ImbalanceAccounting == InEconomicToo {
			economic = economic.Minus(imbalance)
		}
		probability := c.Set.Probability(s)
		objective.Add(economic.Times(c.Weights.Economic*probability), environment.Times(c.Weights.Environment*probability))
	}
	if k := c.Weights.Risk * x.VPP.RiskAversion; k != 0 {
		x.ofRisk[0] = m.Vars()
		risk, err := c.risk().Add(m, plant, loss, c.Set.Probabilities())
		x.ofRisk[1] = m.Vars()
		if err != nil {
			return milp.Expr{}, fmt.Errorf("plant %q: %w", plant, err)
		}
		objective.Add(risk.Times(-k))
	}
	return objective, nil
}

// ties decides between commitments of equal value, by name. The preference of all integers together is
// some 1e-6 of the largest price; between the members' continuous decisions [milp.Canonical] decides.
var ties = milp.Ties{Scale: 1e-7, IntegersOnly: true}

// charges returns what the members cost the coalition in each scenario.
func (x *Program) charges() []milp.Expr {
	out := make([]milp.Expr, x.Setting.Set.Len())
	energy := x.context // penalties are not the plant's income: see [TariffPayments]
	energy.Tariff.Shortage, energy.Tariff.Surplus = nil, nil
	for i, unit := range x.Members {
		if x.Setting.Modelling.DispatchObjective == TariffPayments {
			for s, payment := range energy.PaymentTerms(x.Model, unit.Name(), x.terms[i]) {
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

// supply returns what the members feed in less the demand the plant serves, MW.
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

// port adds up one of the members' ports at step t of scenario s.
func (x *Program) port(s, t int, of func(*der.Terms) []milp.Expr) milp.Expr {
	var sum milp.Expr
	for i := range x.Members {
		if p := of(&x.terms[i][s]); p != nil {
			sum.Add(p[t])
		}
	}
	return sum
}

// carbon returns emissions, those of grid purchases included, less allowances, the plant's lump sum
// included, t CO2.
func (x *Program) carbon(s, t int) milp.Expr {
	net := x.port(s, t, func(u *der.Terms) []milp.Expr { return u.Emission }).
		Minus(x.port(s, t, func(u *der.Terms) []milp.Expr { return u.Allowance })).
		Minus(milp.Const(x.VPP.allowance(t)))
	if x.drawn != nil {
		net = net.Plus(x.drawn[s][t].Times(x.Setting.Markets.gridEmission(t)))
	}
	return net
}

// limit returns a limit of the connection, MW.
func limit(mw optional.Float) float64 { return mw.Or(math.Inf(1)) }
