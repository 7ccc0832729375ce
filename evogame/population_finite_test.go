package evogame_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"

	"github.com/trigrid/trigrid/evogame"
)

// Without selection each player is equally likely to be the ancestor of all.
func TestFixationWithoutSelectionIsOneOverN(t *testing.T) {
	game := evogame.Matrix{{3, 0}, {5, 1}}
	for _, p := range []evogame.FiniteProcess{evogame.Moran{}, evogame.Fermi{}} {
		for _, n := range []int{2, 7, 100} {
			rho, err := game.Fixation(p, n, 0, 1)
			require.NoError(t, err)
			assert.InDelta(t, 1/float64(n), rho, 1e-14)
		}
	}
}

// Moran (1958): a constant relative fitness r takes over with (1 − 1/r) / (1 −
// 1/rⁿ).
func TestFixationOfAConstantFitness(t *testing.T) {
	for _, r := range []float64{0.5, 1.1, 2, 10} {
		for _, n := range []int{2, 10, 200} {
			rho, err := evogame.Matrix{{r, r}, {1, 1}}.Fixation(evogame.Moran{Selection: 1}, n, 0, 1)
			require.NoError(t, err)
			assert.InEpsilon(t, (1-1/r)/(1-math.Pow(1/r, float64(n))), rho, 1e-10, "r = %v, n = %d", r, n)
		}
	}
}

// Traulsen, Nowak, Pacheco (2006), equation 5: with 2u = (a−b−c+d)/(n−1) and 2v
// = (−a+bn−dn+d)/(n−1) the products are exp(−β k (k+1) u − 2 β k v).
func TestFixationUnderPairwiseComparison(t *testing.T) {
	for _, g := range [][4]float64{{3, 0, 5, 1}, {-1, 2, 0, 1}, {4, 0, 3, 3}, {1, 2, 2, 1}} {
		a, b, c, d := g[0], g[1], g[2], g[3]
		for _, n := range []int{3, 20, 80} {
			for _, beta := range []float64{0.01, 0.2, 1} {
				u, v := (a-b-c+d)/(2*float64(n-1)), (-a+b*float64(n)-d*float64(n)+d)/(2*float64(n-1))
				sum := 0.0
				for k := range n {
					sum += math.Exp(-beta*float64(k*(k+1))*u - 2*beta*float64(k)*v)
				}
				rho, err := evogame.Matrix{{a, b}, {c, d}}.Fixation(evogame.Fermi{Selection: beta}, n, 0, 1)
				require.NoError(t, err)
				assert.InEpsilon(t, 1/sum, rho, 1e-9, "%v, n = %d, β = %v", g, n, beta)
			}
		}
	}
}

// The absorbing chain solved as a linear system, a twin of the closed product:
// φ(k) = T⁺ φ(k+1) + T⁻ φ(k−1) + (1 − T⁺ − T⁻) φ(k).
func TestFixationSolvesTheChain(t *testing.T) {
	game := evogame.Matrix{{1, 4}, {2, 3}}
	const n = 12
	for _, p := range []evogame.FiniteProcess{
		evogame.Moran{Selection: 0.3}, evogame.Moran{Selection: 0.7, Exponential: true}, evogame.Fermi{Selection: 0.5},
	} {
		system, right := mat.NewDense(n-1, n-1, nil), mat.NewVecDense(n-1, nil)
		for k := 1; k < n; k++ {
			f0 := (float64(k-1)*1 + float64(n-k)*4) / (n - 1)
			f1 := (float64(k)*2 + float64(n-k-1)*3) / (n - 1)
			up, down := p.Rates(k, n, f0, f1)
			system.Set(k-1, k-1, up+down)
			if k > 1 {
				system.Set(k-1, k-2, -down)
			}
			if k < n-1 {
				system.Set(k-1, k, -up)
			} else {
				right.SetVec(k-1, up)
			}
		}
		var phi mat.VecDense
		require.NoError(t, phi.SolveVec(system, right))
		rho, err := game.Fixation(p, n, 0, 1)
		require.NoError(t, err)
		assert.InDelta(t, phi.AtVec(0), rho, 1e-12)
	}
}

// The one-third law of Nowak et al. (2004): in large populations under weak
// selection, a strategy that is its own best reply is favoured, ρ > 1/n, if the
// mixed equilibrium is below 1/3.
func TestFixationFollowsTheOneThirdLaw(t *testing.T) {
	const n = 2000
	for _, mixed := range []float64{0.30, 0.32, 0.345, 0.4} { // (d−b) / (a−b−c+d) with b = c = 0
		game := evogame.Matrix{{1 - mixed, 0}, {0, mixed}}
		rho, err := game.Fixation(evogame.Moran{Selection: 1e-6}, n, 0, 1)
		require.NoError(t, err)
		assert.Equal(t, mixed < 1./3, rho > 1./n, "mixed equilibrium at %v", mixed)
	}
}

// Two strategies: shares in proportion to the fixation probabilities. Three
// cyclic ones are equal. A strategy that always wins has all.
func TestRareMutations(t *testing.T) {
	p := evogame.Fermi{Selection: 0.4}
	game := evogame.Matrix{{2, 1}, {3, 0.5}}
	share, err := game.RareMutations(p, 15)
	require.NoError(t, err)
	r01, err := game.Fixation(p, 15, 0, 1)
	require.NoError(t, err)
	r10, err := game.Fixation(p, 15, 1, 0)
	require.NoError(t, err)
	assert.InDelta(t, r01/(r01+r10), share[0], 1e-12)
	share, err = evogame.Matrix{{0, -1, 1}, {1, 0, -1}, {-1, 1, 0}}.RareMutations(p, 30)
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{1. / 3, 1. / 3, 1. / 3}, share, 1e-12)
	share, err = evogame.Matrix{{5, 5}, {1, 1}}.RareMutations(evogame.Moran{Selection: 1}, 40)
	require.NoError(t, err)
	assert.InDelta(t, 1, share[0], 1e-12)
}

func TestFixationReportsInvalidData(t *testing.T) {
	game := evogame.Matrix{{0, -5}, {1, 1}}
	_, err := game.Fixation(nil, 1, 0, 0)
	assert.ErrorContains(t, err, "at least 2")
	assert.ErrorContains(t, err, "two different ones")
	assert.ErrorContains(t, err, "Moran or Fermi")
	_, err = game.Fixation(evogame.Moran{Selection: 1}, 10, 0, 1)
	assert.ErrorContains(t, err, "exponential fitness")
}

// A single cooperator in a prisoner's dilemma takes over less often than
// without selection.
func ExampleMatrix_Fixation() {
	game := evogame.Matrix{{3, 0}, {5, 1}}
	for _, beta := range []float64{0, 0.1} {
		rho, err := game.Fixation(evogame.Fermi{Selection: beta}, 10, 0, 1)
		if err != nil {
			panic(err)
		}
		fmt.Printf("selection %v: %.4f\n", beta, rho)
	}
	// Output:
	// selection 0: 0.1000
	// selection 0.1: 0.0394
}
