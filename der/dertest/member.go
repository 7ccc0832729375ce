package dertest

import (
	"math"
	"math/rand/v2"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// member checks the membership expression on. With V the optimum of on = 1:
//
//	on a binary fixed to 1      optimum V
//	on a free binary            optimum max(V, 0)
//	on = 0, number or binary    all Terms are zero at any prices
//
// A VPP that selects its members relies on all three.
func (s *suite) member(c der.Context, best *milp.Solution) {
	s.t.Helper()
	for _, x := range []struct {
		what string
		on   membership
		want float64
	}{
		{"with the binary on fixed to 1", binary(1, 1), best.Objective},
		{"with the binary on left free", binary(0, 1), math.Max(best.Objective, 0)},
	} {
		p := s.build(c, x.on)
		s.pay(p, c)
		solution := s.optimum(p, x.what, p.profit(c, 1))
		if solution != nil && !s.equal(solution.Objective, x.want, best.Gap+solution.Gap) {
			s.errorf("%s the optimum is %g, want %g; multiply every limit and every constant by on",
				x.what, solution.Objective, x.want)
		}
	}
	s.absent("with on the number 0", c, number(0))
	s.absent("with the binary on fixed to 0", c, binary(0, 0))
}

// absent requires that all Terms are zero. It maximises and minimises a random
// mixture of them: if any term could differ from zero, so could the mixture,
// with probability 1.
func (s *suite) absent(what string, c der.Context, on membership) {
	s.t.Helper()
	for _, sign := range []float64{1, -1} {
		random := rand.New(rand.NewPCG(3, 4)) // the same mixture for both signs
		// Without prices only the mixture is in the objective.
		p := s.build(c, on)
		solution := s.optimum(p, what, p.everything(random).Times(sign))
		if solution == nil {
			return
		}
		for i := range p.terms {
			for _, x := range ports(&p.terms[i]) {
				for t, e := range x.exprs {
					if v := e.Value(solution.Values); math.Abs(v) > feasibility {
						s.errorf("%s Terms[%d].%s[%d] can be %g, want 0", what, i, x.name, t, v)
						return
					}
				}
			}
			if v := p.terms[i].CostAt(solution.Values); math.Abs(v) > s.config.Tolerance {
				s.errorf("%s Terms[%d].Cost can be %g, want 0", what, i, v)
				return
			}
		}
	}
}
