package weights

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// Values holds the value of a plan in each dimension, in currency. A larger
// value is better.
type Values struct {
	Economic    float64 // surplus
	Risk        float64 // minus the CVaR of the imbalance cost
	Environment float64 // environmental income
}

// At returns the value in dimension d. It panics if d does not exist.
func (v Values) At(d Dimension) float64 { return Vector(v).At(d) }

// Total returns the unweighted sum, in currency. Unlike [Vector.Score] it can
// be compared between plans made under different weights.
func (v Values) Total() float64 { return v.Economic + v.Risk + v.Environment }

// Outcome is the value of a plan made under one weight vector.
type Outcome struct {
	Weights Vector
	Value   Values // currency
}

// Row compares one outcome with the reference and with the ideal. With the
// row's value V, the value V° of the reference, the ideal V⁺ and the nadir V⁻,
// per dimension:
//
//	Gain       = V − V°                   currency
//	Relative   = (V − V°) / |V°|          ±Inf if only V° is zero
//	Regret     = V⁺ − V ≥ 0               currency
//	Normalised = (V − V⁻) / (V⁺ − V⁻)     in [0, 1]; 1 if all outcomes are equal
//
// The gain of the reference is zero by construction, so that a small gain and
// loss is no evidence in its favour. Regret compares all rows, including the
// reference, with the same ideal.
type Row struct {
	Outcome
	Gain, Relative, Regret, Normalised Values
	Score                              float64 // w·V with the row's own weights, currency
}

// WorstRegret returns the largest normalised regret over the dimensions, 1 −
// min_d Normalised_d, in [0, 1].
func (r Row) WorstRegret() float64 {
	return 1 - min(r.Normalised.Economic, r.Normalised.Risk, r.Normalised.Environment)
}

// Analysis compares the outcomes of a sweep over weights.
type Analysis struct {
	Rows      []Row  // in the order of the outcomes
	Reference int    // index of the row that gains refer to
	Ideal     Values // V⁺, the largest value of each dimension
	Nadir     Values // V⁻, the smallest value of each dimension
	// Compromise is the row with the smallest WorstRegret, the Chebyshev
	// compromise solution. HighestTotal is the row with the largest
	// Values.Total. Ties go to the first row.
	Compromise, HighestTotal int
}

// MinimisesRegret reports whether a row has the smallest regret in every
// dimension. The corner outcomes are among the rows, so this holds only if the
// three objectives do not conflict, or if all outcomes are equal in a
// dimension.
func (a *Analysis) MinimisesRegret(row int) bool {
	for _, d := range Dimensions() {
		for _, other := range a.Rows {
			if other.Regret.At(d) < a.Rows[row].Regret.At(d) {
				return false
			}
		}
	}
	return true
}

// Analyse compares outcomes with the outcome at index reference and with the
// ideal, the largest value of each dimension. The outcomes must include those
// of all three [Corners], because the ideal is defined by single-objective
// plans. Analyse reports every invalid outcome.
//
// Source: Zeleny (1973), Compromise programming, in Multiple Criteria Decision
// Making, for ideal and compromise.
func Analyse(outcomes []Outcome, reference int) (*Analysis, error) {
	if err := validateOutcomes(outcomes, reference); err != nil {
		return nil, err
	}
	a := &Analysis{Rows: make([]Row, len(outcomes)), Reference: reference}
	a.Ideal, a.Nadir = outcomes[0].Value, outcomes[0].Value
	for _, o := range outcomes {
		a.Ideal = each(func(best, v float64) float64 { return max(best, v) }, a.Ideal, o.Value)
		a.Nadir = each(func(worst, v float64) float64 { return min(worst, v) }, a.Nadir, o.Value)
	}

	base := outcomes[reference].Value
	span := each(subtract, a.Ideal, a.Nadir)
	for i, o := range outcomes {
		r := &a.Rows[i]
		r.Outcome = o
		r.Score = o.Weights.Score(o.Value)
		r.Gain = each(subtract, o.Value, base)
		r.Relative = each(relative, r.Gain, base)
		r.Regret = each(subtract, a.Ideal, o.Value)
		r.Normalised = each(func(regret, span float64) float64 {
			if span == 0 {
				return 1
			}
			return 1 - regret/span
		}, r.Regret, span)

		if r.WorstRegret() < a.Rows[a.Compromise].WorstRegret() {
			a.Compromise = i
		}
		if o.Value.Total() > a.Rows[a.HighestTotal].Value.Total() {
			a.HighestTotal = i
		}
	}
	return a, nil
}

// Currency converts weights w on normalised dimensions to weights ω on
// dimensions in currency that rank plans equally:
//
//	Σ_d w_d (V_d − V⁻_d) / (V⁺_d − V⁻_d)   and   Σ_d ω_d V_d,   ω_d ∝ w_d / (V⁺_d − V⁻_d)
//
// differ by a constant and a factor only. On the normalised scale no dimension
// dominates because of larger amounts. A program in currency with the weights ω
// gives the plan that is best on that scale.
//
// For example, with spans of 1000, 100 and 100 and equal weights w, ω is 1/21,
// 10/21 and 10/21. A dimension in which all outcomes are equal receives the
// weight 0. If the objective multiplies the risk by an aversion β, the outcomes
// must include it. Currency returns an error for an invalid w, and if all
// outcomes are equal in every dimension that w weights.
func (a *Analysis) Currency(w Vector) (Vector, error) {
	if err := w.Validate(); err != nil {
		return Vector{}, err
	}
	out := Vector(each(func(weight, span float64) float64 {
		if span == 0 {
			return 0
		}
		return weight / span
	}, Values(w), each(subtract, a.Ideal, a.Nadir)))
	if out == (Vector{}) {
		return Vector{}, fmt.Errorf(
			"weights: no outcome differs in a dimension with a weight in %v; widen the sweep", w)
	}
	return out.Normalise()
}

// validateOutcomes reports an invalid reference, invalid weights, values that
// are not finite, and missing corners.
func validateOutcomes(outcomes []Outcome, reference int) error {
	bad := faults.List{Prefix: "weights: "}
	bad.Require(reference >= 0 && reference < len(outcomes),
		"reference %d is not among the %d outcomes", reference, len(outcomes))
	var corner [3]bool
	for i, o := range outcomes {
		if err := o.Weights.Validate(); err != nil {
			bad.Addf("outcome %d: %w", i, err)
		}
		for _, d := range Dimensions() {
			v := o.Value.At(d)
			bad.Require(finite(v), "outcome %d: the %v value is %v, want a finite number", i, d, v)
			corner[d] = corner[d] || o.Weights.At(d) >= 1-sumTolerance
		}
	}
	for _, d := range Dimensions() {
		bad.Require(corner[d],
			"the outcome with the whole weight on %v is missing; add Corners to the sweep", d)
	}
	return bad.Err()
}

// each applies f in every dimension.
func each(f func(a, b float64) float64, a, b Values) Values {
	return Values{f(a.Economic, b.Economic), f(a.Risk, b.Risk), f(a.Environment, b.Environment)}
}

func subtract(a, b float64) float64 { return a - b }

// relative returns gain / |base|, and 0 instead of 0/0.
func relative(gain, base float64) float64 {
	if gain == 0 {
		return 0
	}
	return gain / math.Abs(base)
}
