package evogame

import "math"

// Logit is the smooth best response: a constant flow of members reconsiders and picks each strategy with
// the logit probability of its payoff.
//
//	dx[v]/dt = e^{f[v]/η} / Σ_u e^{f[u]/η} − x[v]
//
// Its rest points are quantal response equilibria, close to Nash for a small noise η and uniform for a
// large one. As η falls it approaches the best-response dynamic, and the steps of the integration get
// shorter. Unplayed strategies come into play.
//
// Source: D. Fudenberg, D. K. Levine, The Theory of Learning in Games (1998), chapter 4; W. H. Sandholm,
// Population Games and Evolutionary Dynamics (2010), section 6.2.
type Logit struct {
	Noise float64 // η, in the unit of the payoffs, > 0; 0 or less: 1
}

var _ Dynamic = Logit{}

// Velocity implements [Dynamic].
func (d Logit) Velocity(dx, x, f []float64) {
	noise := positive(d.Noise, 1)
	best := f[0]
	for _, payoff := range f {
		best = max(best, payoff)
	}
	sum := 0.0
	for v := range dx {
		dx[v] = math.Exp((f[v] - best) / noise) // at most 1, and 1 for the best: no overflow
		sum += dx[v]
	}
	for v := range dx {
		dx[v] = dx[v]/sum - x[v]
	}
}
