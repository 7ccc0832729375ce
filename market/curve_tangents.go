package market

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// A Quadratic is the cost or the potential of a price that moves with the
// quantity q:
//
//	g(q) = Linear q + ½ Curvature q²
//
// HiGHS accepts no quadratic objective together with integers, so a program
// uses a curve of tangents instead, see [Quadratic.Tangents].
type Quadratic struct {
	Linear    float64 // currency per unit
	Curvature float64 // currency per unit², at least 0
}

// maxPieces bounds the size of an approximation. A larger request usually has
// an error in a wrong unit.
const maxPieces = 10_000

// Value returns g(q), currency.
func (g Quadratic) Value(q float64) float64 { return q * (g.Linear + 0.5*g.Curvature*q) }

// Slope returns g'(q), currency per unit.
func (g Quadratic) Slope(q float64) float64 { return g.Linear + g.Curvature*q }

// Tangent returns the line slope·q + intercept that touches g at a quantity. g
// is convex, so the line is nowhere above it and can serve as a cut that
// refines a first approximation.
func (g Quadratic) Tangent(at float64) (slope, intercept float64) {
	return g.Slope(at), -0.5 * g.Curvature * at * at
}

// Tangents returns a convex curve T on lower ≤ q ≤ upper (finite, with 0
// between them) such that
//
//	0 ≤ g(q) − T(q) ≤ maxError   and   |g'(q) − T'(q)| ≤ √(2 · Curvature · maxError)
//
// with T(0) = 0 and T'(0) = Linear. It has about (upper − lower) · √(Curvature
// / (8 maxError)) pieces. No curve of tangents has fewer than that number,
// rounded up.
//
// Proof. Let h = √(8 maxError / Curvature), with tangents at the multiples of
// h. The tangents at kh and (k+1)h meet at (k+½)h, so T, the maximum of the
// tangents, equals tangent k for |q − kh| ≤ h/2. There
//
//	g(q) − T(q) = ½ Curvature (q − kh)² ≤ ½ Curvature h²/4 = maxError
//
// because a quadratic equals its tangent plus ½ Curvature times the squared
// distance. The slopes differ by Curvature |q − kh| ≤ Curvature h/2 = √(2
// Curvature maxError). Any tangent is within maxError of g on an interval of
// length at most h, so fewer tangents are not sufficient. ∎
//
// Consequences. The minimum of a program with T in place of g is too low by at
// most maxError, and its minimiser costs at most maxError more than the
// optimum. A price taken from T is wrong by at most the second bound.
//
// Tangents returns an error for a negative curvature, an infinite range, a
// range without 0, or more than 10,000 pieces.
func (g Quadratic) Tangents(lower, upper, maxError float64) (Curve, error) {
	var c Curve
	if err := checkTangents(g.Curvature, lower, upper, maxError); err != nil {
		return Curve{}, err
	}
	if !(lower <= 0 && upper >= 0) {
		return Curve{}, fmt.Errorf(
			"tangents: range [%v, %v] does not contain 0; zero trade must be possible", lower, upper)
	}
	c.tangents(g.Slope(0), g.Curvature, 0, lower, upper, maxError)
	return c, nil
}

// checkTangents reports every violation in the arguments of an approximation.
func checkTangents(curvature, lower, upper, maxError float64) error {
	var bad faults.List
	if !notNegative(curvature) {
		bad.Addf("tangents: curvature is %v, want a finite number of at least 0 (a convex cost)",
			curvature)
	}
	if !finite(lower) || !finite(upper) || lower > upper {
		bad.Addf(
			"tangents: range [%v, %v], want finite limits on the quantity, the lower one first",
			lower, upper)
	}
	if curvature > 0 && !(maxError > 0) {
		bad.Addf("tangents: error is %v, want a number above 0", maxError)
	}
	if bad.Len() == 0 && curvature > 0 {
		if n := (upper - lower) * math.Sqrt(curvature/(8*maxError)); n > maxPieces {
			bad.Addf(
				"tangents: %.0f pieces; allow a larger error than %v or narrow the range [%v, %v]",
				n, maxError, lower, upper)
		}
	}
	return bad.Err()
}

// tangents appends the pieces from lower to upper of a function with the given
// slope at the anchor and the given curvature. The anchor lies in the range;
// one tangent touches there.
func (c *Curve) tangents(slope, curvature, anchor, lower, upper, maxError float64) {
	if curvature == 0 || maxError == math.Inf(1) {
		c.extend(lower, slope, upper)
		return
	}
	h := math.Sqrt(8 * maxError / curvature)
	first, last := math.Round((lower-anchor)/h), math.Round((upper-anchor)/h)
	for k := first; k <= last; k++ {
		c.extend(max(lower, anchor+(k-0.5)*h), slope+curvature*k*h, min(upper, anchor+(k+0.5)*h))
	}
}
