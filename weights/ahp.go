package weights

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Priorities is what a matrix of pairwise comparisons says about its criteria.
type Priorities struct {
	Weights    []float64 // one per criterion, positive, sum to one
	Eigenvalue float64   // λ_max, the principal eigenvalue; n for a consistent matrix, larger otherwise
	Index      float64   // consistency index (λ_max − n) / (n − 1)
	Ratio      float64   // consistency ratio: Index over that of a random matrix; below 0.1 is usually accepted
}

// Vector returns the priorities of three criteria, compared in the order of [Dimensions], as weights.
func (p *Priorities) Vector() (Vector, error) {
	if len(p.Weights) != 3 {
		return Vector{}, fmt.Errorf("weights: %d criteria were compared, a Vector has 3", len(p.Weights))
	}
	return Vector{Economic: p.Weights[0], Risk: p.Weights[1], Environment: p.Weights[2]}, nil
}

// AHP derives weights from pairwise comparisons by the analytic hierarchy process. Entry a_ij of the
// n × n matrix says how many times criterion i outweighs criterion j, usually on the scale 1/9 to 9:
//
//	A w = λ_max w,   Σ w = 1
//	index = (λ_max − n) / (n − 1),   ratio = index / RI(n)
//
// with RI(n) the mean index of random reciprocal matrices. Perron's theorem makes λ_max the largest
// eigenvalue, simple, with a positive eigenvector.
//
// The matrix must be square, positive and reciprocal (a_ii = 1, a_ij a_ji = 1 to nine digits: write
// 1.0/3, not 0.33); all violations are returned at once. At most ten criteria: RI is not published here
// for more, and people do not compare more consistently; split them into levels.
//
// Source: T. L. Saaty, A scaling method for priorities in hierarchical structures, Journal of
// Mathematical Psychology 15 (1977), and The Analytic Hierarchy Process (1980) for RI.
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
		return nil, errors.New("weights: the eigenvalues of the comparison matrix did not converge; check for entries of extreme size")
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
		// The sign of an eigenvector is arbitrary; a Perron vector has one sign throughout.
		p.Weights[i] = math.Abs(real(vectors.At(i, principal)))
		sum += p.Weights[i]
	}
	for i := range p.Weights {
		p.Weights[i] /= sum
	}
	if n > 1 {
		// λ_max >= n for reciprocal matrices, so a negative index is rounding.
		p.Index = max(0, (p.Eigenvalue-float64(n))/float64(n-1))
	}
	if random := randomIndex(n); random > 0 {
		p.Ratio = p.Index / random
	}
	return p, nil
}

// randomIndex is Saaty's mean consistency index of random reciprocal matrices of size n, 1 to 10.
func randomIndex(n int) float64 {
	return [...]float64{0, 0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49}[n-1]
}

func validateComparisons(a [][]float64) error {
	const reciprocity = 1e-9
	n := len(a)
	if n < 1 || n > 10 {
		return fmt.Errorf("weights: %d criteria, want 1 to 10; split more of them into levels", n)
	}
	var errs []error
	for i, row := range a {
		if len(row) != n {
			errs = append(errs, fmt.Errorf("weights: row %d has %d entries, want %d", i, len(row), n))
			continue
		}
		for j, v := range row {
			if !finite(v) || v <= 0 {
				errs = append(errs, fmt.Errorf("weights: comparison (%d,%d) is %v, want a positive number", i, j, v))
			}
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	for i := range a {
		for j := i; j < n; j++ {
			if math.Abs(a[i][j]*a[j][i]-1) <= reciprocity && (i != j || math.Abs(a[i][i]-1) <= reciprocity) {
				continue
			}
			if i == j {
				errs = append(errs, fmt.Errorf("weights: comparison (%d,%d) is %v, a criterion compared with itself is 1", i, i, a[i][i]))
			} else {
				errs = append(errs, fmt.Errorf("weights: comparisons (%d,%d) = %v and (%d,%d) = %v are not reciprocal; write 1/%v", i, j, a[i][j], j, i, a[j][i], a[i][j]))
			}
		}
	}
	return errors.Join(errs...)
}
