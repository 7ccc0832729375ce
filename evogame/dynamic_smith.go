package evogame

// Smith is the pairwise comparison dynamic of Smith. Players switch from
// strategy u to strategy v at a rate equal to the payoff difference, with or
// without other players on v:
//
//	dx[v]/dt = Σ_u x[u] [f[v] − f[u]]₊ − x[v] Σ_u [f[u] − f[v]]₊        [z]₊ = max(0, z)
//
// For example, drivers on two routes change to the faster one in proportion to
// the time saved. The rest points are exactly the Nash equilibria.
//
// Sources: Smith (1984), Transportation Science 18, 245; Sandholm (2010),
// Population Games and Evolutionary Dynamics, section 5.6.
type Smith struct{}

var _ Dynamic = Smith{}

// Velocity implements [Dynamic].
func (Smith) Velocity(dx, x, f []float64) {
	for v := range dx {
		dx[v] = 0
	}
	for v := range dx {
		for u := range v {
			// Each pair is visited once, so that the outflow of one strategy
			// equals the inflow of the other to the last digit, and the sum of
			// dx stays at zero.
			flow := 0.0
			if f[v] > f[u] {
				flow = x[u] * (f[v] - f[u])
			} else {
				flow = -x[v] * (f[u] - f[v])
			}
			dx[v] += flow
			dx[u] -= flow
		}
	}
}
