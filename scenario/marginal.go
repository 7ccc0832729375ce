package scenario

import (
	"fmt"
	"math"
	"slices"
)

// A Marginal is the distribution of one value: the series' unit at one step. Quantile is its inverse
// distribution function on (0, 1); it must not fall as u grows and is called from several goroutines.
// Every distribution of gonum's package distuv that has a Quantile is one: Normal, Beta, Weibull,
// LogNormal, Triangle and others. One with a method Validate() error is asked by [Generate] before use.
type Marginal interface {
	Quantile(u float64) float64
}

// Fixed is a value that is certain.
type Fixed float64

// Quantile implements [Marginal].
func (m Fixed) Quantile(float64) float64 { return float64(m) }

// Scaled is Offset + Factor·X with X distributed as Of: a Beta on [0, 1] times a capacity, an error added
// to a forecast. Factor must not be negative.
type Scaled struct {
	Of             Marginal
	Offset, Factor float64
}

// Quantile implements [Marginal].
func (m Scaled) Quantile(u float64) float64 { return m.Offset + m.Factor*m.Of.Quantile(u) }

// Clamped is X cut off at physical limits: what lies beyond a limit sits on it, as the output of a wind
// farm sits at zero in a calm and at its capacity in a storm.
type Clamped struct {
	Of        Marginal
	Low, High float64
}

// Quantile implements [Marginal].
func (m Clamped) Quantile(u float64) float64 { return min(max(m.Of.Quantile(u), m.Low), m.High) }

// Truncated is X on condition that it lies in [Low, High]: nothing sits on the limits. Distributions of
// gonum's distuv serve as Of. Where Of gives the range no probability that a float64 can hold, the value
// is the limit that is nearer to Of's median.
type Truncated struct {
	Of interface {
		Marginal
		CDF(x float64) float64
	}
	Low, High float64
}

// Quantile implements [Marginal].
func (m Truncated) Quantile(u float64) float64 {
	low, high := m.Of.CDF(m.Low), m.Of.CDF(m.High)
	if !(low < high) {
		return min(max(m.Of.Quantile(0.5), m.Low), m.High)
	}
	return min(max(m.Of.Quantile(low+u*(high-low)), m.Low), m.High)
}

// Empirical is the distribution of observed values, with the i-th smallest of n at u = (i+½)/n, straight
// lines between, and nothing outside the observed range.
type Empirical struct {
	sorted []float64
}

// NewEmpirical returns the distribution of the given values, which are copied. No values and values that
// are not finite are refused.
func NewEmpirical(values []float64) (Empirical, error) {
	bad := violations("scenario: empirical distribution: ")
	if len(values) == 0 {
		bad.Addf("no values, want at least one")
	}
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			bad.Addf("value %d is %v, want a finite number", i, v)
		}
	}
	if err := bad.Err(); err != nil {
		return Empirical{}, err
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return Empirical{sorted: sorted}, nil
}

// Quantile implements [Marginal].
func (m Empirical) Quantile(u float64) float64 {
	n := len(m.sorted)
	at := u*float64(n) - 0.5
	i := int(math.Floor(at))
	switch {
	case i < 0:
		return m.sorted[0]
	case i >= n-1:
		return m.sorted[n-1]
	}
	share := at - float64(i)
	return m.sorted[i] + share*(m.sorted[i+1]-m.sorted[i])
}

// Series is a quantity whose future is uncertain: how it is distributed at each step of the grid. How
// steps and series hang together is the [Copula]'s business.
type Series struct {
	Name, Unit string
	Marginals  []Marginal // one per step
}

// Same returns n times the same marginal.
func Same(m Marginal, n int) []Marginal { return slices.Repeat([]Marginal{m}, n) }

// evaluate applies the marginal to a column of uniforms in place.
func evaluate(m Marginal, column []float64) error {
	for i, u := range column {
		x := m.Quantile(u)
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("quantile at %v is %v, want a finite number; check the parameters of %T", u, x, m)
		}
		column[i] = x
	}
	return nil
}
