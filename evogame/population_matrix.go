package evogame

import "github.com/trigrid/trigrid/internal/faults"

// Matrix is a symmetric game of one population with random pairwise matching.
// Entry A[v][u] is the payoff of strategy v against strategy u:
//
//	f(v; x) = Σ_u A[v][u] x[u]
//
// For example, hawks and doves that contest a resource of value 2 at a cost of
// injury of 4 play Matrix{{-1, 2}, {0, 1}}. The equilibrium is mixed, one half
// of hawks, and asymptotically stable. In a game of several populations no
// mixed equilibrium is asymptotically stable under the replicator.
//
// Sources: Maynard Smith, Price (1973), Nature 246, 15, for hawks and doves;
// Taylor, Jonker (1978), Mathematical Biosciences 40, 145, for the dynamic.
type Matrix [][]float64

var _ PopulationGame = Matrix(nil)

// Players implements [Shape]. A Matrix has one population.
func (Matrix) Players() int { return 1 }

// Strategies implements [Shape].
func (a Matrix) Strategies(int) int { return len(a) }

// Payoffs implements [PopulationGame]: f = A x.
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
	bad := faults.List{Prefix: "evogame: "}
	for v, row := range a {
		bad.Require(len(row) == len(a),
			"row %d of the matrix has %d entries, want %d", v, len(row), len(a))
		for u, p := range row {
			bad.Require(finite(p),
				"entry (%d,%d) of the matrix is %v, want a finite number", v, u, p)
		}
	}
	return bad.Err()
}
