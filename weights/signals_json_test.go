package weights_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/weights"
)

func TestSignalsInJSON(t *testing.T) {
	text, err := json.Marshal(weights.Signals{CleanShare: 0.25, Volatility: math.NaN(), SupplyMargin: -0.5})
	require.NoError(t, err)
	assert.Equal(t, `{"clean_share":0.25,"volatility":null,"supply_margin":-0.5}`, string(text))
	var back weights.Signals
	require.NoError(t, json.Unmarshal([]byte(`{"volatility": 0, "supply_margin": -0.5, "clean_share": null}`), &back))
	assert.True(t, math.IsNaN(back.CleanShare))
	assert.Equal(t, -0.5, back.SupplyMargin)
	assert.Zero(t, back.Volatility)
	assert.Error(t, json.Unmarshal([]byte(`{"volatility": "high"}`), &back))

	// The keys are those of the signals, and each signal has its own value.
	var keys map[string]*float64
	require.NoError(t, json.Unmarshal(text, &keys))
	s := weights.Signals{CleanShare: 1, Volatility: 2, SupplyMargin: 3}
	require.Len(t, weights.AllSignals(), len(keys))
	for i, signal := range weights.AllSignals() {
		assert.Contains(t, keys, signal.Key())
		assert.Equal(t, float64(i+1), s.At(signal))
		assert.Equal(t, weights.TableNames()[i], signal.Key())
	}
	assert.Equal(t, "clean share", weights.CleanShare.Words())
	assert.True(t, math.IsNaN(s.At(9)))
}

// A table by name has the one rule of [weights.Directional] that reads the
// signal of the name.
func TestTablesByName(t *testing.T) {
	for i, name := range weights.TableNames() {
		table, err := weights.TableByName(name)
		require.NoError(t, err)
		if name == "directional" {
			assert.Equal(t, weights.Directional(), table)
			continue
		}
		require.Len(t, table.Rules, 1)
		assert.Equal(t, weights.Signal(i), table.Rules[0].Signal)
		assert.Equal(t, weights.Directional().Base, table.Base)
	}
	_, err := weights.TableByName("wind")
	assert.EqualError(t, err, `weights: unknown policy "wind", want one of clean_share, volatility, supply_margin, directional`)
}
