package microgrid

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// randomCurve returns a curve on multiples of 0.5 within [lo, hi].
func randomCurve(r *rand.Rand, lo, hi float64) curve {
	var c curve
	for x := lo; x <= hi; x += 0.5 + 0.5*float64(r.IntN(3)) {
		c = append(c, point{x, 10 * r.Float64()})
	}
	return c
}

func TestTheLowerCurveIsTheMinimumAtEveryPoint(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		a, b := randomCurve(r, 0, 6), randomCurve(r, float64(r.IntN(4)), 8)
		low := lower(nil, a, b)
		for x := 0.13; x < 8; x += 0.37 {
			want := min(a.at(x), b.at(x))
			if math.IsInf(want, 1) {
				assert.True(t, math.IsInf(low.at(x), 1), "%v", x)
				continue
			}
			assert.InDelta(t, want, low.at(x), 1e-9, "%v and %v at %v", a, b, x)
		}
	}
}

// The sum of (0,0)–(1,1)–(2,4) and (0,0)–(2,4): slopes 1, 2, 3 in order.
func TestConvolutionsMergeSlopes(t *testing.T) {
	f, v := curve{{0, 0}, {1, 1}, {2, 4}}, curve{{0, 0}, {2, 4}}
	assert.Equal(t, curve{{0, 0}, {1, 1}, {3, 5}, {4, 8}}, convolve(nil, f, v))
	assert.Equal(t, curve{{0.5, 0.5}, {1, 1}, {2, 3}}, convolve(nil, f, v).clip(nil, 0.5, 2))
}

func TestCurvesSplitIntoConvexParts(t *testing.T) {
	c := curve{{0, 0}, {1, 2}, {2, 3}, {3, 6}}
	assert.Equal(t, []curve{c[:2], c[1:]}, c.convexParts(nil))
	assert.Equal(t, curve{{0, 0}, {2, 2}}, curve{{0, 0}, {1, 1}, {2, 2}}.simplify())
}
