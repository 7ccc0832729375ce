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

// smallCase returns the document of a case with one VPP, one scenario and
// hourly steps. Members of over replace members of the same name.
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

// coalition returns the plan of the named members of a document's region in its
// first VPP.
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

// A shop draws 2 MW in hours at 400, 15, 15 and 15 per MWh. With a rebound of
// ratio κ, which needs an hour without a reduction, it reduces 2 MW in three
// hours and draws 2 MW and 6 κ MWh in the fourth. A ratio that a solver would
// ignore is refused.
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

// A wind farm sells the mean of its forecast on steps of every length: rows of
// other steps are averaged or held, never laid over the steps one by one.
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

// The actual value of a wind farm cycles through 50.0, 50.2, 50.4, 50.1 and
// 50.3 MW, and other tables have 90 MW on the planned day or 10 MW later. A
// plan sees none of it: the 96 hours of the four days before are 19 cycles and
// 50.0 MW, whose mean is (19 · 251 + 50)/96 MW, and the reduction by means
// keeps it. 24 h at 40 per MWh are 48 190. The mean of all 40 days without 90
// MW would be 50.2 MW and 48 192.
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

// Errors with a standard deviation of 1.5 times the forecast. Samples stay
// between 0 and the capacity of the series, or of the DER that feeds it in, for
// every kind that reads a series.
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
	// Stated paths are not changed. A demand below 0 is refused with its path,
	// as a series of a DER is.
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

// A store of 1 MW buys 1 MWh at 10 and sells it at 90 in the last hour of its
// day: 80. Days of 23 and 25 hours are days, without a time zone at the end of
// the grid and with one on the date on which clocks change. A day has one start
// of charging, and bands of a ladder as wide as one day.
func TestRightDaysOf23And25Hours(t *testing.T) {
	for _, c := range []struct {
		start, zone string
		hours, step float64
		peaks       []int // hours with a high price
		days        int
		want        float64
	}{
		{"2031-03-10T00:00", "", 24, 1, []int{23}, 1, 80},
		{"2031-03-10T00:00", "", 25, 1, []int{24}, 1, 80},
		{"2031-03-10T00:00", "", 23, 1, []int{22}, 1, 80},
		{"2031-03-10T00:00", "", 25, 0.25, []int{24}, 1, 80},
		{"2031-03-10T00:00", "", 49, 1, []int{23, 48}, 2, 160},
		{"2031-03-10T00:00", "", 49, 1, []int{24, 48}, 2, 80}, // the second day begins with the peak of hour 24
		{"2031-03-10T00:00", "", 47, 0.5, []int{23, 46}, 2, 160},
		{"2030-10-27T00:00", "Europe/Berlin", 25, 1, []int{24}, 1, 80},
		{"2030-10-27T00:00", "Europe/Berlin", 49, 1, []int{24, 48}, 2, 160},
		{"2030-03-31T00:00", "Europe/Berlin", 47, 1, []int{22, 46}, 2, 160},
		{"2030-03-30T00:00", "Europe/Berlin", 71, 1, []int{23, 46, 70}, 3, 240},
	} {
		steps := int(math.Round(c.hours / c.step))
		buy, sell := slices.Repeat([]any{10}, steps), slices.Repeat([]any{9}, steps)
		for _, hour := range c.peaks {
			for i := range int(1 / c.step) {
				buy[int(float64(hour)/c.step)+i], sell[int(float64(hour)/c.step)+i] = 100, 90
			}
		}
		doc := smallCase(t, `{"scenarios": {"probabilities": [1], "series": [{"name": "gust", "paths_mw": [`+list(4, steps)+`]}]},
			"ders": [{"kind": "wind", "name": "Ridge", "capacity_mw": 9, "available": "gust"}, {"kind": "storage", "name": "Cell", "charge_mw": 1, "discharge_mw": 1, "energy_mwh": 1,
				"initial_mwh": 0, "charge_efficiency": 1, "discharge_efficiency": 1, "end": "daily", "starts_per_day": 1}]}`)
		doc["markets"] = map[string]any{
			"electricity": map[string]any{"buy_per_mwh": buy, "sell_per_mwh": sell},
			"carbon":      map[string]any{"price_per_t": 30, "ladder": map[string]any{"band_t": 5, "growth": 0.2, "bands": 3, "settled": "day"}},
		}
		doc["grid"] = map[string]any{"start": c.start, "steps": steps, "step_hours": c.step}
		if c.zone != "" {
			doc["grid"].(map[string]any)["time_zone"] = c.zone
		}
		r, err := regionOf(t, doc)
		require.NoError(t, err)
		plan, err := planned(t, r, "Cell")
		require.NoError(t, err)
		require.NoError(t, plan.Verify(0))
		t.Logf("daily cycle over %v hours from %s %s | %v on %d days | by hand: 90 - 10 per peak | %v on %d days",
			c.hours, c.start, c.zone, c.want, c.days, plan.Value.Objective, r.Setting.Markets.Carbon.Periods())
		assert.InDelta(t, c.want, plan.Value.Objective, 1e-6)
		assert.Equal(t, c.days, r.Setting.Markets.Carbon.Periods())
	}
	// Twelve hours more are no day.
	doc := smallCase(t, `{"grid": {"start": "2031-03-10T00:00", "steps": 4, "step_hours": 9},
		"markets": {"electricity": {"buy_per_mwh": [90, 90, 90, 90], "sell_per_mwh": [30, 30, 30, 30]}, "carbon": {"price_per_t": 30, "ladder": {"band_t": 5, "growth": 0.2, "bands": 3, "settled": "day"}}}}`)
	_, err := regionOf(t, doc)
	assert.ErrorContains(t, err, "$.markets.carbon.ladder.settled: does not fit the grid")
}

// A window over midnight, and a usual start beyond the grid, are refused with
// their paths.
func TestRightWindows(t *testing.T) {
	for _, c := range []struct{ ders, want string }{
		{`{"kind": "transferable_load", "name": "Car", "load": "town", "max_mw": 2, "from_h": 3, "to_h": 1}`, `$.ders[0].from_h: is 3, after to_h, 1; want from_h before to_h`},
		{`{"kind": "shiftable_load", "name": "Car", "profile_mw": [1], "usual_h": 1, "from_h": 3, "to_h": 1}`, `$.ders[0].from_h: is 3, after to_h, 1; want from_h before to_h`},
		{`{"kind": "shiftable_load", "name": "Car", "profile_mw": [1], "usual_h": 9}`, `$.ders[0].usual_h: is 9 h, want at most 3 h`},
		{`{"kind": "shiftable_load", "name": "Car", "profile_mw": [1, 1], "usual_h": 3}`, `$.ders[0].usual_h: is 3 h, want at most 2 h`},
		{`{"kind": "shiftable_load", "name": "Car", "profile_mw": [1], "usual_h": 4}`, `$.ders[0].usual_h: is 4 h, want at most 3 h`},
	} {
		_, err := regionOf(t, smallCase(t, `{"ders": [`+c.ders+`]}`))
		require.Error(t, err)
		t.Logf("%s | refused | hours outside the grid of 4 h | %v", c.ders, err)
		assert.ErrorContains(t, err, c.want)
	}
	// Cars of 1 MW from 18:00 to 07:00 on a grid that starts at noon: the
	// energy of the evening, 7 MWh, at night prices of 20 from midnight on.
	doc := smallCase(t, `{"grid": {"start": "2031-03-10T12:00", "steps": 24},
		"scenarios": {"probabilities": [1], "series": [{"name": "car", "paths_mw": [[0,0,0,0,0,1,1,1,1,1,1,1,0,0,0,0,0,0,0,0,0,0,0,0]]}]},
		"ders": [{"kind": "transferable_load", "name": "Car", "load": "car", "max_mw": 2, "from_h": 6, "to_h": 19}]}`)
	doc["markets"] = map[string]any{"electricity": map[string]any{
		"buy_per_mwh": slices.Concat(slices.Repeat([]any{90}, 12), slices.Repeat([]any{20}, 12)), "sell_per_mwh": slices.Repeat([]any{10}, 24),
	}}
	plan, err := coalition(t, doc, "Car")
	require.NoError(t, err)
	t.Logf("window from 18:00 to 07:00, grid from noon | -140 | by hand: 7 MWh at 20 | %v", plan.Value.Objective)
	assert.InDelta(t, -140, plan.Value.Objective, 1e-6)
}

// 6 MW of wind and 2 MW of demand at prices of 60, −25, 60 and 60, and a
// selling price of 80 %. The surplus of 4 MWh earns 48 per MWh in three hours;
// at −25 the wind is curtailed and 2 MWh are bought: +50.
func TestRightSellingFractionOfNegativePrices(t *testing.T) {
	for fraction, want := range map[float64]float64{0.8: 3*4*48 + 50, 1: 3*4*60 + 50, 0: 50} {
		doc := smallCase(t, fmt.Sprintf(`{"markets": {"electricity": {"buy_per_mwh": [60, -25, 60, 60], "sell_fraction": %v}},
			"vpps": [{"name": "Hill", "demand": "town", "risk_aversion": 0, "pass_through": 1, "tariff": {"injection_fraction": 0.5, "withdrawal_fraction": 0.5}}]}`, fraction))
		plan, err := coalition(t, doc, "Ridge")
		require.NoError(t, err)
		require.NoError(t, plan.Verify(0))
		t.Logf("selling at %v of 60, -25, 60, 60 | %v | by hand: 12 MWh sold, 2 MWh bought at -25 | %v", fraction, want, plan.Value.Objective)
		assert.InDelta(t, want, plan.Value.Objective, 1e-6)
	}
	// A penalty as a share of a negative price would be a reward.
	_, err := regionOf(t, smallCase(t, `{"markets": {"electricity": {"buy_per_mwh": [60, -25, 60, 60], "sell_fraction": 0.8}},
		"vpps": [{"name": "Hill", "risk_aversion": 0, "pass_through": 1, "tariff": {"shortage_fraction": 0.2}}]}`))
	assert.ErrorContains(t, err, "$.vpps[0].tariff.shortage_fraction: gives -5 per MWh in step 1, where the buying price is negative")
}

const oneTown = `{"probabilities": [1], "series": [{"name": "town", "paths_mw": [[1, 1, 1, 1]]}]}`

func limited(town, limit string) string { return strings.Replace(town, "%LIMIT%", limit, 1) }
