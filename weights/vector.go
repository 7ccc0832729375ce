package weights

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// Dimension is one of the three values of a grid.
type Dimension int

// The dimensions, in the order in which weights are published.
const (
	Economic Dimension = iota
	Risk
	Environment
)

// String returns the name in lower case.
func (d Dimension) String() string {
	switch d {
	case Economic:
		return "economic"
	case Risk:
		return "risk"
	case Environment:
		return "environment"
	}
	return fmt.Sprintf("dimension %d", int(d))
}

// Dimensions returns the three dimensions in publishing order.
func Dimensions() [3]Dimension { return [3]Dimension{Economic, Risk, Environment} }

// sumTolerance bounds |Σ w − 1| of a valid vector. It is far above the rounding
// of three decimal numbers and far below any effect on a price.
const sumTolerance = 1e-9

// Vector is a point of the weight simplex:
//
//	w_e, w_r, w_n ≥ 0        w_e + w_r + w_n = 1
//
// For example, Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4} is a balanced
// vector.
type Vector struct {
	Economic    float64 // w_e, [0, 1]
	Risk        float64 // w_r, [0, 1]
	Environment float64 // w_n, [0, 1]
}

// At returns the weight of dimension d. It panics if d does not exist.
func (w Vector) At(d Dimension) float64 {
	switch d {
	case Economic:
		return w.Economic
	case Risk:
		return w.Risk
	case Environment:
		return w.Environment
	}
	panic("weights: no " + d.String())
}

// Validate reports every violation of the simplex: weights that are negative or
// not finite, or a sum that differs from 1 by more than 1e-9.
func (w Vector) Validate() error {
	bad := w.checkSigns()
	if bad.Len() == 0 {
		sum := w.sum()
		bad.Require(math.Abs(sum-1) <= sumTolerance,
			"%v sum to %v, want 1; use Normalise to scale them", w, sum)
	}
	return bad.Err()
}

// Normalise returns w / (w_e + w_r + w_n). It reports all weights that are
// negative or not finite, and a vector of zeros. For example, 2/1/2 becomes
// 0.4/0.2/0.4.
func (w Vector) Normalise() (Vector, error) {
	bad := w.checkSigns()
	if bad.Len() == 0 {
		bad.Require(w.sum() != 0, "all weights are zero; give at least one a positive value")
	}
	if err := bad.Err(); err != nil {
		return Vector{}, err
	}
	// Division by the largest weight first keeps the sum of three huge weights
	// finite.
	largest := max(w.Economic, w.Risk, w.Environment)
	scaled := Vector{w.Economic / largest, w.Risk / largest, w.Environment / largest}
	sum := scaled.sum()
	return Vector{scaled.Economic / sum, scaled.Risk / sum, scaled.Environment / sum}, nil
}

// Score returns the weighted sum w·v, in currency. Scores under the same
// weights can be compared. Scores under different weights cannot, because the
// measure differs; compare [Values.Total] instead.
func (w Vector) Score(v Values) float64 {
	return w.Economic*v.Economic + w.Risk*v.Risk + w.Environment*v.Environment
}

// String formats the weights with up to six digits, in publishing order.
func (w Vector) String() string {
	return fmt.Sprintf("economic %.6g, risk %.6g, environment %.6g", w.Economic, w.Risk, w.Environment)
}

func (w Vector) sum() float64 { return w.Economic + w.Risk + w.Environment }

// checkSigns returns the violations of w ≥ 0 and of finiteness.
func (w Vector) checkSigns() faults.List {
	bad := faults.List{Prefix: "weights: "}
	for _, d := range Dimensions() {
		v := w.At(d)
		if bad.Require(finite(v), "the %v weight is %v, want a finite number", d, v) {
			bad.Require(v >= 0, "the %v weight is %v, want at least 0", d, v)
		}
	}
	return bad
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
