package scenario

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKMeansReachesTheBestKnownInertia(t *testing.T) {
	days := fixtureDays(t)
	for k, want := range map[int]float64{2: 343.697460936997, 3: 233.390240804627, 4: 173.687887686382, 5: 144.788878746771} {
		r, err := KMeans{}.Reduce(context.Background(), days, nil, k, rand.NewPCG(1, 2))
		require.NoError(t, err)
		require.InEpsilon(t, want, r.Cost*float64(len(days)), 1e-6, "k = %d", k)
	}
}
