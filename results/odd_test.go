package results_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/results"
	"github.com/trigrid/trigrid/scenario"
)

// twice is a kind with two states and two items of one name each.
type twice struct{ der.Load }

func (p *twice) Benefit(of der.Schedule, c der.Context, s int) der.Benefit {
	b := c.Payment(of, s)
	b.Pay("rent", 3)
	b.Pay("rent", 4)
	return b
}

func (p *twice) BenefitByStep(of der.Schedule, c der.Context, s int) []der.ItemPath {
	return append(c.PaymentByStep(of, s), der.ItemPath{What: "rent", Amounts: []float64{-1, -2}}, der.ItemPath{What: "rent", Amounts: []float64{-4, 0}})
}

// A table with states or items of one name can be read back, and so can one
// whose scenarios have different states.
func TestEqualNamesWithinADER(t *testing.T) {
	r, res := one(t, scenario.Grid{Step: time.Hour, Steps: 2}, &twice{der.Load{ID: "two", Demand: "load"}})
	ports := &res.Plans[0].Members[0].Schedule.Realised[0]
	ports.Traces = []der.Path{{Name: "on", Values: []float64{1, 0}}, {Name: "on", Values: []float64{0, 1}}}
	file := filepath.Join(t.TempDir(), "run.parquet")
	require.NoError(t, results.WriteFile(file, r, res))
	got, err := results.ReadFile(file, r)
	require.NoError(t, err)
	traces := got.Plans[0].Members[0].Schedule.Realised[0].Traces
	require.Len(t, traces, 2)
	assert.Equal(t, der.Path{Name: "on 2", Values: []float64{0, 1}}, traces[1])

	table, err := results.New(r, res)
	require.NoError(t, err)
	rent := map[int]float64{}
	for row := range table.Rows() {
		if row.Kind == "money" && row.Quantity == "rent" {
			require.NotContains(t, rent, row.Step, "a step has one number")
			rent[row.Step] = row.Value
		}
	}
	assert.Equal(t, map[int]float64{0: -5, 1: -2}, rent)
}

func TestScenariosWithDifferentStates(t *testing.T) {
	r, res := drawn(t, 2, 2, 2)
	ports := res.Plans[1].Members[0].Schedule.Realised
	ports[1].Traces = ports[1].Traces[:1]
	file := filepath.Join(t.TempDir(), "run.parquet")
	require.NoError(t, results.WriteFile(file, r, res))
	got, err := results.ReadFile(file, r)
	require.NoError(t, err)
	assert.Equal(t, ports, got.Plans[1].Members[0].Schedule.Realised)
}

// A number of a step below 0 in a file of another program is an error.
func TestNegativeStepsAreRefused(t *testing.T) {
	r, res := drawn(t, 2, 1, 2)
	file := filepath.Join(t.TempDir(), "run.parquet")
	require.NoError(t, results.WriteFile(file, r, res))
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	type row struct {
		VPP       *string  `parquet:"vpp,optional"`
		DER       *string  `parquet:"der,optional"`
		Scenario  *int32   `parquet:"scenario,optional"`
		Step      *int32   `parquet:"step,optional"`
		Time      *int64   `parquet:"time,optional,timestamp(millisecond)"`
		LocalTime *string  `parquet:"local_time,optional"`
		Kind      *string  `parquet:"kind,optional"`
		Quantity  *string  `parquet:"quantity,optional"`
		Unit      *string  `parquet:"unit,optional"`
		Value     *float64 `parquet:"value,optional"`
	}
	own, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	rows, err := parquet.Read[row](bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	for _, step := range []int32{-1, -5} {
		for k := range rows {
			if rows[k].Step != nil {
				rows[k].Step = &step
				break
			}
		}
		var changed bytes.Buffer
		out := parquet.NewGenericWriter[row](&changed)
		for _, name := range []string{"trigrid.schema", "trigrid.zone", "trigrid.run"} {
			value, _ := own.Lookup(name)
			out.SetKeyValueMetadata(name, value)
		}
		_, err = out.Write(rows)
		require.NoError(t, err)
		require.NoError(t, out.Close())
		_, err = results.Read(bytes.NewReader(changed.Bytes()), int64(changed.Len()), r)
		assert.ErrorContains(t, err, `column "step" has a negative number`)
	}
}

// A table is not replaced by its own merger, however its path is written.
func TestMergeKeepsItsInputs(t *testing.T) {
	r, res := drawn(t, 2, 1, 2)
	folder := t.TempDir()
	file := filepath.Join(folder, "run.parquet")
	require.NoError(t, results.WriteFile(file, r, res))
	same := folder + string(filepath.Separator) + "." + string(filepath.Separator) + "run.parquet"
	assert.ErrorContains(t, results.Merge(same, results.Case{Name: "a", File: file}), "its file is the one to be written")
	_, err := results.ReadFile(file, r)
	assert.NoError(t, err)
}

// The result of a run is read without its region, for comparisons.
func TestReadResultNeedsNoRegion(t *testing.T) {
	r, res := drawn(t, 2, 1, 2)
	folder := t.TempDir()
	for _, name := range []string{"run.parquet", "run.csv"} {
		file := filepath.Join(folder, name)
		require.NoError(t, results.WriteFile(file, r, res))
		got, err := results.ReadResult(file)
		require.NoError(t, err)
		assert.Equal(t, res.DERs, got.DERs)
		assert.Nil(t, got.Plans)
		merged := filepath.Join(folder, "all "+name)
		require.NoError(t, results.Merge(merged, results.Case{Name: "a", File: file}))
		_, err = results.ReadResult(merged)
		assert.ErrorContains(t, err, "1 merged cases")
	}
	assert.Equal(t, []string{"a.csv", "a.csv.json"}, results.Files("a.csv"))
	assert.Equal(t, []string{"a.parquet"}, results.Files("a.parquet"))
	assert.Empty(t, results.Files("a.xlsx"))
}

// Without an allocation the main numbers are null instead of 0. With one,
// payoffs and transfers of the recommendation are rows.
func TestSummaryOfARecommendation(t *testing.T) {
	r, res := drawn(t, 2, 1, 2)
	name := res.DERs[0].Name
	res.Recommendation = &trigrid.Recommendation{
		Reason: trigrid.Lottery, Transfers: map[string]float64{name: -2}, Payoffs: map[string]float64{name: 7},
	}
	summary := func() map[string]float64 {
		table, err := results.New(r, res)
		require.NoError(t, err)
		out := map[string]float64{}
		for row := range table.Rows() {
			if row.Kind == "summary" {
				out[row.DER+"/"+row.Quantity] = row.Value
			}
		}
		return out
	}
	of := summary()
	assert.InDelta(t, -2, of[name+"/transfer"], 0)
	assert.InDelta(t, 7, of[name+"/recommended_payoff"], 0)
	assert.InDelta(t, res.DERs[0].Payoff, of[name+"/payoff"], 0)

	res.Recommendation = &trigrid.Recommendation{Reason: trigrid.NothingSolved}
	res.Settlement = nil
	of = summary()
	for _, quantity := range []string{name + "/payoff", "/economic", "/welfare", "/best_welfare"} {
		require.Contains(t, of, quantity)
		assert.True(t, math.IsNaN(of[quantity]), quantity)
	}
	assert.NotContains(t, of, name+"/transfer")
}

// Before 1893, clocks of Berlin were 53 minutes and 28 seconds ahead of UTC.
func TestOffsetsWithSecondsComeBack(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	grid := scenario.Grid{Start: time.Date(1890, 4, 1, 6, 0, 0, 0, berlin), Step: time.Hour, Steps: 2}
	r, res := one(t, grid, &der.Load{ID: "load", Demand: "load"})
	file := filepath.Join(t.TempDir(), "run.csv")
	require.NoError(t, results.WriteFile(file, r, res))
	_, err = results.ReadFile(file, r)
	assert.NoError(t, err)
}

// A search of many DERs that its budget ends lists its open programs, which
// take megabytes of JSON. The file stays small, and the list comes back.
func TestLongListsOfOpenProgramsArePacked(t *testing.T) {
	r, res := drawn(t, 4, 1, 2)
	for k := range 20_000 {
		res.OpenPrograms = append(res.OpenPrograms, trigrid.Open{VPP: "VPP1", Members: []string{"DER00", "DER02", strconv.Itoa(k)}})
	}
	file := filepath.Join(t.TempDir(), "run.parquet")
	require.NoError(t, results.WriteFile(file, r, res))
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Less(t, info.Size(), int64(300_000))
	got, err := results.ReadFile(file, r)
	require.NoError(t, err)
	assert.Equal(t, res.OpenPrograms, got.OpenPrograms)

	merged := filepath.Join(t.TempDir(), "all.parquet")
	require.NoError(t, results.Merge(merged, results.Case{Name: "a", File: file}, results.Case{Name: "b", File: file}))
	info, err = os.Stat(merged)
	require.NoError(t, err)
	assert.Less(t, info.Size(), int64(600_000))
}

// A spreadsheet saves a table with a byte order mark and with other ends of
// lines.
func TestTableSavedByASpreadsheet(t *testing.T) {
	r, res := drawn(t, 2, 1, 2)
	file := filepath.Join(t.TempDir(), "run.csv")
	require.NoError(t, results.WriteFile(file, r, res))
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	saved := append([]byte("\ufeff"), bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))...)
	require.NoError(t, os.WriteFile(file, saved, 0o600))
	got, err := results.ReadFile(file, r)
	require.NoError(t, err)
	assert.Equal(t, res.Plans[0].Members[0].Schedule, got.Plans[0].Members[0].Schedule)
}
