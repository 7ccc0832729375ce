package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"image/png"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/report"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// records are a CSV file's lines by column name.
type records []map[string]string

// files makes a report with figures as SVG only, which is fast, and returns its
// files by name.
func files(t *testing.T, r trigrid.Region, res *trigrid.Result) map[string]string {
	t.Helper()
	list, err := report.FilesWith(r, res, report.Options{Formats: []report.Format{report.SVG}})
	require.NoError(t, err)
	out := map[string]string{}
	for _, f := range list {
		require.NotContains(t, out, f.Name)
		out[f.Name] = string(f.Data)
	}
	return out
}

func read(t *testing.T, of map[string]string, table string) records {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(of["tables/"+table+".csv"])).ReadAll()
	require.NoError(t, err)
	require.NotEmpty(t, lines, "%s.csv", table)
	var out records
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, name := range lines[0] {
			row[name] = line[i]
		}
		out = append(out, row)
	}
	return out
}

// where returns the first line whose cells are as given: name, value, name,
// value, …
func (x records) where(t *testing.T, cells ...string) map[string]string {
	t.Helper()
	for _, row := range x {
		found := true
		for i := 0; i < len(cells); i += 2 {
			found = found && row[cells[i]] == cells[i+1]
		}
		if found {
			return row
		}
	}
	require.Fail(t, "no such line", "%q", cells)
	return nil
}

func value(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	return v
}

func TestTablesHoldTheNumbersOfTheResult(t *testing.T) {
	r, res := fixture(t)
	of := files(t, r, res)

	own := read(t, of, "vpps").where(t, "vpp", vppName)
	p := res.VPPs[0]
	for name, want := range map[string]float64{
		"risk_aversion": p.RiskAversion, "economic_currency": p.Economic, "var_currency": p.VaR, "cvar_currency": p.CVaR,
		"environment_currency": p.Environment, "integrated_currency": p.Integrated, "alone_currency": p.Alone, "imbalance_currency": p.Imbalance,
		"deviation_mwh": p.DeviationMWh, "renewable_utilisation": p.RenewableUtilisation, "emission_t": p.EmissionT,
	} {
		assert.Equal(t, want, value(t, own[name]), name)
	}
	ders := read(t, of, "ders")
	for _, u := range res.DERs {
		row := ders.where(t, "der", u.Name)
		assert.Equal(t, u.Payoff, value(t, row["payoff_currency"]))
		assert.Equal(t, u.Revenue, value(t, row["revenue_currency"]))
		assert.Equal(t, u.AllocatedGain, value(t, row["allocated_gain_currency"]))
		assert.Equal(t, trigrid.Outside, row["best_alternative"])
		assert.Equal(t, u.Otherwise[trigrid.Outside], value(t, row["alternative_payoff_currency"]))
		assert.Equal(t, u.Payoff-u.Otherwise[trigrid.Outside], value(t, row["margin_currency"]))
		other := read(t, of, "payoffs").where(t, "der", u.Name, "chosen", "false")
		assert.Equal(t, u.Otherwise[trigrid.Outside], value(t, other["payoff_currency"]))
	}
	nash := read(t, of, "equilibria")[0]
	assert.Equal(t, "weak", nash["kind"])
	assert.Equal(t, vppName, nash["choice_"+storeName])
	assert.Equal(t, 0.25, value(t, nash["margin_currency"]))
	assert.Equal(t, 1.0, value(t, nash["gap_to_best_currency"]), "100 − 99")
	assert.Equal(t, 0.9, value(t, nash["basin_share"]), "the basin of the same profile")
	assert.Equal(t, "true", nash["reached"])
	cycle := read(t, of, "basins").where(t, "verdict", "does not converge: cycle")
	assert.Empty(t, cycle["choice_"+windName])
	assert.Equal(t, 0.05, value(t, cycle["share_low"]))
	assert.Equal(t, 0.2, value(t, cycle["share_high"]))
	last := read(t, of, "trajectory").where(t, "time_per_currency", "2", "der", storeName)
	assert.Equal(t, 0.25, value(t, last["probability_"+trigrid.Outside]))
	line := read(t, of, "settlement").where(t, "party", vppName)
	assert.Equal(t, "-129007", line["minor_units"])
	assert.Equal(t, -1290.07, value(t, line["amount_currency"]))
	achieved := read(t, of, "coalitions").where(t, "member_"+windName, "true", "member_"+storeName, "false")
	assert.Equal(t, 71.0, value(t, achieved["integrated_currency"]))
	assert.Equal(t, "false", achieved["formed"])
	assert.Equal(t, "99", read(t, of, "coalitions").where(t, "formed", "true")["integrated_currency"])
	assert.Equal(t, "0.25", read(t, of, "probabilities").where(t, "scenario", "1")["probability"])
	assert.Equal(t, "-4.5", read(t, of, "summary").where(t, "quantity", "margin_currency")["value"])

	encoded, err := json.MarshalIndent(res, "", "  ")
	require.NoError(t, err)
	assert.Equal(t, string(encoded)+"\n", of["result.json"])
}

// By hand from the powers at the fixture, with probabilities 0.75 and 0.25.
func TestTablesHoldThePlans(t *testing.T) {
	r, res := fixture(t)
	of := files(t, r, res)
	dispatch := read(t, of, "dispatch")
	for _, want := range []struct {
		step, item  string
		supply, use float64
	}{
		{"0", windName, 0.75*4 + 0.25*2, 0},
		{"0", storeName, 0, 0.75 * 1},
		{"1", storeName, 0.25 * 2, 0},
		{"2", storeName, 0.75 * 1, 0.25 * 2}, // in one scenario it charges, in the other it discharges
		{"0", "market", 0.25 * 1, 0},
		{"2", "market", 0.25 * 2, 0.75 * 4},
		{"1", "demand", 0, 3},
	} {
		row := dispatch.where(t, "step", want.step, "item", want.item)
		assert.InDelta(t, want.supply, value(t, row["supply_mw"]), 1e-12, "%+v", want)
		assert.InDelta(t, want.use, value(t, row["use_mw"]), 1e-12, "%+v", want)
	}
	for step := range 3 {
		balance := 0.0
		for _, row := range dispatch {
			if row["step"] == strconv.Itoa(step) {
				balance += value(t, row["supply_mw"]) - value(t, row["use_mw"])
			}
		}
		assert.InDelta(t, 0, balance, 1e-12, "supply equals use, step %d", step)
	}

	delivery := read(t, of, "delivery").where(t, "step", "2")
	assert.Equal(t, "2026-07-06T04:00", delivery["time"], "two hours per step")
	assert.Equal(t, 2.0, value(t, delivery["day_ahead_mw"]))
	assert.InDelta(t, 0.75*4-0.25*2, value(t, delivery["expected_mw"]), 1e-12)
	assert.Equal(t, "-2", delivery["scenario_1_mw"])

	energy := read(t, of, "states").where(t, "der", storeName, "state", "energy", "step", "1")
	assert.InDelta(t, 0.75*6+0.25*0, value(t, energy["expected"]), 1e-12)
	assert.Equal(t, "0", energy["scenario_1"])

	price := read(t, of, "prices").where(t, "step", "2")
	assert.InDelta(t, 0.75*60+0.25*100, value(t, price["expected_currency_per_mwh"]), 1e-12)
	assert.Equal(t, "50", price["market_pays_currency_per_mwh"])
	assert.Equal(t, "110", price["market_charges_currency_per_mwh"])

	// w_e E, −w_r β CVaR and w_n N with 0.5, 0.2·0.5 and 0.3.
	for dimension, want := range map[string][2]float64{"economic": {100, 150}, "risk": {-4, 2}, "environment": {3, 3}} {
		row := read(t, of, "values").where(t, "dimension", dimension)
		assert.InDelta(t, want[0], value(t, row["weighted_currency"]), 1e-12, dimension)
		assert.InDelta(t, want[1], value(t, row["gain_currency"]), 1e-12, "gain, %s", dimension)
	}
}

// Of four equally likely values 1, 2, 3, 4 the lowest that at least 5 % of the
// probability does not exceed is 1, at least 25 %: 1, 50 %: 2, 75 %: 3, 95 %:
// 4.
func TestFanShowsQuantilesOfTheSample(t *testing.T) {
	r, res := fixture(t)
	row := read(t, files(t, r, res), "scenarios").where(t, "series", "wind<&>", "step", "1")
	for name, want := range map[string]string{"sample_q05": "1", "sample_q25": "1", "sample_q50": "2", "sample_q75": "3", "sample_q95": "4", "mean": "4", "scenario_1": "1"} {
		assert.Equal(t, want, row[name], name)
	}
	assert.Empty(t, read(t, files(t, r, res), "scenarios").where(t, "series", "demand")["sample_q50"], "the sample has no demand")
}

func TestEveryFigureIsOnThePageAndInAFile(t *testing.T) {
	r, res := fixture(t)
	of := files(t, r, res)
	figures, err := report.Figures(r, res)
	require.NoError(t, err)
	var names []string
	for _, f := range figures {
		names = append(names, f.Name)
		assert.Contains(t, of["index.html"], `<figure id="`+f.Name+`"`)
		assert.Contains(t, of, "figures/"+f.Name+".svg")
		assert.Contains(t, of, "tables/"+f.Table+".csv", "numbers of %s", f.Name)
		assert.NotEmpty(t, f.Title)
		assert.NotEmpty(t, f.Alt)
		assert.Greater(t, len(f.Caption), 20, f.Name)
		assert.NotContains(t, f.Alt+f.Caption, "%!", f.Name)
		if f.Name == "running-1" {
			assert.Equal(t, "Strips of the steps in which units run. "+storeName+" runs 1.2 of 3 steps in expectation.", f.Alt, "1 + 0.25, starts are no running")
		}
	}
	assert.Equal(t, []string{
		"scenarios-1", "scenarios-2", "dispatch-1", "running-1", "state-1-1", "prices-1", "values", "coalitions-1", "payoffs", "trajectory", "basins", "payments", "settlement",
	}, names)
	for name := range of {
		if strings.HasPrefix(name, "tables/") {
			assert.Contains(t, of["index.html"], `href="`+name+`"`)
		}
	}
}

func TestPageShowsTheOutcome(t *testing.T) {
	r, res := fixture(t)
	page := files(t, r, res)["index.html"]
	for _, want := range []string{
		"<strong>not converged</strong>", "Welfare of the region 99 currency; the best profile has 100, which is 1 more.", "a warning with", "a note with",
		"economic 0.5, risk 0.2, environment 0.3", "Shapley value", "by hand", "1 VPP, 2 DERs, 2 scenarios, 3 steps of 2 h from 6 July 2026 00:00",
	} {
		assert.Contains(t, page, want)
	}
}

// The best profile is reported as such, also if the gap to the best rounds to
// zero.
func TestPageOfTheBestProfile(t *testing.T) {
	r, res := fixture(t)
	for _, gap := range []float64{0, 0.2} {
		res.Game.WelfareGap, res.Game.BestWelfare = gap, 99+gap
		assert.True(t, strings.Contains(files(t, r, res)["index.html"], "Welfare of the region 99 currency; no profile has more."))
	}
}

// The page names the measured loss, imbalance cost or total loss.
func TestMeasuredLossIsNamed(t *testing.T) {
	r, res := fixture(t)
	assert.Contains(t, files(t, r, res)["index.html"], "CVaR of the imbalance cost")
	r.Setting.Modelling.RiskOf = vpp.TotalLoss
	assert.Contains(t, files(t, r, res)["index.html"], "CVaR of the total loss")
}

// A search does not enumerate all profiles, so the page limits its claims.
func TestPageOfASearch(t *testing.T) {
	r, res := fixture(t)
	res.Game.Exhaustive = false
	of := files(t, r, res)
	for _, want := range []string{"the best profile that the search found has 100, which is 1 more.", "other equilibria may exist", "Choices over the moves of the search"} {
		assert.Contains(t, of["index.html"], want)
	}
	assert.Contains(t, read(t, of, "trajectory")[0], "moves")
	res.Game.WelfareGap = 0
	assert.Contains(t, files(t, r, res)["index.html"], "no profile that the search found has more.")
}

// Without available renewable energy there is no utilisation.
func TestWithoutRenewablesThereIsNoUtilisation(t *testing.T) {
	r, res := fixture(t)
	res.Plans[0].Results, res.VPPs[0].RenewableUtilisation = []vpp.Result{{}, {}}, 1
	of := files(t, r, res)
	assert.Empty(t, read(t, of, "vpps")[0]["renewable_utilisation"])
	assert.True(t, strings.Contains(of["index.html"], `<td>renewable utilisation</td><td class="n">–</td>`))
}

// RFC 4180: lines end in CRLF, all have the same number of fields, and
// cells with quotes, commas or breaks are quoted.
func TestTablesKeepTheStandardOfTheirFormat(t *testing.T) {
	r, res := fixture(t)
	res.Game.Reason = "two\nlines, with \"quotes\""
	of := files(t, r, res)
	tables, err := report.Tables(r, res)
	require.NoError(t, err)
	for _, table := range tables {
		content := of["tables/"+table.Name+".csv"]
		assert.Equal(t, strings.Count(content, "\n"), strings.Count(content, "\r\n"), table.Name)
		assert.True(t, strings.HasSuffix(content, "\r\n"), table.Name)
		lines, err := csv.NewReader(strings.NewReader(content)).ReadAll() // which counts the fields
		require.NoError(t, err, table.Name)
		assert.Len(t, lines, 1+len(table.Rows), table.Name)
		seen := map[string]bool{}
		for _, name := range lines[0] {
			assert.False(t, seen[name], "%s has %s twice", table.Name, name)
			seen[name] = true
		}
	}
	assert.Contains(t, of["tables/summary.csv"], "\"two\r\nlines, with \"\"quotes\"\"\"\r\n")
}

// A table on the page has the rounded numbers of its file.
func TestPageShowsTheNumbersOfTheFiles(t *testing.T) {
	r, res := fixture(t)
	of := files(t, r, res)
	for _, want := range []struct{ table, column, shown string }{
		{"vpps", "economic_currency", "200"},
		{"vpps", "deviation_mwh", "3.25"},
		{"vpps", "renewable_utilisation", "0.988"},
		{"ders", "payoff_currency", "1,235"},
		{"values", "weighted_currency", "100"},
		{"equilibria", "basin_share", "0.90"},
	} {
		exact := value(t, read(t, of, want.table)[0][want.column])
		rounded := value(t, strings.ReplaceAll(want.shown, ",", ""))
		_, decimals, _ := strings.Cut(want.shown, ".")
		assert.InDelta(t, exact, rounded, 0.5*math.Pow10(-len(decimals))+1e-12, want.column)
		assert.True(t, strings.Contains(of["index.html"], ">"+want.shown+"</td>"), "%s of %s", want.column, want.table)
	}
}

func TestPageNeedsNothingFromElsewhere(t *testing.T) {
	r, res := fixture(t)
	page := files(t, r, res)["index.html"]
	for _, reference := range regexp.MustCompile(`(?:src|href|url|@import)\s*[=(]\s*["']?([^"')> ]*)`).FindAllStringSubmatch(page, -1) {
		assert.Regexp(t, `^(#|tables/|figures/|result\.json$)`, reference[1])
	}
	ids := map[string]bool{}
	for _, id := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		assert.False(t, ids[id[1]], "id %q twice", id[1])
		ids[id[1]] = true
	}
	for _, anchor := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		assert.True(t, ids[anchor[1]], "the contents lead to %q", anchor[1])
	}
	assert.NotRegexp(t, `var\(--[a-z-]*\)[0-9A-Fa-f]`, page)
	for _, property := range regexp.MustCompile(`var\(--([a-z-]*)\)`).FindAllStringSubmatch(page, -1) {
		assert.True(t, property[1] == "own" || strings.Contains(page, "--"+property[1]+":#"), "--%s is stated", property[1])
	}
}

func TestNamesAreEscaped(t *testing.T) {
	r, res := fixture(t)
	for name, content := range files(t, r, res) {
		switch {
		case strings.HasSuffix(name, ".html"):
			assert.Equal(t, 2, strings.Count(content, "<script"), "the data and the script of the page")
			for _, raw := range []string{"<script>alert", "W<1>", "<region>", "<b>markup", "<i>markup", "because <so>", "<&>", "V&P", "V&amp;P\" "} {
				assert.NotContains(t, content, raw)
			}
			for _, escaped := range []string{"W&lt;1&gt; &amp; ", "a &lt;region&gt; &amp; more", "&lt;b&gt;markup", "&lt;/svg&gt;&lt;script&gt;"} {
				assert.Contains(t, content, escaped)
			}
			assert.Equal(t, strings.Count(content, "<svg"), strings.Count(content, "</svg>"))
		case strings.HasSuffix(name, ".svg"):
			decoder := xml.NewDecoder(strings.NewReader(content))
			for {
				token, err := decoder.Token()
				if err == io.EOF {
					break
				}
				require.NoError(t, err, name)
				if start, ok := token.(xml.StartElement); ok {
					assert.NotEqual(t, "script", start.Name.Local)
				}
			}
			assert.NotContains(t, content, "var(--")
		}
	}
}

// Two runs of one region differ in their times only, and so do their reports.
func TestReportsDifferInOneLineAtMost(t *testing.T) {
	r, res := fixture(t)
	first := files(t, r, res)
	assert.Equal(t, first, files(t, r, res))
	assert.NotContains(t, first["index.html"], "Time taken")

	res.Timing = trigrid.Timing{Coalitions: time.Second, Choice: time.Millisecond, Total: 2 * time.Second, Workers: 2, Programs: 4}
	second := files(t, r, res)
	var differs []string
	lines := strings.Split(first["index.html"], "\n")
	for _, line := range strings.Split(second["index.html"], "\n") {
		if !slices.Contains(lines, line) {
			differs = append(differs, line)
		}
	}
	require.Len(t, differs, 1)
	assert.Contains(t, differs[0], "Time taken, the only line that differs between runs: 2s in all")
	delete(first, "index.html")
	delete(second, "index.html")
	assert.Equal(t, first, second)
}

// Regions with the smallest and with unusually large dimensions.
func TestRegionsAtTheEdge(t *testing.T) {
	for _, c := range []struct{ vpps, ders, scenarios, steps int }{{1, 1, 1, 1}, {9, 12, 80, 96}, {2, 7, 3, 672}} {
		r, res := crowd(t, c.vpps, c.ders, c.scenarios, c.steps)
		of := files(t, r, res)
		page, _, _ := strings.Cut(of["index.html"], "<script>") // the page's own script mentions NaN
		assert.NotContains(t, page, "NaN")
		assert.NotContains(t, page, "Inf,")
		assert.Contains(t, page, "10 more rows in the file", "60 equilibria, of which 50 are shown")
		assert.Len(t, read(t, of, "equilibria"), 60)
		assert.Len(t, read(t, of, "coalitions"), c.vpps<<c.ders)
		if c.ders == 12 {
			assert.Contains(t, page, "The best 39 of 4096 and, last, the formed one.")
			assert.Contains(t, page, "the 60 likeliest of 80 scenarios")
			assert.Less(t, len(page), 8<<20)
		}
		assert.Empty(t, read(t, of, "prices"))
	}
}

func TestFiguresAsPixels(t *testing.T) {
	r, res := fixture(t)
	figures, err := report.Figures(r, res)
	require.NoError(t, err)
	for _, f := range figures {
		var b bytes.Buffer
		require.NoError(t, f.PNG(&b, 72))
		picture, err := png.Decode(&b)
		require.NoError(t, err)
		assert.Contains(t, []int{470, 960}, picture.Bounds().Dx(), "one pixel per point")
	}
}

func TestResultsThatCannotBeShownAreRefused(t *testing.T) {
	r, res := fixture(t)
	_, err := report.Files(r, nil)
	assert.ErrorContains(t, err, "there is no result")

	decoded := &trigrid.Result{}
	encoded, err := json.Marshal(res)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(encoded, decoded))
	_, err = report.Tables(r, decoded)
	assert.ErrorContains(t, err, "no plans or no trajectory, which JSON leaves out")

	other := r
	other.Sample = scenario.Single(scenario.Grid{Step: time.Hour, Steps: 4})
	_, err = report.Figures(other, res)
	assert.ErrorContains(t, err, "the region's sample has 4 steps, its scenarios 3")

	other = r
	other.DERs = r.DERs[:1]
	_, err = report.Figures(other, res)
	assert.ErrorContains(t, err, "the result has 1 VPPs and 2 DERs, the region 1 and 1")

	res.DERs[0].Name = "W2"
	res.VPPs[0].Name = "P2"
	_, err = report.Figures(r, res)
	assert.ErrorContains(t, err, `DER 0 is "W<1> & \"Söhne\"" in the region and "W2" in the result`)
	assert.ErrorContains(t, err, `in the region and "P2" in the result`)
}
