package unitcommitment

import (
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// System is a set of units that together have to meet a demand. In each scenario and step
//
//	Σ_i net_i + unserved − surplus = demand                           MW
//	Σ_i reserve_i + shortfall ≥ requirement                           MW
//	cost = Σ_i cost_i + λ Σ_t (unserved + surplus) Δ + ρ Σ_t shortfall Δ
//
// and the expected cost is to be as low as possible. With a price of zero the slack is left out and the
// row is a must.
//
// Source: Carrión, Arroyo, IEEE Trans. Power Syst. 21 (2006) 1371, as in Knueven, Ostrowski, Watson,
// INFORMS J. Comput. 32 (2020) 857; the prices of slack are Egret's.
type System struct {
	Set   *scenario.Set
	Units []der.DER

	Demand         string         // name of the series in Set, MW
	Reserve        string         // name of the series of required upward reserve, MW; empty for none
	MismatchPrice  optional.Float // λ, currency per MWh. Absent: no slack
	ShortfallPrice optional.Float // ρ, currency per MWh. Absent: no slack
}

// own is what the names of the system's own columns and rows begin with.
const own = "system"

// Validate reports everything that is wrong with the system and its units.
func (s *System) Validate() error {
	bad := faults.List{Prefix: "unitcommitment: "}
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
	seen := map[string]bool{}
	for i, u := range s.Units {
		if u == nil {
			bad.Addf("Units[%d] is nil", i)
			continue
		}
		switch {
		case u.Name() == own:
			bad.Addf("a unit is called %q, want another name: it is that of the rows of the system itself", own)
		case seen[u.Name()]:
			bad.Addf("two units are called %q, want different names", u.Name())
		}
		seen[u.Name()] = true
		if v, ok := u.(der.Validator); ok {
			bad.Add(v.Validate(s.Set))
		}
	}
	return bad.Err()
}

// Program is a system stated as a mixed-integer linear program, and what is needed to read its solution.
type Program struct {
	Model *milp.Model
	Terms [][]der.Terms // per unit of the system and scenario
	Cost  []milp.Expr   // per scenario, currency; the model minimises its expectation

	Balance, Requirement          [][]milp.Row  // per scenario and step; Requirement is nil without reserve
	Unserved, Surplus, Shortfalls [][]milp.Expr // per scenario and step, MW; nil where a price is zero

	system *System
}

// Formulate states the system as a program that minimises expected cost. A caller who wants another
// objective, such as one with a risk measure, sets it on the model from [Program.Cost].
func (s *System) Formulate() (*Program, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	var (
		c = der.Context{Set: s.Set}
		p = &Program{Model: milp.New(), system: s, Cost: make([]milp.Expr, c.Scenarios())}
	)
	for _, u := range s.Units {
		p.Terms = append(p.Terms, u.Model(p.Model, milp.Const(1), c))
	}
	for scene := range c.Scenarios() {
		p.meetDemand(c, scene)
		if s.Reserve != "" {
			p.holdReserve(c, scene)
		}
		for i := range p.Terms {
			p.Cost[scene].Add(p.Terms[i][scene].Cost)
		}
	}
	p.Model.Minimize(p.Expected())
	if err := p.Model.Err(); err != nil {
		return nil, err
	}
	return p, nil
}

// Expected returns the expected cost over all scenarios, currency.
func (p *Program) Expected() milp.Expr {
	var expected milp.Expr
	for scene, cost := range p.Cost {
		expected.Add(cost.Times(p.system.Set.Probability(scene)))
	}
	return expected
}

// meetDemand adds the balance of each step.
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

// holdReserve adds the reserve requirement of each step.
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
