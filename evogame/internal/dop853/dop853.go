// Package dop853 integrates autonomous ordinary differential equations dy/dt =
// f(y). The method is the explicit Runge-Kutta method of order 8 of Dormand and
// Prince with embedded errors of order 5 and 3.
//
// An [Integrator] advances by one accepted step per call and allocates no
// memory after [New]. [Integrator.Within] returns values inside the last step
// by a shorter step from its start. This has the same order, needs no second
// set of coefficients, and has a smaller local error than the step.
//
//	in := dop853.New([]float64{1}, func(dy, y []float64) { dy[0] = -y[0] }, nil, 1e-10)
//	for in.Time < 2 {
//		if err := in.Advance(2); err != nil { … }
//	}
//	// in.Y[0] is e⁻² within about 1e-10.
//
// Source: Hairer, Nørsett, Wanner (1993), Solving Ordinary Differential
// Equations I, 2nd edition, section II.4 for the step control, II.5 for the
// method, II.10 for the error estimate.
package dop853

import (
	"errors"
	"fmt"
	"math"
)

// ErrStep is returned by [Integrator.Advance] if no step size meets the
// tolerance. The right-hand side is then not finite or not continuous.
var ErrStep = errors.New("dop853: the step size fell below the resolution of time")

// Constants of the step size control: h_next = h · clamp(safety · err^(−1/8),
// shrink, grow).
const (
	shrink = 1. / 3 // smallest factor between consecutive step sizes
	grow   = 10     // largest factor
	safety = 0.9    // factor on the step size that would meet the tolerance exactly
)

// Integrator is a solution in progress. [New] creates it. It is not safe for
// concurrent use.
type Integrator struct {
	Time        float64
	Y           []float64 // y(Time)
	Slope       []float64 // f(Y)
	Steps       int       // accepted steps
	Rejected    int       // rejected steps
	Evaluations int       // calls of f

	f         func(dy, y []float64)
	settle    func(y []float64)
	tolerance float64
	next      float64 // size of the next step to try; 0 before the first

	before      []float64     // y at the start of the last accepted step
	beforeSlope []float64     // f(before)
	beforeTime  float64       // time of before
	trial       []float64     // argument of f inside a step; y at its end
	k           [11][]float64 // stages 2 to 12; stage 1 is Slope
	within      []float64     // result of Within
}

// New returns an integrator of dy/dt = f(y) from y at time 0. f writes the
// slope at y into dy. The integrator owns both slices, so f must not keep them.
// settle may project y to an invariant set after each accepted step; nil: no
// projection. tolerance bounds the local error of each step,
//
//	√( Σ_i (error_i / max(1, |y_i|))² / n ) ≤ tolerance
func New(
	y []float64, f func(dy, y []float64), settle func(y []float64), tolerance float64,
) *Integrator {
	n := len(y)
	storage := make([]float64, 17*n) // one array for the six vectors and eleven stages below
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

// eval calls f and counts the call.
func (in *Integrator) eval(dy, y []float64) {
	in.Evaluations++
	in.f(dy, y)
}

// Advance makes one accepted step that ends at or before limit > Time, which
// may be +Inf. It returns [ErrStep] with the time if no step size meets the
// tolerance.
func (in *Integrator) Advance(limit float64) error {
	if in.next == 0 {
		in.next = in.firstStep()
	}
	largest := float64(grow)
	for {
		h := in.next
		last := in.Time+1.01*h >= limit // avoid a tiny last step
		if last {
			h = limit - in.Time
		}
		// Steps of a few units in the last place of Time cannot be resolved.
		if h <= 4*math.Nextafter(in.Time, math.Inf(1))-4*in.Time || math.IsNaN(h) {
			return fmt.Errorf("%w at t = %v", ErrStep, in.Time)
		}
		in.step(in.Y, in.Slope, h)
		err := in.localError(h)
		if err <= 1 { // false for NaN
			// The old Y becomes the start of the step, and its array the next
			// trial.
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
		largest = 1 // no growth directly after a rejection
		factor := float64(shrink)
		if err < math.Inf(1) {
			factor = max(shrink, safety*math.Pow(err, -1./8))
		}
		in.next = h * factor
	}
}

// Start returns the start time of the last accepted step.
func (in *Integrator) Start() float64 { return in.beforeTime }

// Within returns y(t) for a time inside the last accepted step. Times outside
// it give the nearer end of the step. The next call of Within or Advance
// overwrites the slice.
func (in *Integrator) Within(t float64) []float64 {
	switch {
	case t >= in.Time:
		return in.Y
	case t <= in.beforeTime:
		return in.before
	}
	in.step(in.before, in.beforeSlope, t-in.beforeTime)
	copy(in.within, in.trial)
	if in.settle != nil {
		in.settle(in.within)
	}
	return in.within
}

// step computes one step of size h from y with slope k1. It leaves y(t+h) in
// trial and the stages in k. Each loop implements one row of the tableau in
// coefficients.go.
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

// localError returns the error of the last trial step of size h, in units of
// the tolerance:
//
//	err = h |e5|² / √( (|e5|² + 0.01 |e3|²) n )
//
// e5 and e3 are the differences to the embedded solutions of order 5 and 3,
// divided by tolerance · max(1, |y|) in each component. err is of order h⁸. See
// Hairer, Nørsett, Wanner, section II.10.
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
		return 0 // a constant slope, which every step integrates exactly
	}
	return h * fifth / math.Sqrt(denominator*float64(len(in.Y)))
}

// firstStep estimates the first step size from the norms of y, of its slope d1
// and of the second derivative d2:
//
//	unit = max(|y|, 1) / |d1|        h = unit · ( 0.01 / max(|d1| unit, |d2| unit²) )^(1/8)
//
// The idea is from Hairer, Nørsett, Wanner, section II.4. Their formula depends
// on the unit of time. Here, unit is the time in which y changes by its own
// size, so that payoffs per hour and per day give the same steps.
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
		return 1 // at rest; the step size control adapts it
	}
	// norm is in units of the tolerance. The bound 1 is the tolerance itself,
	// for y near 0.
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
