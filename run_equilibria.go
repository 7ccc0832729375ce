package trigrid

import (
	"context"
	"math"
	"reflect"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/vpp"
)

// row is one row of the list of equilibria: one profile, or a strict set of profiles that differ in
// the choices of indifferent DERs, each up to swaps of identical DERs.
type row struct {
	profile []int // of the highest welfare; of equal ones with the most DERs outside, then the first
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

// rows groups the equilibria of a game into rows. It leaves out profiles that are not feasible.
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
		if feasible && (set.Kind == evogame.Strict || len(set.Profiles) == 1) {
			out = append(out, r)
			continue
		}
		// Ties that lead to a profile that is not feasible, or away from the equilibria, prove
		// nothing: each profile has its own row.
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
	slices.SortStableFunc(out, func(a, b row) int { return slices.Compare(a.set.Profiles[0], b.set.Profiles[0]) })
	return g.merge(out), nil
}

// doubt makes rows undetermined if a payoff at them, or after a move from them, rests on a
// coalition without a plan. Such a payoff is not known. The margin is that of the known moves.
//
// For example, the Shapley value of a pair rests on both DERs alone. If one of these programs has
// no plan, the payoffs of the pair are substitutes, see [Infeasible].
func (g *choice) doubt(ctx context.Context, rows []row) error {
	if len(g.planner.unplannedOpen()) == 0 {
		return nil
	}
	for k := range rows {
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

// unknown reports whether the payoff of DER i at a profile rests on a program without a plan. A
// coalition that is proven to be infeasible has no payoff, so that nothing is unknown.
func (g *choice) unknown(i int, profile []int) bool {
	v := profile[i]
	if v == len(g.region.VPPs) {
		return false
	}
	s := coalition(profile, v)
	if g.planner.impossible(job{v, s}) {
		return false
	}
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

// outside returns the number of DERs outside at a profile. An indifferent DER is better outside
// than in a VPP to which it brings nothing.
func (g *choice) outside(profile []int) int {
	n := 0
	for _, v := range profile {
		if v == len(g.region.VPPs) {
			n++
		}
	}
	return n
}

// merge joins rows of one kind whose profiles are equal after swaps of identical DERs. The first of
// them stays.
func (g *choice) merge(rows []row) []row {
	if len(g.classes) == 0 {
		return rows
	}
	var out []row
	for _, r := range rows {
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

// sorted returns a profile in which the choices within each class of identical DERs are in order.
// Profiles that are swaps of each other give the same result.
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

// identical returns the classes of at least two DERs that have equal data and outside payoffs and
// differ in their names only, in the order of the region.
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

// equalData reports whether two DERs are structs of one kind that differ in the field with their
// name only.
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
