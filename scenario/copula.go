package scenario

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Layout says which series and step a dimension of a sample stands for: dimension s·Steps + t is step t
// of series s.
type Layout struct {
	Series, Steps int
	Hours         float64 // length of one step
}

// Dim returns the number of dimensions.
func (l Layout) Dim() int { return l.Series * l.Steps }

// A Copula makes independent uniforms depend on one another: it changes u[dimension][point] in place
// and leaves every dimension uniform on (0, 1). Hours that are sampled independently give days whose
// errors cancel: with a wind farm's autocorrelation left out, the spread of the daily energy shrinks to
// a third, and batteries and reserves look cheaper than they are.
//
// The copulas of this package are [Gaussian], [AutoRegressive] and [Independent].
type Copula interface {
	Join(ctx context.Context, layout Layout, u [][]float64) error
}

// Independent leaves all hours and series independent.
type Independent struct{}

// Join implements [Copula].
func (Independent) Join(context.Context, Layout, [][]float64) error { return nil }

// Ranking says what becomes of the strata of a design when a [Gaussian] copula joins its dimensions.
// Multiplying with the root of the correlation matrix alone would lose them: the first dimension would
// stay a Latin hypercube, the others would become as uneven as plain Monte Carlo.
type Ranking int

const (
	// Reranked keeps the values that the design gave each dimension and only puts them in the order of
	// the correlated scores (Iman, Conover 1982, without their correction for the sample's own
	// correlation).
	Reranked Ranking = iota
	// Matched first removes the correlation that the scores of the design have by chance, then does as
	// Reranked: the sample's correlation is closer to the target. It needs more points than dimensions.
	Matched
	// Direct takes the correlated scores as they are. Strata are lost; for designs without strata it is
	// the textbook copula.
	Direct
)

// Gaussian is the copula of a normal vector z with the given correlation matrix R:
//
//	z = L Φ⁻¹(u),   L Lᵀ = R,   u' = Φ(z)
//
// with u' put back onto the strata of the design as Ranking says. R may be singular (a common factor
// that drives several series), but not indefinite. Its dimensions are ordered as [Layout] says.
type Gaussian struct {
	Correlation *mat.SymDense
	Ranking     Ranking
}

var _ Copula = Gaussian{}

// Join implements [Copula].
func (g Gaussian) Join(ctx context.Context, layout Layout, u [][]float64) error {
	if g.Correlation == nil {
		return fmt.Errorf("scenario: Gaussian copula has no correlation matrix; use Independent{} for none")
	}
	if n := g.Correlation.SymmetricDim(); n != layout.Dim() || n != len(u) {
		return fmt.Errorf("scenario: correlation matrix has %d rows, want %d series x %d steps", n, layout.Series, layout.Steps)
	}
	if g.Ranking < Reranked || g.Ranking > Direct {
		return fmt.Errorf("scenario: unknown ranking %d, want Reranked, Matched or Direct", int(g.Ranking))
	}
	root, err := rootOf(g.Correlation)
	if err != nil {
		return err
	}
	z := make([][]float64, len(u))
	err = each(ctx, len(u), func(k int) error {
		z[k] = make([]float64, len(u[k]))
		for i, v := range u[k] {
			z[k][i] = distuv.UnitNormal.Quantile(v)
		}
		return nil
	})
	if err == nil && g.Ranking == Matched {
		err = decorrelate(ctx, z)
	}
	if err == nil {
		err = multiply(ctx, root, z)
	}
	if err != nil {
		return err
	}
	return each(ctx, len(u), func(k int) error {
		if g.Ranking == Direct {
			for i, v := range z[k] {
				u[k][i] = min(max(distuv.UnitNormal.CDF(v), smallest), 1-smallest)
			}
			return nil
		}
		values := slices.Clone(u[k])
		slices.Sort(values)
		for rank, i := range order(z[k]) {
			u[k][i] = values[rank]
		}
		return nil
	})
}

// order returns the indexes of values from the smallest to the largest, the earliest of equals first.
func order(values []float64) []int {
	index := make([]int, len(values))
	for i := range index {
		index[i] = i
	}
	slices.SortFunc(index, func(a, b int) int {
		return cmp.Or(cmp.Compare(values[a], values[b]), cmp.Compare(a, b))
	})
	return index
}
