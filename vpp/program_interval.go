package vpp

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
)

// Ranges are the intervals of the values of one coalition.
//
// They contain the values of each plan that [Problem.Solve] returns with a
// solver of the same gap, on any build and seed and with any settings, and
// those of the exact optimum. Let y be the integers of a schedule and z(y) the
// best objective with these integers, V* the optimum, ε the allowed gap. The
// solver returns one y of
//
//	Y = { y : z(y) ≥ V* − ε }  ⊆  { y : z(y) ≥ z − ε },   z the objective found
//
// because z ≤ V*. The other decisions follow from y: see [Program.Solve]. A
// second search, in which the integers found are excluded and the objective has
// the lower limit z − ε, finds the other members of Y or proves that there is
// none:
//
//   - If Y is known completely, the ranges contain the values of its plans.
//     This is the ordinary case, and Y often has one member.
//   - If Y has more than two other members, the gap is large, or costs are
//     convex, the ranges are bounds over all schedules with z − ε ≤ objective ≤
//     bound, optimal or not, and are wider.
//
// ε is the larger one of the plan's own gap and the gap that the solver allows,
// see [milp.Limited].
//
// Each range is widened by 1e-6 of the amounts in it, for the feasibility
// tolerance of the solver. For example, a battery and a turbine can exchange
// revenue at the same objective; by name one such schedule is the plan, and its
// revenue has a narrow range.
type Ranges struct {
	Integrated Range // of [Value.Integrated]

	// Revenue has R_i by number of the member, as in [Problem.Members]. It is
	// infinite for members that exchange goods at prices inside the VPP,
	// because these prices are duals and another solver can return others.
	// Stated leaves out such payments. Their sum over the members is 0, so that
	// the sum of Stated over those members contains the sum of their R_i.
	Revenue, Stated map[int]Range

	// Schedules is the number of plans in the list of all gap-optimal integers,
	// 1 if the schedule is certain. It is 0 if the ranges are bounds over all
	// schedules near the optimum.
	Schedules int
}

// maxAlternatives is the number of further integer solutions that Ranges lists
// before it uses bounds.
const maxAlternatives = 2

// maxListedGap is the relative gap above which Ranges uses bounds at once: a
// large gap leaves more integer solutions than a list can have.
const maxListedGap = 1e-5

// Ranges returns the intervals of a plan of this problem. The solver must be
// the one that found the plan, or one with the same gap. It needs one more
// search or a few linear programs; a problem without integers needs neither. A
// limit of the solver makes the ranges wider, not wrong.
//
// An end of a range for which the program has no bound is infinite.
func (p Problem) Ranges(ctx context.Context, solver milp.Solver, plan *Plan) (*Ranges, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	out, listed, err := p.listed(ctx, solver, plan)
	if err == nil && !listed {
		out.Stated, err = p.boundedRevenue(ctx, solver, plan)
		if err == nil {
			out.Integrated, err = p.boundedValue(ctx, solver, plan)
		}
	}
	if err != nil {
		return nil, failed(p.VPP.Name, len(p.Members), err)
	}
	out.Revenue = p.withInside(plan, out.Stated)
	return out, nil
}

// withInside returns the ranges of the revenues with the payments at prices
// inside the VPP. If only one member has such a port, the balance of the VPP
// keeps the port at zero. It returns nil if stated is not known.
func (p Problem) withInside(plan *Plan, stated map[int]Range) map[int]Range {
	if stated == nil {
		return nil
	}
	out := maps.Clone(stated)
	var exchanging []int
	for i := range plan.Members {
		if m := &plan.Members[i]; plan.exchanging(m) {
			exchanging = append(exchanging, p.number(m.DER))
		}
	}
	if len(exchanging) > 1 {
		for _, no := range exchanging {
			out[no] = everything()
		}
	}
	return out
}

// ruleless returns the program without exclusivity rules. Every schedule that
// keeps them is also a schedule of this program.
func (p Problem) ruleless() (*Program, error) {
	values := p.minMarginalValues()
	return p.compose(certain, func(d der.DER) []float64 {
		if _, ok := d.(der.Overlapper); ok {
			return repeat(math.Inf(1), p.Setting.Set.Steps())
		}
		return values
	})
}

// listed returns the ranges over all gap-optimal integers, or empty ones and
// false if it cannot list them. It lists the integers of the program without
// exclusivity rules. If each plan of the list keeps the rules, [Problem.Solve]
// adds none, so that it returns one of these plans.
func (p Problem) listed(ctx context.Context, solver milp.Solver, plan *Plan) (*Ranges, bool, error) {
	x, err := p.ruleless()
	if err != nil {
		return nil, false, err
	}
	found := plan.Solution.Values
	if len(found) != x.Model.Vars() || len(x.curved().list) > 0 {
		return &Ranges{}, false, nil // the plan has rules, or tangents decide between its optima
	}
	out := &Ranges{}
	out.include(p, plan)
	if x.Model.Integers() == 0 {
		return out, true, nil
	}
	if x.wide(solver, plan) {
		return &Ranges{}, false, nil
	}
	m, search, cut := x.others(solver, plan)
	for k := range maxAlternatives + 1 {
		if !exclude(m, k, found) {
			return &Ranges{}, false, nil
		}
		next, err := once(ctx, search, m)
		switch {
		// An unbounded program is excluded, because the objective has limits.
		case errors.Is(err, milp.ErrInfeasible):
			return out, true, nil
		case errors.Is(err, milp.ErrNoSolution):
			return &Ranges{}, false, nil // a limit
		case err != nil:
			return nil, false, err
		case next.Bound > cut && !math.IsInf(next.Bound, 0):
			return out, true, nil
		case k == maxAlternatives:
			return &Ranges{}, false, nil // too many
		}
		other, err := x.planOf(ctx, solver, next)
		switch {
		case errors.Is(err, milp.ErrInfeasible), errors.Is(err, milp.ErrNoSolution):
			return &Ranges{}, false, nil // within the tolerance for integers only, or a limit
		case err != nil:
			return nil, false, err
		}
		if tighten(x.unruled(), other) {
			return &Ranges{}, false, nil // Solve would add a rule to this one
		}
		out.include(p, other)
		found = next.Values
	}
	return &Ranges{}, false, nil
}

// others returns the program that minimises the negative objective, the solver
// for it, and ε − z: solutions above are not gap-optimal. The work of the
// solver is limited.
func (x *Program) others(solver milp.Solver, plan *Plan) (m *milp.Model, search milp.Solver, cut float64) {
	m, search = x.Model.Copy(), solver
	cut = x.gap(solver, plan) + x.inexact(plan) - plan.Solution.Objective
	if l, ok := search.(milp.Limited); ok {
		search = l.Limit(milp.Limits{Nodes: max(maxNodes, 4*plan.Solution.Nodes), Cutoff: optional.Of(cut)})
	} else {
		x.limit(m, solver, plan)
	}
	loss := milp.Const(-x.objective.Constant())
	for j := range m.Vars() {
		v := m.VarAt(j)
		if cost := m.Cost(v); cost != 0 {
			loss.Add(v.Times(-cost))
		}
	}
	m.Minimize(loss)
	return m, search, cut
}

// once solves a model once. A [StoringSolver] can have the solution from an
// earlier call. A result without values is an error of [milp.Solution.Err].
func once(ctx context.Context, solver milp.Solver, m *milp.Model) (*milp.Solution, error) {
	solve := func(solver milp.Solver) (*milp.Solution, error) {
		found, err := solver.Solve(ctx, m)
		if err == nil {
			err = found.Err()
		}
		return found, err
	}
	if s, ok := solver.(StoringSolver); ok && ctx.Err() == nil {
		return s.Stored(m, digest(m), solve)
	}
	return solve(solver)
}

// inexact is the error of an objective by the tolerances of a solver, which
// hold after scaling.
func (x *Program) inexact(plan *Plan) float64 {
	data := x.Model.Data()
	return 1e-6/min(1, data.ObjectiveScale()) + 1e-9*math.Abs(plan.Solution.Objective)
}

// unruled returns the bounds of the marginal value with which all exclusivity
// rules are left out.
func (x *Program) unruled() map[string][]float64 {
	out := make(map[string][]float64, len(x.Members))
	for _, d := range x.Members {
		out[d.Name()] = repeat(math.Inf(1), x.Setting.Set.Steps())
	}
	return out
}

// include extends the ranges to a plan of p, with the tolerance of its amounts.
func (r *Ranges) include(p Problem, plan *Plan) {
	value := around(plan.Value.Integrated, plan.Value.tolerance())
	if r.Schedules > 0 {
		value = value.Join(r.Integrated)
	} else {
		r.Stated = make(map[int]Range, len(plan.Members))
	}
	r.Integrated = value
	for i := range plan.Members {
		m := &plan.Members[i]
		no, own := p.number(m.DER), around(plan.stated(m), m.tolerance())
		if r.Schedules > 0 {
			own = own.Join(r.Stated[no])
		}
		r.Stated[no] = own
	}
	r.Schedules++
}

// stated returns the revenue of a member without payments at prices inside the
// VPP, currency.
func (p *Plan) stated(m *Member) float64 {
	tariff := der.Context{Set: p.Setting.Set, Tariff: p.VPP.Tariff}
	out := -m.Cost
	for s, probability := range p.Setting.Set.Probabilities() {
		out += probability * tariff.Payment(m.Schedule, s).Total()
	}
	return out
}

// number returns the place of a DER in Members.
func (p Problem) number(d der.DER) int {
	return slices.IndexFunc(p.Members, func(o der.DER) bool { return o.Name() == d.Name() })
}

// tolerance returns the error of the integrated value from the feasibility
// tolerance of a solver, 1e-6 of its largest term.
func (v *Value) tolerance() float64 {
	return 1e-6 * (1 + max(math.Abs(v.Integrated), math.Abs(v.Objective), math.Abs(v.Trade), math.Abs(v.Reserve), math.Abs(v.Payments)))
}

// tolerance returns the error of the revenue in the same way.
func (m *Member) tolerance() float64 {
	return 1e-6 * (1 + max(math.Abs(m.Payment), math.Abs(m.Cost)))
}

// gap returns ε: the gap of the plan, or the one that the solver allows if it
// is larger.
func (x *Program) gap(solver milp.Solver, plan *Plan) float64 {
	allowed := 0.0
	if l, ok := solver.(milp.Limited); ok {
		allowed = l.AllowedGap(plan.Solution.Objective)
	}
	// The accepted error of convex costs is relative to the costs of a
	// schedule; those of others near the optimum are at most twice as high.
	if curved := x.curved(); len(curved.list) > 0 {
		allowed += 2 * curved.objective(plan.Solution.Values)
	}
	return max(plan.AbsoluteGap, allowed)
}

// wide reports whether ε is too large for a list of integers, and for searches.
func (x *Program) wide(solver milp.Solver, plan *Plan) bool {
	return x.gap(solver, plan) > maxListedGap*(1+math.Abs(plan.Solution.Objective))
}

// limit adds the row z − ε ≤ objective ≤ bound.
func (x *Program) limit(m *milp.Model, solver milp.Solver, plan *Plan) {
	var objective milp.Expr
	for j := range x.Model.Vars() {
		if cost := x.Model.Cost(x.Model.VarAt(j)); cost != 0 {
			objective.Add(m.VarAt(j).Times(cost))
		}
	}
	// The objective of the solution has the tangents of convex costs, which lie
	// below them. A schedule with its true costs is in the set.
	_, lost := x.curved().error(plan.Solution.Values)
	z := plan.Solution.Objective - lost - x.objective.Constant()
	m.Between(milp.Named("near_optimum"), milp.Const(z-x.gap(solver, plan)-x.inexact(plan)),
		objective, milp.Const(z+plan.AbsoluteGap+x.inexact(plan)))
}

// exclude adds the row number k, which excludes the integers of a solution, and
// reports whether all of them are binary:
//
//	Σ_{y_j=0} y_j + Σ_{y_j=1} (1 − y_j) ≥ 1
func exclude(m *milp.Model, k int, found []float64) bool {
	var distance milp.Expr
	for j := range m.Vars() {
		v := m.VarAt(j)
		if !m.IsInteger(v) {
			continue
		}
		if lower, upper := v.Bounds(); lower < 0 || upper > 1 {
			return false
		}
		if found[j] > 0.5 {
			distance.Add(milp.Const(1), v.Times(-1))
		} else {
			distance.Add(v.Expr())
		}
	}
	m.AtLeast(milp.At("other", "integers", k), distance, milp.Const(1))
	return true
}

// planOf returns the plan with the integers of a solution.
func (x *Program) planOf(ctx context.Context, solver milp.Solver, found *milp.Solution) (*Plan, error) {
	fixed := x.Model.Copy()
	fixed.FixIntegers(found.Values)
	linear := *x
	linear.Model = fixed.Relaxed()
	solution, err := linear.stored(ctx, solver)
	if err != nil {
		return nil, err
	}
	return linear.plan(solution)
}
