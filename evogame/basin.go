package evogame

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// BasinOptions sets the sampling of [BasinShares]. Source is required.
type BasinOptions struct {
	Starts int         // number of random starts; 0: 100
	Source rand.Source // of the starts, for example rand.NewPCG(1, 2)
	Fill   FillOptions // workers and progress, counted in starts
	Run    Options     // of every run; held populations keep their random start

	// Partial returns the basins of the first starts, up to the first one that
	// did not end, if the context ends; there may be none. Default false: an
	// error.
	Partial bool

	// Sets are the strict sets of equilibria of the game, from
	// [EquilibriumSets]; nil: none. All starts that end in one set form one
	// attractor, although indifferent players end at different probabilities.
	Sets []EquilibriumSet
}

// withDefaults returns o with defaults set, or an error.
func (o BasinOptions) withDefaults() (BasinOptions, error) {
	if o.Source == nil {
		return o, errors.New("evogame: BasinShares needs a Source, for example rand.NewPCG(1, 2)")
	}
	starts, err := startsOrDefault(o.Starts)
	o.Starts = starts
	if o.Run.Every == 0 {
		o.Run.Every = math.Inf(1) // trajectories are not used
	}
	return o, err
}

// startsOrDefault returns the number of starts, 100 for 0.
func startsOrDefault(starts int) (int, error) {
	if starts < 0 {
		return 0, fmt.Errorf("evogame: the number of starts is %d, "+
			"want at least 1, or 0 for 100", starts)
	}
	return cmp.Or(starts, 100), nil
}

// Attractor is a set of ends that count as equal, with the estimated size of
// its basin.
type Attractor struct {
	Verdict Verdict
	Profile []int   // for ConvergedToStrictNash, nil otherwise; of a set the first profile
	Final   State   // of the first start that ended here
	Count   int     // starts that ended here
	Share   float64 // p̂ = Count / number of starts, estimate of the basin's volume fraction
	// Low and High are the bounds of Wilson's 95 % confidence interval for the
	// volume fraction.
	Low, High float64
}

// Basins is the outcome of runs from random starts.
type Basins struct {
	Attractors []Attractor // largest first, then in the order of the first start
	Starts     []State
	Ends       []int // per start, index of its attractor
}

// BasinShares estimates the basins of attraction of a dynamic. It runs the
// dynamic from random starts, uniform on the product of simplices, and counts
// their ends. Strict Nash equilibria are separated by profile, or by their set
// in BasinOptions.Sets. Other rest points are separated by state (within 1e-3),
// but those of one continuum form one attractor: rest points with equal payoffs
// whose midpoint is a rest point with these payoffs, such as the choices of an
// indifferent player. All cycles form one attractor, and so do all runs that
// did not converge.
//
// For example, in the coordination game with payoffs 2 and 1 the replicator's
// basins of the two equilibria have the volume fractions 2/3 and 1/3 for one
// population.
//
// All starts are drawn before the first run, so that the result does not depend
// on the number of cores. A nil dynamic is the [Replicator].
func BasinShares(ctx context.Context, g PopulationGame, d Dynamic, o BasinOptions) (*Basins, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := validateGame(g); err != nil {
		return nil, err
	}
	b := &Basins{Starts: make([]State, o.Starts), Ends: make([]int, o.Starts)}
	for k := range b.Starts {
		b.Starts[k] = RandomState(g, o.Source)
	}
	results := make([]*Result, o.Starts)
	err = parallel(ctx, o.Starts, o.Fill, func(ctx context.Context, k int) (err error) {
		results[k], err = Run(ctx, g, d, b.Starts[k], o.Run)
		return err
	})
	if o.Partial && ctx.Err() != nil {
		n := slices.Index(results, nil)
		if n < 0 {
			n = len(results)
		}
		b.Starts, b.Ends, results, err = b.Starts[:n], b.Ends[:n], results[:n], nil
	}
	if err != nil {
		return nil, err
	}
	b.group(results, o.Sets, g)
	return b, nil
}

// group assigns the results to attractors, in the order of the starts, and
// sorts the attractors. Ends in one of the sets form one attractor per set. g
// is nil if all ends are pure profiles.
func (b *Basins) group(results []*Result, sets []EquilibriumSet, g PopulationGame) {
	var found []Attractor
	member := make([]int, len(results)) // per start, index in found
	ends := make([]*Result, 0)          // per attractor, its first result
	for k, r := range results {
		r := r.within(sets)
		at := slices.IndexFunc(ends, func(a *Result) bool { return sameEnd(a, r, g) })
		if at < 0 {
			at = len(found)
			a := Attractor{Verdict: r.Verdict, Final: r.Final}
			if r.Verdict == ConvergedToStrictNash {
				a.Profile = r.Profile
			}
			found = append(found, a)
			ends = append(ends, r)
		}
		found[at].Count++
		member[k] = at
	}
	order := make([]int, len(found))
	for i := range order {
		order[i] = i
		n := float64(len(results))
		found[i].Share = float64(found[i].Count) / n
		found[i].Low, found[i].High = wilson(found[i].Share, n)
	}
	// A stable sort keeps the order of the first start among attractors of
	// equal size.
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Compare(found[j].Count, found[i].Count)
	})
	place := make([]int, len(found))
	for to, from := range order {
		b.Attractors = append(b.Attractors, found[from])
		place[from] = to
	}
	for k, at := range member {
		b.Ends[k] = place[at]
	}
}

// within returns r with the verdict and the profile of the first set that
// contains its end, or r itself if none does.
func (r *Result) within(sets []EquilibriumSet) *Result {
	if r.Verdict.Converged() {
		for i := range sets {
			if sets[i].Contains(r.Final) {
				out := *r
				out.Verdict, out.Profile = ConvergedToStrictNash, sets[i].Profiles[0]
				return &out
			}
		}
	}
	return r
}

// sameEnd reports whether two results belong to one attractor.
func sameEnd(a, b *Result, g PopulationGame) bool {
	switch {
	case a.Verdict != b.Verdict:
		return false
	case a.Verdict == ConvergedToStrictNash:
		return slices.Equal(a.Profile, b.Profile)
	case a.Verdict == ConvergedToRestPoint:
		return distance(a.Final, b.Final) <= 1e-3 || g != nil && oneContinuum(a, b, g)
	}
	return true
}

// oneContinuum reports whether two rest points have equal average payoffs and
// their midpoint is a rest point with these payoffs too, up to [tieShare] of
// the largest payoff: a population that is indifferent then has any
// probabilities between the two. Two separate mixtures with equal payoffs fail
// the test at the midpoint.
func oneContinuum(a, b *Result, g PopulationGame) bool {
	middle, payoffs, largest := a.Final.Clone(), a.Final.Clone(), 0.0
	for i := range middle {
		for v := range middle[i] {
			middle[i][v] = (a.Final[i][v] + b.Final[i][v]) / 2
			largest = max(largest, math.Abs(a.Payoffs[i][v]), math.Abs(b.Payoffs[i][v]))
		}
	}
	g.Payoffs(payoffs, middle)
	for i := range middle {
		average := mean(a.Final[i], a.Payoffs[i])
		if !(math.Abs(average-mean(b.Final[i], b.Payoffs[i])) <= tieShare*largest) {
			return false
		}
		for v, p := range middle[i] {
			if p >= supportCut && !(math.Abs(payoffs[i][v]-average) <= tieShare*largest) {
				return false
			}
		}
	}
	return true
}

// wilson returns the 95 % score interval of a proportion p̂ among n draws, z =
// 1.96:
//
//	( p̂ + z²/2n ± z √( p̂ (1−p̂)/n + z²/4n² ) ) / (1 + z²/n)
//
// For p̂ = 0 and n = 100 it is [0, 0.037]: a basin that no start hit may still
// have 3.7 % of the volume.
//
// Source: Wilson (1927), Journal of the American Statistical Association 22,
// 209.
func wilson(p, n float64) (low, high float64) {
	const z = 1.959963984540054
	middle := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, middle-half), min(1, middle+half)
}
