package cvar

import (
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// Measure is conditional value at risk at one confidence level c. For a loss L
//
//	VaR  = min { z : P(L ≤ z) ≥ c }                      value at risk
//	CVaR = min_z  z + E[(L − z)⁺] / (1 − c)              conditional value at risk
//
// On a finite number of scenarios CVaR is the mean over exactly the worst 1 − c
// of probability. The scenario at VaR is split if only part of its probability
// belongs to the tail.
//
// Sources: Rockafellar and Uryasev, Journal of Risk 2 (2000), theorem 1, for
// the minimum; Rockafellar and Uryasev, Journal of Banking and Finance 26
// (2002), proposition 8, for the split. CVaR⁻ and CVaR⁺ of the second paper
// include or exclude the whole scenario and are not coherent.
type Measure struct {
	Confidence float64 // c in [0, 1]; 0 is the expectation (default), 1 the worst case
}

// Risk is the result of a measurement, in the unit and the sign of the values.
type Risk struct {
	Expectation float64
	VaR         float64 // losses stay at or below it, profits at or above it, with probability c
	CVaR        float64 // mean of the worst values, of probability 1 − c
	Worst       float64 // worst value of positive probability
}

const (
	// ProbabilityTolerance is the largest accepted difference between the sum
	// of the probabilities and 1.
	ProbabilityTolerance = 1e-9

	// quantileTolerance is the relative tolerance at which a sum of
	// probabilities reaches the confidence. Nineteen of twenty equal scenarios
	// add up to less than 0.95 in binary, but their largest value is the VaR at
	// 0.95.
	quantileTolerance = 1e-12
)

// Validate returns an error if Confidence is outside [0, 1].
func (m Measure) Validate() error {
	if !(m.Confidence >= 0 && m.Confidence <= 1) {
		return fmt.Errorf(
			"cvar: confidence is %g, want a number in [0, 1], such as 0.95", m.Confidence)
	}
	return nil
}

// OfLosses measures losses, of which large ones are bad. probability has one
// entry per loss; scenarios of probability 0 have no effect. It takes O(n) time
// and changes neither slice.
//
// It returns an error that lists up to 20 violations: values that are not
// finite, negative probabilities, or probabilities that do not sum to 1 within
// [ProbabilityTolerance]. A sum of 100 (percentages) would otherwise turn CVaR
// into the worst case without notice.
func (m Measure) OfLosses(losses, probability []float64) (Risk, error) {
	return m.of(losses, probability, 1)
}

// OfProfits measures profits, of which small ones are bad. VaR is then the
// profit that is reached with the confidence, and CVaR the mean of the smallest
// profits. Errors are those of [Measure.OfLosses].
func (m Measure) OfProfits(profits, probability []float64) (Risk, error) {
	return m.of(profits, probability, -1)
}

// of measures sign·values as losses and returns the result in the sign of the
// values.
func (m Measure) of(values, probability []float64, sign float64) (Risk, error) {
	if err := m.validate(len(values), probability); err != nil {
		return Risk{}, err
	}
	tail := 1 - m.Confidence
	pivot := expected(sample(len(values), func(i int) atom { return atom{sign * values[i], probability[i]} }), tail)

	// One pass over the data. The pivot comes from a sample: atoms above it
	// probably contain the tail and are few, so that the exact selection below
	// sees a small part of the data.
	var (
		large               []atom
		above, sum          compensated
		finite              = true
		expectation, worst  = 0.0, math.Inf(-1)
		smallestProbability = math.Inf(1)
	)
	for s, p := range probability {
		x := sign * values[s]
		sum.add(p)
		smallestProbability = min(smallestProbability, p) // min returns NaN if p is NaN
		finite = finite && x-x == 0                       // NaN and infinities give NaN
		if p > 0 {
			expectation += p * x
			worst = max(worst, x)
			if x > pivot {
				large = append(large, atom{x, p})
				above.add(p)
			}
		}
	}
	if !finite || !(smallestProbability >= 0) || math.Abs(sum.sum()-1) > ProbabilityTolerance {
		bad := violations()
		bad.Add(validateProbability(len(values), probability))
		bad.Add(validateValues(values))
		if err := bad.Err(); err != nil { // nil if the two sums differ by rounding only
			return Risk{}, err
		}
	}
	// P(L ≤ q) ≥ c is equivalent to P(L > q) ≤ sum − c, which needs no sum over
	// the small atoms.
	inside, beyond := above.sum(), sum.sum()-m.Confidence*(1-quantileTolerance)
	if inside <= beyond {
		// The sample was misleading: VaR lies at or below the pivot. All atoms
		// are needed.
		large = large[:0]
		for s, p := range probability {
			if p > 0 {
				large = append(large, atom{sign * values[s], p})
			}
		}
		inside = sum.sum()
	}
	quantile, mass, tailSum := upperTail(large, inside, beyond)
	risk := Risk{Expectation: expectation, VaR: quantile, CVaR: worst, Worst: worst}
	switch {
	case m.Confidence == 0:
		risk.CVaR = expectation
	case tail > 0:
		// The rest of the tail has the value of the quantile. The rest is
		// negative only if 1 − c was rounded, and min keeps CVaR at or below
		// the worst value then.
		risk.CVaR = min(worst, (tailSum+(tail-mass)*quantile)/tail)
	}
	return Risk{sign * risk.Expectation, sign * risk.VaR, sign * risk.CVaR, sign * risk.Worst}, nil
}

// maxViolations is the number of scenarios that one error spells out.
const maxViolations = 20

// violations returns an empty collector.
func violations() faults.List { return faults.List{Prefix: "cvar: ", Max: maxViolations} }

// validate checks the measure and the number of probabilities for n values.
func (m Measure) validate(n int, probability []float64) error {
	bad := violations()
	bad.Add(m.Validate())
	bad.Add(validateLengths(n, probability))
	return bad.Err()
}

// validateLengths requires one probability per scenario and at least one
// scenario.
func validateLengths(n int, probability []float64) error {
	if len(probability) != n {
		return fmt.Errorf("cvar: %d probabilities for %d scenarios, want one each",
			len(probability), n)
	}
	if n == 0 {
		return errors.New("cvar: no scenarios, want at least one")
	}
	return nil
}

// validateValues reports every value that is NaN or infinite.
func validateValues(values []float64) error {
	bad := violations()
	for s, x := range values {
		if x-x != 0 { // NaN or infinite
			bad.Addf("value of scenario %d is %g, want a finite number", s, x)
		}
	}
	return bad.Err()
}

// validateProbability reports every violation in the probabilities of n
// scenarios.
func validateProbability(n int, probability []float64) error {
	if err := validateLengths(n, probability); err != nil {
		return err
	}
	bad := violations()
	var total compensated
	for s, p := range probability {
		if !(p >= 0) {
			bad.Addf("probability of scenario %d is %g, want a number of at least 0", s, p)
		}
		total.add(p)
	}
	sum := total.sum()
	if bad.Len() == 0 && !(math.Abs(sum-1) <= ProbabilityTolerance) {
		bad.Addf("probabilities sum to %.12g, want 1; divide each by the sum", sum)
	}
	return bad.Err()
}
