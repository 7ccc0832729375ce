package trigrid_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
)

// 20,000 open programs have some 2 MB as a list, and JSON of less than 300 kB brings all of them back.
// A short list is not packed.
func TestLongListsOfOpenProgramsArePackedInJSON(t *testing.T) {
	res := trigrid.Result{Region: "hill", Weights: hill(t).Setting.Weights}
	for k := range 20_000 {
		res.OpenPrograms = append(res.OpenPrograms, trigrid.Open{VPP: "VPP1", Members: []string{"DER00", "DER02", fmt.Sprint(k)}, AbsoluteGap: float64(k)})
	}
	text, err := json.Marshal(res)
	require.NoError(t, err)
	assert.Less(t, len(text), 300_000)
	assert.Len(t, res.OpenPrograms, 20_000, "the result itself keeps its list")
	var got trigrid.Result
	require.NoError(t, json.Unmarshal(text, &got))
	assert.Equal(t, res, got)
	var listed struct {
		Region string         `json:"region"`
		Open   []trigrid.Open `json:"open_programs"`
	}
	require.NoError(t, json.Unmarshal(text, &listed))
	assert.Equal(t, res.OpenPrograms[:1000], listed.Open)
	assert.Equal(t, "hill", listed.Region)

	pointer, err := json.Marshal(&res)
	require.NoError(t, err)
	assert.Equal(t, string(text), string(pointer))

	res.OpenPrograms = res.OpenPrograms[:1000]
	text, err = json.Marshal(res)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "gzip")
	require.ErrorContains(t, json.Unmarshal([]byte(`{"open_programs_gzip": "AAAA"}`), &got), "open_programs_gzip is no packed list")
}
