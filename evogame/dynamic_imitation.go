package evogame

import "math"

// Imitation is pairwise comparison among the played strategies: members meet in pairs, and one takes
// over the other's strategy with a probability that follows the Fermi function of the difference.
//
//	dx[v]/dt = x[v] Σ_u x[u] tanh( (f[v] − f[u]) / 2κ )
//
// For a large noise κ it is the replicator dynamic slowed down by 2κ; for a small one the better of two
// always wins and speed no longer depends on how much better it is. Rates are bounded by one.
//
// Source: G. Szabó, C. Tőke, Physical Review E 58 (1998) 69; A. Traulsen, M. A. Nowak, J. M. Pacheco,
// Physical Review E 74 (2006) 011909.
type Imitation struct {
	Noise float64 // κ, in the unit of the payoffs, > 0; 0 or less: 1
}

var _ Imitative = Imitation{}

// Growth implements [Imitative].
func (d Imitation) Growth(g, x, f []float64) {
	scale := 0.5 / positive(d.Noise, 1)
	for v := range g {
		g[v] = 0
		for u := range x {
			g[v] += x[u] * math.Tanh((f[v]-f[u])*scale)
		}
	}
}

// Velocity implements [Dynamic].
func (d Imitation) Velocity(dx, x, f []float64) { velocityOf(d, dx, x, f) }

// positive returns v, or the default where v is not set.
func positive(v, otherwise float64) float64 {
	if v > 0 {
		return v
	}
	return otherwise
}
