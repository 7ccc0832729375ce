package trigrid

import (
	"context"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/store"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/weights"
)

// Run coordinates a region in five stages:
//
//  1. The grid publishes its weights, and the signals from which
//     [Options.Policy] sets them.
//  2. Each VPP plans every coalition of DERs, and submits its preferred one as
//     a sealed scheme.
//  3. The grid opens and verifies the schemes, and delivers to each DER its own
//     part.
//  4. The DERs choose their VPP by an evolutionary dynamic until none gains by
//     switching. VPPs can refuse DERs, see [vpp.Admission]. From the known
//     equilibria follows one recommended allocation, see [Recommendation].
//  5. The payments of all parties under the recommended allocation are settled.
//
// Each message between the levels is a transaction on a ledger.
//
// A region of at most [MaxEnumerated] DERs is planned exhaustively: all
// coalitions of all VPPs, so that all equilibria and the profile of highest
// welfare are known. A larger one is searched, see [Options.Search].
//
// A region with a fleet of at least [MinFleet] DERs, or of more than
// [vpp.MaxDERs] DERs, is one of fleets: the DERs of a class divide among the
// VPPs. One program finds the equilibrium, and [Result.Fleet] has it by class,
// with a certificate (package fleet). All DERs of a class have the same payoff.
// [Options.Undivided] keeps fleets together.
//
// [Options.Budget] bounds the wall time. A run that the budget or ctx ends is
// no error: it states the best result so far, with [Result.Cut].
//
// The result depends on the region and on Solver, Dynamic, Start, Starts,
// Search and Seed of the options, on Policy, and on whether there is a budget,
// not on the number of workers, and not on [Options.Store] and [Options.Farm].
// Only a result that is cut depends on the time. A choice that does not
// converge, or whose margins are below the solver's gap, is an outcome that
// [Result.Game] reports. A coalition that cannot run is an outcome too:
// [Result.Infeasible] lists it with its diagnosis, and the game excludes it. If
// no feasible profile is known, the result has the reason instead of an
// allocation. Run returns an error for invalid regions and options, for a
// coalition whose value has no limit ([vpp.UnboundedError]), and for a solver
// that fails.
func Run(ctx context.Context, r Region, o Options) (*Result, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	o, err := o.withDefaults(r)
	if err != nil {
		return nil, err
	}
	divided := r.OfFleets() && !o.Undivided
	if divided {
		if err := r.validateFleets(); err != nil {
			return nil, err
		}
	}
	x := coordination{region: r, options: o, stated: r.Setting.Weights}
	if err := x.weigh(); err != nil {
		return nil, err
	}
	defer x.end()
	if divided {
		return x.runFleets(ctx)
	}
	solver := o.Solver // without a store it has the identity of a study, see openFarm
	if err := x.open(ctx); err != nil {
		return nil, err
	}
	stages := coalitionRun{coordination: &x}
	defer stages.end()
	return stages.all(solver)
}

// coordination has what all stages of a run share, for both kinds of region.
type coordination struct {
	region  Region // with the published weights, once the ledger is open
	options Options
	stated  weights.Vector   // of the region, before the policy
	signals *weights.Signals // of the policy; nil: none

	clock   *clock
	tracker *tracker
	book    *record
	solved  *store.Solver // nil without a folder
	warning string        // solutions cannot be stored; "": none
}

// weigh sets the weights by the policy of the options, if there is one.
func (x *coordination) weigh() error {
	if x.options.Policy == nil {
		return nil
	}
	w, measured, err := x.region.Weigh(x.options.Policy)
	if err != nil {
		return err
	}
	x.region.Setting.Weights, x.signals = w, &measured
	return nil
}

// open opens the store, starts the clock and publishes the weights on a new
// ledger. Classes are registered before the round is opened, which their draw
// requires.
func (x *coordination) open(ctx context.Context, classes ...der.Fleet) (err error) {
	if x.solved, x.warning, err = x.options.openStore(); err != nil {
		return err
	}
	x.clock = newClock(ctx, x.options.Budget)
	x.tracker = newTracker(x.options.Observe, x.clock, x.region)
	closing := x.clock.closing

	x.tracker.stage(Registration, 0, 1)
	if x.book, err = openLedger(closing, x.region, x.options); err != nil {
		return err
	}
	if len(classes) > 0 {
		if err := x.book.classes(closing, classes); err != nil {
			return err
		}
	}
	if x.signals != nil {
		if err := x.book.signals(closing, *x.signals); err != nil {
			return err
		}
	}
	// All parties plan with the published weights, which the ledger rounds to
	// millionths.
	if x.region, err = x.book.weights(closing); err != nil {
		return err
	}
	x.tracker.planning(x.region)
	x.tracker.stage(Registration, 1, 1)
	return nil
}

// end releases what open has made, in the reverse order.
func (x *coordination) end() {
	if x.book != nil {
		x.book.close()
	}
	if x.clock != nil {
		x.tracker.stop()
		x.clock.stop()
	}
}

// result returns a result with the data of the region.
func (x *coordination) result(sharing string, planning string) *Result {
	r := x.region
	res := &Result{
		Region: r.Name, Notes: r.Notes, Warnings: r.Warnings(), Weights: r.Setting.Weights,
		Scenarios: r.Setting.Set.Len(), Sharing: sharing, Planning: planning,
	}
	if x.signals != nil {
		res.Signals, res.RegionWeights = x.signals, &x.stated
	}
	if x.warning != "" {
		res.Warnings = append(res.Warnings, x.warning)
	}
	return res
}

// finish ends the ledger and adds the times to the result.
func (x *coordination) finish(ctx context.Context, res *Result, t Timing) (*Result, error) {
	if err := x.book.finish(ctx, res, x.options.Export); err != nil {
		return nil, err
	}
	x.tracker.stage(Settling, 1, 1)
	t.Total, t.Workers = time.Since(x.clock.began), x.options.Workers
	t.addStore(x.solved)
	res.Timing = t
	return res, nil
}

// coalitionRun is the state of a run whose coalitions are sets of DERs.
type coalitionRun struct {
	*coordination
	plans *planner
	game  *choice
	res   *Result

	outcome *played     // of the game, as the result shows it
	known   *played     // of all profiles, if a search has planned all coalitions; else the outcome
	chosen  *allocation // the recommendation
	cut     bool        // the time ended before the ranges were complete
}

// end ends the session of the farm.
func (x *coalitionRun) end() {
	if x.plans != nil {
		x.plans.closeFarm()
	}
}

// all runs the stages after the registration. solver is that of the options
// without a store.
func (x *coalitionRun) all(solver milp.Solver) (*Result, error) {
	if err := x.plan(solver); err != nil {
		return nil, err
	}
	closing := x.clock.closing

	x.tracker.stage(Schemes, 0, 1)
	if err := submitSchemes(closing, x.book, x.game); err != nil {
		return nil, err
	}
	x.tracker.stage(Schemes, 1, 1)

	x.tracker.stage(Choice, 0, 1)
	if err := x.choose(); err != nil {
		return nil, err
	}
	if err := x.show(); err != nil {
		return nil, err
	}
	feasible := len(x.chosen.draws) > 0
	if feasible {
		if err := x.book.refuse(closing, x.res.Refusals); err != nil {
			return nil, err
		}
		if err := x.book.choices(closing, x.res.DERs); err != nil {
			return nil, err
		}
	}
	x.tracker.stage(Choice, 1, 1)
	times := Timing{Coalitions: x.plans.time, Programs: len(x.res.Coalitions)}
	times.Choice = time.Since(x.clock.began) - x.plans.time

	x.tracker.stage(Settling, 0, 1)
	if feasible {
		if err := x.settle(); err != nil {
			return nil, err
		}
	}
	return x.finish(closing, x.res, times)
}

// plan plans the coalitions and plays the game as far as the planning needs it.
func (x *coalitionRun) plan(solver milp.Solver) (err error) {
	if x.plans, err = newPlanner(x.region, x.options, x.clock, x.tracker); err != nil {
		return err
	}
	if err := x.plans.openFarm(x.options, solver); err != nil {
		return err
	}
	var planning string
	if x.game, x.outcome, planning, err = x.plans.play(x.options); err != nil {
		return err
	}
	x.res = x.result(x.region.SharingRule().String(), planning)
	return nil
}

// choose finds the recommended allocation. If the time ends, what is known
// stays.
func (x *coalitionRun) choose() (err error) {
	ctx, game, outcome, o := x.clock.choosing, x.game, x.outcome, x.options
	if outcome.exhaustive {
		if err := game.follow(ctx, outcome, o); err != nil {
			return err
		}
	}
	x.known, err = game.known(ctx, outcome, o)
	switch {
	case err != nil && ctx.Err() == nil:
		return err
	case err != nil: // the time ended, and the profiles of the search stay known
		x.known, outcome.cut = outcome, true
	}
	if x.chosen, err = game.recommend(ctx, x.known, o); err != nil {
		return err
	}
	// Payments follow from the ranges of the recommended profile, which
	// therefore come first.
	if shown := x.chosen.shown(); shown != nil {
		if x.cut, err = game.addRanges(ctx, shown); err != nil {
			return err
		}
	}
	// The random starts change no recommendation, so that they have the time
	// that is left.
	if outcome.exhaustive {
		if err := game.sample(ctx, outcome, o); err != nil {
			return err
		}
	}
	if x.known != outcome {
		// A search that met all coalitions has the whole game, which the result
		// shows.
		x.known.basins = outcome.basins
		x.outcome = x.known
	}
	return nil
}

// show writes the game and the recommended allocation into the result.
func (x *coalitionRun) show() (err error) {
	closing, res, game, shown := x.clock.closing, x.res, x.game, x.chosen.shown()
	if res.Recommendation, err = game.recommendation(closing, x.chosen, x.known); err != nil {
		return err
	}
	if err := res.addChoice(closing, game, x.outcome, shown); err != nil {
		return err
	}
	if err := res.addVPPs(closing, game, shown); err != nil {
		return err
	}
	if err := res.addRefusals(closing, game, shown); err != nil {
		return err
	}
	if err := res.addCoalitions(closing, game); err != nil {
		return err
	}
	if x.options.Stability {
		if err := res.addStability(closing, game, x.outcome, shown); err != nil {
			return err
		}
	}
	res.Cut = x.plans.cut || x.outcome.cut || x.known.cut || x.chosen.cut || x.cut
	if res.OpenPrograms, err = game.openPrograms(closing, x.known); err != nil {
		return err
	}
	return res.addProofs(closing, game, x.outcome, x.known, x.chosen)
}

// settle computes the payments, and pays them unless the caller settles later.
func (x *coalitionRun) settle() (err error) {
	closing := x.clock.closing
	if x.res.Settlement, err = x.game.settle(closing, x.chosen); err != nil || x.options.Unsettled {
		return err
	}
	return x.book.settle(closing, x.res.Settlement)
}

// Parts of a budget.
const (
	// reserved is the fraction of the budget that is kept for choice and
	// settlement.
	reserved = 0.1
	// minReserve is the least time that is kept, for budgets of more than twice
	// of it.
	minReserve = 300 * time.Millisecond
	// grace is the time for the choice after the caller has ended the run, and
	// lastGrace that for everything after it, such as the ledger. On an idle
	// machine that takes less than a second; a busy one that takes longer still
	// returns the best result so far.
	grace, lastGrace = time.Second, time.Minute
)

// clock ends the stages of one run in time. Its contexts end one after the
// other:
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
	// After the end of the caller's context, the later stages have a little
	// time left.
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
	// A program that ends at its own time limit has a plan, one whose context
	// ends has none. The limit therefore comes first.
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
