package vpp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// curvedCosts are the convex costs of members and markets in a model of one or
// more programs, and the accuracy that their tangents must reach.
//
// Tangents lie below a convex cost, so that the bound of a search holds for the
// true cost, and each schedule has its true cost. [curvedCosts.optimum] brings
// the two together:
//
//  1. Search with the tangents so far. Its bound is a bound of the true
//     optimum.
//  2. With the integers fixed, solve linear programs with more and more
//     tangents, until the error at the solution is within the tolerance.
//  3. If the true objective is too far from the bound, add the tangents at that
//     solution to the model and search again.
//
// Step 2 needs no search, and the search of step 3 needs few tangents: two per
// cost, step and scenario. With equal integers the two meet, and there are
// finitely many integers.
type curvedCosts struct {
	list      []*curvedCost
	programs  []*Program
	imbalance milp.Expr // expected imbalance cost of all programs, currency

	tolerance float64 // of the cost, relative to the total cost
	limit     int     // of rounds
	rounds    int
}

// curvedCost is one convex cost with the points of its tangents.
type curvedCost struct {
	*der.ConvexCost
	probability float64   // of its scenario
	weight      float64   // largest change of the objective per unit of cost
	points      []float64 // ascending
	stated      []float64 // those with a row in the model of the search
}

// curved returns the convex costs of a program, for its own model.
func (x *Program) curved() *curvedCosts {
	c := &curvedCosts{}
	c.add(x)
	return c
}

// add adds the convex costs of a program that its objective contains.
func (c *curvedCosts) add(x *Program) {
	c.programs = append(c.programs, x)
	c.imbalance.Add(x.imbalance)
	c.tolerance, c.limit = x.Setting.Modelling.costTolerance(), x.Setting.Modelling.costRounds()
	list := func(one *der.ConvexCost, s int, weight float64) {
		if weight = x.weightIn(s, weight); weight > 0 { // otherwise it is not in the objective
			c.list = append(c.list, &curvedCost{
				ConvexCost: one, probability: x.Setting.Set.Probability(s), weight: weight,
				points: slices.Clone(one.Points), stated: slices.Clone(one.Points),
			})
		}
	}
	for i := range x.terms {
		if x.Setting.Modelling.DispatchObjective != OwnCosts {
			break // payments take the place of costs in the objective
		}
		for s := range x.terms[i] {
			for k := range x.terms[i][s].Convex {
				list(&x.terms[i][s].Convex[k], s, x.Setting.Weights.Economic)
			}
		}
	}
	for i := range x.smooth {
		one := &x.smooth[i]
		list(&one.ConvexCost, one.scenario, weightOf(x.Setting, one.market))
	}
}

// weightIn returns the largest decrease of the objective per unit of cost in
// scenario s, in a dimension of weight w: w π_s, and with [TotalLoss] also w_r
// β times the largest weight of the scenario in the risk, which is d π_s for a
// measure of density d and at most 1.
func (x *Program) weightIn(s int, w float64) float64 {
	c := x.Setting
	probability := c.Set.Probability(s)
	weight := w * probability
	if k := c.Weights.Risk * x.VPP.RiskAversion; k > 0 && c.Modelling.RiskOf == TotalLoss {
		weight += k * min(1, c.risk().Density()*probability)
	}
	return weight
}

// error returns the expected error of the convex costs at a solution, currency,
// and the largest error of the objective that follows from it.
func (c *curvedCosts) error(values []float64) (cost, objective float64) {
	for _, k := range c.list {
		e := max(0, k.Error(values))
		cost += k.probability * e
		objective += k.weight * e
	}
	return cost, objective
}

// allowed returns the largest accepted error at a solution, currency: the
// tolerance times the expected cost of the members and of quadratic parts of
// markets, or times 1 if that is larger.
func (c *curvedCosts) allowed(values []float64) float64 {
	total, trade := 0.0, 0.0
	for _, x := range c.programs {
		for s := range x.Setting.Set.Len() {
			for i := range x.terms {
				total += x.Setting.Set.Probability(s) * x.terms[i][s].CostAt(values)
			}
		}
		for i := range x.smooth {
			one := &x.smooth[i]
			trade += x.Setting.Set.Probability(one.scenario) * math.Abs(one.CostAt(values))
		}
	}
	return c.tolerance * max(1, math.Abs(total)+trade)
}

// optimum returns the canonical solution of a model, with duals and with the
// bound and statistics of the searches. Its objective is that of the tangents;
// [curvedCosts.error] has the difference to the true one.
func (c *curvedCosts) optimum(ctx context.Context, solver milp.Solver, m *milp.Model) (*milp.Solution, error) {
	if len(c.list) == 0 {
		search, program, linear, err := searched(ctx, solver, m)
		if err != nil {
			return nil, err
		}
		return canonical(ctx, solver, search, program, linear, c.imbalance)
	}
	var (
		model  = m // with the tangents so far
		bound  = math.Inf(1)
		best   *milp.Solution
		found  = math.Inf(-1) // true objective of best
		missed float64        // cost error of best, currency
		gap    float64        // of the last search that no limit ended
	)
	for {
		search, err := searchedWithBound(ctx, solver, model)
		if err == nil {
			if search.Status == milp.Optimal {
				gap = max(0, search.Bound-search.Objective)
			}
			if m.Integers() > 0 {
				bound = min(bound, search.Bound)
			}
			// The plan found does not reach the bound.
			if bound-found > gap+c.objective(search.Values) {
				var solution *milp.Solution
				if solution, err = c.settle(ctx, solver, m, search); err == nil {
					if m.Integers() == 0 {
						bound = solution.Objective // a linear program is its own proof
					}
					cost, lost := c.error(solution.Values)
					if objective := solution.Objective - lost; objective > found {
						best, found, missed = solution, objective, cost
					}
				}
			}
		}
		stopped := "" // the limit that ended this search
		switch {
		case err != nil && (best == nil || !errors.Is(err, milp.ErrNoSolution)):
			return nil, err
		case err != nil:
			stopped = err.Error() // the plan of an earlier search stays
		case search.Status != milp.Optimal:
			stopped = search.Stopped
		}
		short := bound - found - gap - c.objective(best.Values)
		done := short <= 0 || c.rounds >= c.limit || stopped != ""
		if !done {
			if model == m {
				model = m.Copy()
			}
			done = !c.state(model, best.Values)
		}
		if done {
			best.Bound = max(bound, best.Objective)
			best.Gap = (best.Bound - best.Objective) / max(math.Abs(best.Objective), 1e-10)
			if allowed := c.allowed(best.Values); best.Status == milp.Optimal && (missed > allowed || short > 0) {
				best.Status, best.Stopped = milp.Feasible, stopped
				if stopped == "" {
					best.Stopped = fmt.Sprintf("after %d rounds of tangents the cost error is %.3g, want at most %.3g, "+
						"and the objective can be higher by %.3g", c.rounds, missed, allowed, bound-found)
				}
			}
			return best, nil
		}
		model.ClearProposals()
		for j := range m.Vars() { // the plan found is a start of the next search
			if v := model.VarAt(j); model.IsInteger(v) {
				model.Propose(v, math.Round(best.Values[j]))
			}
		}
	}
}

// searchedWithBound solves a model. The error wraps [milp.ErrNoSolution] if the
// solver has no bound, and for a linear program stopped at a limit: the values
// then prove nothing.
func searchedWithBound(ctx context.Context, solver milp.Solver, m *milp.Model) (*milp.Solution, error) {
	search, err := solver.Solve(ctx, m)
	if err != nil {
		return nil, err
	}
	if err := search.Err(); err != nil {
		return nil, err
	}
	if math.IsInf(search.Bound, 0) || m.Integers() == 0 && search.Status != milp.Optimal {
		return nil, fmt.Errorf("%w with a bound (%s)", milp.ErrNoSolution, search.Stopped)
	}
	return search, nil
}

// objective returns the accepted error of the objective at a solution: that of
// the solution and as much again for the model of the search.
func (c *curvedCosts) objective(values []float64) float64 {
	largest := 0.0
	for _, k := range c.list {
		largest = max(largest, k.weight/k.probability)
	}
	return 2 * largest * c.allowed(values)
}

// settle returns the canonical optimum with the integers of a search, with
// tangents added until the error is within the tolerance or the rounds are
// used. Only the columns and rows of m are part of the result.
func (c *curvedCosts) settle(ctx context.Context, solver milp.Solver, m *milp.Model, search *milp.Solution) (*milp.Solution, error) {
	base := m
	if m.Integers() > 0 {
		fixed := m.Copy()
		fixed.FixIntegers(search.Values)
		base = fixed.Relaxed()
	}
	elapsed := search.Time
	c.refine(search.Values)
	for {
		program := base.Copy()
		for _, k := range c.list {
			k.AddEnvelope(program, k.points)
		}
		linear, err := solver.Solve(ctx, program)
		if err != nil {
			return nil, err
		}
		switch linear.Status {
		case milp.Optimal:
		case milp.Feasible, milp.NoSolution:
			return nil, fmt.Errorf("with integers fixed: %w", milp.ErrNoSolution) // at a limit
		default:
			return nil, fmt.Errorf("with integers fixed at the values of the solver the program is %v; "+
				"reduce the integrality tolerance of the solver", linear.Status)
		}
		if elapsed += linear.Time; c.refine(linear.Values) {
			continue
		}
		out, err := canonical(ctx, solver, search, program, linear, c.imbalance)
		if err != nil {
			return nil, err
		}
		// The canonical optimum can have another error than the optimum that
		// the solver found.
		if elapsed += out.Time - search.Time - linear.Time; c.refine(out.Values) {
			continue
		}
		out.Time = elapsed
		out.Values, out.ReducedCosts = out.Values[:m.Vars():m.Vars()], out.ReducedCosts[:m.Vars():m.Vars()]
		out.Duals = out.Duals[:m.Rows():m.Rows()]
		return out, nil
	}
}

// refine adds points of tangents near a solution if its error is above the
// tolerance and a round is left. It reports whether a point is new.
//
// For x between the points a and b, new points are x and x ± d for d = b − a,
// (b − a)/2, … down to (b − a)/8. The next optimum is near x, where a distance
// of (b − a)/8 between points leaves a sixty-fourth of the error. Points far
// from x other than those of the model are dropped.
func (c *curvedCosts) refine(values []float64) bool {
	cost, _ := c.error(values)
	allowed := c.allowed(values)
	if cost <= allowed || c.rounds >= c.limit {
		return false
	}
	const finest = 8
	found := false
	for _, k := range c.list {
		x, on := k.At(values)
		if !on || k.probability*k.Error(values) <= 0.1*allowed/float64(len(c.list)) {
			continue
		}
		left, right := k.around(x)
		k.points = slices.DeleteFunc(k.points, func(a float64) bool {
			return math.Abs(a-x) > right-left && !slices.Contains(k.stated, a)
		})
		found = k.insert(x) || found
		for part := 1.0; part <= finest; part *= 2 {
			d := (right - left) / part
			found = k.insert(x-d) || found
			found = k.insert(x+d) || found
		}
	}
	if found {
		c.rounds++
	}
	return found
}

// around returns the points on both sides of x, or the ends of the range.
func (k *curvedCost) around(x float64) (left, right float64) {
	left, right = k.Range()
	i, exact := slices.BinarySearch(k.points, x)
	if i > 0 {
		left = k.points[i-1]
	}
	if exact {
		i++
	}
	if i < len(k.points) {
		right = k.points[i]
	}
	return left, right
}

// insert adds a point and reports whether it is new: in the range, and not
// within a millionth of the range of another point.
func (k *curvedCost) insert(a float64) bool {
	lower, upper := k.Range()
	if a < lower || a > upper {
		return false
	}
	tiny := 1e-6 * (upper - lower)
	i, _ := slices.BinarySearch(k.points, a)
	if i < len(k.points) && k.points[i]-a <= tiny || i > 0 && a-k.points[i-1] <= tiny {
		return false
	}
	k.points = slices.Insert(k.points, i, a)
	return true
}

// state adds to a model the tangents next to a solution, and reports whether
// one is new. By duality they prove the optimum of its integers: the others
// have no dual there.
func (c *curvedCosts) state(m *milp.Model, values []float64) bool {
	found := false
	for _, k := range c.list {
		x, on := k.At(values)
		if !on {
			continue
		}
		i, _ := slices.BinarySearch(k.points, x)
		for _, a := range k.points[max(0, i-1):min(i+2, len(k.points))] {
			if !slices.Contains(k.stated, a) {
				k.AddTangent(m, a, len(k.stated))
				k.stated = append(k.stated, a)
				found = true
			}
		}
	}
	return found
}

// Quadratic reports whether the objective has convex costs of members or
// markets that tangents bound from below. [Program.Solve] adds tangents until
// their error is small; a caller that solves Model itself gets the costs of the
// first tangents.
func (x *Program) Quadratic() bool { return len(x.curved().list) > 0 }
