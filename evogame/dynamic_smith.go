package evogame

// Smith is pairwise comparison with all strategies, played or not: members switch from one to another at
// the rate by which the other pays more.
//
//	dx[v]/dt = Σ_u x[u] [f[v] − f[u]]₊ − x[v] Σ_u [f[u] − f[v]]₊
//
// Its rest points are exactly the Nash equilibria.
//
// Source: M. J. Smith, The stability of a dynamic model of traffic assignment, Transportation Science 18
// (1984); W. H. Sandholm, Population Games and Evolutionary Dynamics (2010), section 5.6.
type Smith struct{}

var _ Dynamic = Smith{}

// Velocity implements [Dynamic].
func (Smith) Velocity(dx, x, f []float64) {
	for v := range dx {
		dx[v] = 0
	}
	for v := range dx {
		for u := range v {
			// Each pair once, so that what leaves one strategy is what reaches the other.
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
