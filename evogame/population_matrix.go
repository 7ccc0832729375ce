package evogame

import (
	"errors"
	"fmt"
)

// Matrix is a symmetric game of one population whose members meet at random: entry (v, u) is the payoff
// of strategy v against strategy u.
//
//	f(v; x) = Σ_u A[v][u] x[u]
//
// With one population an interior equilibrium can be asymptotically stable (hawks and doves), which with
// several it cannot.
//
// Source: P. D. Taylor, L. B. Jonker, Evolutionary stable strategies and game dynamics, Mathematical
// Biosciences 40 (1978).
type Matrix [][]float64

var _ PopulationGame = Matrix(nil)

// Players implements [Shape]: one population.
func (Matrix) Players() int { return 1 }

// Strategies implements [Shape].
func (a Matrix) Strategies(int) int { return len(a) }

// Payoffs implements [PopulationGame].
func (a Matrix) Payoffs(dst, x State) {
	for v, row := range a {
		sum := 0.0
		for u, p := range x[0] {
			sum += row[u] * p
		}
		dst[0][v] = sum
	}
}

// Validate reports rows of the wrong length and entries that are not finite.
func (a Matrix) Validate() error {
	var errs []error
	for v, row := range a {
		if len(row) != len(a) {
			errs = append(errs, fmt.Errorf("evogame: row %d of the matrix has %d entries, want %d", v, len(row), len(a)))
		}
		for u, p := range row {
			if !finite(p) {
				errs = append(errs, fmt.Errorf("evogame: entry (%d,%d) of the matrix is %v, want a finite number", v, u, p))
			}
		}
	}
	return errors.Join(errs...)
}
