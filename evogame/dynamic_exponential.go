package evogame

import "math"

// ExponentialWeights is the discrete map of learning by multiplicative weights (Hedge):
//
//	x'[v] = x[v] e^{h f[v]} / Σ_u x[u] e^{h f[u]}
//
// with payoffs in units of the population's spread, see [Iterate]. For a small rate h it follows the
// replicator dynamic, h of its time per iteration. It keeps the simplex exactly, but is not the same
// dynamic: around a centre it spirals outwards, and a large rate makes it cycle or wander where the
// replicator settles.
//
// Source: Y. Freund, R. E. Schapire, Journal of Computer and System Sciences 55 (1997); J. Hofbauer,
// S. Sorin, Y. Viossat, Time average replicator and best-reply dynamics, Mathematics of Operations
// Research 34 (2009).
type ExponentialWeights struct {
	Rate float64 // h, > 0; 0 or less: 0.1
}

var _ Map = ExponentialWeights{}

// Next implements [Map].
func (m ExponentialWeights) Next(next, x, f []float64) {
	rate := positive(m.Rate, 0.1)
	best := math.Inf(-1)
	for v := range x {
		if x[v] > 0 {
			best = max(best, f[v])
		}
	}
	for v := range next {
		next[v] = 0
		if x[v] > 0 {
			// Never to zero: an extinct strategy could not come back when it pays again.
			next[v] = max(x[v]*math.Exp(rate*(f[v]-best)), 1e-300)
		}
	}
	normalise(next)
}
