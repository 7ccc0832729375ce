package trigrid

import (
	"context"
	"time"

	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/vpp"
)

// Timing is how long the parts of a run took.
type Timing struct {
	Coalitions, Choice, Total time.Duration
	Workers                   int
	Programs                  int
}

// Run coordinates a region. The grid publishes its weights; every plant plans every coalition and submits
// the one it prefers, sealed; the grid opens and judges the schemes and hands each unit its own part; the
// units choose their plant by an evolutionary dynamic until no one gains by switching; what everybody
// pays and receives is settled. Each of these arrows between the levels is a transaction on a ledger.
//
// A region of at most [MostUnits] units is planned exhaustively: every coalition of every plant, so that all
// equilibria and the best profile are known. A larger one is searched, see [Options.Search].
//
// The result depends on the region and on the options' Dynamic, Start, Starts, Search and Seed only. A choice
// that does not converge, or whose margins are smaller than what the solver left open, is reported as
// such in [Result.Game]; errors are for data that cannot be meant, for programs without a solution and
// for a cancelled context.
func Run(ctx context.Context, r Region, o Options) (*Result, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	o, err := o.completed(r)
	if err != nil {
		return nil, err
	}
	var (
		started = time.Now()
		present Stage
		stage   = func(s Stage, done int) { present = s; o.Observe(Progress{s, done, 1}) }
	)

	stage(Registration, 0)
	book, err := openLedger(ctx, r, o)
	if err != nil {
		return nil, err
	}
	defer book.net.Close()
	if r, err = book.weights(ctx); err != nil {
		return nil, err
	}
	stage(Registration, 1)

	present = Coalitions
	total := 0 // unknown
	if !o.Search {
		total = len(r.Plants) << len(r.Units)
	}
	plans, err := newPlanner(r, o, func(done int) { o.Observe(Progress{present, done, total}) })
	if err != nil {
		return nil, err
	}
	chosen, err := propose(ctx, r, plans, o)
	if err != nil {
		return nil, err
	}
	res := &Result{
		Region:    r.Name,
		Notes:     r.Notes,
		Warnings:  r.Setting.Warnings(r.Plants...),
		Weights:   r.Setting.Weights,
		Scenarios: r.Setting.Set.Len(),
		Sharing:   r.sharing().String(),
	}

	stage(Schemes, 0)
	game := newChoice(r, plans)
	if err := book.schemes(ctx, game, chosen); err != nil {
		return nil, err
	}
	stage(Schemes, 1)

	stage(Choice, 0)
	play := game.exhaust
	if o.Search {
		play = game.search
	}
	went, err := play(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := res.choose(ctx, game, went); err != nil {
		return nil, err
	}
	if err := res.members(ctx, game, chosen); err != nil {
		return nil, err
	}
	if err := res.achievements(ctx, r, plans.plants); err != nil {
		return nil, err
	}
	if err := book.choices(ctx, res.Units); err != nil {
		return nil, err
	}
	stage(Choice, 1)
	choosing := time.Since(started) - plans.spent

	stage(Settling, 0)
	if res.Settlement, err = settle(r, res); err != nil {
		return nil, err
	}
	if err := book.settle(ctx, res.Settlement); err != nil {
		return nil, err
	}
	if res.Ledger, err = book.summary(ctx); err != nil {
		return nil, err
	}
	if o.Export != nil {
		if err := book.net.Export(ctx, o.Export); err != nil {
			return nil, err
		}
	}
	stage(Settling, 1)
	res.Timing = Timing{
		Coalitions: plans.spent, Choice: choosing, Total: time.Since(started),
		Workers: o.Workers, Programs: len(res.Coalitions),
	}
	return res, nil
}

// achievements records what every planned coalition achieves.
func (res *Result) achievements(ctx context.Context, r Region, plants []*vpp.Coalitions) error {
	for v, p := range plants {
		for _, s := range p.Planned() {
			plan, err := p.Plan(ctx, s)
			if err != nil {
				return err
			}
			res.Coalitions = append(res.Coalitions, Achievement{
				Plant: r.Plants[v].Name, Members: r.names(s), Value: plan.Value,
				Open: plan.Open, Nodes: plan.Solution.Nodes, Absorption: plan.Absorption(),
			})
			res.LargestGap = max(res.LargestGap, plan.Open)
			res.Solver = plan.Solution.Backend
		}
	}
	return nil
}

// choose records how the game ended and what else could have been.
func (res *Result) choose(ctx context.Context, g *choice, p *played) error {
	profile := likeliest(p.run.Final)
	sum, _, err := g.welfare(ctx, profile)
	if err != nil {
		return err
	}
	res.Trajectory = p.run
	res.Game = GameResult{
		Verdict: p.run.Verdict.String(), Reason: p.run.Reason, Time: p.run.Time,
		Settled: p.run.Verdict == evogame.ConvergedToStrictNash,
		Margin:  p.run.Margin, Profile: g.profile(profile), Exhaustive: p.exhaustive,
		Welfare: sum, BestWelfare: p.optimum, WelfareGap: max(0, p.optimum-sum),
	}
	for _, best := range p.best {
		res.Game.Best = append(res.Game.Best, g.profile(best))
	}
	for _, e := range p.nash {
		sum, _, err := g.welfare(ctx, e.Profile)
		if err != nil {
			return err
		}
		res.Game.Nash = append(res.Game.Nash, Equilibrium{
			Profile: g.profile(e.Profile), Kind: e.Kind.String(), Margin: e.Margin, Tolerance: e.Tolerance, Welfare: sum,
		})
	}
	for _, a := range p.basins.Attractors {
		b := Basin{Verdict: a.Verdict.String(), Share: a.Share, Low: a.Low, High: a.High}
		if a.Profile != nil {
			b.Profile = g.profile(a.Profile)
		}
		res.Game.Basins = append(res.Game.Basins, b)
	}
	for unit := range g.region.Units {
		out, err := g.unit(ctx, unit, profile, p.run)
		if err != nil {
			return err
		}
		res.Units = append(res.Units, out)
	}
	for v := range g.region.Plants {
		res.Plants = append(res.Plants, PlantResult{Name: g.region.Plants[v].Name, Members: g.region.names(coalition(profile, v))})
	}
	return nil
}

// likeliest returns the most probable strategy of every unit, the first one among equals.
func likeliest(x evogame.State) []int {
	profile := make([]int, len(x))
	for i, row := range x {
		for v, p := range row {
			if p > row[profile[i]] {
				profile[i] = v
			}
		}
	}
	return profile
}

// unit reports what one unit has at a profile and what it would have had otherwise.
func (g *choice) unit(ctx context.Context, i int, profile []int, run *evogame.Result) (UnitResult, error) {
	var (
		v   = profile[i]
		out = UnitResult{
			Name: g.PlayerName(i), Choice: g.StrategyName(i, v), Otherwise: make(map[string]float64),
			Initial: run.States[0][i], Final: run.Final[i],
		}
		other = append([]int(nil), profile...)
		err   error
	)
	if out.Payoff, out.Tolerance, err = g.Compute(ctx, i, profile); err != nil {
		return out, err
	}
	if v < len(g.region.Plants) {
		outcome, err := g.planner.outcome(ctx, v, coalition(profile, v))
		if err != nil {
			return out, err
		}
		out.Revenue = outcome.Revenue[i]
		out.Share = out.Payoff - out.Revenue
	}
	for u := range g.Strategies(i) {
		if u == v {
			continue
		}
		other[i] = u
		if out.Otherwise[g.StrategyName(i, u)], _, err = g.Compute(ctx, i, other); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (g *choice) profile(p []int) Profile {
	out := make(Profile, len(p))
	for i, v := range p {
		out[g.PlayerName(i)] = g.StrategyName(i, v)
	}
	return out
}

// members completes the plants' results from their plans at the profile.
func (res *Result) members(ctx context.Context, g *choice, chosen []vpp.Coalition) error {
	r := g.region
	for v, p := range g.planner.plants {
		var s vpp.Coalition
		for i, unit := range res.Units {
			if unit.Choice == r.Plants[v].Name {
				s = s.With(i)
			}
		}
		plan, err := p.Plan(ctx, s)
		if err != nil {
			return err
		}
		empty, err := g.planner.outcome(ctx, v, 0)
		if err != nil {
			return err
		}
		var (
			value = plan.Value
			x     = &res.Plants[v]
		)
		x.Scheme = r.names(chosen[v])
		x.RiskAversion = r.Plants[v].RiskAversion
		x.Economic, x.Environment, x.Integrated, x.Imbalance = value.Economic, value.Environment, value.Integrated, value.Imbalance
		x.VaR, x.CVaR = value.VaR, value.Risk
		x.Alone = empty.Value.Integrated
		x.Absorption, x.DeviationMWh = plan.Absorption(), plan.Deviation()
		for k, result := range plan.Results {
			x.EmissionT += r.Setting.Set.Probability(k) * result.Emission
		}
		res.Plans = append(res.Plans, plan)
	}
	return nil
}

// names returns the names of a coalition's members in the region's order.
func (r Region) names(s vpp.Coalition) []string {
	out := make([]string, 0, s.Size())
	for _, i := range s.Units() {
		out = append(out, r.Units[i].Name())
	}
	return out
}
