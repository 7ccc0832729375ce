package results_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/results"
	"github.com/trigrid/trigrid/weights"
)

// season returns two days of two half days. By hand: VPP "P" sells and pays the
// DER "=W", whose name a spreadsheet would calculate. On day 2 the DER is
// outside.
//
//	minor units   grid      P     =W
//	day 1, 1     −1000    400    600
//	day 1, 2       250   −251      1
//	day 2, 1         7     −7      0
//	day 2, 2         0      0      0
func season(strategy string) *operate.Result {
	berlin, _ := time.LoadLocation("Europe/Berlin")
	bound := -12.5
	day := func(number int, settled [][]int64, cost float64) operate.Day {
		d := operate.Day{
			Number: number, Start: time.Date(2030, 3, 30+number-1, 0, 0, 0, 0, berlin), Steps: 2,
			Weights: weights.Vector{Economic: 0.5, Risk: 0.2, Environment: 0.3}, Moves: []operate.Move{}, Gains: map[string]float64{},
			Totals: operate.Totals{Cost: cost, ImbalanceMWh: float64(number)}, Settled: settled,
		}
		for i, party := range []string{"grid", "P", "=W"} {
			d.Payments = append(d.Payments, trigrid.Line{Party: party, Minor: settled[0][i] + settled[1][i]})
		}
		return d
	}
	first := day(1, [][]int64{{-1000, 400, 600}, {250, -251, 1}}, -11)
	first.Forecasts = []operate.Forecast{{Series: "wind", Unit: "MW", Expected: []float64{3, 4}, Scenarios: [][]float64{{2, 3}, {4, 5}}}}
	first.Probabilities = []float64{0.5, 0.5}
	first.Misses = []operate.Miss{{VPP: "P", Step: 1, MWh: 1.5, Reason: "the demand exceeds the connection"}}
	first.UnservedMWh = 1.5
	first.Chosen, first.Choices, first.Bound = true, trigrid.Profile{"=W": "P"}, &bound
	first.Gains["=W"] = 1.25
	first.Signals = &weights.Signals{CleanShare: 0.75, Volatility: math.NaN(), SupplyMargin: -0.5}
	second := day(2, [][]int64{{7, -7, 0}, {0, 0, 0}}, 4)
	second.Choices, second.Moves, second.Replans = trigrid.Profile{"=W": trigrid.Outside}, []operate.Move{{DER: "=W", From: "P", To: trigrid.Outside}}, 3
	return &operate.Result{
		Season: "spring", Notes: []string{"prices are simulated"}, Strategy: operate.Strategy{Name: strategy, Every: 1},
		Parties: []operate.Party{{Name: "grid", Role: operate.RoleGrid}, {Name: "P", Role: operate.RoleVPP}, {Name: "=W", Role: operate.RoleDER}},
		Days:    []operate.Day{first, second}, Totals: operate.Totals{Cost: -7, ImbalanceMWh: 3},
		Payments: []trigrid.Line{{Party: "grid", Minor: -743}, {Party: "P", Minor: 142}, {Party: "=W", Minor: 601}}, Cut: true,
		Timing: operate.Timing{Total: time.Minute, Programs: 8},
	}
}

func TestSeasonIsReadBackWithEqualMoney(t *testing.T) {
	want := []*operate.Result{season("rolling"), season("rules")}
	for _, name := range []string{"season.parquet", "season.csv"} {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, results.WriteSeasonFile(path, want...))
		got, err := results.ReadSeasonFile(path)
		require.NoError(t, err, name)
		require.Len(t, got, 2)
		for k := range want {
			a, err := json.Marshal(want[k])
			require.NoError(t, err)
			b, err := json.Marshal(got[k])
			require.NoError(t, err)
			assert.JSONEq(t, string(a), string(b), name)
			assert.Equal(t, want[k].Timing, got[k].Timing)
			assert.Equal(t, "Europe/Berlin", got[k].Days[0].Start.Location().String())
		}
	}
}

// Every amount of the hand calculation is a row, and the sums of rows are the
// payments to the cent.
func TestRowsOfASeasonSumToItsPayments(t *testing.T) {
	table, err := results.NewSeason(season("rolling"))
	require.NoError(t, err)
	steps, days, total := map[string]float64{}, map[string]float64{}, map[string]float64{}
	perStep := map[[2]int]float64{}
	found, paths := map[string]float64{}, map[string][]float64{}
	var at results.SeasonRow
	for row := range table.Rows() {
		assert.Equal(t, "rolling", row.Strategy)
		switch {
		case row.Kind == "settled":
			steps[row.Party] += row.Value
			perStep[[2]int{row.Day, row.Step}] += row.Value
			if row.Day == 2 && row.Step == 1 && row.Party == "P" {
				at = row
			}
		case row.Kind == "payment" && row.Day > 0:
			days[row.Party] += row.Value
		case row.Kind == "payment":
			total[row.Party] = row.Value
		case row.Kind == "forecast" || row.Kind == "unserved":
			paths[row.Kind+" "+row.Quantity+" "+row.Unit] = append(paths[row.Kind+" "+row.Quantity+" "+row.Unit], row.Value)
		case row.Day > 0:
			found[row.Kind+" "+row.Quantity+" "+string(rune('0'+row.Day))] = row.Value
		}
	}
	want := map[string]float64{"grid": -743, "P": 142, "=W": 601}
	assert.Equal(t, want, steps)
	assert.Equal(t, want, days)
	assert.Equal(t, want, total)
	assert.Equal(t, map[[2]int]float64{{1, 0}: 0, {1, 1}: 0, {2, 0}: 0, {2, 1}: 0}, perStep)
	for key, value := range map[string]float64{
		"bound perfect_information 1": -12.5, "choice P 1": 1, "choice outside 2": 1, "left P 2": 1, "joined outside 2": 1,
		"gain gain 1": 1.25, "total cost 1": -11, "total imbalance 2": 2, "day replans 2": 3, "day chosen 2": 0, "weight risk 1": 0.2, "signal clean_share 1": 0.75, "signal supply_margin 1": -0.5,
	} {
		assert.Equal(t, value, found[key], key)
		assert.Contains(t, found, key)
	}
	assert.NotContains(t, found, "bound perfect_information 2")
	assert.Equal(t, map[string][]float64{"forecast wind MW": {3, 4}, "unserved electricity MWh": {0, 1.5}, "unserved heat MWh": {0, 0}}, paths)
	assert.Equal(t, 1.5, found["total unserved 1"])
	assert.True(t, math.IsNaN(found["signal volatility 1"]))
	assert.NotContains(t, found, "signal clean_share 2")
	// The second half of the day on which clocks go forward begins 11.5 hours
	// after midnight.
	assert.Equal(t, "2030-03-31T12:30:00+02:00", at.LocalTime)
	assert.Equal(t, time.Date(2030, 3, 31, 10, 30, 0, 0, time.UTC), at.Time)
	assert.Equal(t, operate.RoleVPP, at.Role)
	assert.Equal(t, "minor units", at.Unit)
}

func TestSeasonAsCSV(t *testing.T) {
	table, err := results.NewSeason(season("rolling"))
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, table.WriteCSV(&out))
	assert.Contains(t, out.String(), "rolling,1,0,2030-03-29T23:00:00Z,2030-03-30T00:00:00+01:00,'=W,der,settled,payment,minor units,600\r\n")
	assert.Contains(t, out.String(), "rolling,,,,,,,total,cost,currency,-7\r\n")
	lines, err := csv.NewReader(&out).ReadAll()
	require.NoError(t, err)
	assert.Equal(t, []string{"strategy", "day", "step", "time", "local_time", "party", "role", "kind", "quantity", "unit", "value"}, lines[0])
}

func TestSeasonsThatAreNoTable(t *testing.T) {
	_, err := results.NewSeason()
	assert.ErrorContains(t, err, "there is no result")
	_, err = results.NewSeason(season("a"), season("a"), nil)
	assert.ErrorContains(t, err, `two results have the strategy "a"`)
	assert.ErrorContains(t, err, "] is nil; leave out strategies")
	short := season("a")
	short.Days[1].Settled = short.Days[1].Settled[:1]
	short.Days[0].Settled[1] = nil
	_, err = results.NewSeason(short)
	assert.ErrorContains(t, err, "a, day 2: 1 steps are settled, want 2")
	assert.ErrorContains(t, err, "a, day 1, step 1: 0 amounts are settled, want one for each of 3 parties")
	assert.ErrorContains(t, results.WriteSeasonFile("a.txt", season("a")), "ends neither in .parquet nor in .csv")
}

// A file whose rows were changed is rejected, and so are files of runs.
func TestDamagedSeasonsAreRejected(t *testing.T) {
	path := filepath.Join(t.TempDir(), "season.csv")
	require.NoError(t, results.WriteSeasonFile(path, season("rolling")))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	head, err := os.ReadFile(path + ".json")
	require.NoError(t, err)
	for _, x := range []struct{ from, to, want string }{
		{"minor units,600\r", "minor units,601\r", `rolling, day 1: the steps of "=W" sum to 602 minor units and its payment is 601`},
		{"minor units,600\r", "minor units,600.5\r", "a row settles 600.5 minor units, want a whole number"},
		{"rolling,1,0,2030-03-29T23:00:00Z,2030-03-30T00:00:00+01:00,'=W,der,settled", "rolling,3,0,,,'=W,der,settled", "on day 3 in step 0, which the description lacks"},
		{"rolling,1,0,2030-03-29T23:00:00Z,2030-03-30T00:00:00+01:00,'=W,der,settled", "rolling,1,x,yesterday,,'=W,der,settled", `step is "x", want a whole number of at least 0`},
		{"strategy,day", "strategy,dag", `the table lacks the column "day"`},
	} {
		require.Contains(t, string(text), x.from)
		require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(text), x.from, x.to, 1)), 0o600))
		_, err := results.ReadSeasonFile(path)
		assert.ErrorContains(t, err, x.want)
	}
	// 2 units moved from one step of a party to the next leave all its sums.
	moved := strings.NewReplacer("minor units,600\r", "minor units,602\r", "settled,payment,minor units,1\r", "settled,payment,minor units,-1\r").Replace(string(text))
	require.NoError(t, os.WriteFile(path, []byte(moved), 0o600))
	_, err = results.ReadSeasonFile(path)
	assert.ErrorContains(t, err, "rolling, day 1, step 0: the amounts of the parties sum to 2 minor units, want 0")
	lines := strings.SplitAfter(string(text), "\r\n")
	var rest []string
	for _, line := range lines {
		if !strings.Contains(line, "P,vpp,settled") {
			rest = append(rest, line)
		}
	}
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(rest, "")), 0o600))
	_, err = results.ReadSeasonFile(path)
	assert.ErrorContains(t, err, "rolling, day 1: 4 amounts are settled, want 6")

	for from, want := range map[string]string{`"season_schema":1`: "", `"season_schema":9`: "schema version 9", `"schema":1`: "has no version of a season"} {
		require.NoError(t, os.WriteFile(path, text, 0o600))
		require.NoError(t, os.WriteFile(path+".json", []byte(strings.Replace(string(head), `"season_schema":1`, from, 1)), 0o600))
		_, err = results.ReadSeasonFile(path)
		if want == "" {
			assert.NoError(t, err)
		} else {
			assert.ErrorContains(t, err, want)
		}
	}
	r, res := drawn(t, 2, 1, 4)
	run := filepath.Join(t.TempDir(), "run.parquet")
	require.NoError(t, results.WriteFile(run, r, res))
	_, err = results.ReadSeasonFile(run)
	assert.ErrorContains(t, err, "give a file that WriteSeasonFile wrote")
	parquet := filepath.Join(t.TempDir(), "season.parquet")
	require.NoError(t, results.WriteSeasonFile(parquet, season("rolling")))
	_, err = results.ReadFile(parquet, r)
	assert.ErrorContains(t, err, "has no metadata trigrid.schema")
}
