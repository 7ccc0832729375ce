package evogame_test

import (
	"context"
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/evogame"
)

// coalitions holds random characteristic functions W_v(S) of several VPPs v
// over sets S of DERs, as bits, with W_v(∅) = 0.
type coalitions struct {
	ders, vpps int
	worth      [][]float64
}

func randomCoalitions(source rand.Source, ders, vpps int) coalitions {
	random := rand.New(source)
	c := coalitions{ders: ders, vpps: vpps}
	for range vpps {
		w := make([]float64, 1<<ders)
		for s := 1; s < len(w); s++ {
			w[s] = random.NormFloat64() * float64(bits.OnesCount(uint(s)))
		}
		c.worth = append(c.worth, w)
	}
	return c
}

// game tabulates the game in which the payoff of a DER in VPP v with members S
// is share(W_v, S, der).
func (c coalitions) game(t testing.TB, share func(w []float64, s, der int) float64) *evogame.Table {
	shape := make([]int, c.ders)
	for i := range shape {
		shape[i] = c.vpps
	}
	game, err := evogame.NewTable(shape)
	require.NoError(t, err)
	eachProfile(shape, func(p []int) {
		for i, v := range p {
			game.Set(i, p, share(c.worth[v], members(p, v), i))
		}
	})
	return game
}

func members(p []int, vpp int) (s int) {
	for i, v := range p {
		if v == vpp {
			s |= 1 << i
		}
	}
	return s
}

func marginal(w []float64, s, der int) float64 { return w[s] - w[s&^(1<<der)] }

// shapley averages the marginal contributions over all orders: the sum over
// subsets T of S without the DER of |T|! (|S|−|T|−1)! / |S|! (W(T ∪ der) −
// W(T)).
func shapley(w []float64, s, der int) float64 {
	rest, n, sum := s&^(1<<der), bits.OnesCount(uint(s)), 0.0
	for sub := rest; ; sub = (sub - 1) & rest {
		k := bits.OnesCount(uint(sub))
		sum += factorial(k) * factorial(n-k-1) / factorial(n) * (w[sub|1<<der] - w[sub])
		if sub == 0 {
			return sum
		}
	}
}

func proportional(w []float64, s, der int) float64 {
	total := 0.0
	for i := range 20 {
		if s>>i&1 == 1 {
			total += 1 + float64(i)
		}
	}
	return w[s] * (1 + float64(der)) / total
}

func factorial(n int) float64 {
	f := 1.0
	for k := 2; k <= n; k++ {
		f *= float64(k)
	}
	return f
}

// hartMasColell is the potential of a cooperative game: the dividends of all
// subsets over their sizes.
func hartMasColell(w []float64, s int) float64 {
	sum := 0.0
	for sub := s; sub > 0; sub = (sub - 1) & s {
		dividend := 0.0
		for part := sub; ; part = (part - 1) & sub {
			if bits.OnesCount(uint(sub^part))%2 == 0 {
				dividend += w[part]
			} else {
				dividend -= w[part]
			}
			if part == 0 {
				break
			}
		}
		sum += dividend / float64(bits.OnesCount(uint(sub)))
	}
	return sum
}

func TestShapleySharingHasThePotentialOfHartAndMasColell(t *testing.T) {
	for seed := range uint64(10) {
		c := randomCoalitions(rand.NewPCG(seed, 91), 4, 3)
		p, err := evogame.ExactPotential(c.game(t, shapley), 0)
		require.NoError(t, err)
		require.True(t, p.Exact, "mismatch %v", p.Mismatch)
		first := hartMasColell(c.worth[0], 1<<4-1) // at the profile where Φ is zero
		eachProfile([]int{3, 3, 3, 3}, func(a []int) {
			sum := -first
			for v := range c.vpps {
				sum += hartMasColell(c.worth[v], members(a, v))
			}
			require.InDelta(t, sum, p.At(a), 1e-10)
		})
	}
}

func TestMarginalContributionHasTotalWelfareAsPotential(t *testing.T) {
	for seed := range uint64(10) {
		c := randomCoalitions(rand.NewPCG(seed, 92), 5, 2)
		game := c.game(t, marginal)
		p, err := evogame.ExactPotential(game, 0)
		require.NoError(t, err)
		require.True(t, p.Exact)
		total := func(a []int) (sum float64) {
			for v := range c.vpps {
				sum += c.worth[v][members(a, v)]
			}
			return sum
		}
		w, err := evogame.MeasureWelfare(game, total)
		require.NoError(t, err)
		list, err := evogame.StrictNash(game)
		require.NoError(t, err)
		best := false
		for _, e := range list {
			best = best || w.Gap(e.Profile) < 1e-9
		}
		require.True(t, best, "the welfare optimum is an equilibrium")
		zero := total(make([]int, 5))
		eachProfile([]int{2, 2, 2, 2, 2}, func(a []int) {
			require.InDelta(t, total(a)-zero, p.At(a), 1e-10)
		})
	}
}

func TestProportionalSharingHasNoPotential(t *testing.T) {
	c := randomCoalitions(rand.NewPCG(3, 93), 4, 2)
	game := c.game(t, proportional)
	p, err := evogame.ExactPotential(game, 0)
	require.NoError(t, err)
	assert.False(t, p.Exact)
	assert.Greater(t, p.Mismatch, 0.01)

	// The mismatch named must be there: the gain of that player differs from
	// the change of Φ.
	q := append([]int(nil), p.Profile...)
	q[p.Player] = 0
	gain := game.Payoff(p.Player, p.Profile) - game.Payoff(p.Player, q)
	assert.InDelta(t, p.Mismatch, math.Abs(gain-(p.At(p.Profile)-p.At(q))), 1e-12)

	// With a tolerance beyond it the game passes, as a payoff known no better
	// would have to.
	p, err = evogame.ExactPotential(game, p.Mismatch*1.01)
	require.NoError(t, err)
	assert.True(t, p.Exact)
	_, err = evogame.ExactPotential(game, math.NaN())
	assert.Error(t, err)
}

func TestReplicatorClimbsThePotentialToAStrictEquilibrium(t *testing.T) {
	for seed := range uint64(10) {
		c := randomCoalitions(rand.NewPCG(seed, 94), 4, 2)
		game := c.game(t, shapley)
		p, err := evogame.ExactPotential(game, 0)
		require.NoError(t, err)
		r := run(t, game, nil, evogame.RandomState(game, rand.NewPCG(seed, 95)), evogame.Options{})
		require.Equal(t, evogame.ConvergedToStrictNash, r.Verdict, r.Reason)
		before := math.Inf(-1)
		for _, x := range r.States {
			expected := 0.0
			eachProfile([]int{2, 2, 2, 2}, func(a []int) {
				weight := 1.0
				for i, v := range a {
					weight *= x[i][v]
				}
				expected += weight * p.At(a)
			})
			require.GreaterOrEqual(t, expected, before-1e-9)
			before = expected
		}
	}
}

func TestBetterRepliesClimbToo(t *testing.T) {
	c := randomCoalitions(rand.NewPCG(7, 96), 5, 3)
	game := c.game(t, shapley)
	p, err := evogame.ExactPotential(game, 0)
	require.NoError(t, err)
	eachProfile([]int{3, 3, 3, 3, 3}, func(start []int) {
		path, err := evogame.BetterReplies(context.Background(), game, start, 0)
		require.NoError(t, err)
		require.Equal(t, evogame.ConvergedToStrictNash, path.Verdict, path.Reason)
		require.Equal(t, start, path.Profiles[0])
		for k := 1; k < len(path.Profiles); k++ {
			require.Greater(t, p.At(path.Profiles[k]), p.At(path.Profiles[k-1]))
		}
		_, ok, err := evogame.Examine(context.Background(), game, path.Profiles[len(path.Profiles)-1])
		require.NoError(t, err)
		require.True(t, ok)
	})
}
