package operate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/store"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/weights"
)

// Run operates a season with one strategy; the package comment states the
// course of a day. The result depends on the season and on the strategy, the
// seed, the solver and the choice of the options, not on the number of workers
// and not on the store.
//
// If ctx ends, Run returns the days that are settled, with [Result.Cut]. It
// returns an error for an invalid season and invalid options, for a day on
// which no choice is feasible, and for a gate at which some VPP has no plan,
// even if it serves no demand. The error names day and VPP. Actual values
// without a solution are no error, see [Day.Misses].
func Run(ctx context.Context, season Season, o Options) (*Result, error) {
	if err := season.Validate(); err != nil {
		return nil, err
	}
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if v, ok := season.Source.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return nil, err
		}
	}
	if err := season.checkSpan(); err != nil {
		return nil, err
	}
	if o.shared == nil {
		o.shared = &workers{slots: make(chan struct{}, o.Workers)}
	}
	o.shared.seasons.Add(1)
	defer o.shared.seasons.Add(-1)
	r := &runner{season: season, o: o, began: time.Now()}
	if err := r.start(ctx); err != nil {
		return nil, err
	}
	defer r.close()
	// A day begins with the states that the day before has left.
	for day := range season.Days {
		done, err := r.day(ctx, day)
		if err != nil && ctx.Err() != nil {
			r.result.Cut = true
			break
		}
		if err != nil {
			return nil, fmt.Errorf("operate: day %d, %s: %w", day+1, season.Grid(day).Start.Format(time.DateOnly), err)
		}
		r.result.Days = append(r.result.Days, *done)
		r.report(Progress{Day: day + 1, Step: done.Steps, Steps: done.Steps})
	}
	return r.finish(ctx)
}

// signalScenarios is the number of scenarios from which signals of the grid are
// measured. It is the default of [Measured.Samples], which are then not
// reduced.
const signalScenarios = 200

// workers are the VPPs that can be operated at a time, in all seasons of a
// comparison together.
type workers struct {
	slots   chan struct{} // one per VPP in work
	seasons atomic.Int64  // that run now

	// memory has the solutions of choices, gates and bounds, which are often
	// equal for several strategies; nil for a single season.
	memory *store.Memory
}

// runner operates one season. Its fields from vpps to weights change from day
// to day; the VPPs of a day read them at the same time, and only [runner.day]
// writes them.
type runner struct {
	season Season
	o      Options
	solver milp.Solver
	common milp.Solver   // of programs that other strategies of a comparison can have, too
	solved *store.Solver // nil without a store
	result *Result
	book   *book // nil without a ledger

	vpps, ders []string // names, in the order of the region
	state      map[string]der.DER
	choices    trigrid.Profile
	gains      map[string]float64
	weights    weights.Vector
	reach      reaches // states that the days before can have left, for bounds

	mu     sync.Mutex // guards the counts, and calls of Observe
	counts struct{ programs, replans int }
	choice time.Duration
	began  time.Time
}

// start reads the region of the first day, and opens store and ledger. It
// returns an error for a region that is invalid on that day, for choices of
// unknown names, and for kinds without a rule under [RuleBased].
func (r *runner) start(ctx context.Context) error {
	set, err := r.known(ctx, 0, r.season.Gate(0), r.season.Grid(0), 1)
	if err != nil {
		return err
	}
	region, err := r.region(set)
	if err != nil {
		return err
	}
	if err := region.Validate(); err != nil {
		return err
	}
	r.result = &Result{
		Season: r.season.Name, Notes: slices.Concat(r.season.Notes, region.Notes), Strategy: r.o.Strategy,
		Parties: []Party{{trigrid.GridParty, RoleGrid}},
	}
	for _, v := range region.VPPs {
		r.vpps = append(r.vpps, v.Name)
		r.result.Parties = append(r.result.Parties, Party{v.Name, RoleVPP})
	}
	r.state, r.reach = map[string]der.DER{}, reaches{}
	r.choices, r.gains, r.weights = trigrid.Profile{}, map[string]float64{}, region.Setting.Weights
	for _, d := range region.DERs {
		r.ders = append(r.ders, d.Name())
		r.result.Parties = append(r.result.Parties, Party{d.Name(), RoleDER})
		r.state[d.Name()] = begin(d)
		r.reach.begun(d.Name(), d)
		r.choices[d.Name()] = trigrid.Outside
		if v, ok := r.o.Choices[d.Name()]; ok {
			r.choices[d.Name()] = v
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.o.Choices)) {
		if !slices.Contains(r.ders, name) {
			return fmt.Errorf("operate: options: Choices has %q, which is not a DER; the DERs are %q", name, r.ders)
		}
		if v := r.o.Choices[name]; v != trigrid.Outside && !slices.Contains(r.vpps, v) {
			return fmt.Errorf("operate: options: Choices of %q is %q, want %q or one of the VPPs %q", name, v, trigrid.Outside, r.vpps)
		}
	}
	if err := checkDays(region.DERs); err != nil {
		return err
	}
	if r.o.Strategy.Method == RuleBased {
		if err := ruled(region.DERs, set); err != nil {
			return err
		}
	}
	r.solver, r.common = r.o.Solver, r.o.Solver
	switch {
	case r.o.Store != "":
		folder, err := store.Open(r.o.Store)
		if err != nil {
			return fmt.Errorf("operate: options: %w", err)
		}
		// A solver without an identity cannot store; the season runs without.
		if r.solved, err = store.New(folder, r.o.Solver); err == nil {
			r.solver, r.common = r.solved.Forward(), r.solved.Forward()
		} else {
			r.solved = nil
		}
	case r.o.shared.memory != nil:
		if remembered, err := store.New(r.o.shared.memory, r.o.Solver); err == nil {
			r.common = remembered.Forward()
		}
	}
	if !r.o.NoLedger {
		r.book, err = openBook(ctx, r.season.Name, r.vpps, r.ders, r.o.Seed)
	}
	return err
}

// close stops the ledger.
func (r *runner) close() {
	if r.book != nil {
		r.book.close()
	}
}

// region returns the region over the steps of a set, with the present weights
// after the first day.
func (r *runner) region(set *scenario.Set) (trigrid.Region, error) {
	region, err := r.season.Region(set)
	if err != nil {
		return region, err
	}
	// Templates such as [Repeat] share one list of DERs, and strategies run at
	// the same time.
	region.DERs = slices.Clone(region.DERs)
	for i, d := range region.DERs {
		region.DERs[i] = oneSchedule(d)
	}
	if r.result == nil {
		return region, nil // the first one gives the names
	}
	// States, choices and payments belong to names in their order.
	var vpps, ders []string
	for _, v := range region.VPPs {
		vpps = append(vpps, v.Name)
	}
	for _, d := range region.DERs {
		ders = append(ders, d.Name())
	}
	if !slices.Equal(vpps, r.vpps) || !slices.Equal(ders, r.ders) {
		return region, fmt.Errorf("operate: the template has the VPPs %q and the DERs %q, before %q and %q; give the same in the same order at each call",
			vpps, ders, r.vpps, r.ders)
	}
	return region, nil
}

// known returns the series as the source states them at a time, and for perfect
// foresight as at the end of the day.
//
// For example, at 10:00 an hourly grid from 10:00 has one actual value and
// forecasts.
func (r *runner) known(ctx context.Context, day int, at time.Time, grid scenario.Grid, n int) (*scenario.Set, error) {
	if r.o.Strategy.Method == PerfectForesight {
		return r.actual(ctx, day, grid)
	}
	return r.season.Source.Known(ctx, at, grid, n)
}

// actual returns the actual values of the steps of a grid, as known at the end
// of a day.
func (r *runner) actual(ctx context.Context, day int, grid scenario.Grid) (*scenario.Set, error) {
	whole := r.season.Grid(day)
	return r.season.Source.Known(ctx, whole.Time(whole.Steps), grid, 1)
}

// report calls the observer, from one goroutine at a time.
func (r *runner) report(p Progress) {
	if r.o.Observe == nil {
		return
	}
	p.Strategy, p.Days = r.o.Strategy.Name, r.season.Days
	r.mu.Lock()
	defer r.mu.Unlock()
	r.o.Observe(p)
}

// finish returns the result with its totals, and exports the chain. It works
// after the end of ctx, too.
func (r *runner) finish(ctx context.Context) (*Result, error) {
	out := r.result
	// Whole minor units add up without rounding.
	sums := make(map[string]int64)
	for i := range out.Days {
		out.Totals.add(out.Days[i].Totals)
		for _, line := range out.Days[i].Payments {
			sums[line.Party] += line.Minor
		}
	}
	for _, p := range out.Parties {
		out.Payments = append(out.Payments, trigrid.Line{Party: p.Name, Minor: sums[p.Name]})
	}
	if r.book != nil {
		closing := context.WithoutCancel(ctx) // a season that is cut has a ledger, too
		var err error
		if out.Ledger, err = r.book.summary(closing); err != nil {
			return nil, err
		}
		if r.o.Export != nil {
			if err := r.book.net.Export(closing, r.o.Export); err != nil {
				return nil, err
			}
		}
	}
	out.Timing = Timing{Total: time.Since(r.began), Choice: r.choice, Programs: r.counts.programs, Replans: r.counts.replans}
	if r.solved != nil {
		out.Timing.Reused = r.solved.Read()
	}
	return out, nil
}
