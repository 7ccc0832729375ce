package results_test

import (
	"math"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/testduckdb"
	"github.com/trigrid/trigrid/results"
)

// written writes a run as run.parquet and returns the folder.
func written(t *testing.T, r trigrid.Region, res *trigrid.Result) string {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, results.WriteFile(filepath.Join(folder, "run.parquet"), r, res))
	return folder
}

func itoa(n int) string { return strconv.Itoa(n) }

func decimal(t *testing.T, text string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	return x
}

// expectedMoney is the expected money by item, from the rows of each step and
// scenario.
const expectedMoney = `
WITH p AS (SELECT scenario, value AS probability FROM 'run.parquet' WHERE kind = 'scenario')
SELECT vpp, coalesce(der, '') AS der, quantity, sum(value * probability) AS amount
FROM 'run.parquet' JOIN p USING (scenario) WHERE kind = 'money' GROUP BY ALL`

// checkSums compares the sums of DuckDB over all rows with the result, to the
// cent.
func checkSums(t *testing.T, r trigrid.Region, res *trigrid.Result) {
	t.Helper()
	const cent = 0.005
	got := map[string]map[string]float64{} // of a DER or VPP, by item
	for _, row := range testduckdb.Query(t, written(t, r, res), expectedMoney)[1:] {
		who := row[1]
		if who == "" {
			who = row[0]
		}
		if got[who] == nil {
			got[who] = map[string]float64{}
		}
		got[who][row[2]] = decimal(t, row[3])
	}
	checked := 0
	for _, d := range res.DERs {
		if d.Choice == trigrid.Outside {
			continue
		}
		sum := 0.0
		for _, amount := range got[d.Name] {
			sum += amount
		}
		assert.InDelta(t, d.Revenue, sum, cent, "revenue of %s", d.Name)
		for what, amount := range d.Payments {
			assert.InDelta(t, amount, got[d.Name][what], cent, "%s of %s", what, d.Name)
			sum -= amount
			checked++
		}
		assert.InDelta(t, d.OwnCost, -sum, cent, "own cost of %s", d.Name)
	}
	require.Positive(t, checked)
	for v, x := range res.VPPs {
		of, plan := got[x.Name], res.Plans[v]
		assert.InDelta(t, x.Economic, of["energy trade"]+of["payments to members"], cent)
		assert.InDelta(t, x.Imbalance, -of["imbalance"], cent)
		assert.InDelta(t, x.Environment, of["carbon"]+of["certificates"], cent)
		assert.InDelta(t, plan.Value.Trade, of["energy trade"], cent)
	}
}

// The sums of DuckDB equal the summary to the cent, for a solved run and for a
// large one.
func TestDuckDBSumsEqualTheSummary(t *testing.T) {
	t.Run("solved", func(t *testing.T) {
		r, res := run(t)
		checkSums(t, r, res)
	})
	t.Run("large", func(t *testing.T) {
		r, res := drawn(t, 30, 20, 96)
		checkSums(t, r, res)
	})
}

// The state of a battery in scenario 3 at 17:15 is one filter away.
func TestOneFilterFindsADERInAScenarioAtATime(t *testing.T) {
	r, res := drawn(t, 5, 4, 96)
	rows := testduckdb.Query(t, written(t, r, res), `SELECT kind, quantity, unit, value, epoch_ms(time) AS ms FROM 'run.parquet'
WHERE der = 'DER01' AND scenario = 3 AND local_time = '2026-06-15T17:15:00+02:00'`)
	const step = 17*4 + 1
	p := res.Plans[1].Members[0].Schedule.Realised[3]
	found := map[string][]string{}
	for _, row := range rows[1:] {
		found[row[0]+" "+row[1]] = row
		assert.Equal(t, strconv.FormatInt(r.Setting.Set.Grid().Time(step).UnixMilli(), 10), row[4])
	}
	assert.Equal(t, p.Trace("energy")[step], decimal(t, found["state energy"][3]))
	assert.Equal(t, "MWh", found["state energy"][2])
	assert.Equal(t, p.Withdrawn[step], decimal(t, found["port withdrawn"][3]))
	assert.Equal(t, p.Trace("charging")[step], decimal(t, found["state charging"][3]))
	assert.Empty(t, found["state charging"][2], "a flag has no unit")
	price := r.VPPs[1].Tariff.Withdrawal[step]
	assert.InDelta(t, -price*p.Withdrawn[step]/4, decimal(t, found["money energy bought"][3]), 1e-9)
}

// Times are instants in UTC, missing values are null, and statistics of row
// groups do not hide rows.
func TestTypesForOtherReaders(t *testing.T) {
	r, res := drawn(t, 5, 4, 96)
	folder := written(t, r, res)
	types := map[string]string{}
	for _, row := range testduckdb.Query(t, folder, "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM 'run.parquet')")[1:] {
		types[row[0]] = row[1]
	}
	assert.Equal(t, map[string]string{
		"vpp": "VARCHAR", "der": "VARCHAR", "scenario": "INTEGER", "step": "INTEGER", "time": "TIMESTAMP WITH TIME ZONE", "local_time": "VARCHAR",
		"kind": "VARCHAR", "quantity": "VARCHAR", "unit": "VARCHAR", "value": "DOUBLE",
	}, types)
	rows := testduckdb.Query(t, folder, `SELECT count(*), count(*) FILTER (step = 0), count(*) FILTER (scenario = 0 AND value = 0), count(*) FILTER (isnan(value))
FROM 'run.parquet'`)
	table, err := results.New(r, res)
	require.NoError(t, err)
	want := [4]int{}
	for row := range table.Rows() {
		want[0]++
		if row.Step == 0 {
			want[1]++
		}
		if row.Scenario == 0 && row.Value == 0 {
			want[2]++
		}
	}
	for k := range want {
		assert.Equal(t, strconv.Itoa(want[k]), rows[1][k])
	}
	assert.Positive(t, want[2], "a zero is no null")
	metadata := testduckdb.Query(t, folder, "SELECT decode(key), decode(value) FROM parquet_kv_metadata('run.parquet') WHERE decode(key) <> 'trigrid.run' ORDER BY ALL")
	assert.Equal(t, [][]string{{"trigrid.schema", "1"}, {"trigrid.zone", "Europe/Berlin"}}, metadata[1:])
	assert.False(t, math.IsNaN(res.Plans[0].Value.Trade))
}
