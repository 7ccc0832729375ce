package casefile_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/internal/cmd/differential/draw"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/scenario/tables"
	"github.com/trigrid/trigrid/vpp"
)

// regionFrom returns the region of a document.
func regionFrom(t *testing.T, doc map[string]any) trigrid.Region {
	t.Helper()
	r, err := tryRegion(t, doc)
	require.NoError(t, err)
	return r
}

func tryRegion(t *testing.T, doc map[string]any) (trigrid.Region, error) {
	t.Helper()
	text, err := json.Marshal(doc)
	require.NoError(t, err)
	c, err := casefile.Load(fstest.MapFS{"case.json": {Data: text}}, "case.json")
	if err != nil {
		return trigrid.Region{}, err
	}
	return c.Region(t.Context(), casefile.Options{})
}

// document returns the document of a case file.
func document(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var doc map[string]any
	require.NoError(t, json.Unmarshal(text, &doc))
	return doc
}

// allKindsOnUnequalSteps is testdata/allkinds.json on steps of 7 to 60 minutes
// from 06:53 on.
func allKindsOnUnequalSteps(t *testing.T) map[string]any {
	t.Helper()
	text, err := os.ReadFile("testdata/allkinds.json")
	require.NoError(t, err)
	doc := document(t, text)
	doc["grid"] = map[string]any{"start": "2020-01-15T06:53", "steps": 6, "step_hours": []float64{0.1167, 0.25, 0.25, 0.5, 1, 1}}
	for _, v := range doc["vpps"].([]any) {
		if v := v.(map[string]any); v["free_allocation_t_per_step"] != nil {
			v["free_allocation_t_per_step"] = []float64{0.06, 0.12, 0.12, 0.25, 0.5, 0.5}
		}
	}
	for _, d := range doc["ders"].([]any) {
		if d := d.(map[string]any); d["kind"] == "shiftable_load" {
			d["profile_hours"], d["usual_h"], d["from_h"], d["to_h"] = 0.25, 0.1167, 0.1167, 3
		}
	}
	return doc
}

// A list of equal lengths is the one length: all kinds and random cases have
// the same programs to the last bit.
func TestEqualLengthsInAListChangeNothing(t *testing.T) {
	text, err := os.ReadFile("testdata/allkinds.json")
	require.NoError(t, err)
	cases := [][]byte{text}
	for seed := range uint64(60) {
		cases = append(cases, draw.Case(seed))
	}
	programs := 0
	for i, text := range cases {
		stated, listed := document(t, text), document(t, text)
		grid := listed["grid"].(map[string]any)
		hours := 1.0
		if h, ok := grid["step_hours"].(float64); ok {
			hours = h
		}
		grid["step_hours"] = slices.Repeat([]float64{hours}, int(grid["steps"].(float64)))
		a, b := regionFrom(t, stated), regionFrom(t, listed)
		assert.Equal(t, a.Setting, b.Setting, "case %d", i)
		for v := range a.VPPs {
			digest := func(r trigrid.Region) [32]byte {
				x, err := vpp.Problem{VPP: r.VPPs[v], Members: r.DERs, Setting: r.Setting}.Formulate()
				require.NoError(t, err, "case %d", i)
				return x.Model.Digest()
			}
			assert.Equal(t, digest(a), digest(b), "case %d", i)
			programs++
		}
	}
	t.Logf("%d programs of %d cases are equal to the last bit", programs, len(cases))
}

// Whole runs on a list of equal lengths have the bytes of those on one length.
func TestRunsOnAListOfEqualLengthsAreEqual(t *testing.T) {
	run := func(hours any) []byte {
		doc := smallCase(t, `{"ders": [
			{"kind": "wind", "name": "Ridge", "capacity_mw": 9, "available": "gust"},
			{"kind": "storage", "name": "Box", "charge_mw": 1, "discharge_mw": 1, "energy_mwh": 2, "initial_mwh": 0, "charge_efficiency": 0.9, "discharge_efficiency": 0.9}]}`)
		doc["grid"] = map[string]any{"start": "2031-03-10T00:00", "steps": 4, "step_hours": hours}
		res, err := trigrid.Run(t.Context(), regionFrom(t, doc), trigrid.Options{Solver: testsolver.New(t)})
		require.NoError(t, err)
		res.Timing = trigrid.Timing{}
		text, err := json.Marshal(res)
		require.NoError(t, err)
		return text
	}
	assert.Equal(t, string(run(0.5)), string(run([]float64{0.5, 0.5, 0.5, 0.5})))
}

// Every kind of DER on steps of 7 to 60 minutes: each alone with the VPP, and
// all together, keep the rules of the audit, which recomputes plans with code
// of its own.
func TestPlansOfAllKindsOnUnequalStepsKeepTheirRules(t *testing.T) {
	r := regionFrom(t, allKindsOnUnequalSteps(t))
	_, equal := r.Setting.Set.Grid().EqualSteps()
	require.False(t, equal)
	require.Equal(t, 7*time.Minute, r.Setting.Set.Grid().Length(0))
	solver := testsolver.New(t)
	for _, v := range r.VPPs {
		plan, err := vpp.Problem{VPP: v, Members: r.DERs, Setting: r.Setting}.Solve(t.Context(), solver)
		require.NoError(t, err)
		require.NoError(t, plan.Verify(1e-5))
		assert.Empty(t, plan.Unaudited())
		// Money by step adds up to the totals.
		for s := range plan.Results {
			sum := 0.0
			for _, item := range plan.MoneyByStep(s) {
				for _, amount := range item.Amounts {
					sum += amount
				}
			}
			x := plan.Results[s]
			assert.InDelta(t, x.Trade-x.Payments-x.Imbalance-x.Carbon-x.Certificate, sum, 1e-6)
		}
		again, err := plan.Recourse(t.Context(), solver, r.Setting.Set)
		require.NoError(t, err)
		assert.InDelta(t, plan.Solution.Objective, again.Solution.Objective, 1e-4*max(1, abs(plan.Solution.Objective)))
	}
}

func abs(x float64) float64 { return max(x, -x) }

// Random cases with random lengths keep the rules of the audit, or are rejected
// for a named reason.
func TestRandomCasesOnUnequalStepsKeepTheirRules(t *testing.T) {
	solver := testsolver.New(t)
	solved, rejected := 0, map[string]int{}
	for seed := range uint64(120) {
		doc := document(t, draw.Case(seed))
		grid := doc["grid"].(map[string]any)
		lengths := make([]float64, int(grid["steps"].(float64)))
		for t := range lengths {
			lengths[t] = []float64{7.0 / 60, 0.25, 0.5, 1}[(int(seed)+t*t)%4]
		}
		lengths[0] = 7.0 / 60
		grid["step_hours"] = lengths
		for _, d := range doc["ders"].([]any) {
			if d := d.(map[string]any); d["kind"] == "shiftable_load" {
				d["profile_hours"] = 0.25
				d["usual_h"] = 0
			}
		}
		r, err := tryRegion(t, doc)
		if err != nil {
			for _, line := range strings.Split(err.Error(), "\n") {
				known := strings.HasSuffix(line, "case.json:")
				for _, reason := range []string{
					"defined for equal steps", "ReboundHours is", "rebound_hours: is", "rebound lasts", "want the beginning of a step", "Window has", "so that the cycle ends",
					"does not fit the grid", "differ in length", "want at least", "want at most", "want a list", "is not a list", "free_allocation", "after the end of the horizon", "have no whole step", "at min_mw take",
				} {
					if strings.Contains(line, reason) {
						known = true
						rejected[reason]++
						break
					}
				}
				require.True(t, known, "seed %d: %s", seed, line)
			}
			continue
		}
		for _, v := range r.VPPs {
			plan, err := vpp.Problem{VPP: v, Members: r.DERs, Setting: r.Setting}.Solve(t.Context(), solver)
			if err != nil {
				rejected["no schedule"]++
				continue
			}
			require.NoError(t, plan.Verify(1e-5), "seed %d", seed)
			solved++
		}
	}
	t.Logf("%d plans keep their rules; rejections by reason: %v", solved, rejected)
	assert.Greater(t, solved, 30)
}

func TestUnequalStepsAreRejectedByNameWhereTheyHaveNoMeaning(t *testing.T) {
	for _, c := range []struct {
		change func(doc map[string]any)
		want   string
	}{
		{func(doc map[string]any) { doc["grid"].(map[string]any)["step_hours"] = []float64{1, 1} }, "$.grid.step_hours: is a list of 2, want a list of 6 numbers, one per step"},
		{func(doc map[string]any) {
			doc["grid"].(map[string]any)["step_hours"] = []float64{1, 1, 1, 1, 1, 1, 1, 1}
		}, "$.grid.step_hours: is a list of 8, want a list of 6 numbers"},
		{func(doc map[string]any) { doc["grid"].(map[string]any)["step_hours"] = []float64{1, 1, 0, 1, 1, 1} }, "$.grid.step_hours[2]: is 0, want"},
		{func(doc map[string]any) {
			doc["vpps"].([]any)[0].(map[string]any)["free_allocation_t_per_step"] = 0.5
		}, "$.vpps[0].free_allocation_t_per_step: is 0.5, want a list of 6 numbers"},
		{func(doc map[string]any) {
			doc["markets"].(map[string]any)["carbon"].(map[string]any)["ladder"].(map[string]any)["settled"] = "hour"
		}, ""},
		{func(doc map[string]any) {
			doc["grid"].(map[string]any)["start"] = "2020-01-15T06:50"
			doc["markets"].(map[string]any)["carbon"].(map[string]any)["ladder"].(map[string]any)["settled"] = "hour"
		}, "$.markets.carbon.ladder.settled: does not fit the grid: calendar: step 1"},
		{func(doc map[string]any) { remove(doc, "shiftable_load", "profile_hours") }, "$.ders[5].profile_hours: is absent, and the steps of the grid differ in length"},
	} {
		doc := allKindsOnUnequalSteps(t)
		c.change(doc)
		_, err := tryRegion(t, doc)
		if c.want == "" {
			assert.NoError(t, err)
			continue
		}
		assert.ErrorContains(t, err, c.want)
	}
}

// remove removes a key of the DERs of a kind.
func remove(doc map[string]any, kind, key string) {
	for _, d := range doc["ders"].([]any) {
		if d := d.(map[string]any); d["kind"] == kind {
			delete(d, key)
		}
	}
}

// Settled by the hour, the ladder of the plan from 06:53 on has the periods
// 06:53 to 07:00, and whole hours: 07:00 to 08:00 is three steps.
func TestLadderOfACaseFollowsTheClock(t *testing.T) {
	doc := allKindsOnUnequalSteps(t)
	doc["markets"].(map[string]any)["carbon"].(map[string]any)["ladder"].(map[string]any)["settled"] = "hour"
	m := regionFrom(t, doc).Setting.Markets.Carbon
	require.Equal(t, 4, m.Periods())
	var spans bytes.Buffer
	for p := range m.Periods() {
		from, to := m.Span(p)
		fmt.Fprint(&spans, from, "-", to, " ")
	}
	assert.Equal(t, "0-1 1-4 4-5 5-6 ", spans.String())
}

// The file has 13 MW from 03:00 and 14 MW from 04:00 in quarter-hours. Half an
// hour from 03:50 has ten minutes of the one and twenty of the other; the
// quarter from 04:20 has 14 MW.
func TestMeasuredForecastsOnUnequalSteps(t *testing.T) {
	files := func(series string) fstest.MapFS {
		fsys := measuredCase(`{"file": "data/wind.csv", "layout": "smard", "gaps": "hold"}`, series)
		text := string(fsys["cases/case.json"].Data)
		text = strings.Replace(text, `"start": "2025-01-02T03:00", "steps": 2`, `"start": "2025-01-02T03:50", "steps": 2, "step_hours": [0.5, 0.25]`, 1)
		fsys["cases/case.json"].Data = []byte(text)
		return fsys
	}
	c, err := casefile.Load(files(`{"name": "wind", "capacity_mw": 40, "error_sigma": 0.0001, "measured": {"forecast_column": "Prognose"}}`), "cases/case.json")
	require.NoError(t, err)
	r, err := c.Region(t.Context(), casefile.Options{})
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{(10*13 + 20*14) / 30.0, 14}, r.Setting.Set.Mean("wind"), 0.01)
	assert.Contains(t, strings.Join(r.Notes, "\n"), "Steps of the series, 15m0s, are resampled to the steps of the grid: power is averaged over time.")

	_, err = casefile.Load(files(learnedWind), "cases/case.json")
	require.ErrorContains(t, err, "$.scenarios.series[0].measured.actual_column: errors are learned per step of equal length; give error_sigma instead")

	// Without a file of its own, the case loads, and series given later are
	// rejected.
	fsys := files(`{"name": "wind", "forecast_mw": 13, "error_sigma": 0.1, "capacity_mw": 40, "measured": {"forecast_column": "Prognose", "actual_column": "Wind Onshore"}}`)
	text := string(fsys["cases/case.json"].Data)
	text = strings.Replace(text, `"measured": {"file": "data/wind.csv", "layout": "smard", "gaps": "hold"}, `, "", 1)
	fsys["cases/case.json"].Data = []byte(text)
	c, err = casefile.Load(fsys, "cases/case.json")
	require.NoError(t, err)
	reading, err := tables.Read(strings.NewReader(windFile()), tables.Layout{Name: "smard", Gaps: tables.Gaps{Fill: tables.Hold}})
	require.NoError(t, err)
	table, err := reading.Table()
	require.NoError(t, err)
	_, err = c.Region(t.Context(), casefile.Options{Series: table})
	assert.ErrorContains(t, err, `series "wind" has an actual_column, and errors are learned per step of equal length; leave out actual_column`)
}
