package trigrid

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/store"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// planner plans coalitions of a region, several at a time. A program is solved
// independently of all others, so that its plan does not depend on the number
// of workers or on the order.
//
// Without a budget each program is solved once, by the solver of the options.
// With a budget it is first solved roughly, and [planner.improve] solves it
// again, see [sharpen].
type planner struct {
	region  Region
	solver  milp.Solver
	limited milp.Limited // solver, if its work can be bounded and the run has a budget; else nil
	vpps    []*vpp.Coalitions
	workers int
	farm    *farmed // nil: this process solves the programs
	clock   *clock
	tracker *tracker
	total   int // programs in the stage [Coalitions], 0 if their number is open

	counting sync.Mutex
	mu       sync.Mutex            // guards the fields below
	planned  map[job]bool          // programs with an outcome, which can be the lack of a plan
	claimed  map[job]chan struct{} // programs in work, closed at its end
	excluded map[job]string        // the planned coalitions that cannot run, with the reason
	open     map[job]string        // the planned coalitions without a plan, with the reason
	rough    map[job]bool          // those with a plan that is not proven to the solver's gap
	spent    map[job]bool          // the open or rough ones that more work does not improve
	easy     bool                  // effort 0 has the gap of the solver, see probe
	sealed   bool                  // the time for planning is over
	cut      bool                  // more time would have solved or improved some program
	done     int                   // number of planned programs
	time     time.Duration         // with at least one program in work
}

// job is one program: the VPP with index vpp plans for the DERs in s.
//
// For example, job{1, 0b101} is the second VPP with the first and the third
// DER.
type job struct {
	vpp int
	s   vpp.Coalition
}

// newPlanner returns a planner without plans, or the violations of the data of
// a VPP.
func newPlanner(r Region, o Options, c *clock, t *tracker) (*planner, error) {
	x := &planner{
		region: r, solver: o.Solver, workers: o.Workers, clock: c, tracker: t,
		planned: map[job]bool{}, claimed: map[job]chan struct{}{}, excluded: map[job]string{}, open: map[job]string{},
		rough: map[job]bool{}, spent: map[job]bool{},
	}
	if l, ok := o.Solver.(milp.Limited); ok && o.Budget >= 0 {
		x.limited = l
	}
	for _, p := range r.VPPs {
		c, err := vpp.NewCoalitions(vpp.Problem{VPP: p, Members: r.DERs, Setting: r.Setting}, o.Solver)
		if err != nil {
			return nil, err
		}
		x.vpps = append(x.vpps, c)
	}
	return x, nil
}

// all returns the 2^n programs of every VPP with n DERs.
//
// For example, 2 VPPs and 5 DERs have 64 programs.
func (x *planner) all(n int) []job {
	var jobs []job
	for v := range x.vpps {
		for s := range vpp.Coalition(1) << n {
			jobs = append(jobs, job{v, s})
		}
	}
	return jobs
}

// plan solves those of the programs that are not solved yet. A coalition that
// cannot run is an outcome, see planner.runs, and so is one without a plan. The
// first failure cancels the others. After the end of the planning, the programs
// that are left count as open.
func (x *planner) plan(ctx context.Context, jobs ...job) error {
	for {
		mine, others := x.claim(jobs)
		if len(mine)+len(others) == 0 {
			return context.Cause(ctx)
		}
		if err := x.planClaimed(ctx, mine); err != nil {
			return err
		}
		// The next round claims the programs that another caller left without
		// an outcome.
		for _, ended := range others {
			select {
			case <-ended:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
}

// claim returns those of the programs that are neither solved nor in the work
// of another caller, and for the latter the channels that are closed at the end
// of that work. Paths of a search run at the same time and need the same
// coalitions.
func (x *planner) claim(jobs []job) (mine []job, others []chan struct{}) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, j := range jobs {
		switch ended := x.claimed[j]; {
		case x.planned[j]:
		case ended != nil:
			others = append(others, ended)
		default:
			x.claimed[j] = make(chan struct{})
			mine = append(mine, j)
		}
	}
	return mine, others
}

// planClaimed solves claimed programs and ends the claims.
func (x *planner) planClaimed(ctx context.Context, jobs []job) error {
	if len(jobs) == 0 {
		return nil
	}
	err := x.each(ctx, x.width(), jobs, func(ctx context.Context, j job) error { return x.solve(ctx, j, 0) })
	x.mu.Lock()
	defer x.mu.Unlock()
	// Claims end after an error as well, so that no other caller waits for
	// ever.
	for _, j := range jobs {
		close(x.claimed[j])
		delete(x.claimed, j)
		if err == nil && !x.planned[j] {
			x.planned[j], x.open[j] = true, notReached
			x.done++
		}
	}
	return err
}

// probe solves the empty coalition and a large one of each VPP, such as the
// largest, to the gap of the solver, with a small limit of nodes. If that
// suffices, the region is easy: all programs are solved to that gap at once,
// because most would reach it anyway and the others would be solved twice. It
// does nothing after the first program.
//
// large returns the large coalition of a VPP, or 0 for none.
func (x *planner) probe(ctx context.Context, large func(v int) vpp.Coalition) error {
	if x.limited == nil || x.done > 0 {
		return nil
	}
	var jobs []job
	for v := range x.vpps {
		jobs = append(jobs, job{v, 0})
		if s := large(v); s != 0 {
			jobs = append(jobs, job{v, s})
		}
	}
	if err := x.each(ctx, x.width(), jobs, func(ctx context.Context, j job) error { return x.solve(ctx, j, -1) }); err != nil {
		return err
	}
	x.easy = !slices.ContainsFunc(jobs, func(j job) bool {
		open, rough := x.state(j)
		return open || rough || !x.planned[j]
	})
	return nil
}

// notReached is the reason of a program that the run had no time to start or to
// finish.
const notReached = "the run ended before it was solved"

// improve solves programs again with the work limits of an effort above 0.
func (x *planner) improve(ctx context.Context, effort int, jobs []job) error {
	if len(jobs) == 0 {
		return nil
	}
	x.tracker.stage(Sharpening, 0, len(jobs))
	var ended atomic.Int64
	return x.each(ctx, x.width(), jobs, func(ctx context.Context, j job) error {
		err := x.solve(ctx, j, effort)
		x.tracker.done(int(ended.Add(1)))
		return err
	})
}

// each calls work for every job, on so many goroutines, until the planning ends
// or a call fails.
//
// With a budget the small coalitions come first: a payoff in a coalition needs
// the plans of its subsets, so that a run which is cut has a complete game of
// small coalitions. Without a budget the large ones come first, because no
// worker is then left with a long program at the end.
func (x *planner) each(ctx context.Context, workers int, jobs []job, work func(context.Context, job) error) error {
	if len(jobs) == 0 {
		return context.Cause(ctx)
	}
	if x.over() {
		x.seal()
		return context.Cause(ctx)
	}
	began := time.Now()
	slices.SortStableFunc(jobs, func(a, b job) int {
		if x.clock.until.IsZero() {
			a, b = b, a
		}
		return cmp.Compare(a.s.Size(), b.s.Size())
	})
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer context.AfterFunc(x.clock.planning, func() { stop(errPlanningEnded) })()
	// After a program that its wall time ended, none begins, but those in work
	// have their own limits.
	feeding, halt := context.WithCancel(ctx)
	defer halt()
	var (
		queue = make(chan job)
		group sync.WaitGroup
		ended atomic.Int64 // jobs
	)
	for range min(workers, len(jobs)) {
		group.Go(func() {
			for j := range queue {
				if err := work(ctx, j); err != nil {
					stop(err)
					return
				}
				if ctx.Err() == nil {
					ended.Add(1)
				}
				if x.over() {
					halt()
					return
				}
			}
		})
	}
feed:
	for _, j := range jobs {
		select {
		case queue <- j:
		case <-feeding.Done(): // the workers may have returned
			break feed
		}
	}
	close(queue)
	group.Wait()
	x.mu.Lock()
	x.time += time.Since(began)
	x.mu.Unlock()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, errPlanningEnded) {
		return err
	}
	x.over()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.cut = x.cut || int(ended.Load()) < len(jobs)
	return nil
}

// errPlanningEnded is the cause of a cancellation by the clock; it is no
// failure.
var errPlanningEnded = errors.New("the planning has ended")

// over reports whether the time for planning is over, and keeps that.
func (x *planner) over() bool {
	ended := x.clock.planning.Err() != nil
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sealed = x.sealed || ended
	return x.sealed
}

// Work limits of a program at effort 0; each further effort doubles them. The
// iterations grow with the size of the program, because already its first
// linear program needs some per row.
const (
	roughGap        = 0.01 // relative gap at effort 0
	probeNodes      = 8    // that a large coalition of an easy region takes at most
	probeIterations = 2    // the same, per DER, scenario and step
	roughNodes      = 250
	roughIterations = 4    // per DER, scenario and step
	minIterations   = 4000 // in addition
	maxEffort       = 40
)

// limits returns the limits of a program at an effort, or of the probe if it is
// below 0.
//
// For example, effort 2 has four times the limits of effort 0.
func (x *planner) limits(j job, effort int) milp.Limits {
	set := x.region.Setting.Set
	// Rows grow with scenarios, steps and DERs, and a VPP without DERs has
	// some.
	size := set.Len() * set.Steps() * (j.s.Size() + 2)
	l := milp.Limits{
		Nodes:      roughNodes << max(effort, 0),
		Iterations: int64(roughIterations*size+minIterations) << max(effort, 0),
	}
	switch {
	case effort < 0:
		l.Nodes, l.Iterations = probeNodes, int64(probeIterations*size)
	case effort == 0 && !x.easy:
		l.Gap = roughGap
	}
	if !x.clock.until.IsZero() {
		// The rest is for the linear programs after the search.
		l.Time = max(time.Until(x.clock.until)*9/10, time.Millisecond)
	}
	return l
}

// solve solves one program and reports the progress. It diagnoses a coalition
// that cannot run.
func (x *planner) solve(ctx context.Context, j job, effort int) error {
	var (
		limits milp.Limits
		began  = time.Now()
	)
	if x.limited != nil {
		limits = x.limits(j, effort)
	}
	known, proven, err := x.improved(ctx, j, limits)
	// A plan at the rough gap, or at a limit, can have a sufficient gap all the
	// same.
	proven = err == nil && (proven && limits.Gap == 0 || known.gap <= x.allowed(known.objective))
	open, gaveUp := "", errors.Is(err, milp.ErrFailed)
	// With a budget, a program on which the solver fails does not end the
	// others.
	if errors.Is(err, milp.ErrNoSolution) || x.limited != nil && gaveUp {
		open, err = plain(err.Error()), nil
	}
	reason, err := x.diagnose(ctx, j, err)
	if x.limited != nil && undecided(err) {
		open, err = plain(err.Error()), nil
	}
	if err != nil {
		if x.clock.planning.Err() != nil {
			return nil // it was interrupted, and plan counts it as open
		}
		return err
	}
	x.mu.Lock()
	delete(x.open, j)
	delete(x.rough, j)
	switch {
	case reason != "":
		x.excluded[j] = reason
	case open != "":
		x.open[j] = open
		x.spent[j] = x.limited == nil || gaveUp
	case !proven:
		x.rough[j] = true
		// The rounds of tangents are the same at each effort.
		x.spent[j] = x.limited == nil || effort > 0 && strings.Contains(known.stopped, "rounds of tangents")
	}
	if limits.Time > 0 && time.Since(began) >= limits.Time && (open != "" || !proven) {
		x.sealed, x.cut = true, true // wall time may have stopped it
	}
	first := !x.planned[j]
	x.planned[j] = true
	x.mu.Unlock()
	if known != nil && reason == "" && open == "" {
		x.tracker.solved(j, known.objective)
	}
	if first {
		x.count()
	}
	return nil
}

// found has the numbers of a solved program that decide whether it is proven.
type found struct {
	objective, gap float64
	stopped        string
}

// improved solves a program here or on the farm, and returns the numbers of the
// better one of the known plan and the new one, and whether the new solution
// proves it, see [vpp.Coalitions.Improve].
func (x *planner) improved(ctx context.Context, j job, limits milp.Limits) (*found, bool, error) {
	if x.farm != nil {
		return x.farm.improved(ctx, x, j, limits)
	}
	solver := x.solver
	if x.limited != nil {
		solver = x.limited.Limit(limits)
	}
	solver, end := x.tracker.begin(j, solver)
	defer end()
	plan, proven, err := x.vpps[j.vpp].Improve(ctx, j.s, solver)
	if err != nil {
		return nil, false, err
	}
	return &found{plan.Value.Objective, plan.AbsoluteGap, plan.Solution.Stopped}, proven, nil
}

// width returns the number of programs of coalitions that are solved at a time.
func (x *planner) width() int {
	if x.farm == nil {
		return x.workers
	}
	return max(1, x.farm.session.Width()) // a run without a worker would never end
}

// allowed returns the absolute gap at which a plan of an objective is proven, 0
// without a budget.
func (x *planner) allowed(objective float64) float64 {
	if x.limited == nil {
		return 0
	}
	return x.limited.AllowedGap(objective)
}

// undecided reports whether an error states that a program is infeasible or
// unbounded. A limit of work can end the solve that decides.
func undecided(err error) bool {
	return errors.Is(err, milp.ErrInfeasible) && errors.Is(err, milp.ErrUnbounded)
}

// count counts a solved program and reports it. The reports come in the order
// of the counts.
func (x *planner) count() {
	x.counting.Lock()
	defer x.counting.Unlock()
	x.mu.Lock()
	x.done++
	done := x.done
	x.mu.Unlock()
	x.tracker.programs(done, x.total)
}

// worthwhile reports whether more work can improve a planned program.
func (x *planner) worthwhile(j job) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return (x.open[j] != "" || x.rough[j]) && !x.spent[j]
}

// state reports whether a planned program has no plan, although it may have
// one, and whether its plan is not proven to the gap of the solver.
func (x *planner) state(j job) (open, rough bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.open[j] != "", x.rough[j]
}

// proven reports whether every planned program is solved to the gap of the
// solver, or proven to be infeasible.
func (x *planner) proven() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.open) == 0 && len(x.rough) == 0
}

// outcome returns the outcome of VPP v with coalition s, which can run, and
// plans it if necessary.
func (x *planner) outcome(ctx context.Context, v int, s vpp.Coalition) (*vpp.Outcome, error) {
	if err := x.plan(ctx, job{v, s}); err != nil {
		return nil, err
	}
	return x.vpps[v].Outcome(ctx, s)
}

// proposal is the preferred coalition of one VPP.
type proposal struct {
	s     vpp.Coalition
	never string // the reason if the VPP can run with no coalition; s is then empty

	// bound is an upper bound of the objective of every coalition, 0 for a VPP
	// that never runs.
	bound float64
}

// planAll plans all coalitions and returns the proposals that follow.
//
// The large coalition of the probe is that of all DERs.
func planAll(ctx context.Context, r Region, x *planner) ([]proposal, error) {
	if err := x.probe(ctx, func(int) vpp.Coalition { return 1<<len(r.DERs) - 1 }); err != nil {
		return nil, err
	}
	if err := x.plan(ctx, x.all(len(r.DERs))...); err != nil {
		return nil, err
	}
	return preferred(r, x)
}

// preferred returns the coalition of the highest objective of each VPP, among
// those with a plan.
//
// A VPP without any plan takes no part in the game.
func preferred(r Region, x *planner) ([]proposal, error) {
	out := make([]proposal, len(r.VPPs))
	for v, p := range x.vpps {
		var able []vpp.Coalition
		for s := range vpp.Coalition(1) << len(r.DERs) {
			if x.runs(v, s) {
				able = append(able, s)
			}
		}
		if able == nil {
			out[v].never = x.reason(v, 0)
			continue
		}
		of, err := p.OutcomesOf(able...)
		if err != nil {
			return nil, err
		}
		out[v] = proposal{s: vpp.Best(of, able), bound: math.Inf(-1)}
		for _, s := range able {
			out[v].bound = max(out[v].bound, of(s).Value.Objective+of(s).AbsoluteGap)
		}
	}
	return out, nil
}

// selection solves the programs in which each VPP selects its members, see
// [vpp.Problem.Select]. The zero value of an entry is a program that is not
// solved.
type selection struct {
	plans  []*vpp.Plan // by VPP; nil: none yet
	never  []string    // reason, if no coalition of the VPP can run
	proven []bool      // to the gap of the solver
	spent  []bool      // more work does not improve the plan
}

// selected returns the coalition that the selection program of each VPP yields,
// at an effort. If a program has no solution, no coalition of the VPP can run.
// A VPP without a plan of its selection proposes its empty coalition, without a
// bound.
func (y *selection) selected(ctx context.Context, r Region, x *planner, effort int) ([]proposal, error) {
	if y.plans == nil {
		n := len(r.VPPs)
		y.plans, y.never, y.proven, y.spent = make([]*vpp.Plan, n), make([]string, n), make([]bool, n), make([]bool, n)
	}
	var jobs []job
	for v := range r.VPPs {
		if !y.proven[v] && !y.spent[v] && y.never[v] == "" {
			jobs = append(jobs, job{v, 0})
		}
	}
	err := x.each(ctx, x.workers, jobs, func(ctx context.Context, j job) error { return y.solve(ctx, r, x, j.vpp, effort) })
	if err != nil {
		return nil, err
	}
	out := make([]proposal, len(r.VPPs))
	for v := range r.VPPs {
		// After the end of the planning, a VPP without any plan cannot take
		// part.
		if y.never[v] != "" || x.over() && len(x.vpps[v].Planned()) == 0 {
			if err := x.plan(ctx, job{v, 0}); err != nil {
				return nil, err
			}
			out[v].never = x.reason(v, 0)
			continue
		}
		plan := y.plans[v]
		if plan == nil {
			out[v].bound = math.Inf(1)
			continue
		}
		// The solver's feasibility tolerances can hide a relative 1e-6 of an
		// objective.
		out[v].bound = plan.Value.Objective + plan.AbsoluteGap + 1e-6*(1+math.Abs(plan.Value.Objective))
		for i := range plan.Members {
			// A plan orders its members by name, a coalition counts in the
			// order of the region.
			no := slices.IndexFunc(r.DERs, func(d der.DER) bool { return d.Name() == plan.Members[i].DER.Name() })
			out[v].s = out[v].s.With(no)
		}
	}
	if err := x.probe(ctx, func(v int) vpp.Coalition { return out[v].s }); err != nil {
		return nil, err
	}
	for v := range out {
		if out[v].s == 0 {
			continue
		}
		if err := x.plan(ctx, job{v, out[v].s}); err != nil {
			return nil, err
		}
		if !x.runs(v, out[v].s) {
			out[v].s = 0 // its scheme would need a plan
		}
	}
	return out, nil
}

// solve solves the selection program of VPP v. The program has the columns of
// all DERs in both states, so that it may take four times the work of the
// largest coalition.
func (y *selection) solve(ctx context.Context, r Region, x *planner, v, effort int) error {
	solver, limits := x.solver, milp.Limits{}
	if x.limited != nil {
		limits = x.limits(job{v, 1<<len(r.DERs) - 1}, effort)
		limits.Nodes, limits.Iterations = 4*limits.Nodes, 4*limits.Iterations
		solver = x.limited.Limit(limits)
	}
	solver, end := x.tracker.begin(job{v, 1<<len(r.DERs) - 1}, solver)
	defer end()
	plan, err := vpp.Problem{VPP: r.VPPs[v], Members: r.DERs, Setting: r.Setting}.Select(ctx, solver)
	switch {
	case impossible(err):
		y.never[v] = err.Error()
	case errors.Is(err, milp.ErrNoSolution), x.limited != nil && (undecided(err) || errors.Is(err, milp.ErrFailed)):
		y.spent[v] = x.limited == nil || errors.Is(err, milp.ErrFailed)
	case err != nil && x.clock.planning.Err() != nil: // interrupted
	case err != nil:
		return err
	default:
		y.proven[v] = plan.Solution.Status == milp.Optimal && limits.Gap == 0 || plan.AbsoluteGap <= x.allowed(plan.Value.Objective)
		y.spent[v] = x.limited == nil
		// The better plan stays, with the lower one of both upper bounds.
		if old := y.plans[v]; old != nil && !y.proven[v] {
			bound := min(old.Value.Objective+old.AbsoluteGap, plan.Value.Objective+plan.AbsoluteGap)
			if old.Value.Objective >= plan.Value.Objective {
				plan = old
			}
			best := *plan
			best.AbsoluteGap = max(0, bound-best.Value.Objective)
			plan = &best
		}
		y.plans[v] = plan
	}
	return nil
}

// open reports whether more work can improve a selection.
func (y *selection) open() bool {
	for v := range y.plans {
		if !y.proven[v] && !y.spent[v] && y.never[v] == "" {
			return true
		}
	}
	return false
}

// openStore replaces the solver by one that reads and stores solutions in the
// folder Store. It returns nil without a folder, and with the reason if
// solutions of the solver cannot be stored.
func (o *Options) openStore() (solved *store.Solver, warning string, err error) {
	if o.Store == "" {
		return nil, "", nil
	}
	folder, err := store.Open(o.Store)
	if err != nil {
		return nil, "", fmt.Errorf("options: %w", err)
	}
	solved, err = store.New(folder, o.Solver)
	if err != nil {
		return nil, fmt.Sprintf("no solution is read from %s or stored there: %v", o.Store, err), nil
	}
	o.Solver = solved.Forward()
	return solved, "", nil
}

// addStore sets the counts of a store, nil for none.
func (t *Timing) addStore(solved *store.Solver) {
	if solved == nil {
		return
	}
	t.Reused, t.Computed = solved.Read(), solved.Solved()
	if err := solved.Err(); err != nil {
		t.NotStored = err.Error()
	}
}

// Infeasible is a coalition that cannot run: its program has no schedule. For
// example, a VPP with a demand of 7 MW, an import limit of 2 MW and a turbine
// of 4 MW lacks 1 MW.
//
// Such coalitions are excluded from the game by these rules:
//
//   - A DER cannot join a VPP whose coalition with it cannot run. The move
//     counts as a loss against every other payoff of the DER.
//   - A DER may leave a coalition that cannot run without it. A profile in
//     which a VPP cannot run is not feasible: it is no equilibrium, it has no
//     welfare, and it is never recommended.
//   - A sharing rule compares coalitions. One that cannot run counts as its
//     best sub-coalition that can, because the other members bring nothing. If
//     there is none, as for a VPP that cannot run alone, it counts as the worst
//     of the compared coalitions that can run, so that the members share only
//     the gain over that one.
//   - The same rules hold for a coalition without a plan in
//     [Result.OpenPrograms], but each verdict that rests on it is not proven.
//   - A VPP that can run with no coalition takes no part: no DER can join it
//     and it trades nothing. [VPPResult.NeverRuns] has the reason. If this
//     holds for all VPPs, no profile is feasible.
type Infeasible struct {
	VPP     string   `json:"vpp"`
	Members []string `json:"members"`
	Reason  string   `json:"reason"` // with step, scenario and amount if the diagnosis has them
}

// impossible reports whether an error states that a program has no solution,
// and not that it may be unbounded instead.
func impossible(err error) bool {
	return errors.Is(err, milp.ErrInfeasible) && !errors.Is(err, milp.ErrUnbounded)
}

// diagnose returns the reason if err states that a program has no solution, ""
// if err is nil, and otherwise err. An error of package vpp has the reason
// already.
func (x *planner) diagnose(_ context.Context, j job, err error) (reason string, failed error) {
	if !errors.Is(err, milp.ErrInfeasible) {
		return "", err
	}
	p := vpp.Problem{VPP: x.region.VPPs[j.vpp], Setting: x.region.Setting}
	for _, i := range j.s.Members() {
		p.Members = append(p.Members, x.region.DERs[i])
	}
	// A contradiction that the data show without a solver has the shortest
	// explanation.
	if seen := p.Diagnose(); seen != nil {
		return plain(seen.Error()), nil
	}
	var conflict *vpp.InfeasibleError
	switch {
	case errors.As(err, &conflict):
		return conflict.Reason, nil
	case impossible(err):
		return plain(err.Error()), nil // the diagnosis failed or was cut, but not the proof
	}
	return "", err
}

// plain writes a diagnosis in one line, without the parts that every diagnosis
// repeats.
func plain(text string) string {
	var parts []string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(strings.TrimSpace(line), ": "+milp.ErrInfeasible.Error())
		parts = append(parts, strings.TrimPrefix(strings.TrimSuffix(line, ":"), "vpp: "))
	}
	return strings.Join(parts, "; ")
}

// runs reports whether a planned coalition has a plan.
func (x *planner) runs(v int, s vpp.Coalition) bool { return x.reason(v, s) == "" }

// reason returns why a planned coalition has no plan, "" if it has one.
func (x *planner) reason(v int, s vpp.Coalition) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return cmp.Or(x.excluded[job{v, s}], x.open[job{v, s}])
}

// infeasible lists the planned coalitions that cannot run, by VPP and number.
func (x *planner) infeasible() []Infeasible {
	jobs := slices.SortedFunc(maps.Keys(x.excluded), func(a, b job) int {
		return cmp.Or(cmp.Compare(a.vpp, b.vpp), cmp.Compare(a.s, b.s))
	})
	out := make([]Infeasible, 0, len(jobs)) // empty, not null, in JSON
	for _, j := range jobs {
		out = append(out, Infeasible{x.region.VPPs[j.vpp].Name, x.region.names(j.s), x.excluded[j]})
	}
	return out
}

// outcomes returns the stored outcomes of those coalitions of VPP v that can
// run. It returns an error for one that is not planned.
func (x *planner) outcomes(v int, needed []vpp.Coalition) (vpp.Outcomes, error) {
	able := slices.DeleteFunc(slices.Clone(needed), func(s vpp.Coalition) bool { return !x.runs(v, s) })
	return x.vpps[v].OutcomesOf(able...)
}

// substituted returns the outcomes of, in which those of coalitions that cannot
// run are replaced as [Infeasible] states.
func (x *planner) substituted(v int, needed []vpp.Coalition, of vpp.Outcomes) vpp.Outcomes {
	var able, unable []vpp.Coalition
	for _, s := range needed {
		if x.runs(v, s) {
			able = append(able, s)
		} else {
			unable = append(unable, s)
		}
	}
	if unable == nil {
		return of
	}
	instead := make(map[vpp.Coalition]*vpp.Outcome, len(unable))
	for _, s := range unable {
		instead[s] = replacement(s, able, of)
	}
	return func(s vpp.Coalition) *vpp.Outcome {
		if o, ok := instead[s]; ok {
			return o
		}
		return of(s)
	}
}

// replacement returns the outcome that stands for coalition s, which cannot
// run: the best of its sub-coalitions in able, or the worst of all of able if
// there is none. The gap is the largest of the compared ones, because any of
// them may be the true best. Ranges, if there are any, contain the value of the
// true one.
func replacement(s vpp.Coalition, able []vpp.Coalition, of vpp.Outcomes) *vpp.Outcome {
	var best, worst *vpp.Outcome
	gapBest, gapWorst := 0.0, 0.0
	var ranges, rangesWorst *vpp.Ranges
	for _, t := range able {
		o := of(t)
		rangesWorst = extreme(rangesWorst, o.Ranges, func(a, b float64) float64 { return min(a, b) })
		gapWorst = max(gapWorst, o.AbsoluteGap)
		if worst == nil || o.Value.Integrated < worst.Value.Integrated {
			worst = o
		}
		if t&^s != 0 {
			continue // not a sub-coalition
		}
		gapBest = max(gapBest, o.AbsoluteGap)
		ranges = extreme(ranges, o.Ranges, func(a, b float64) float64 { return max(a, b) })
		if best == nil || o.Value.Integrated > best.Value.Integrated {
			best = o
		}
	}
	gap := gapBest
	if best == nil {
		best, gap, ranges = worst, gapWorst, rangesWorst
	}
	out := *best
	out.Coalition, out.AbsoluteGap = s, gap
	if ranges != nil {
		return out.WithRanges(ranges)
	}
	return &out
}

// extreme returns the range of the higher, or lower, one of two values. Its
// schedule is certain if both are.
//
// choose is min or max, for both ends.
func extreme(a, b *vpp.Ranges, choose func(a, b float64) float64) *vpp.Ranges {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return &vpp.Ranges{
		Integrated: vpp.Range{Low: choose(a.Integrated.Low, b.Integrated.Low), High: choose(a.Integrated.High, b.Integrated.High)},
		Schedules:  min(a.Schedules, b.Schedules, 1),
	}
}

// noRun is the payoff of a move that is not available, in a search: below every
// payoff in money.
const noRun = -1e12

// floors returns, per DER, the payoff of a move that is not available: below
// the lowest payoff of the DER in any coalition by the range of its payoffs and
// 1 more. It returns nil if all moves are available. All coalitions must be
// planned.
func (g *choice) floors(ctx context.Context) ([]float64, error) {
	if len(g.planner.excluded)+len(g.planner.open) == 0 && !g.refuses() {
		return nil, nil
	}
	low, high := make([]float64, g.Players()), make([]float64, g.Players())
	for i := range low {
		low[i] = g.region.Outside[g.PlayerName(i)]
		high[i] = low[i]
	}
	for v := range g.region.VPPs {
		for s := vpp.Coalition(1); s < 1<<g.Players(); s++ {
			if !g.planner.runs(v, s) {
				continue
			}
			d, err := g.divide(ctx, v, s)
			if err != nil {
				return nil, err
			}
			for i, payoff := range d.payoffs {
				low[i], high[i] = min(low[i], payoff), max(high[i], payoff)
			}
		}
	}
	for i := range low {
		low[i] -= math.Abs(high[i]-low[i]) + 1
	}
	return low, nil
}
