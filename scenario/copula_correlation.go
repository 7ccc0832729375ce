package scenario

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// NearestCorrelation returns the positive definite correlation matrix that is
// nearest to a symmetric matrix with ones on its diagonal, in the Frobenius
// norm:
//
//	min ‖X − R‖_F   with X_ii = 1 and eigenvalues of X of at least 1e-8
//
// A matrix without smaller eigenvalues is returned unchanged. Matrices learned
// from few data or composed by hand need this repair: correlations of 1, 1 and
// 0 among three quantities contradict each other, and the nearest consistent
// ones are 0.761, 0.761 and 0.157, at a distance of 0.5278.
//
// The method alternates between the two sets of matrices and corrects each
// projection onto the first by the change of the one before (Dykstra).
// NearestCorrelation returns an error if an entry is not finite or a diagonal
// entry is not 1.
//
// Source: Higham, "Computing the nearest correlation matrix – a problem from
// finance", IMA J. Numer. Anal. 22 (2002) 329, algorithm 3.3.
func NearestCorrelation(r *mat.SymDense) (*mat.SymDense, error) {
	n := r.SymmetricDim()
	bad := violations("scenario: correlation matrix: ")
	for i := range n {
		for j := 0; j <= i; j++ {
			if v := r.At(i, j); math.IsNaN(v) || math.IsInf(v, 0) {
				bad.Addf("row %d, column %d is %v, want a finite number", i, j, v)
			} else if i == j && math.Abs(v-1) > 1e-9 {
				bad.Addf("row %d, column %d is %v, want 1; divide covariances by both standard deviations", i, j, v)
			}
		}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	_, least, err := raiseEigenvalues(r)
	if err != nil || least >= minEigenvalue {
		return r, err
	}
	var (
		correction = mat.NewSymDense(n, nil) // change of the last projection
		y          = r                       // x with ones on its diagonal
	)
	for range maxProjections {
		from := difference(y, correction)
		x, _, err := raiseEigenvalues(from)
		if err != nil {
			return nil, err
		}
		correction = difference(x, from)
		before := y
		y = mat.NewSymDense(n, nil)
		y.CopySym(x)
		for i := range n {
			y.SetSym(i, i, 1)
		}
		if mat.Norm(difference(y, before), math.Inf(1)) <= projectionTolerance*mat.Norm(y, math.Inf(1)) {
			break
		}
	}
	return definite(y)
}

const (
	// minEigenvalue keeps the Cholesky factor of a repaired matrix well away
	// from rounding.
	minEigenvalue = 1e-8

	// projectionTolerance ends the projections: largest relative change of a
	// row sum.
	projectionTolerance = 1e-11
	maxProjections      = 1000
)

// difference returns a − b.
func difference(a, b *mat.SymDense) *mat.SymDense {
	out := mat.NewSymDense(a.SymmetricDim(), nil)
	for i := range a.SymmetricDim() {
		for j := range i + 1 {
			out.SetSym(i, j, a.At(i, j)-b.At(i, j))
		}
	}
	return out
}

// raiseEigenvalues returns the nearest matrix without eigenvalues below
// minEigenvalue, and the least eigenvalue of r:
//
//	R = V diag(λ) Vᵀ,   X = V diag(max(λ, 1e-8)) Vᵀ
func raiseEigenvalues(r *mat.SymDense) (x *mat.SymDense, least float64, err error) {
	var eigen mat.EigenSym
	if !eigen.Factorize(r, true) {
		return nil, 0, errors.New(
			"scenario: correlation matrix: eigenvalues not found; check for very large values")
	}
	values := eigen.Values(nil) // ascending
	var vectors, scaled mat.Dense
	eigen.VectorsTo(&vectors)
	scaled.Apply(func(_, j int, v float64) float64 {
		return v * math.Sqrt(max(values[j], minEigenvalue))
	}, &vectors)
	x = mat.NewSymDense(r.SymmetricDim(), nil)
	x.SymOuterK(1, &scaled)
	return x, values[0], nil
}

// definite mixes a matrix with the identity until its eigenvalues are at least
// half of minEigenvalue. The last projection, onto ones on the diagonal, can
// lower them by the tolerance.
func definite(y *mat.SymDense) (*mat.SymDense, error) {
	_, least, err := raiseEigenvalues(y)
	if err != nil || least >= minEigenvalue/2 {
		return y, err
	}
	share := (minEigenvalue - least) / (1 - least)
	for i := range y.SymmetricDim() {
		for j := range i {
			y.SetSym(i, j, (1-share)*y.At(i, j))
		}
	}
	return y, nil
}

// multiply replaces z, indexed [dimension][point], by root · z. root is lower
// triangular.
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

// decorrelate makes the rows of z uncorrelated with mean 0 and variance 1:
//
//	z' = K⁻¹ z,   K Kᵀ = sample correlation of z
func decorrelate(ctx context.Context, z [][]float64) error {
	if len(z[0]) <= len(z) {
		return fmt.Errorf("scenario: matched ranking of %d points in %d dimensions, "+
			"want more points than dimensions",
			len(z[0]), len(z))
	}
	for _, row := range z {
		standardise(row)
	}
	// Rows of mean 0 and variance 1: their mean products are correlations.
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
	root, err := rootWithin(ctx, c)
	if err != nil {
		return err
	}
	var inverse mat.TriDense
	if err := inverse.InverseTri(root); err != nil {
		return fmt.Errorf("scenario: matched ranking: "+
			"two dimensions of the design are equal, want distinct ones: %w", err)
	}
	return multiply(ctx, &inverse, z)
}

// standardise shifts and scales values to mean 0 and variance 1. Equal values
// become zeros.
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

// rootOf returns the lower triangular root L of a positive semidefinite
// correlation matrix, L Lᵀ = R (Cholesky). A pivot of zero, up to rounding,
// gives a column of zeros. That is correct only if the rest of the column is
// zero too; otherwise the matrix is indefinite.
func rootOf(r *mat.SymDense) (*mat.TriDense, error) {
	return rootWithin(context.Background(), r)
}

// rowsPerCheck is the number of entries of a column between two looks at the
// context. With 10,000 dimensions they take a few milliseconds.
const rowsPerCheck = 256

// rootWithin is rootOf with a context.
func rootWithin(ctx context.Context, r *mat.SymDense) (*mat.TriDense, error) {
	const tolerance = 1e-9
	n := r.SymmetricDim()
	bad := violations("scenario: correlation matrix: ")
	for i := range n {
		for j := 0; j <= i; j++ {
			if v := r.At(i, j); !(math.Abs(v) <= 1+tolerance) || (i == j && math.Abs(v-1) > tolerance) {
				bad.Addf("row %d, column %d is %v, "+
					"want ones on the diagonal and values from -1 to 1 elsewhere", i, j, v)
			}
		}
	}
	root := mat.NewTriDense(n, mat.Lower, nil)
	for j := 0; j < n && bad.Len() == 0; j++ {
		for i := j; i < n; i++ {
			if (i-j)%rowsPerCheck == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			rest := r.At(i, j)
			for l := range j {
				rest -= root.At(i, l) * root.At(j, l)
			}
			pivot := root.At(j, j)
			switch {
			case i == j && rest > tolerance:
				root.SetTri(i, i, math.Sqrt(rest))
			case i == j && rest < -tolerance, i > j && pivot == 0 && math.Abs(rest) > math.Sqrt(tolerance):
				bad.Addf("row %d contradicts the rows before it (indefinite); "+
					"repair the matrix with NearestCorrelation", i)
			case i > j && pivot > 0:
				root.SetTri(i, j, rest/pivot)
			}
		}
	}
	return root, bad.Err()
}
