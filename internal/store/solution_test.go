package store

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

// sameBits compares numbers by their bits, so that NaN equals NaN and 0 differs
// from −0.
func sameBits(t *testing.T, want, got []float64) {
	t.Helper()
	require.Equal(t, want == nil, got == nil)
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, math.Float64bits(want[i]), math.Float64bits(got[i]), i)
	}
}

func TestSolutionsAreReadAsWritten(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	list := func(n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			switch random.IntN(4) {
			case 0:
				out[i] = math.Float64frombits(random.Uint64())
			case 1:
				out[i] = random.NormFloat64()
			case 2:
				out[i] = math.Copysign(0, -1)
			}
		}
		return out
	}
	for _, s := range []milp.Solution{
		{Status: milp.Optimal, Stopped: "optimal", Objective: 1.5, Bound: 1.5000001, Gap: 1e-7, Nodes: 12, Iterations: 3456, Backend: "HiGHS", Values: list(1000), Duals: list(700), ReducedCosts: list(1000)},
		{Status: milp.Infeasible, Objective: math.NaN(), Bound: math.Inf(-1), Gap: math.Inf(1)},
		{Status: milp.NoSolution, Stopped: "node limit", Objective: math.NaN(), Bound: -3},
		{Status: milp.Optimal, Values: []float64{}, Duals: list(1)},
	} {
		data, err := encode(&s)
		require.NoError(t, err)
		got, err := decode(data)
		require.NoError(t, err)
		sameBits(t, s.Values, got.Values)
		sameBits(t, s.Duals, got.Duals)
		sameBits(t, s.ReducedCosts, got.ReducedCosts)
		sameBits(t, []float64{s.Objective, s.Bound, s.Gap}, []float64{got.Objective, got.Bound, got.Gap})
		for _, x := range []*milp.Solution{&s, got} {
			x.Values, x.Duals, x.ReducedCosts, x.Objective, x.Bound, x.Gap = nil, nil, nil, 0, 0, 0
		}
		assert.Equal(t, s, *got)
	}
}

func TestEqualSolutionsHaveEqualBytes(t *testing.T) {
	slow, err := encode(&milp.Solution{Status: milp.Optimal, Time: time.Hour, Update: "built: first solve"})
	require.NoError(t, err)
	fast, err := encode(&milp.Solution{Status: milp.Optimal, Time: time.Second})
	require.NoError(t, err)
	assert.Equal(t, slow, fast)
}

func FuzzDecode(f *testing.F) {
	data, err := encode(&milp.Solution{Status: milp.Optimal, Values: []float64{1, 2}, Duals: []float64{3}})
	require.NoError(f, err)
	f.Add(data)
	f.Add(data[:len(data)-1])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := decode(data)
		if err != nil {
			return
		}
		again, err := encode(s)
		require.NoError(t, err)
		twice, err := decode(again)
		require.NoError(t, err)
		sameBits(t, s.Values, twice.Values)
		third, err := encode(twice)
		require.NoError(t, err)
		require.True(t, bytes.Equal(again, third))
	})
}
