package trigrid

import (
	"context"
	"math/rand/v2"
	"runtime"
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
// The result depends on the region and on the options' Dynamic, Start, Starts and Seed only. A choice
// that does not converge, or whose margins are smaller than what the solver left open, is reported as
// such in [Result.Game]; errors are for data that cannot be meant, for programs without a solution and
// for a cancelled context.
func Run(ctx context.Context, r Region, o Options) (*Result, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	if o.Solver == nil {
		o.Solver = DefaultSolver()
	}
	if o.Observe == nil {
		o.Observe = func(Progress) {}
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	started := time.Now()
	stage := func(s Stage, done int) { o.Observe(Progress{s, done, 1}) }

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

	plants, err := enumerate(ctx, r, o.Solver, o.Workers, func(done, total int) { o.Observe(Progress{Coalitions, done, total}) })
	if err != nil {
		return nil, err
	}
	planned := time.Now()
	res := &Result{
		Region:    r.Name,
		Notes:     r.Notes,
		Warnings:  r.Setting.Warnings(r.Plants...),
		Weights:   r.Setting.Weights,
		Scenarios: r.Setting.Set.Len(),
		Sharing:   r.sharing().String(),
	}
	if err := res.achievements(ctx, r, plants); err != nil {
		return nil, err
	}

	stage(Schemes, 0)
	chosen := preferred(r, plants)
	if err := book.schemes(ctx, r, plants, chosen); err != nil {
		return nil, err
	}
	stage(Schemes, 1)

	stage(Choice, 0)
	if err := res.choose(ctx, newChoice(r, plants), o); err != nil {
		return nil, err
	}
	if err := res.members(ctx, r, plants, chosen); err != nil {
		return nil, err
	}
	if err := book.choices(ctx, res.Units); err != nil {
		return nil, err
	}
	stage(Choice, 1)
	played := time.Now()

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
		Coalitions: planned.Sub(started), Choice: played.Sub(planned), Total: time.Since(started),
		Workers: o.Workers, Programs: len(res.Coalitions),
	}
	return res, nil
}

// preferred returns the coalition that each plant would choose.
func preferred(r Region, plants []*vpp.Coalitions) []vpp.Coalition {
	all := make([]vpp.Coalition, 1<<len(r.Units))
	for s := range all {
		all[s] = vpp.Coalition(s)
	}
	out := make([]vpp.Coalition, len(plants))
	for v, p := range plants {
		out[v] = vpp.Best(p.Outcomes(), all)
	}
	return out
}

// achievements records what every coalition achieves.
func (res *Result) achievements(ctx context.Context, r Region, plants []*vpp.Coalitions) error {
	for v, p := range plants {
		for s := range vpp.Coalition(1) << len(r.Units) {
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

// choose runs the game and records how it ended and what else could have been.
func (res *Result) choose(ctx context.Context, g *choice, o Options) error {
	table, err := evogame.Tabulate(ctx, g, evogame.FillOptions{Workers: o.Workers})
	if err != nil {
		return err
	}
	run, err := evogame.Run(ctx, table, o.Dynamic, o.Start, evogame.Options{})
	if err != nil {
		return err
	}
	basins, err := evogame.BasinShares(ctx, table, o.Dynamic, evogame.BasinOptions{
		Starts: o.Starts, Source: rand.NewPCG(o.Seed, 0), Fill: evogame.FillOptions{Workers: o.Workers},
	})
	if err != nil {
		return err
	}
	nash, err := evogame.StrictNash(table)
	if err != nil {
		return err
	}
	welfare, err := evogame.MeasureWelfare(table, g.welfare)
	if err != nil {
		return err
	}

	profile := likeliest(run.Final)
	res.Trajectory = run
	res.Game = GameResult{
		Verdict: run.Verdict.String(), Reason: run.Reason, Time: run.Time,
		Settled: run.Verdict == evogame.ConvergedToStrictNash,
		Margin:  run.Margin, Profile: g.profile(profile),
		Welfare: welfare.At(profile), BestWelfare: welfare.Optimum, WelfareGap: welfare.Gap(profile),
	}
	for _, best := range welfare.Best {
		res.Game.Best = append(res.Game.Best, g.profile(best))
	}
	for _, e := range nash {
		res.Game.Nash = append(res.Game.Nash, Equilibrium{
			Profile: g.profile(e.Profile), Kind: e.Kind.String(), Margin: e.Margin, Tolerance: e.Tolerance, Welfare: welfare.At(e.Profile),
		})
	}
	for _, a := range basins.Attractors {
		b := Basin{Verdict: a.Verdict.String(), Share: a.Share, Low: a.Low, High: a.High}
		if a.Profile != nil {
			b.Profile = g.profile(a.Profile)
		}
		res.Game.Basins = append(res.Game.Basins, b)
	}
	for unit := range g.region.Units {
		res.Units = append(res.Units, g.unit(unit, profile, run))
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
func (g *choice) unit(i int, profile []int, run *evogame.Result) UnitResult {
	var (
		v   = profile[i]
		out = UnitResult{
			Name: g.PlayerName(i), Choice: g.StrategyName(i, v),
			Payoff: g.Payoff(i, profile), Tolerance: g.Tolerance(i, profile),
			Otherwise: make(map[string]float64),
			Initial:   run.States[0][i], Final: run.Final[i],
		}
		other = append([]int(nil), profile...)
	)
	if v < len(g.region.Plants) {
		s := coalition(profile, v)
		out.Revenue = g.outcomes[v](s).Revenue[i]
		out.Share = out.Payoff - out.Revenue
	}
	for u := range g.Strategies(i) {
		if u != v {
			other[i] = u
			out.Otherwise[g.StrategyName(i, u)] = g.Payoff(i, other)
		}
	}
	return out
}

func (g *choice) profile(p []int) Profile {
	out := make(Profile, len(p))
	for i, v := range p {
		out[g.PlayerName(i)] = g.StrategyName(i, v)
	}
	return out
}

// members completes the plants' results from their plans at the profile.
func (res *Result) members(ctx context.Context, r Region, plants []*vpp.Coalitions, chosen []vpp.Coalition) error {
	for v, p := range plants {
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
		var (
			of    = p.Outcomes()
			value = plan.Value
			x     = &res.Plants[v]
		)
		x.Scheme = r.names(chosen[v])
		x.RiskAversion = r.Plants[v].RiskAversion
		x.Economic, x.Environment, x.Integrated, x.Imbalance = value.Economic, value.Environment, value.Integrated, value.Imbalance
		x.VaR, x.CVaR = value.VaR, value.Risk
		x.Alone = of(0).Value.Integrated
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
