package cvar_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/cvar"
)

// Of n equally probable losses 1 to n the VaR at k/n is k, by the definition as
// the smallest x with P(L ≤ x) ≥ k/n. Plain sums of 1e-6 are wrong by 1e-11, so
// that an absolute tolerance of 1e-12 gave the next loss.
func TestRightQuantilesOfEverySampleSize(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	wrong, cases := 0, 0
	for _, n := range []int{1, 2, 3, 7, 10, 49, 100, 999, 10_007, 1_000_000} {
		losses, probability := make([]float64, n), make([]float64, n)
		for i := range losses {
			losses[i], probability[i] = float64(i+1), 1/float64(n)
		}
		random.Shuffle(n, func(i, j int) { losses[i], losses[j] = losses[j], losses[i] })
		levels := random.Perm(n)
		if n > 1000 {
			levels = levels[:20]
		}
		for _, k := range levels {
			k++
			m := cvar.Measure{Confidence: float64(k) / float64(n)}
			loss, err := m.OfLosses(losses, probability)
			require.NoError(t, err)
			profit, err := m.OfProfits(losses, probability)
			require.NoError(t, err)
			cases += 2
			if loss.VaR != float64(k) {
				wrong++
			}
			if profit.VaR != float64(n+1-k) {
				wrong++
			}
		}
	}
	t.Logf("VaR at k/n of n equal scenarios, n up to 1e6: the k-th loss, source: definition; found %d of %d wrong", wrong, cases)
	assert.Zero(t, wrong)
}
