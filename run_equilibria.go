package trigrid

import (
	"context"
	"errors"
	"math"
	"math/bits"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// row is one row of the list of equilibria: one profile, or a strict set of
// profiles that differ in the choices of indifferent DERs, each up to swaps of
// identical DERs.
//
// For example, if a DER earns the same in VPP1 and outside, both profiles are
// one row.
type row struct {
	profile []int // of the highest welfare, then with the most DERs outside, then the first
	welfare float64
	set     evogame.EquilibriumSet // with the profiles of all swaps
	swaps   int                    // number of equilibria that are swaps of each other, at least 1
}

// has reports whether a profile belongs to the row.
func (r *row) has(profile []int) bool {
	return slices.ContainsFunc(r.set.Profiles, func(p []int) bool { return slices.Equal(p, profile) })
}

// strict reports whether the row is a proven strict equilibrium.
func (r *row) strict() bool { return r.set.Kind == evogame.Strict }

// rows groups the equilibria of a game into rows. It leaves out profiles that
// are not feasible.
func (g *choice) rows(ctx context.Context, game evogame.Game, nash []evogame.Equilibrium) ([]row, error) {
	sets, err := evogame.EquilibriumSets(ctx, game, nash)
	if err != nil {
		return nil, err
	}
	var out []row
	for _, set := range sets {
		r := row{set: set, swaps: 1, welfare: math.Inf(-1)}
		feasible := true
		for _, p := range set.Profiles {
			welfare, gap, err := g.welfare(ctx, p)
			if err != nil {
				return nil, err
			}
			feasible = feasible && !math.IsInf(welfare, -1)
			// The solver's feasibility tolerances can hide a relative 1e-6.
			equal := gap + 1e-6*(1+math.Abs(welfare))
			if r.profile == nil || welfare > r.welfare+equal ||
				welfare >= r.welfare-equal && g.outside(p) > g.outside(r.profile) {
				r.profile, r.welfare = p, welfare
			}
		}
		// A strict set is one row with the profile found above, and so is a
		// single profile.
		if feasible && (set.Kind == evogame.Strict || len(set.Profiles) == 1) {
			out = append(out, r)
			continue
		}
		// Ties that lead to a profile that is not feasible, or away from the
		// equilibria, prove nothing: each profile has its own row.
		for _, p := range set.Profiles {
			e, _, err := evogame.Examine(ctx, game, p)
			if err != nil {
				return nil, err
			}
			welfare, _, err := g.welfare(ctx, p)
			if err != nil {
				return nil, err
			}
			if math.IsInf(welfare, -1) {
				continue
			}
			single := evogame.EquilibriumSet{Profiles: [][]int{p}, Kind: e.Kind, Margin: e.Margin, Tolerance: e.Tolerance}
			out = append(out, row{profile: p, welfare: welfare, set: single, swaps: 1})
		}
	}
	if err := g.doubt(ctx, out); err != nil {
		return nil, err
	}
	// Profiles are ordered by the choice of the first DER, then of the second
	// one, and so on.
	slices.SortStableFunc(out, func(a, b row) int { return slices.Compare(a.set.Profiles[0], b.set.Profiles[0]) })
	return g.merge(out), nil
}

// doubt makes rows undetermined if a payoff at them, or after a move from them,
// rests on a coalition without a plan. Such a payoff is not known. The margin
// is that of the known moves.
//
// For example, the Shapley value of a pair rests on both DERs alone. If one of
// these programs has no plan, the payoffs of the pair are substitutes, see
// [Infeasible].
func (g *choice) doubt(ctx context.Context, rows []row) error {
	if len(g.planner.unplannedOpen()) == 0 {
		return nil
	}
	for k := range rows {
		// margin is the smallest loss of a known move.
		margin, open := math.Inf(1), false
		for _, profile := range rows[k].set.Profiles {
			other := slices.Clone(profile)
			for i, v := range profile {
				here, _, _, err := g.move(ctx, i, profile)
				if err != nil {
					return err
				}
				open = open || g.unknown(i, profile)
				for u := range g.Strategies(i) {
					if other[i] = u; u == v {
						continue
					}
					there, _, available, err := g.move(ctx, i, other)
					switch {
					case err != nil:
						return err
					case g.unknown(i, other):
						open = true
					case available:
						margin = min(margin, here-there)
					}
				}
				other[i] = v
			}
		}
		if open {
			rows[k].set.Kind, rows[k].set.Margin = evogame.Undetermined, margin
		}
	}
	return nil
}

// unknown reports whether the payoff of DER i at a profile rests on a program
// without a plan. A coalition that is proven to be infeasible has no payoff, so
// that nothing is unknown.
func (g *choice) unknown(i int, profile []int) bool {
	v := profile[i]
	if v == len(g.region.VPPs) {
		return false
	}
	if g.refuses() { // an admission rests on more coalitions than the payoff
		return true
	}
	s := coalition(profile, v)
	if g.planner.impossible(job{v, s}) {
		return false
	}
	// A payoff rests on each coalition that the sharing rule compares.
	return slices.ContainsFunc(g.required(s), func(t vpp.Coalition) bool {
		open, _ := g.planner.state(job{v, t})
		return open
	})
}

// impossible reports whether a planned program is proven to have no schedule.
func (x *planner) impossible(j job) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.excluded[j] != ""
}

// outside returns the number of DERs outside at a profile. An indifferent DER
// is better outside than in a VPP to which it brings nothing.
func (g *choice) outside(profile []int) int {
	n := 0
	for _, v := range profile {
		if v == len(g.region.VPPs) {
			n++
		}
	}
	return n
}

// merge joins rows of one kind whose profiles are equal after swaps of
// identical DERs. The first of them stays.
//
// For example, two equal batteries in VPP1 and VPP2 give two rows, which become
// one with swaps = 2.
func (g *choice) merge(rows []row) []row {
	if len(g.classes) == 0 {
		return rows
	}
	var out []row
	for _, r := range rows {
		// len(Profiles)/swaps is the number of profiles of o before any merge.
		k := slices.IndexFunc(out, func(o row) bool {
			return o.set.Kind == r.set.Kind && len(o.set.Profiles)/o.swaps == len(r.set.Profiles) &&
				slices.Equal(g.sorted(o.profile), g.sorted(r.profile))
		})
		if k < 0 {
			r.set.Profiles = slices.Clone(r.set.Profiles)
			out = append(out, r)
			continue
		}
		out[k].set.Profiles = append(out[k].set.Profiles, r.set.Profiles...)
		out[k].swaps++
	}
	return out
}

// sorted returns a profile in which the choices within each class of identical
// DERs are in order. Profiles that are swaps of each other give the same
// result.
//
// For example, if DERs 0 and 2 are identical, (1, 0, 0) and (0, 0, 1) both
// become (0, 0, 1).
func (g *choice) sorted(profile []int) []int {
	out := slices.Clone(profile)
	for _, class := range g.classes {
		var choices []int
		for _, i := range class {
			choices = append(choices, profile[i])
		}
		slices.Sort(choices)
		for k, i := range class {
			out[i] = choices[k]
		}
	}
	return out
}

// identical returns the classes of at least two DERs that have equal data and
// outside payoffs and differ in their names only, in the order of the region.
//
// For example, {{0, 2}} states that the first and the third DER are equal
// batteries.
func identical(r Region) [][]int {
	var classes [][]int
	seen := make([]bool, len(r.DERs))
	for i, a := range r.DERs {
		if seen[i] {
			continue
		}
		class := []int{i}
		for j := i + 1; j < len(r.DERs); j++ {
			if b := r.DERs[j]; !seen[j] && r.Outside[a.Name()] == r.Outside[b.Name()] && equalData(a, b) {
				class = append(class, j)
				seen[j] = true
			}
		}
		if len(class) > 1 {
			classes = append(classes, class)
		}
	}
	return classes
}

// equalData reports whether two DERs are structs of one kind that differ in the
// field with their name only.
//
// A kind with hidden fields, or without a field for its name, equals no other
// DER.
func equalData(a, b der.DER) bool {
	x, y := reflect.Indirect(reflect.ValueOf(a)), reflect.Indirect(reflect.ValueOf(b))
	if x.Type() != y.Type() || x.Kind() != reflect.Struct {
		return false
	}
	named := false
	for k := range x.NumField() {
		f, o := x.Field(k), y.Field(k)
		if !f.CanInterface() {
			return false // hidden data cannot be compared
		}
		if f.Kind() == reflect.String && f.String() == a.Name() && o.String() == b.Name() {
			named = true
			continue
		}
		if !reflect.DeepEqual(f.Interface(), o.Interface()) {
			return false
		}
	}
	return named
}

// mixture is the table of a game with a faster expectation. The payoff of DER i
// in VPP v depends on the coalition of v only, so that its expectation is one
// over coalitions and not over profiles:
//
//	f_i(v; x) = Σ_{S ⊆ N∖i} Π_{j∈S} x_jv Π_{j∉S} (1 − x_jv) u_i(v, S ∪ i)
//
// With n DERs and M VPPs an evaluation takes about 2 n M 2^(n−1)
// multiplications instead of n (M+1)^n. For 8 DERs and 3 VPPs these are 6,144
// instead of 524,288.
type mixture struct {
	game                  // the table, as an interface: a Table has a fast expectation of its own
	payoffs [][][]float64 // by VPP, DER and coalition of the others, without the bit of the DER
	outside []float64     // by DER
	scratch sync.Pool     // of *[]float64
}

// game is the part of a table that the dynamics need besides the expectation.
type game interface {
	evogame.Game
	evogame.Tolerant
	evogame.Named
}

// manyProfiles is the number of profiles from which a mixture is used. Below it
// the table is fast enough.
const manyProfiles = 1 << 14

// mixed returns the table, or its mixture if it has many profiles.
//
// For example, 8 DERs and 3 VPPs have 4^8 = 65,536 profiles.
func (g *choice) mixed(t *evogame.Table) evogame.PopulationGame {
	n, vpps, profiles := g.Players(), len(g.region.VPPs), 1
	for range n {
		profiles *= vpps + 1
	}
	if profiles < manyProfiles {
		return t
	}
	return newMixture(t, n, vpps)
}

// newMixture reads from the table the payoffs of n DERs in each VPP, by
// coalition. All DERs that are not in the coalition are outside, which does not
// change these payoffs.
func newMixture(t *evogame.Table, n, vpps int) *mixture {
	m := &mixture{game: t, payoffs: make([][][]float64, vpps), outside: make([]float64, n)}
	profile := make([]int, n)
	for v := range vpps {
		m.payoffs[v] = make([][]float64, n)
		for i := range n {
			m.payoffs[v][i] = make([]float64, 1<<(n-1))
			for others := range m.payoffs[v][i] {
				// Bit k of others is DER k, or DER k+1 from DER i on.
				bit := 0
				for j := range profile {
					switch {
					case j == i:
						profile[j] = v
						continue
					case others>>bit&1 == 1:
						profile[j] = v
					default:
						profile[j] = vpps
					}
					bit++
				}
				m.payoffs[v][i][others] = t.Payoff(i, profile)
			}
		}
	}
	for i := range n {
		for j := range profile {
			profile[j] = vpps
		}
		m.outside[i] = t.Payoff(i, profile)
	}
	return m
}

// Payoffs implements [evogame.PopulationGame].
//
// Calls can run at the same time: each has a buffer of its own.
func (m *mixture) Payoffs(dst, x evogame.State) {
	buffer, _ := m.scratch.Get().(*[]float64)
	if buffer == nil {
		buffer = new([]float64)
		*buffer = make([]float64, len(m.payoffs[0][0]))
	}
	for i := range dst {
		for v := range m.payoffs {
			dst[i][v] = expect(m.payoffs[v][i], x, i, v, *buffer)
		}
		dst[i][len(m.payoffs)] = m.outside[i]
	}
	m.scratch.Put(buffer)
}

// expect returns f_i(v; x). It removes one DER after the other, from the one
// with the highest bit: rest[k] becomes (1 − p) rest[k] + p rest[k + half].
//
// buffer is at least half as long as payoffs, which do not change.
func expect(payoffs []float64, x evogame.State, i, v int, buffer []float64) float64 {
	rest := payoffs
	for j, bit := len(x)-1, bits.Len(uint(len(payoffs)))-2; j >= 0; j-- {
		if j == i {
			continue
		}
		in, out := x[j][v], 0.0
		for u, p := range x[j] {
			if u != v {
				out += p // the difference 1 − in would lose the digits of small probabilities
			}
		}
		half := 1 << bit
		low, high := rest[:half], rest[half:2*half]
		for k := range low {
			buffer[k] = out*low[k] + in*high[k]
		}
		rest = buffer
		bit--
	}
	return rest[0]
}

// maxRanged is the largest number of coalitions whose ranges a run computes.
// With more, all ranges are unknown. The number decides and never the clock.
const maxRanged = 1024

// addRanges computes the ranges of the values and payoffs at a profile: of the
// coalition of each VPP, and of the coalitions that payoffs compare with it. It
// has half of the time that is left until the deadline of ctx. If that does not
// suffice, or the caller has ended the run, the values stay, the other ranges
// are unknown and cut is true. A range on which the solver fails is unknown,
// too.
func (g *choice) addRanges(ctx context.Context, profile []int) (cut bool, err error) {
	g.ranged, g.payoffs = map[job]*vpp.Outcome{}, map[int]map[int]vpp.Range{}
	if g.planner.clock.caller.Err() != nil {
		return true, nil
	}
	if deadline, ok := ctx.Deadline(); ok {
		half, stop := context.WithDeadline(ctx, time.Now().Add(time.Until(deadline)/2))
		defer stop()
		ctx = half
	}
	jobs, err := g.toRange(ctx, profile)
	if err != nil && ctx.Err() != nil {
		return true, nil
	}
	if err != nil || len(jobs) > maxRanged {
		return false, err
	}
	var (
		queue = make(chan job)
		group sync.WaitGroup
		mu    sync.Mutex
		ended = 0
	)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	for range min(g.planner.width(), len(jobs)) {
		group.Go(func() {
			for j := range queue {
				_, end := g.planner.tracker.begin(j, nil)
				o, err := g.planner.rangedOf(ctx, j)
				end()
				switch {
				// If the solver fails on one range, that range is unknown and
				// the others go on.
				case err == nil, errors.Is(err, milp.ErrFailed):
				case ctx.Err() != nil:
					return
				default:
					stop(err)
					return
				}
				mu.Lock()
				if ended++; err == nil {
					g.ranged[j] = o
				}
				mu.Unlock()
			}
		})
	}
feed:
	for _, j := range jobs {
		select {
		case queue <- j:
		case <-ctx.Done():
			break feed
		}
	}
	close(queue)
	group.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		return false, err
	}
	// A payoff range needs the ranges of all coalitions that the rule compares.
	for v := range g.planner.vpps {
		known := !slices.ContainsFunc(jobs, func(j job) bool { return j.vpp == v && g.ranged[j] == nil })
		if known && g.proposed[v].never == "" {
			var err error
			if g.payoffs[v], err = g.payoffRanges(v, coalition(profile, v)); err != nil {
				return false, err
			}
		}
	}
	return ended < len(jobs), nil
}

// toRange plans and returns the coalitions that can run and that the payoffs at
// a profile depend on, by VPP and number.
func (g *choice) toRange(ctx context.Context, profile []int) ([]job, error) {
	found := map[job]bool{}
	for v := range g.planner.vpps {
		if g.proposed[v].never != "" {
			continue
		}
		s := coalition(profile, v)
		for _, t := range vpp.Required(g.rule, s) {
			found[job{v, t}] = true
		}
		// The reservation payoff of a member rests on its coalition of one.
		if g.region.Setting.CoversCosts() {
			for _, i := range s.Members() {
				found[job{v, vpp.Coalition(0).With(i)}] = true
			}
		}
	}
	var jobs []job
	for j := range found {
		jobs = append(jobs, j)
	}
	sortJobs(jobs)
	if err := g.planner.plan(ctx, jobs...); err != nil {
		return nil, err
	}
	var able []job
	for _, j := range jobs {
		if g.planner.runs(j.vpp, j.s) {
			able = append(able, j)
		}
	}
	return able, nil
}

// rangedOutcome returns the outcome of a coalition that can run with its
// ranges, which are infinite if they are not known.
func (g *choice) rangedOutcome(j job) (*vpp.Outcome, error) {
	if o := g.ranged[j]; o != nil {
		return o, nil
	}
	o, err := g.planner.vpps[j.vpp].Known(j.s)
	if err != nil {
		return nil, err
	}
	return o.Unranged(), nil
}

// payoffRanges returns the ranges of the payoffs of the members of s, a
// coalition of VPP v, scaled as the payoffs are. It is empty if a payoff has
// too many cases, and an error if a coalition on which it rests is not planned.
func (g *choice) payoffRanges(v int, s vpp.Coalition) (map[int]vpp.Range, error) {
	known := map[vpp.Coalition]*vpp.Outcome{}
	for _, t := range append(g.required(s), s) {
		if !g.planner.runs(v, t) {
			continue
		}
		o, err := g.rangedOutcome(job{v, t})
		if err != nil {
			return nil, err
		}
		known[t] = o
	}
	var (
		required = vpp.Required(g.rule, s)
		setting  = g.region.Setting
		ranged   = func(t vpp.Coalition) *vpp.Outcome { return known[t] }
		alone    = func(i int) *vpp.Outcome {
			if single := vpp.Coalition(0).With(i); g.planner.runs(v, single) {
				return ranged(single)
			}
			return nil
		}
		outside = func(i int) float64 { return g.region.Outside[g.PlayerName(i)] }
		out     = make(map[int]vpp.Range, s.Size())
	)
	// Within the gaps, a reservation can come from several cases, such as alone
	// or outside. The range of a payoff covers all cases.
	for _, reservations := range vpp.ReservationRanges(s, setting, ranged(s), alone, outside) {
		of := g.planner.substituted(v, required, vpp.ShareableRanges(ranged, setting, reservations))
		for i, r := range vpp.PayoffRanges(s, of, g.rule, g.region.VPPs[v].PassThrough) {
			if before, known := out[i]; known {
				r = r.Join(before)
			}
			out[i] = r
		}
	}
	return out, nil
}

// ends returns the ends of a range for JSON, nil for an infinite one.
//
// For example, the range [3, +Inf) has the ends 3 and nil.
func ends(r vpp.Range) (low, high *float64) {
	if !math.IsInf(r.Low, 0) {
		low = &r.Low
	}
	if !math.IsInf(r.High, 0) {
		high = &r.High
	}
	return low, high
}
