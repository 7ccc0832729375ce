package evogame

// Replicator is the default dynamic: a strategy grows at the rate by which it beats the average.
//
//	dx[v]/dt = x[v] ( f[v] − Σ_u x[u] f[u] )
//
// With two strategies dx/dt = x (1−x) (f₁ − f₂). Adding the same number to all payoffs of a population
// changes nothing; multiplying them changes its speed only.
//
// Source: P. D. Taylor, L. B. Jonker (1978); for several populations P. D. Taylor, Evolutionarily stable
// strategies with two types of player, Journal of Applied Probability 16 (1979).
type Replicator struct{}

var _ Imitative = Replicator{}

// Growth implements [Imitative].
func (Replicator) Growth(g, x, f []float64) {
	average := mean(x, f)
	for v := range g {
		g[v] = f[v] - average
	}
}

// Velocity implements [Dynamic].
func (d Replicator) Velocity(dx, x, f []float64) { velocityOf(d, dx, x, f) }
