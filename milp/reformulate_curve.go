package milp

import (
	"fmt"
	"math"
	"sort"

	"github.com/trigrid/trigrid/internal/faults"
)

// Curve is a continuous piecewise-linear function through the points (X_k,
// Y_k), for example the cost per hour of a thermal unit over its output in MW.
// It is defined on [X_0, X_n]; X increases strictly. Units are the caller's.
type Curve struct{ X, Y []float64 }

// Validate reports all violations: fewer than two points, different lengths,
// numbers that are not finite, and x values that do not increase.
func (f Curve) Validate() error {
	if len(f.X) < 2 || len(f.X) != len(f.Y) {
		return fmt.Errorf("curve: got %d x and %d y values, want equal numbers of at least 2",
			len(f.X), len(f.Y))
	}
	bad := faults.List{Prefix: "curve: "}
	for k := range f.X {
		if d := f.X[k] + f.Y[k]; d-d != 0 { // NaN or infinite
			bad.Addf("point %d is (%g, %g), want finite numbers", k, f.X[k], f.Y[k])
		}
		if k > 0 && !(f.X[k] > f.X[k-1]) {
			bad.Addf("x of point %d is %g, want more than the %g before it", k, f.X[k], f.X[k-1])
		}
	}
	return bad.Err()
}

// At returns the function's value, or NaN outside [X_0, X_n].
func (f Curve) At(x float64) float64 {
	n := len(f.X) - 1
	if !(x >= f.X[0] && x <= f.X[n]) {
		return math.NaN()
	}
	k := min(sort.SearchFloat64s(f.X, x), n) // the first point at or after x
	if f.X[k] == x {
		return f.Y[k]
	}
	return f.Y[k-1] + f.slope(k)*(x-f.X[k-1])
}

// slope returns the slope s_k of piece k, from point k−1 to point k.
func (f Curve) slope(k int) float64 { return (f.Y[k] - f.Y[k-1]) / (f.X[k] - f.X[k-1]) }

// bend is the curvature of a curve.
type bend int

// Curvatures.
const (
	straight bend = iota // all slopes are equal
	convex               // slopes increase
	concave              // slopes decrease
	mixed                // slopes increase and decrease
)

// bend classifies the slopes. Relative changes of up to 1e-12 count as none,
// because rounding of the points causes them.
func (f Curve) bend() bend {
	const rounding = 1e-12
	out := straight
	for k := 2; k < len(f.X); k++ {
		before, after := f.slope(k-1), f.slope(k)
		if math.Abs(after-before) <= rounding*max(math.Abs(after), math.Abs(before)) {
			continue
		}
		now := convex
		if after < before {
			now = concave
		}
		if out == straight {
			out = now
		}
		if out != now {
			return mixed
		}
	}
	return out
}

// Convex reports whether slopes never decrease. A cost of this shape needs no
// binaries.
func (f Curve) Convex() bool { b := f.bend(); return b == convex || b == straight }

// Concave reports whether slopes never increase. A revenue of this shape needs
// no binaries.
func (f Curve) Concave() bool { b := f.bend(); return b == concave || b == straight }
