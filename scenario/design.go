package scenario

import (
	"context"
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"
	"gonum.org/v1/gonum/stat/samplemv"
)

// A Design spreads n points with equal weights over the unit cube of dim
// dimensions. The result is indexed [dimension][point]; its values lie strictly
// between 0 and 1. Equal states of src give equal bytes.
//
// The designs of this package are [LatinHypercube], [MonteCarlo], [Halton] and
// [Antithetic].
type Design interface {
	Sample(dim, n int, src rand.Source) ([][]float64, error)
}

// A ContextDesign is a [Design] that can stop. [Generate] calls SampleContext
// instead of Sample. It returns the same points, or the error of ctx soon after
// ctx is done. The designs of this package implement it.
type ContextDesign interface {
	Design
	SampleContext(ctx context.Context, dim, n int, src rand.Source) ([][]float64, error)
}

// sample returns the points of a design, which stops if it can.
func sample(ctx context.Context, d Design, dim, n int, src rand.Source) ([][]float64, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if d, ok := d.(ContextDesign); ok {
		return d.SampleContext(ctx, dim, n, src)
	}
	return d.Sample(dim, n, src)
}

// drawsPerCheck is the number of values between two looks at the context, below
// a millisecond.
const drawsPerCheck = 1 << 14

// LatinHypercube puts exactly one point into each of n equal strata of every
// dimension:
//
//	u_k(i) = (π_k(i) + U) / n,   π_k a random permutation of 0 … n−1,  U uniform in (0, 1)
//
// The mean of a sum of functions of one variable each has a variance of order
// n⁻³ instead of n⁻¹. Interactions of dimensions gain nothing. Source: McKay,
// Beckman and Conover, Technometrics 21 (1979).
type LatinHypercube struct{}

// Sample implements [Design].
func (d LatinHypercube) Sample(dim, n int, src rand.Source) ([][]float64, error) {
	return d.SampleContext(context.Background(), dim, n, src)
}

// SampleContext implements [ContextDesign].
func (LatinHypercube) SampleContext(ctx context.Context, dim, n int, src rand.Source) ([][]float64, error) {
	u, err := cube(dim, n)
	if err != nil {
		return nil, err
	}
	for _, column := range u {
		// Inside-out Fisher-Yates shuffle: value i is placed at a random
		// position j ≤ i, and the value that stood there moves to position i.
		for i := range column {
			if i%drawsPerCheck == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			bits := src.Uint64()
			j := below(uint32(i)+1, &bits, src)
			column[i] = column[j]
			column[j] = (float64(i) + fraction(bits<<32)) / float64(n)
		}
	}
	return u, nil
}

// below returns a number uniform in [0, n) from the upper half of bits and
// leaves the lower half for the caller. It draws new bits in the rare cases
// that would favour some numbers (Lemire, ACM Transactions on Modeling and
// Computer Simulation 29, 2019).
func below(n uint32, bits *uint64, src rand.Source) uint32 {
	product := (*bits >> 32) * uint64(n)
	if uint32(product) < n {
		for reject := -n % n; uint32(product) < reject; {
			*bits = src.Uint64()
			product = (*bits >> 32) * uint64(n)
		}
	}
	return uint32(product >> 32)
}

// MonteCarlo draws all values independently and uniformly.
type MonteCarlo struct{}

// Sample implements [Design].
func (d MonteCarlo) Sample(dim, n int, src rand.Source) ([][]float64, error) {
	return d.SampleContext(context.Background(), dim, n, src)
}

// SampleContext implements [ContextDesign].
func (MonteCarlo) SampleContext(ctx context.Context, dim, n int, src rand.Source) ([][]float64, error) {
	u, err := cube(dim, n)
	if err != nil {
		return nil, err
	}
	for _, column := range u {
		for i := range column {
			if i%drawsPerCheck == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			column[i] = fraction(src.Uint64())
		}
	}
	return u, nil
}

// Halton is the randomised Halton sequence of at most 1000 dimensions (Owen,
// arXiv 1706.02808, 2017). In few dimensions it also covers interactions
// evenly. From about 30 dimensions on its points lie near lines and
// [LatinHypercube] is the better choice. Halton returns an error for more than
// 1000 dimensions.
type Halton struct{}

// Sample implements [Design].
func (d Halton) Sample(dim, n int, src rand.Source) ([][]float64, error) {
	return d.SampleContext(context.Background(), dim, n, src)
}

// SampleContext implements [ContextDesign].
func (Halton) SampleContext(ctx context.Context, dim, n int, src rand.Source) ([][]float64, error) {
	const limit = 1000 // number of primes in gonum's table
	u, err := cube(dim, n)
	if err != nil {
		return nil, err
	}
	if dim > limit {
		return nil, fmt.Errorf(
			"scenario: Halton sequence of %d dimensions, want at most %d; use LatinHypercube",
			dim, limit)
	}
	batch, err := haltonBatch(ctx, dim, n, src)
	if err != nil {
		return nil, err
	}
	for k, column := range u {
		for i := range column {
			column[i] = min(max(batch.At(i, k), smallest), 1-smallest)
		}
	}
	return u, nil
}

// haltonBatch returns the points of gonum's sampler. The sampler has no
// context, but it draws a permutation before each digit of each dimension. The
// source stops it there by a panic, which does not leave this function.
func haltonBatch(ctx context.Context, dim, n int, src rand.Source) (batch *mat.Dense, err error) {
	defer func() {
		switch reason := recover().(type) {
		case nil:
		case stopped:
			batch, err = nil, reason.err
		default:
			panic(reason)
		}
	}()
	batch = mat.NewDense(n, dim, nil)
	samplemv.Halton{
		Kind: samplemv.Owen, Q: distmv.NewUnitUniform(dim, nil), Src: stoppingSource{ctx, src},
	}.Sample(batch)
	return batch, nil
}

// stoppingSource panics with stopped if it is used after its context is done.
type stoppingSource struct {
	ctx context.Context
	src rand.Source
}

// stopped is the reason of a panic of [stoppingSource].
type stopped struct{ err error }

// Uint64 implements [rand.Source].
func (s stoppingSource) Uint64() uint64 {
	if err := s.ctx.Err(); err != nil {
		panic(stopped{err})
	}
	return s.src.Uint64()
}

// Antithetic takes half of its points from another design and reflects each of
// them: point 2i+1 is one minus point 2i. Means of functions that are odd about
// the centre are exact. With an odd n the last point has no reflection.
type Antithetic struct {
	Of Design // default LatinHypercube{}
}

// withDefaults returns a with defaults set.
func (a Antithetic) withDefaults() Antithetic {
	if a.Of == nil {
		a.Of = LatinHypercube{}
	}
	return a
}

// Sample implements [Design].
func (a Antithetic) Sample(dim, n int, src rand.Source) ([][]float64, error) {
	return a.SampleContext(context.Background(), dim, n, src)
}

// SampleContext implements [ContextDesign]. It stops as soon as the design Of
// does.
func (a Antithetic) SampleContext(ctx context.Context, dim, n int, src rand.Source) ([][]float64, error) {
	half, err := sample(ctx, a.withDefaults().Of, dim, (n+1)/2, src)
	if err != nil {
		return nil, err
	}
	u, err := cube(dim, n)
	if err != nil {
		return nil, err
	}
	for k, column := range u {
		for i := range column {
			column[i] = half[k][i/2]
			if i%2 == 1 {
				column[i] = 1 - column[i]
			}
		}
	}
	return u, nil
}

// smallest is the smallest value of a design, and 1 − smallest the largest.
// Quantiles at 0 and 1 may be infinite.
const smallest = 1.0 / (1 << 53)

// largest is the largest number of values of a design, 16 GB of memory.
const largest = 1<<31 - 1

// cube allocates n points of dim dimensions, or returns an error for a size
// below 1 or above largest.
func cube(dim, n int) ([][]float64, error) {
	if dim < 1 || n < 1 {
		return nil, fmt.Errorf(
			"scenario: design of %d points in %d dimensions, want at least one of each",
			n, dim)
	}
	if n > largest/dim {
		return nil, fmt.Errorf(
			"scenario: design of %d points in %d dimensions is too large, want at most %d values",
			n, dim, largest)
	}
	values := make([]float64, dim*n)
	u := make([][]float64, dim)
	for k := range u {
		u[k] = values[k*n : (k+1)*n : (k+1)*n]
	}
	return u, nil
}

// fraction maps the upper 32 bits to a number strictly between 0 and 1. With 32
// bits the sum of a stratum number and the fraction never rounds up into the
// next stratum.
func fraction(bits uint64) float64 { return (float64(bits>>32) + 0.5) / (1 << 32) }
