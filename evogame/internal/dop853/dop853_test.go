package dop853

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tableau returns the coefficients as a matrix, stages counted from zero, with
// the nodes of the published method in closed form.
func tableau() (a [12][12]float64, b, c [12]float64) {
	a = [12][12]float64{
		1:  {a21},
		2:  {a31, a32},
		3:  {a41, 0, a43},
		4:  {a51, 0, a53, a54},
		5:  {a61, 0, 0, a64, a65},
		6:  {a71, 0, 0, a74, a75, a76},
		7:  {a81, 0, 0, a84, a85, a86, a87},
		8:  {a91, 0, 0, a94, a95, a96, a97, a98},
		9:  {a101, 0, 0, a104, a105, a106, a107, a108, a109},
		10: {a111, 0, 0, a114, a115, a116, a117, a118, a119, a1110},
		11: {a121, 0, 0, a124, a125, a126, a127, a128, a129, a1210, a1211},
	}
	b = [12]float64{b1, 0, 0, 0, 0, b6, b7, b8, b9, b10, b11, b12}
	root := math.Sqrt(6)
	c = [12]float64{
		0, (12 - 2*root) / 135, (6 - root) / 45, (6 - root) / 30, (6 + root) / 30,
		1. / 3, 1. / 4, 4. / 13, 127. / 195, 3. / 5, 6. / 7, 1,
	}
	return a, b, c
}

func TestRowsOfTheTableauSumToTheNodes(t *testing.T) {
	a, _, c := tableau()
	for i, row := range a {
		sum := 0.0
		for _, v := range row {
			sum += v
		}
		assert.InDelta(t, c[i], sum, 1e-13, "stage %d", i+1)
	}
}

// TestOrderIsEight halves the step on a logistic growth and on a rotation that
// speeds up, both with closed solutions: the error must fall by about 2⁸ = 256.
func TestOrderIsEight(t *testing.T) {
	f := func(dy, y []float64) {
		dy[0] = y[0] * (1 - y[0]) * 2
		dy[1] = -y[2] * y[3]
		dy[2] = y[1] * y[3]
		dy[3] = y[3]
	}
	start := []float64{0.2, 1, 0, 0.5}
	exact := func(time float64) []float64 {
		// y3 = e^t / 2 drives the angle (e^t − 1)/2 of the rotation.
		angle := (math.Exp(time) - 1) / 2
		return []float64{1 / (1 + 4*math.Exp(-2*time)), math.Cos(angle), math.Sin(angle), math.Exp(time) / 2}
	}
	errorWith := func(steps int) float64 {
		in := New(start, f, nil, 1e-10)
		y := append([]float64(nil), start...)
		slope := make([]float64, len(y))
		for range steps {
			f(slope, y)
			in.step(y, slope, 2/float64(steps))
			copy(y, in.trial)
		}
		worst := 0.0
		for i, want := range exact(2) {
			worst = max(worst, math.Abs(y[i]-want))
		}
		return worst
	}
	coarse, fine := errorWith(8), errorWith(16)
	order := math.Log2(coarse / fine)
	assert.InDelta(t, 8, order, 0.6, "errors %v and %v", coarse, fine)
}

func TestAdaptiveSolutionMeetsItsTolerance(t *testing.T) {
	for _, tolerance := range []float64{1e-6, 1e-8, 1e-10, 1e-12} {
		// A circle, ten turns: the global error grows with the number of steps,
		// hence the factor.
		in := New([]float64{1, 0}, func(dy, y []float64) { dy[0], dy[1] = -y[1], y[0] }, nil, tolerance)
		end := 20 * math.Pi
		for in.Time < end {
			require.NoError(t, in.Advance(end))
		}
		assert.Equal(t, end, in.Time)
		assert.InDelta(t, 1, in.Y[0], 100*tolerance)
		assert.InDelta(t, 0, in.Y[1], 100*tolerance)
	}
}

func TestWithinAgreesWithTheSolution(t *testing.T) {
	in := New([]float64{1, 0}, func(dy, y []float64) { dy[0], dy[1] = -y[1], y[0] }, nil, 1e-11)
	for range 5 {
		require.NoError(t, in.Advance(math.Inf(1)))
		for _, part := range []float64{0, 0.25, 0.5, 0.99, 1} {
			at := in.Start() + part*(in.Time-in.Start())
			y := in.Within(at)
			assert.InDelta(t, math.Cos(at), y[0], 1e-10)
			assert.InDelta(t, math.Sin(at), y[1], 1e-10)
		}
	}
	// Reading inside a step must not disturb the integration.
	other := New([]float64{1, 0}, func(dy, y []float64) { dy[0], dy[1] = -y[1], y[0] }, nil, 1e-11)
	for range 5 {
		require.NoError(t, other.Advance(math.Inf(1)))
	}
	assert.Equal(t, other.Y, in.Y)
	assert.Equal(t, other.Time, in.Time)
}

func TestStepsDoNotDependOnTheUnitOfTime(t *testing.T) {
	run := func(rate float64) *Integrator {
		in := New([]float64{0.01}, func(dy, y []float64) { dy[0] = rate * y[0] * (1 - y[0]) }, nil, 1e-9)
		for in.Time < 10/rate {
			require.NoError(t, in.Advance(10/rate))
		}
		return in
	}
	slow, fast := run(1), run(1<<20) // a power of two: not even the rounding differs
	assert.Equal(t, slow.Steps, fast.Steps)
	assert.Equal(t, slow.Y, fast.Y)
}

func TestBlowUpIsAnError(t *testing.T) {
	// dy/dt = y² from 1 is infinite at t = 1.
	in := New([]float64{1}, func(dy, y []float64) { dy[0] = y[0] * y[0] }, nil, 1e-8)
	var err error
	for err == nil && in.Time < 2 {
		err = in.Advance(2)
	}
	require.ErrorIs(t, err, ErrStep)
	assert.InDelta(t, 1, in.Time, 1e-6)

	in = New([]float64{1}, func(dy, y []float64) { dy[0] = math.NaN() }, nil, 1e-8)
	assert.ErrorIs(t, in.Advance(1), ErrStep)
}

func TestAdvanceDoesNotAllocate(t *testing.T) {
	in := New([]float64{1, 0}, func(dy, y []float64) { dy[0], dy[1] = -y[1], y[0] }, nil, 1e-11)
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		if err := in.Advance(math.Inf(1)); err != nil {
			panic(err)
		}
	}))
}
