package evogame

// BrownVonNeumannNash is the dynamic of Brown, von Neumann and Nash (BNN).
// Strategies that pay more than the average grow in proportion to their excess
// payoff, with or without players:
//
//	dx[v]/dt = [f[v] − f̄]₊ − x[v] Σ_u [f[u] − f̄]₊        f̄ = Σ_u x[u] f[u],  [z]₊ = max(0, z)
//
// Its rest points are exactly the Nash equilibria. Under the replicator every
// vertex is a rest point.
//
// Sources: Brown, von Neumann (1950), Solutions of games by differential
// equations, in Contributions to the Theory of Games I; Sandholm (2010),
// Population Games and Evolutionary Dynamics, section 5.5.
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
