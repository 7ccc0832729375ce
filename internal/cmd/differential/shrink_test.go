package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/cmd/differential/draw"
	"github.com/trigrid/trigrid/internal/cmd/differential/second"
)

// A fault of one kind of DER leaves that DER alone, with one step and one
// scenario.
func TestShrinkingLeavesTheFault(t *testing.T) {
	var text []byte
	for seed := uint64(1); ; seed++ {
		text = draw.Case(seed)
		if strings.Count(string(text), `"kind"`) > 3 && strings.Contains(string(text), `"storage"`) {
			break
		}
	}
	valid := func(text []byte) bool { _, err := second.Case(text); return err == nil }
	small := shrink(text, []string{"grid", "steps"}, func(text []byte) bool {
		return valid(text) && strings.Contains(string(text), `"storage"`) && strings.Contains(string(text), `"charge_mw"`)
	})
	var root struct {
		Grid      struct{ Steps int }
		DERs      []map[string]any
		Scenarios struct{ Probabilities []float64 }
	}
	require.NoError(t, json.Unmarshal(small, &root))
	require.Len(t, root.DERs, 1)
	assert.Equal(t, "storage", root.DERs[0]["kind"])
	assert.LessOrEqual(t, root.Grid.Steps, 1)
	assert.LessOrEqual(t, len(root.Scenarios.Probabilities), 1)
	assert.Less(t, len(small), len(text)/4)
}

// Equal seeds give equal instances, and different seeds different ones.
func TestSeedsDetermineInstances(t *testing.T) {
	for _, f := range formats() {
		assert.Equal(t, f.draw(7), f.draw(7), f.name)
		assert.NotEqual(t, f.draw(7), f.draw(8), f.name)
	}
}
