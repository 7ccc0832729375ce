package scenario

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Days cuts histories of equal length into rows of a [Layout]: row d holds, series after series, the
// steps of day d. What is left of an incomplete last day is dropped.
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

// LearnGaussian learns the correlation of a [Gaussian] copula from past days, one row each with its
// dimensions ordered as [Layout] says. Only the ranks within each dimension matter: they are turned into
// normal scores Φ⁻¹((rank − ½)/n), equal values sharing their mean rank, and the scores are correlated.
// A dimension that never varies (PV at night) is independent of all others. Where there are fewer days
// than dimensions the result is repaired by [NearestCorrelation].
//
// Rows may hold values themselves, forecast errors, or best the ranks that a model of the errors gives
// them ([LearnedErrors.Ranks]), which are free of how errors grow with the forecast.
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
			r.SetSym(k, l, min(max(sum/float64(len(days)), -1), 1))
		}
	}
	r, err := NearestCorrelation(r)
	return Gaussian{Correlation: r}, err
}

// normalScores returns the standardised normal scores of the ranks of values.
func normalScores(values []float64) []float64 {
	n := len(values)
	scores := make([]float64, n)
	index := order(values)
	for from := 0; from < n; {
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
