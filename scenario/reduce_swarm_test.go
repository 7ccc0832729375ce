package scenario

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fixed is a source whose numbers in [0, 1) are all one half.
type fixed struct{}

func (fixed) Uint64() uint64 { return 1 << 52 }

// TestParticlesMoveAsTheEquationSays, with r₁ = r₂ = 1/2, w = 0.5, c₁ = 1 and
// c₂ = 2: from x = (1, 2) at v = (4, 0) with best (3, 2) and leader (0, 6), v'
// = (2 + 1 − 1, 0 + 0 + 4) and x' = (3, 6).
func TestParticlesMoveAsTheEquationSays(t *testing.T) {
	p := &particle{rng: rand.New(fixed{}), x: []float64{1, 2}, v: []float64{4, 0}, best: []float64{3, 2}}
	require.Equal(t, 0.5, p.rng.Float64(), "the particle draws from its source")
	p.move([]float64{0, 6}, 0.5, 1, 2)
	assert.Equal(t, []float64{2, 4}, p.v)
	assert.Equal(t, []float64{3, 6}, p.x)
}

func TestParticlesRememberTheirBestPlace(t *testing.T) {
	// Points 0 and 2 with centres at 1: the mean square is 1; with centres at 0
	// and 2 it is 0.
	c, k, err := newCloud([][]float64{{0}, {2}}, nil, 2)
	require.NoError(t, err)
	require.Equal(t, 2, k)
	p := &particle{x: []float64{1, 1}, atBest: math.Inf(1)}
	p.assess(c)
	assert.Equal(t, 1.0, p.atBest)
	p.x[0], p.x[1] = 0, 2
	p.assess(c)
	p.x[0], p.x[1] = 5, 5
	p.assess(c)
	assert.Zero(t, p.atBest)
	assert.Equal(t, []float64{0, 2}, p.best)
}

// TestSwarmOptionsReachTheParticles: particles that are drawn nowhere and keep
// no speed stay where they began.
func TestSwarmOptionsReachTheParticles(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	points := make([][]float64, 60)
	for i := range points {
		points[i] = []float64{rng.NormFloat64(), rng.NormFloat64()}
	}
	still, err := SwarmMeans{Particles: 3, Inertia: 1e-9, Cognitive: 1e-9, Social: 1e-9}.Reduce(context.Background(), points, nil, 5, rand.NewPCG(5, 6))
	require.NoError(t, err)
	once, err := SwarmMeans{Particles: 3, Iterations: 1}.Reduce(context.Background(), points, nil, 5, rand.NewPCG(5, 6))
	require.NoError(t, err)
	assert.InDelta(t, once.Cost, still.Cost, 1e-9)
}
