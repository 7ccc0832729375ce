package vpp

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
)

// joint is the program of all participants with the potentials of the prices
// that respond.
type joint struct {
	model    *milp.Model
	programs []*Program
	pools    []*pool
	curved   curvedCosts // of the members, refined with the potentials
}

// pool is one market in one scenario and settlement period, with the rows
//
//	q_l = net purchase of participant l,   Q = Σ_l q_l
//	θ ≥ Φ_common(Q),   θ_l ≥ Φ_private(q_l)
type pool struct {
	market           market.Market
	scenario, period int
	response         market.Response
	weight           float64 // of one unit of currency in the objective, w π_s

	own     []milp.Expr // q_l
	rows    []milp.Row  // that define q_l; their duals are marginal costs
	volume  milp.Expr   // Q
	common  *envelope
	private []*envelope // nil if Φ has no such part
}

// jointOptimum finds the equilibrium as the optimum of the joint program.
// Exclusivity rules of members are added only if they are violated, as in
// [Problem.Solve].
func jointOptimum(ctx context.Context, solver milp.Solver, participants []Participant, c Setting, o EquilibriumOptions) (*Equilibrium, error) {
	bounds := withoutRules(participants, c)
	rounds := 0
	for {
		j, err := formulateJoint(participants, c, o.Conduct, bounds)
		if err != nil {
			return nil, err
		}
		solution, gap, used, err := j.solve(ctx, solver, o)
		rounds += used
		if err != nil {
			return nil, fmt.Errorf("%s%d participants: %w", equilibriumPrefix, len(participants), j.explain(ctx, solver, err))
		}
		out, err := j.read(solution, o.Conduct)
		if err != nil {
			return nil, err
		}
		violated := false
		for _, plan := range out.Plans {
			violated = tighten(bounds, plan) || violated
		}
		if !violated {
			out.Rounds, out.AbsoluteGap = rounds, gap
			return out, nil
		}
	}
}

// withoutRules returns bounds of the marginal value with which members leave
// out their exclusivity rules: see [tighten]. With [TariffPayments] the program
// contains all rules from the start.
func withoutRules(participants []Participant, c Setting) map[string][]float64 {
	out := map[string][]float64{}
	for _, x := range participants {
		for _, d := range x.Members {
			if _, ok := d.(der.Overlapper); ok && c.Modelling.DispatchObjective == OwnCosts {
				out[d.Name()] = repeat(math.Inf(1), c.Set.Steps())
			}
		}
	}
	return out
}

// formulateJoint returns the joint program: the programs of the participants in
// one model, and a pool for each market, scenario and period whose price
// responds and has a weight.
func formulateJoint(participants []Participant, c Setting, conduct market.Conduct, bounds map[string][]float64) (*joint, error) {
	j := &joint{model: milp.New()}
	var objective milp.Expr
	for _, participant := range participants {
		x := participant.problem(c).assemble(j.model, certain, func(d der.DER) []float64 { return bounds[d.Name()] })
		own, err := x.join()
		if err != nil {
			return nil, err
		}
		objective.Add(own)
		j.programs = append(j.programs, x)
		j.curved.add(x)
	}
	for _, m := range c.Markets.traded() {
		weight := weightOf(c, m)
		response := responseOf(m)
		for s := range c.Set.Len() {
			for period := range m.Periods() {
				if weight == 0 || response(period).Slope == 0 && response(period).Intercept == 0 {
					continue
				}
				p := &pool{market: m, scenario: s, period: period, response: response(period), weight: weight * c.Set.Probability(s)}
				potential, err := j.add(p, conduct)
				if err != nil {
					return nil, err
				}
				objective.Add(potential.Times(-p.weight))
				j.pools = append(j.pools, p)
			}
		}
	}
	j.model.Maximize(objective)
	ties.Break(j.model)
	return j, j.model.Err()
}

// add adds the columns and rows of a pool and returns its potential Φ. The
// first tangents span the range of the quantities, which must be finite.
func (j *joint) add(p *pool, conduct market.Conduct) (milp.Expr, error) {
	var (
		m            = j.model
		good         = p.market.Trades().String()
		lower, upper float64 // of Q
		sum, total   milp.Expr
		ranges       = make([][2]float64, len(j.programs))
	)
	for l, x := range j.programs {
		name := x.VPP.Name
		smallest, largest := x.boughtRange(p.market, p.scenario, p.period)
		if math.IsInf(smallest, 0) || math.IsInf(largest, 0) {
			return sum, fmt.Errorf("%sits net purchase of %s in period %d has no bound; limit its members or its connection",
				x.VPP.prefix(), good, p.period)
		}
		q := m.Var(milp.At(name, good+"_net", p.scenario, p.period), -milp.Inf, milp.Inf).Expr()
		p.own = append(p.own, q)
		p.rows = append(p.rows, m.Equal(milp.At(name, good+"_net", p.scenario, p.period), q, x.bought(p.market, p.scenario, p.period)))
		sum.Add(q)
		ranges[l] = [2]float64{smallest, largest}
		lower, upper = lower+smallest, upper+largest
	}
	p.volume = m.Var(milp.At("market", good+"_volume", p.scenario, p.period), -milp.Inf, milp.Inf).Expr()
	m.Equal(milp.At("market", good+"_volume", p.scenario, p.period), p.volume, sum)

	p.common = newEnvelope(m, milp.At("market", good+"_potential", p.scenario, p.period), p.volume, commonPotential(p.response, conduct))
	p.common.start(lower, upper)
	total.Add(p.common.theta)
	if conduct == market.Cournot && p.response.Slope > 0 {
		for l, x := range j.programs {
			e := newEnvelope(m, milp.At(x.VPP.Name, good+"_potential", p.scenario, p.period), p.own[l], quadratic{curvature: p.response.Slope})
			e.start(ranges[l][0], ranges[l][1])
			p.private = append(p.private, e)
			total.Add(e.theta)
		}
	}
	return total, nil
}

// solve solves the program and adds tangents at the optimum until the residuals
// of the prices and the error of the convex costs are within their tolerances
// or the rounds are used. gap is the proven distance to the optimum.
//
// It returns the canonical optimum if it is within the tolerances. Nearly equal
// tangents can make the canonical program infeasible, or can give it other
// quantities with the same objective up to the tolerance of the solver. Then it
// returns the optimum of all rounds with the smallest residual.
func (j *joint) solve(ctx context.Context, solver milp.Solver, o EquilibriumOptions) (solution *milp.Solution, gap float64, rounds int, err error) {
	smallest := math.Inf(1)
	consider := func(x *milp.Solution) float64 {
		// The larger of residual and cost error, each as a multiple of its
		// tolerance.
		cost, _ := j.curved.error(x.Values)
		residual := max(j.residual(x, o.Conduct)/o.Tolerance, cost/j.curved.allowed(x.Values))
		if residual < smallest {
			solution, smallest = x, residual
		}
		return residual
	}
	for {
		rounds++
		search, program, linear, err := searched(ctx, solver, j.model)
		if err != nil {
			return nil, 0, rounds, err
		}
		at := notCanonical(search, linear)
		if consider(at) <= 1 || rounds >= o.Rounds {
			switch canonical, err := canonical(ctx, solver, search, program, linear, j.curved.imbalance); {
			case err == nil && consider(canonical) <= 1:
				return canonical, j.gap(canonical), rounds, nil
			case err == nil:
				at = canonical
			case !errors.Is(err, milp.ErrInfeasible):
				return nil, 0, rounds, err
			}
		}
		// Without a new tangent the next optimum would be the same.
		if rounds >= o.Rounds || !j.refine(at) {
			return solution, j.gap(solution), rounds, nil
		}
		// The integers found are a start for the next search.
		j.model.ClearProposals()
		for i, v := range search.Values {
			if x := j.model.VarAt(i); j.model.IsInteger(x) {
				j.model.Propose(x, math.Round(v))
			}
		}
	}
}

// notCanonical returns the optimum of the linear program with the bound and
// statistics of the search.
func notCanonical(search, linear *milp.Solution) *milp.Solution {
	out := *search
	out.Values, out.Duals, out.ReducedCosts, out.Objective = linear.Values, linear.Duals, linear.ReducedCosts, linear.Objective
	out.Bound = max(search.Bound, linear.Objective)
	return &out
}

// gap returns the gap of the solver plus the error of the tangents.
func (j *joint) gap(solution *milp.Solution) float64 {
	return max(0, solution.Bound-solution.Objective) + j.error(solution)
}

// residuals yields two marginal costs of each participant in each pool,
// currency per unit: the one in the program, from the dual of the row of q_l,
// and the one of the response at the quantities found.
func (j *joint) residuals(solution *milp.Solution, conduct market.Conduct, yield func(p *pool, found, actual float64)) {
	for _, p := range j.pools {
		total := solution.Eval(p.volume)
		for l, row := range p.rows {
			yield(p, -solution.Dual(row)/p.weight, p.response.Marginal(conduct, solution.Eval(p.own[l]), total))
		}
	}
}

func (j *joint) residual(solution *milp.Solution, conduct market.Conduct) float64 {
	largest := 0.0
	j.residuals(solution, conduct, func(_ *pool, found, actual float64) { largest = max(largest, math.Abs(found-actual)) })
	return largest
}

// error returns the distance between potentials and costs and their tangents,
// in the objective.
func (j *joint) error(solution *milp.Solution) float64 {
	sum := 0.0
	for _, p := range j.pools {
		for _, e := range p.envelopes() {
			sum += p.weight * max(0, e.potential.Value(solution.Eval(e.at))-solution.Eval(e.theta))
		}
	}
	_, lost := j.curved.error(solution.Values)
	return sum + lost
}

// refine adds tangents at the quantities found, and reports whether one is new.
func (j *joint) refine(solution *milp.Solution) bool {
	found := false
	for _, p := range j.pools {
		for _, e := range p.envelopes() {
			found = e.refine(solution.Eval(e.at)) || found
		}
	}
	if j.curved.refine(solution.Values) {
		found = j.curved.state(j.model, solution.Values) || found
	}
	return found
}

func (p *pool) envelopes() []*envelope { return append([]*envelope{p.common}, p.private...) }

// read returns the plans and clearings of a solution, and checks the volumes
// against the schedules.
func (j *joint) read(solution *milp.Solution, conduct market.Conduct) (*Equilibrium, error) {
	out := &Equilibrium{}
	moved := j.movedPrices(solution)
	for _, x := range j.programs {
		x.moved = moved
		plan, err := x.plan(solution)
		if err != nil {
			return nil, err
		}
		out.Plans = append(out.Plans, plan)
	}
	for _, m := range j.programs[0].Setting.Markets.traded() {
		out.Markets = append(out.Markets, clearingOf(m, out.Plans))
	}
	j.residuals(solution, conduct, func(p *pool, found, actual float64) {
		clearing := out.Market(p.market.Trades())
		clearing.Residual = max(clearing.Residual, math.Abs(found-actual))
	})
	bad := faults.List{Prefix: equilibriumPrefix}
	for _, p := range j.pools {
		volume := out.Market(p.market.Trades()).Volume[p.scenario][p.period]
		if claimed := solution.Eval(p.volume); math.Abs(claimed-volume) > 1e-5*max(1, math.Abs(volume)) {
			bad.Addf("%s market, period %d: the program buys %v, but the schedules need %v; a negative price "+
				"rewards a purchase without a use, give the market a floor of 0", p.market.Trades(), p.period, claimed, volume)
		}
		const margin = 1e-6
		if lower, upper := p.response.Range(); conduct != market.PriceTaking && (volume < lower-margin || volume > upper+margin) {
			bad.Addf("%w: %s market, period %d: the %v volume of %v is outside [%v, %v]",
				market.ErrPriceLimit, p.market.Trades(), p.period, conduct, volume, lower, upper)
		}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

// movedPrices returns the price changes at the volumes of a solution, for all
// markets: those without a weight have no pool, but their prices are paid.
func (j *joint) movedPrices(solution *milp.Solution) movedPrices {
	moved := movedPrices{}
	c := j.programs[0].Setting
	for _, m := range c.Markets.traded() {
		prices := make([][]float64, c.Set.Len())
		response := responseOf(m)
		for s := range prices {
			prices[s] = make([]float64, m.Periods())
			for period := range prices[s] {
				volume := 0.0
				for _, x := range j.programs {
					volume += x.bought(m, s, period).Value(solution.Values)
				}
				prices[s][period] = response(period).Price(volume)
			}
		}
		moved[m.Trades()] = prices
	}
	return moved
}

// explain adds the violated rows to the error of an infeasible program.
func (j *joint) explain(ctx context.Context, solver milp.Solver, err error) error {
	if !errors.Is(err, milp.ErrInfeasible) {
		return err
	}
	if why, failed := milp.Elastic(ctx, solver, j.model); failed == nil {
		return fmt.Errorf("%w: %v", err, why)
	}
	return err
}
