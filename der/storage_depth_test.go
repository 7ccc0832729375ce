package der_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
)

// 8 MWh whose first 2 MWh of a cycle wear 3 and the rest 30 per MWh; empty at
// both ends, no loss. A spread of 20 is worth the shallow band only: 2·(30 − 10
// − 3) = 34. A spread of 45 is worth both: 2·(45 − 3) + 6·(45 − 30) = 174.
func TestStorageCyclesAsDeepAsTheSpreadAllows(t *testing.T) {
	u := &der.Storage{
		ID: "b", Charge: 8, Discharge: 8, Energy: 8, ChargeEfficiency: 1, DischargeEfficiency: 1,
		Depths: []der.DepthBand{{2, 3}, {8, 30}},
	}
	r := alone(t, u, der.Context{Set: steps(2, time.Hour), Tariff: onePrice(10, 30)})
	assert.InDelta(t, 34, r.profit, 1e-6)
	assert.InDelta(t, 2, r.schedule.Realised[0].Injected[1], 1e-6)
	assert.InDelta(t, 174, alone(t, u, der.Context{Set: steps(2, time.Hour), Tariff: onePrice(10, 55)}).profit, 1e-6)
}

// The theorem behind the bands: at an optimum their cost is that of all cycles,
// counted by rainflow, where a cycle of D MWh costs the integral of the bands'
// wear over the first D MWh.
func TestStorageDepthCostIsThatOfRainflowCounting(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for range 12 {
		u := &der.Storage{
			ID: "b", Charge: 3, Discharge: 4, MinEnergy: 1, Energy: 9, Initial: optional.Of(1 + 8*random.Float64()),
			ChargeEfficiency: 0.95, DischargeEfficiency: 0.9,
			Depths: []der.DepthBand{{1.5, 2}, {4, 6}, {8, 18}},
		}
		prices := make([]float64, 16)
		for t := range prices {
			prices[t] = 60 * random.Float64()
		}
		c := der.Context{Set: steps(len(prices), time.Hour), Tariff: onePrice(prices...), MinMarginalValues: prices}
		r := alone(t, u, c)
		p := &r.schedule.Realised[0]
		path := append([]float64{u.Initial.Or(0)}, p.Trace("energy")...)
		want := 0.0
		for _, depth := range dischargeDepths(path) {
			above := 0.0
			for j, band := range u.Depths {
				reach := band.Depth
				if j == len(u.Depths)-1 {
					reach = u.Energy
				}
				want += band.Wear * max(0, min(depth, reach)-above) * u.DischargeEfficiency
				above = reach
			}
		}
		assert.InDelta(t, want, p.Cost, 1e-5, "prices %v", prices)
		assert.InDelta(t, -want, u.Benefit(r.schedule, c, 0).Item("wear"), 1e-5)

		// A metered schedule has no inner states; its benefit must be the same.
		metered := der.Schedule{Realised: []der.Ports{{Injected: p.Injected, Withdrawn: p.Withdrawn}}}
		assert.InDelta(t, -want, u.Benefit(metered, c, 0).Item("wear"), 1e-5)
	}
}

// dischargeDepths returns the depth of every discharging half of a cycle that
// rainflow counting (ASTM E1049) finds in a path, the halves that never close
// included.
func dischargeDepths(path []float64) []float64 {
	moving := path[:1]
	for _, e := range path[1:] {
		if math.Abs(e-moving[len(moving)-1]) > 1e-9 {
			moving = append(moving, e)
		}
	}
	var depths, open []float64
	for _, e := range reversals(moving) {
		open = append(open, e)
		for len(open) >= 4 {
			n := len(open)
			inner := math.Abs(open[n-2] - open[n-3])
			if inner > math.Abs(open[n-3]-open[n-4])+1e-12 || inner > math.Abs(open[n-1]-open[n-2])+1e-12 {
				break
			}
			depths = append(depths, inner)
			open = append(open[:n-3], open[n-1])
		}
	}
	for i := 1; i < len(open); i++ {
		if open[i] < open[i-1] {
			depths = append(depths, open[i-1]-open[i])
		}
	}
	return depths
}

// reversals keeps the points at which a path turns, and its ends.
func reversals(path []float64) []float64 {
	var out []float64
	for i, e := range path {
		if i == 0 || i == len(path)-1 || (e-path[i-1])*(path[i+1]-e) < 0 {
			out = append(out, e)
		}
	}
	return out
}
