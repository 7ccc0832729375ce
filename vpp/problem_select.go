package vpp

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// Select solves the program in which the membership of each DER is a binary,
// and returns a plan with the selected members. Its objective equals the
// maximum over all coalitions. For N candidates it replaces 2^N small programs
// by one larger program.
//
// With [OwnCosts] a DER that can stay idle at no cost never reduces the
// objective; the tie rule decides its membership. A DER is left out if it
// reduces the objective: because it must run, because it is paid
// ([TariffPayments]), or because of its deviations.
func (p Problem) Select(ctx context.Context, solver milp.Solver) (*Plan, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	values := p.minMarginalValues()
	binary := func(m *milp.Model, d der.DER) milp.Expr { return m.Bin(milp.At(d.Name(), "member")).Expr() }
	x, err := p.compose(binary, func(der.DER) []float64 { return values })
	if err != nil {
		return nil, err
	}
	solution, err := x.stored(ctx, solver)
	if err != nil {
		return nil, failed(p.VPP.Name, len(p.Members), p.noSelection(ctx, solver, x, err))
	}
	return x.plan(solution)
}

// noSelection returns the error of a selection with its reason. Memberships
// multiply the time of a diagnosis with integers, so that only the relaxation
// is diagnosed. If that has a solution, the reason is that of the VPP without
// members, which cannot run either.
func (p Problem) noSelection(ctx context.Context, solver milp.Solver, x *Program, err error) error {
	explained := x.explained(ctx, solver, x.Model.Relaxed(), err)
	if explained != err || !errors.Is(err, milp.ErrInfeasible) {
		return explained
	}
	p.Members = nil
	_, alone := p.Solve(ctx, solver)
	if !errors.Is(alone, milp.ErrInfeasible) || errors.Is(alone, milp.ErrUnbounded) {
		return err
	}
	return fmt.Errorf("no choice of members has a schedule; without members: %w", alone)
}

// Best returns the coalition with the highest objective among the given ones.
// Coalitions are tied if their objectives differ by at most their absolute gaps
// plus 1e-6, relative. Of tied coalitions it returns the smallest, then the one
// with the lowest number.
func Best(of Outcomes, among []Coalition) Coalition {
	best := among[0]
	for _, s := range among[1:] {
		a, b := of(s), of(best)
		margin := a.Value.Objective - b.Value.Objective
		tie := a.AbsoluteGap + b.AbsoluteGap + 1e-6*max(1, math.Abs(b.Value.Objective))
		if margin > tie || margin >= -tie && (s.Size() < best.Size() || s.Size() == best.Size() && s < best) {
			best = s
		}
	}
	return best
}
