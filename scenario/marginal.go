package scenario

import (
	"fmt"
	"math"
	"slices"
)

// A Marginal is the distribution of one value of a series at one step, in the
// unit of the series. Quantile is the inverse distribution function on (0, 1).
// It must not decrease in u, and it must be safe for concurrent use.
//
// All distributions of gonum's package distuv with a Quantile method are
// marginals: Normal, Beta, Weibull, LogNormal, Triangle and others. If a
// marginal has a method Validate() error, [Generate] calls it first.
type Marginal interface {
	Quantile(u float64) float64
}

// Fixed is a certain value.
type Fixed float64

// Quantile implements [Marginal].
func (m Fixed) Quantile(float64) float64 { return float64(m) }

// Scaled is the distribution of Offset + Factor·X, with X distributed as Of and
// Factor ≥ 0. For example, Scaled{Of: distuv.Beta{Alpha: 2, Beta: 3}, Factor:
// 8} is the output of a farm of 8 MW.
type Scaled struct {
	Of             Marginal
	Offset, Factor float64
}

// Quantile implements [Marginal].
func (m Scaled) Quantile(u float64) float64 { return m.Offset + m.Factor*m.Of.Quantile(u) }

// Clamped is X limited to [Low, High]. Probability beyond a limit moves to the
// limit, as the output of a wind farm is zero in a calm and equal to the
// capacity in strong wind. See [Truncated] for the other rule.
type Clamped struct {
	Of        Marginal
	Low, High float64
}

// Quantile implements [Marginal].
func (m Clamped) Quantile(u float64) float64 { return min(max(m.Of.Quantile(u), m.Low), m.High) }

// Truncated is X on condition that Low ≤ X ≤ High. With F the distribution
// function of Of
//
//	Q(u) = F⁻¹( F(Low) + u (F(High) − F(Low)) )
//
// No probability concentrates on the limits, unlike [Clamped]. Distributions of
// gonum's distuv serve as Of. If the range has a probability of 0 in float64
// arithmetic, the value is the limit that is nearer to the median of Of.
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

// Empirical is the distribution of n observed values: the i-th smallest (from
// 0) at u = (i+½)/n, linear in between, and constant outside. [NewEmpirical]
// creates it.
type Empirical struct {
	sorted []float64
}

// NewEmpirical returns the distribution of the given values, which are copied.
// It returns an error if there are no values, or if a value is not finite.
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

// Series is an uncertain quantity: its distribution at each step of the grid.
// Correlation between steps and between series comes from a [Copula].
type Series struct {
	Name, Unit string
	Marginals  []Marginal // one per step
}

// Same returns a slice with n equal marginals, for series that are distributed
// alike at all steps.
func Same(m Marginal, n int) []Marginal { return slices.Repeat([]Marginal{m}, n) }

// evaluate replaces each uniform of a column by its quantile.
func evaluate(m Marginal, column []float64) error {
	for i, u := range column {
		x := m.Quantile(u)
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf(
				"quantile at %v is %v, want a finite number; check the parameters of %T",
				u, x, m)
		}
		column[i] = x
	}
	return nil
}
