package scenario

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTmp(t *testing.T) {
	days := fixtureDays(t)
	for _, r := range []Reducer{KMedoids{}, AlternatingMedoids{}, ForwardSelection{}, BackwardReduction{}, SwarmMeans{}, KMeans{}, NearestMember{}} {
		t0 := time.Now()
		x, err := r.Reduce(context.Background(), days, nil, 5, rand.NewPCG(1, 2))
		require.NoError(t, err)
		m := slices.Clone(x.Members)
		fmt.Printf("%T %v %v %v %v\n", r, m, x.Cost, x.Cost*500, time.Since(t0))
	}
}
