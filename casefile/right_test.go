package casefile_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// smallCase returns the document of a case with one VPP, one scenario and hourly steps. Members of
// over replace members of the same name.
func smallCase(t *testing.T, over string) map[string]any {
	t.Helper()
	var doc, more map[string]any
	require.NoError(t, json.Unmarshal([]byte(`{
		"name": "small", "grid": {"start": "2031-03-10T00:00", "steps": 4, "step_hours": 1},
		"scenarios": {"probabilities": [1], "series": [{"name": "town", "paths_mw": [[2, 2, 2, 2]]}, {"name": "gust", "paths_mw": [[6, 6, 6, 6]]}, {"name": "shop", "paths_mw": [[2, 2, 2, 2]]}]},
		"weights": {"economic": 1, "risk": 0, "environment": 0}, "risk": {"confidence": 0.8},
		"markets": {"electricity": {"buy_per_mwh": [90, 90, 90, 90], "sell_per_mwh": [30, 30, 30, 30]}},
		"vpps": [{"name": "Hill", "risk_aversion": 0, "pass_through": 1, "tariff": {}}],
		"ders": [{"kind": "wind", "name": "Ridge", "capacity_mw": 9, "available": "gust"}]
	}`), &doc))
	require.NoError(t, json.Unmarshal([]byte(over), &more))
	for key, v := range more {
		doc[key] = v
	}
	return doc
}

// coalition returns the plan of the named members of a document's region in its first VPP.
func coalition(t *testing.T, doc map[string]any, names ...string) (*vpp.Plan, error) {
	t.Helper()
	r, err := regionOf(t, doc)
	require.NoError(t, err)
	return planned(t, r, names...)
}

func planned(t *testing.T, r trigrid.Region, names ...string) (*vpp.Plan, error) {
	t.Helper()
	p := vpp.Problem{VPP: r.VPPs[0], Setting: r.Setting}
	for _, d := range r.DERs {
		if slices.Contains(names, d.Name()) {
			p.Members = append(p.Members, d)
		}
	}
	require.Len(t, p.Members, len(names))
	plan, err := p.Solve(t.Context(), testsolver.New(t))
	testsolver.Skip(t, err)
	return plan, err
}

// Keys at 0, calculated by hand. The town and the shop draw 2 MW in four hours.
func TestRightZerosOfCases(t *testing.T) {
	const (
		town  = `"vpps": [{"name": "Hill", "demand": "town", "risk_aversion": 0, "pass_through": 1, "tariff": {}%LIMIT%}]`
		peak  = `"markets": {"electricity": {"buy_per_mwh": [400, 15, 15, 15], "sell_per_mwh": [5, 5, 5, 5]}}`
		cell  = `"markets": {"electricity": {"buy_per_mwh": [10, 100, 10, 100], "sell_per_mwh": [9, 90, 9, 90]}}`
		swing = `"markets": {"electricity": {"buy_per_mwh": [95, 12, 95, 12], "sell_per_mwh": [85, 0, 85, 0]}}`
		stack = `{"kind": "thermal", "name": "Stack", "min_output_mw": 0, "max_output_mw": 8, "linear_cost_per_mwh": 40,
			"before": {"on": true, "hours": 9, "output_mw": 3}, "ramp_up_mw_per_h": 0, "ramp_down_mw_per_h": 0`
		shop = `{"kind": "demand_response", "name": "Shop", "load": "shop", "rebound": "free"`
	)
	all := -2.0 * (400 + 15 + 15 + 15) // nothing is reduced
	for _, c := range []struct {
		key, source string
		doc         string
		members     []string
		want        float64
	}{
		{"import_limit_mw", "4 MW are sold for 4 h at 30", `{` + limited(town, `, "import_limit_mw": 0`) + `}`, []string{"Ridge"}, 480},
		{"export_limit_mw", "nothing is sold", `{` + limited(town, `, "export_limit_mw": 0`) + `}`, []string{"Ridge"}, 0},
		{
			"ramps, no stop from 3 MW", "3 MW in each hour: 2 sold at 85 and 0; 2 x (170 - 120) - 2 x 120",
			`{` + limited(town, "") + `, ` + swing + `, "scenarios": ` + oneTown + `, "ders": [` + stack + `}]}`,
			[]string{"Stack"},
			-140,
		},
		{
			"ramps, stop from 8 MW", "3 MW for three hours, then 1 MW is bought: 50 - 120 + 50 - 12",
			`{` + limited(town, "") + `, ` + swing + `, "scenarios": ` + oneTown + `, "ders": [` + stack + `, "stop_output_mw": 8}]}`,
			[]string{"Stack"},
			-32,
		},
		{"max_reduction_mw", "no reduction", `{` + peak + `, "ders": [` + shop + `, "max_reduction_mw": 0}]}`, []string{"Shop"}, all},
		{"max_rebound_mw", "no rebound, so no reduction", `{` + peak + `, "ders": [` + shop + `, "max_reduction_mw": 2, "max_rebound_mw": 0}]}`, []string{"Shop"}, all},
		{"max_hours", "no hour of reduction", `{` + peak + `, "ders": [` + shop + `, "max_reduction_mw": 2, "max_hours": 0}]}`, []string{"Shop"}, all},
		{"max_reduction_share", "no reduction", `{` + peak + `, "ders": [` + shop + `, "max_reduction_share": 0}]}`, []string{"Shop"}, all},
		{"calls.max", "no call", `{` + peak + `, "ders": [` + shop + `, "max_reduction_mw": 2, "calls": {"max": 0}}]}`, []string{"Shop"}, all},
		{"rebound_ratio", "all is reduced and nothing comes back", `{` + peak + `, "ders": [` + shop + `, "max_reduction_mw": 2, "rebound_ratio": 0}]}`, []string{"Shop"}, 0},
		{
			"starts_per_day", "no run begins", `{` + cell + `, "ders": [{"kind": "storage", "name": "Cell", "charge_mw": 1, "discharge_mw": 1, "energy_mwh": 2,
			"initial_mwh": 0, "charge_efficiency": 1, "discharge_efficiency": 1, "starts_per_day": 0}]}`, []string{"Cell"}, 0,
		},
	} {
		plan, err := coalition(t, smallCase(t, c.doc), c.members...)
		require.NoError(t, err, c.key)
		t.Logf("%s at 0 | %v | by hand: %s | %v", c.key, c.want, c.source, plan.Value.Objective)
		assert.InDelta(t, c.want, plan.Value.Objective, 1e-6, c.key)
	}
	// 2 MW of demand and no purchase.
	_, err := coalition(t, smallCase(t, `{`+limited(town, `, "import_limit_mw": 0`)+`}`))
	require.ErrorIs(t, err, milp.ErrInfeasible)
	t.Logf("import_limit_mw at 0 without wind | infeasible | by hand: a demand of 2 MW and no supply | %v", err)
	assert.ErrorContains(t, err, "Hill")
}

// A probability of 0 is one violation, and no follow-up about its paths.
func TestRightProbabilityOfZeroIsOneError(t *testing.T) {
	doc := smallCase(t, `{"scenarios": {"probabilities": [1, 0], "series": [
		{"name": "town", "paths_mw": [[2, 2, 2, 2], [2, 2, 2, 2]]}, {"name": "gust", "paths_mw": [[6, 6, 6, 6], [6, 6, 6, 6]]}]}}`)
	_, err := regionOf(t, doc)
	require.Error(t, err)
	t.Logf("probabilities 1 and 0 | one violation | a scenario of probability 0 is left out | %v", err)
	assert.Equal(t, "x.json:\n$.scenarios.probabilities[1]: is 0, want a probability above 0 and up to 1; leave out a scenario of probability 0", err.Error())
}

// A shop draws 2 MW in hours at 400, 15, 15 and 15 per MWh. With a rebound of ratio κ, which needs an hour
// without a reduction, it reduces 2 MW in three hours and draws 2 MW and 6 κ MWh in the fourth. A ratio
// that a solver would ignore is refused.
func TestRightTinyRebound(t *testing.T) {
	for _, ratio := range []float64{1e-4, 1e-6, 1e-7, 1e-8, 1e-9, 1e-12, 1e-15} {
		for _, rebound := range []string{"free", "deferred"} {
			doc := smallCase(t, fmt.Sprintf(`{"markets": {"electricity": {"buy_per_mwh": [400, 15, 15, 15], "sell_per_mwh": [5, 5, 5, 5]}},
				"ders": [{"kind": "demand_response", "name": "Shop", "load": "shop", "rebound": %q, "max_reduction_mw": 2, "rebound_ratio": %v}]}`, rebound, ratio))
			want := -15 * (2 + 6*ratio)
			if ratio < 1e-9 {
				_, err := regionOf(t, doc)
				t.Logf("%s rebound of ratio %v | refused | a solver ignores it, and 0 has another optimum | %v", rebound, ratio, err)
				assert.ErrorContains(t, err, "$.ders[0].rebound_ratio: is ")
				continue
			}
			plan, err := coalition(t, doc, "Shop")
			require.NoError(t, err)
			t.Logf("%s rebound of ratio %v | %v | by hand: 15 x (2 + 6 κ) in the hour of the rebound | %v", rebound, ratio, want, plan.Value.Objective)
			assert.InDelta(t, want, plan.Value.Objective, 1e-4)
		}
	}
}

// A wind farm sells the mean of its forecast on steps of every length: rows of other steps are
// averaged or held, never laid over the steps one by one.
func TestRightSeriesOfOtherSteps(t *testing.T) {
	var hourly, quarters strings.Builder
	hourly.WriteString("time,ahead\n")
	quarters.WriteString("time,ahead\n")
	start := time.Date(2031, 3, 8, 0, 0, 0, 0, time.UTC)
	for h := range 8 * 24 {
		at := start.Add(time.Duration(h) * time.Hour)
		mw := float64(4 + h%24)
		fmt.Fprintf(&hourly, "%s,%v\n", at.Format("2006-01-02T15:04"), mw)
		for q, more := range []float64{-0.3, 0.1, 0.4, -0.2} { // 0 on average
			fmt.Fprintf(&quarters, "%s,%v\n", at.Add(time.Duration(q)*15*time.Minute).Format("2006-01-02T15:04"), mw+more)
		}
	}
	for name, text := range map[string]string{"hours": hourly.String(), "quarter-hours": quarters.String()} {
		table, err := scenario.ReadCSV(strings.NewReader(text), scenario.CSVOptions{})
		require.NoError(t, err)
		for _, hours := range []float64{2, 1, 0.5, 0.25, 1.0 / 3, 0.3333, 1.0 / 12} {
			steps := int(math.Round(24 / hours))
			if name == "quarter-hours" && steps == 72 {
				continue // 15 and 20 minutes are no multiples of each other
			}
			doc := smallCase(t, fmt.Sprintf(`{"grid": {"start": "2031-03-10T00:00", "steps": %d, "step_hours": %v},
				"scenarios": {"samples": 20, "keep": 1, "series": [{"name": "gust", "capacity_mw": 90, "error_sigma": 0, "forecast_mw": %s, "measured": {"forecast_column": "ahead"}}]},
				"markets": {"electricity": {"buy_per_mwh": %s, "sell_per_mwh": %s}},
				"ders": [{"kind": "wind", "name": "Ridge", "capacity_mw": 90, "available": "gust"}]}`,
				steps, hours, list(0, steps), list(90, steps), list(30, steps)))
			text, err := json.Marshal(doc)
			require.NoError(t, err)
			c, err := casefile.Load(fstest.MapFS{"x.json": {Data: text}}, "x.json")
			require.NoError(t, err)
			r, err := c.Region(t.Context(), casefile.Options{Series: table})
			require.NoError(t, err)
			plan, err := planned(t, r, "Ridge")
			require.NoError(t, err)
			t.Logf("%s on steps of %v h | 11160 | by hand: 4, 5, …, 27 MW, 24 h x 15.5 MW x 30 | %v", name, hours, plan.Value.Objective)
			assert.InDelta(t, 11160, plan.Value.Objective, 1e-6)
		}
		doc := smallCase(t, `{"grid": {"start": "2031-03-10T00:00", "steps": 4, "step_hours": 0.7}, "scenarios": {"samples": 20, "keep": 1, "series":
			[{"name": "gust", "capacity_mw": 90, "error_sigma": 0, "forecast_mw": [1, 1, 1, 1], "measured": {"forecast_column": "ahead"}}]}}`)
		text, err := json.Marshal(doc)
		require.NoError(t, err)
		c, err := casefile.Load(fstest.MapFS{"x.json": {Data: text}}, "x.json")
		require.NoError(t, err)
		_, err = c.Region(t.Context(), casefile.Options{Series: table})
		t.Logf("%s on steps of 0.7 h | refused | no multiple of each other | %v", name, err)
		assert.ErrorContains(t, err, "neither a multiple nor a part of 42m0s")
	}
}

// list returns a JSON list of n equal numbers.
func list(x float64, n int) string {
	return "[" + strings.TrimSuffix(strings.Repeat(fmt.Sprint(x)+",", n), ",") + "]"
}

// The actual value of a wind farm cycles through 50.0, 50.2, 50.4, 50.1 and 50.3 MW, and other tables have
// 90 MW on the planned day or 10 MW later. A plan sees none of it: the 96 hours of the four days before
// are 19 cycles and 50.0 MW, whose mean is (19 · 251 + 50)/96 MW, and the reduction by means keeps it.
// 24 h at 40 per MWh are 48 190. The mean of all 40 days without 90 MW would be 50.2 MW and 48 192.
func TestRightErrorsAreLearnedFromThePast(t *testing.T) {
	write := func(planned, later float64) *scenario.Table {
		var b strings.Builder
		b.WriteString("time,fc,ac\n")
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for h := range 40 * 24 {
			actual := []float64{50, 50.2, 50.4, 50.1, 50.3}[h%5]
			switch day := h / 24; {
			case day == 4 && planned > 0:
				actual = planned
			case day > 4 && later > 0:
				actual = later
			}
			fmt.Fprintf(&b, "%s,50,%v\n", start.Add(time.Duration(h)*time.Hour).Format("2006-01-02T15:04"), actual)
		}
		table, err := scenario.ReadCSV(strings.NewReader(b.String()), scenario.CSVOptions{})
		require.NoError(t, err)
		return table
	}
	doc := smallCase(t, fmt.Sprintf(`{"grid": {"start": "2026-01-05T00:00", "steps": 24}, "seed": 1,
		"scenarios": {"samples": 400, "keep": 20, "series": [{"name": "gust", "capacity_mw": 100, "error_sigma": 0, "forecast_mw": %s,
			"measured": {"forecast_column": "fc", "actual_column": "ac"}}]},
		"markets": {"electricity": {"buy_per_mwh": %s, "sell_per_mwh": %s}},
		"ders": [{"kind": "wind", "name": "Ridge", "capacity_mw": 100, "available": "gust"}]}`, list(0, 24), list(100, 24), list(40, 24)))
	text, err := json.Marshal(doc)
	require.NoError(t, err)
	c, err := casefile.Load(fstest.MapFS{"x.json": {Data: text}}, "x.json")
	require.NoError(t, err)
	value := func(table *scenario.Table, o casefile.Options) (float64, string) {
		o.Series = table
		r, err := c.Region(t.Context(), o)
		require.NoError(t, err)
		plan, err := planned(t, r, "Ridge")
		require.NoError(t, err)
		return plan.Value.Objective, r.Notes[len(r.Notes)-1]
	}
	without, note := value(write(0, 0), casefile.Options{})
	assert.Contains(t, note, "learned from 96 hours, all before the planned day")
	for name, table := range map[string]*scenario.Table{"the planned day": write(90, 0), "later days": write(0, 10), "both": write(90, 10)} {
		got, _ := value(table, casefile.Options{})
		t.Logf("errors learned, other values on %s | 48190 in both | by hand: (19 x 251 + 50)/96 MW x 24 h x 40 | %v and %v", name, got, without)
		assert.InDelta(t, 48190, got, 0.1)
		assert.Equal(t, without, got)
	}
	all, note := value(write(90, 0), casefile.Options{LearnFromAll: true})
	t.Logf("the same with LearnFromAll | above 48192 | the planned day is among the 40 | %v", all)
	assert.Greater(t, all, 48500.0)
	assert.Contains(t, note, "learned from all 960 hours of the series, the planned day and later ones included")
	// Two days are no history.
	_, err = c.Region(t.Context(), casefile.Options{Series: write(0, 0), Start: time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)})
	assert.ErrorContains(t, err, "2 periods of 24 steps before 2026-01-03 to learn errors from, want at least 3")
}

// Errors with a standard deviation of 1.5 times the forecast. Samples stay between 0 and the capacity of
// the series, or of the DER that feeds it in, for every kind that reads a series.
func TestRightSamplesStayInTheirRange(t *testing.T) {
	doc := smallCase(t, `{"scenarios": {"samples": 400, "keep": 100, "series": [
			{"name": "gust", "error_sigma": 1.5, "forecast_mw": [4, 4, 4, 4]}, {"name": "sun", "error_sigma": 1.5, "capacity_mw": 12, "forecast_mw": [4, 4, 4, 0]},
			{"name": "town", "error_sigma": 1.5, "forecast_mw": [2, 2, 2, 2]}, {"name": "shop", "error_sigma": 2, "forecast_mw": [2, 2, 2, 2]},
			{"name": "heat", "error_sigma": 1, "forecast_mw": [2, 2, 2, 2]}, {"name": "bus", "error_sigma": 0.8, "forecast_mw": [2, 2, 2, 2]},
			{"name": "tube", "error_sigma": 1, "forecast_mw": [2, 2, 2, 2], "capacity_mw": 5}]},
		"vpps": [{"name": "Hill", "demand": "town", "risk_aversion": 0, "pass_through": 1, "tariff": {}}],
		"ders": [{"kind": "wind", "name": "Ridge", "capacity_mw": 9, "available": "gust"}, {"kind": "wind", "name": "Dale", "capacity_mw": 10, "available": "gust"},
			{"kind": "pv", "name": "Roof", "capacity_mw": 7, "available": "sun"}, {"kind": "demand_response", "name": "Shop", "load": "shop"},
			{"kind": "load", "name": "Heat", "carrier": "heat", "demand": "heat", "sheddable_share": 1}, {"kind": "load", "name": "Tube", "demand": "tube"},
			{"kind": "transferable_load", "name": "Bus", "load": "bus", "max_mw": 90}]}`)
	r, err := regionOf(t, doc)
	require.NoError(t, err)
	limits := map[string]float64{"gust": 9, "sun": 7, "tube": 5}
	for _, name := range []string{"gust", "sun", "town", "shop", "heat", "bus", "tube"} {
		for _, set := range []*scenario.Set{r.Sample, r.Setting.Set} {
			lowest, highest := math.Inf(1), 0.0
			for s := range set.Len() {
				lowest, highest = min(lowest, slices.Min(set.Path(name, s))), max(highest, slices.Max(set.Path(name, s)))
			}
			limit, ok := limits[name]
			if !ok {
				limit = math.Inf(1)
			}
			t.Logf("series %s with errors of 80 to 200 %% | within [0, %v] MW | no power is negative or above the capacity | [%.3f, %.3f]", name, limit, lowest, highest)
			assert.GreaterOrEqual(t, lowest, 0.0, name)
			assert.LessOrEqual(t, highest, limit, name)
			assert.Greater(t, highest, 4.0, name)
		}
	}
	// Stated paths are not changed. A demand below 0 is refused with its path, as a series of a DER is.
	for _, c := range []struct{ series, want string }{
		{`{"name": "town", "paths_mw": [[2, -0.5, 2, 2]]}, {"name": "gust", "paths_mw": [[6, 6, 6, 6]]}`, `$.vpps[0].demand: is "town", which is -0.5 MW in scenario 0; want a demand of at least 0 MW`},
		{`{"name": "town", "paths_mw": [[2, 2, 2, 2]]}, {"name": "gust", "paths_mw": [[6, 6, -6, 6]]}`, `$.ders[0].available: series "gust" is -6 in scenario 0, step 2`},
	} {
		_, err := regionOf(t, smallCase(t, `{"scenarios": {"probabilities": [1], "series": [`+c.series+`]},
			"vpps": [{"name": "Hill", "demand": "town", "risk_aversion": 0, "pass_through": 1, "tariff": {}}]}`))
		t.Logf("%s | refused with the path | power below 0 | %v", c.series, err)
		require.ErrorContains(t, err, c.want)
	}
}

const oneTown = `{"probabilities": [1], "series": [{"name": "town", "paths_mw": [[1, 1, 1, 1]]}]}`

func limited(town, limit string) string { return strings.Replace(town, "%LIMIT%", limit, 1) }
