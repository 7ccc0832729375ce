package scenario_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/scenario"
)

const twoDays = "# wind in MW\n# a second comment\ntime, wind ,load\n" +
	"2020-01-01T22:00,1,10\n2020-01-01T23:00,2,\n2020-01-02T00:00,3.5,30\n# a comment between rows\n2020-01-02T01:00,-4e0,40\n"

func TestReadCSVSkipsCommentsAndColumnsNotAskedFor(t *testing.T) {
	table, err := scenario.ReadCSV(strings.NewReader(twoDays), scenario.CSVOptions{
		Columns: []string{"wind"}, Units: map[string]string{"wind": "MW"},
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"wind"}, table.Names())
	assert.Equal(t, "MW", table.Unit("wind"))
	assert.Equal(t, []float64{1, 2, 3.5, -4}, table.Column("wind"))
	assert.Equal(t, time.Date(2020, 1, 1, 22, 0, 0, 0, time.UTC), table.Grid().Start)
	assert.Equal(t, 4, table.Grid().Steps)
	assert.Panics(t, func() { table.Column("load") })
}

func TestReadCSVReportsEveryFaultWithItsPlace(t *testing.T) {
	const file = "time,wind,load\n" +
		"2020-01-01T00:00,1,10\n" +
		"2020-01-01T01:00,,NaN\n" + // line 3: missing and NaN
		"2020-01-01T02:00,3,x\n" + // line 4: no number
		"2020-01-01T04:00,4,40\n" + // line 5: hour 3 is missing
		"2020-01-01T04:00,5,50\n" + // line 6: doubled
		"yesterday,6,60\n" + // line 7: no time
		"2020-01-01T06:00,7\n" + // line 8: short
		"2020-01-01T07:00,8,+Inf\n" // line 9: infinite
	_, err := scenario.ReadCSV(strings.NewReader(file), scenario.CSVOptions{})
	require.Error(t, err)
	for _, part := range []string{
		`line 3, column "wind": value is missing`, `line 3, column "load": "NaN"`, `line 4, column "load": "x"`,
		"line 5: step begins at 2020-01-01T04:00:00Z, want 2020-01-01T03:00:00Z", "line 6: step begins at 2020-01-01T04:00:00Z, want 2020-01-01T05:00:00Z",
		`line 7, column "time": "yesterday"`, "line 8 has 2 fields, want 3", `line 9, column "load": "+Inf"`,
	} {
		assert.ErrorContains(t, err, part)
	}
}

func TestReadCSVReportsOneGapOnce(t *testing.T) {
	const file = "time,wind\n2020-01-01T00:00,1\n2020-01-01T05:00,2\n2020-01-01T06:00,3\n2020-01-01T07:00,4\n"
	_, err := scenario.ReadCSV(strings.NewReader(file), scenario.CSVOptions{})
	assert.ErrorContains(t, err, "line 3")
	assert.NotContains(t, err.Error(), "line 4")
}

func TestReadCSVRefusesHeadersThatDoNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		o    scenario.CSVOptions
		want string
	}{
		"empty file":        {"", scenario.CSVOptions{}, "no header"},
		"only comments":     {"# a\n", scenario.CSVOptions{}, "no header"},
		"no rows":           {"time,wind\n", scenario.CSVOptions{}, "no rows"},
		"no time":           {"hour,wind\n", scenario.CSVOptions{}, `no time column "time"`},
		"only time":         {"time\n", scenario.CSVOptions{}, "no columns to read"},
		"two of a name":     {"time,wind,wind\n", scenario.CSVOptions{}, `two columns "wind"`},
		"nameless":          {"time,,wind\n", scenario.CSVOptions{}, "column 2 of the header has no name"},
		"unknown column":    {"time,wind\n", scenario.CSVOptions{Columns: []string{"pv"}}, `no column "pv"`},
		"doubled column":    {"time,wind\n", scenario.CSVOptions{Columns: []string{"wind", "wind"}}, "requested twice"},
		"time as a series":  {"time,wind\n", scenario.CSVOptions{Columns: []string{"time"}}, "is the time"},
		"unit of no column": {"time,wind\n", scenario.CSVOptions{Units: map[string]string{"pv": "MW"}}, `unit given for "pv"`},
		"broken quotes":     {"time,wind\n2020-01-01T00:00,\"1\n", scenario.CSVOptions{}, "quote"},
		"negative step":     {"time,wind\n", scenario.CSVOptions{Step: -1}, "want a positive duration"},
	} {
		_, err := scenario.ReadCSV(strings.NewReader(c.file), c.o)
		assert.ErrorContains(t, err, c.want, name)
	}
}

func TestReadCSVTakesOtherTimesAndSteps(t *testing.T) {
	const file = "\ufeffwhen,p\n01.02.2021 00:00,1\n01.02.2021 00:15,2\n"
	table, err := scenario.ReadCSV(strings.NewReader(file), scenario.CSVOptions{
		Time: "when", Layouts: []string{"02.01.2006 15:04"}, Step: 15 * time.Minute, Location: time.FixedZone("CET", 3600),
	})
	require.NoError(t, err)
	assert.Equal(t, 0.25, table.Grid().Hours())
	assert.True(t, table.Grid().Start.Equal(time.Date(2021, 1, 31, 23, 0, 0, 0, time.UTC)))
}

func TestDayAndWindowFindTheirSteps(t *testing.T) {
	table, err := scenario.ReadCSV(strings.NewReader(twoDays), scenario.CSVOptions{Columns: []string{"wind"}})
	require.NoError(t, err)
	w, err := table.Window(time.Date(2020, 1, 1, 23, 0, 0, 0, time.UTC), 2)
	require.NoError(t, err)
	assert.Equal(t, []float64{2, 3.5}, w.Column("wind"))
	assert.Equal(t, 23, w.Grid().Start.Hour())
	_, err = table.Day(2020, 1, 2)
	assert.ErrorContains(t, err, "24 steps from 2020-01-02T00:00:00Z requested, the table covers 2020-01-01T22:00:00Z to 2020-01-02T02:00:00Z")
	_, err = table.Window(time.Date(2020, 1, 1, 23, 30, 0, 0, time.UTC), 1)
	assert.ErrorContains(t, err, "no step begins")
	_, err = table.Window(time.Date(2020, 1, 1, 21, 0, 0, 0, time.UTC), 1)
	assert.ErrorContains(t, err, "covers")

	sevens := "time,p\n2021-01-01T00:00,1\n2021-01-01T07:00,2\n2021-01-01T14:00,3\n2021-01-01T21:00,4\n"
	odd, err := scenario.ReadCSV(strings.NewReader(sevens), scenario.CSVOptions{Step: 7 * time.Hour})
	require.NoError(t, err)
	_, err = odd.Day(2021, 1, 1)
	assert.ErrorContains(t, err, "steps of 7h0m0s do not fill the 24h0m0s of 2021-01-01")

	s := w.Set()
	assert.Equal(t, []float64{2, 3.5}, s.Path("wind", 0))
	assert.False(t, s.Varies("wind"))
}

// FuzzReadCSV holds that no input panics, and that whatever is accepted is a
// complete finite table.
func FuzzReadCSV(f *testing.F) {
	f.Add(twoDays)
	f.Add("time,a\n2020-01-01T00:00,1\n")
	f.Add("time,a\n\"2020-01-01T00:00\",\"1\n\"\n#\n\n2020-01-01T01:00,0x1p-2\n")
	f.Add("\ufefftime,a,b\r\n0001-01-01 00:00,1,2\r\n")
	f.Fuzz(func(t *testing.T, file string) {
		table, err := scenario.ReadCSV(strings.NewReader(file), scenario.CSVOptions{})
		if err != nil {
			require.Nil(t, table)
			return
		}
		require.NoError(t, table.Grid().Validate())
		require.NotEmpty(t, table.Names())
		for _, name := range table.Names() {
			require.Len(t, table.Column(name), table.Grid().Steps)
			for _, v := range table.Column(name) {
				require.False(t, math.IsNaN(v) || math.IsInf(v, 0))
			}
		}
		require.Equal(t, table.Names(), table.Set().Names())
	})
}

// realData opens one of the real series that travel beside the project, not in
// it.
func realData(t *testing.T, name string, o scenario.CSVOptions) *scenario.Table {
	t.Helper()
	folder := os.Getenv("TRIGRID_DATA")
	if folder == "" {
		folder = filepath.Join("..", "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		t.Skipf("real series %s not found; set TRIGRID_DATA to the folder that holds it", name)
	}
	defer f.Close()
	table, err := scenario.ReadCSV(f, o)
	require.NoError(t, err)
	return table
}
