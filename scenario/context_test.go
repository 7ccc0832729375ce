package scenario

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
)

// limited is a context that is done after a number of looks at it, and counts
// them.
type limited struct {
	context.Context
	left, looks atomic.Int64
}

func newLimited(left int64) *limited {
	x := &limited{Context: context.Background()}
	x.left.Store(left)
	return x
}

// Err implements [context.Context].
func (x *limited) Err() error {
	x.looks.Add(1)
	if x.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// counted is a source that counts its draws.
type counted struct {
	rand.Source
	draws int
}

// Uint64 implements [rand.Source].
func (s *counted) Uint64() uint64 {
	s.draws++
	return s.Source.Uint64()
}

// TestDesignsStopBetweenFewDraws cancels after a number of looks. A design
// looks at the context at least once in drawsPerCheck values, so that it has
// drawn at most that often since.
func TestDesignsStopBetweenFewDraws(t *testing.T) {
	const dim, n = 8, 5 * drawsPerCheck
	for _, d := range []ContextDesign{LatinHypercube{}, MonteCarlo{}, Antithetic{}, Antithetic{Of: MonteCarlo{}}} {
		for _, looks := range []int64{0, 1, 3, 7} {
			src := &counted{Source: rand.NewPCG(1, 2)}
			u, err := d.SampleContext(newLimited(looks), dim, n, src)
			require.ErrorIs(t, err, context.Canceled, "%T", d)
			assert.Nil(t, u)
			assert.LessOrEqual(t, src.draws, int(looks)*drawsPerCheck, "%T", d)
		}
	}
	// The sampler of gonum draws one permutation per digit of a dimension, and
	// looks at every draw.
	src := &counted{Source: rand.NewPCG(1, 2)}
	_, err := Halton{}.SampleContext(newLimited(50), dim, 100, src)
	require.ErrorIs(t, err, context.Canceled)
	assert.LessOrEqual(t, src.draws, 50)
}

// TestDesignsReturnTheSamePointsWithAContext compares both methods of every
// design.
func TestDesignsReturnTheSamePointsWithAContext(t *testing.T) {
	for _, d := range []ContextDesign{LatinHypercube{}, MonteCarlo{}, Halton{}, Antithetic{}} {
		plain, err := d.Sample(5, 30, rand.NewPCG(1, 2))
		require.NoError(t, err)
		within, err := d.SampleContext(context.Background(), 5, 30, rand.NewPCG(1, 2))
		require.NoError(t, err)
		assert.Equal(t, plain, within, "%T", d)
	}
}

// TestGenerateStopsInEveryStage cancels after more and more looks until one
// call is finished. Each cancelled call must return the error of the context
// and no result.
func TestGenerateStopsInEveryStage(t *testing.T) {
	spec := Spec{Grid: Grid{Step: 3600e9, Steps: 300}, Samples: 70, Scenarios: 5}
	for _, name := range []string{"a", "b", "c", "d"} {
		spec.Series = append(spec.Series, Series{Name: name, Marginals: Same(Fixed(1), 300)})
	}
	spec.Series[0].Marginals = Same(Scaled{Of: uniform{}, Factor: 1}, 300)
	finished := false
	for looks := int64(1); !finished; looks += 1 + looks/3 {
		ctx := newLimited(looks)
		out, err := Generate(ctx, spec, rand.NewPCG(1, 2))
		if finished = err == nil; !finished {
			require.ErrorIs(t, err, context.Canceled)
			require.Nil(t, out)
		}
		require.Less(t, looks, int64(1e7), "never finished")
	}
}

// uniform is the uniform distribution over (0, 1).
type uniform struct{}

// Quantile implements [Marginal].
func (uniform) Quantile(u float64) float64 { return u }

// TestReducersLookAtTheContextInsideTheirPasses counts looks at the context.
// One look per pass over the points would be about the number of passes; here
// it is at least one per 64 points and centre.
func TestReducersLookAtTheContextInsideTheirPasses(t *testing.T) {
	const n, dim, k = 640, 6, 4
	points := make([][]float64, n)
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range points {
		points[i] = make([]float64, dim)
		for d := range points[i] {
			points[i][d] = rng.Float64()
		}
	}
	for _, r := range []Reducer{
		KMeans{Starts: 1}, KMedoids{Starts: 1}, AlternatingMedoids{Starts: 1}, ForwardSelection{}, BackwardReduction{},
	} {
		full := newLimited(1 << 60)
		_, err := r.Reduce(full, points, nil, k, rand.NewPCG(1, 2))
		require.NoError(t, err, "%T", r)
		looks := full.looks.Load()
		assert.GreaterOrEqual(t, looks, int64(n/64*k), "%T", r)
		for _, left := range []int64{0, 1, looks / 3, looks - 1} {
			out, err := r.Reduce(newLimited(left), points, nil, k, rand.NewPCG(1, 2))
			require.ErrorIs(t, err, context.Canceled, "%T after %d of %d looks", r, left, looks)
			require.Nil(t, out)
		}
	}
}

// TestRootsStopInsideAColumn factors a matrix of 600 dimensions with a context
// that ends early.
func TestRootsStopInsideAColumn(t *testing.T) {
	r := mat.NewSymDense(600, nil)
	for i := range 600 {
		r.SetSym(i, i, 1)
	}
	_, err := rootWithin(newLimited(2), r) // the first column looks at rows 0, 256 and 512
	assert.ErrorIs(t, err, context.Canceled)
}
