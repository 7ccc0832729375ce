package scenario

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"
)

// AutoRegressive is the Gaussian copula of a stationary first-order vector autoregression, for when
// there is no history to learn from. Series s remembers its last hour with persistence ρ_s, and series
// are correlated with one another at the same hour:
//
//	z_s(t+1h) = ρ_s z_s(t) + noise,   corr(z_s(t), z_s'(t)) = C_ss',
//	corr(z_s(t), z_s'(t+h)) = C_ss' ρ_s'^h   for h ≥ 0
//
// Persistence is stated per hour and holds for any step length.
type AutoRegressive struct {
	Persistence []float64     // ρ, one per series, or one for all; default 0.9
	Cross       *mat.SymDense // C, one row per series; default: series are independent of one another
	Ranking     Ranking       // see [Gaussian]
}

var _ Copula = AutoRegressive{}

// Join implements [Copula].
func (a AutoRegressive) Join(ctx context.Context, layout Layout, u [][]float64) error {
	r, err := a.Correlation(layout)
	if err != nil {
		return err
	}
	return Gaussian{Correlation: r, Ranking: a.Ranking}.Join(ctx, layout, u)
}

// Correlation returns the correlation matrix over all series and steps of a layout. A cross-correlation
// that the persistences do not allow is refused by the copula that uses it.
func (a AutoRegressive) Correlation(layout Layout) (*mat.SymDense, error) {
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
			bad.Addf("%d persistences for %d series, want one each, or one for all", len(a.Persistence), n)
			return nil, bad.Err()
		}
		if !(rho[s] >= 0 && rho[s] <= 1) {
			bad.Addf("persistence of series %d is %v, want a value in [0, 1]", s, rho[s])
		}
	}
	if a.Cross != nil && a.Cross.SymmetricDim() != n {
		bad.Addf("cross-correlation has %d rows for %d series, want one each", a.Cross.SymmetricDim(), n)
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
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
			for i := range layout.Steps {
				for j := i; j < layout.Steps; j++ {
					r.SetSym(s*layout.Steps+i, t*layout.Steps+j, cross*math.Pow(rho[t], float64(j-i)*layout.Hours))
				}
			}
		}
	}
	return r, nil
}
