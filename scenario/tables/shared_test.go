package tables_test

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/scenario/tables"
)

// sharedFile returns the path of a file of the layouts that travel beside the
// project, not in it.
func sharedFile(t *testing.T, name string) string {
	t.Helper()
	folder := os.Getenv("TRIGRID_DATA")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "data")
	}
	path := filepath.Join(folder, "layouts", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s not found; set TRIGRID_DATA to the folder that has layouts", path)
	}
	return path
}

// expected is a right reading: UTC, one column per series, empty fields for
// missing values.
func expected(t *testing.T, path string) [][]string {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	require.Greater(t, len(rows), 2)
	return rows
}

// requireReading compares every time and value. The expected files have 12
// decimals.
func requireReading(t *testing.T, want [][]string, got *tables.Reading, columns map[string]string) {
	t.Helper()
	require.Len(t, want, got.Grid.Steps+1)
	series := map[string]tables.Series{}
	for _, s := range got.Series {
		series[s.Name] = s
	}
	for c, name := range want[0][1:] {
		require.Contains(t, columns, name)
		s, ok := series[columns[name]]
		require.True(t, ok, "series %q is not in the reading", columns[name])
		for step, row := range want[1:] {
			at := got.Grid.Time(step).UTC().Format(time.RFC3339)
			require.Equal(t, row[0], at)
			if row[c+1] == "" {
				require.True(t, math.IsNaN(s.Values[step]), "%s of %s is missing in the file", at, name)
				continue
			}
			v, err := strconv.ParseFloat(row[c+1], 64)
			require.NoError(t, err)
			require.InDelta(t, v, s.Values[step], 0.5e-12+1e-14*math.Abs(v), "%s of %s", at, name)
		}
	}
}

// Each file equals its expected reading in every value.
func TestLayoutFilesEqualTheirExpectedReading(t *testing.T) {
	for _, c := range []struct {
		file, layout string
		step         time.Duration
		columns      map[string]string // expected column: series
	}{
		{"smard", "smard", 15 * time.Minute, map[string]string{"wind_onshore_mw": "Wind Onshore", "photovoltaik_mw": "Photovoltaik"}},
		{"entsoe", "entsoe", time.Hour, map[string]string{
			"forecast_mw": "Day-ahead Total Load Forecast - BZN|XX", "actual_mw": "Actual Total Load - BZN|XX",
		}},
		{"entsoe_slash", "entsoe", time.Hour, map[string]string{
			"actual_mw": "Actual Total Load", "forecast_mw": "Day-ahead Total Load Forecast",
		}},
		{"opsd", "opsd", time.Hour, map[string]string{
			"load_mw": "XX_load_actual_entsoe_transparency", "solar_mw": "XX_solar_generation_actual",
		}},
		{"rtsgmlc", "rts_gmlc", time.Hour, map[string]string{"309_WIND_1_mw": "309_WIND_1", "317_WIND_1_mw": "317_WIND_1"}},
		{"pandas", "pandas", 15 * time.Minute, map[string]string{"load_mw": "load_kw", "pv_mw": "pv_kw"}},
		{"aemo", "aemo", 5 * time.Minute, map[string]string{
			"NSW1_totaldemand_mw": "NSW1.TOTALDEMAND", "VIC1_totaldemand_mw": "VIC1.TOTALDEMAND",
			"NSW1_rrp_per_mwh": "NSW1.RRP", "VIC1_rrp_per_mwh": "VIC1.RRP",
		}},
	} {
		t.Run(c.file, func(t *testing.T) {
			data, err := os.Open(sharedFile(t, c.file+".csv"))
			require.NoError(t, err)
			defer data.Close()
			got, err := tables.Read(data, tables.Layout{Name: c.layout, Gaps: tables.Gaps{Fill: tables.Leave}})
			require.NoError(t, err)
			assert.Equal(t, c.step, got.Grid.Step)
			requireReading(t, expected(t, sharedFile(t, c.file+".expected.csv")), got, c.columns)
		})
	}
}
