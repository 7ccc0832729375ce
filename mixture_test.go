package trigrid

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/evogame"
)

// The expectation over coalitions is that over profiles, also at the boundary
// of the simplex.
func TestMixtureHasThePayoffsOfItsTable(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 1))
	for n := 1; n <= 6; n++ {
		for vpps := 1; vpps <= 3; vpps++ {
			sizes := make([]int, n)
			for i := range sizes {
				sizes[i] = vpps + 1
			}
			table, err := evogame.NewTable(sizes)
			require.NoError(t, err)
			value := map[[3]int]float64{} // by DER, VPP and coalition
			var fill func(profile []int)
			fill = func(profile []int) {
				if len(profile) < n {
					for v := range vpps + 1 {
						fill(append(profile, v))
					}
					return
				}
				for i, v := range profile {
					key := [3]int{i, v, int(coalition(profile, v))}
					if v == vpps {
						key[2] = 0
					}
					if _, ok := value[key]; !ok {
						value[key] = 200*random.Float64() - 100
					}
					table.Set(i, profile, value[key])
				}
			}
			fill(nil)
			m := newMixture(table, n, vpps)
			for range 5 {
				x := evogame.RandomState(table, rand.NewPCG(random.Uint64(), 2))
				if random.IntN(2) == 0 {
					x[0] = make([]float64, vpps+1)
					x[0][random.IntN(vpps+1)] = 1
				}
				want, got := x.Clone(), x.Clone()
				table.Payoffs(want, x)
				m.Payoffs(got, x)
				for i := range want {
					assert.InDeltaSlice(t, want[i], got[i], 1e-10)
				}
			}
		}
	}
}
