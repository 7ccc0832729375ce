package trigrid

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/trigrid/trigrid/evogame"
)

// follow runs the dynamic from its start, on the table of a survey. It has half of the time that is
// left until the deadline of ctx; if that does not suffice, its verdict is about the state reached.
func (g *choice) follow(ctx context.Context, out *played, o Options) (err error) {
	var half time.Time
	if deadline, ok := ctx.Deadline(); ok {
		half = time.Now().Add(time.Until(deadline) / 2)
	}
	stop := func() bool {
		out.cut = out.cut || ctx.Err() != nil || !half.IsZero() && time.Now().After(half)
		return out.cut
	}
	out.run, err = evogame.Run(context.WithoutCancel(ctx), g.mixed(out.table), o.Dynamic, o.Start, evogame.Options{Stop: stop})
	return err
}

// sample runs the dynamic from random starts. If ctx ends, the basins are those of the first
// starts.
func (g *choice) sample(ctx context.Context, out *played, o Options) (err error) {
	var sets []evogame.EquilibriumSet
	for _, r := range out.rows {
		if r.strict() {
			sets = append(sets, r.set)
		}
	}
	out.basins, err = evogame.BasinShares(ctx, g.mixed(out.table), o.Dynamic, evogame.BasinOptions{
		Starts: o.Starts, Source: rand.NewPCG(o.Seed, 0), Sets: sets, Partial: true,
		Fill: evogame.FillOptions{Workers: o.Workers, Progress: evogame.ProgressFunc(g.planner.tracker.starts)},
	})
	if err == nil && cmp.Or(o.Starts, 100) > len(out.basins.Starts) {
		out.cut = true
	}
	return err
}

// complete is a survey and the dynamic from its start.
func (g *choice) complete(ctx context.Context, o Options) (*played, error) {
	out, err := g.survey(ctx, o)
	if err != nil {
		return nil, err
	}
	return out, g.follow(ctx, out, o)
}

// survey examines all (M+1)^n profiles: payoffs in a table, all equilibria, and the profiles of
// highest welfare. All coalitions are planned before, so that the table needs no solver.
func (g *choice) survey(ctx context.Context, o Options) (*played, error) {
	var err error
	if g.unavailable, err = g.floors(ctx); err != nil {
		return nil, err
	}
	out := &played{exhaustive: true, bound: math.Inf(-1)}
	if out.table, err = evogame.Tabulate(ctx, g, evogame.FillOptions{Workers: o.Workers}); err != nil {
		return nil, err
	}
	// The methods of evogame for whole tables have no context, so that these functions end them.
	nash, err := evogame.StrictNash(cancelled{out.table, ctx})
	if err != nil {
		return nil, err
	}
	if out.rows, err = g.rows(ctx, out.table, nash); err != nil {
		return nil, err
	}
	// The measure is a function without an error. A failure becomes NaN there and is returned here.
	var failed error
	welfare, err := evogame.MeasureWelfare(out.table, func(profile []int) float64 {
		sum, gap, err := g.welfare(ctx, profile)
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			failed = err
			return math.NaN()
		}
		out.bound = max(out.bound, sum+gap)
		return sum
	})
	if failed != nil {
		return nil, failed
	}
	if err != nil {
		return nil, err
	}
	out.best, out.optimum, out.known = welfare.Best, welfare.Optimum, welfare.Ranked
	// A coalition without a plan may have any value.
	if out.unknown = len(g.planner.unplannedOpen()) > 0; out.unknown {
		out.bound = math.Inf(1)
	}
	return out, nil
}

// cancelled is a table whose payoffs have an error after the end of a context.
type cancelled struct {
	*evogame.Table
	ctx context.Context
}

// Compute implements [evogame.Computed].
func (c cancelled) Compute(_ context.Context, i int, profile []int) (payoff, tolerance float64, err error) {
	if c.ctx.Err() != nil {
		return 0, 0, fmt.Errorf("the choice ended: %w", context.Cause(c.ctx))
	}
	return c.Payoff(i, profile), c.Tolerance(i, profile), nil
}
