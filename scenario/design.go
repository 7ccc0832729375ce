package scenario

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"
	"gonum.org/v1/gonum/stat/samplemv"
)

// A Design spreads n points over the unit cube of dim dimensions, with equal weights.
//
// The result is indexed [dimension][point] and its values lie strictly between 0 and 1. The same state
// of src gives the same bytes. The designs of this package are [LatinHypercube], [MonteCarlo], [Halton]
// and [Antithetic].
type Design interface {
	Sample(dim, n int, src rand.Source) ([][]float64, error)
}

// LatinHypercube puts exactly one point into each of n equal strata of every dimension:
//
//	u_{k,i} = (π_k(i) + U) / n,   π_k a random order of 0 … n−1,  U uniform in (0, 1)
//
// (McKay, Beckman, Conover 1979). The mean of a sum of functions of one variable each has a variance
// of order n⁻³ instead of n⁻¹; nothing is gained on how the dimensions interact.
type LatinHypercube struct{}

// Sample implements [Design].
func (LatinHypercube) Sample(dim, n int, src rand.Source) ([][]float64, error) {
	u, err := cube(dim, n)
	if err != nil {
		return nil, err
	}
	for _, column := range u {
		// The shuffle that builds a random order from the inside out, carrying finished values.
		for i := range column {
			bits := src.Uint64()
			j := below(uint32(i)+1, &bits, src)
			column[i] = column[j]
			column[j] = (float64(i) + fraction(bits<<32)) / float64(n)
		}
	}
	return u, nil
}

// below returns a number uniform in [0, n) from the upper half of bits, and leaves the lower half for
// other use. Bits are drawn again in the rare cases that would favour some numbers (Lemire 2019).
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

// MonteCarlo draws all values independently.
type MonteCarlo struct{}

// Sample implements [Design].
func (MonteCarlo) Sample(dim, n int, src rand.Source) ([][]float64, error) {
	u, err := cube(dim, n)
	if err != nil {
		return nil, err
	}
	for _, column := range u {
		for i := range column {
			column[i] = fraction(src.Uint64())
		}
	}
	return u, nil
}

// Halton is the randomised Halton sequence (Owen 2017), of at most 1000 dimensions. It fills low
// dimensions evenly in their interaction too; from about thirty on its points lie in lines, and
// [LatinHypercube] is the better choice.
type Halton struct{}

// Sample implements [Design].
func (Halton) Sample(dim, n int, src rand.Source) ([][]float64, error) {
	const limit = 1000 // primes that the sequence has at hand
	u, err := cube(dim, n)
	if err != nil {
		return nil, err
	}
	if dim > limit {
		return nil, fmt.Errorf("scenario: Halton sequence of %d dimensions, want at most %d; use LatinHypercube", dim, limit)
	}
	batch := mat.NewDense(n, dim, nil)
	samplemv.Halton{Kind: samplemv.Owen, Q: distmv.NewUnitUniform(dim, nil), Src: src}.Sample(batch)
	for k, column := range u {
		for i := range column {
			column[i] = min(max(batch.At(i, k), smallest), 1-smallest)
		}
	}
	return u, nil
}

// Antithetic takes half of its points from another design and mirrors each of them: point 2i+1 is one
// minus point 2i. The mean of everything odd about the centre is then exact. With an odd number of
// points the last one has no mirror image.
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
	half, err := a.withDefaults().Of.Sample(dim, (n+1)/2, src)
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

// smallest keeps values off the ends of the unit interval, where quantiles may be infinite.
const smallest = 1.0 / (1 << 53)

// largest is the number of values a design may have: 16 GB of them.
const largest = 1<<31 - 1

// cube makes room for n points of dim dimensions.
func cube(dim, n int) ([][]float64, error) {
	if dim < 1 || n < 1 {
		return nil, fmt.Errorf("scenario: design of %d points in %d dimensions, want at least one of each", n, dim)
	}
	if n > largest/dim {
		return nil, fmt.Errorf("scenario: design of %d points in %d dimensions is too large, want at most %d values", n, dim, largest)
	}
	values := make([]float64, dim*n)
	u := make([][]float64, dim)
	for k := range u {
		u[k] = values[k*n : (k+1)*n : (k+1)*n]
	}
	return u, nil
}

// fraction turns the upper 32 bits into a number strictly between 0 and 1: few enough that adding a
// stratum's number to it never rounds up into the next stratum.
func fraction(bits uint64) float64 { return (float64(bits>>32) + 0.5) / (1 << 32) }
