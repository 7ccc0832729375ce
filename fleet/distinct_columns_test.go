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

// A village of 5 MW that cannot feed in has roofs of 3 and 4 MW, which cost 10
// per MWh. At prices of 1000 both roofs feed in all they can, so that the first
// master has no solution. The value is that of 5 MWh from the roofs, −50, and
// the price is 10. A roof that must not be curtailed leaves none.
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

// Roofs of 3 and 4 MW cost 10 per MWh. Both are in a town of 5 MW, where energy
// costs 200 or sells at 80, and none in a village of 2 MW. In the town the
// smaller roof brings 5·190 + 2·70 − 4·190 = 330, and in the village it would
// bring 2·190 + 70 = 450. The larger one brings 520 in both. At the prices, 80
// and 200, the larger roof seems to gain 4·190 − 4·70 = 480.
func TestFleetDistinctMovesByHand(t *testing.T) {
	solver := testsolver.New(t)
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 1})
	for name, mw := range map[string]float64{"a": 3, "b": 4, "town": 5, "village": 2} {
		require.NoError(t, set.AddForecast(name, "MW", []float64{mw}))
	}
	p := &Distinct{
		VPPs: []vpp.VPP{{Name: "town", Demand: "town"}, {Name: "village", Demand: "village"}},
		DERs: []der.DER{&der.PV{ID: "a", Available: "a", Maintenance: 10}, &der.PV{ID: "b", Available: "b", Maintenance: 10}},
		Setting: vpp.Setting{Set: set, Weights: weights.Vector{Economic: 1}, Markets: vpp.Markets{Electricity: &market.Tariff{
			Calendar: market.Calendar{Steps: 1}, Buy: market.Series{200}, Sell: market.Series{80},
		}}},
	}
	x, err := p.prepare(t.Context(), solver)
	require.NoError(t, err)
	place := []int{0, 0}
	starts := make([][][]float64, 2)
	for v, venue := range x.venues {
		_, duals, err := venue.empty(t.Context(), solver)
		require.NoError(t, err)
		starts[v] = [][]float64{duals}
	}
	reached, err := x.dispatchAll(t.Context(), place, []int{0, 0}, starts, 1e-9)
	require.NoError(t, err)
	m := newMoves(place, reached)
	require.NoError(t, x.tightenAll(t.Context(), m, [][][]float64{{reached[0].duals}, starts[1]}))
	assert.InDelta(t, 480, x.regret(m), 1e-5)
	require.NoError(t, x.proveMoves(t.Context(), m, reached, 1e-6, 10))
	assert.InDelta(t, 120, x.regret(m), 1e-5)
	assert.InDelta(t, 120, x.reached(m), 1e-5)
	most, to := x.gain(m, 0)
	assert.InDelta(t, 120, most, 1e-5)
	assert.Equal(t, 1, to)

	proof, err := p.Verify(t.Context(), solver, &Assignment{Place: place, Duals: [][]float64{reached[0].duals, starts[1][0]}, Supports: m.supports}, DistinctOptions{})
	require.NoError(t, err)
	assert.InDelta(t, 120, proof.Regret, 1e-5)
	assert.InDelta(t, 5*190+2*70-5*200-2*200, proof.Welfare, 1e-5)
	assert.GreaterOrEqual(t, proof.Bound, 7*190-5*200.0-2*200, "both demands are served by roofs")

	_, err = p.Verify(t.Context(), solver, nil, DistinctOptions{})
	assert.ErrorContains(t, err, "assignment: it is nil")
	_, err = p.Verify(t.Context(), solver, &Assignment{Place: []int{0, 7}}, DistinctOptions{})
	assert.ErrorContains(t, err, "DER 1 is in VPP 7")
	assert.ErrorContains(t, err, "Supports has 0 VPPs")
}
