package unitcommitment

import (
	"fmt"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// System is a set of units that meet a demand together. In each scenario and
// step
//
//	Σ_i net_i + unserved − surplus = demand                           MW
//	Σ_i reserve_i + shortfall ≥ requirement                           MW
//	Σ_i Σ_t emission_i ≤ E                                            t CO2
//	cost = Σ_i cost_i + λ Σ_t (unserved + surplus) Δ + ρ Σ_t shortfall Δ
//
// and the program minimises the expected cost. Without a price λ or ρ the slack
// of the row is left out, so that the row is a hard constraint. A price of 0
// makes the slack free. Further reserve requirements are [Product]s.
//
// For example, units of 60 and 40 MW and a demand of 110 MW are infeasible
// without λ. With λ = 1000 per MWh an hour has 10 MWh unserved and costs 10 000
// more.
//
// Source: Carrión, Arroyo, IEEE Trans. Power Syst. 21 (2006) 1371, as in
// Knueven, Ostrowski, Watson, INFORMS J. Comput. 32 (2020) 857; the prices of
// slack are Egret's.
type System struct {
	Set   *scenario.Set
	Units []der.DER

	Demand         string         // series of the demand, MW
	Reserve        string         // series of the required upward reserve, MW; empty: none
	MismatchPrice  optional.Float // λ, currency per MWh. Absent: no slack
	ShortfallPrice optional.Float // ρ, currency per MWh. Absent: no slack
	Products       []Product      // reserve products, each held by some of the units

	EmissionLimit optional.Float // E, t CO2 over the horizon in each scenario. Absent: none

	// Notes state the parts of a file that change nothing in the system, such
	// as limits of lines, and repairs by the rules of a format. [Read] sets
	// them, one sentence each.
	Notes []string
}

// Product is a requirement of upward reserve that only some units can meet. A
// unit divides its reserve among the products that list it:
//
//	Σ_k held_ik ≤ reserve_i,   Σ_i held_ik + shortfall_k ≥ requirement_k        MW
//
// For example, Product{Name: "fast", Requirement: "fast", Units:
// []string{"gt"}} must be met by the unit "gt" alone. Reserve that "gt" holds
// for it does not count for a second product.
//
// A product is apart from [System.Reserve]; a system that has both holds the
// reserve of a unit for both at once.
type Product struct {
	Name           string
	Requirement    string         // series, MW
	Units          []string       // names of units
	ShortfallPrice optional.Float // currency per MWh. Absent: no shortfall
}

// own is the prefix of the names of the system's columns and rows, such as
// "system.balance(0,17)". No unit may have this name.
const own = "system"

// Validate reports all violations of the system and of its units: unknown
// series, negative prices, equal names, and the violations of each unit's
// Validate.
func (s *System) Validate() error {
	bad := faults.List{Prefix: "unitcommitment: "}
	// Every further check reads the set.
	if !bad.Require(s.Set != nil, "Set is nil, want the scenarios with the demand") {
		return bad.Err()
	}
	for _, series := range []struct{ field, name string }{{"Demand", s.Demand}, {"Reserve", s.Reserve}} {
		if series.name == "" && series.field == "Reserve" {
			continue
		}
		bad.Require(s.Set.Has(series.name),
			"%s names series %q, which the scenario set does not have; it has %q", series.field, series.name, s.Set.Names())
	}
	bad.AtLeast("MismatchPrice", s.MismatchPrice.Or(0), 0, "currency per MWh")
	bad.AtLeast("ShortfallPrice", s.ShortfallPrice.Or(0), 0, "currency per MWh")
	bad.AtLeast("EmissionLimit", s.EmissionLimit.Or(0), 0, "t CO2")
	seen := map[string]bool{}
	for i, u := range s.Units {
		if u == nil {
			bad.Addf("Units[%d] is nil", i)
			continue
		}
		switch {
		case u.Name() == own:
			bad.Addf("a unit is called %q, want another name: rows of the system have this name", own)
		case seen[u.Name()]:
			bad.Addf("two units are called %q, want different names", u.Name())
		}
		seen[u.Name()] = true
		if v, ok := u.(der.Validator); ok {
			bad.Add(v.Validate(s.Set))
		}
	}
	s.validateProducts(&bad, seen)
	return bad.Err()
}

// validateProducts reports violations of the products, given the names of all
// units.
func (s *System) validateProducts(bad *faults.List, units map[string]bool) {
	names := map[string]bool{}
	for i, p := range s.Products {
		field := fmt.Sprintf("Products[%d]", i)
		bad.Require(p.Name != "" && !names[p.Name], "%s.Name is %q, want a name that no other product has", field, p.Name)
		names[p.Name] = true
		bad.Require(s.Set.Has(p.Requirement),
			"%s.Requirement names series %q, which the scenario set does not have; it has %q", field, p.Requirement, s.Set.Names())
		for _, u := range p.Units {
			bad.Require(units[u], "%s.Units names %q, which is no unit of the system", field, u)
		}
		bad.AtLeast(field+".ShortfallPrice", p.ShortfallPrice.Or(0), 0, "currency per MWh")
	}
}

// Program is the mixed-integer linear program of a system, with the expressions
// for reading a solution.
type Program struct {
	Model *milp.Model
	Terms [][]der.Terms // per unit of the system and scenario
	Cost  []milp.Expr   // per scenario, currency; the model minimises its expectation

	// Balance has a row per scenario and step, and Requirement too; nil without
	// reserve.
	Balance, Requirement          [][]milp.Row
	Unserved, Surplus, Shortfalls [][]milp.Expr // per scenario and step, MW; nil without a price

	Held [][][]milp.Row // of the products, per product, scenario and step

	system *System
	rounds int // tangents added by Refine
}

// Formulate returns the program that minimises the expected cost. For another
// objective, such as one with a risk measure, set it on the model from
// [Program.Cost] before solving:
//
//	program.Model.Minimize(milp.Sum(program.Expected(), tail.CVaR.Times(aversion)))
func (s *System) Formulate() (*Program, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	var (
		c = der.Context{Set: s.Set}
		p = &Program{Model: milp.New(), system: s, Cost: make([]milp.Expr, c.Scenarios())}
	)
	// Every unit takes part: on is the constant 1.
	for _, u := range s.Units {
		p.Terms = append(p.Terms, u.Model(p.Model, milp.Const(1), c))
	}
	// Rows that join the units follow after the rows of the units.
	for scene := range c.Scenarios() {
		p.meetDemand(c, scene)
		if s.Reserve != "" {
			p.holdReserve(c, scene)
		}
		if limit, given := s.EmissionLimit.Get(); given {
			p.limitEmission(scene, limit)
		}
		for i := range p.Terms {
			p.Cost[scene].Add(p.Terms[i][scene].Cost)
		}
	}
	p.holdProducts(c)
	p.Model.Minimize(p.Expected())
	if err := p.Model.Err(); err != nil {
		return nil, err
	}
	return p, nil
}

// Expected returns the expected cost over all scenarios, Σ_s π_s cost_s,
// currency.
func (p *Program) Expected() milp.Expr {
	var expected milp.Expr
	for scene, cost := range p.Cost {
		expected.Add(cost.Times(p.system.Set.Probability(scene)))
	}
	return expected
}

// meetDemand adds the row "balance(s,t)" of each step, with slack if it has a
// price. Both slacks have the same price, so that an optimum has at most one of
// them above 0.
func (p *Program) meetDemand(c der.Context, scene int) {
	var (
		demand       = p.system.Set.Path(p.system.Demand, scene)
		name         = c.Namer(own, scene)
		rows         = make([]milp.Row, c.Steps())
		price, slack = p.system.MismatchPrice.Get()
		cost         = price * c.Hours()
		under        = make([]milp.Expr, c.Steps())
		over         = make([]milp.Expr, c.Steps())
	)
	for t := range c.Steps() {
		var supply milp.Expr
		for i := range p.Terms {
			supply.Add(p.Terms[i][scene].Net(t))
		}
		if slack {
			under[t] = p.Model.Var(name("unserved", t), 0, milp.Inf).Expr()
			over[t] = p.Model.Var(name("surplus", t), 0, milp.Inf).Expr()
			supply.Add(under[t], over[t].Times(-1))
			p.Cost[scene].Add(under[t].Times(cost), over[t].Times(cost))
		}
		rows[t] = p.Model.Equal(name("balance", t), supply, milp.Const(demand[t]))
	}
	p.Balance = append(p.Balance, rows)
	if slack {
		p.Unserved = append(p.Unserved, under)
		p.Surplus = append(p.Surplus, over)
	}
}

// holdReserve adds the row "reserve(s,t)" of each step. Units without reserve
// add nothing.
func (p *Program) holdReserve(c der.Context, scene int) {
	var (
		required     = p.system.Set.Path(p.system.Reserve, scene)
		name         = c.Namer(own, scene)
		rows         = make([]milp.Row, c.Steps())
		short        = make([]milp.Expr, c.Steps())
		price, slack = p.system.ShortfallPrice.Get()
	)
	for t := range c.Steps() {
		var held milp.Expr
		for i := range p.Terms {
			if reserve := p.Terms[i][scene].Reserve; reserve != nil {
				held.Add(reserve[t])
			}
		}
		if slack {
			short[t] = p.Model.Var(name("shortfall", t), 0, milp.Inf).Expr()
			held.Add(short[t])
			p.Cost[scene].Add(short[t].Times(price * c.Hours()))
		}
		rows[t] = p.Model.AtLeast(name("reserve", t), held, milp.Const(required[t]))
	}
	p.Requirement = append(p.Requirement, rows)
	if slack {
		p.Shortfalls = append(p.Shortfalls, short)
	}
}
