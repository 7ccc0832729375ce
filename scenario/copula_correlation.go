package scenario

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// NearestCorrelation returns a positive definite correlation matrix near a symmetric matrix. It
// raises eigenvalues below a small positive bound to that bound and scales the diagonal back to
// ones:
//
//	R = V diag(λ) Vᵀ,   R' = D V diag(max(λ, 1e-8)) Vᵀ D,   D diagonal with R'_ii = 1
//
// A matrix without small eigenvalues is returned unchanged. Matrices learned from few data or
// composed by hand need this repair. NearestCorrelation returns an error if an entry is not finite.
//
// Source: Rebonato and Jäckel, Journal of Risk 2 (1999), spectral decomposition.
func NearestCorrelation(r *mat.SymDense) (*mat.SymDense, error) {
	const minEigenvalue = 1e-8
	n := r.SymmetricDim()
	for i := range n {
		for j := 0; j <= i; j++ {
			if v := r.At(i, j); math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("scenario: correlation matrix: "+
					"row %d, column %d is %v, want a finite number", i, j, v)
			}
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(r, true) {
		return nil, errors.New(
			"scenario: correlation matrix: eigenvalues not found; check for very large values")
	}
	values := eigen.Values(nil)
	if values[0] >= minEigenvalue { // values are in ascending order
		return r, nil
	}
	var vectors, scaled mat.Dense
	eigen.VectorsTo(&vectors)
	scaled.Apply(func(_, j int, v float64) float64 {
		return v * math.Sqrt(max(values[j], minEigenvalue))
	}, &vectors)
	out := mat.NewSymDense(n, nil)
	out.SymOuterK(1, &scaled)
	// Raised eigenvalues raise the diagonal above 1. Division by the standard deviations restores
	// the ones.
	std := make([]float64, n)
	for i := range std {
		std[i] = math.Sqrt(out.At(i, i))
	}
	for i := range n {
		for j := 0; j < i; j++ {
			out.SetSym(i, j, out.At(i, j)/(std[i]*std[j]))
		}
		out.SetSym(i, i, 1)
	}
	return out, nil
}

// multiply replaces z, indexed [dimension][point], by root · z. root is lower triangular.
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
	root, err := rootOf(c)
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

// standardise shifts and scales values to mean 0 and variance 1. Equal values become zeros.
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

// rootOf returns the lower triangular root L of a positive semidefinite correlation matrix, L Lᵀ =
// R (Cholesky). A pivot of zero, up to rounding, gives a column of zeros. That is correct only if
// the rest of the column is zero too; otherwise the matrix is indefinite.
func rootOf(r *mat.SymDense) (*mat.TriDense, error) {
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
