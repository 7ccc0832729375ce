package evogame

// Dynamic is a revision protocol in the mean: it turns payoffs into the
// velocity of one population. Implementations are values without state. They
// allow concurrent calls.
//
// A dynamic keeps the simplex: Σ_v dx[v] = 0, and dx[v] ≥ 0 if x[v] = 0. [Run]
// checks both on a sample of states. A custom dynamic needs one method; see the
// example.
//
// Source: Sandholm (2010), Population Games and Evolutionary Dynamics, chapters
// 4 and 5.
type Dynamic interface {
	// Velocity writes dx/dt of one population with state x and payoffs f into
	// dx. It changes neither x nor f and keeps no argument. All slices have one
	// entry per strategy.
	Velocity(dx, x, f []float64)
}

// Imitative is a [Dynamic] under which a strategy without players stays without
// players:
//
//	dx[v]/dt = x[v] g[v]        Σ_v x[v] g[v] = 0
//
// with bounded growth rates g. [Run] integrates such dynamics in y = log x.
// Logarithms keep the simplex without projection and represent probabilities
// such as 1e-300, so that an almost extinct strategy grows again if its payoff
// rises above the average.
type Imitative interface {
	Dynamic
	// Growth writes the growth rates into g, under the contract of Velocity.
	// Velocity must write dx[v] = x[v] g[v] with the same rates.
	Growth(g, x, f []float64)
}

// velocityOf computes dx[v] = x[v] g[v], the Velocity of an [Imitative]
// dynamic.
func velocityOf(d Imitative, dx, x, f []float64) {
	d.Growth(dx, x, f)
	for v := range dx {
		dx[v] *= x[v]
	}
}
