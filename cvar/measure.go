package cvar

import (
	"errors"
	"fmt"
	"math"
)

// Measure is conditional value at risk at a level:
//
//	VaR = min { z : P(L ≤ z) ≥ c }
//	CVaR = min_z  z + E[(L − z)⁺] / (1 − c)
//
// for a loss L and the confidence c. On a finite number of scenarios CVaR is the mean over exactly the
// worst 1 − c of probability, for which the scenario at VaR is split where necessary. Sources:
// Rockafellar and Uryasev, Journal of Risk 2, 2000, and Journal of Banking and Finance 26, 2002, whose
// CVaR⁻ and CVaR⁺ leave that scenario in or out and are not coherent.
type Measure struct {
	Confidence float64 // c, from 0 (the expectation, the zero value) to 1 (the worst case)
}

// Risk is what a measure finds in a distribution, in the unit and the sign of its values.
type Risk struct {
	Expectation float64
	VaR         float64 // the value that is not exceeded (or undercut, of profits) with the confidence
	CVaR        float64 // the mean of the worst values, of probability 1 − confidence
	Worst       float64 // the worst value of positive probability
}

const (
	// ProbabilityTolerance is how far probabilities may be from a sum of one.
	ProbabilityTolerance = 1e-9

	// quantileTolerance is how much probability may be missing where a quantile is reached: nineteen of
	// twenty equal scenarios add up to less than 0.95 in binary.
	quantileTolerance = 1e-12
)

// Validate reports a confidence outside [0, 1].
func (m Measure) Validate() error {
	if !(m.Confidence >= 0 && m.Confidence <= 1) {
		return fmt.Errorf("cvar: confidence is %g, want a number from 0 (expectation) to 1 (worst case)", m.Confidence)
	}
	return nil
}

// OfLosses measures losses, of which large ones are bad, with one probability per value. Scenarios of
// probability 0 do not count. It takes O(n) time and changes neither slice. Probabilities that are
// negative or do not sum to one within [ProbabilityTolerance] are refused: scaled probabilities would turn
// CVaR into the worst case without a sign of it.
func (m Measure) OfLosses(losses, probability []float64) (Risk, error) {
	return m.of(losses, probability, 1)
}

// OfProfits measures profits, of which small ones are bad, as [Measure.OfLosses] does losses: VaR is then
// the profit that is reached with the confidence, and CVaR the mean of the smallest profits.
func (m Measure) OfProfits(profits, probability []float64) (Risk, error) {
	return m.of(profits, probability, -1)
}

// of measures sign·values as losses.
func (m Measure) of(values, probability []float64, sign float64) (Risk, error) {
	if err := errors.Join(m.Validate(), validateLengths(len(values), probability)); err != nil {
		return Risk{}, err
	}
	tail := 1 - m.Confidence
	pivot := expected(sample(len(values), func(i int) atom { return atom{sign * values[i], probability[i]} }), tail)

	// One pass over the data. Atoms above the pivot are likely to hold the tail, and mostly few.
	var (
		large               []atom
		above               float64
		sum                 float64
		finite              = true
		expectation, worst  = 0.0, math.Inf(-1)
		smallestProbability = math.Inf(1)
	)
	for s, p := range probability {
		x := sign * values[s]
		sum += p
		smallestProbability = min(smallestProbability, p) // NaN stays
		finite = finite && x-x == 0
		if p > 0 {
			expectation += p * x
			worst = max(worst, x)
			if x > pivot {
				large = append(large, atom{x, p})
				above += p
			}
		}
	}
	if !finite || !(smallestProbability >= 0) || math.Abs(sum-1) > ProbabilityTolerance {
		err := errors.Join(validateProbability(len(values), probability), validateValues(values))
		if err != nil { // otherwise the plain sum was off by its rounding only
			return Risk{}, err
		}
	}
	if above <= tail+quantileTolerance {
		large = large[:0]
		for s, p := range probability {
			if p > 0 {
				large = append(large, atom{sign * values[s], p})
			}
		}
		above = 1
	}
	quantile, mass, tailSum := upperTail(large, above, tail+quantileTolerance)
	risk := Risk{Expectation: expectation, VaR: quantile, CVaR: worst, Worst: worst}
	switch {
	case m.Confidence == 0:
		risk.CVaR = expectation
	case tail > 0:
		// What is left of the tail lies at the quantile; a negative rest is rounding of the confidence.
		risk.CVaR = min(worst, (tailSum+(tail-mass)*quantile)/tail)
	}
	return Risk{sign * risk.Expectation, sign * risk.VaR, sign * risk.CVaR, sign * risk.Worst}, nil
}

func validateLengths(n int, probability []float64) error {
	if len(probability) != n {
		return fmt.Errorf("cvar: %d probabilities for %d scenarios", len(probability), n)
	}
	if n == 0 {
		return errors.New("cvar: no scenarios")
	}
	return nil
}

// maxFaults bounds how many scenarios one error spells out.
const maxFaults = 20

func validateValues(values []float64) error {
	var errs []error
	for s, x := range values {
		if x-x != 0 && len(errs) < maxFaults {
			errs = append(errs, fmt.Errorf("cvar: value of scenario %d is %g, want a finite number", s, x))
		}
	}
	return errors.Join(errs...)
}

// validateProbability reports everything that is wrong with the probabilities of n scenarios.
func validateProbability(n int, probability []float64) error {
	if err := validateLengths(n, probability); err != nil {
		return err
	}
	var errs []error
	sum, carry := 0.0, 0.0
	for s, p := range probability {
		if !(p >= 0) && len(errs) < maxFaults {
			errs = append(errs, fmt.Errorf("cvar: probability of scenario %d is %g, want a number of at least 0", s, p))
		}
		// Kahan's compensated sum, right to the last bits for any number of scenarios.
		y := p - carry
		t := sum + y
		carry = t - sum - y
		sum = t
	}
	if len(errs) == 0 && !(math.Abs(sum-1) <= ProbabilityTolerance) {
		errs = append(errs, fmt.Errorf("cvar: probabilities sum to %.12g, want 1", sum))
	}
	return errors.Join(errs...)
}
