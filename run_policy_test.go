package trigrid_test

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// windy is a region of two scenarios of equal probability and steps of 1 h and
// 3 h.
func windy(t *testing.T, ders ...der.DER) trigrid.Region {
	t.Helper()
	set, err := scenario.New(scenario.GridOf(time.Time{}, time.Hour, 3*time.Hour), []float64{0.5, 0.5})
	require.NoError(t, err)
	require.NoError(t, set.Add("wind", "MW", [][]float64{{6, 2}, {2, 2}}))
	require.NoError(t, set.AddForecast("town", "MW", []float64{4, 4}))
	require.NoError(t, set.AddForecast("office", "MW", []float64{1, 0}))
	return trigrid.Region{
		VPPs:    []vpp.VPP{{Name: "A", Demand: "town"}, {Name: "B"}},
		DERs:    append([]der.DER{&der.Wind{ID: "W", Available: "wind"}, &der.Load{ID: "L", Demand: "office"}}, ders...),
		Setting: vpp.Setting{Set: set},
	}
}

// By hand. The demand is 5 MW in the first hour and 4 MW in the next three,
// together 17 MWh. Wind of 6 and 2 MW serves min(6, 5) and 2 MWh of the first
// hour and 3 · 2 MWh of the others: 0.5 (5 + 2) + 6 = 9.5 MWh. Its error is 2
// MW in the first hour of either scenario, so that the root mean square is √(4
// · 1/4) = 1 MW, of a mean demand of 17/4 MW. With the turbine of 3 MW the
// margin is (3 + 4 − 5)/5 in the first hour and (3 + 2 − 4)/4 in the others;
// the store does not count.
func TestSignalsOfARegion(t *testing.T) {
	r := windy(t, &der.Thermal{ID: "T", MaxOutput: 3}, &der.Storage{ID: "S", Discharge: 9}, &der.HeatDump{ID: "H", Max: 4})
	got, reasons := r.Signals()
	assert.Empty(t, reasons)
	assert.InDelta(t, 9.5/17, got.CleanShare, 1e-12)
	assert.InDelta(t, 1/4.25, got.Volatility, 1e-12)
	assert.InDelta(t, 0.25, got.SupplyMargin, 1e-12)

	without := windy(t) // (4 − 5)/5 and (2 − 4)/4
	got, _ = without.Signals()
	assert.InDelta(t, -0.5, got.SupplyMargin, 1e-12)
}

// The sample of four scenarios has errors of 3 and 1 MW in the first hour, of
// which the reduced set keeps 2: √((9 + 1)/2 · 1/4) = √1.25 MW of 4.25.
func TestSignalsAreMeasuredOnTheSample(t *testing.T) {
	r := windy(t)
	sample, err := scenario.New(r.Setting.Set.Grid(), []float64{0.25, 0.25, 0.25, 0.25})
	require.NoError(t, err)
	require.NoError(t, sample.Add("wind", "MW", [][]float64{{7, 2}, {5, 2}, {3, 2}, {1, 2}}))
	require.NoError(t, sample.AddForecast("town", "MW", []float64{4, 4}))
	r.Sample = sample
	got, _ := r.Signals()
	assert.InDelta(t, 1/4.25, got.Volatility, 1e-12, "a sample without the series office is not used")
	require.NoError(t, sample.AddForecast("office", "MW", []float64{1, 0}))
	got, _ = r.Signals()
	assert.InDelta(t, math.Sqrt(1.25)/4.25, got.Volatility, 1e-12)
}

// mute is a kind that states neither generation nor load.
type mute struct{ der.DER }

func (mute) Name() string                                           { return "M" }
func (mute) Model(*milp.Model, milp.Expr, der.Context) []der.Terms  { panic("not planned") }
func (mute) Benefit(der.Schedule, der.Context, int) (b der.Benefit) { return b }

// tidal is a kind of another package: its clean generation, and not its rating,
// is its supply.
type tidal struct{ der.Wind }

func (u *tidal) Project(*scenario.Set, int) der.Projection {
	return der.Projection{Clean: []float64{5, 5}}
}

func TestSignalsOfOtherKinds(t *testing.T) {
	got, reasons := windy(t, mute{}).Signals()
	for _, x := range []float64{got.CleanShare, got.Volatility, got.SupplyMargin} {
		assert.True(t, math.IsNaN(x))
	}
	require.Len(t, reasons, 1)
	assert.Contains(t, reasons[0], `DER "M" of type trigrid_test.mute states neither generation nor load; implement der.Projected`)

	// Together 11 and 7 MW in the first hour and 7 MW later serve the whole
	// demand. Margins by hand: (9 − 5)/5 and (7 − 4)/4.
	got, reasons = windy(t, &tidal{}).Signals()
	assert.Empty(t, reasons)
	assert.Equal(t, 1.0, got.CleanShare)
	assert.InDelta(t, 0.75, got.SupplyMargin, 1e-12)
}

func TestSignalsThatDataDoNotDetermine(t *testing.T) {
	r := windy(t)
	r.Setting.Set = r.Setting.Set.Expected()
	got, reasons := r.Signals()
	assert.True(t, math.IsNaN(got.Volatility))
	assert.InDelta(t, (4+6)/17.0, got.CleanShare, 1e-12)
	assert.Equal(t, []string{"one scenario has no forecast error; give at least two scenarios"}, reasons)

	r = windy(t)
	r.VPPs[0].Demand, r.DERs = "", r.DERs[:1]
	got, reasons = r.Signals()
	assert.True(t, math.IsNaN(got.CleanShare))
	assert.Contains(t, reasons[0], "no electric demand")
}

// The signals of small, computed by hand below, raise the weights by Table's
// formula. The ledger has signals and weights in this order, and weights that
// follow from its signals.
func TestPolicySetsTheWeightsOfARun(t *testing.T) {
	r := small(t)
	// By hand: demand and wind of the three scenarios with the probabilities
	// 0.5, 0.25 and 0.25.
	demand := [][]float64{{5, 6, 8, 9, 6, 5}, {6, 7, 9, 10, 7, 6}, {4, 5, 7, 8, 5, 4}} // Σ 39, 45, 33
	wind := [][]float64{{4, 5, 6, 3, 2, 1}, {6, 7, 8, 6, 5, 4}, {1, 2, 2, 1, 0, 0}}    // never above the demand
	mean := []float64{3.75, 4.75, 5.5, 3.25, 2.25, 1.5}                                // of the wind
	squares := 0.0
	for s, p := range []float64{0.5, 0.25, 0.25} {
		for step := range mean {
			assert.LessOrEqual(t, wind[s][step], demand[s][step])
			squares += p * (wind[s][step] - mean[step]) * (wind[s][step] - mean[step])
		}
	}
	var (
		served = 0.5*39 + 0.25*45 + 0.25*33           // 39 MWh
		share  = (0.5*21 + 0.25*36 + 0.25*6) / served // 21 of 39 MWh
		margin = (3 + 3.25 - 9) / 9                   // step 3: a turbine of 3 MW, 9 MW of demand
	)
	table := weights.Table{
		Base: weights.Vector{Economic: 0.5, Risk: 0.25, Environment: 0.25},
		Rules: []weights.Rule{
			{Signal: weights.CleanShare, Threshold: 1, Full: 0, Dimension: weights.Environment, Raise: 1},
			{Signal: weights.Volatility, Threshold: 0, Full: 1, Dimension: weights.Risk, Raise: 1},
			{Signal: weights.SupplyMargin, Threshold: 0, Full: -1, Dimension: weights.Economic, Raise: 1},
		},
	}
	volatility := math.Sqrt(squares/6) / (served / 6)
	sum := 1 + (1 - share) + volatility - margin

	var chain bytes.Buffer
	stated := r.Setting.Weights
	res := coordinate(t, r, trigrid.Options{Policy: table, Export: &chain})
	require.NotNil(t, res.Signals)
	assert.InDelta(t, share, res.Signals.CleanShare, 1e-6)
	assert.InDelta(t, volatility, res.Signals.Volatility, 1e-6)
	assert.InDelta(t, margin, res.Signals.SupplyMargin, 1e-6)
	assert.Equal(t, stated, *res.RegionWeights)
	assert.InDelta(t, (0.5-margin)/sum, res.Weights.Economic, 2e-6)
	assert.InDelta(t, (0.25+volatility)/sum, res.Weights.Risk, 2e-6)
	assert.InDelta(t, (0.25+1-share)/sum, res.Weights.Environment, 2e-6)
	assert.Equal(t, stated, r.Setting.Weights, "the caller's region is unchanged")

	audit, err := engine.Replay(bytes.NewReader(chain.Bytes()), engine.ReplayOptions{Contracts: contracts.Coordination()})
	require.NoError(t, err)
	var (
		signals   *contracts.PublishSignals
		published *contracts.PublishWeights
	)
	for _, b := range audit.Blocks {
		for i := range b.Txs {
			_, m, err := ledger.DecodeMessage(&b.Txs[i], contracts.Coordination()...)
			require.NoError(t, err)
			switch m := m.(type) {
			case *contracts.PublishSignals:
				require.Nil(t, published, "signals come before weights")
				signals = m
			case *contracts.PublishWeights:
				published = m
			}
		}
	}
	require.NotNil(t, signals)
	require.NotNil(t, published)
	assert.Equal(t, byte(7), signals.Measured)
	again, err := table.Weights(weights.Signals{
		CleanShare: signals.CleanShare.Float(), Volatility: signals.Volatility.Float(), SupplyMargin: signals.SupplyMargin.Float(),
	})
	require.NoError(t, err)
	micros, err := ledger.WeightMicros([3]float64{again.Economic, again.Risk, again.Environment})
	require.NoError(t, err)
	assert.Equal(t, micros, [3]uint32{published.Economic, published.Risk, published.Environment})
}

// A fixed policy with the weights of the region changes nothing but the keys of
// signals and the chain.
func TestFixedPolicyGivesTheRunWithoutPolicy(t *testing.T) {
	r := small(t)
	plain := coordinate(t, r, trigrid.Options{})
	assert.Nil(t, plain.Signals)
	text, err := json.Marshal(plain)
	require.NoError(t, err)
	assert.NotContains(t, string(text), `"signals"`)
	assert.NotContains(t, string(text), `"region_weights"`)

	fixed := coordinate(t, r, trigrid.Options{Policy: weights.Fixed(r.Setting.Weights)})
	assert.Equal(t, plain.Ledger.Transactions+1, fixed.Ledger.Transactions)
	fixed.Signals, fixed.RegionWeights, fixed.Ledger = nil, nil, plain.Ledger
	other, err := json.Marshal(fixed)
	require.NoError(t, err)
	assert.JSONEq(t, string(text), string(other))
}

// A policy that needs a signal that is not measured ends the run with the
// reason, before it plans.
func TestPolicyWithoutItsSignal(t *testing.T) {
	r := small(t)
	r.Setting.Set = r.Setting.Set.Expected()
	_, err := trigrid.Run(t.Context(), r, trigrid.Options{Policy: weights.Directional()})
	require.Error(t, err)
	assert.Contains(t, err.Error(), "policy: weights: rule 1 needs the signal Volatility, which is NaN")
	assert.Contains(t, err.Error(), "policy: not measured: one scenario has no forecast error; give at least two scenarios")
}
