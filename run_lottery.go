package trigrid

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/milp"
)

// lottery returns the coarse correlated equilibrium of the highest welfare over the known feasible
// profiles. With the probability q(a) of profile a, the linear program is
//
//	max Σ_a q(a) W(a)    subject to    Σ_a q(a) = 1,   q ≥ 0
//	Σ_a q(a) ( u_i(v, a_-i) − u_i(a) − tolerance ) ≤ ε        for every DER i and choice v
//
// The sum is the expected gain of DER i if it ignores the lottery and always chooses v; its terms
// with a_i = v are 0. A DER whose move to v is not available is outside. ε is the smallest value
// for which a solution exists, from a first program: 0 if all profiles of the game are feasible.
//
// Source: Moulin, Vial (1978), International Journal of Game Theory 7, 201.
func lottery(ctx context.Context, g coalitionGame, p *played, solver milp.Solver) (*allocation, error) {
	x := &lotteryProgram{game: g, solver: solver, first: firstColumns}
	return x.run(ctx, p)
}

// run finds the smallest regret and then the highest welfare with it.
func (x *lotteryProgram) run(ctx context.Context, p *played) (*allocation, error) {
	if err := x.collect(ctx, p); err != nil {
		return nil, err
	}
	regret, err := x.solve(ctx, math.NaN())
	if err != nil {
		return nil, err
	}
	// The solver's feasibility tolerance of 1e-7 applies to gains in units of the largest one.
	epsilon := max(0, regret)
	if epsilon <= 1e-6*x.largest {
		epsilon = 0
	}
	if _, err := x.solve(ctx, epsilon+1e-9*x.largest); err != nil {
		return nil, err
	}
	out := &allocation{reason: Lottery, draws: x.draws(), regret: epsilon}
	const before = "no strict equilibrium is known and no known profile is stable with transfers; "
	out.why = fmt.Sprintf(before+"with this lottery over %d profiles no DER gains, in expectation, by keeping to one choice", len(out.draws))
	if epsilon > 0 {
		out.why = fmt.Sprintf(before+"of the lotteries over known profiles, this one has the smallest expected gain of a DER by leaving, %.2f", epsilon)
	}
	return out, nil
}

// lotteryProgram is the linear program of a lottery. It starts with a part of the profiles and adds
// those of positive reduced cost until none is left.
type lotteryProgram struct {
	game     coalitionGame
	solver   milp.Solver
	first    int     // profiles at the start, at least 1
	profiles [][]int // all known feasible profiles, the highest welfare first
	welfare  []float64
	active   []int // indices of the profiles in the program
	in       []bool
	q        []float64 // probability per active profile
	largest  float64   // absolute payoff or gain, at least 1: the scale of the gains
}

// Sizes of the program: the profiles at the start, and those added per round.
const (
	firstColumns = 2048
	moreColumns  = 256
)

// collect lists the known feasible profiles.
func (x *lotteryProgram) collect(ctx context.Context, p *played) error {
	x.largest = 1
	for profile := range p.known {
		welfare, _, err := x.game.welfare(ctx, profile)
		if err != nil {
			return err
		}
		x.profiles = append(x.profiles, profile)
		x.welfare = append(x.welfare, welfare)
	}
	x.in = make([]bool, len(x.profiles))
	for k := range min(x.first, len(x.profiles)) {
		x.active = append(x.active, k)
		x.in[k] = true
	}
	return nil
}

// gains returns the gain beyond the tolerance of each DER by each constant choice at profile k, in
// the order of DERs and choices.
func (x *lotteryProgram) gains(ctx context.Context, k int) ([]float64, error) {
	g, profile := x.game, slices.Clone(x.profiles[k])
	out := make([]float64, 0, len(profile)*g.Strategies(0))
	for i, v := range profile {
		here, tolerance, _, err := g.move(ctx, i, profile)
		if err != nil {
			return nil, err
		}
		for u := range g.Strategies(i) {
			if u == v {
				out = append(out, 0)
				continue
			}
			profile[i] = u
			there, loose, available, err := g.move(ctx, i, profile)
			if err != nil {
				return nil, err
			}
			if !available {
				profile[i] = g.Strategies(i) - 1 // outside
				if there, loose, _, err = g.move(ctx, i, profile); err != nil {
					return nil, err
				}
			}
			x.largest = max(x.largest, math.Abs(there), math.Abs(here))
			out = append(out, there-here-tolerance-loose)
		}
		profile[i] = v
	}
	return out, nil
}

// solve solves the program with the regret epsilon, or for the smallest regret if epsilon is NaN,
// which it returns. It keeps the probabilities. Gains are in units of the largest one: HiGHS 1.15.1
// gives up on a lottery with gains between 1e-6 and 5e4 in one currency.
func (x *lotteryProgram) solve(ctx context.Context, epsilon float64) (regret float64, err error) {
	smallest := math.IsNaN(epsilon)
	for {
		gains := make([][]float64, len(x.active))
		for c, k := range x.active {
			if gains[c], err = x.gains(ctx, k); err != nil {
				return 0, err
			}
		}
		m, unit := milp.New(), x.largest
		var (
			q     = make([]milp.Var, len(x.active))
			total milp.Expr
			aim   milp.Expr
			sums  = make([]milp.Expr, x.game.Players()*x.game.Strategies(0))
			limit = milp.Const(epsilon / unit)
		)
		if smallest {
			e := m.Var(milp.Named("regret"), 0, milp.Inf)
			limit, aim = e.Expr(), e.Times(-1)
		}
		for c, k := range x.active {
			q[c] = m.Var(milp.At("profile", "probability", k), 0, 1)
			total.Add(q[c].Expr())
			if !smallest {
				aim.Add(q[c].Times(x.welfare[k]))
			}
			for r, gain := range gains[c] {
				if gain != 0 {
					sums[r].Add(q[c].Times(gain / unit))
				}
			}
		}
		one := m.Equal(milp.Named("total"), total, milp.Const(1))
		var rows []milp.Row
		for r := range sums {
			rows = append(rows, m.AtMost(milp.At("gain", "limit", r), sums[r], limit))
		}
		m.Maximize(aim)
		solution, err := x.solver.Solve(ctx, m)
		if err != nil {
			return 0, fmt.Errorf("recommendation: lottery: %w", err)
		}
		if err := solution.Err(); err != nil {
			return 0, fmt.Errorf("recommendation: lottery: %w", err)
		}
		if more, err := x.price(ctx, smallest, solution, one, rows, unit); err != nil {
			return 0, err
		} else if more {
			continue
		}
		// Several lotteries can be optimal; the choice among them must not depend on the solver.
		if !smallest {
			chosen, err := milp.Canonical(ctx, x.solver, m, solution)
			switch {
			case err == nil:
				solution = chosen
			case ctx.Err() != nil:
				return 0, context.Cause(ctx)
			case errors.Is(err, milp.ErrInfeasible): // by rounding; the optimum found stays
			default:
				return 0, fmt.Errorf("recommendation: lottery: %w", err)
			}
		}
		x.q = make([]float64, len(q))
		for c := range q {
			x.q[c] = solution.Value(q[c])
		}
		return -solution.Objective * unit, nil
	}
}

// price adds the profiles of the largest positive reduced cost
//
//	W(a) − y_total − Σ_r y_r gain_r(a) / unit
//
// and reports whether there were any. For the smallest regret W is 0 and the reduced cost is in the
// unit of the gains.
func (x *lotteryProgram) price(ctx context.Context, smallest bool, solution *milp.Solution, one milp.Row, rows []milp.Row, unit float64) (bool, error) {
	if len(x.active) == len(x.profiles) {
		return false, nil
	}
	type candidate struct {
		k    int
		cost float64
	}
	var found []candidate
	for k := range x.profiles {
		if x.in[k] {
			continue
		}
		gains, err := x.gains(ctx, k)
		if err != nil {
			return false, err
		}
		cost := -solution.Dual(one)
		if !smallest {
			cost += x.welfare[k]
		}
		for r, gain := range gains {
			cost -= solution.Dual(rows[r]) * gain / unit
		}
		if smallest {
			cost *= unit
		}
		if cost > 1e-7*x.largest {
			found = append(found, candidate{k, cost})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int { return cmp.Or(cmp.Compare(b.cost, a.cost), cmp.Compare(a.k, b.k)) })
	for _, c := range found[:min(moreColumns, len(found))] {
		x.active = append(x.active, c.k)
		x.in[c.k] = true
	}
	return len(found) > 0, nil
}

// draws returns the profiles with a probability above 1e-7, the solver's tolerance, the most
// probable first, with probabilities that sum to one.
func (x *lotteryProgram) draws() []draw {
	var out []draw
	sum := 0.0
	for c, k := range x.active {
		if x.q[c] > 1e-7 {
			out = append(out, draw{x.profiles[k], x.q[c]})
			sum += x.q[c]
		}
	}
	for k := range out {
		out[k].probability /= sum
	}
	slices.SortFunc(out, func(a, b draw) int {
		return cmp.Or(cmp.Compare(b.probability, a.probability), slices.Compare(a.profile, b.profile))
	})
	return out
}
