package trigrid

import (
	"context"
	"math"
	"sync"

	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/vpp"
)

// choice is the game between the units: strategy v < M is the v-th plant, strategy M is to join none.
// Coalitions that a payoff needs and nobody has planned are planned when it is asked for.
type choice struct {
	region  Region
	rule    vpp.Sharing
	planner *planner

	mu      sync.Mutex
	divided map[job]*division
}

// division is how a coalition's gain is divided.
type division struct {
	payoffs   map[int]float64
	tolerance float64
}

var (
	_ evogame.Game     = (*choice)(nil)
	_ evogame.Computed = (*choice)(nil)
	_ evogame.Named    = (*choice)(nil)
)

func newChoice(r Region, p *planner) *choice {
	return &choice{region: r, rule: r.sharing(), planner: p, divided: map[job]*division{}}
}

func (g *choice) Players() int       { return len(g.region.Units) }
func (g *choice) Strategies(int) int { return len(g.region.Plants) + 1 }

// Payoff implements [evogame.Game]: NaN where a program has no solution. See Compute.
func (g *choice) Payoff(unit int, profile []int) float64 {
	payoff, _, err := g.Compute(context.Background(), unit, profile)
	if err != nil {
		return math.NaN()
	}
	return payoff
}

// Compute implements [evogame.Computed].
func (g *choice) Compute(ctx context.Context, unit int, profile []int) (payoff, tolerance float64, err error) {
	v := profile[unit]
	if v == len(g.region.Plants) {
		return g.region.Outside[g.PlayerName(unit)], 0, nil
	}
	d, err := g.divide(ctx, v, coalition(profile, v))
	if err != nil {
		return 0, 0, err
	}
	return d.payoffs[unit], d.tolerance, nil
}

// divide returns how plant v divides the gain of a coalition.
func (g *choice) divide(ctx context.Context, v int, s vpp.Coalition) (*division, error) {
	j := job{v, s}
	g.mu.Lock()
	d, ok := g.divided[j]
	g.mu.Unlock()
	if ok {
		return d, nil
	}
	var needed []job
	for _, t := range vpp.Asked(g.rule, s) {
		needed = append(needed, job{v, t})
	}
	if err := g.planner.plan(ctx, needed...); err != nil {
		return nil, err
	}
	of, theta := g.planner.plants[v].Outcomes(), g.region.Plants[v].Share
	d = &division{
		payoffs:   vpp.Payoffs(s, of, g.rule, theta),
		tolerance: vpp.PayoffTolerance(s, of, g.rule, theta, g.region.Setting.Weights.Economic),
	}
	g.mu.Lock()
	g.divided[j] = d
	g.mu.Unlock()
	return d, nil
}

// welfare returns what a profile is worth to the whole region: the objectives of all plants, in which
// payments between a plant and its members cancel, and what the units outside earn there, weighted as
// money is; and how much of it the solver left open.
func (g *choice) welfare(ctx context.Context, profile []int) (sum, open float64, err error) {
	var jobs []job
	for v := range g.planner.plants {
		jobs = append(jobs, job{v, coalition(profile, v)})
	}
	if err := g.planner.plan(ctx, jobs...); err != nil {
		return 0, 0, err
	}
	for _, j := range jobs {
		outcome, err := g.planner.outcome(ctx, j.plant, j.s)
		if err != nil {
			return 0, 0, err
		}
		sum += outcome.Value.Objective
		open += outcome.Open
	}
	for unit, v := range profile {
		if v == len(g.region.Plants) {
			sum += g.region.Setting.Weights.Economic * g.region.Outside[g.PlayerName(unit)]
		}
	}
	return sum, open, nil
}

func (g *choice) PlayerName(unit int) string { return g.region.Units[unit].Name() }

func (g *choice) StrategyName(_, v int) string {
	if v == len(g.region.Plants) {
		return Out
	}
	return g.region.Plants[v].Name
}

// Out is the name of the strategy of joining no plant.
const Out = "out"

// coalition returns the units that chose plant v.
func coalition(profile []int, v int) vpp.Coalition {
	var s vpp.Coalition
	for unit, chosen := range profile {
		if chosen == v {
			s = s.With(unit)
		}
	}
	return s
}
