package trigrid_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
)

// 20,000 open programs have some 2 MB as a list, and JSON of less than 300 kB
// brings all of them back. A short list is not packed.
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
	for text, place := range map[string]string{
		`{"vpps": [{"economic": "high"}]}`:                            "vpps.economic",
		`{"open_programs_gzip": 3}`:                                   "open_programs_gzip",
		`{"open_programs_gzip": "` + packed(t, `[{"vpp": 3}]`) + `"}`: "open_programs_gzip.vpp",
		`{"open_programs_gzip": "` + packed(t, `{}`) + `"}`:           "open_programs_gzip",
	} {
		var wrong *json.UnmarshalTypeError
		require.ErrorAs(t, json.Unmarshal([]byte(text), &got), &wrong, text)
		assert.Equal(t, place, wrong.Field, text)
	}
}

// packed returns a text by gzip in base64.
func packed(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err := z.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return base64.StdEncoding.EncodeToString(out.Bytes())
}
