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

// BasinOptions sets how [BasinShares] samples. Source is required.
type BasinOptions struct {
	Starts int         // 0: 100
	Source rand.Source // of the starts; for example rand.NewPCG(1, 2)
	Fill   FillOptions // workers and progress, counted in starts
	Run    Options     // of every run; populations held start, and stay, at random too
}

// Attractor is where a part of the starts ended.
type Attractor struct {
	Verdict Verdict
	Profile []int   // where Verdict is ConvergedToStrictNash
	Final   State   // of the first start that ended here
	Count   int     // starts that ended here
	Share   float64 // Count over all starts
	// Low and High are Wilson's 95 % confidence bounds on the share of all starts.
	Low, High float64
}

// Basins is where random starts end.
type Basins struct {
	Attractors []Attractor // largest first, equals in the order of their first start
	Starts     []State
	Ends       []int // index of the attractor of each start
}

// BasinShares runs a dynamic from random starts, uniform on the product of simplices, and counts where
// they end. Strict Nash profiles are told apart by their profile, other rest points by their state
// (within 1e-3), cycles and runs without verdict are one attractor each.
//
// Starts are drawn before any run, one after another, so the result does not depend on the number of
// cores.
func BasinShares(ctx context.Context, g PopulationGame, d Dynamic, o BasinOptions) (*Basins, error) {
	if o.Source == nil {
		return nil, errors.New("evogame: BasinShares needs a Source, for example rand.NewPCG(1, 2)")
	}
	if o.Starts < 0 {
		return nil, fmt.Errorf("evogame: option Starts is %d, want at least 0", o.Starts)
	}
	if o.Starts == 0 {
		o.Starts = 100
	}
	if err := validate(g); err != nil {
		return nil, err
	}
	if o.Run.Every == 0 {
		o.Run.Every = math.Inf(1) // trajectories are not kept
	}

	b := &Basins{Starts: make([]State, o.Starts), Ends: make([]int, o.Starts)}
	for k := range b.Starts {
		b.Starts[k] = RandomState(g, o.Source)
	}
	results := make([]*Result, o.Starts)
	err := parallel(ctx, o.Starts, o.Fill, func(ctx context.Context, k int) (err error) {
		results[k], err = Run(ctx, g, d, b.Starts[k], o.Run)
		return err
	})
	if err != nil {
		return nil, err
	}
	b.sort(results)
	return b, nil
}

// sort gathers the results into attractors.
func (b *Basins) sort(results []*Result) {
	var found []Attractor
	member := make([]int, len(results))
	for k, r := range results {
		at := slices.IndexFunc(found, func(a Attractor) bool { return sameEnd(a, r) })
		if at < 0 {
			at = len(found)
			a := Attractor{Verdict: r.Verdict, Final: r.Final}
			if r.Verdict == ConvergedToStrictNash {
				a.Profile = r.Profile
			}
			found = append(found, a)
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
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(found[j].Count, found[i].Count) })
	place := make([]int, len(found))
	for to, from := range order {
		b.Attractors = append(b.Attractors, found[from])
		place[from] = to
	}
	for k, at := range member {
		b.Ends[k] = place[at]
	}
}

func sameEnd(a Attractor, r *Result) bool {
	switch {
	case a.Verdict != r.Verdict:
		return false
	case r.Verdict == ConvergedToStrictNash:
		return slices.Equal(a.Profile, r.Profile)
	case r.Verdict == ConvergedToRestPoint:
		return distance(a.Final, r.Final) <= 1e-3
	}
	return true
}

// distance is the largest difference of two probabilities.
func distance(x, y State) float64 {
	largest := 0.0
	for i := range x {
		for v := range x[i] {
			largest = max(largest, math.Abs(x[i][v]-y[i][v]))
		}
	}
	return largest
}

// wilson returns the 95 % score interval of a share p among n draws (E. B. Wilson, Journal of the
// American Statistical Association 22, 1927).
func wilson(p, n float64) (low, high float64) {
	const z = 1.959963984540054
	middle := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, middle-half), min(1, middle+half)
}
