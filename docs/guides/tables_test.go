package guides_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/scenario/tables"
)

// layouts are the layouts of the files of this guide.
func layouts(t *testing.T) map[string]tables.Layout {
	own, err := casefile.ReadLayout(os.DirFS("tables"), "own.json")
	require.NoError(t, err)
	held := tables.Gaps{Fill: tables.Hold, Max: 4}
	return map[string]tables.Layout{
		"smard":        {Name: "smard", Gaps: held},
		"entsoe":       {Name: "entsoe", Gaps: tables.Gaps{Fill: tables.Interpolate, Max: 1}},
		"entsoe_slash": {Name: "entsoe"},
		"opsd":         {Name: "opsd"},
		"rts_gmlc":     {Name: "rts_gmlc"}, // UTC-07:00; Time: tables.Time{Zone: "UTC"} replaces it
		"pandas":       {Name: "pandas"},
		"aemo":         {Name: "aemo", Columns: []tables.Column{{Name: "price", From: "NSW1.RRP"}}},
		"own":          own,
	}
}

// Each file of the guide is read, and written in UTC and MW as NAME.out.
func TestLayoutsOfTheGuide(t *testing.T) {
	for name, layout := range layouts(t) {
		file, err := os.Open(filepath.Join("tables", name+".csv"))
		require.NoError(t, err)
		defer file.Close()
		reading, err := tables.Read(file, layout)
		require.NoError(t, err, name)
		var out bytes.Buffer
		require.NoError(t, reading.WriteCSV(&out))
		want, err := os.ReadFile(filepath.Join("tables", name+".out"))
		require.NoError(t, err)
		require.Equal(t, string(want), out.String(), name)
	}
}
