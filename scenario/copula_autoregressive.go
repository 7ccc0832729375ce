package scenario

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"
)

// AutoRegressive is the Gaussian copula of a stationary first-order vector
// autoregression, for series without a history. ρ_s is the persistence of
// series s per hour, C the correlation of series at the same step, and h a time
// difference in hours:
//
//	z_s(t+1) = ρ_s z_s(t) + noise
//	corr(z_s(t), z_q(t))   = C_sq
//	corr(z_s(t), z_q(t+h)) = C_sq ρ_q^h,   h ≥ 0
//
// Persistence refers to one hour for any step length. For example, persistence
// 0.9 per hour is 0.949 per half hour. The time between steps of unequal length
// is that between their middles.
//
// Source: Lütkepohl, New Introduction to Multiple Time Series Analysis (2005),
// section 2.1.
type AutoRegressive struct {
	Persistence []float64     // ρ in [0, 1], one per series or one for all; default 0.9
	Cross       *mat.SymDense // C, one row per series; default the unit matrix
	Ranking     Ranking       // see [Gaussian]
}

var _ Copula = AutoRegressive{}

// Join implements [Copula]. Up to 1000 dimensions it multiplies by the root of
// [AutoRegressive.Correlation]. Beyond, it draws step by step, in time
// proportional to the number of steps. Both have the same distribution.
func (a AutoRegressive) Join(ctx context.Context, layout Layout, u [][]float64) error {
	if layout.Dim() > denseDimensions && len(u) == layout.Dim() {
		x, err := a.newRecursion(layout)
		if err != nil {
			return err
		}
		return x.join(ctx, a.Ranking, u)
	}
	r, err := a.Correlation(layout)
	if err != nil {
		return err
	}
	return Gaussian{Correlation: r, Ranking: a.Ranking}.Join(ctx, layout, u)
}

// Correlation returns the correlation matrix over all series and steps of a
// layout, for [Gaussian]. It returns an error for invalid parameters. The
// result can be indefinite if C contradicts the persistences; [Gaussian.Join]
// reports that.
func (a AutoRegressive) Correlation(layout Layout) (*mat.SymDense, error) {
	rho, err := a.persistence(layout)
	if err != nil {
		return nil, err
	}
	n := layout.Series
	r := mat.NewSymDense(layout.Dim(), nil)
	for s := range n {
		for t := range n {
			cross := 0.0
			switch {
			case a.Cross != nil:
				cross = a.Cross.At(s, t)
			case s == t:
				cross = 1
			}
			// Series t is the later one (j ≥ i), so its persistence applies.
			// The pair (t, s) of the outer loops fills the entries in which s
			// is later.
			for i := range layout.Steps {
				for j := i; j < layout.Steps; j++ {
					r.SetSym(s*layout.Steps+i, t*layout.Steps+j, cross*math.Pow(rho[t], layout.between(i, j)))
				}
			}
		}
	}
	return r, nil
}

// persistence returns ρ of each series, or an error for invalid parameters.
func (a AutoRegressive) persistence(layout Layout) ([]float64, error) {
	bad := violations("scenario: autoregressive copula: ")
	n := layout.Series
	rho := make([]float64, n)
	for s := range rho {
		switch len(a.Persistence) {
		case 0:
			rho[s] = 0.9
		case 1:
			rho[s] = a.Persistence[0]
		case n:
			rho[s] = a.Persistence[s]
		default:
			bad.Addf("%d persistences for %d series, want one each, or one for all",
				len(a.Persistence), n)
			return nil, bad.Err()
		}
		if !(rho[s] >= 0 && rho[s] <= 1) {
			bad.Addf("persistence of series %d is %v, want a value in [0, 1]", s, rho[s])
		}
	}
	if a.Cross != nil && a.Cross.SymmetricDim() != n {
		bad.Addf("cross-correlation has %d rows for %d series, want one each",
			a.Cross.SymmetricDim(), n)
	}
	return rho, bad.Err()
}
