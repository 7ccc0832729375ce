package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
)

// A policy of the flag changes the weights by the signals of the case, and a
// table of the run is read back and checked with the weights of the policy. The
// key of a case has the same effect, and -policy none leaves the weights.
func TestPolicyByFlagAndByKey(t *testing.T) {
	folder := t.TempDir()
	jsonPath, tablePath := filepath.Join(folder, "a.json"), filepath.Join(folder, "a.csv")
	read := func(args ...string) (*trigrid.Result, string) {
		out, err := execute(t, append(args, "-json", jsonPath)...)
		require.NoError(t, err)
		data, err := os.ReadFile(jsonPath)
		require.NoError(t, err)
		var res trigrid.Result
		require.NoError(t, json.Unmarshal(data, &res))
		return &res, out
	}
	plain, _ := read("-case", "testdata/small.json")
	byFlag, out := read("-case", "testdata/small.json", "-policy", "supply_margin", "-results", tablePath)
	require.NotNil(t, byFlag.Signals)
	assert.Equal(t, plain.Weights, *byFlag.RegionWeights)
	assert.Contains(t, out, "set by the policy from clean share")
	// The margin of a case without thermal unit is below 0.15, so that the rule
	// acts: the economic weight gains, and the others keep their proportion.
	assert.Greater(t, byFlag.Weights.Economic, plain.Weights.Economic)
	assert.InDelta(t, plain.Weights.Risk/plain.Weights.Environment, byFlag.Weights.Risk/byFlag.Weights.Environment, 1e-5)

	again, err := execute(t, "-case", "testdata/small.json", "-from", tablePath)
	require.NoError(t, err)
	assert.Contains(t, again, "set by the policy from clean share")

	// A file without the weights of the case, which no run writes, is read as
	// well.
	head, err := os.ReadFile(tablePath + ".json")
	require.NoError(t, err)
	head = regexp.MustCompile(`"region_weights":\{[^}]*\},`).ReplaceAll(head, nil)
	require.NotContains(t, string(head), "region_weights")
	require.NoError(t, os.WriteFile(tablePath+".json", head, 0o644))
	again, err = execute(t, "-case", "testdata/small.json", "-from", tablePath)
	require.NoError(t, err)
	assert.NotContains(t, again, "set by the policy")

	source, err := os.ReadFile("testdata/small.json")
	require.NoError(t, err)
	var file map[string]any
	require.NoError(t, json.Unmarshal(source, &file))
	file["policy"] = map[string]any{"kind": "supply_margin"}
	text, err := json.Marshal(file)
	require.NoError(t, err)
	own := filepath.Join(folder, "own.json")
	require.NoError(t, os.WriteFile(own, text, 0o644))
	byKey, _ := read("-case", own)
	assert.Equal(t, byFlag.Weights, byKey.Weights)
	assert.Equal(t, byFlag.Signals, byKey.Signals)
	none, _ := read("-case", own, "-policy", "none")
	assert.Nil(t, none.Signals)
	assert.Equal(t, plain.Weights, none.Weights)

	_, err = execute(t, "-case", own, "-policy", "wind")
	assert.ErrorContains(t, err, `-policy is "wind", want one of clean_share, volatility, supply_margin, directional, or none`)
}
