package ipm

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
)

// randomQuasidefinite returns a random pattern with values: n1 negative and n2
// positive pivots.
func randomQuasidefinite(rng *rand.Rand, n, edges int) (graph, *mat.SymDense, []int8) {
	sign := make([]int8, n)
	k := mat.NewSymDense(n, nil)
	for i := range sign {
		sign[i] = 1 - 2*int8(rng.IntN(2))
		k.SetSym(i, i, float64(sign[i])*(0.5+rng.Float64()))
	}
	var list [][2]int
	for range edges {
		a, b := rng.IntN(n), rng.IntN(n)
		if a == b || sign[a] == sign[b] {
			continue
		}
		list = append(list, [2]int{a, b})
		k.SetSym(a, b, rng.NormFloat64())
	}
	return graphOf(n, list), k, sign
}

// entriesOf returns the entries of a matrix below its diagonal, and the
// diagonal.
func entriesOf(g graph, k mat.Symmetric) (at [][2]int32, entries, diagonal []float64) {
	for i := range int32(g.nodes()) {
		diagonal = append(diagonal, k.At(int(i), int(i)))
		for _, j := range g.list[g.start[i]:g.start[i+1]] {
			if j < i {
				at, entries = append(at, [2]int32{i, j}), append(entries, k.At(int(i), int(j)))
			}
		}
	}
	return at, entries, diagonal
}

// The solution is compared with gonum's LU decomposition of the dense matrix.
func TestFactorSolves(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	for round := range 80 {
		n := 1 + rng.IntN(40)
		if round%8 == 0 {
			n = 300 // wide panels, several groups
		}
		g, k, sign := randomQuasidefinite(rng, n, n*(1+round%5))
		order := minimumDegree(g, never)
		if round%3 == 0 { // any order will do
			for i, j := range rng.Perm(n) {
				order[i] = int32(j)
			}
		}
		plan, _ := newPlan(g, order, math.MaxInt64, never)
		require.NotNil(t, plan)
		right := make([]float64, n)
		for i := range right {
			right[i] = rng.NormFloat64()
		}
		var want mat.VecDense
		require.NoError(t, want.SolveVec(k, mat.NewVecDense(n, right)))
		var earlier []float64
		for _, threads := range []int{1, 2} {
			at, entries, diagonal := entriesOf(g, k)
			f := newFactor(plan, sign, threads, len(at), func(e int) (i, j int32) { return at[e][0], at[e][1] })
			for range 2 { // the second time, memory has the numbers of the first
				require.True(t, f.refactor(entries, diagonal, never))
			}
			require.Zero(t, f.changed.Load())
			x := make([]float64, n)
			for c, i := range plan.order {
				x[c] = right[i]
			}
			f.solve(x)
			for c, i := range plan.order {
				require.InDelta(t, want.AtVec(int(i)), x[c], 1e-8*(1+mat.Norm(&want, math.Inf(1))), "n %d", n)
			}
			if earlier != nil {
				require.Equal(t, earlier, x, "the number of threads changes nothing")
			}
			earlier = x
		}
	}
}

// Merged panels store zeros, so that the plan has at least the entries of the
// factor. It has at most three times as many: zeros are at most a third of a
// block, and its upper triangle is at most half of the rest.
func TestPlanHasTheEntriesOfTheFactor(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	for range 40 {
		n := 2 + rng.IntN(60)
		g, _, _ := randomQuasidefinite(rng, n, 3*n)
		order := minimumDegree(g, never)
		p, _ := newPlan(g, order, math.MaxInt64, never)
		least := fill(g, order) + n
		require.GreaterOrEqual(t, int(p.entries()), least)
		require.LessOrEqual(t, int(p.entries()), 3*least)
		_, needed := newPlan(g, order, 1, never)
		require.Greater(t, needed, int64(1))
	}
}
