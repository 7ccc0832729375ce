package evogame

import "math"

// Imitation is pairwise imitation with the Fermi rule. Two players meet at
// random, and one adopts the strategy of the other with probability 1 / (1 +
// e^{−Δ/κ}), Δ being the payoff difference. The mean flow is
//
//	dx[v]/dt = x[v] Σ_u x[u] tanh( (f[v] − f[u]) / 2κ )
//
// For a large noise κ this is the replicator dynamic slowed down by the factor
// 2κ. For a small noise the better strategy is adopted with certainty, and the
// size of the difference has no effect. Growth rates are at most 1.
//
// Sources: Szabó, Tőke (1998), Physical Review E 58, 69; Traulsen, Nowak,
// Pacheco (2006), Physical Review E 74, 011909.
type Imitation struct {
	Noise float64 // κ > 0, in the unit of the payoffs; 0 or less: 1
}

var _ Imitative = Imitation{}

func (d Imitation) withDefaults() Imitation {
	if !(d.Noise > 0) { // true for NaN too
		d.Noise = 1
	}
	return d
}

// Growth implements [Imitative]: g[v] = Σ_u x[u] tanh((f[v] − f[u]) / 2κ).
func (d Imitation) Growth(g, x, f []float64) {
	scale := 0.5 / d.withDefaults().Noise
	for v := range g {
		g[v] = 0
		for u := range x {
			g[v] += x[u] * math.Tanh((f[v]-f[u])*scale)
		}
	}
}

// Velocity implements [Dynamic].
func (d Imitation) Velocity(dx, x, f []float64) { velocityOf(d, dx, x, f) }
