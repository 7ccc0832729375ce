package results_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/results"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// Runs with commitment, with a VPP that never runs, with a day of 25 hours, and
// with heat, gas and coalitions that cannot run.
func TestRoundTripOfCases(t *testing.T) {
	testsolver.New(t)
	regions := map[string]trigrid.Region{"heat": heat(t)}
	for _, name := range []string{"thermal", "import-limit-too-small", "storage-on-day-of-25-hours"} {
		regions[name] = region(t, "../cmd/trigrid/testdata/cases", name+".json", 0)
	}
	for name, r := range regions {
		t.Run(name, func(t *testing.T) {
			res, err := trigrid.Run(t.Context(), r, trigrid.Options{Starts: 5})
			require.NoError(t, err)
			file := filepath.Join(t.TempDir(), "run.parquet")
			require.NoError(t, results.WriteFile(file, r, res))
			got, err := results.ReadFile(file, r)
			require.NoError(t, err)
			same(t, r, res, got)
			if name == "heat" {
				assert.Equal(t, res.Plans[0].Heat, got.Plans[0].Heat)
				assert.Equal(t, res.Plans[0].Gas, got.Plans[0].Gas)
				assert.NotEmpty(t, got.Plans[0].Gas.Prices)
			}
		})
	}
}

// heat returns a region whose heat load needs the gas and the boiler or the
// CHP.
func heat(t *testing.T) trigrid.Region {
	t.Helper()
	set, err := scenario.New(scenario.Grid{Start: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), Step: time.Hour, Steps: 4}, []float64{0.75, 0.25})
	require.NoError(t, err)
	require.NoError(t, set.Add("warm", "MW", [][]float64{{2, 3, 4, 3}, {3, 4, 5, 4}}))
	require.NoError(t, set.AddForecast("gas", "currency/MWh", []float64{30, 30, 35, 35}))
	calendar := market.Calendar{Steps: 4}
	return trigrid.Region{
		Name: "heat", Outside: map[string]float64{"chp": -1e4, "boiler": -1e4, "grid gas": -1e4, "warm houses": -1e4}, // all take part
		VPPs: []vpp.VPP{{Name: "town", PassThrough: 0.5, RiskAversion: 1, Tariff: der.Tariff{Injection: []float64{40, 60, 80, 50}}}},
		DERs: []der.DER{
			&der.CHP{
				ID: "chp", ElectricEfficiency: 0.4, HeatEfficiency: 0.45, Maintenance: 2,
				Power: der.Operation{Min: 1, Max: 3, Switchable: true, StartCost: 20}, MaxHeat: optional.Of(4),
			},
			&der.GasBoiler{ID: "boiler", Efficiency: 0.9, Heat: der.Operation{Max: 6}},
			&der.GasSupply{ID: "grid gas", Max: 20, Price: "gas"},
			&der.Load{ID: "warm houses", Port: der.Heat, Demand: "warm"},
		},
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 0.6, Risk: 0.2, Environment: 0.2},
			Markets: vpp.Markets{
				Electricity: &market.Tariff{Calendar: calendar, Buy: market.Series{90, 100, 110, 100}, Sell: market.Series{50, 70, 90, 60}},
				Imbalance:   &market.Imbalance{Calendar: calendar, Price: market.Series{70}, Short: market.Series{30}, Long: market.Series{10}},
				Carbon:      market.Flat(market.Carbon, calendar, 40),
			},
		},
	}
}

// A changed number is found by the check of the plan.
func TestAWrongNumberIsFoundByTheCheck(t *testing.T) {
	r, res := run(t)
	folder := t.TempDir()
	file := filepath.Join(folder, "run.csv")
	require.NoError(t, results.WriteFile(file, r, res))
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	lines := strings.Split(string(data), "\r\n")
	changed := 0
	for i, line := range lines {
		if strings.Contains(line, ",port,delivered,MW,") && changed == 0 {
			lines[i] = line[:strings.LastIndex(line, ",")+1] + "123.5"
			changed++
		}
	}
	require.Equal(t, 1, changed)
	require.NoError(t, os.WriteFile(file, []byte(strings.Join(lines, "\r\n")), 0o600))
	got, err := results.ReadFile(file, r)
	require.NoError(t, err)
	assert.ErrorContains(t, got.Plans[0].Verify(0), "is 123.5, want")
}

// Every difference between the run and the region is an error.
func TestARunOfAnotherRegionIsRefused(t *testing.T) {
	r, res := run(t)
	file := filepath.Join(t.TempDir(), "run.parquet")
	require.NoError(t, results.WriteFile(file, r, res))
	read := func(change func(*trigrid.Region)) error {
		other := small(t)
		change(&other)
		_, err := results.ReadFile(file, other)
		return err
	}
	require.NoError(t, read(func(*trigrid.Region) {}))
	assert.ErrorContains(t, read(func(x *trigrid.Region) { x.Name = "another" }), `of region "small", and the given region is "another"`)
	seeded := region(t, "../cmd/trigrid/testdata", "small.json", 7)
	assert.ErrorContains(t, read(func(x *trigrid.Region) { x.Setting.Set = seeded.Setting.Set }), "the seed of the run")
	assert.ErrorContains(t, read(func(x *trigrid.Region) { x.Setting.Set = x.Setting.Set.Window(0, 5) }), "the run has 6 steps")
	assert.ErrorContains(t, read(func(x *trigrid.Region) { x.Setting.Set = x.Setting.Set.Subset(0) }), "the run has 3 scenarios, the region 1")
	assert.ErrorContains(t, read(func(x *trigrid.Region) { x.VPPs[0].Name = "west" }), `VPP 0 is "north" in the run and "west" in the region`)
	assert.ErrorContains(t, read(func(x *trigrid.Region) { x.DERs = x.DERs[1:] }), "the run has 2 VPPs and 2 DERs, the region 2 and 1")
}

// damaged returns the error of reading a CSV file in which texts are replaced.
func damaged(t *testing.T, replace ...string) error {
	t.Helper()
	r, res := drawn(t, 5, 2, 2)
	table, err := results.New(r, res)
	require.NoError(t, err)
	var rows, description bytes.Buffer
	require.NoError(t, table.WriteCSV(&rows))
	require.NoError(t, table.WriteHead(&description))
	change := strings.NewReplacer(replace...)
	_, err = results.ReadCSV(strings.NewReader(change.Replace(rows.String())), strings.NewReader(change.Replace(description.String())), r)
	return err
}

func TestDamagedTablesAreRefused(t *testing.T) {
	require.NoError(t, damaged(t))
	for want, replace := range map[string][]string{
		"the table has schema version 2, and this program reads versions up to 1; use a newer version of trigrid": {`"schema":1`, `"schema":2`},
		"no schema version":                                       {`"schema":1`, `"schema":0`},
		`the table lacks the column "value"`:                      {"unit,value", "unit,worth"},
		"the description of the run is no JSON":                   {`{"schema"`, `("schema"`},
		`value is "x", want a number`:                             {"scenario,probability,,0.5", "scenario,probability,,x"},
		`scenario is "-7", want a whole number of at least 0`:     {",,0,,,,scenario", ",,-7,,,,scenario"},
		`region: scenario "probability" in scenario 1 is missing`: {",,1,,,,scenario,probability", ",,1,,,,other,probability"},
		`VPP "VPP1": port "day_ahead": 1 numbers for 2 steps`:     {"VPP1,,,0,2026-06-14T22:00:00Z,2026-06-15T00:00:00+02:00,port,day_ahead", "VPP1,,,0,2026-06-14T22:00:00Z,2026-06-15T00:00:00+02:00,port,other"},
		`VPP "VPP1": port "day_ahead": two numbers in step 1`:     {"VPP1,,,0,2026-06-14T22:00:00Z,2026-06-15T00:00:00+02:00,port,day_ahead", "VPP1,,,1,2026-06-14T22:00:00Z,2026-06-15T00:00:00+02:00,port,day_ahead"},
		`step 9 of 2 steps`:                                       {"VPP1,,,0,2026-06-14T22:00:00Z,2026-06-15T00:00:00+02:00,port,day_ahead", "VPP1,,,9,2026-06-14T22:00:00Z,2026-06-15T00:00:00+02:00,port,day_ahead"},
		`time is "2026-06-14T22:15:00"`:                           {"T22:15:00Z", "T22:15:00"}, // the head has the start
		"description of the run has no result":                    {`"result":{`, `"former":{`},
	} {
		assert.ErrorContains(t, damaged(t, replace...), want)
	}
}

// A Parquet file of another program, a newer one and a cut one are refused with
// the reason.
func TestParquetFilesOfOthersAreRefused(t *testing.T) {
	r, res := drawn(t, 5, 2, 2)
	folder := t.TempDir()
	file := filepath.Join(folder, "run.parquet")
	require.NoError(t, results.WriteFile(file, r, res))
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	read := func(data []byte) error {
		_, err := results.Read(bytes.NewReader(data), int64(len(data)), r)
		return err
	}
	require.NoError(t, read(data))
	assert.ErrorContains(t, read([]byte("vpp,der\n")), "no Parquet file, or it is damaged")
	assert.ErrorContains(t, read(data[:len(data)/2]), "no Parquet file, or it is damaged")
	// The metadata hold the version as the text "1" behind its key, one length
	// byte between them.
	at := bytes.Index(data, []byte("trigrid.schema")) + len("trigrid.schema")
	newer := bytes.Clone(data)
	require.Equal(t, byte('1'), newer[at+2])
	newer[at+2] = '2'
	assert.ErrorContains(t, read(newer), "schema version 2, and this program reads versions up to 1; use a newer version of trigrid")
	foreign := bytes.Replace(data, []byte("trigrid.schema"), []byte("elsewhr.schema"), 1)
	assert.ErrorContains(t, read(foreign), "no metadata trigrid.schema")

	// Bytes that are wrong in the middle give an error or other numbers, and
	// never a panic.
	for at := 4; at < len(data)-8; at += 97 {
		broken := bytes.Clone(data)
		broken[at] ^= 0x55
		_ = read(broken)
	}

	_, err = results.ReadFile(filepath.Join(folder, "run.xlsx"), r)
	require.Error(t, err)
	require.ErrorContains(t, results.WriteFile(filepath.Join(folder, "run.xlsx"), r, res), "neither in .parquet nor in .csv")
	require.NoError(t, os.WriteFile(filepath.Join(folder, "alone.csv"), nil, 0o600))
	_, err = results.ReadFile(filepath.Join(folder, "alone.csv"), r)
	assert.ErrorContains(t, err, "must be beside the CSV file")
}

func TestAResultOfAnotherRegionIsNotWritten(t *testing.T) {
	r, res := drawn(t, 5, 2, 2)
	_, err := results.New(r, nil)
	require.ErrorContains(t, err, "there is no result")
	_, err = results.New(trigrid.Region{}, res)
	require.ErrorContains(t, err, "no scenarios")
	other := *res
	other.Plans = nil
	_, err = results.New(r, &other)
	require.ErrorContains(t, err, "no plans or no trajectory")
	r.DERs[0].(*der.Wind).ID = "another"
	_, err = results.New(r, res)
	require.ErrorContains(t, err, `DER 0 is "another" in the region and "DER00" in the result`)
}

// plug is a kind that states its money over the horizon only, and under one
// name twice.
type plug struct{ der.Load }

func (p *plug) BenefitByStep() {} // another signature: no der.Stepwise

func (p *plug) Benefit(of der.Schedule, c der.Context, s int) der.Benefit {
	b := c.Payment(of, s)
	b.Pay("rent", 3)
	b.Pay("rent", 4)
	return b
}

// one returns a region of one DER in one VPP with a result: it withdraws 2 and
// 3 MW.
func one(t *testing.T, grid scenario.Grid, d der.DER) (trigrid.Region, *trigrid.Result) {
	t.Helper()
	r, _ := drawn(t, 5, 1, grid.Steps)
	set := scenario.Single(grid)
	require.NoError(t, set.AddForecast("load", "MW", make([]float64, grid.Steps)))
	tariff := make([]float64, grid.Steps)
	for t := range tariff {
		tariff[t] = 10
	}
	r.Setting.Set, r.DERs, r.VPPs = set, []der.DER{d}, []vpp.VPP{{Name: "=VPP", Tariff: der.Tariff{Withdrawal: tariff}}}
	used := make([]float64, grid.Steps)
	used[0], used[grid.Steps-1] = 2, 3
	plan := planned(t, r, 0, r.DERs, [][]der.Ports{{{
		Withdrawn: used, Traces: []der.Path{{Name: "'quoted'", Unit: "", Values: used}, {Name: "+a, \"b\"", Unit: "°C", Values: used}},
	}}})
	return r, &trigrid.Result{
		VPPs: []trigrid.VPPResult{{Name: "=VPP"}}, DERs: []trigrid.DERResult{{Name: d.Name(), Choice: "=VPP"}},
		Plans: []*vpp.Plan{plan}, Trajectory: &evogame.Result{},
	}
}

// The own costs of a kind without money by step have no step, and the sums are
// right all the same. Names that a spreadsheet would calculate, quote or cut
// come back unchanged.
func TestKindsWithoutMoneyByStep(t *testing.T) {
	grid := scenario.Grid{Step: 2 * time.Hour, Steps: 2} // without a calendar
	r, res := one(t, grid, &plug{der.Load{ID: "-plug", Demand: "load"}})
	table, err := results.New(r, res)
	require.NoError(t, err)
	var money []string
	for row := range table.Rows() {
		if row.DER == "-plug" && row.Kind == "money" {
			money = append(money, fmt.Sprint(row.Quantity, " ", row.Step, " ", row.Value))
			assert.True(t, row.Time.IsZero())
			assert.Empty(t, row.LocalTime)
		}
	}
	assert.Equal(t, []string{"energy bought 0 -40", "energy bought 1 -60", "rent -1 -7"}, money)
	for _, name := range []string{"run.csv", "run.parquet"} {
		file := filepath.Join(t.TempDir(), name)
		require.NoError(t, results.WriteFile(file, r, res))
		got, err := results.ReadFile(file, r)
		require.NoError(t, err)
		assert.Equal(t, res.Plans[0].Members[0].Schedule, got.Plans[0].Members[0].Schedule)
		assert.InDelta(t, -107, got.Plans[0].Members[0].Benefits[0].Total(), 1e-9)
	}
}

// In the night in which clocks go back, 02:00 occurs twice: the instants and
// the offsets differ.
func TestRepeatedHourHasTwoInstants(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	grid := scenario.Grid{Start: time.Date(2026, 10, 25, 1, 0, 0, 0, berlin), Step: time.Hour, Steps: 3}
	r, res := one(t, grid, &der.Load{ID: "load", Demand: "load"})
	table, err := results.New(r, res)
	require.NoError(t, err)
	var got []string
	for row := range table.Rows() {
		if row.Kind == "series" {
			got = append(got, row.Time.Format(time.RFC3339)+" "+row.LocalTime)
		}
	}
	assert.Equal(t, []string{
		"2026-10-24T23:00:00Z 2026-10-25T01:00:00+02:00",
		"2026-10-25T00:00:00Z 2026-10-25T02:00:00+02:00",
		"2026-10-25T01:00:00Z 2026-10-25T02:00:00+01:00",
	}, got)
}
