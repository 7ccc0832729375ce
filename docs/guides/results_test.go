package guides_test

import (
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/internal/testduckdb"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/results"
	"github.com/trigrid/trigrid/vpp"
)

// runs writes the files that the recipes of the guide read, and returns their
// folder, the region and the two results.
func runs(t *testing.T) (folder string, region trigrid.Region, found [2]*trigrid.Result) {
	t.Helper()
	c, err := casefile.Load(os.DirFS("../../cmd/trigrid/testdata"), "small.json")
	require.NoError(t, err)
	folder = t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	options := trigrid.Options{Solver: testsolver.New(t), Starts: 5}
	for k, seed := range []uint64{1, 7} {
		r, err := c.Region(t.Context(), casefile.Options{Seed: &seed})
		require.NoError(t, err)
		file := path([2]string{"run.parquet", "second.parquet"}[k])
		require.NoError(t, written(t.Context(), file, r, options))
		found[k], err = results.ReadFile(file, r)
		require.NoError(t, err)
		if k == 0 {
			region = r
			require.NoError(t, results.WriteFile(path("run.csv"), r, found[k]))
		}
	}
	require.NoError(t, results.Merge(path("all.parquet"),
		results.Case{Name: "first", File: path("run.parquet")}, results.Case{Name: "second", File: path("second.parquet")}))
	return folder, region, found
}

// recipe runs a query of the guide.
func recipe(t *testing.T, folder, name string) [][]string {
	t.Helper()
	sql, err := os.ReadFile(filepath.Join("results", name))
	require.NoError(t, err)
	rows := testduckdb.Query(t, folder, string(sql))
	require.Greater(t, len(rows), 1, "%s has no rows", name)
	return rows[1:]
}

func value(t *testing.T, text string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	return x
}

// store returns the energy of the store S by scenario and step.
func store(t *testing.T, res *trigrid.Result) [][]float64 {
	t.Helper()
	for _, plan := range res.Plans {
		for _, m := range plan.Members {
			if m.DER.Name() != "S" {
				continue
			}
			var out [][]float64
			for s := range m.Schedule.Realised {
				out = append(out, m.Schedule.Realised[s].Trace("energy"))
			}
			return out
		}
	}
	t.Fatal("the store is outside")
	return nil
}

// checkMoney compares rows of DER, item and currency with the result, to the
// cent.
func checkMoney(t *testing.T, rows [][]string, res *trigrid.Result) {
	t.Helper()
	sum := map[string]float64{}
	for _, row := range rows {
		sum[row[0]] += value(t, row[2])
		for _, d := range res.DERs {
			if amount, ok := d.Payments[row[1]]; ok && d.Name == row[0] {
				assert.InDelta(t, amount, value(t, row[2]), 0.005, "%v", row)
			}
		}
	}
	require.Len(t, sum, len(res.DERs))
	for _, d := range res.DERs {
		assert.InDelta(t, d.Revenue, sum[d.Name], 0.005, d.Name)
	}
}

func TestDuckDBRecipes(t *testing.T) {
	folder, region, found := runs(t)
	res, set := found[0], region.Setting.Set
	energy := store(t, res)

	states := map[string]string{}
	for _, row := range recipe(t, folder, "one_der.sql") {
		states[row[0]+" "+row[1]] = row[2]
	}
	assert.Equal(t, energy[2][3], value(t, states["state energy"]))
	assert.Contains(t, states, "port injected")
	assert.Contains(t, states, "money wear")

	checkMoney(t, recipe(t, folder, "money.sql"), res)

	wide := recipe(t, folder, "wide.sql")
	require.Len(t, wide, set.Steps())
	for step, row := range wide {
		assert.Equal(t, set.Grid().Time(step).Format(time.RFC3339), row[0])
		for s := range set.Len() {
			assert.Equal(t, energy[s][step], value(t, row[1+s]))
		}
	}

	balance := recipe(t, folder, "balance.sql")
	require.Len(t, balance, set.Len()*set.Steps())
	for _, row := range balance {
		assert.InDelta(t, 0, value(t, row[2]), 1e-9, "%v", row)
	}

	prices := recipe(t, folder, "prices.sql")
	require.Len(t, prices, len(region.VPPs)*set.Len()*set.Steps())
	assert.Equal(t, []string{"north", "0", "2020-04-15T06:00:00Z"}, prices[0][:3])
	assert.Equal(t, res.Plans[0].Prices[0][0], value(t, prices[0][3]))
	assert.InDelta(t, 470, value(t, prices[0][4]), 1e-9, "the price of the case")

	for _, row := range recipe(t, folder, "cases.sql") {
		for i, d := range res.DERs {
			if d.Name == row[0] {
				assert.Equal(t, d.Payoff, value(t, row[1]))
				assert.Equal(t, found[1].DERs[i].Payoff, value(t, row[2]))
				assert.InDelta(t, found[1].DERs[i].Payoff-d.Payoff, value(t, row[3]), 1e-9)
			}
		}
	}
}

// The recipe of pandas runs with the first Python that has it.
func TestPandasRecipe(t *testing.T) {
	python := ""
	for _, candidate := range []string{"python3", "/usr/bin/python3"} {
		if path, err := exec.LookPath(candidate); err == nil && exec.CommandContext(t.Context(), path, "-c", "import pandas").Run() == nil {
			python = path
			break
		}
	}
	if python == "" {
		t.Skip("needs Python with pandas; apt-get install python3-pandas installs one")
	}
	folder, region, found := runs(t)
	program, err := filepath.Abs(filepath.Join("results", "money.py"))
	require.NoError(t, err)
	run := exec.CommandContext(t.Context(), python, program)
	run.Dir = folder
	out, err := run.CombinedOutput()
	require.NoError(t, err, "%s", out)
	read := func(name string) [][]string {
		file, err := os.Open(filepath.Join(folder, name))
		require.NoError(t, err)
		defer file.Close()
		rows, err := csv.NewReader(file).ReadAll()
		require.NoError(t, err)
		return rows[1:]
	}
	checkMoney(t, read("money.csv"), found[0])
	energy, rows := store(t, found[0]), read("energy.csv")
	require.Len(t, rows, region.Setting.Set.Steps())
	for step, row := range rows {
		for s := range energy {
			assert.InDelta(t, energy[s][step], value(t, row[1+s]), 1e-12)
		}
	}
}

// The functions of the guide read a run, check it and return its DERs.
func TestRunsAreReadBack(t *testing.T) {
	folder, region, found := runs(t)
	for _, name := range []string{"run.parquet", "run.csv"} {
		ders, err := checked(filepath.Join(folder, name), region)
		require.NoError(t, err)
		require.Len(t, ders, len(region.DERs))
		assert.InDelta(t, found[0].DERs[0].Revenue, ders[0].Revenue, 1e-9)
	}
	region.VPPs = append([]vpp.VPP{}, region.VPPs...)
	region.VPPs[0].Demand = "" // then the deliveries do not follow from the data
	_, err := checked(filepath.Join(folder, "run.parquet"), region)
	require.ErrorContains(t, err, `the data of VPP "north" differ from those of the run`)
	other, err := results.ReadOther(filepath.Join(folder, "run.parquet"), region)
	require.NoError(t, err)
	require.ErrorContains(t, other.Plans[0].Verify(0), "delivered power")
}
