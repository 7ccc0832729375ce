package trigrid

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// With random objectives of random programs, the best profile is that of a walk
// over all profiles that sums up each of them.
func TestBestKnownProfileIsThatOfAWalkOverAllProfiles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 0))
	found := 0
	for trial := range 300 {
		n, m := 1+random.IntN(4), 1+random.IntN(3)
		r := Region{Setting: vpp.Setting{Weights: weights.Vector{Economic: 0.4}}, Outside: map[string]float64{}}
		for i := range n {
			d := &der.Wind{ID: fmt.Sprint("D", i)}
			r.DERs = append(r.DERs, d)
			r.Outside[d.ID] = float64(random.IntN(100) - 50)
		}
		for v := range m {
			r.VPPs = append(r.VPPs, vpp.VPP{Name: fmt.Sprint("V", v)})
		}
		var f frontier
		f.start(r)
		solved := map[job]float64{}
		for v := range m {
			for s := range vpp.Coalition(1) << n {
				if random.Float64() < 0.5 {
					solved[job{v, s}] = 100 * random.Float64()
					f.solved(job{v, s}, solved[job{v, s}])
				}
			}
		}
		best := math.Inf(-1)
		var want []int
		profile := make([]int, n)
		var walk func(i int)
		walk = func(i int) {
			if i < n {
				for v := range m + 1 {
					profile[i] = v
					walk(i + 1)
				}
				return
			}
			sum := 0.0
			for v := range m {
				objective, ok := solved[job{v, coalition(profile, v)}]
				if !ok {
					return
				}
				sum += objective
			}
			for i, v := range profile {
				if v == m {
					sum += 0.4 * r.Outside[fmt.Sprint("D", i)]
				}
			}
			if sum > best {
				best, want = sum, append([]int(nil), profile...)
			}
		}
		walk(0)
		got, welfare := f.combine()
		require.Equal(t, want, got, "trial %d", trial)
		f.refresh(time.Now())
		if want == nil {
			require.Nil(t, f.profile)
			continue
		}
		found++
		assert.InDelta(t, best, welfare, 1e-9)
		assert.InDelta(t, best, f.welfare, 1e-9)
		assert.Len(t, f.profile, n)
	}
	assert.Greater(t, found, 100)
}

// The search is not repeated without a new program, nor while its share of the
// time is large.
func TestBestKnownProfileTakesLittleTime(t *testing.T) {
	var f frontier
	f.start(Region{DERs: []der.DER{&der.Wind{ID: "D"}}, VPPs: []vpp.VPP{{Name: "V"}}})
	now := time.Now()
	f.solved(job{0, 0}, 1)
	f.refresh(now)
	require.Equal(t, 1.0, f.welfare)
	f.took = time.Second
	f.solved(job{0, 1}, 2)
	f.refresh(now.Add(49 * time.Second))
	assert.Equal(t, Profile{"D": Outside}, f.profile, "2 % of 49 s are less than 1 s")
	f.refresh(now.Add(51 * time.Second))
	assert.Equal(t, Profile{"D": "V"}, f.profile)
	assert.Equal(t, 2.0, f.welfare)
}
