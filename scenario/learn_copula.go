package scenario

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Days cuts histories of equal length into rows of a [Layout]. Row d contains
// the steps of day d, series after series. An incomplete last day is dropped.
//
// For example, two histories of 48 hours with steps = 24 give two rows of 48
// values.
func Days(steps int, histories ...[]float64) ([][]float64, error) {
	bad := violations("scenario: cutting histories into days: ")
	if steps < 1 {
		bad.Addf("%d steps a day, want at least 1", steps)
	}
	if len(histories) == 0 {
		bad.Addf("no history given, want at least one")
	}
	for s, h := range histories {
		if len(h) != len(histories[0]) {
			bad.Addf("history %d has %d values, want %d as history 0", s, len(h), len(histories[0]))
		}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	days := make([][]float64, len(histories[0])/steps)
	for d := range days {
		for _, h := range histories {
			days[d] = append(days[d], h[d*steps:(d+1)*steps]...)
		}
	}
	return days, nil
}

// LearnGaussian learns the correlation of a [Gaussian] copula from past days:
// one row per day, with the dimensions in the order of [Layout]. Only ranks
// within each dimension count. With n days
//
//	z = Φ⁻¹((rank − ½)/n)      normal scores; equal values have their mean rank
//	R_kl = corr(z_k, z_l)
//
// A constant dimension (PV at night) is independent of all others. With fewer
// days than dimensions R is singular or indefinite in rounding;
// [NearestCorrelation] repairs it. Source: Pinson, Madsen, Nielsen,
// Papaefthymiou and Klöckl, Wind Energy 12 (2009), 51-62.
//
// Rows may contain actual values, forecast errors or, preferably,
// [LearnedErrors.Ranks], which do not depend on how errors grow with the
// forecast. LearnGaussian returns an error for fewer than three days, for rows
// of different length and for values that are not finite.
func LearnGaussian(days [][]float64) (Gaussian, error) {
	bad := violations("scenario: learning a copula: ")
	if len(days) < 3 {
		bad.Addf("%d days, want at least 3", len(days))
		return Gaussian{}, bad.Err()
	}
	dim := len(days[0])
	if dim == 0 {
		bad.Addf("days have no values, want at least one each")
	}
	for d, day := range days {
		if len(day) != dim {
			bad.Addf("day %d has %d values, want %d as day 0", d, len(day), dim)
		}
		for k, v := range day {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				bad.Addf("day %d, value %d is %v, want a finite number", d, k, v)
			}
		}
	}
	if err := bad.Err(); err != nil {
		return Gaussian{}, err
	}
	// Transpose to one column of scores per dimension.
	scores := make([][]float64, dim)
	for k := range scores {
		column := make([]float64, len(days))
		for d := range days {
			column[d] = days[d][k]
		}
		scores[k] = normalScores(column)
	}
	r := mat.NewSymDense(dim, nil)
	for k := range dim {
		r.SetSym(k, k, 1)
		for l := range k {
			sum := 0.0
			for d, v := range scores[k] {
				sum += v * scores[l][d]
			}
			r.SetSym(k, l, min(max(sum/float64(len(days)), -1), 1)) // rounding can exceed ±1
		}
	}
	r, err := NearestCorrelation(r)
	return Gaussian{Correlation: r}, err
}

// normalScores returns the standardised normal scores of the ranks of values.
func normalScores(values []float64) []float64 {
	n := len(values)
	scores := make([]float64, n)
	index := appendOrder(nil, values)
	for from := 0; from < n; { // one group of equal values per iteration
		to := from + 1
		for to < n && values[index[to]] == values[index[from]] {
			to++
		}
		rank := float64(from+to) / 2 // mean of rank − ½ over from+1 … to
		for _, i := range index[from:to] {
			scores[i] = distuv.UnitNormal.Quantile(rank / float64(n))
		}
		from = to
	}
	standardise(scores)
	return scores
}
