package evogame

import (
	"cmp"
	"context"
	"fmt"
	"math"
)

// Welfare is the welfare of every pure profile and the best there is.
type Welfare struct {
	Optimum float64
	Best    [][]int // all profiles that reach it up to rounding, in order

	space  space
	values []float64
}

// MeasureWelfare evaluates the welfare of every profile. A nil total is the sum of all payoffs; give one
// where the payoffs do not add up to what all players together bring (marginal-contribution utilities) or
// where others, such as the plant itself, share in it.
func MeasureWelfare(g Game, total func(profile []int) float64) (*Welfare, error) {
	sp, err := newSpace(g, maxPayoffs)
	if err != nil {
		return nil, err
	}
	var failed error // why a payoff could not be computed
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
		if !finite(w.values[k]) {
			return nil, fmt.Errorf("evogame: the welfare of %s is %v, want a finite number", profileName(g, profile), w.values[k])
		}
		w.Optimum = max(w.Optimum, w.values[k])
	}
	for k, v := range w.values {
		if w.Optimum-v <= roundingOf(w.Optimum, v) {
			w.Best = append(w.Best, sp.profile(k, make([]int, len(sp.sizes))))
		}
	}
	return w, nil
}

// At returns the welfare of a profile. It panics on a profile that does not exist.
func (w *Welfare) At(profile []int) float64 { return w.values[w.space.index(profile)] }

// Gap is how far the welfare of a profile is below the optimum, >= 0.
func (w *Welfare) Gap(profile []int) float64 { return w.Optimum - w.At(profile) }

// Efficiency compares equilibria with the optimum. The ratios are the classical prices, optimum over
// equilibrium, at least 1; they are NaN where the equilibrium's welfare is not positive, since a ratio of
// sums of money then means nothing. The gaps always mean something.
type Efficiency struct {
	Worst, Best      []int   // profiles of the equilibria of lowest and highest welfare, the first of equals
	WorstGap         float64 // optimum minus the worst equilibrium's welfare
	BestGap          float64
	PriceOfAnarchy   float64 // optimum / worst
	PriceOfStability float64 // optimum / best
}

// Efficiency returns false where there is no equilibrium to compare.
//
// Source: E. Koutsoupias, C. Papadimitriou, Worst-case equilibria, STACS 1999; E. Anshelevich et al., The
// price of stability for network design with fair cost allocation, FOCS 2004.
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
