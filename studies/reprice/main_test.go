package main

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/unitcommitment"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp/highs"
)

func TestMain(m *testing.M) { testsolver.Main(m, "") }

var instances = filepath.Join("..", "..", "der", "unitcommitment", "testdata")

// solved returns an instance as this program reads it, with the schedule and
// the cost of the library.
func solved(t *testing.T, file string, options unitcommitment.Options, gap float64) (*instance, map[string]*run, float64) {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	system, err := unitcommitment.Read(f, options)
	require.NoError(t, err)
	program, err := system.Formulate()
	require.NoError(t, err)
	solution, err := highs.Solver{Gap: gap}.Solve(t.Context(), program.Model)
	testsolver.Skip(t, err)
	require.NoError(t, err)
	require.NoError(t, solution.Err())
	name := filepath.Join(t.TempDir(), "schedule.csv")
	out, err := os.Create(name)
	require.NoError(t, err)
	require.NoError(t, program.WriteCSV(out, solution.Values, 0))
	require.NoError(t, out.Close())

	inst, err := readInstance(file, nil)
	require.NoError(t, err)
	plan, err := readSchedule(name, inst.steps)
	require.NoError(t, err)
	return inst, plan, solution.Objective
}

func TestRepricedScheduleCostsWhatWasReported(t *testing.T) {
	files := []string{filepath.Join(instances, "pglib.json"), filepath.Join(instances, "egret.json")}
	folder := os.Getenv("TRIGRID_DATA")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "data")
	}
	published := filepath.Join(folder, "uc", "egret_test_case_2.json")
	if _, err := os.Stat(published); err == nil {
		files = append(files, published)
	} else {
		t.Log("without the published instances, set TRIGRID_DATA to the folder that holds uc/*.json: ", err)
	}
	for _, file := range files {
		for _, f := range []der.Formulation{der.Tight, der.Plain, der.PGLib, der.EgretTight} {
			if file == published && f != der.Tight {
				continue
			}
			inst, plan, cost := solved(t, file, unitcommitment.Options{Formulation: f}, 1e-2)
			bill, broken := audit(inst, plan, 1e-5)
			assert.Empty(t, broken, "%s, %v", file, f)
			assert.InDelta(t, cost, bill.total(), 1e-7*cost, "%s, %v", file, f)
		}
	}
}

// Each planted mistake must be listed as a broken rule or change the cost.
func TestMutationsOfAScheduleAreCaught(t *testing.T) {
	inst, plan, cost := solved(t, filepath.Join(instances, "pglib.json"), unitcommitment.Options{}, highs.Exact)
	for _, c := range []struct {
		name   string
		plant  func(*instance, map[string]*run)
		broken string
	}{
		{"output above the maximum", func(_ *instance, p map[string]*run) { p["base"].output[5] += 500 }, "base, step 5"},
		{"output below the minimum", func(_ *instance, p map[string]*run) { p["base"].output[2] = 59 }, "base, step 2"},
		{"negative reserve", func(_ *instance, p map[string]*run) { p["base"].reserve[2] = -1 }, "reserve -1"},
		{"reserve beyond the maximum", func(_ *instance, p map[string]*run) { p["base"].reserve[5] += 300 }, "base, step 5"},
		{"output while off", func(_ *instance, p map[string]*run) { p["peak"].output[0], p["peak"].on[0] = 15, false }, "off with 15"},
		{"ramp up", func(i *instance, _ map[string]*run) { i.thermal["base"].rampUp = 1 }, "rises"},
		{"ramp down", func(i *instance, _ map[string]*run) { i.thermal["base"].rampDown = 1 }, "falls"},
		{"ramp from before the horizon", func(i *instance, _ map[string]*run) { i.thermal["base"].before = 1000 }, "base, step 0: falls"},
		{"first step on", func(i *instance, _ map[string]*run) { i.thermal["peak"].start = 9 }, "peak, step 4: starts"},
		{"last step on", func(i *instance, _ map[string]*run) { i.thermal["middle"].stop = 20 }, "want at most 20"},
		{"stop at once from a high output", func(i *instance, p map[string]*run) {
			i.thermal["middle"].before = 80
			for t := range p["middle"].on {
				p["middle"].on[t], p["middle"].output[t], p["middle"].reserve[t] = false, 0, 0
			}
		}, "middle, step 0: stops from 80"},
		{"minimum up time", func(i *instance, _ map[string]*run) { i.thermal["peak"].minUp = 7 }, "on, want at least 7"},
		{"minimum down time", func(i *instance, _ map[string]*run) { i.thermal["peak"].minDown = 9 }, "off, want at least 9"},
		{"must run", func(i *instance, _ map[string]*run) { i.thermal["peak"].mustRun = true }, "must run"},
		{"demand", func(i *instance, _ map[string]*run) { i.demand[3]++ }, "step 3: supply"},
		{"reserve requirement", func(i *instance, _ map[string]*run) { i.reserve[3] += 500 }, "step 3: reserve"},
		{"more wind than blows", func(i *instance, _ map[string]*run) { i.renewable["wind"].most[4] = 0 }, "wind, step 4"},
		{"less than the river brings", func(_ *instance, p map[string]*run) { p["river"].output[1] = 7 }, "river, step 1"},
		{"a step missing", func(_ *instance, p map[string]*run) { p["base"].seen[2] = false }, "base: steps are missing"},
		{"a unit missing", func(_ *instance, p map[string]*run) { delete(p, "wind") }, "wind: steps are missing"},
		{"a unit too many", func(_ *instance, p map[string]*run) { p["ghost"] = p["wind"] }, "ghost is not a unit"},
		{"price of production", func(i *instance, _ map[string]*run) { i.thermal["base"].points[0][1]++ }, ""},
		{"price of a start", func(i *instance, _ map[string]*run) { i.thermal["peak"].startCosts[0]++ }, ""},
		{"price of a stop", func(i *instance, _ map[string]*run) {
			for _, u := range i.thermal {
				u.stopCost = 1
			}
		}, ""},
		{"length of a step", func(i *instance, _ map[string]*run) { i.hours = 0.5 }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			badInstance, badPlan := clone(inst, plan)
			c.plant(badInstance, badPlan)
			bill, broken := audit(badInstance, badPlan, 1e-5)
			if c.broken == "" {
				assert.Empty(t, broken)
				assert.Greater(t, math.Abs(bill.total()-cost), 0.5)
				return
			}
			assert.Contains(t, strings.Join(broken, "\n"), c.broken)
		})
	}
	_, broken := audit(inst, plan, 1e-5)
	require.Empty(t, broken, "the original is untouched")
}

// An Egret file prices a shortage of energy and of reserve.
func TestSlackIsPriced(t *testing.T) {
	inst, plan, cost := solved(t, filepath.Join(instances, "egret.json"), unitcommitment.Options{}, highs.Exact)
	inst.demand[1] += 3
	held := 0.0
	for _, r := range plan {
		held += r.reserve[4]
	}
	inst.reserve[4] = held + 2
	bill, broken := audit(inst, plan, 1e-5)
	assert.Empty(t, broken)
	assert.InDelta(t, cost+3*1e5+2*5e4, bill.total(), 1e-3)
}

func clone(inst *instance, plan map[string]*run) (*instance, map[string]*run) {
	i := *inst
	i.demand, i.reserve = slices.Clone(inst.demand), slices.Clone(inst.reserve)
	i.thermal, i.renewable = maps.Clone(inst.thermal), maps.Clone(inst.renewable)
	for name, u := range i.thermal {
		c := *u
		c.points, c.startCosts = slices.Clone(u.points), slices.Clone(u.startCosts)
		i.thermal[name] = &c
	}
	for name, w := range i.renewable {
		i.renewable[name] = &band{slices.Clone(w.least), slices.Clone(w.most)}
	}
	p := maps.Clone(plan)
	for name, r := range p {
		p[name] = &run{slices.Clone(r.on), slices.Clone(r.output), slices.Clone(r.reserve), slices.Clone(r.seen)}
	}
	return &i, p
}

func TestTheProgramListsBrokenRules(t *testing.T) {
	file := filepath.Join(instances, "pglib.json")
	_, plan, cost := solved(t, file, unitcommitment.Options{}, highs.Exact)
	write := func() string {
		var text strings.Builder
		text.WriteString("unit,step,on,output_mw,reserve_mw\n")
		for name, r := range plan {
			for s, on := range r.on {
				fmt.Fprintf(&text, "%s,%d,%d,%v,%v\n", name, s, map[bool]int{true: 1}[on], r.output[s], r.reserve[s])
			}
		}
		name := filepath.Join(t.TempDir(), "schedule.csv")
		require.NoError(t, os.WriteFile(name, []byte(text.String()), 0o600))
		return name
	}
	var out, problems strings.Builder
	require.NoError(t, reprice(t.Context(), []string{"-in", file, "-schedule", write()}, &out, &problems))
	assert.Contains(t, out.String(), fmt.Sprintf("cost       %.2f", cost))
	assert.Contains(t, out.String(), "every rule is kept")
	out.Reset()
	plan["base"].output[5] += 500
	assert.ErrorContains(t, reprice(t.Context(), []string{"-in", file, "-schedule", write()}, &out, &problems), "rules broken: ")
	assert.Contains(t, out.String(), "broken: base, step 5")
	assert.NotContains(t, out.String(), "every rule is kept")

	err := reprice(t.Context(), []string{"-tol", "-1"}, &out, &problems)
	for _, missing := range []string{"use -in FILE", "use -schedule FILE", "-tol is -1"} {
		assert.ErrorContains(t, err, missing)
	}
}

func TestInvalidInstancesAreRejected(t *testing.T) {
	for text, want := range map[string]string{
		`{`: "unexpected end",
		`{"time_periods": 3, "demand": [1, 2], "renewable_generators": {"w": {"power_output_minimum": [0, 0, 0], "power_output_maximum": [1]}}}`:  "the demand has 2 values, want one for each of 3 steps\nthe upper limit of w has 1",
		`{"time_periods": 1, "demand": [1], "thermal_generators": {"g": {}}}`:                                                                     "unit g has no production cost",
		`{"system": {"time_keys": ["1"]}, "elements": {}}`:                                                                                        "1 steps of 0 h",
		`{"system": {"time_keys": ["1", "2"], "time_period_length_minutes": 60}, "elements": {"load": {"l": {"p_load": {"values": [1, 2, 3]}}}}}`: "$.elements.load.l.p_load: has 3 values",
	} {
		name := filepath.Join(t.TempDir(), "instance.json")
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		_, err := readInstance(name, nil)
		assert.ErrorContains(t, err, want)
		assert.ErrorContains(t, err, name)
	}
}
