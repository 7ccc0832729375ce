package scenario

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Layout is the meaning of the dimensions of a sample: dimension s·Steps + t is
// step t of series s. For example, with 24 steps dimension 30 is step 6 of the
// second series.
type Layout struct {
	Series, Steps int
	Hours         float64   // length of one step, hours; 0 if Lengths is given
	Lengths       []float64 // length of each step, hours; nil: Hours
}

// layoutOf returns the layout of a number of series over a grid.
func layoutOf(series int, grid Grid) Layout {
	grid = grid.normal()
	out := Layout{Series: series, Steps: grid.Steps}
	if grid.Lengths == nil {
		out.Hours = grid.Hours()
		return out
	}
	for t := range grid.Steps {
		out.Lengths = append(out.Lengths, grid.HoursAt(t))
	}
	return out
}

// between returns the time from the middle of step i to the middle of step j ≥
// i, hours.
func (l Layout) between(i, j int) float64 {
	if l.Lengths == nil {
		return float64(j-i) * l.Hours
	}
	hours := (l.Lengths[j] - l.Lengths[i]) / 2
	for _, length := range l.Lengths[i:j] {
		hours += length
	}
	return hours
}

// Dim returns the number of dimensions, Series · Steps.
func (l Layout) Dim() int { return l.Series * l.Steps }

// A Copula makes independent uniform numbers dependent. Join changes u, indexed
// [dimension][point], in place. Every dimension must stay uniform on (0, 1).
//
// Dependence matters: errors of independently sampled hours cancel over a day.
// Without the autocorrelation of a wind farm, the standard deviation of the
// daily energy shrinks to a third, and batteries and reserves look cheaper than
// they are.
//
// The copulas of this package are [Gaussian], [AutoRegressive] and
// [Independent].
type Copula interface {
	Join(ctx context.Context, layout Layout, u [][]float64) error
}

// Independent leaves all steps and series independent.
type Independent struct{}

// Join implements [Copula].
func (Independent) Join(context.Context, Layout, [][]float64) error { return nil }

// Ranking is the treatment of the strata of a [Design] by a [Gaussian] copula.
// Multiplication by the root of the correlation matrix alone loses them: the
// first dimension stays a Latin hypercube, and the others become as uneven as
// plain Monte Carlo.
type Ranking int

const (
	// Reranked keeps the values of the design in each dimension and reorders
	// them by the ranks of the correlated scores (Iman and Conover,
	// Communications in Statistics B 11, 1982, without their correction of the
	// correlation of the sample). It is the default.
	Reranked Ranking = iota
	// Matched first removes the random correlation of the scores of the design,
	// then reorders as Reranked does. The correlation of the sample is closer
	// to the target. It needs more points than dimensions.
	Matched
	// Direct uses the correlated scores themselves. Strata are lost. It is the
	// textbook copula, for designs without strata such as [MonteCarlo].
	Direct
)

// Gaussian is the copula of a normal vector with correlation matrix R:
//
//	z  = Φ⁻¹(u)         normal scores, Φ is the standard normal distribution function
//	z' = L z,  L Lᵀ = R
//	u' = Φ(z')          then moved onto the strata of the design, see [Ranking]
//
// R has one row per dimension in the order of [Layout]. It may be singular, as
// for a common factor of several series, but not indefinite. Source: Nelsen, An
// Introduction to Copulas, section 2.3.
type Gaussian struct {
	Correlation *mat.SymDense // R, ones on the diagonal
	Ranking     Ranking       // default Reranked
}

var _ Copula = Gaussian{}

// Join implements [Copula]. It returns an error if R is missing, has the wrong
// size, is not a correlation matrix or is indefinite.
func (g Gaussian) Join(ctx context.Context, layout Layout, u [][]float64) error {
	if g.Correlation == nil {
		return fmt.Errorf(
			"scenario: Gaussian copula has no correlation matrix; use Independent{} for none")
	}
	if n := g.Correlation.SymmetricDim(); n != layout.Dim() || n != len(u) {
		return fmt.Errorf("scenario: correlation matrix has %d rows, want %d series x %d steps",
			n, layout.Series, layout.Steps)
	}
	if err := g.Ranking.validate(); err != nil {
		return err
	}
	root, err := rootWithin(ctx, g.Correlation)
	if err != nil {
		return err
	}
	return g.Ranking.join(ctx, u, func(ctx context.Context, z [][]float64) error {
		return multiply(ctx, root, z)
	})
}

// validate rejects unknown rankings.
func (r Ranking) validate() error {
	if r < Reranked || r > Direct {
		return fmt.Errorf("scenario: unknown ranking %d, want Reranked, Matched or Direct", int(r))
	}
	return nil
}

// join replaces u, indexed [dimension][point], by dependent numbers. correlate
// replaces independent normal scores, indexed like u, by correlated ones.
func (r Ranking) join(ctx context.Context, u [][]float64, correlate func(context.Context, [][]float64) error) error {
	if err := r.validate(); err != nil {
		return err
	}
	// Normal scores, one row per dimension.
	z := make([][]float64, len(u))
	err := each(ctx, len(u), func(k int) error {
		z[k] = make([]float64, len(u[k]))
		scores(z[k], u[k])
		return nil
	})
	if err == nil && r == Matched {
		err = decorrelate(ctx, z)
	}
	if err == nil {
		err = correlate(ctx, z)
	}
	if err != nil {
		return err
	}
	return each(ctx, len(u), func(k int) error {
		r.place(u[k], z[k])
		return nil
	})
}

// scores writes the normal scores of uniform numbers to z.
func scores(z, u []float64) {
	for i, v := range u {
		z[i] = distuv.UnitNormal.Quantile(v)
	}
}

// place replaces the numbers u of one dimension by those that belong to its
// correlated scores z.
func (r Ranking) place(u, z []float64) {
	if r == Direct {
		for i, v := range z {
			// The distribution function rounds to 0 or 1 far out, and quantiles
			// are infinite there.
			u[i] = min(max(distuv.UnitNormal.CDF(v), smallest), 1-smallest)
		}
		return
	}
	// The i-th smallest score receives the i-th smallest value of the design.
	x, ok := sorters.Get().(*sorter)
	if !ok {
		x = &sorter{}
	}
	defer sorters.Put(x)
	x.values = append(x.values[:0], u...)
	slices.Sort(x.values)
	x.index = appendOrder(x.index[:0], z)
	for rank, i := range x.index {
		u[i] = x.values[rank]
	}
}

// sorter is the memory of [Ranking.place] for one dimension. A year of hours
// has 8760 dimensions per series, so that goroutines use it again.
type sorter struct {
	values []float64
	index  []int
}

var sorters sync.Pool

// appendOrder appends the indices of values from the smallest to the largest to
// index, which is empty. Equal values keep their order.
func appendOrder(index []int, values []float64) []int {
	for i := range values {
		index = append(index, i)
	}
	slices.SortFunc(index, func(a, b int) int {
		if c := cmp.Compare(values[a], values[b]); c != 0 {
			return c
		}
		return cmp.Compare(a, b)
	})
	return index
}
