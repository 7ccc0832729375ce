package weights

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/trigrid/trigrid/internal/faults"
)

// Priorities is the result of [AHP].
type Priorities struct {
	Weights    []float64 // w, one per criterion, positive, sum 1
	Eigenvalue float64   // λ_max ≥ n, the principal eigenvalue; n for consistent comparisons
	Index      float64   // consistency index (λ_max − n) / (n − 1)
	Ratio      float64   // consistency ratio Index / RI(n); below 0.1 is usually accepted
}

// Vector converts the priorities of three criteria, in the order of
// [Dimensions], to weights. It returns an error for another number of criteria.
func (p *Priorities) Vector() (Vector, error) {
	if len(p.Weights) != 3 {
		return Vector{}, fmt.Errorf("weights: %d criteria were compared, a Vector has 3", len(p.Weights))
	}
	return Vector{Economic: p.Weights[0], Risk: p.Weights[1], Environment: p.Weights[2]}, nil
}

// AHP derives weights from pairwise comparisons by the analytic hierarchy
// process. Entry a_ij of the n × n matrix states how many times criterion i
// outweighs criterion j, usually on the scale 1/9 to 9:
//
//	A w = λ_max w,   Σ w = 1
//	index = (λ_max − n) / (n − 1),   ratio = index / RI(n)
//
// RI(n) is the mean index of random reciprocal matrices. By Perron's theorem
// λ_max is the largest eigenvalue, is simple, and has a positive eigenvector.
// For example, {{1, 3}, {1.0 / 3, 1}} gives the weights 0.75 and 0.25.
//
// The matrix must be square, positive and reciprocal: a_ii = 1 and a_ij a_ji =
// 1 to nine digits, so write 1.0/3 and not 0.33. AHP reports all violations at
// once. It accepts at most ten criteria, the range of the published RI; split
// more criteria into levels.
//
// Sources: Saaty (1977), Journal of Mathematical Psychology 15, 234; Saaty
// (1980), The Analytic Hierarchy Process, for RI.
func AHP(comparisons [][]float64) (*Priorities, error) {
	n := len(comparisons)
	if err := validateComparisons(comparisons); err != nil {
		return nil, err
	}

	a := mat.NewDense(n, n, nil)
	for i, row := range comparisons {
		a.SetRow(i, row)
	}
	var eigen mat.Eigen
	if !eigen.Factorize(a, mat.EigenRight) {
		return nil, errors.New("weights: the eigenvalues of the comparison matrix did not converge; " +
			"check for entries of extreme size")
	}
	values := eigen.Values(nil)
	principal := 0
	for k, v := range values {
		if real(v) > real(values[principal]) {
			principal = k
		}
	}
	var vectors mat.CDense
	eigen.VectorsTo(&vectors)

	p := &Priorities{Weights: make([]float64, n), Eigenvalue: real(values[principal])}
	sum := 0.0
	for i := range p.Weights {
		// The sign of an eigenvector is arbitrary. All components of a Perron
		// vector have one sign.
		p.Weights[i] = math.Abs(real(vectors.At(i, principal)))
		sum += p.Weights[i]
	}
	for i := range p.Weights {
		p.Weights[i] /= sum
	}
	if n > 1 {
		// λ_max ≥ n for reciprocal matrices, so a negative index is a rounding
		// error.
		p.Index = max(0, (p.Eigenvalue-float64(n))/float64(n-1))
	}
	if random := randomIndex(n); random > 0 {
		p.Ratio = p.Index / random
	}
	return p, nil
}

// randomIndex returns RI(n), the mean consistency index of random reciprocal
// matrices of size n, for n from 1 to 10 (Saaty 1980).
func randomIndex(n int) float64 {
	return [...]float64{0, 0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49}[n-1]
}

// validateComparisons reports a matrix that is not square, positive and
// reciprocal.
func validateComparisons(a [][]float64) error {
	const reciprocity = 1e-9
	n := len(a)
	if n < 1 || n > 10 {
		return fmt.Errorf("weights: %d criteria, want 1 to 10; split more of them into levels", n)
	}
	bad := faults.List{Prefix: "weights: "}
	for i, row := range a {
		if !bad.Require(len(row) == n, "row %d has %d entries, want %d", i, len(row), n) {
			continue
		}
		for j, v := range row {
			bad.Require(finite(v) && v > 0, "comparison (%d,%d) is %v, want a positive number", i, j, v)
		}
	}
	if bad.Len() > 0 {
		return bad.Err() // reciprocity has no meaning for such entries
	}
	for i := range a {
		bad.Require(math.Abs(a[i][i]*a[i][i]-1) <= reciprocity,
			"comparison (%d,%d) is %v, want 1 for a criterion compared with itself", i, i, a[i][i])
		for j := i + 1; j < n; j++ {
			bad.Require(math.Abs(a[i][j]*a[j][i]-1) <= reciprocity,
				"comparisons (%d,%d) = %v and (%d,%d) = %v are not reciprocal; write 1/%v",
				i, j, a[i][j], j, i, a[j][i], a[i][j])
		}
	}
	return bad.Err()
}
