// Package weights holds the value weights a grid publishes and the ways to choose them.
//
// A grid tells its virtual power plants what it wants with three numbers: how much a unit of economic
// value, of avoided risk and of environmental value counts. They are non-negative and sum to one:
//
//	V(w) = w_e V_eco − w_r β CVaR(L) + w_n V_env        w_e + w_r + w_n = 1
//
// The package knows the vector ([Vector]), policies that set it from what the grid observes ([Policy]),
// sweeps over all vectors ([Simplex], [Segment]), weights from pairwise comparison ([AHP]) and the
// gain/loss analysis of what each vector brought about ([Analyse]).
//
// Units: weights are pure numbers in [0, 1]; values are currency, larger is better in every dimension,
// so that risk enters as minus a CVaR.
package weights

import (
	"errors"
	"fmt"
	"math"
)

// Dimension is one of the three things a grid values.
type Dimension int

// The dimensions, in the order in which the grid publishes them.
const (
	Economic Dimension = iota
	Risk
	Environment
)

// String returns the dimension's name in lower case.
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

// sumTolerance is how far the sum of a valid vector may be from one: far above the rounding of three
// decimal numbers, far below anything a price would notice.
const sumTolerance = 1e-9

// Vector is a point of the simplex: how much each dimension counts.
type Vector struct {
	Economic    float64 // w_e, [0, 1]
	Risk        float64 // w_r, [0, 1]
	Environment float64 // w_n, [0, 1]
}

// At returns the weight of dimension d. It panics on a dimension that does not exist.
func (w Vector) At(d Dimension) float64 {
	switch d {
	case Economic:
		return w.Economic
	case Risk:
		return w.Risk
	case Environment:
		return w.Environment
	}
	panic("weights: no such " + d.String())
}

// Validate reports everything that keeps w off the simplex, or nil.
func (w Vector) Validate() error {
	errs := w.validateSigns()
	if sum := w.sum(); len(errs) == 0 && math.Abs(sum-1) > sumTolerance {
		errs = append(errs, fmt.Errorf("weights: %v sum to %v, want 1; use Normalise to scale them", w, sum))
	}
	return errors.Join(errs...)
}

// Normalise returns w scaled to sum to one. It refuses negative, infinite and not-a-number weights, all
// of them at once, and a vector that is zero throughout.
func (w Vector) Normalise() (Vector, error) {
	errs := w.validateSigns()
	if len(errs) == 0 && w.sum() == 0 {
		errs = append(errs, errors.New("weights: all weights are zero; give at least one a positive value"))
	}
	if err := errors.Join(errs...); err != nil {
		return Vector{}, err
	}
	// The largest weight is taken out first so that the sum of three huge numbers stays finite.
	largest := max(w.Economic, w.Risk, w.Environment)
	scaled := Vector{w.Economic / largest, w.Risk / largest, w.Environment / largest}
	sum := scaled.sum()
	return Vector{scaled.Economic / sum, scaled.Risk / sum, scaled.Environment / sum}, nil
}

// Score is the weighted sum w·v, currency. Scores of different values under the same weights compare;
// scores under different weights do not, because the yardstick changes with them.
func (w Vector) Score(v Values) float64 {
	return w.Economic*v.Economic + w.Risk*v.Risk + w.Environment*v.Environment
}

// String writes the weights with up to six digits, in publishing order.
func (w Vector) String() string {
	return fmt.Sprintf("economic %.6g, risk %.6g, environment %.6g", w.Economic, w.Risk, w.Environment)
}

func (w Vector) sum() float64 { return w.Economic + w.Risk + w.Environment }

func (w Vector) validateSigns() (errs []error) {
	for _, d := range Dimensions() {
		switch v := w.At(d); {
		case math.IsNaN(v) || math.IsInf(v, 0):
			errs = append(errs, fmt.Errorf("weights: the %v weight is %v, want a finite number", d, v))
		case v < 0:
			errs = append(errs, fmt.Errorf("weights: the %v weight is %v, want at least 0", d, v))
		}
	}
	return errs
}
