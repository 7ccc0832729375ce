package scenario

import (
	"context"
	"errors"
	"math"
)

// EnergyScore measures a forecast set against the observed path y of a series,
// one value per step:
//
//	ES = Σ_i p_i |x_i − y| − ½ Σ_i Σ_j p_i p_j |x_i − x_j|
//
// in the unit of the series. Lower is better. The mean over many days is lowest
// for the true distribution (Gneiting and Raftery, Journal of the American
// Statistical Association 102, 2007, equation 22). It returns an error for an
// unknown series or an invalid path.
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
		for j := range i { // each pair once, so the factor ½ cancels
			score -= p * s.probability[j] * math.Sqrt(squared(s.Path(name, i), s.Path(name, j)))
		}
	}
	return score, nil
}

// EnergyDistance is a distance between two sets as distributions over all
// series that vary in the first set, each divided by its root mean variance
// there:
//
//	D² = 2 E|X − Y| − E|X − X'| − E|Y − Y'|
//
// It is 0 only for equal distributions (Székely and Rizzo, Journal of
// Statistical Planning and Inference 143, 2013). The time grows with the square
// of the number of scenarios: one to two seconds for 10,000. It returns an
// error for sets with different grids or series, and for a first set without
// varying series.
func EnergyDistance(ctx context.Context, a, b *Set) (float64, error) {
	if err := alike(a, b); err != nil {
		return 0, err
	}
	factors := a.equalVariance()
	if len(factors) == 0 {
		return 0, errors.New("scenario: energy distance: " +
			"no series of the first set differs between scenarios, want one")
	}
	x, y := a.points(factors), b.pointsLike(a, factors)
	// The three means of the definition: E|X − Y|, E|X − X'| and E|Y − Y'|.
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
