package trigrid

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/vpp"
)

// choice is the game of the DERs. Strategy v < M is to join VPP v, and strategy
// M is the outside option. The payoff of DER i in VPP v, whose coalition in a
// profile is S, is
//
//	u_i = R_i(S) + θ_v φ_i(S)
//
// with the member's own revenue R_i, the VPP's pass-through ratio θ_v and the
// member's part φ_i of the gain by the sharing rule. For example, with R = 100,
// θ = 0.5 and φ = 40 the DER earns 120. If its costs are covered, R_i is its
// reservation payoff and φ_i part of a gain that includes revenues: see
// [vpp.Reservations] and [vpp.Shareable].
//
// A payoff depends on VPP and coalition only. If a payoff needs a coalition
// without a plan, the planner plans it then. Moves to a coalition that cannot
// run follow the rules of [Infeasible].
type choice struct {
	region   Region
	rule     vpp.Sharing
	planner  *planner
	proposed []proposal // by VPP
	classes  [][]int    // DERs with equal data, see identical

	// unavailable is the payoff per DER of a move that is not available; nil:
	// noRun for all.
	unavailable []float64

	// ranged has the coalitions behind the shown payoffs, and payoffs the
	// ranges of these by VPP and DER, as far as they are known: see addRanges.
	ranged  map[job]*vpp.Outcome
	payoffs map[int]map[int]vpp.Range

	mu         sync.Mutex
	divided    map[job]*division
	admissions map[job]*admission // of the DERs that choose a VPP
}

// division is the division of a coalition's gain: payoffs by index of the DER,
// and their tolerance. payoffs is nil if the coalition cannot run.
type division struct {
	payoffs   map[int]float64
	tolerance float64
}

// played is the outcome of the game.
type played struct {
	run        *evogame.Result
	table      *evogame.Table // nil for a search
	cut        bool           // the time of the choice ended before all of it was computed
	rows       []row          // equilibria
	basins     *evogame.Basins
	best       [][]int // feasible profiles of the highest welfare; empty if none is known
	optimum    float64 // their welfare; -Inf without one
	exhaustive bool    // all profiles were examined
	unknown    bool    // some coalition has no plan yet, so that its profiles are not known

	// bound is an upper bound of the welfare of every profile.
	bound float64
	// known yields the known feasible profiles from the highest welfare to the
	// lowest: all, or those that a search visited.
	known iter.Seq[[]int]
}

// end returns the profile at which the dynamic ended, and the row of equilibria
// that contains it, nil if none does.
func (p *played) end() ([]int, *row) {
	for k := range p.rows {
		r := &p.rows[k]
		if p.run.Verdict == evogame.ConvergedToStrictNash && r.has(p.run.Profile) ||
			p.run.Verdict.Converged() && r.set.Contains(p.run.Final) {
			return r.profile, r
		}
	}
	return mostProbable(p.run.Final), nil
}

// representative returns the profile that stands for the row with the given
// profile, or the profile itself if no row has it.
func (p *played) representative(profile []int) []int {
	for k := range p.rows {
		if p.rows[k].has(profile) {
			return p.rows[k].profile
		}
	}
	return profile
}

var (
	_ evogame.Game     = (*choice)(nil)
	_ evogame.Computed = (*choice)(nil)
	_ evogame.Named    = (*choice)(nil)
)

// newChoice returns the game of some proposals. It divides a gain when a payoff
// needs it.
func newChoice(r Region, p *planner, proposed []proposal) *choice {
	return &choice{
		region: r, rule: r.SharingRule(), planner: p, proposed: proposed, classes: identical(r),
		divided: map[job]*division{},
	}
}

// Players implements [evogame.Game].
func (g *choice) Players() int { return len(g.region.DERs) }

// Strategies implements [evogame.Game].
func (g *choice) Strategies(int) int { return len(g.region.VPPs) + 1 }

// PlayerName implements [evogame.Named].
func (g *choice) PlayerName(i int) string { return g.region.DERs[i].Name() }

// StrategyName implements [evogame.Named].
func (g *choice) StrategyName(_, v int) string {
	if v == len(g.region.VPPs) {
		return Outside
	}
	return g.region.VPPs[v].Name
}

// Payoff implements [evogame.Game]. It returns NaN if a payoff cannot be
// computed; Compute returns the error.
func (g *choice) Payoff(i int, profile []int) float64 {
	payoff, _, err := g.Compute(context.Background(), i, profile)
	if err != nil {
		return math.NaN()
	}
	return payoff
}

// Compute implements [evogame.Computed].
func (g *choice) Compute(ctx context.Context, i int, profile []int) (payoff, tolerance float64, err error) {
	payoff, tolerance, available, err := g.move(ctx, i, profile)
	switch {
	case err != nil || available:
		return payoff, tolerance, err
	case g.unavailable != nil:
		return g.unavailable[i], 0, nil
	}
	return noRun, 0, nil
}

// move returns the payoff of DER i at a profile with its tolerance. available
// is false if the coalition of the DER's VPP cannot run, or if the VPP refuses
// the DER.
//
// A DER outside has its payoff of Region.Outside, or 0 without an entry.
func (g *choice) move(ctx context.Context, i int, profile []int) (payoff, tolerance float64, available bool, err error) {
	v := profile[i]
	if v == len(g.region.VPPs) {
		return g.region.Outside[g.PlayerName(i)], 0, true, nil
	}
	if g.proposed[v].never != "" {
		return 0, 0, false, nil
	}
	answer, err := g.admit(ctx, v, coalition(profile, v))
	if err != nil || !answer.admitted.Has(i) {
		return 0, 0, false, err
	}
	d, err := g.divide(ctx, v, answer.admitted)
	if err != nil {
		return 0, 0, false, err
	}
	return d.payoffs[i], d.tolerance, d.payoffs != nil, nil
}

// divide returns the division of the gain of coalition s in VPP v. It plans the
// coalitions that the sharing rule compares: for the Shapley value, all subsets
// of s.
func (g *choice) divide(ctx context.Context, v int, s vpp.Coalition) (*division, error) {
	j := job{v, s}
	// The lock is not held while coalitions are planned, which can take
	// minutes.
	g.mu.Lock()
	d, ok := g.divided[j]
	g.mu.Unlock()
	if ok {
		return d, nil
	}
	var (
		setting  = g.region.Setting
		required = vpp.Required(g.rule, s)
		all      = g.required(s)
		needed   []job
	)
	for _, t := range all {
		needed = append(needed, job{v, t})
	}
	if err := g.planner.plan(ctx, needed...); err != nil {
		return nil, err
	}
	d = &division{}
	if g.planner.runs(v, s) {
		of, err := g.shareable(v, s, required)
		if err != nil {
			return nil, err
		}
		theta := g.region.VPPs[v].PassThrough
		rule := &recordedShares{Sharing: g.rule}
		d.payoffs = vpp.Payoffs(s, of, rule, theta)
		if err := g.checkShares(v, s, rule.shares); err != nil {
			return nil, err
		}
		d.tolerance = vpp.PayoffTolerance(s, of, g.rule, theta, setting.SharedMoney())
		loose, err := g.looseness(v, all)
		if err != nil {
			return nil, err
		}
		d.tolerance += loose
		if err := g.checkPayoffs(v, d.payoffs); err != nil {
			return nil, err
		}
	}
	g.mu.Lock()
	g.divided[j] = d // two goroutines may compute equal divisions; either one is kept
	g.mu.Unlock()
	return d, nil
}

// recordedShares is a sharing rule that keeps its last shares.
type recordedShares struct {
	vpp.Sharing
	shares map[int]float64
}

// Shares implements [vpp.Sharing].
func (r *recordedShares) Shares(s vpp.Coalition, of vpp.Outcomes) map[int]float64 {
	r.shares = r.Sharing.Shares(s, of)
	return r.shares
}

// checkShares returns an error for a sharing rule of a caller that leaves out a
// member or pays a DER that is none: a member without a share would have its
// revenue only.
func (g *choice) checkShares(v int, s vpp.Coalition, shares map[int]float64) error {
	bad := faults.List{Prefix: fmt.Sprintf("vpp %q: rule %v: ", g.region.VPPs[v].Name, g.rule)}
	for _, i := range s.Members() {
		_, has := shares[i]
		bad.Require(has, "no share for DER %q of the coalition %v; return one share for each member, 0 included",
			g.PlayerName(i), g.region.names(s))
	}
	for _, i := range slices.Sorted(maps.Keys(shares)) {
		bad.Require(i >= 0 && i < len(g.region.DERs) && s.Has(i), "a share for DER number %d, which is not in the coalition %v; return shares of members only",
			i, g.region.names(s))
	}
	return bad.Err()
}

// checkPayoffs returns an error for a payoff that is no number. A sharing rule
// of a caller can compare a coalition that it does not list, whose outcome is
// then NaN.
func (g *choice) checkPayoffs(v int, payoffs map[int]float64) error {
	for _, i := range slices.Sorted(maps.Keys(payoffs)) {
		if math.IsNaN(payoffs[i]) || math.IsInf(payoffs[i], 0) {
			return fmt.Errorf("vpp %q: rule %v gives DER %q the payoff %g; its shares must be finite and compare only coalitions that do not depend on outcomes, see vpp.Required",
				g.region.VPPs[v].Name, g.rule, g.PlayerName(i), payoffs[i])
		}
	}
	return nil
}

// required returns the coalitions on which the payoffs of the members of s
// rest, in ascending order: those that the sharing rule compares, and each
// member alone if costs are covered.
//
// For example, the Shapley value in {0, 1} rests on ∅, {0}, {1} and {0, 1}.
func (g *choice) required(s vpp.Coalition) []vpp.Coalition {
	out := vpp.Required(g.rule, s)
	if g.region.Setting.CoversCosts() {
		for _, i := range s.Members() {
			out = append(out, vpp.Coalition(0).With(i))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// shareable returns the outcomes with which the members of s, which can run,
// share the gain of VPP v. It returns an error unless the required coalitions
// and those of one member are planned.
func (g *choice) shareable(v int, s vpp.Coalition, required []vpp.Coalition) (vpp.Outcomes, error) {
	needed := append(slices.Clone(required), s)
	if g.region.Setting.CoversCosts() { // reservation payoffs rest on each member alone
		for _, i := range s.Members() {
			needed = append(needed, vpp.Coalition(0).With(i))
		}
	}
	raw, err := g.planner.outcomes(v, needed)
	if err != nil {
		return nil, err
	}
	var (
		alone = func(i int) *vpp.Outcome {
			if single := vpp.Coalition(0).With(i); g.planner.runs(v, single) {
				return raw(single)
			}
			return nil
		}
		outside = func(i int) float64 { return g.region.Outside[g.PlayerName(i)] }
		of      = vpp.Shareable(raw, g.region.Setting, vpp.Reservations(s, g.region.Setting, raw(s), alone, outside))
	)
	return g.planner.substituted(v, required, of), nil
}

// looseFactor is the error of a payoff that a rough plan can cause, as a
// multiple of its absolute gap in money. A gap bounds the objective, in which
// payments to members cancel, but two schedules within it can differ more in
// the payments. This is a convention, not a bound: among 150 random regions
// with plans of wrong costs, one had an error of 0.4 times the gap that the
// tolerance of the shares did not cover.
//
// The bounds of [vpp.Ranges] are sound, but for a rough plan they are those of
// the linear relaxation: two linear programs per member and coalition, which
// give widths of several per cent of the value and would leave most verdicts
// open. Only the recommended allocation has them.
const looseFactor = 10

// looseness returns the tolerance that the rough ones of some programs of VPP v
// add to a payoff, currency.
func (g *choice) looseness(v int, required []vpp.Coalition) (float64, error) {
	largest := 0.0
	for _, s := range required {
		if _, rough := g.planner.state(job{v, s}); rough && g.planner.limited != nil {
			o, err := g.planner.vpps[v].Known(s)
			if err != nil {
				return 0, err
			}
			largest = max(largest, o.AbsoluteGap)
		}
	}
	return looseFactor * largest / max(g.region.Setting.Weights.Economic, 1e-6), nil
}

// welfare returns the welfare of a profile, and the sum of the absolute gaps of
// its programs:
//
//	W = Σ_v Objective_v(S_v) + w_e Σ_{i outside} Outside_i
//
// Payments between a VPP and its members cancel within its objective. Payoffs
// outside are weighted as money is. The welfare of a profile that is not
// feasible is -Inf; a VPP that never runs adds 0.
//
// For example, objectives of 900 and 300 and an outside payoff of 50 at w_e =
// 0.4 have the welfare 1220.
func (g *choice) welfare(ctx context.Context, profile []int) (sum, gap float64, err error) {
	var jobs []job
	running := false
	for v := range g.planner.vpps {
		s := coalition(profile, v)
		if g.proposed[v].never == "" {
			jobs = append(jobs, job{v, s})
			running = true
		} else if s != 0 {
			return math.Inf(-1), 0, nil
		}
	}
	if !running {
		return math.Inf(-1), 0, nil
	}
	if err := g.planner.plan(ctx, jobs...); err != nil {
		return 0, 0, err
	}
	for _, j := range jobs {
		if !g.planner.runs(j.vpp, j.s) {
			return math.Inf(-1), 0, nil
		}
		answer, err := g.admit(ctx, j.vpp, j.s)
		if err != nil {
			return 0, 0, err
		}
		if answer.admitted != j.s {
			return math.Inf(-1), 0, nil
		}
		outcome, err := g.planner.outcome(ctx, j.vpp, j.s)
		if err != nil {
			return 0, 0, err
		}
		sum += outcome.Value.Objective
		gap += outcome.AbsoluteGap
	}
	for i, v := range profile {
		if v == len(g.region.VPPs) {
			sum += g.region.Setting.Weights.Economic * g.region.Outside[g.PlayerName(i)]
		}
	}
	g.planner.tracker.met(profile, sum)
	return sum, gap, nil
}

// resultOf returns the result of DER i at a profile, with the payoff of each
// other strategy that is available.
func (g *choice) resultOf(ctx context.Context, i int, profile []int, run *evogame.Result) (DERResult, error) {
	v := profile[i]
	out := DERResult{
		Name: g.PlayerName(i), Choice: g.StrategyName(i, v), Otherwise: make(map[string]float64), Payments: make(map[string]float64),
		Initial: run.States[0][i], Final: run.Final[i],
	}
	var err error
	if out.Payoff, out.Tolerance, _, err = g.move(ctx, i, profile); err != nil {
		return out, err
	}
	// An outside payoff is given, so that its range is a point.
	out.PayoffLow, out.PayoffHigh = ends(vpp.Range{Low: out.Payoff, High: out.Payoff})
	if v < len(g.region.VPPs) && g.proposed[v].never == "" {
		r, known := g.payoffs[v][i]
		if !known {
			r = vpp.Range{Low: math.Inf(-1), High: math.Inf(1)}
		}
		if out.PayoffLow, out.PayoffHigh = ends(r); !math.IsInf(r.Half(), 0) {
			out.Tolerance = r.Half()
		}
		outcome, err := g.planner.outcome(ctx, v, coalition(profile, v))
		if err != nil {
			return out, err
		}
		out.Revenue = outcome.Revenue[i]
		out.AllocatedGain = out.Payoff - out.Revenue
		m, err := g.member(ctx, i, profile)
		if err != nil {
			return out, err
		}
		out.OwnCost = m.Cost
		for _, item := range m.Items {
			out.Payments[item.What] += item.Amount
		}
	}
	other := slices.Clone(profile)
	for u := range g.Strategies(i) {
		if u == v {
			continue
		}
		other[i] = u
		payoff, _, available, err := g.move(ctx, i, other)
		if err != nil {
			return out, err
		}
		if available {
			out.Otherwise[g.StrategyName(i, u)] = payoff
		}
	}
	return out, nil
}

// profile returns a profile with names instead of indices.
func (g *choice) profile(p []int) Profile {
	out := make(Profile, len(p))
	for i, v := range p {
		out[g.PlayerName(i)] = g.StrategyName(i, v)
	}
	return out
}

// coalition returns the DERs that choose VPP v.
//
// For example, coalition([]int{0, 2, 0}, 0) has the DERs 0 and 2.
func coalition(profile []int, v int) vpp.Coalition {
	var s vpp.Coalition
	for i, chosen := range profile {
		if chosen == v {
			s = s.With(i)
		}
	}
	return s
}

// mostProbable returns the most probable strategy of every DER, the first of
// equal ones.
func mostProbable(x evogame.State) []int {
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

// follow runs the dynamic from its start, on the table of a survey. It has half
// of the time that is left until the deadline of ctx; if that does not suffice,
// its verdict is about the state reached.
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

// sample runs the dynamic from random starts. If ctx ends, the basins are those
// of the first starts.
func (g *choice) sample(ctx context.Context, out *played, o Options) (err error) {
	// A start belongs to the strict row at which its path ends.
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
	// 100 is the default of BasinOptions.Starts.
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

// survey examines all (M+1)^n profiles: payoffs in a table, all equilibria, and
// the profiles of highest welfare. All coalitions are planned before, so that
// the table needs no solver.
func (g *choice) survey(ctx context.Context, o Options) (*played, error) {
	var err error
	if g.unavailable, err = g.floors(ctx); err != nil {
		return nil, err
	}
	out := &played{exhaustive: true, bound: math.Inf(-1)}
	if out.table, err = evogame.Tabulate(ctx, g, evogame.FillOptions{Workers: o.Workers}); err != nil {
		return nil, err
	}
	// The methods of evogame for whole tables have no context, so that these
	// functions end them.
	nash, err := evogame.StrictNash(cancelled{out.table, ctx})
	if err != nil {
		return nil, err
	}
	if out.rows, err = g.rows(ctx, out.table, nash); err != nil {
		return nil, err
	}
	// The measure is a function without an error. A failure becomes NaN there
	// and is returned here.
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

// searchStarts is the number of random profiles from which a search starts by
// default.
const searchStarts = 4

// search plays the game without a table of all profiles. DERs move in turn,
// each to the strategy of its highest payoff, and only the coalitions on these
// paths are planned. The first path starts with all DERs outside, or at the
// most probable profile of o.Start, the others at random profiles.
//
// The equilibria are the ends of the paths that are proven to be equilibria.
// The best profile is the end of a path of moves that raise welfare, from the
// end with the highest welfare: a local optimum.
func (g *choice) search(ctx context.Context, o Options) (*played, error) {
	start := make([]int, g.Players())
	for i := range start {
		start[i] = len(g.region.VPPs)
	}
	if o.Start != nil {
		start = mostProbable(o.Start)
	}
	game := evogame.NewCached(g)
	path, err := evogame.BetterReplies(ctx, game, start, 0)
	if err != nil {
		return nil, err
	}
	out := &played{run: path.Trajectory(game), optimum: math.Inf(-1)}
	out.basins, err = evogame.PathBasins(ctx, game, cmp.Or(o.Starts, searchStarts), rand.NewPCG(o.Seed, 0))
	if err != nil {
		return nil, err
	}

	// Several paths can have the same end. Sorting makes the order independent
	// of the starts.
	ends := [][]int{mostProbable(out.run.Final)}
	for _, a := range out.basins.Attractors {
		ends = append(ends, mostProbable(a.Final))
	}
	slices.SortFunc(ends, slices.Compare)
	ends = slices.CompactFunc(ends, slices.Equal)
	var nash []evogame.Equilibrium
	for _, end := range ends {
		e, ok, err := evogame.Examine(ctx, game, end)
		if err != nil {
			return nil, err
		}
		if ok {
			nash = append(nash, e)
		}
	}
	if out.rows, err = g.rows(ctx, game, nash); err != nil {
		return nil, err
	}
	if err := g.climb(ctx, out, path.Profiles, ends); err != nil {
		return nil, err
	}
	out.unknown = len(g.planner.unplannedOpen()) > 0
	return out, nil
}

// climb sets the best known profile of a search, the bound of the welfare of
// all others, and the known profiles: those of the first path, the ends, and
// the climb.
func (g *choice) climb(ctx context.Context, out *played, first, ends [][]int) error {
	top, optimum := ends[0], math.Inf(-1)
	candidates := slices.Clone(ends)
	for k := 0; k < len(candidates); k++ {
		welfare, _, err := g.welfare(ctx, candidates[k])
		if err != nil {
			return err
		}
		if welfare > optimum {
			top, optimum = candidates[k], welfare
		}
		// Each VPP can run with its proposal, which is a start if no end is
		// feasible.
		if k == len(ends)-1 && math.IsInf(optimum, -1) {
			candidates = append(candidates, g.proposals())
		}
	}
	path, err := evogame.BetterReplies(ctx, evogame.NewCached(common{g}), top, 0)
	if err != nil {
		return err
	}
	if out.known, err = g.ranked(ctx, slices.Concat(first, ends, path.Profiles)); err != nil {
		return err
	}
	top = path.Profiles[len(path.Profiles)-1]
	var gap float64
	if out.optimum, gap, err = g.welfare(ctx, top); err != nil {
		return err
	}
	if !math.IsInf(out.optimum, -1) {
		out.best = [][]int{top}
	}
	// The best objective of each VPP and the best of the outside payoffs bound
	// every sum of them.
	for _, p := range g.proposed {
		out.bound += p.bound
	}
	for _, d := range g.region.DERs {
		out.bound += g.region.Setting.Weights.Economic * max(0, g.region.Outside[d.Name()])
	}
	out.bound = max(out.bound, out.optimum+gap)
	return nil
}

// ranked returns the feasible ones of some profiles, each once, from the
// highest welfare to the lowest, equal ones in the order of profiles.
func (g *choice) ranked(ctx context.Context, profiles [][]int) (iter.Seq[[]int], error) {
	type entry struct {
		profile []int
		welfare float64
	}
	var list []entry
	for _, p := range profiles {
		welfare, _, err := g.welfare(ctx, p)
		if err != nil {
			return nil, err
		}
		if !math.IsInf(welfare, -1) {
			list = append(list, entry{p, welfare})
		}
	}
	slices.SortFunc(list, func(a, b entry) int {
		return cmp.Or(cmp.Compare(b.welfare, a.welfare), slices.Compare(a.profile, b.profile))
	})
	list = slices.CompactFunc(list, func(a, b entry) bool { return slices.Equal(a.profile, b.profile) })
	return func(yield func([]int) bool) {
		for _, e := range list {
			if !yield(e.profile) {
				return
			}
		}
	}, nil
}

// proposals returns the profile in which each DER is in the first VPP that
// proposes it, and outside if none does.
func (g *choice) proposals() []int {
	profile := make([]int, g.Players())
	for i := range profile {
		profile[i] = slices.IndexFunc(g.proposed, func(p proposal) bool { return p.s.Has(i) })
		if profile[i] < 0 {
			profile[i] = len(g.region.VPPs)
		}
	}
	return profile
}

// common is the game in which the payoff of every DER is the welfare of the
// profile. Its better replies raise welfare with each move.
type common struct{ *choice }

// Payoff implements [evogame.Game].
func (g common) Payoff(i int, profile []int) float64 {
	welfare, _, err := g.Compute(context.Background(), i, profile)
	if err != nil {
		return math.NaN()
	}
	return welfare
}

// Compute implements [evogame.Computed]. The tolerance adds a relative 1e-6 for
// the solver's feasibility tolerance to the gap, so that moves between equal
// profiles end. Profiles that are not feasible have the payoff noRun.
func (g common) Compute(ctx context.Context, _ int, profile []int) (welfare, tolerance float64, err error) {
	welfare, gap, err := g.welfare(ctx, profile)
	if math.IsInf(welfare, -1) {
		return noRun, 0, err
	}
	return welfare, gap + 1e-6*(1+math.Abs(welfare)), err
}
