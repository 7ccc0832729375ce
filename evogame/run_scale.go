package evogame

import (
	"fmt"
	"math"
)

// scale is what counts as fast and as a large payoff difference in each population. Payoffs may be in
// currency per day or in units of efficiency; only ratios to these decide what is small.
type scale struct {
	speed  []float64 // largest |dx_v/dt| met
	spread []float64 // largest difference of payoffs between strategies met
}

// scaleOf looks at the start and at a fixed, evenly spread sample of eight interior states. States of the
// sample whose payoffs are not finite are passed over: the trajectory need not come near them. A rule that
// carries probability out of the simplex is refused.
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

// keepsSimplex reports a change of population i that no dynamic and no map may make: one that is not
// finite, does not sum to zero, or takes from what nobody plays, each beyond what rounding of the change
// or of the payoffs f explains.
func (m *motion) keepsSimplex(i int, x, dx, f []float64) error {
	sum, least, rounding := 0.0, 0.0, 1e-9
	for v, d := range dx {
		sum += d
		rounding = max(rounding, 1e-6*math.Abs(d), 1e-9*math.Abs(f[v])*m.speedOf(i))
		if x[v] == 0 {
			least = min(least, d)
		}
	}
	wrong := ""
	switch {
	case !allFinite(dx):
		wrong = "want finite numbers"
	case math.Abs(sum) > rounding:
		wrong = fmt.Sprintf("which sums to %v, want 0", sum)
	case least < -rounding:
		wrong = "which takes from a strategy that nobody plays"
	default:
		return nil
	}
	return fmt.Errorf("evogame: %s changes the state %v of %s by %v, %s", m.rule, x, playerName(m.game, i), dx, wrong)
}

func allFinite(values []float64) bool {
	for _, v := range values {
		if !finite(v) {
			return false
		}
	}
	return true
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
