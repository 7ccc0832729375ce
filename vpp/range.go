package vpp

import (
	"math"
)

// Range is an interval that contains an amount, currency. For example,
// {−61009.1, −61008.9} contains the integrated value −61009.04.
type Range struct {
	Low, High float64
}

// Half returns half of the width of the range.
func (r Range) Half() float64 { return (r.High - r.Low) / 2 }

// Contains reports whether x is in the range.
func (r Range) Contains(x float64) bool { return r.Low <= x && x <= r.High }

// Join returns the smallest range that contains both.
func (r Range) Join(o Range) Range { return Range{min(r.Low, o.Low), max(r.High, o.High)} }

// plus returns the range of the sum.
func (r Range) plus(o Range) Range { return Range{r.Low + o.Low, r.High + o.High} }

// times returns the range of the amount times k ≠ 0.
func (r Range) times(k float64) Range { return Range{min(k*r.Low, k*r.High), max(k*r.Low, k*r.High)} }

// around returns the range x ± tolerance.
func around(x, tolerance float64) Range { return Range{x - tolerance, x + tolerance} }

// widened returns the range with both ends moved outwards by x ≥ 0.
func (r Range) widened(x float64) Range { return Range{r.Low - x, r.High + x} }

// everything is the range without bounds.
func everything() Range { return Range{math.Inf(-1), math.Inf(1)} }
