package trigrid

import (
	"context"
	"time"

	"github.com/trigrid/trigrid/weights"
)

// Run coordinates a region in five stages:
//
//  1. The grid publishes its weights, and the signals from which [Options.Policy] sets them.
//  2. Each VPP plans every coalition of DERs, and submits its preferred one as a sealed scheme.
//  3. The grid opens and verifies the schemes, and delivers to each DER its own part.
//  4. The DERs choose their VPP by an evolutionary dynamic until none gains by switching. VPPs can
//     refuse DERs, see [vpp.Admission]. From the
//     known equilibria follows one recommended allocation, see [Recommendation].
//  5. The payments of all parties under the recommended allocation are settled.
//
// Each message between the levels is a transaction on a ledger.
//
// A region of at most [MaxEnumerated] DERs is planned exhaustively: all coalitions of all VPPs, so
// that all equilibria and the profile of highest welfare are known. A larger one is searched, see
// [Options.Search].
//
// A region with a fleet of at least [MinFleet] DERs, or of more than [vpp.MaxDERs] DERs, is one of
// fleets: the DERs of a class divide among the VPPs. One program finds the equilibrium, and
// [Result.Fleet] has it by class, with a certificate (package fleet). All DERs of a class have the
// same payoff. [Options.Undivided] keeps fleets together.
//
// [Options.Budget] bounds the wall time. A run that the budget or ctx ends is no error: it states
// the best result so far, with [Result.Cut].
//
// The result depends on the region and on Solver, Dynamic, Start, Starts, Search and Seed of the
// options, on Policy, and on whether there is a budget, not on the number of workers, and not on
// [Options.Store] and [Options.Farm]. Only a result that is cut depends on the time. A choice that
// does not converge, or whose margins are below the solver's gap, is an outcome that [Result.Game]
// reports. A coalition that cannot run is an outcome too: [Result.Infeasible] lists it with its
// diagnosis, and the game excludes it. If no feasible profile is known, the result has the reason
// instead of an allocation. Run returns an error for invalid regions and options, for a coalition
// whose value has no limit ([vpp.UnboundedError]), and for a solver that fails.
func Run(ctx context.Context, r Region, o Options) (*Result, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	o, err := o.withDefaults(r)
	if err != nil {
		return nil, err
	}
	if r.OfFleets() && !o.Undivided {
		if err := r.validateFleets(); err != nil {
			return nil, err
		}
	}
	var (
		signals *weights.Signals // of the policy; nil: none
		stated  = r.Setting.Weights
	)
	if o.Policy != nil {
		w, measured, err := r.Weigh(o.Policy)
		if err != nil {
			return nil, err
		}
		r.Setting.Weights, signals = w, &measured
	}
	if r.OfFleets() && !o.Undivided {
		return runFleets(ctx, r, o, signals, stated)
	}
	unstoredSolver := o.Solver // has the identity of a study, see openFarm
	solved, unstored, err := o.openStore()
	if err != nil {
		return nil, err
	}
	clock := newClock(ctx, o.Budget)
	defer clock.stop()
	closing := clock.closing
	tracker := newTracker(o.Observe, clock, r)
	defer tracker.stop()

	tracker.stage(Registration, 0, 1)
	book, err := openLedger(closing, r, o)
	if err != nil {
		return nil, err
	}
	defer book.close()
	if signals != nil {
		if err := book.signals(closing, *signals); err != nil {
			return nil, err
		}
	}
	// All parties plan with the published weights, which the ledger rounds to millionths.
	if r, err = book.weights(closing); err != nil {
		return nil, err
	}
	tracker.planning(r)
	tracker.stage(Registration, 1, 1)

	plans, err := newPlanner(r, o, clock, tracker)
	if err != nil {
		return nil, err
	}
	if err := plans.openFarm(o, unstoredSolver); err != nil {
		return nil, err
	}
	defer plans.closeFarm()
	game, outcome, planning, err := plans.play(o)
	if err != nil {
		return nil, err
	}
	res := &Result{
		Region:    r.Name,
		Notes:     r.Notes,
		Warnings:  r.Warnings(),
		Weights:   r.Setting.Weights,
		Scenarios: r.Setting.Set.Len(),
		Sharing:   r.SharingRule().String(),
		Planning:  planning,
	}
	if signals != nil {
		res.Signals, res.RegionWeights = signals, &stated
	}
	if unstored != "" {
		res.Warnings = append(res.Warnings, unstored)
	}

	tracker.stage(Schemes, 0, 1)
	if err := submitSchemes(closing, book, game); err != nil {
		return nil, err
	}
	tracker.stage(Schemes, 1, 1)

	tracker.stage(Choice, 0, 1)
	if outcome.exhaustive {
		if err := game.follow(clock.choosing, outcome, o); err != nil {
			return nil, err
		}
	}
	known, err := game.known(clock.choosing, outcome, o)
	switch {
	case err != nil && clock.choosing.Err() == nil:
		return nil, err
	case err != nil: // the time ended, and the profiles of the search stay known
		known, outcome.cut = outcome, true
	}
	chosen, err := game.recommend(clock.choosing, known, o)
	if err != nil {
		return nil, err
	}
	// So do the ranges, which come first.
	unranged := false
	if shown := chosen.shown(); shown != nil {
		if unranged, err = game.addRanges(clock.choosing, shown); err != nil {
			return nil, err
		}
	}
	// The random starts change no recommendation, so that they have the time that is left.
	if outcome.exhaustive {
		if err := game.sample(clock.choosing, outcome, o); err != nil {
			return nil, err
		}
	}
	if known != outcome {
		// A search that met all coalitions has the whole game, which the result shows.
		known.basins = outcome.basins
		outcome = known
	}
	if res.Recommendation, err = game.recommendation(closing, chosen, known); err != nil {
		return nil, err
	}
	if err := res.addChoice(closing, game, outcome, chosen.shown()); err != nil {
		return nil, err
	}
	if err := res.addVPPs(closing, game, chosen.shown()); err != nil {
		return nil, err
	}
	if err := res.addRefusals(closing, game, chosen.shown()); err != nil {
		return nil, err
	}
	if err := res.addCoalitions(closing, game); err != nil {
		return nil, err
	}
	if o.Stability {
		if err := res.addStability(closing, game, outcome, chosen.shown()); err != nil {
			return nil, err
		}
	}
	res.Cut = plans.cut || outcome.cut || known.cut || chosen.cut || unranged
	if res.OpenPrograms, err = game.openPrograms(closing, known); err != nil {
		return nil, err
	}
	if err := res.addProofs(closing, game, outcome, known, chosen); err != nil {
		return nil, err
	}
	feasible := len(chosen.draws) > 0
	if feasible {
		if err := book.refuse(closing, res.Refusals); err != nil {
			return nil, err
		}
		if err := book.choices(closing, res.DERs); err != nil {
			return nil, err
		}
	}
	tracker.stage(Choice, 1, 1)
	choosing := time.Since(clock.began) - plans.time

	tracker.stage(Settling, 0, 1)
	if feasible {
		if res.Settlement, err = game.settle(closing, chosen); err != nil {
			return nil, err
		}
		if !o.Unsettled {
			if err := book.settle(closing, res.Settlement); err != nil {
				return nil, err
			}
		}
	}
	if err := book.finish(closing, res, o.Export); err != nil {
		return nil, err
	}
	tracker.stage(Settling, 1, 1)
	res.Timing = Timing{
		Coalitions: plans.time, Choice: choosing, Total: time.Since(clock.began),
		Workers: o.Workers, Programs: len(res.Coalitions),
	}
	res.Timing.addStore(solved)
	return res, nil
}

// Parts of a budget.
const (
	// reserved is the fraction of the budget that is kept for choice and settlement.
	reserved = 0.1
	// minReserve is the least time that is kept, for budgets of more than twice of it.
	minReserve = 300 * time.Millisecond
	// grace is the time for the choice after the caller has ended the run, and lastGrace that for
	// everything after it, such as the ledger. On an idle machine that takes less than a second; a
	// busy one that takes longer still returns the best result so far.
	grace, lastGrace = time.Second, time.Minute
)

// clock ends the stages of one run in time. Its contexts end one after the other:
//
//	planning  with the caller's context, or when only the reserve is left
//	choosing  when the budget ends, or a second after the caller's context
//	closing   a minute after the caller's context
//
// so that a run that is ended still states the best result so far.
type clock struct {
	began                       time.Time
	end                         time.Time // of the budget or of the caller's deadline; zero: none
	until                       time.Time // end of the planning; zero: none
	planning, choosing, closing context.Context
	caller                      context.Context
	stops                       []func()
}

// newClock starts the clock of a run. A budget below 0 is none.
func newClock(ctx context.Context, budget time.Duration) *clock {
	c := &clock{began: time.Now(), caller: ctx}
	if budget >= 0 {
		c.end = c.began.Add(budget)
	}
	if d, ok := ctx.Deadline(); ok && (c.end.IsZero() || d.Before(c.end)) {
		c.end = d
	}
	detached := context.WithoutCancel(ctx)
	choosing, stopChoosing := context.WithCancel(detached)
	closing, stopClosing := context.WithCancel(detached)
	c.stops = append(c.stops, stopChoosing, stopClosing)
	// After the end of the caller's context, the later stages have a little time left.
	halt := context.AfterFunc(ctx, func() {
		time.AfterFunc(grace, stopChoosing)
		time.AfterFunc(lastGrace, stopClosing)
	})
	c.stops = append(c.stops, func() { halt() })
	c.planning, c.choosing, c.closing = ctx, choosing, closing
	if c.end.IsZero() {
		return c
	}
	left := c.end.Sub(c.began)
	reserve := min(left/2, max(time.Duration(reserved*float64(left)), minReserve))
	c.until = c.end.Add(-reserve)
	var stop func()
	// A program that ends at its own time limit has a plan, one whose context ends has none. The
	// limit therefore comes first.
	c.planning, stop = context.WithDeadline(ctx, c.until.Add(min(reserve/4, 50*time.Millisecond)))
	c.stops = append(c.stops, stop)
	c.choosing, stop = context.WithDeadline(choosing, c.end.Add(-min(reserve/4, time.Second)))
	c.stops = append(c.stops, stop)
	return c
}

// stop releases the timers.
func (c *clock) stop() {
	for _, stop := range c.stops {
		stop()
	}
}
