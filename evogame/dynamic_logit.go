package evogame

import "math"

// Logit is the logit dynamic, a smooth best response. Players revise at a
// constant rate and choose each strategy with its logit probability:
//
//	dx[v]/dt = e^{f[v]/η} / Σ_u e^{f[u]/η} − x[v]
//
// Its rest points are quantal response equilibria: near Nash equilibria for a
// small noise η, near uniform for a large one. As η goes to 0, the dynamic
// approaches the best response dynamic, and the integration needs shorter
// steps. Strategies without players gain players.
//
// Sources: Fudenberg, Levine (1998), The Theory of Learning in Games, chapter
// 4; Sandholm (2010), Population Games and Evolutionary Dynamics, section 6.2.
type Logit struct {
	Noise float64 // η > 0, in the unit of the payoffs; 0 or less: 1
}

var _ Dynamic = Logit{}

func (d Logit) withDefaults() Logit {
	if !(d.Noise > 0) { // true for NaN too
		d.Noise = 1
	}
	return d
}

// Velocity implements [Dynamic].
func (d Logit) Velocity(dx, x, f []float64) {
	noise := d.withDefaults().Noise
	best := f[0]
	for _, payoff := range f {
		best = max(best, payoff)
	}
	sum := 0.0
	for v := range dx {
		// Subtracting the best payoff cancels in the quotient and keeps each
		// term at most 1: no overflow.
		dx[v] = math.Exp((f[v] - best) / noise)
		sum += dx[v]
	}
	for v := range dx {
		dx[v] = dx[v]/sum - x[v]
	}
}
