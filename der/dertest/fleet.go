package dertest

import (
	"math/rand/v2"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// fleetOf is the number of equal DERs in the check of fleets.
const fleetOf = 3

// fleet requires that a fleet of three equals three DERs, or that the kind
// reports that it does not. With T the optimum of three DERs, each built by a
// call of its own:
//
//	ScaleExact    Model with on = 3, a number or a variable, has the optimum T
//	ScaleOuter    Model with on = 3 has at least T
//	any scale     a [der.Fleet] of three has a schedule, and at most T
//
// Prices alone would not show a difference, because three DERs then follow one
// schedule. Each deviation of their sum from a target is charged, so that they
// divide the output. best is the optimum of one DER.
func (s *suite) fleet(c der.Context, best *milp.Solution) {
	s.t.Helper()
	target := s.target(c, best)
	three, slack, ok := s.together(c, "three equal DERs", target, number(1), number(1), number(1))
	if !ok {
		return
	}
	equal := func(x, gap float64) bool { return s.equal(x/fleetOf, three/fleetOf, gap+slack) }
	scale := der.ScaleOf(s.unit, c)
	if scale != der.ScaleNone {
		for _, x := range []struct {
			what string
			on   membership
		}{
			{"on the number 3", number(fleetOf)},
			{"on a variable at 3", func(m *milp.Model) milp.Expr {
				n := m.Var(milp.Named("count"), 0, fleetOf).Expr()
				m.AtLeast(milp.Named("count"), n, milp.Const(fleetOf))
				return n
			}},
		} {
			got, gap, ok := s.together(c, x.what, target, x.on)
			switch {
			case !ok || equal(got, gap) || scale == der.ScaleOuter && got > three:
			default:
				s.errorf("with %s the optimum is %g, want that of three DERs, %g; multiply the bounds of columns by the largest "+
					"value of on, let integers count, or implement der.Scaler and return der.ScaleNone", x.what, got, three)
			}
		}
	}
	group := *s
	group.unit, group.config.Constraints = &der.Fleet{Unit: s.unit, Count: fleetOf}, nil
	if got, gap, ok := group.together(c, "a fleet of three", target, number(1)); ok && got > three && !equal(got, gap) {
		s.errorf("a fleet of three has the optimum %g, want at most that of three DERs, %g", got, three)
	}
	group.money(c) // its benefit is its money
}

// target returns a path of net power per scenario, MW: random parts of three
// times the optimum, and all of it in a third of the steps, where limits of one
// DER show.
func (s *suite) target(c der.Context, best *milp.Solution) [][]float64 {
	p := s.build(c, number(1))
	random := rand.New(rand.NewPCG(5, 6))
	out := make([][]float64, len(p.terms))
	for i := range out {
		for t := range c.Steps() {
			out[i] = append(out[i], fleetOf*p.terms[i].Net(t).Value(best.Values)*min(1, 1.5*random.Float64()))
		}
	}
	return out
}

// together builds one DER per membership in one program and maximises their
// profit minus a charge per MWh by which their sum deviates from the target. It
// returns the optimum and its relative gap.
func (s *suite) together(c der.Context, what string, target [][]float64, each ...membership) (value, gap float64, ok bool) {
	s.t.Helper()
	const charge = 100 // per MWh, of the size of the prices
	var (
		p         = &program{m: milp.New()}
		net       = make([][]milp.Expr, c.Scenarios())
		objective milp.Expr
	)
	for i := range net {
		net[i] = make([]milp.Expr, c.Steps())
	}
	for _, on := range each {
		p.terms = s.unit.Model(p.m, on(p.m), c)
		s.pay(p, c)
		objective.Add(p.profit(c, 1))
		for i := range net {
			for t := range net[i] {
				net[i][t].Add(p.terms[i].Net(t))
			}
		}
	}
	for i := range net {
		for t := range net[i] {
			over := p.m.Var(milp.At("", "over", i, t), 0, milp.Inf)
			under := p.m.Var(milp.At("", "under", i, t), 0, milp.Inf)
			p.m.Equal(milp.At("", "target", i, t), net[i][t], milp.Sum(milp.Const(target[i][t]), over.Expr(), under.Times(-1)))
			weight := -charge * c.Set.Probability(i) * c.HoursAt(t)
			objective.Add(over.Times(weight), under.Times(weight))
		}
	}
	solution := s.optimum(p, what, objective)
	if solution == nil {
		return 0, 0, false
	}
	return solution.Objective, solution.Gap, true
}

// Fleet checks that a fleet of three equals three DERs on the given context, or
// that the kind reports that it does not, and returns its scale. [Run] has this
// check for its own contexts; Fleet is for instances of a test.
func Fleet(t TB, solver milp.Solver, unit der.DER, c der.Context) der.Scale {
	t.Helper()
	s := &suite{
		t: t, solver: solver, unit: unit, config: Config{Set: c.Set}.withDefaults(), trial: "the given context",
		reported: map[string]bool{},
	}
	if best, ok := s.money(c); ok {
		s.fleet(c, best)
	}
	return der.ScaleOf(unit, c)
}
