package scenario

import (
	"errors"
	"math"
	"slices"
)

// Quality is the result of a comparison between a sample and its reduction.
type Quality struct {
	Series []SeriesQuality // one per varying series, in the order of the sample

	// Kantorovich is the mean distance of the points of the sample from their
	// nearest representative, over all series together, each divided by its
	// root mean variance:
	//
	//	K = Σ_i p_i min_j |x_i − y_j|
	//
	// It equals the Kantorovich distance of the two distributions if each
	// representative has the probability of the points nearest to it, as after
	// [Reduce] with defaults. Otherwise it is a lower bound.
	Kantorovich float64

	// Misplaced is half the sum of the absolute differences between the
	// probabilities of the representatives and those of the points nearest to
	// them. If it is 0, Kantorovich is exact.
	Misplaced float64
}

// SeriesQuality compares one series of a reduction with the sample. A retained
// spread of 1 is perfect; with 0 all scenarios are equal. A sample without
// spread gives 1.
type SeriesQuality struct {
	Name string

	StepSpread   float64 // ratio reduced/sample of the root mean variance over the steps
	EnergySpread float64 // ratio reduced/sample of the standard deviation of the energy

	MeanError     float64 // largest difference of means at a step, divided by the spread
	SkewnessError float64 // skewness of the sum over the steps, reduced minus sample
	KurtosisError float64 // excess kurtosis of that sum, reduced minus sample

	Autocorrelation       float64 // correlation of neighbouring steps in the reduction
	SampleAutocorrelation float64 // the same in the sample
	Low, High             float64 // extremes of the reduction, in the unit of the series
	SampleLow, SampleHigh float64 // extremes of the sample
}

// Compare measures the loss of a reduction. sample and reduced must have the
// same grid and series, and at least one series of the sample must vary.
func Compare(sample, reduced *Set) (*Quality, error) {
	if err := alike(sample, reduced); err != nil {
		return nil, err
	}
	factors := sample.equalVariance()
	if len(factors) == 0 {
		return nil, errors.New("scenario: comparison: " +
			"no series of the sample differs between scenarios, want at least one")
	}
	q := &Quality{}
	for _, name := range sample.names {
		if !sample.Varies(name) {
			continue
		}
		a, b := momentsOf(sample, name), momentsOf(reduced, name)
		worst := 0.0
		for t, m := range a.mean {
			worst = max(worst, math.Abs(b.mean[t]-m))
		}
		q.Series = append(q.Series, SeriesQuality{
			Name:       name,
			StepSpread: ratio(b.spread, a.spread), EnergySpread: ratio(b.std, a.std),
			MeanError:     worst * factors[name],
			SkewnessError: b.skewness - a.skewness, KurtosisError: b.kurtosis - a.kurtosis,
			Autocorrelation: b.lag, SampleAutocorrelation: a.lag,
			Low: b.low, High: b.high, SampleLow: a.low, SampleHigh: a.high,
		})
	}
	q.Kantorovich, q.Misplaced = transport(sample, reduced, factors)
	return q, nil
}

// alike reports sets that cannot be compared: different grids, or series
// missing in the second set.
func alike(a, b *Set) error {
	bad := violations("scenario: comparison: ")
	if !a.Grid().SameSteps(b.Grid()) {
		bad.Addf("grids have %v and %v, want the same", a.Grid(), b.Grid())
	}
	for _, name := range a.Names() {
		if !b.Has(name) {
			bad.Addf("series %q is in the first set only", name)
		}
	}
	return bad.Err()
}

// transport returns the mean distance to the nearest representative, and the
// probability that the representatives have in excess of the points nearest to
// them.
func transport(sample, reduced *Set, factors map[string]float64) (distance, excess float64) {
	// mass[j] collects the probability of the points whose nearest
	// representative is j.
	points, to := sample.points(factors), reduced.pointsLike(sample, factors)
	mass := make([]float64, len(to))
	for i, x := range points {
		best, at := math.Inf(1), 0
		for j, y := range to {
			if d := squared(x, y); d < best {
				best, at = d, j
			}
		}
		distance += sample.probability[i] * math.Sqrt(best)
		mass[at] += sample.probability[i]
	}
	for j, p := range reduced.probability {
		excess += math.Abs(p-mass[j]) / 2
	}
	return distance, excess
}

// moments are the statistics of one series of a set. Energy is the sum over the
// steps.
type moments struct {
	mean                    []float64 // by step
	spread                  float64   // root mean variance over the steps
	std, skewness, kurtosis float64   // of the sum over the steps; kurtosis is the excess
	lag                     float64   // correlation of neighbouring steps
	low, high               float64   // extremes over all scenarios and steps
}

// momentsOf computes the moments of a series in one pass over the paths.
func momentsOf(s *Set, name string) moments {
	m := moments{mean: s.Mean(name), spread: s.spread(name), low: math.Inf(1), high: math.Inf(-1)}
	var second, third, fourth, product, left, right float64
	for i, p := range s.probability {
		path := s.Path(name, i)
		sum, before := 0.0, 0.0
		for t, v := range path {
			d := v - m.mean[t]
			sum += d * s.grid.HoursAt(t) / s.grid.HoursAt(0) // 1 on equal steps
			if t > 0 {
				product += p * before * d
				left += p * before * before
				right += p * d * d
			}
			before = d
		}
		second += p * sum * sum
		third += p * sum * sum * sum
		fourth += p * sum * sum * sum * sum
		m.low, m.high = min(m.low, slices.Min(path)), max(m.high, slices.Max(path))
	}
	// A constant series has neither skewness nor correlation; rounding noise
	// would give arbitrary values.
	if m.spread == 0 {
		return m
	}
	m.std = math.Sqrt(second)
	if second > 0 {
		m.skewness, m.kurtosis = third/(second*m.std), fourth/(second*second)-3
	}
	if left > 0 && right > 0 {
		m.lag = product / math.Sqrt(left*right)
	}
	return m
}

// ratio returns a/b, or 1 if b is 0 and so is the spread to retain.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 1
	}
	return a / b
}
