package milp

import (
	"errors"
	"fmt"
	"math"
	"sort"
)

// Curve is a continuous piecewise-linear function through the points (X_k, Y_k), such as the cost of a
// thermal unit over its output. It is defined on [X_0, X_n] only; X increases strictly.
type Curve struct{ X, Y []float64 }

// Validate reports everything that keeps the points from being a curve.
func (f Curve) Validate() error {
	if len(f.X) < 2 || len(f.X) != len(f.Y) {
		return fmt.Errorf("curve: %d x and %d y values, want as many of both and at least 2", len(f.X), len(f.Y))
	}
	var errs []error
	for k := range f.X {
		if d := f.X[k] + f.Y[k]; d-d != 0 {
			errs = append(errs, fmt.Errorf("curve: point %d is (%g, %g), want finite numbers", k, f.X[k], f.Y[k]))
		}
		if k > 0 && !(f.X[k] > f.X[k-1]) {
			errs = append(errs, fmt.Errorf("curve: x of point %d is %g, want more than the %g before it", k, f.X[k], f.X[k-1]))
		}
	}
	return errors.Join(errs...)
}

// At returns the function's value, NaN outside [X_0, X_n].
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

// slope returns the slope of piece k, from point k−1 to point k.
func (f Curve) slope(k int) float64 { return (f.Y[k] - f.Y[k-1]) / (f.X[k] - f.X[k-1]) }

// bend is the sense in which slopes change along a curve.
type bend int

const (
	straight bend = iota
	convex        // slopes increase
	concave       // slopes decrease
	mixed
)

// bend ignores changes of slope that rounding of the points can cause.
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

// Convex reports whether slopes never decrease: whether a cost of this shape needs no binaries.
func (f Curve) Convex() bool { b := f.bend(); return b == convex || b == straight }

// Concave reports whether slopes never increase: whether a revenue of this shape needs no binaries.
func (f Curve) Concave() bool { b := f.bend(); return b == concave || b == straight }
