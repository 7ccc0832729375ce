package weights

import (
	"errors"
	"fmt"
	"math"
)

// Values is what a plan is worth in each dimension, currency, larger is better: economic surplus, minus
// the CVaR of imbalance cost, environmental income.
type Values struct {
	Economic    float64
	Risk        float64
	Environment float64
}

// At returns the value in dimension d. It panics on a dimension that does not exist.
func (v Values) At(d Dimension) float64 { return Vector(v).At(d) }

// Total is the unweighted sum, currency: what all dimensions bring together. Unlike [Vector.Score] it
// can be compared between plans made under different weights.
func (v Values) Total() float64 { return v.Economic + v.Risk + v.Environment }

// Outcome is what happened under one weight vector.
type Outcome struct {
	Weights Vector
	Value   Values // currency
}

// Row is one outcome seen against the reference and against the ideal. Gains are zero at the reference
// by construction, so "the reference minimises gain and loss" says nothing; regret does not have that
// flaw. With V the row's value, V° the reference's, V⁺ the ideal and V⁻ the nadir, per dimension:
//
//	Gain       = V − V°                   currency
//	Relative   = (V − V°) / |V°|          ±Inf where only V° is zero
//	Regret     = V⁺ − V            >= 0   currency
//	Normalised = (V − V⁻) / (V⁺ − V⁻)     in [0, 1]; 1 where no outcome differs
type Row struct {
	Outcome
	Gain, Relative, Regret, Normalised Values
	Score                              float64 // weighted by the row's own weights, currency
}

// WorstRegret is the largest normalised regret over the dimensions, in [0, 1].
func (r Row) WorstRegret() float64 {
	return 1 - min(r.Normalised.Economic, r.Normalised.Risk, r.Normalised.Environment)
}

// Analysis compares the outcomes of a sweep over weights.
type Analysis struct {
	Rows      []Row // in the order of the outcomes given
	Reference int   // index of the row the gains refer to
	Ideal     Values
	Nadir     Values // the worst met in each dimension
	// Compromise is the row with the least WorstRegret (Chebyshev's choice), HighestTotal the one with
	// the highest unweighted total. The first of equals wins.
	Compromise, HighestTotal int
}

// MinimisesRegret reports whether no other row has less regret than the given one in any dimension. Since
// the corner outcomes are present, a row passes only where the three objectives do not conflict, or in
// dimensions in which all outcomes tie.
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

// Analyse compares outcomes with the one at index reference and with the ideal, the best value met in
// each dimension. The outcomes of all three [Corners] must be among them: without the single-objective
// plans the word ideal has no meaning. Errors name every outcome that is not usable.
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

// Currency returns the weights under which plans valued in currency rank as they do under w where every
// dimension is normalised, by the spans that the outcomes met:
//
//	Σ_d w_d (V_d − V⁻_d) / (V⁺_d − V⁻_d)   and   Σ_d ω_d V_d,   ω_d ∝ w_d / (V⁺_d − V⁻_d)
//
// differ by a constant and a factor only. So a plan that is best on the normalised scale, on which no
// dimension counts for more because its amounts are larger, comes from a program in currency with the
// weights ω; money is settled in currency either way. A dimension in which no outcome differs gets no
// weight. A risk that the objective multiplies by an aversion must enter the outcomes so multiplied.
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
		return Vector{}, fmt.Errorf("weights: no outcome differs in a dimension that %v gives weight to; widen the sweep", w)
	}
	return out.Normalise()
}

func validateOutcomes(outcomes []Outcome, reference int) error {
	var errs []error
	if reference < 0 || reference >= len(outcomes) {
		errs = append(errs, fmt.Errorf("weights: reference %d is not among the %d outcomes", reference, len(outcomes)))
	}
	var corner [3]bool
	for i, o := range outcomes {
		if err := o.Weights.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("weights: outcome %d: %w", i, err))
		}
		for _, d := range Dimensions() {
			if v := o.Value.At(d); !finite(v) {
				errs = append(errs, fmt.Errorf("weights: outcome %d: the %v value is %v, want a finite number", i, d, v))
			}
			corner[d] = corner[d] || o.Weights.At(d) >= 1-sumTolerance
		}
	}
	for _, d := range Dimensions() {
		if !corner[d] {
			errs = append(errs, fmt.Errorf("weights: the outcome with the whole weight on %v is missing; add Corners to the sweep", d))
		}
	}
	return errors.Join(errs...)
}

// each applies f dimension by dimension.
func each(f func(a, b float64) float64, a, b Values) Values {
	return Values{f(a.Economic, b.Economic), f(a.Risk, b.Risk), f(a.Environment, b.Environment)}
}

func subtract(a, b float64) float64 { return a - b }

func relative(gain, base float64) float64 {
	if gain == 0 {
		return 0
	}
	return gain / math.Abs(base)
}
