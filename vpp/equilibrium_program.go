package vpp

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
)

// joint is the program of all traders with the potentials of the prices that respond.
type joint struct {
	model    *milp.Model
	programs []*Program
	pools    []*pool
}

// pool is one market in one scenario and settlement period, with
//
//	q_l = net purchase of trader l,   Q = Σ_l q_l,   θ ≥ Φ_common(Q),   θ_l ≥ Φ_private(q_l)
type pool struct {
	market           market.Market
	scenario, period int
	response         market.Response
	weight           float64 // of one unit of currency in the objective, w π_s

	own     []milp.Expr // q_l
	rows    []milp.Row  // that define q_l; their duals are marginal costs
	volume  milp.Expr   // Q
	common  *envelope
	private []*envelope // nil where Φ has no such part
}

// jointOptimum finds the equilibrium as the optimum of the joint program. Rules against feeding in and
// taking out at once are left out first and stated where they were broken, as in [Solve].
func jointOptimum(ctx context.Context, solver milp.Solver, traders []Participant, c Setting, o EquilibriumOptions) (*Equilibrium, error) {
	relied := promises(traders, c)
	rounds := 0
	for {
		j, err := formulateJoint(traders, c, o.Conduct, relied)
		if err != nil {
			return nil, err
		}
		solution, open, used, err := j.solve(ctx, solver, o)
		rounds += used
		if err != nil {
			return nil, fmt.Errorf("equilibrium of %d traders: %w", len(traders), j.explain(ctx, solver, err))
		}
		out, err := j.read(solution, o.Conduct)
		if err != nil {
			return nil, err
		}
		broken := false
		for _, plan := range out.Plans {
			broken = withdraw(relied, plan) || broken
		}
		if !broken {
			out.Rounds, out.AbsoluteGap = rounds, open
			return out, nil
		}
	}
}

// promises returns, per unit, the floor it is told.
func promises(traders []Participant, c Setting) map[string][]float64 {
	out := map[string][]float64{}
	for _, x := range traders {
		for _, unit := range x.Members {
			if _, ok := unit.(der.Overlapper); ok && c.Modelling.DispatchObjective == OwnCosts {
				out[unit.Name()] = constant(math.Inf(1), c.Set.Steps())
			}
		}
	}
	return out
}

func formulateJoint(traders []Participant, c Setting, conduct market.Conduct, relied map[string][]float64) (*joint, error) {
	j := &joint{model: milp.New()}
	var objective milp.Expr
	for _, trader := range traders {
		x := assemble(j.model, trader.VPP, trader.Members, c, certain, func(unit der.DER) []float64 { return relied[unit.Name()] })
		own, err := x.join()
		if err != nil {
			return nil, err
		}
		objective.Add(own)
		j.programs = append(j.programs, x)
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

// add states the quantities of a pool and returns its potential.
func (j *joint) add(p *pool, conduct market.Conduct) (milp.Expr, error) {
	var (
		m            = j.model
		good         = p.market.Trades().String()
		lower, upper float64
		sum, total   milp.Expr
		within       = make([][2]float64, len(j.programs))
	)
	for l, x := range j.programs {
		plant := x.VPP.Name
		least, most := x.boughtRange(p.market, p.scenario, p.period)
		if math.IsInf(least, 0) || math.IsInf(most, 0) {
			return sum, fmt.Errorf("plant %q: its net purchase of %s in period %d has no bound; limit its units or its connection", plant, good, p.period)
		}
		q := m.Var(milp.At(plant, good+"_net", p.scenario, p.period), -milp.Inf, milp.Inf).Expr()
		p.own = append(p.own, q)
		p.rows = append(p.rows, m.Equal(milp.At(plant, good+"_net", p.scenario, p.period), q, x.bought(p.market, p.scenario, p.period)))
		sum.Add(q)
		within[l] = [2]float64{least, most}
		lower, upper = lower+least, upper+most
	}
	p.volume = m.Var(milp.At("market", good+"_volume", p.scenario, p.period), -milp.Inf, milp.Inf).Expr()
	m.Equal(milp.At("market", good+"_volume", p.scenario, p.period), p.volume, sum)

	p.common = newEnvelope(m, milp.At("market", good+"_potential", p.scenario, p.period), p.volume, commonPotential(p.response, conduct))
	p.common.spread(lower, upper)
	total.Add(p.common.theta)
	if conduct == market.Cournot && p.response.Slope > 0 {
		for l, x := range j.programs {
			e := newEnvelope(m, milp.At(x.VPP.Name, good+"_potential", p.scenario, p.period), p.own[l], quadratic{curvature: p.response.Slope})
			e.spread(within[l][0], within[l][1])
			p.private = append(p.private, e)
			total.Add(e.theta)
		}
	}
	return total, nil
}

// solve solves the program and adds tangents where the optimum lies, until prices are within the
// tolerance or the rounds are used up. open is what may be missing to the optimum.
//
// The canonical optimum is returned where its prices are within the tolerance. Tangents that nearly coincide
// can leave the canonical program without a solution, or with one that is as good within the solver's
// tolerance and trades other quantities; then it is the optimum with the nearest prices of all rounds.
func (j *joint) solve(ctx context.Context, solver milp.Solver, o EquilibriumOptions) (solution *milp.Solution, open float64, rounds int, err error) {
	nearest := math.Inf(1)
	consider := func(x *milp.Solution) float64 {
		residual := j.residual(x, o.Conduct)
		if residual < nearest {
			solution, nearest = x, residual
		}
		return residual
	}
	for {
		rounds++
		search, program, linear, err := searched(ctx, solver, j.model)
		if err != nil {
			return nil, 0, rounds, err
		}
		at := asFound(search, linear)
		if consider(at) <= o.Tolerance || rounds >= o.Rounds {
			switch canonical, err := canonical(ctx, solver, search, program, linear); {
			case err == nil && consider(canonical) <= o.Tolerance:
				return canonical, max(0, canonical.Bound-canonical.Objective) + j.error(canonical), rounds, nil
			case err == nil:
				at = canonical
			case !errors.Is(err, milp.ErrInfeasible):
				return nil, 0, rounds, err
			}
		}
		if rounds >= o.Rounds || !j.refine(at) { // without new tangents no cut would move the optimum
			return solution, max(0, solution.Bound-solution.Objective) + j.error(solution), rounds, nil
		}
		j.model.ProposeNothing()
		for i, v := range search.Values {
			if x := j.model.VarAt(i); j.model.IsInteger(x) {
				j.model.Propose(x, math.Round(v))
			}
		}
	}
}

// asFound returns the optimum of the linear program with the bound and the statistics of the search.
func asFound(search, linear *milp.Solution) *milp.Solution {
	out := *search
	out.Values, out.Duals, out.ReducedCosts, out.Objective = linear.Values, linear.Duals, linear.ReducedCosts, linear.Objective
	out.Bound = max(search.Bound, linear.Objective)
	return &out
}

// residuals calls yield with the marginal cost on which every trader acts in every pool, and the one that
// the response has at the quantities found, currency per unit.
func (j *joint) residuals(solution *milp.Solution, conduct market.Conduct, yield func(p *pool, found, true float64)) {
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

// error returns by how much the tangents lie below the potentials, in the objective.
func (j *joint) error(solution *milp.Solution) float64 {
	sum := 0.0
	for _, p := range j.pools {
		for _, e := range p.envelopes() {
			sum += p.weight * max(0, e.potential.Value(solution.Eval(e.at))-solution.Eval(e.theta))
		}
	}
	return sum
}

// refine adds tangents at the quantities found, and reports whether there were new ones.
func (j *joint) refine(solution *milp.Solution) bool {
	found := false
	for _, p := range j.pools {
		for _, e := range p.envelopes() {
			found = e.refine(solution.Eval(e.at)) || found
		}
	}
	return found
}

func (p *pool) envelopes() []*envelope { return append([]*envelope{p.common}, p.private...) }

// read turns the solution into the traders' plans and accounts.
func (j *joint) read(solution *milp.Solution, conduct market.Conduct) (*Equilibrium, error) {
	out := &Equilibrium{}
	moved := movedPrices{}
	for _, m := range j.programs[0].Setting.Markets.traded() {
		prices := make([][]float64, j.programs[0].Setting.Set.Len())
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
	for _, x := range j.programs {
		x.moved = moved
		plan, err := x.plan(solution)
		if err != nil {
			return nil, err
		}
		out.Plans = append(out.Plans, plan)
	}
	for _, m := range j.programs[0].Setting.Markets.traded() {
		out.Markets = append(out.Markets, account(m, out.Plans))
	}
	var bad error
	j.residuals(solution, conduct, func(p *pool, found, actual float64) {
		traded := out.Market(p.market.Trades())
		traded.Residual = max(traded.Residual, math.Abs(found-actual))
	})
	for _, p := range j.pools {
		traded := out.Market(p.market.Trades())
		volume := traded.Volume[p.scenario][p.period]
		if claimed := solution.Eval(p.volume); math.Abs(claimed-volume) > 1e-5*max(1, math.Abs(volume)) {
			bad = errors.Join(bad, fmt.Errorf("%s market, period %d: the program buys %v and the schedules need %v; a price that is negative at some volume rewards what does not happen, give the market a floor of 0",
				p.market.Trades(), p.period, claimed, volume))
		}
		const margin = 1e-6
		if lower, upper := p.response.Range(); conduct != market.PriceTaking && (volume < lower-margin || volume > upper+margin) {
			bad = errors.Join(bad, fmt.Errorf("%w: %s market, period %d: the %v volume of %v is outside [%v, %v]",
				market.ErrPriceLimit, p.market.Trades(), p.period, conduct, volume, lower, upper))
		}
	}
	return out, bad
}

// explain adds to the error of an infeasible program which rows miss by how much.
func (j *joint) explain(ctx context.Context, solver milp.Solver, err error) error {
	if !errors.Is(err, milp.ErrInfeasible) {
		return err
	}
	if why, failed := milp.Elastic(ctx, solver, j.model); failed == nil {
		return fmt.Errorf("%w: %v", err, why)
	}
	return err
}
