package trigrid

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// Recommendation is the allocation that a run recommends and settles. It
// follows from the first of these rules that applies:
//
//  1. [DynamicEnd]: the end of the dynamic from its start, if it is a proven
//     strict equilibrium.
//  2. [BestEquilibrium]: the strict equilibrium of the highest welfare among
//     those known.
//  3. [WithTransfers]: the profile of the highest welfare among those that
//     transfers between the members of each VPP make stable. The transfers sum
//     to zero in each VPP, which keeps its own part of the gain. They have the
//     smallest sum of absolute values such that no DER gains more than its
//     tolerance by leaving; often none are needed.
//  4. [Lottery]: if no such transfers exist for any known profile, a coarse
//     correlated equilibrium of the highest welfare: probabilities of profiles
//     with which no DER gains more than its tolerance, in expectation, by
//     keeping to one choice. The expected payments are settled.
//
// If no feasible profile is known the reason is [NothingFeasible], and nothing
// is settled; it is [NothingSolved] if the run ended before any program had a
// plan. If the time ended within the rules, the reason is [BestKnown]: the
// known profile of the highest welfare, which DERs may leave.
//
// For example, DER 1 gains 2 by leaving the VPP that it shares with DER 0, and
// DER 0 would lose 3 if it left. The profile becomes stable by a transfer of 2
// from DER 0 to DER 1.
type Recommendation struct {
	// Profile is the recommended profile, of a lottery the most probable one.
	// It is empty if no feasible profile is known.
	Profile     Profile `json:"profile"`
	Reason      Reason  `json:"reason"`
	Explanation string  `json:"explanation"` // one sentence with names and numbers
	Welfare     float64 `json:"welfare"`     // as in [GameResult], expected for a lottery

	// Proven states that Profile and the rule hold for all values within the
	// gaps of the programs. It is true for a proven strict equilibrium if there
	// is no other equilibrium. Otherwise every program must be solved to the
	// gap of the solver, and no other candidate may have the same welfare up to
	// the gaps. A lottery is never proven, because each payoff changes it.
	Proven bool `json:"proven"`

	// Highest states that no profile has a higher welfare, for all values
	// within the gaps of the programs. It is false if profiles are unknown.
	Highest bool `json:"highest"`

	// Bound is an upper bound of the welfare of every profile, seen or not. It
	// is 0 without a feasible profile, and the largest number of type float64
	// if no bound is known.
	Bound float64 `json:"bound"`

	// Indifferent lists the DERs that have the same payoff at several choices
	// in the recommended equilibrium.
	Indifferent []string `json:"indifferent"`

	// Transfers are payments to members from other members of their VPP,
	// currency; negative: paid. DERs without an entry have none.
	Transfers map[string]float64 `json:"transfers"`

	// Distribution has the profiles of a lottery, the most probable first;
	// otherwise it is empty.
	Distribution []Draw `json:"distribution"`

	// Regret is the largest expected gain of a DER by leaving a lottery, beyond
	// its tolerance. It is above 0 only if every lottery over the known
	// feasible profiles has some, and is then the smallest possible one.
	Regret float64 `json:"regret"`

	// Payoffs has the payoff of each DER with its transfer, expected for a
	// lottery, currency.
	Payoffs map[string]float64 `json:"payoffs"`
}

// Draw is one profile of a lottery.
type Draw struct {
	Profile     Profile `json:"profile"`
	Probability float64 `json:"probability"`
	Welfare     float64 `json:"welfare"`
}

// Reason is the rule of a [Recommendation].
type Reason string

// The reasons of a recommendation, in the order of the rules.
const (
	DynamicEnd      Reason = "dynamic_end"
	BestEquilibrium Reason = "best_equilibrium"
	WithTransfers   Reason = "transfers"
	Lottery         Reason = "lottery"
	BestKnown       Reason = "best_known"
	NothingFeasible Reason = "nothing_feasible"
	NothingSolved   Reason = "nothing_solved"
)

// allocation is a recommendation with indices instead of names.
type allocation struct {
	cut         bool // the time ended the search for a stable allocation
	reason      Reason
	why         string
	draws       []draw // the most probable first; one for a profile, none without a feasible one
	indifferent []int
	transfers   []float64 // by DER; nil: none
	regret      float64
}

// draw is one profile of a lottery, or the one of a sure recommendation.
type draw struct {
	profile     []int
	probability float64
}

// shown returns the recommended profile, of a lottery the most probable one, or
// nil without a feasible profile.
func (a *allocation) shown() []int {
	if len(a.draws) == 0 {
		return nil
	}
	return a.draws[0].profile
}

// known returns the game with all its profiles if a search has planned all
// coalitions, and otherwise the outcome p itself. A search and an enumeration
// then recommend the same.
func (g *choice) known(ctx context.Context, p *played, o Options) (*played, error) {
	n := g.Players()
	if p.exhaustive || n > MaxEnumerated || g.planner.done < len(g.region.VPPs)<<n {
		return p, nil
	}
	return g.complete(ctx, o)
}

// recommend applies the rules of [Recommendation] to the known profiles.
func (g *choice) recommend(ctx context.Context, p *played, o Options) (*allocation, error) {
	if end, r := p.end(); r != nil && r.strict() {
		return &allocation{
			reason: DynamicEnd, draws: []draw{{end, 1}}, indifferent: r.set.Indifferent,
			why: "the dynamic from its start ends at this strict equilibrium",
		}, nil
	}
	var best *row
	count := 0
	for k := range p.rows {
		if r := &p.rows[k]; r.strict() {
			count++
			if best == nil || r.welfare > best.welfare {
				best = r
			}
		}
	}
	if best != nil {
		return &allocation{
			reason: BestEquilibrium, draws: []draw{{best.profile, 1}}, indifferent: best.set.Indifferent,
			why: fmt.Sprintf("the dynamic does not end at a strict equilibrium; this one has the highest welfare of the %d known", count),
		}, nil
	}
	if len(p.best) == 0 {
		if g.planner.solved() == 0 && len(g.planner.open) > 0 {
			return &allocation{reason: NothingSolved, why: "the run ended before any program had a plan; give it a larger budget"}, nil
		}
		return &allocation{reason: NothingFeasible, why: g.nothing()}, nil
	}
	if p.unknown {
		return &allocation{
			reason: BestKnown, draws: []draw{{p.best[0], 1}},
			why: "some coalitions have no plan yet, so that no equilibrium is proven; this known profile has the highest welfare, but DERs may leave it",
		}, nil
	}
	found, err := compensate(ctx, g, p.known)
	if err == nil && found == nil {
		found, err = lottery(ctx, g, p, o.Solver)
	}
	if err != nil && ctx.Err() != nil {
		return &allocation{
			reason: BestKnown, draws: []draw{{p.best[0], 1}},
			cut: true,
			why: "the time ended before a stable allocation was found; this known profile has the highest welfare, but DERs may leave it",
		}, nil
	}
	if errors.Is(err, milp.ErrNoSolution) || errors.Is(err, milp.ErrFailed) {
		return &allocation{
			reason: BestKnown, draws: []draw{{p.best[0], 1}},
			why: fmt.Sprintf("the solver found no lottery (%v); this known profile has the highest welfare, but DERs may leave it", err),
		}, nil
	}
	return found, err
}

// solved returns the number of programs with a plan.
func (x *planner) solved() int {
	n := 0
	for _, c := range x.vpps {
		n += len(c.Planned())
	}
	return n
}

// coalitionGame is the part of [choice] that rules 3 and 4 need. The last
// strategy is the outside option, which is always available.
type coalitionGame interface {
	evogame.Shape
	move(ctx context.Context, i int, profile []int) (payoff, tolerance float64, available bool, err error)
	welfare(ctx context.Context, profile []int) (sum, gap float64, err error)
}

// nothing explains why no feasible profile is known.
func (g *choice) nothing() string {
	var parts []string
	for v, p := range g.proposed {
		if p.never != "" {
			parts = append(parts, fmt.Sprintf("%s can run with no coalition (without members: %s)", g.region.VPPs[v].Name, p.never))
		}
	}
	if len(parts) == len(g.proposed) {
		return "no VPP can run: " + strings.Join(parts, "; ")
	}
	if open := len(g.planner.unplannedOpen()); open > 0 {
		return fmt.Sprintf("no profile has a plan of every VPP; %d programs that may have one are not solved, so give a larger budget", open)
	}
	if g.refuses() {
		return "in every known profile the coalition of some VPP cannot run, or some VPP refuses a DER; the list of infeasible coalitions has the reasons of the former"
	}
	return "in every known profile the coalition of some VPP cannot run; the list of infeasible coalitions has the reasons"
}

// compensate returns the first of the profiles, ranked by welfare, that is
// stable with transfers, or nil if none is. Among profiles of equal welfare, up
// to a relative 1e-9, it returns the one with the smallest transfers, and of
// these the one with the most DERs outside.
func compensate(ctx context.Context, g coalitionGame, ranked iter.Seq[[]int]) (*allocation, error) {
	var (
		found          *allocation
		best, least    = math.Inf(-1), math.Inf(1) // welfare and transfers of found
		outside, first = 0, math.NaN()             // DERs outside in found; the highest welfare
	)
	for profile := range ranked {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		welfare, _, err := g.welfare(ctx, profile)
		if err != nil {
			return nil, err
		}
		if math.IsNaN(first) {
			first = welfare
		}
		// All later profiles have a lower welfare.
		if found != nil && welfare < best-1e-9*(1+math.Abs(best)) {
			break
		}
		wants, err := wants(ctx, g, profile)
		if err != nil {
			return nil, err
		}
		vpps := g.Strategies(0) - 1
		transfers, moved, ok := transfersFor(profile, wants, vpps)
		// out is the number of DERs outside.
		out := 0
		for _, v := range profile {
			if v == vpps {
				out++
			}
		}
		if !ok || found != nil && (moved > least || moved == least && out <= outside) {
			continue
		}
		if found == nil {
			best = welfare
		}
		least, outside = moved, out
		found = &allocation{reason: WithTransfers, draws: []draw{{profile, 1}}, transfers: transfers}
		what := "the best known profile"
		if welfare < first-1e-9*(1+math.Abs(first)) {
			what = "this profile, the best one that is stable with transfers"
		}
		found.why = fmt.Sprintf("no strict equilibrium is known; no DER gains more than its tolerance by leaving %s", what)
		if moved > 0 {
			found.why = fmt.Sprintf("no strict equilibrium is known; with transfers of %.2f in total between members, no DER gains by leaving %s", moved/2, what)
		}
	}
	return found, nil
}

// wants returns, per DER, the transfer that it needs at least to stay at a
// profile:
//
//	d_i = max_v ( u_i(v, a_-i) − u_i(a) − tolerance )
//
// over the moves v that are available. A negative one is the amount that the
// DER can pay. A member that leaves has neither its transfer nor one in its new
// VPP.
//
// For example, a DER that earns 60 here and 90 by its best move, at a tolerance
// of 1, wants 29.
func wants(ctx context.Context, g coalitionGame, profile []int) ([]float64, error) {
	out, other := make([]float64, len(profile)), slices.Clone(profile)
	for i, v := range profile {
		here, tolerance, _, err := g.move(ctx, i, profile)
		if err != nil {
			return nil, err
		}
		out[i] = math.Inf(-1)
		for u := range g.Strategies(i) {
			if u == v {
				continue
			}
			other[i] = u
			there, loose, available, err := g.move(ctx, i, other)
			if err != nil {
				return nil, err
			}
			if available {
				out[i] = max(out[i], there-here-tolerance-loose)
			}
		}
		other[i] = v
	}
	return out, nil
}

// transfersFor solves the linear program
//
//	min Σ_i |t_i|    subject to    t_i ≥ d_i,   t_i = 0 outside
//	Σ_{i in S_v} t_i = 0           for each VPP v
//
// in closed form. In each VPP the members with d_i > 0 receive d_i, which any
// solution must pay them. The others pay in proportion to −d_i, the most that
// each can pay, so that the result depends neither on a solver nor on the order
// of the DERs. ok is false if the program has no solution: a DER outside wants
// to move, or the members of a VPP want more than the others can pay.
//
// For example, d = (30, −40, −20) gives t = (30, −20, −10).
func transfersFor(profile []int, wants []float64, vpps int) (transfers []float64, moved float64, ok bool) {
	needed, spare := make([]float64, vpps), make([]float64, vpps)
	for i, v := range profile {
		switch {
		case v < vpps && wants[i] > 0:
			needed[v] += wants[i]
		case v < vpps:
			// A DER without an available move can pay any amount; it pays as
			// much as all others need.
			spare[v] += min(-wants[i], math.MaxFloat32)
		case wants[i] > 0:
			return nil, 0, false
		}
	}
	for v := range vpps {
		if needed[v] > spare[v] {
			return nil, 0, false
		}
		moved += 2 * needed[v]
	}
	if moved == 0 {
		return nil, 0, true
	}
	transfers = make([]float64, len(profile))
	for i, v := range profile {
		switch {
		case v == vpps || needed[v] == 0:
		case wants[i] > 0:
			transfers[i] = wants[i]
		default:
			transfers[i] = -needed[v] * min(-wants[i], math.MaxFloat32) / spare[v]
		}
	}
	return transfers, moved, true
}

// recommendation returns an allocation with names instead of indices. p has the
// known profiles.
func (g *choice) recommendation(ctx context.Context, a *allocation, p *played) (*Recommendation, error) {
	out := &Recommendation{
		Profile: Profile{}, Reason: a.reason, Explanation: a.why, Indifferent: g.namesOf(a.indifferent), Regret: a.regret,
		Transfers: map[string]float64{}, Distribution: []Draw{}, Payoffs: map[string]float64{},
	}
	for _, d := range a.draws {
		welfare, _, err := g.welfare(ctx, d.profile)
		if err != nil {
			return nil, err
		}
		out.Welfare += d.probability * welfare
		if len(a.draws) > 1 {
			out.Distribution = append(out.Distribution, Draw{g.profile(d.profile), d.probability, welfare})
		}
		for i := range d.profile {
			payoff, _, _, err := g.move(ctx, i, d.profile)
			if err != nil {
				return nil, err
			}
			out.Payoffs[g.PlayerName(i)] += d.probability * payoff
		}
	}
	for i, t := range a.transfers {
		if t != 0 {
			out.Transfers[g.PlayerName(i)] = t
			out.Payoffs[g.PlayerName(i)] += t
		}
	}
	if len(a.draws) > 0 {
		out.Profile = g.profile(a.draws[0].profile)
		out.Bound = min(max(p.bound, out.Welfare), math.MaxFloat64) // JSON has no infinity
		out.Highest = p.exhaustive && !p.unknown && p.optimum-out.Welfare <= 1e-9*(1+math.Abs(p.optimum))
	}
	if out.Highest && !g.planner.proven() {
		// The gap of a rough program can hide a higher welfare.
		rivals := newNeeds(g)
		if err := rivals.best(ctx, p); err != nil {
			return nil, err
		}
		out.Highest = len(rivals.list()) == 0
	}
	return out, nil
}

// namesOf returns the names of DERs; none gives an empty list.
func (g *choice) namesOf(ders []int) []string {
	out := make([]string, 0, len(ders))
	for _, i := range ders {
		out = append(out, g.PlayerName(i))
	}
	return out
}

// lottery returns the coarse correlated equilibrium of the highest welfare over
// the known feasible profiles. With the probability q(a) of profile a, the
// linear program is
//
//	max Σ_a q(a) W(a)    subject to    Σ_a q(a) = 1,   q ≥ 0
//	Σ_a q(a) ( u_i(v, a_-i) − u_i(a) − tolerance ) ≤ ε        for every DER i and choice v
//
// The sum is the expected gain of DER i if it ignores the lottery and always
// chooses v; its terms with a_i = v are 0. A DER whose move to v is not
// available is outside. ε is the smallest value for which a solution exists,
// from a first program: 0 if all profiles of the game are feasible.
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
	// The solver's feasibility tolerance of 1e-7 applies to gains in units of
	// the largest one.
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

// lotteryProgram is the linear program of a lottery. It starts with a part of
// the profiles and adds those of positive reduced cost until none is left.
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

// gains returns the gain beyond the tolerance of each DER by each constant
// choice at profile k, in the order of DERs and choices.
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

// solve solves the program with the regret epsilon, or for the smallest regret
// if epsilon is NaN, which it returns. It keeps the probabilities. Gains are in
// units of the largest one: HiGHS 1.15.1 gives up on a lottery with gains
// between 1e-6 and 5e4 in one currency.
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
		// Several lotteries can be optimal; the choice among them must not
		// depend on the solver.
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
// and reports whether there were any. For the smallest regret W is 0 and the
// reduced cost is in the unit of the gains.
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

// draws returns the profiles with a probability above 1e-7, the solver's
// tolerance, the most probable first, with probabilities that sum to one.
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

// settle returns the expected payments of the recommended allocation in whole
// minor units. At each of its profiles, weighted by their probabilities,
//
//	DER i in VPP v:  payment_i + allocated gain_i + transfer_i
//	VPP v:           trade_v − imbalance_v + environment_v − Σ payments to its members
//	grid:            minus the sum of all others, for the markets, with the rounding
//
// A DER's own costs, such as fuel, are paid outside the region and have no
// line. For example, a DER with a payment of 60 and an allocated gain of 10
// receives 7,000 minor units; its VPP, which the markets pay 100, receives
// 3,000, and the grid pays 10,000. Transfers between members change no line of
// a VPP.
func (g *choice) settle(ctx context.Context, a *allocation) ([]Line, error) {
	n := g.Players()
	amounts := make([]float64, n+len(g.region.VPPs)) // DERs, then VPPs
	for _, d := range a.draws {
		paid := make([]float64, len(g.region.VPPs)) // to the members
		for i, v := range d.profile {
			if v == len(g.region.VPPs) {
				continue
			}
			amount, err := g.due(ctx, i, d.profile)
			if err != nil {
				return nil, err
			}
			amounts[i] += d.probability * amount
			paid[v] += amount
		}
		for v, p := range g.planner.vpps {
			if g.proposed[v].never != "" {
				continue
			}
			plan, err := p.Plan(ctx, coalition(d.profile, v))
			if err != nil {
				return nil, err
			}
			value := plan.Value
			amounts[n+v] += d.probability * (value.Trade + value.Reserve - value.Imbalance + value.Environment - paid[v])
		}
	}
	for i, t := range a.transfers {
		amounts[i] += t
	}
	minor, counterparty, err := market.SettleWith(amounts, market.Fen)
	if err != nil {
		return nil, fmt.Errorf("settlement: %w", err)
	}
	lines := make([]Line, 0, len(amounts)+1)
	for i := range n {
		lines = append(lines, Line{g.PlayerName(i), minor[i]})
	}
	for v, p := range g.region.VPPs {
		lines = append(lines, Line{p.Name, minor[n+v]})
	}
	return append(lines, Line{GridParty, counterparty}), nil
}

// due returns the payment of a VPP to its member i at a profile: payments for
// energy and goods, and allocated gain.
func (g *choice) due(ctx context.Context, i int, profile []int) (float64, error) {
	m, err := g.member(ctx, i, profile)
	if err != nil {
		return 0, err
	}
	outcome, err := g.planner.outcome(ctx, profile[i], coalition(profile, profile[i]))
	if err != nil {
		return 0, err
	}
	payoff, _, _, err := g.move(ctx, i, profile)
	if err != nil {
		return 0, err
	}
	return m.Payment + (payoff - outcome.Revenue[i]), nil
}

// member returns DER i in the plan of the VPP that it chooses at a profile.
func (g *choice) member(ctx context.Context, i int, profile []int) (*vpp.Member, error) {
	v := profile[i]
	plan, err := g.planner.vpps[v].Plan(ctx, coalition(profile, v))
	if err != nil {
		return nil, err
	}
	for j := range plan.Members {
		if m := &plan.Members[j]; m.DER == g.region.DERs[i] {
			return m, nil
		}
	}
	return nil, fmt.Errorf("settlement: the plan of %s lacks its member %s", g.region.VPPs[v].Name, g.PlayerName(i))
}
