package evogame

import "math"

// scale is what counts as fast and as a large payoff difference in each population. Payoffs may be in
// currency per day or in units of efficiency; only ratios to these decide what is small.
type scale struct {
	speed  []float64 // largest |dx_v/dt| met
	spread []float64 // largest difference of payoffs between strategies met
}

// scaleOf looks at the start and at a fixed, evenly spread sample of eight interior states.
func scaleOf(m *motion, start State) scale {
	const sample = 8
	s := scale{speed: make([]float64, len(start)), spread: make([]float64, len(start))}
	x, dx := start.Clone(), start.Clone()
	for k := range 1 + sample {
		if k > 0 {
			m.spreadOut(x, k)
		}
		m.velocity(dx, x)
		for i, f := range m.f {
			low, high := f[0], f[0]
			for v := range f {
				s.speed[i] = max(s.speed[i], math.Abs(dx[i][v]))
				low, high = min(low, f[v]), max(high, f[v])
			}
			s.spread[i] = max(s.spread[i], high-low)
		}
	}
	return s
}

// spreadOut writes the k-th state of the sample into the populations of x that move. Exponentials of an
// additive golden-ratio sequence, one phase per coordinate, cover the simplices evenly without chance.
func (m *motion) spreadOut(x State, k int) {
	coordinate := 0
	for _, p := range m.parts {
		row := x[p.population]
		for _, v := range p.strategies {
			coordinate++
			_, phase := math.Modf(float64(k)*math.Phi + float64(coordinate)*math.Sqrt2)
			row[v] = -math.Log(0.01 + 0.98*phase)
		}
		normalise(row)
	}
}
