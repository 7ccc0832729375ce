// Package dop853 integrates autonomous ordinary differential equations dy/dt = f(y) with the explicit
// Runge-Kutta method of order 8 by Dormand and Prince, with the step control of Hairer, Nørsett and
// Wanner (embedded errors of order 5 and 3).
//
// An [Integrator] advances one accepted step at a time and allocates nothing after it was made. Values
// inside the last step come from [Integrator.Within], which takes a shorter step from its start: the
// same order, no second set of coefficients, and a local error below the accepted one.
package dop853

import (
	"errors"
	"fmt"
	"math"
)

// ErrStep is returned when no step, however short, meets the tolerance: the right-hand side is not
// finite or jumps.
var ErrStep = errors.New("dop853: the step size fell below the resolution of time")

// Bounds of the factor between consecutive step sizes, and the safety factor on the optimal one.
const (
	shrink = 1. / 3
	grow   = 10
	safety = 0.9
)

// Integrator carries a solution from step to step. Make one with New.
type Integrator struct {
	Time        float64
	Y           []float64 // the solution at Time
	Slope       []float64 // f(Y)
	Steps       int       // accepted
	Rejected    int
	Evaluations int // of f

	f         func(dy, y []float64)
	settle    func(y []float64)
	tolerance float64
	next      float64 // size of the step to try, 0 before the first

	before      []float64 // solution at the start of the last accepted step
	beforeSlope []float64
	beforeTime  float64
	trial       []float64 // argument of f inside a step
	k           [11][]float64
	within      []float64
}

// New prepares the integration of dy/dt = f(y) from y at time zero. f writes the slope into dy; both
// slices are the integrator's and must not be kept. settle, if not nil, may move y back onto an invariant
// set after each accepted step. tolerance bounds the local error of each component y, relative to
// max(1, |y|), in the root mean square over the components.
func New(y []float64, f func(dy, y []float64), settle func(y []float64), tolerance float64) *Integrator {
	n := len(y)
	storage := make([]float64, 17*n)
	cut := func() (part []float64) {
		part, storage = storage[:n:n], storage[n:]
		return part
	}
	in := &Integrator{f: f, settle: settle, tolerance: tolerance}
	in.Y, in.Slope, in.before, in.beforeSlope, in.trial, in.within = cut(), cut(), cut(), cut(), cut(), cut()
	for i := range in.k {
		in.k[i] = cut()
	}
	copy(in.Y, y)
	copy(in.before, y)
	in.eval(in.Slope, in.Y)
	copy(in.beforeSlope, in.Slope)
	return in
}

func (in *Integrator) eval(dy, y []float64) {
	in.Evaluations++
	in.f(dy, y)
}

// Advance takes one accepted step that ends at or before limit, which may be +Inf, and must lie ahead of
// Time. It returns ErrStep, with the time, when no step size is small enough.
func (in *Integrator) Advance(limit float64) error {
	if in.next == 0 {
		in.next = in.firstStep()
	}
	largest := float64(grow)
	for {
		h := in.next
		last := in.Time+1.01*h >= limit // a rest too short for a step of its own is taken along
		if last {
			h = limit - in.Time
		}
		if h <= 4*math.Nextafter(in.Time, math.Inf(1))-4*in.Time || math.IsNaN(h) {
			return fmt.Errorf("%w at t = %v", ErrStep, in.Time)
		}
		in.step(in.Y, in.Slope, h)
		err := in.localError(h)
		if err <= 1 { // false for NaN
			in.before, in.Y, in.trial = in.Y, in.trial, in.before
			in.beforeSlope, in.Slope = in.Slope, in.beforeSlope
			in.beforeTime = in.Time
			in.Time += h
			if last {
				in.Time = limit
			}
			in.Steps++
			if in.settle != nil {
				in.settle(in.Y)
			}
			in.eval(in.Slope, in.Y)
			in.next = h * min(largest, max(shrink, safety*math.Pow(err, -1./8)))
			return nil
		}
		in.Rejected++
		largest = 1
		factor := float64(shrink)
		if err < math.Inf(1) {
			factor = max(shrink, safety*math.Pow(err, -1./8))
		}
		in.next = h * factor
	}
}

// Start returns the time at which the last accepted step began.
func (in *Integrator) Start() float64 { return in.beforeTime }

// Within returns the solution at a time inside the last accepted step. The slice is overwritten by the
// next call.
func (in *Integrator) Within(time float64) []float64 {
	switch {
	case time >= in.Time:
		return in.Y
	case time <= in.beforeTime:
		return in.before
	}
	in.step(in.before, in.beforeSlope, time-in.beforeTime)
	copy(in.within, in.trial)
	if in.settle != nil {
		in.settle(in.within)
	}
	return in.within
}

// step leaves y(t+h), from y and its slope, in trial, and the stages in k.
func (in *Integrator) step(y, k1 []float64, h float64) {
	n := len(y)
	x := in.trial[:n]
	k2, k3, k4, k5, k6 := in.k[0][:n], in.k[1][:n], in.k[2][:n], in.k[3][:n], in.k[4][:n]
	k7, k8, k9, k10, k11, k12 := in.k[5][:n], in.k[6][:n], in.k[7][:n], in.k[8][:n], in.k[9][:n], in.k[10][:n]
	k1 = k1[:n]
	for i := range n {
		x[i] = y[i] + h*a21*k1[i]
	}
	in.eval(k2, x)
	for i := range n {
		x[i] = y[i] + h*(a31*k1[i]+a32*k2[i])
	}
	in.eval(k3, x)
	for i := range n {
		x[i] = y[i] + h*(a41*k1[i]+a43*k3[i])
	}
	in.eval(k4, x)
	for i := range n {
		x[i] = y[i] + h*(a51*k1[i]+a53*k3[i]+a54*k4[i])
	}
	in.eval(k5, x)
	for i := range n {
		x[i] = y[i] + h*(a61*k1[i]+a64*k4[i]+a65*k5[i])
	}
	in.eval(k6, x)
	for i := range n {
		x[i] = y[i] + h*(a71*k1[i]+a74*k4[i]+a75*k5[i]+a76*k6[i])
	}
	in.eval(k7, x)
	for i := range n {
		x[i] = y[i] + h*(a81*k1[i]+a84*k4[i]+a85*k5[i]+a86*k6[i]+a87*k7[i])
	}
	in.eval(k8, x)
	for i := range n {
		x[i] = y[i] + h*(a91*k1[i]+a94*k4[i]+a95*k5[i]+a96*k6[i]+a97*k7[i]+a98*k8[i])
	}
	in.eval(k9, x)
	for i := range n {
		x[i] = y[i] + h*(a101*k1[i]+a104*k4[i]+a105*k5[i]+a106*k6[i]+a107*k7[i]+a108*k8[i]+a109*k9[i])
	}
	in.eval(k10, x)
	for i := range n {
		x[i] = y[i] + h*(a111*k1[i]+a114*k4[i]+a115*k5[i]+a116*k6[i]+a117*k7[i]+a118*k8[i]+a119*k9[i]+a1110*k10[i])
	}
	in.eval(k11, x)
	for i := range n {
		x[i] = y[i] + h*(a121*k1[i]+a124*k4[i]+a125*k5[i]+a126*k6[i]+a127*k7[i]+a128*k8[i]+a129*k9[i]+a1210*k10[i]+a1211*k11[i])
	}
	in.eval(k12, x)
	for i := range n {
		x[i] = y[i] + h*(b1*k1[i]+b6*k6[i]+b7*k7[i]+b8*k8[i]+b9*k9[i]+b10*k10[i]+b11*k11[i]+b12*k12[i])
	}
}

// localError is the error of the step just tried, in units of the tolerance:
//
//	err = h e5² / sqrt((e5² + 0.01 e3²) n)
//
// with e5 and e3 the norms of the two embedded differences. It behaves like h⁸.
func (in *Integrator) localError(h float64) float64 {
	k1, k6, k7, k8 := in.Slope, in.k[4], in.k[5], in.k[6]
	k9, k10, k11, k12 := in.k[7], in.k[8], in.k[9], in.k[10]
	var fifth, third float64
	for i, y := range in.Y {
		scale := in.tolerance * max(1, math.Abs(y), math.Abs(in.trial[i]))
		five := (e1*k1[i] + e6*k6[i] + e7*k7[i] + e8*k8[i] + e9*k9[i] + e10*k10[i] + e11*k11[i] + e12*k12[i]) / scale
		three := ((b1-bhh1)*k1[i] + b6*k6[i] + b7*k7[i] + b8*k8[i] + (b9-bhh9)*k9[i] + b10*k10[i] + b11*k11[i] + (b12-bhh12)*k12[i]) / scale
		fifth += five * five
		third += three * three
	}
	denominator := fifth + 0.01*third
	if denominator == 0 {
		return 0
	}
	return h * fifth / math.Sqrt(denominator*float64(len(in.Y)))
}

// firstStep guesses a step from the size of the slope and of its change, after Hairer, Nørsett and
// Wanner, section II.4. Theirs mixes quantities of different units of time; here the time in which the
// solution changes by its own size is the unit, so that money per hour or per day takes the same steps.
func (in *Integrator) firstStep() float64 {
	norm := func(v []float64) float64 {
		sum := 0.0
		for i, y := range in.Y {
			scaled := v[i] / (in.tolerance * max(1, math.Abs(y)))
			sum += scaled * scaled
		}
		return math.Sqrt(sum / float64(len(in.Y)))
	}
	slope := norm(in.Slope)
	if slope == 0 {
		return 1 // at rest; the controller takes over
	}
	// A solution that starts near zero has its tolerance, not its size, as a yardstick.
	unit := max(norm(in.Y), 1) / slope
	probe := 0.01 * unit
	for i, y := range in.Y {
		in.trial[i] = y + probe*in.Slope[i]
	}
	in.eval(in.k[0], in.trial)
	for i := range in.k[0] {
		in.k[0][i] -= in.Slope[i]
	}
	curve := norm(in.k[0]) / probe
	return unit * math.Pow(0.01/max(slope*unit, curve*unit*unit), 1./8)
}
