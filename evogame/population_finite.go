package evogame

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// FiniteProcess is a rule by which one player at a time copies another one in a
// finite population of two strategies. Rates returns, up to a common factor,
// the probabilities T⁺ and T⁻ that a population of n players with k on strategy
// 0 moves to k+1 and to k−1, from the mean payoffs f0 and f1 of the two
// strategies, 0 < k < n.
type FiniteProcess interface {
	Rates(k, n int, f0, f1 float64) (up, down float64)
}

// Moran is the frequency-dependent Moran process: one player is copied with a
// probability in proportion to its fitness, and replaces a random player,
//
//	T± ∝ fitness of the growing strategy        fitness = 1 − w + w f,  or e^{w f} with Exponential
//
// For example, a strategy with the constant fitness r = 2 beside 1 takes over a
// population of n with the probability (1 − 1/r) / (1 − 1/rⁿ).
//
// Source: Nowak, Sasaki, Taylor, Fudenberg, Nature 428 (2004) 646.
type Moran struct {
	Selection   float64 // w ≥ 0; at most 1 unless Exponential. 0: neutral
	Exponential bool    // the fitness is positive for all payoffs
}

// Rates implements [FiniteProcess].
func (p Moran) Rates(k, n int, f0, f1 float64) (up, down float64) {
	a, b := 1-p.Selection+p.Selection*f0, 1-p.Selection+p.Selection*f1
	if p.Exponential {
		// The ratio decides; subtracting the larger payoff prevents an
		// overflow.
		most := max(f0, f1)
		a, b = math.Exp(p.Selection*(f0-most)), math.Exp(p.Selection*(f1-most))
	}
	mixed := float64(k) * float64(n-k)
	return mixed * a, mixed * b
}

// Fermi is pairwise comparison: a random player copies another random one with
// the Fermi function of the difference of their payoffs,
//
//	T± = k (n−k) / (n (n−1)) / (1 + e^{∓β (f0 − f1)})
//
// Source: Traulsen, Nowak, Pacheco, Stochastic dynamics of invasion and
// fixation, Phys. Rev. E 74 (2006) 011909.
type Fermi struct {
	Selection float64 // β ≥ 0, the reciprocal of the noise, in the reciprocal unit of the payoffs
}

// Rates implements [FiniteProcess].
func (p Fermi) Rates(k, n int, f0, f1 float64) (up, down float64) {
	pair := float64(k) * float64(n-k) / (float64(n) * float64(n-1))
	d := p.Selection * (f0 - f1)
	return pair / (1 + math.Exp(-d)), pair / (1 + math.Exp(d))
}

// Fixation returns the probability that one player of strategy i takes over a
// population of n−1 players of strategy j, in which pairs of players meet at
// random, without themselves,
//
//	f_i(k) = ((k−1) A_ii + (n−k) A_ij) / (n−1),  f_j(k) = (k A_ji + (n−k−1) A_jj) / (n−1)
//	ρ = 1 / (1 + Σ_{m=1}^{n−1} Π_{k=1}^{m} T⁻(k) / T⁺(k))
//
// It is 1/n without selection. For example, a single hawk takes over more often
// than 1/n if fights are cheap. It returns an error for invalid data, and for a
// Moran fitness that is not positive.
//
// Source: Karlin, Taylor, A First Course in Stochastic Processes (1975),
// chapter 4, for birth-death chains.
func (a Matrix) Fixation(p FiniteProcess, n, i, j int) (float64, error) {
	if err := a.Validate(); err != nil {
		return 0, err
	}
	bad := faults.List{Prefix: "evogame: "}
	bad.Require(n >= 2, "a population of %d players, want at least 2", n)
	bad.Require(i >= 0 && i < len(a) && j >= 0 && j < len(a) && i != j, "strategies %d and %d of %d, want two different ones", i, j, len(a))
	bad.Require(p != nil, "no rule of imitation; give Moran or Fermi")
	if err := bad.Err(); err != nil {
		return 0, err
	}
	// log Π T⁻/T⁺, because the product overflows for strong selection.
	logs, log := []float64{0}, 0.0
	for k := 1; k < n; k++ {
		own, other := float64(k), float64(n-k)
		fi := ((own-1)*a[i][i] + other*a[i][j]) / float64(n-1)
		fj := (own*a[j][i] + (other-1)*a[j][j]) / float64(n-1)
		up, down := p.Rates(k, n, fi, fj)
		if !(up >= 0 && down >= 0) || up == 0 && down == 0 {
			return 0, fmt.Errorf("evogame: with %d of %d players of strategy %d the rates are %v and %v, "+
				"want positive ones; reduce the selection or use an exponential fitness", k, n, i, up, down)
		}
		if !math.IsInf(log, -1) { // a state that is never left downwards ends the sum
			log += math.Log(down) - math.Log(up)
		}
		logs = append(logs, log)
	}
	most := math.Inf(-1)
	for _, l := range logs {
		most = max(most, l)
	}
	if math.IsInf(most, 1) {
		return 0, nil // some state cannot be passed
	}
	sum := 0.0
	for _, l := range logs {
		sum += math.Exp(l - most)
	}
	return math.Exp(-most) / sum, nil
}

// RareMutations returns the long-run share of time that a population of n
// players spends on each strategy, if mutations are so rare that one strategy
// has taken over or died out before the next: the stationary distribution of
// the chain over strategies with the transitions
//
//	j → i with ρ_ij / (V − 1)        ρ_ij from [Matrix.Fixation], V strategies
//
// For example, of two equal strategies each has one half. In the limit of
// strong selection it picks one of several equilibria.
//
// Source: Fudenberg, Imhof, Imitation processes with small mutations, J. Econ.
// Theory 131 (2006) 251.
func (a Matrix) RareMutations(p FiniteProcess, n int) ([]float64, error) {
	v := len(a)
	to := make([][]float64, v) // to[j][i] is the rate from j to i
	for j := range a {
		to[j] = make([]float64, v)
		for i := range a {
			if i == j {
				continue
			}
			rho, err := a.Fixation(p, n, i, j)
			if err != nil {
				return nil, err
			}
			to[j][i] = rho
		}
	}
	// Elimination of states without subtractions, so that tiny rates keep their
	// digits (Grassmann, Taksar, Heyman, Oper. Res. 33 (1985) 1107).
	for k := v - 1; k > 0; k-- {
		sum := 0.0
		for i := range k {
			sum += to[k][i]
		}
		if sum == 0 {
			return nil, fmt.Errorf("evogame: no strategy replaces strategy %d in floating-point numbers; reduce the selection", k)
		}
		for j := range k {
			to[j][k] /= sum
			for i := range k {
				to[j][i] += to[j][k] * to[k][i]
			}
		}
	}
	out := make([]float64, v)
	out[0] = 1
	total := 1.0
	for k := 1; k < v; k++ {
		for j := range k {
			out[k] += out[j] * to[j][k]
		}
		total += out[k]
	}
	for k := range out {
		out[k] /= total
	}
	return out, nil
}
