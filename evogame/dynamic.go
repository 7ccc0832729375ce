package evogame

// Dynamic is a rule by which a population changes: velocities from payoffs. Implementations are values
// without state; calls may come from several goroutines.
//
// A dynamic keeps the simplex: Σ_v dx[v] = 0, and dx[v] >= 0 where x[v] = 0.
type Dynamic interface {
	// Velocity writes dx/dt of one population with state x and payoffs f. It changes neither x nor f
	// and keeps nothing.
	Velocity(dx, x, f []float64)
}

// Imitative is a [Dynamic] in which strategies that nobody plays stay unplayed:
//
//	dx[v]/dt = x[v] g[v]
//
// with bounded growth rates g. Such dynamics are integrated in the logarithms of x, which keeps the
// simplex without projection and tells 1e-300 from nothing: a strategy that is almost extinct recovers
// when it pays.
type Imitative interface {
	Dynamic
	// Growth writes the growth rates, with Σ_v x[v] g[v] = 0, under the contract of Velocity.
	Growth(g, x, f []float64)
}

// velocityOf computes dx[v] = x[v] g[v], which is all an [Imitative] dynamic needs for its Velocity.
func velocityOf(d Imitative, dx, x, f []float64) {
	d.Growth(dx, x, f)
	for v := range dx {
		dx[v] *= x[v]
	}
}

// mean returns Σ_v x[v] f[v].
func mean(x, f []float64) float64 {
	sum := 0.0
	for v := range x {
		sum += x[v] * f[v]
	}
	return sum
}
