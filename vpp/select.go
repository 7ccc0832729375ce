package vpp

import (
	"context"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// Select lets the plant choose its members: the program in which every unit's membership is a binary of
// its own is solved, and the plan has as members those that the plant takes. Its objective equals the
// best of all coalitions; with many units it costs one larger program instead of 2^N small ones.
//
// What the plant maximises is the objective of its setting. By the members' own costs a unit that can
// idle for nothing is never in the way, and whether it is then taken is decided by the tie rule alone;
// units that must run, must be paid ([TariffPayments]) or bring deviations are left out where they cost
// more than they bring.
func Select(ctx context.Context, solver milp.Solver, p VPP, candidates []der.DER, c Setting) (*Plan, error) {
	if err := validate(p, candidates, c); err != nil {
		return nil, err
	}
	safe := floor(p, c)
	member := func(m *milp.Model, unit der.DER) milp.Expr { return m.Bin(milp.At(unit.Name(), "member")).Expr() }
	x, err := compose(p, candidates, c, member, func(der.DER) []float64 { return safe })
	if err != nil {
		return nil, err
	}
	return x.Solve(ctx, solver)
}

// Best returns the coalition with the highest objective among the given ones, the smaller one and then
// the one with the lower number where several are equal up to the tolerance that their solvers left open.
func Best(of Outcomes, among []Coalition) Coalition {
	best := among[0]
	for _, s := range among[1:] {
		a, b := of(s), of(best)
		margin := a.Value.Objective - b.Value.Objective
		tie := a.AbsoluteGap + b.AbsoluteGap + 1e-6*max(1, abs(b.Value.Objective))
		if margin > tie || margin >= -tie && (s.Size() < best.Size() || s.Size() == best.Size() && s < best) {
			best = s
		}
	}
	return best
}

func abs(x float64) float64 { return max(x, -x) }
