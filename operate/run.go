package operate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/store"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
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

// day operates and settles one day, 0 ≤ day < Days, in the order that the
// package comment states. VPPs do not act on each other within a day, so that
// several are operated at a time.
func (r *runner) day(ctx context.Context, day int) (*Day, error) {
	grid := r.season.Grid(day)
	out := &Day{Number: day + 1, Start: grid.Start, Steps: grid.Steps, Moves: []Move{}, Gains: map[string]float64{}}
	set, err := r.known(ctx, day, r.season.Gate(day), grid, r.o.Strategy.scenarios())
	if err != nil {
		return nil, err
	}
	region, err := r.region(set)
	if err != nil {
		return nil, err
	}
	// Data of the day, such as a capacity, are those of the template, and the
	// state is that of the DER. A DER outside every VPP keeps its state.
	for i, d := range region.DERs {
		if day > 0 {
			region.DERs[i] = renew(d, r.state[d.Name()], grid)
		} else {
			region.DERs[i] = r.state[d.Name()]
		}
		r.state[d.Name()] = region.DERs[i]
	}
	if r.o.Weights != nil {
		if r.weights, err = r.o.Weights(day, region); err != nil {
			return nil, fmt.Errorf("weights: %w", err)
		}
		region.Setting.Weights = r.weights
	}
	if r.o.Policy != nil {
		if out.Signals, err = r.weigh(ctx, day, &region); err != nil {
			return nil, err
		}
	}
	// Moves are those against the choices of yesterday; the choices of the
	// first day are none.
	before := maps.Clone(r.choices)
	var plans []*vpp.Plan // of the choice
	if out.Chosen = r.chooses(day); out.Chosen {
		if plans, err = r.choose(ctx, day, region); err != nil {
			return nil, err
		}
	} else if r.weights, err = r.book.publish(ctx, day+1, r.weights); err != nil {
		return nil, err
	}
	for _, name := range r.ders {
		if day > 0 && before[name] != r.choices[name] {
			out.Moves = append(out.Moves, Move{name, before[name], r.choices[name]})
		}
	}
	out.Weights, out.Choices, out.Forecasts = r.weights, maps.Clone(r.choices), forecasts(set)
	if set.Len() > 1 {
		out.Probabilities = set.Probabilities()
	}
	for _, name := range r.ders {
		if gain := r.gains[name]; gain != 0 {
			out.Gains[name] = gain
		}
	}
	// All VPPs close the gate before any of them operates.
	vpps := make([]*vppDay, len(r.vpps))
	for v := range vpps {
		vpps[v] = r.newDay(day, v, grid, region.DERs)
		if plans != nil {
			vpps[v].chosen = plans[v]
		}
	}
	if err := r.each(ctx, vpps, func(ctx context.Context, x *vppDay) error { return x.gate(ctx, set) }); err != nil {
		return nil, err
	}
	if !out.Chosen {
		if err := r.book.propose(ctx, day+1, vpps, r.choices, r.gains); err != nil {
			return nil, err
		}
	}
	steps := make([]int, len(vpps)) // operated
	err = r.each(ctx, vpps, func(ctx context.Context, x *vppDay) error {
		return x.operate(ctx, func(step int) {
			// The step that all VPPs have reached is the progress of the day.
			r.mu.Lock()
			steps[x.v] = step
			least := slices.Min(steps)
			r.mu.Unlock()
			if x.v == 0 || least == step {
				r.report(Progress{Day: day, Step: least, Steps: grid.Steps})
			}
		})
	})
	if err != nil {
		return nil, err
	}
	// From here on the day is over, and its values are known.
	actual, err := r.actual(ctx, day, grid)
	if err != nil {
		return nil, err
	}
	if err := r.each(ctx, vpps, func(ctx context.Context, x *vppDay) error { return x.meter(ctx, actual) }); err != nil {
		return nil, err
	}
	for _, x := range vpps {
		out.Plans = append(out.Plans, x.metered)
		out.Replans += x.replans
		out.Misses = append(out.Misses, x.misses...)
		out.add(totals(x.metered))
		for _, d := range x.state {
			r.state[d.Name()] = d
		}
	}
	for _, miss := range out.Misses {
		out.UnservedMWh += miss.MWh + miss.HeatMWh
		out.UnheldMWh += miss.ReserveMWh
	}
	// Demand that is not served costs nothing, so that such a day can be below
	// any bound.
	if r.o.Bounds && out.Misses == nil {
		if out.Bound, err = r.bound(ctx, vpps, actual); err != nil {
			return nil, err
		}
	}
	for _, d := range region.DERs {
		r.reach.after(d.Name(), d, actual)
	}
	// Money follows from the delivered energy, and not from the plan.
	if err := r.settle(out); err != nil {
		return nil, err
	}
	// A day that is over is settled as a whole, so that the ledger has the days
	// of the result.
	return out, r.book.settle(context.WithoutCancel(ctx), day+1, out.Payments)
}

// each calls work for the VPPs of a day, several at a time, and returns the
// first error in their order.
func (r *runner) each(ctx context.Context, vpps []*vppDay, work func(context.Context, *vppDay) error) error {
	errs := make([]error, len(vpps))
	var group sync.WaitGroup
	for v, x := range vpps {
		group.Go(func() {
			r.o.shared.slots <- struct{}{}
			defer func() { <-r.o.shared.slots }()
			if errs[v] = work(ctx, x); errs[v] != nil {
				errs[v] = fmt.Errorf("VPP %q: %w", r.vpps[v], errs[v])
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// choose lets the DERs choose for a day and returns the plans of the VPPs, nil
// if they cannot serve as plans of the strategy.
func (r *runner) choose(ctx context.Context, day int, region trigrid.Region) ([]*vpp.Plan, error) {
	began := time.Now()
	defer func() { r.choice += time.Since(began) }()
	r.o.shared.slots <- struct{}{}
	defer func() { <-r.o.shared.slots }()
	o := r.o.Choice
	workers := max(1, r.o.Workers/int(r.o.shared.seasons.Load())) // a result does not depend on it
	o.Solver, o.Workers, o.Store, o.Seed, o.Budget = r.common, workers, r.o.Store, r.o.Seed+uint64(day), -1
	o.Policy = nil // the weights of the region follow from signals that the ledger has already
	o.Unsettled, o.Period = true, uint64(day+1)
	o.Undivided = true // a season has one choice per member
	if r.book != nil {
		o.Network = r.book.net
	}
	// Without a budget, the choice does not depend on the speed of the machine.
	result, err := trigrid.Run(ctx, region, o)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx) // the result is cut
	}
	if result.Settlement == nil {
		return nil, fmt.Errorf("no choice of VPPs is feasible: %s", result.Recommendation.Explanation)
	}
	r.weights = result.Weights
	// Gains and transfers are agreed here and paid until the next choice.
	r.gains = map[string]float64{}
	for _, d := range result.DERs {
		r.choices[d.Name] = d.Choice
		if d.Choice != trigrid.Outside {
			r.gains[d.Name] = d.AllocatedGain + result.Recommendation.Transfers[d.Name]
		}
	}
	if m := r.o.Strategy.Method; m == WorstCase || m == RuleBased {
		return nil, nil // their plans follow from other scenarios, or from rules
	}
	return result.Plans, nil
}

// chooses reports whether the DERs choose on a day.
func (r *runner) chooses(day int) bool { return r.o.Choices == nil && day%r.o.ChooseEvery == 0 }

// weigh sets the weights of a day by the policy, from the signals of its region
// in millionths, as the ledger has them.
//
// The grid measures on its own scenarios of the gate. Each strategy thus has
// the same weights on the same day, and a strategy with a point forecast has a
// volatility, too.
func (r *runner) weigh(ctx context.Context, day int, region *trigrid.Region) (*weights.Signals, error) {
	set, err := r.season.Source.Known(ctx, r.season.Gate(day), r.season.Grid(day), signalScenarios)
	if err != nil {
		return nil, fmt.Errorf("signals: %w", err)
	}
	measured, err := r.region(set)
	if err != nil {
		return nil, fmt.Errorf("signals: %w", err)
	}
	measured.DERs = region.DERs // in their states
	w, signals, err := measured.Weigh(r.o.Policy)
	if err != nil {
		return nil, err
	}
	r.weights, region.Setting.Weights = w, w
	if r.book != nil {
		stated, err := contracts.NewSignals(uint64(day+1), signals.CleanShare, signals.Volatility, signals.SupplyMargin)
		if err != nil {
			return nil, err
		}
		if err := r.book.net.PublishSignals(ctx, stated); err != nil {
			return nil, err
		}
	}
	return &signals, nil
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
