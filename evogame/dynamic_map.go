package evogame

import "math"

// Map is a revision protocol in discrete time: it turns the payoffs of a period
// into the state of the next period. As for [Dynamic], implementations are
// values without state that keep the simplex. [Iterate] applies a map.
type Map interface {
	// Next writes the state after one period with state x and payoffs f into
	// next. It changes neither x nor f and keeps no argument.
	Next(next, x, f []float64)
}

// ExponentialWeights is the map of multiplicative weights (Hedge):
//
//	x'[v] = x[v] e^{h f[v]} / Σ_u x[u] e^{h f[u]}
//
// Payoffs are in units of the payoff spread of the population; see
// IterateOptions.Scale. For a small rate h one iteration approximates the
// replicator over the time h. The map is not equivalent to the replicator:
// around a centre it spirals outwards, and with a large rate it cycles or
// becomes irregular in games in which the replicator converges.
//
// Sources: Freund, Schapire (1997), Journal of Computer and System Sciences 55,
// 119; Hofbauer, Sorin, Viossat (2009), Mathematics of Operations Research 34,
// 263, for its limit.
type ExponentialWeights struct {
	Rate float64 // h > 0; 0 or less: 0.1
}

var _ Map = ExponentialWeights{}

func (m ExponentialWeights) withDefaults() ExponentialWeights {
	if !(m.Rate > 0) { // true for NaN too
		m.Rate = 0.1
	}
	return m
}

// Next implements [Map].
func (m ExponentialWeights) Next(next, x, f []float64) {
	rate := m.withDefaults().Rate
	best := math.Inf(-1)
	for v := range x {
		if x[v] > 0 {
			best = max(best, f[v])
		}
	}
	for v := range next {
		next[v] = 0
		if x[v] > 0 {
			// The lower bound keeps x positive: a strategy at zero could never
			// grow again.
			next[v] = max(x[v]*math.Exp(rate*(f[v]-best)), 1e-300)
		}
	}
	normalise(next)
}
