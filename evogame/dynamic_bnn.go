package evogame

// BrownVonNeumannNash moves towards the strategies that beat the average, played or not, in proportion
// to the excess.
//
//	dx[v]/dt = [f[v] − f̄]₊ − x[v] Σ_u [f[u] − f̄]₊        f̄ = Σ_u x[u] f[u]
//
// Its rest points are exactly the Nash equilibria: unlike under the replicator, no other vertex is one.
//
// Source: G. W. Brown, J. von Neumann, Solutions of games by differential equations (1950); W. H.
// Sandholm, Population Games and Evolutionary Dynamics (2010), section 5.5.
type BrownVonNeumannNash struct{}

var _ Dynamic = BrownVonNeumannNash{}

// Velocity implements [Dynamic].
func (BrownVonNeumannNash) Velocity(dx, x, f []float64) {
	average, total := mean(x, f), 0.0
	for v := range dx {
		dx[v] = max(0, f[v]-average)
		total += dx[v]
	}
	for v := range dx {
		dx[v] -= x[v] * total
	}
}
