package evogame_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/evogame"
)

// pairwise are plants whose worth to their members is a sum over members and pairs of members:
// W_v(S) = Σ_i a_vi + Σ_i<j b_vij, the a uniform on [0, 1], the b normal.
func pairwise(source rand.Source, units, plants int) coalitions {
	random := rand.New(source)
	c := coalitions{units: units, plants: plants}
	for range plants {
		w := make([]float64, 1<<units)
		for i := range units {
			alone := random.Float64()
			for s := range w {
				if s>>i&1 == 1 {
					w[s] += alone
				}
			}
			for j := range i {
				together := random.NormFloat64()
				for s := range w {
					if s>>i&1 == 1 && s>>j&1 == 1 {
						w[s] += together
					}
				}
			}
		}
		c.worth = append(c.worth, w)
	}
	return c
}

// TestWhatASharingRulePromises follows three rules on random games of five units and two plants.
//
// Shares by Shapley value (Hart, Mas-Colell 1989; Ui 2000) and marginal contributions have an exact
// potential, so that a strict equilibrium always exists; shares in proportion to a fixed index guarantee
// none (Gopalakrishnan, Marden, Wierman 2014). The potential of marginal contributions is welfare, which is
// why they reach its maximum most often; they are the only ones that do not share out what there is. In 300
// such games others found no equilibrium in 28 % with proportional shares, and the maximum reached from the
// uniform start in 22.7, 61.0 and 89.3 %.
func TestWhatASharingRulePromises(t *testing.T) {
	const games, units, plants = 100, 5, 2
	rules := []func(w []float64, s, unit int) float64{proportional, shapley, marginal}
	var none, best [3]int
	for seed := range uint64(games) {
		c := pairwise(rand.NewPCG(seed, 97), units, plants)
		for k, rule := range rules {
			game := c.game(t, rule)
			list, err := evogame.StrictNash(game)
			require.NoError(t, err)
			if len(list) == 0 {
				none[k]++
			}
			total, err := evogame.MeasureWelfare(game, func(p []int) (sum float64) {
				for v := range plants {
					sum += c.worth[v][members(p, v)]
				}
				return sum
			})
			require.NoError(t, err)
			shared, err := evogame.MeasureWelfare(game, nil)
			require.NoError(t, err)
			worst := 0.0 // of what is paid beyond what there is, or less
			eachProfile([]int{2, 2, 2, 2, 2}, func(p []int) {
				worst = max(worst, shared.At(p)-total.At(p), total.At(p)-shared.At(p))
			})
			require.Equal(t, k == 2, worst > 1e-9, "budget of rule %d: %v", k, worst)

			r := run(t, game, nil, nil, evogame.Options{MaxSteps: 1500, Tolerance: 1e-8})
			if r.Verdict == evogame.ConvergedToStrictNash && total.Gap(r.Profile) < 1e-9 {
				best[k]++
			}
			if k > 0 {
				require.NotEqual(t, evogame.Cycle, r.Verdict)
			}
		}
	}
	assert.InDelta(t, 28, none[0], 12) // three standard errors and another distribution of the games
	assert.Equal(t, []int{0, 0}, none[1:])
	assert.Less(t, best[0]+15, best[1])
	assert.Less(t, best[1]+15, best[2])
}

// TestUnitThatBringsLittleStaysOut gives three units the choice between what they bring to a plant, 10, 10
// and 1, half less each when all are in it, and 5 outside.
func TestUnitThatBringsLittleStaysOut(t *testing.T) {
	brings := []float64{10, 10, 1}
	game, err := evogame.NewTable([]int{2, 2, 2}) // join, stay out
	require.NoError(t, err)
	eachProfile([]int{2, 2, 2}, func(p []int) {
		for i := range p {
			switch {
			case p[i] == 1:
				game.Set(i, p, 5)
			case members(p, 0) == 0b111:
				game.Set(i, p, brings[i]-0.5)
			default:
				game.Set(i, p, brings[i])
			}
		}
	})
	r := run(t, game, nil, evogame.State{{0.1, 0.9}, {0.1, 0.9}, {0.99, 0.01}}, evogame.Options{})
	assert.Equal(t, evogame.ConvergedToStrictNash, r.Verdict)
	assert.Equal(t, []int{0, 0, 1}, r.Profile)
	assert.InDelta(t, 5-0.5, r.Margin, 1e-12) // the third would join the others
}
