package fleet

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// A village of 5 MW that cannot feed in has roofs of 3 and 4 MW, which cost 10 per MWh. At prices of
// 1000 both roofs feed in all they can, so that the first master has no solution. The value is that
// of 5 MWh from the roofs, −50, and the price is 10. A roof that must not be curtailed leaves none.
func TestFleetDistinctColumnsStartFromWrongPrices(t *testing.T) {
	solver := testsolver.New(t)
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 1})
	for name, mw := range map[string]float64{"a": 3, "b": 4, "village": 5} {
		require.NoError(t, set.AddForecast(name, "MW", []float64{mw}))
	}
	p := &Distinct{
		VPPs: []vpp.VPP{{Name: "village", Demand: "village", ExportLimit: optional.Of(0.0)}},
		DERs: []der.DER{&der.PV{ID: "a", Available: "a", Maintenance: 10}, &der.PV{ID: "b", Available: "b", Maintenance: 10}},
		Setting: vpp.Setting{Set: set, Weights: weights.Vector{Economic: 1}, Markets: vpp.Markets{Electricity: &market.Tariff{
			Calendar: market.Calendar{Steps: 1}, Buy: market.Series{200}, Sell: market.Series{80},
		}}},
	}
	x, err := p.prepare(t.Context(), solver)
	require.NoError(t, err)
	venue := x.venues[0]
	wrong := slices.Repeat([]float64{0}, len(venue.joined))
	for i, joined := range venue.joined {
		if joined {
			wrong[i] = -1000
		}
	}
	if venue.tariff(wrong)[0][0].Injected[0] < 0 {
		for i := range wrong {
			wrong[i] = -wrong[i]
		}
	}
	got, err := x.dispatch(t.Context(), 0, []int{0, 1}, []int{0, 0}, [][]float64{wrong}, 1e-9)
	require.NoError(t, err)
	assert.Greater(t, got.rounds, 1)
	assert.InDelta(t, -50, got.value, 1e-7)
	assert.InDelta(t, -50, got.upper, 1e-7)
	assert.InDelta(t, 10, venue.tariff(got.duals)[0][0].Injected[0], 1e-7)

	p.DERs = append(p.DERs, &der.Thermal{
		ID: "old engine", MinOutput: 6, MaxOutput: 8, Linear: 1, MustRun: true, Before: der.ThermalState{Boundary: der.BeforeFree},
	})
	x, err = p.prepare(t.Context(), solver)
	require.NoError(t, err)
	_, err = x.dispatch(t.Context(), 0, []int{0, 2}, []int{0, 0, 1}, [][]float64{wrong}, 1e-9)
	assert.ErrorContains(t, err, `VPP "village": the program has no solution with the 2 DERs that join it`)
}
