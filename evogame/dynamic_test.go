package evogame_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/evogame"
)

func dynamics() map[string]evogame.Dynamic {
	return map[string]evogame.Dynamic{
		"replicator": evogame.Replicator{},
		"imitation":  evogame.Imitation{Noise: 0.5},
		"logit":      evogame.Logit{Noise: 0.3},
		"brown":      evogame.BrownVonNeumannNash{},
		"smith":      evogame.Smith{},
	}
}

func TestVelocitiesByHand(t *testing.T) {
	// x = (1/2, 1/4, 1/4), f = (1, 3, 0): the average is 5/4, excesses are
	// −1/4, 7/4, −5/4.
	x, f := []float64{0.5, 0.25, 0.25}, []float64{1, 3, 0}
	tanh := func(d float64) float64 { return math.Tanh(d / (2 * 0.5)) }
	exps := math.Exp(1/0.3) + math.Exp(3/0.3) + 1
	for name, want := range map[string][]float64{
		"replicator": {-0.125, 0.4375, -0.3125},
		// x_v Σ_u x_u tanh((f_v − f_u)/2κ), κ = 1/2.
		"imitation": {
			0.5 * (0.25*tanh(-2) + 0.25*tanh(1)),
			0.25 * (0.5*tanh(2) + 0.25*tanh(3)),
			0.25 * (0.5*tanh(-1) + 0.25*tanh(-3)),
		},
		"logit": {math.Exp(1/0.3)/exps - 0.5, math.Exp(3/0.3)/exps - 0.25, 1/exps - 0.25},
		// Only strategy 1 is above average: (0, 7/4, 0) − x · 7/4.
		"brown": {-0.875, 1.3125, -0.4375},
		// Flows: 0→1 at ½·2, 2→1 at ¼·3, 2→0 at ¼·1.
		"smith": {-1 + 0.25, 1 + 0.75, -0.75 - 0.25},
	} {
		t.Run(name, func(t *testing.T) {
			dx := []float64{9, 9, 9}
			dynamics()[name].Velocity(dx, x, f)
			assert.InDeltaSlice(t, want, dx, 1e-14)
		})
	}
}

func TestTrajectoriesOfEveryDynamicAgreeWithOutsidePrograms(t *testing.T) {
	// Rock-paper-scissors with gain 2 and loss 1 from (.5, .3, .2), t = 1.
	// Smooth ones by Taylor series with 30 digits (mpmath); those with corners
	// by classical Runge-Kutta, 8000 steps, 20 digits, which agree with 2000
	// steps to 5e-10.
	for name, c := range map[string]struct {
		want    []float64
		allowed float64
	}{
		"logit":     {[]float64{0.2907824268570916, 0.3626011303090217, 0.3466164428338866}, 1e-9},
		"imitation": {[]float64{0.3853743263230792, 0.4203567686068923, 0.1942689050700285}, 1e-9},
		"smith":     {[]float64{0.26074762701449, 0.37794393250554, 0.36130844047997}, 5e-9},
		"brown":     {[]float64{0.32965766260891, 0.43811768590683, 0.23222465148427}, 5e-9},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, rockPaperScissors(2, 1), dynamics()[name], evogame.State{{0.5, 0.3, 0.2}}, evogame.Options{Horizon: 1})
			assert.InDeltaSlice(t, c.want, r.Final[0], c.allowed)
		})
	}
}

func TestDynamicsKeepTheSimplexAndFollowPayoffs(t *testing.T) {
	random := rand.New(rand.NewPCG(41, 42))
	for name, d := range dynamics() {
		t.Run(name, func(t *testing.T) {
			for range 300 {
				n := 1 + random.IntN(5)
				x := evogame.RandomState(evogame.Matrix(make([][]float64, n)), rand.NewPCG(random.Uint64(), 1))[0]
				f, dx := make([]float64, n), make([]float64, n)
				absent := random.IntN(n)
				if n > 1 {
					for v := range x {
						if v != absent {
							x[v] /= 1 - x[absent]
						}
					}
					x[absent] = 0
				}
				for v := range f {
					f[v] = random.NormFloat64()
				}
				d.Velocity(dx, x, f)
				sum, gain := 0.0, 0.0
				for v := range dx {
					sum += dx[v]
					gain += dx[v] * f[v]
				}
				require.InDelta(t, 0, sum, 1e-12)
				require.GreaterOrEqual(t, dx[absent], -1e-15)
				// Positive correlation: what grows pays more. Logit has it only
				// up to its noise.
				if name != "logit" {
					require.GreaterOrEqual(t, gain, -1e-12)
				}
			}
		})
	}
}

func TestImitationWithMuchNoiseIsASlowReplicator(t *testing.T) {
	x, f := []float64{0.5, 0.25, 0.25}, []float64{1, 3, 0}
	slow, plain := make([]float64, 3), make([]float64, 3)
	evogame.Imitation{Noise: 1e4}.Velocity(slow, x, f)
	evogame.Replicator{}.Velocity(plain, x, f)
	for v := range plain {
		assert.InEpsilon(t, plain[v], 2e4*slow[v], 1e-6)
	}
}

func TestLogitSettlesAtTheQuantalResponse(t *testing.T) {
	// One player, payoffs 1 and 0: the rest point is 1 / (1 + e^{−1/η}). It is
	// mixed, however close to the better strategy, and stable.
	game, err := evogame.NewTable([]int{2})
	require.NoError(t, err)
	game.Set(0, []int{0}, 1)
	game.Set(0, []int{1}, 0)
	for _, noise := range []float64{1, 0.5, 0.2, 0.1} {
		r := run(t, game, evogame.Logit{Noise: noise}, nil, evogame.Options{})
		assert.Equal(t, evogame.ConvergedToRestPoint, r.Verdict)
		assert.Equal(t, evogame.Stable, r.Stability)
		assert.InDelta(t, 1/(1+math.Exp(-1/noise)), r.Final[0][0], 1e-8)
	}
	// With a noise of 1/20 the rest point is within 2e-9 of the pure profile.
	r := run(t, game, evogame.Logit{Noise: 0.05}, nil, evogame.Options{})
	assert.Equal(t, evogame.ConvergedToStrictNash, r.Verdict)
}

// constant is a dynamic of a user's own: it moves towards a fixed state
// whatever pays.
type constant struct{ target []float64 }

func (c constant) Velocity(dx, x, _ []float64) {
	for v := range dx {
		dx[v] = c.target[v] - x[v]
	}
}

func TestUsersOwnDynamic(t *testing.T) {
	// x(t) = c + (x₀ − c) e^{−t}
	r := run(t, rockPaperScissors(1, 1), constant{[]float64{0.2, 0.3, 0.5}}, evogame.State{{1, 0, 0}}, evogame.Options{Horizon: 1})
	assert.InDelta(t, 0.2+0.8*math.Exp(-1), r.Final[0][0], 1e-9)
	assert.InDelta(t, 0.5-0.5*math.Exp(-1), r.Final[0][2], 1e-9)
	r = run(t, rockPaperScissors(1, 1), constant{[]float64{0.2, 0.3, 0.5}}, nil, evogame.Options{})
	assert.Equal(t, evogame.ConvergedToRestPoint, r.Verdict)
	assert.Equal(t, evogame.Stable, r.Stability)
}

// FuzzRunKeepsTheSimplex follows every dynamic on random games of random shape:
// all recorded states must be states, payoffs may have any size, and a strict
// verdict must name a strict equilibrium.
func FuzzRunKeepsTheSimplex(f *testing.F) {
	for seed := range uint64(10) {
		f.Add(seed, uint8(seed), float64(seed)-3)
	}
	names := []string{"replicator", "imitation", "logit", "brown", "smith"}
	f.Fuzz(func(t *testing.T, seed uint64, which uint8, magnitude float64) {
		if !(math.Abs(magnitude) <= 8) {
			t.Skip("payoffs of unrealistic size")
		}
		random := rand.New(rand.NewPCG(seed, 1))
		shape := make([]int, 1+random.IntN(4))
		for i := range shape {
			shape[i] = 1 + random.IntN(3)
		}
		game, err := evogame.NewTable(shape)
		require.NoError(t, err)
		eachProfile(shape, func(p []int) {
			for i := range p {
				game.Set(i, p, random.NormFloat64()*math.Pow(10, magnitude))
			}
		})
		start := evogame.RandomState(game, rand.NewPCG(seed, 2))
		name := names[int(which)%len(names)]
		r := run(t, game, dynamics()[name], start, evogame.Options{MaxSteps: 300, Tolerance: 1e-8})
		for _, x := range r.States {
			require.NoError(t, x.Validate(game), name)
		}
		if r.Verdict == evogame.ConvergedToStrictNash {
			e, ok, err := evogame.Examine(t.Context(), game, r.Profile)
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, evogame.Strict, e.Kind)
		}
	})
}
