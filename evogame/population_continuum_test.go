package evogame_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/evogame"
)

// Payoffs of all classes in one call per choice give the run of payoffs asked
// one by one, with one call per choice and evaluation.
func TestChoicePayoffsEqualPayoffsOneByOne(t *testing.T) {
	single := evogame.Continuum{Mass: []float64{3, 1}, Choices: 3, Payoff: func(class, choice int, members []float64) float64 {
		return float64(5+class*choice) - (members[0]+2*members[1])*float64(1+choice)
	}}
	calls := 0
	together := evogame.Continuum{Mass: single.Mass, Choices: 3, ChoicePayoffs: func(choice int, members, payoffs []float64) {
		calls++
		for class := range payoffs {
			payoffs[class] = single.Payoff(class, choice, members)
		}
	}}
	x := evogame.RandomState(single, rand.NewPCG(1, 2))
	a, b := x.Clone(), x.Clone()
	single.Payoffs(a, x)
	together.Payoffs(b, x)
	assert.Equal(t, a, b)
	assert.Equal(t, 3, calls)
	one, err := evogame.Run(t.Context(), single, nil, x, evogame.Options{})
	require.NoError(t, err)
	two, err := evogame.Run(t.Context(), together, nil, x, evogame.Options{})
	require.NoError(t, err)
	assert.Equal(t, one, two)
}
