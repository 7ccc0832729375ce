package evogame

import (
	"fmt"
	"math"
)

// scale holds the magnitudes of speeds and payoff differences in each
// population. A quantity is small if its ratio to the scale is small, so that
// verdicts do not depend on the unit of the payoffs.
type scale struct {
	speed  []float64 // largest |dx_v/dt| in the sample
	spread []float64 // largest max_v f_v − min_v f_v in the sample
}

// scaleOf evaluates the start and a fixed, evenly distributed sample of eight
// interior states. It skips states of the sample with payoffs that are not
// finite, because the trajectory may avoid them. It reports a dynamic or map
// that leaves the simplex.
func scaleOf(m *motion, start State) (scale, error) {
	const sample = 8
	s := scale{speed: make([]float64, len(start)), spread: make([]float64, len(start))}
	x, dx := start.Clone(), start.Clone()
	for k := range 1 + sample {
		if k > 0 {
			m.spreadOut(x, k)
		}
		m.velocity(dx, x)
		for i, f := range m.f {
			if !allFinite(f) {
				continue
			}
			if err := m.keepsSimplex(i, x[i], dx[i], f); err != nil {
				return s, err
			}
			low, high := f[0], f[0]
			for v := range f {
				s.speed[i] = max(s.speed[i], math.Abs(dx[i][v]))
				low, high = min(low, f[v]), max(high, f[v])
			}
			s.spread[i] = max(s.spread[i], high-low)
		}
	}
	return s, nil
}

// keepsSimplex reports a change dx of population i that violates the contract
// of [Dynamic] and
// [Map]: it is not finite, its sum is not 0, or it is negative for a strategy without players.
// Deviations that rounding of dx or of the payoffs f explains are accepted.
func (m *motion) keepsSimplex(i int, x, dx, f []float64) error {
	sum, lowest, rounding := 0.0, 0.0, 1e-9
	for v, d := range dx {
		sum += d
		rounding = max(rounding, 1e-6*math.Abs(d), 1e-9*math.Abs(f[v])*m.speedOf(i))
		if x[v] == 0 {
			lowest = min(lowest, d)
		}
	}
	fault := ""
	switch {
	case !allFinite(dx):
		fault = "want finite numbers"
	case math.Abs(sum) > rounding:
		fault = fmt.Sprintf("which sums to %v, want 0", sum)
	case lowest < -rounding:
		fault = "which is negative for a strategy without players"
	default:
		return nil
	}
	return fmt.Errorf("evogame: %s changes the state %v of %s by %v, %s",
		m.rule, x, playerName(m.game, i), dx, fault)
}

func allFinite(values []float64) bool {
	for _, v := range values {
		if !finite(v) {
			return false
		}
	}
	return true
}

// spreadOut writes the k-th state of the sample into the populations of x that
// move. Coordinate j has
//
//	u_kj = frac(k φ + j √2)        x_j ∝ −log(0.01 + 0.98 u_kj)
//
// with the golden ratio φ. The sequence k φ is evenly distributed in [0, 1),
// and logarithms of uniform numbers are uniform on the simplex after
// normalisation.
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
