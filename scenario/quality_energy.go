package scenario

import (
	"context"
	"fmt"
	"math"
)

// EnergyScore says how well a set foresaw what happened: the smaller, the better, and in the mean over
// many days smallest for the true distribution (Gneiting, Raftery 2007, eq. 22):
//
//	ES = Σ_i p_i |x_i − y| − ½ Σ_i Σ_j p_i p_j |x_i − x_j|
//
// with y the observed path of the named series, one value per step, in its unit.
func EnergyScore(s *Set, name string, observed []float64) (float64, error) {
	bad := violations("scenario: energy score: ")
	if !s.Has(name) {
		bad.Addf("no series %q in the set, it has %q", name, s.Names())
	}
	s.checkPath(&bad, "observed path", observed)
	if err := bad.Err(); err != nil {
		return 0, err
	}
	score := 0.0
	for i, p := range s.probability {
		score += p * math.Sqrt(squared(s.Path(name, i), observed))
		for j := range i { // each pair once, hence without the half
			score -= p * s.probability[j] * math.Sqrt(squared(s.Path(name, i), s.Path(name, j)))
		}
	}
	return score, nil
}

// EnergyDistance is a distance of two sets as distributions over all series that vary in the first,
// each divided by its root mean variance there: zero exactly where they agree (Székely, Rizzo 2013).
//
//	D² = 2 E|X − Y| − E|X − X'| − E|Y − Y'|
//
// Time grows with the square of the number of scenarios: a second or two for 10,000.
func EnergyDistance(ctx context.Context, a, b *Set) (float64, error) {
	if err := alike(a, b); err != nil {
		return 0, err
	}
	factors := a.equalVariance()
	if len(factors) == 0 {
		return 0, fmt.Errorf("scenario: energy distance: no series of the first set differs between scenarios, want at least one")
	}
	x, y := a.points(factors), b.pointsLike(a, factors)
	between, err := meanDistance(ctx, x, a.probability, y, b.probability)
	if err != nil {
		return 0, err
	}
	within, err := meanDistance(ctx, x, a.probability, x, a.probability)
	if err != nil {
		return 0, err
	}
	other, err := meanDistance(ctx, y, b.probability, y, b.probability)
	return math.Sqrt(max(2*between-within-other, 0)), err
}

// meanDistance returns Σ_i Σ_j p_i q_j |x_i − y_j|.
func meanDistance(ctx context.Context, x [][]float64, p []float64, y [][]float64, q []float64) (float64, error) {
	rows := make([]float64, len(x))
	err := each(ctx, len(x), func(i int) error {
		for j, v := range y {
			rows[i] += q[j] * math.Sqrt(squared(x[i], v))
		}
		return nil
	})
	sum := 0.0
	for i, row := range rows {
		sum += p[i] * row
	}
	return sum, err
}
