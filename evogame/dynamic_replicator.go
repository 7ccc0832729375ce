package evogame

// Replicator is the default dynamic. A strategy grows at the rate by which its
// payoff exceeds the average payoff of the population:
//
//	dx[v]/dt = x[v] ( f[v] − Σ_u x[u] f[u] )
//
// With two strategies this is dx/dt = x (1−x) (f₁ − f₂), the logistic equation
// for constant payoffs. Adding a constant to all payoffs of a population
// changes nothing. Multiplying them by a positive constant changes only the
// speed.
//
// Sources: Taylor, Jonker (1978), Mathematical Biosciences 40, 145; for several
// populations Taylor (1979), Journal of Applied Probability 16, 76.
type Replicator struct{}

var _ Imitative = Replicator{}

// Growth implements [Imitative]: g[v] = f[v] − Σ_u x[u] f[u].
func (Replicator) Growth(g, x, f []float64) {
	average := mean(x, f)
	for v := range g {
		g[v] = f[v] - average
	}
}

// Velocity implements [Dynamic].
func (d Replicator) Velocity(dx, x, f []float64) { velocityOf(d, dx, x, f) }
