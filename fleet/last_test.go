package fleet_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// Two villages of 3 and 5 MW share 10,000 roofs of 1 kW. Each split with at
// least 3000 and 5000 is an optimum, so that the last one decides, and as few
// roofs move as necessary.
func TestFleetStaysNearTheLastSplit(t *testing.T) {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 1})
	for name, mw := range map[string]float64{"roof": 0.001, "upper": 3, "lower": 5} {
		require.NoError(t, set.AddForecast(name, "MW", []float64{mw}))
	}
	p := fleet.Problem{
		VPPs:   []vpp.VPP{{Name: "upper village", Demand: "upper"}, {Name: "lower village", Demand: "lower"}},
		Fleets: []der.Fleet{{Unit: &der.PV{ID: "roofs", Available: "roof"}, Count: 10_000}},
		Setting: vpp.Setting{Set: set, Weights: weights.Vector{Economic: 1}, Markets: vpp.Markets{Electricity: &market.Tariff{
			Calendar: market.Calendar{Steps: 1}, Buy: market.Series{200}, Sell: market.Series{80},
		}}},
		Move: 1e-4,
	}
	solver := testsolver.New(t)
	for _, c := range []struct{ last, want [2]float64 }{
		{[2]float64{4000, 6000}, [2]float64{4000, 6000}},
		{[2]float64{1000, 9000}, [2]float64{3000, 7000}},
		{[2]float64{3500, 2000}, [2]float64{3500, 5000}}, // 4500 were outside, of which 1500 stay or move
	} {
		p.Last = [][]float64{{c.last[0]}, {c.last[1]}}
		e, err := p.Solve(t.Context(), solver)
		require.NoError(t, err)
		require.InDelta(t, 160, e.Potential, 1e-6)
		require.InDelta(t, 0.08, e.Payoff[0], 1e-4+1e-9)
		require.GreaterOrEqual(t, e.Members[0][0], c.want[0]-1e-6)
		require.GreaterOrEqual(t, e.Members[1][0], c.want[1]-1e-6)
		if c.last[0]+c.last[1] == 10_000 {
			require.InDelta(t, c.want[0], e.Members[0][0], 1e-6)
			require.InDelta(t, c.want[1], e.Members[1][0], 1e-6)
		}
		certificate, err := p.Verify(t.Context(), solver, e)
		require.NoError(t, err)
		require.InDelta(t, 160, certificate.Value, 1e-6)
		require.LessOrEqual(t, certificate.Gap, 10_000*1e-4+1e-6, "each DER is within Move of its best place")
	}
	p.Last = p.Last[:1]
	require.ErrorContains(t, p.Validate(), "Last has other dimensions")
}
