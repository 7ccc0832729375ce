package dertest

import (
	"context"
	"math/rand/v2"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// program is a program with one DER alone.
type program struct {
	m          *milp.Model
	terms      []der.Terms
	payment    []milp.Expr // per scenario
	cols, rows int         // columns [first, cols) and rows [0, rows) are those of the DER
	first      int         // 1 if column 0 is the membership binary
}

// membership returns the expression on, and adds its column if it is a binary.
type membership func(m *milp.Model) milp.Expr

// number is the membership on = k, a constant.
func number(k float64) membership { return func(*milp.Model) milp.Expr { return milp.Const(k) } }

// binary is a membership binary with bounds.
func binary(lo, hi float64) membership {
	return func(m *milp.Model) milp.Expr { return m.Int(milp.Named("member"), lo, hi).Expr() }
}

// build adds the DER to an empty program. A membership binary is column 0, so
// that the columns of the DER begin at first.
func (s *suite) build(c der.Context, on membership) *program {
	p := &program{m: milp.New()}
	member := on(p.m)
	p.first = p.m.Vars()
	p.terms = s.unit.Model(p.m, member, c)
	p.cols, p.rows = p.m.Vars(), p.m.Rows()
	return p
}

// pay adds the payment of the tariff. With charges for deviations it also adds
// the day-ahead schedule, if the DER has none of its own, and the deviations.
func (s *suite) pay(p *program, c der.Context) {
	p.payment = c.PaymentTerms(p.m, s.unit.Name(), p.terms)
}

// profit returns the expected payment minus costScale times the expected own
// cost.
func (p *program) profit(c der.Context, costScale float64) milp.Expr {
	var out milp.Expr
	for i := range p.terms {
		weight := c.Set.Probability(i)
		out.Add(p.payment[i].Times(weight), p.terms[i].Cost.Times(-weight*costScale))
	}
	return out
}

// optimum maximises the objective. If there is no optimum it reports the status
// and returns nil. An unbounded program usually has a port without a limit, an
// infeasible one a limit or a constant without the factor on.
func (s *suite) optimum(p *program, what string, objective milp.Expr) *milp.Solution {
	s.t.Helper()
	p.m.Maximize(objective)
	solution, err := s.solver.Solve(context.Background(), p.m)
	if err != nil {
		s.errorf("%s: %v", what, err)
		return nil
	}
	switch solution.Status {
	case milp.Optimal:
		return solution
	case milp.Unbounded, milp.Undecided:
		s.errorf("%s: the program is %v; every port needs a limit and every schedule in the limits a solution",
			what, solution.Status)
	default:
		s.errorf("%s: the program is %v (%s)", what, solution.Status, solution.Stopped)
	}
	return nil
}

// port is one of the slices of [der.Terms].
type port struct {
	name  string
	exprs []milp.Expr
}

// ports returns all ports of one scenario, with the names of their fields for
// messages. Traces and Cost are checked apart.
func ports(x *der.Terms) []port {
	return []port{
		{"Injected", x.Injected},
		{"Withdrawn", x.Withdrawn},
		{"Reduced", x.Reduced},
		{"Heat", x.Heat},
		{"Gas", x.Gas},
		{"Reserve", x.Reserve},
		{"Emission", x.Emission},
		{"Allowance", x.Allowance},
		{"CO2", x.CO2},
		{"Renewable", x.Renewable},
		{"Available", x.Available},
		{"Conventional", x.Conventional},
		{"DayAhead", x.DayAhead},
	}
}

// everything returns a random mixture Σ_j z_j x_j of all Terms x_j, Cost
// included, with standard normal weights z_j.
func (p *program) everything(random *rand.Rand) milp.Expr {
	var out milp.Expr
	for i := range p.terms {
		for _, x := range ports(&p.terms[i]) {
			for _, e := range x.exprs {
				out.Add(e.Times(random.NormFloat64()))
			}
		}
		out.Add(p.terms[i].Cost.Times(random.NormFloat64()))
	}
	return out
}
