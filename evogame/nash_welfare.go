package evogame

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
)

// Welfare holds the welfare W(a) of every pure profile a, and its maximum.
type Welfare struct {
	Optimum float64 // max_a W(a)
	Best    [][]int // all profiles with W = Optimum up to rounding, in the order of profiles

	space  space
	values []float64 // W by profile index
}

// MeasureWelfare evaluates the welfare of every profile. total returns W(a);
// nil means the sum of all payoffs, W(a) = Σ_i U_i(a). Set total if the payoffs
// do not add up to the joint value, as with marginal contributions, or if a
// party outside the game, such as the VPP, receives a part of it.
//
// A welfare of −Inf marks a profile that is not feasible, such as one in which
// a party cannot operate. Optimum is −Inf and Best is empty if no profile is
// feasible. MeasureWelfare returns the first error of a payoff and reports
// welfare that is NaN or +Inf.
func MeasureWelfare(g Game, total func(profile []int) float64) (*Welfare, error) {
	sp, err := newSpace(g, MaxPayoffs)
	if err != nil {
		return nil, err
	}
	var failed error // first error of a payoff in the default total, which cannot return one
	if total == nil {
		total = func(profile []int) float64 {
			sum := 0.0
			for i := range profile {
				payoff, _, err := compute(context.Background(), g, i, profile)
				failed = cmp.Or(failed, err)
				sum += payoff
			}
			return sum
		}
	}
	w := &Welfare{Optimum: math.Inf(-1), space: sp, values: make([]float64, sp.count)}
	profile := make([]int, len(sp.sizes))
	for k := range w.values {
		sp.profile(k, profile)
		w.values[k] = total(profile)
		if failed != nil {
			return nil, failed
		}
		if math.IsNaN(w.values[k]) || math.IsInf(w.values[k], 1) {
			return nil, fmt.Errorf("evogame: the welfare of %s is %v, "+
				"want a finite number, or -Inf for a profile that is not feasible",
				profileName(g, profile), w.values[k])
		}
		w.Optimum = max(w.Optimum, w.values[k])
	}
	for k, v := range w.values {
		// Without a feasible profile both are −Inf, and their difference is
		// NaN.
		if w.Optimum-v <= roundingOf(w.Optimum, v) && !math.IsInf(v, -1) {
			w.Best = append(w.Best, sp.profile(k, make([]int, len(sp.sizes))))
		}
	}
	return w, nil
}

// At returns W(a) at a profile. It panics if the profile does not exist.
func (w *Welfare) At(profile []int) float64 { return w.values[w.space.index(profile)] }

// Gap returns Optimum − W(a) ≥ 0, the welfare lost at a profile.
func (w *Welfare) Gap(profile []int) float64 { return w.Optimum - w.At(profile) }

// Ranked yields all feasible profiles from the highest welfare to the lowest,
// equal ones in the order of profiles. Each yielded slice is new.
func (w *Welfare) Ranked(yield func(profile []int) bool) {
	order := make([]int32, 0, len(w.values))
	for k, v := range w.values {
		if !math.IsInf(v, -1) {
			order = append(order, int32(k)) // at most 2^26 profiles
		}
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(w.values[b], w.values[a]) })
	for _, k := range order {
		if !yield(w.space.profile(int(k), make([]int, len(w.space.sizes)))) {
			return
		}
	}
}

// Efficiency compares equilibria with the optimum W*:
//
//	WorstGap       = W* − min_e W(e)        PriceOfAnarchy   = W* / min_e W(e)
//	BestGap        = W* − max_e W(e)        PriceOfStability = W* / max_e W(e)
//
// The prices are at least 1. A price is NaN if the welfare of its equilibrium
// is not positive, because the ratio then has no meaning. The gaps are always
// meaningful.
//
// Sources: Koutsoupias, Papadimitriou (1999), Worst-case equilibria, STACS, for
// the price of anarchy; Anshelevich et al. (2004), The price of stability for
// network design with fair cost allocation, FOCS.
type Efficiency struct {
	Worst, Best      []int // profiles of lowest and highest welfare; ties go to the first
	WorstGap         float64
	BestGap          float64
	PriceOfAnarchy   float64
	PriceOfStability float64
}

// Efficiency compares the given equilibria, for example those of [StrictNash],
// with the optimum. It returns false if the list is empty.
func (w *Welfare) Efficiency(equilibria []Equilibrium) (Efficiency, bool) {
	if len(equilibria) == 0 {
		return Efficiency{}, false
	}
	worst, best := equilibria[0].Profile, equilibria[0].Profile
	for _, e := range equilibria[1:] {
		if w.At(e.Profile) < w.At(worst) {
			worst = e.Profile
		}
		if w.At(e.Profile) > w.At(best) {
			best = e.Profile
		}
	}
	price := func(profile []int) float64 {
		if v := w.At(profile); v > 0 {
			return w.Optimum / v
		}
		return math.NaN()
	}
	return Efficiency{
		Worst: worst, Best: best,
		WorstGap: w.Gap(worst), BestGap: w.Gap(best),
		PriceOfAnarchy: price(worst), PriceOfStability: price(best),
	}, true
}
