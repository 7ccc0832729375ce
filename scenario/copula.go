package scenario

import (
	"cmp"
	"context"
	"fmt"
	"math"
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

// multiply replaces z[dimension][point] by root z, root being lower triangular.
func multiply(ctx context.Context, root *mat.TriDense, z [][]float64) error {
	out := make([][]float64, len(z))
	err := each(ctx, len(z), func(k int) error {
		out[k] = make([]float64, len(z[k]))
		for l := 0; l <= k; l++ {
			if factor := root.At(k, l); factor != 0 {
				for i, v := range z[l] {
					out[k][i] += factor * v
				}
			}
		}
		return nil
	})
	copy(z, out)
	return err
}

// decorrelate makes the rows of z uncorrelated with mean zero and variance one.
func decorrelate(ctx context.Context, z [][]float64) error {
	if len(z[0]) <= len(z) {
		return fmt.Errorf("scenario: matched ranking of %d points in %d dimensions, want more points than dimensions", len(z[0]), len(z))
	}
	for _, row := range z {
		standardise(row)
	}
	c := mat.NewSymDense(len(z), nil)
	err := each(ctx, len(z), func(k int) error {
		for l := 0; l <= k; l++ {
			sum := 0.0
			for i, v := range z[k] {
				sum += v * z[l][i]
			}
			c.SetSym(k, l, sum/float64(len(z[k])))
		}
		return nil
	})
	if err != nil {
		return err
	}
	root, err := rootOf(c)
	if err != nil {
		return err
	}
	var inverse mat.TriDense
	if err := inverse.InverseTri(root); err != nil {
		return fmt.Errorf("scenario: matched ranking: two dimensions of the design are the same, want a design in general position: %w", err)
	}
	return multiply(ctx, &inverse, z)
}

// standardise shifts and scales values to mean zero and variance one; equal values become zeros.
func standardise(values []float64) {
	n, mean, variance := float64(len(values)), 0.0, 0.0
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		variance += (v - mean) * (v - mean) / n
	}
	std := math.Sqrt(variance)
	for i, v := range values {
		if std > 0 {
			values[i] = (v - mean) / std
		} else {
			values[i] = 0
		}
	}
}

// rootOf returns the lower triangular root L of a positive semidefinite matrix with ones on the
// diagonal (Cholesky). A pivot that vanishes but for rounding gives a column of zeros, which is right
// exactly when the rest of the column vanishes too.
func rootOf(r *mat.SymDense) (*mat.TriDense, error) {
	const tolerance = 1e-9
	n := r.SymmetricDim()
	bad := faults{prefix: "scenario: correlation matrix: "}
	for i := range n {
		for j := 0; j <= i; j++ {
			if v := r.At(i, j); !(math.Abs(v) <= 1+tolerance) || (i == j && math.Abs(v-1) > tolerance) {
				bad.addf("row %d, column %d is %v, want ones on the diagonal and values from -1 to 1 elsewhere", i, j, v)
			}
		}
	}
	root := mat.NewTriDense(n, mat.Lower, nil)
	for j := 0; j < n && len(bad.errs) == 0; j++ {
		for i := j; i < n; i++ {
			rest := r.At(i, j)
			for l := range j {
				rest -= root.At(i, l) * root.At(j, l)
			}
			pivot := root.At(j, j)
			switch {
			case i == j && rest > tolerance:
				root.SetTri(i, i, math.Sqrt(rest))
			case i == j && rest < -tolerance, i > j && pivot == 0 && math.Abs(rest) > math.Sqrt(tolerance):
				bad.addf("row %d contradicts the rows before it (indefinite); repair it with NearestCorrelation", i)
			case i > j && pivot > 0:
				root.SetTri(i, j, rest/pivot)
			}
		}
	}
	return root, bad.err()
}
