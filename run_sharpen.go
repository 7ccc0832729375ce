package trigrid

import (
	"cmp"
	"context"
	"iter"
	"math"
	"slices"

	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/vpp"
)

// maxFirst is the largest number of coalitions, over all VPPs, that a run with
// a budget enumerates at once. With more it searches first.
const maxFirst = 1024

// sharpen plans the coalitions that the choice needs and returns the game and
// its outcome, without a trajectory and random starts if all coalitions are
// enumerated.
//
// With a budget it works in rounds. The programs are first solved to a gap of 1
// %. Then those are solved again whose gap could change a verdict, see
// choice.needed, to the gap of the solver and with work limits that double from
// round to round. Limits count nodes and iterations, so that all rounds give
// the same plans on every machine. Only the end of the planning cuts the
// sequence.
//
// search is true if only the coalitions that the game visits are planned; the
// field exhaustive of played is then false.
func (g *choice) sharpen(ctx context.Context, o Options, search bool) (*choice, *played, error) {
	var (
		x       = g.planner
		r       = g.region
		selects selection
	)
	for effort := 0; ; effort++ {
		var (
			proposed []proposal
			out      *played
			err      error
		)
		// A search lacks most coalitions, so that each VPP solves its program
		// of selection.
		if search && !o.planAll {
			proposed, err = selects.selected(ctx, r, x, effort)
		} else {
			proposed, err = planAll(ctx, r, x)
		}
		if err != nil {
			return nil, nil, err
		}
		g = newChoice(r, x, proposed)
		if search {
			out, err = g.search(ctx, o)
		} else {
			out, err = g.survey(ctx, o)
		}
		if err == nil {
			x.tracker.welfare(out.optimum, out.bound)
		}
		// Without work limits, all programs are solved to the gap of the solver
		// already.
		if err != nil || x.limited == nil || effort == maxEffort {
			return g, out, err
		}
		needed, err := g.needed(ctx, out)
		if err != nil {
			return nil, nil, err
		}
		// A program that the solver fails on, for example, does not improve by
		// more work.
		jobs := slices.DeleteFunc(needed, func(j job) bool { return !x.worthwhile(j) })
		if len(jobs) == 0 && !selects.open() {
			return g, out, nil
		}
		if x.over() {
			x.cut = true
			return g, out, nil
		}
		if err := x.improve(ctx, effort+1, jobs); err != nil {
			return nil, nil, err
		}
	}
}

// play plans and returns the game and its outcome: of all coalitions, or of a
// search. With a budget and more than maxFirst coalitions it searches first,
// and enumerates if the planning of all coalitions ends in time.
//
// The text is the method, such as [PlanningSearched]. If a run searches first,
// the number of coalitions decides so, never the time.
func (x *planner) play(o Options) (*choice, *played, string, error) {
	var (
		ctx    = x.clock.choosing
		start  = newChoice(x.region, x, nil)
		n      = len(x.region.DERs)
		first  = !o.Search && o.Budget >= 0 && len(x.vpps)<<n > maxFirst
		g      *choice
		out    *played
		err    error
		method = PlanningEnumerated
	)
	if first {
		method = PlanningSearchedFirst
	}
	if !o.Search && !first {
		x.total = len(x.vpps) << n
	}
	x.tracker.stage(Coalitions, 0, x.total)
	if o.Search || first {
		if o.Search {
			method = PlanningSearched
		}
		g, out, err = start.sharpen(ctx, o, true)
		// The search has planned some coalitions. The others follow if there is
		// time.
		if err == nil && first && !x.over() {
			x.total = len(x.vpps) << n
			var all bool
			if all, err = x.tryAll(ctx, n); all {
				method = PlanningEnumerated
			}
		}
	}
	if method == PlanningEnumerated && err == nil {
		g, out, err = start.sharpen(ctx, o, false)
	}
	if err != nil && ctx.Err() != nil {
		// The time for the choice is over, too. A search among the known plans
		// takes a moment.
		x.seal()
		switch {
		case first:
			method = PlanningSearchedFirst
		case !o.Search:
			// The number of coalitions decided to plan all of them. Those not
			// reached are open.
			if err = x.plan(x.clock.closing, x.all(n)...); err != nil {
				return nil, nil, "", err
			}
		}
		g, out, err = start.sharpen(x.clock.closing, o, true)
	}
	return g, out, method, err
}

// seal ends the planning.
//
// Later calls of each return at once, and the result states that the run was
// cut.
func (x *planner) seal() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sealed, x.cut = true, true
}

// tryAll plans all coalitions and reports whether the time sufficed. If it did
// not, the programs that it did not reach stay unplanned, because no verdict of
// the search rests on them.
func (x *planner) tryAll(ctx context.Context, n int) (bool, error) {
	if err := x.plan(ctx, x.all(n)...); err != nil {
		return false, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	all := true
	for j, reason := range x.open {
		if reason == notReached {
			all = false
			delete(x.open, j)
			delete(x.planned, j)
			x.done--
		}
	}
	return all, nil
}

// needed returns the programs that are not proven to the gap of the solver and
// whose gap, or missing plan, could change one of these:
//
//   - whether a profile is an equilibrium: the programs behind the payoffs of
//     every move that is within its tolerance, at each profile that may be an
//     equilibrium;
//   - the preferred coalition of a VPP;
//   - the best profile: those of every profile that could have a higher welfare
//     than it;
//   - the plans of the recommended profile, and the sign of its payoffs.
//
// If the only equilibrium is a proven strict one, it is recommended for any
// values within the gaps. Otherwise the end of the dynamic and the
// recommendation depend on all payoffs, so that all programs are needed, but
// only after the others. A program without a plan always is.
func (g *choice) needed(ctx context.Context, p *played) ([]job, error) {
	// Each gap can change an admission, and with it every verdict.
	if g.refuses() {
		return g.planner.unproven(), nil
	}
	n := newNeeds(g)
	for _, j := range g.planner.unplannedOpen() {
		n.programs[j] = true
	}
	if err := n.rows(ctx, p); err != nil {
		return nil, err
	}
	if p.exhaustive {
		if err := n.preferred(); err != nil {
			return nil, err
		}
	}
	if err := n.best(ctx, p); err != nil {
		return nil, err
	}
	lone := p.lone()
	if lone != nil {
		for _, profile := range lone.set.Profiles {
			n.profile(profile)
			if err := n.signs(ctx, profile); err != nil {
				return nil, err
			}
		}
	}
	out := n.list()
	if lone == nil && !slices.ContainsFunc(out, g.planner.worthwhile) {
		return g.planner.unproven(), nil
	}
	return out, nil
}

// lone returns the only row of equilibria if it is strict, otherwise nil.
func (p *played) lone() *row {
	if len(p.rows) != 1 || !p.rows[0].strict() {
		return nil
	}
	return &p.rows[0]
}

// needs collects programs.
type needs struct {
	game     *choice
	programs map[job]bool // needed, by VPP and coalition
	payoffs  map[job]bool // of the members of a coalition, with all programs that the rule reads
}

func newNeeds(g *choice) *needs { return &needs{g, map[job]bool{}, map[job]bool{}} }

// payoff adds the programs of the payoff of DER i at a profile.
//
// A payoff outside needs no program.
func (n *needs) payoff(i int, profile []int) {
	if v := profile[i]; v < len(n.game.region.VPPs) {
		n.payoffs[job{v, coalition(profile, v)}] = true
	}
}

// profile adds the programs of a profile.
//
// For example, with two VPPs these are the programs of two coalitions.
func (n *needs) profile(profile []int) {
	for v := range n.game.region.VPPs {
		n.programs[job{v, coalition(profile, v)}] = true
	}
}

// list returns the programs that are not proven, by VPP and number.
//
// A payoff needs every coalition that the sharing rule compares.
func (n *needs) list() []job {
	for j := range n.payoffs {
		for _, t := range n.game.required(j.s) {
			n.programs[job{j.vpp, t}] = true
		}
	}
	var out []job
	for j := range n.programs {
		if open, rough := n.game.planner.state(j); open || rough {
			out = append(out, j)
		}
	}
	sortJobs(out)
	return out
}

// sortJobs orders programs by VPP and coalition, because maps have no order.
func sortJobs(jobs []job) {
	slices.SortFunc(jobs, func(a, b job) int { return cmp.Or(cmp.Compare(a.vpp, b.vpp), cmp.Compare(a.s, b.s)) })
}

// rows adds the payoffs of all moves within their tolerance at the profiles of
// the rows. Ties between equilibria of a strict set are such moves, too.
//
// For example, a move that loses 0.5 at a tolerance of 2 can be a gain in
// truth.
func (n *needs) rows(ctx context.Context, p *played) error {
	for k := range p.rows {
		for _, profile := range p.rows[k].set.Profiles {
			err := n.game.moves(ctx, profile, func(i int, other []int, margin, tolerance float64) {
				if math.Abs(margin) <= tolerance {
					n.payoff(i, profile)
					n.payoff(i, other)
				}
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// moves calls visit for every move of a DER from a profile, with the loss that
// it causes, its tolerance and the profile after it.
//
// A loss below 0 is a gain. visit must not keep other, which changes after the
// call.
func (g *choice) moves(ctx context.Context, profile []int, visit func(i int, other []int, margin, tolerance float64)) error {
	other := slices.Clone(profile)
	for i, v := range profile {
		here, tolerance, err := g.Compute(ctx, i, profile)
		if err != nil {
			return err
		}
		for u := range g.Strategies(i) {
			if u == v {
				continue
			}
			other[i] = u
			there, loose, err := g.Compute(ctx, i, other)
			if err != nil {
				return err
			}
			visit(i, other, here-there, tolerance+loose)
		}
		other[i] = v
	}
	return nil
}

// preferred adds the coalitions of each VPP that could be its best one, if
// there are several.
func (n *needs) preferred() error {
	for v, c := range n.game.planner.vpps {
		var able []vpp.Coalition
		for s := range vpp.Coalition(1) << n.game.Players() {
			if n.game.planner.runs(v, s) {
				able = append(able, s)
			}
		}
		of, err := c.OutcomesOf(able...)
		if err != nil {
			return err
		}
		least := math.Inf(-1)
		for _, s := range able {
			least = max(least, of(s).Value.Objective)
		}
		// A coalition can be the best one if its upper bound reaches the
		// highest objective.
		able = slices.DeleteFunc(able, func(s vpp.Coalition) bool {
			return of(s).Value.Objective+of(s).AbsoluteGap < least-1e-6*max(1, math.Abs(least))
		})
		if len(able) > 1 {
			for _, s := range able {
				n.programs[job{v, s}] = true
			}
		}
	}
	return nil
}

// best adds the programs of the profiles that could have a higher welfare than
// the best known one, and those of the latter if there are any.
//
// A profile with a gap of 0 has its final welfare and is no rival.
func (n *needs) best(ctx context.Context, p *played) error {
	if len(p.best) == 0 {
		return nil
	}
	rivals := false
	for profile := range p.known {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		welfare, gap, err := n.game.welfare(ctx, profile)
		if err != nil {
			return err
		}
		if gap > 0 && welfare+gap > p.optimum && !slices.ContainsFunc(p.best, func(b []int) bool { return slices.Equal(b, profile) }) {
			n.profile(profile)
			rivals = true
		}
	}
	if rivals {
		for _, profile := range p.best {
			n.profile(profile)
		}
	}
	return nil
}

// signs adds the payoffs at a profile, and after one move from it, whose
// interval contains 0.
func (n *needs) signs(ctx context.Context, profile []int) error {
	other := slices.Clone(profile)
	for i, v := range profile {
		for u := range n.game.Strategies(i) {
			other[i] = u
			payoff, tolerance, available, err := n.game.move(ctx, i, other)
			if err != nil {
				return err
			}
			if available && math.Abs(payoff) <= tolerance {
				n.payoff(i, other)
			}
		}
		other[i] = v
	}
	return nil
}

// unplannedOpen returns the planned programs without a plan.
func (x *planner) unplannedOpen() []job {
	x.mu.Lock()
	defer x.mu.Unlock()
	var out []job
	for j := range x.open {
		out = append(out, j)
	}
	return out
}

// unproven returns all planned programs that are open or rough, by VPP and
// number.
func (x *planner) unproven() []job {
	out := x.unplannedOpen()
	x.mu.Lock()
	defer x.mu.Unlock()
	for j := range x.rough {
		out = append(out, j)
	}
	sortJobs(out)
	return out
}

// Open is a program that the run did not prove to the gap of the solver,
// although a verdict depends on it, or that has no plan.
//
// For example, {"vpp": "VPP1", "members": ["W1", "T1"], "absolute_gap": 12.5}
// is a program whose optimum can be 12.5 above the objective of its plan.
type Open struct {
	VPP     string   `json:"vpp"`
	Members []string `json:"members"`

	// NoPlan is the reason if no plan is known; AbsoluteGap is then 0. The
	// coalition may be able to run.
	NoPlan      string  `json:"no_plan,omitempty"`
	AbsoluteGap float64 `json:"absolute_gap"` // as in [Achievement]
}

// openPrograms lists the programs that the outcome needs and that are not
// proven.
func (g *choice) openPrograms(ctx context.Context, p *played) ([]Open, error) {
	out := []Open{} // empty, not null, in JSON
	needed := g.planner.unproven()
	// If one strict equilibrium is certain, only the programs behind it matter.
	if p.lone() != nil {
		var err error
		if needed, err = g.needed(ctx, p); err != nil {
			return nil, err
		}
	}
	for _, j := range needed {
		o := Open{VPP: g.region.VPPs[j.vpp].Name, Members: g.region.names(j.s), NoPlan: g.planner.open[j]}
		if o.NoPlan == "" {
			outcome, err := g.planner.vpps[j.vpp].Outcome(ctx, j.s)
			if err != nil {
				return nil, err
			}
			o.AbsoluteGap = outcome.AbsoluteGap
		}
		out = append(out, o)
	}
	return out, nil
}

// proves reports whether a row is proven for all values within the gaps: it is
// strict, no payoff of a move from it rests on a program without a plan, and
// the ties of indifferent DERs rest on proven programs.
func (g *choice) proves(ctx context.Context, r *row) (bool, error) {
	if r == nil || r.set.Kind == evogame.Undetermined || g.refuses() && !g.planner.proven() {
		return false, nil
	}
	rests := newNeeds(g)
	ties := newNeeds(g)
	for _, profile := range r.set.Profiles {
		err := g.moves(ctx, profile, func(i int, other []int, margin, tolerance float64) {
			n := rests
			if math.Abs(margin) <= tolerance {
				n = ties
			}
			n.payoff(i, profile)
			n.payoff(i, other)
		})
		if err != nil {
			return false, err
		}
	}
	open := slices.ContainsFunc(rests.list(), func(j job) bool { return g.planner.open[j] != "" })
	return !open && len(ties.list()) == 0, nil
}

// provesEnd reports whether the verdict of the dynamic is proven for all values
// within the gaps. The path of an exhaustive game depends on all payoffs,
// unless it has only one possible end. A coalition without a plan can be part
// of another end.
func (g *choice) provesEnd(ctx context.Context, p *played) (bool, error) {
	whole := g.planner.proven()
	_, reached := p.end()
	if reached == nil || !reached.strict() {
		return whole && !p.undetermined(), nil
	}
	row, err := g.proves(ctx, reached)
	return row && (whole || p.lone() != nil && !p.unknown || !p.exhaustive), err
}

// undetermined reports whether some row may be an equilibrium or not.
func (p *played) undetermined() bool {
	return slices.ContainsFunc(p.rows, func(r row) bool { return r.set.Kind == evogame.Undetermined })
}

// addProofs sets the statements that verdicts are proven.
//
// p is the shown outcome and known that of the recommendation a, see
// [choice.known].
func (res *Result) addProofs(ctx context.Context, g *choice, p, known *played, a *allocation) error {
	for k := range p.rows {
		proven, err := g.proves(ctx, &p.rows[k])
		if err != nil {
			return err
		}
		res.Game.Nash[k].Proven = proven
	}
	var err error
	if res.Game.Proven, err = g.provesEnd(ctx, p); err != nil {
		return err
	}
	whole := g.planner.proven()
	rec := res.Recommendation
	switch {
	// Without a plan of each program, or without time for all rules, nothing is
	// proven.
	case a.reason == NothingSolved || a.reason == BestKnown:
	case a.reason == DynamicEnd:
		rec.Proven, err = g.provesEnd(ctx, known)
	case a.reason == BestEquilibrium && known.lone() != nil:
		rec.Proven, err = g.proves(ctx, known.lone())
		rec.Proven = rec.Proven && (whole || known.exhaustive && !known.unknown)
	case a.reason == BestEquilibrium:
		// The order of the equilibria is certain if the best one leads by more
		// than the gaps.
		var rivals [][]int
		for k := range known.rows {
			rivals = append(rivals, known.rows[k].profile)
		}
		rec.Proven, err = g.leads(ctx, a.shown(), slices.Values(rivals))
		rec.Proven = rec.Proven && whole && !known.undetermined()
	case a.reason == WithTransfers && whole && !known.undetermined():
		rec.Proven, err = g.leads(ctx, a.shown(), known.known)
	default:
		rec.Proven = a.reason == NothingFeasible && whole
	}
	return err
}

// leads reports whether no rival of a profile has its welfare up to the gaps,
// so that the order of their welfare is certain.
//
// The gaps of both profiles add up.
func (g *choice) leads(ctx context.Context, profile []int, rivals iter.Seq[[]int]) (bool, error) {
	own, gap, err := g.welfare(ctx, profile)
	if err != nil {
		return false, err
	}
	for rival := range rivals {
		if slices.Equal(rival, profile) {
			continue
		}
		welfare, loose, err := g.welfare(ctx, rival)
		if err != nil {
			return false, err
		}
		// The solver's feasibility tolerances can hide a relative 1e-6.
		if math.Abs(welfare-own) <= gap+loose+1e-6*(1+math.Abs(own)) {
			return false, nil
		}
	}
	return true, nil
}
