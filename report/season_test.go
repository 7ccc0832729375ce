package report_test

import (
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/report"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// seasonFixture returns a comparison of two strategies over three days of four
// steps, by hand. The clock goes forward on the second day, so that its steps
// have 5.75 hours. DER names are those of the fixture of runs, which contain
// markup. The store holds 1 MWh more after each step, and is outside on the
// third day of the second strategy.
func seasonFixture(t testing.TB) *operate.Comparison {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	strategy := func(name string, shift float64, stays bool) operate.Compared {
		r := &operate.Result{
			Season: "a <b>season</b>", Strategy: operate.Strategy{Name: name}, Notes: []string{"values are <i>made up</i>"},
			Parties: []operate.Party{
				{Name: "grid", Role: operate.RoleGrid},
				{Name: "P", Role: operate.RoleVPP},
				{Name: "Q", Role: operate.RoleVPP},
				{Name: windName, Role: operate.RoleDER},
				{Name: storeName, Role: operate.RoleDER},
			},
		}
		x := operate.Compared{Strategy: r.Strategy, Result: r, Worst: 30 + shift, Moves: []operate.DayMove{}}
		energy := 0.0
		bounds := 0.0
		for i := range 3 {
			cost := float64(10*(i+1)) + shift
			bound := cost - 4
			bounds += bound
			d := operate.Day{
				Number: i + 1, Start: time.Date(2030, 3, 30+i, 0, 0, 0, 0, berlin), Steps: 4, Bound: &bound, Replans: 3, Chosen: i == 0,
				Weights: weights.Vector{Economic: 0.5, Risk: 0.25 - 0.0625*float64(i), Environment: 0.25 + 0.0625*float64(i)},
				Choices: trigrid.Profile{windName: "P", storeName: "Q"}, Gains: map[string]float64{windName: 1},
				Totals: operate.Totals{Cost: cost, OwnCost: 5, Trade: 8, Imbalance: cost + 3, ImbalanceMWh: 2 + float64(i), EmissionT: 0.5},
			}
			if i == 2 {
				d.Signals = &weights.Signals{CleanShare: 0.75, Volatility: math.NaN(), SupplyMargin: -0.5}
			}
			if i == 2 && !stays {
				d.Choices[storeName] = trigrid.Outside
				d.Moves = []operate.Move{{DER: storeName, From: "Q", To: trigrid.Outside}}
				x.Moves = append(x.Moves, operate.DayMove{Day: 3, Move: d.Moves[0]})
			} else {
				var path []float64
				for range 4 {
					energy++
					path = append(path, energy)
				}
				d.Plans = []*vpp.Plan{nil, {VPP: vpp.VPP{Name: "Q"}, Members: []vpp.Member{{
					DER:      &der.Storage{ID: storeName},
					Schedule: der.Schedule{Realised: []der.Ports{{Traces: []der.Path{{Name: "energy", Unit: "MWh", Values: path}, {Name: "charging", Values: path}}}}},
				}}}}
			}
			for k, p := range r.Parties {
				d.Payments = append(d.Payments, trigrid.Line{Party: p.Name, Minor: []int64{-600, 200, 100, 250, 50}[k] * int64(i+1)})
			}
			r.Days = append(r.Days, d)
			x.Cost += cost
			x.ImbalanceMWh += d.ImbalanceMWh
			x.Totals.Imbalance += d.Imbalance
		}
		x.Bound = &bounds
		for k, p := range r.Parties {
			x.Payments = append(x.Payments, trigrid.Line{Party: p.Name, Minor: []int64{-3600, 1200, 600, 1500, 300}[k]})
		}
		r.Payments = x.Payments
		return x
	}
	return &operate.Comparison{
		Season: "a <b>season</b>", Notes: []string{"values are <i>made up</i>"}, Days: 3,
		Strategies: []operate.Compared{
			strategy("perfect foresight", 0, true), strategy("rolling", 6, false),
			{Strategy: operate.Rules(), Reason: "no rule for <u>boilers</u>"},
		},
		Values: []operate.Difference{{Value: "foresight", Of: "rolling", Against: "perfect foresight", Mean: 6, Half: 2.5, Ahead: 3, Days: 3}},
	}
}

// seasonFiles returns the files of a report over days by name.
func seasonFiles(t *testing.T, c *operate.Comparison) map[string]string {
	t.Helper()
	list, err := report.SeasonFiles(c, report.Options{Formats: []report.Format{report.SVG}})
	require.NoError(t, err)
	out := map[string]string{}
	for _, f := range list {
		out[f.Name] = string(f.Data)
	}
	return out
}

// The numbers of the tables by hand: costs 10 + 20 + 30 = 60 and 6 more per
// day, bounds 4 less per day.
func TestTablesOfASeason(t *testing.T) {
	of := seasonFiles(t, seasonFixture(t))
	rolling := read(t, of, "comparison").where(t, "strategy", "rolling")
	for column, want := range map[string]string{
		"cost_currency": "78", "bound_currency": "66", "over_bound_currency": "12", "worst_5_percent_currency": "36", "imbalance_mwh": "9",
		"imbalance_cost_currency": "87", "moves": "1",
	} {
		assert.Equal(t, want, rolling[column], column)
	}
	value := read(t, of, "values").where(t, "value", "foresight")
	assert.Equal(t, []string{"6", "3.5", "8.5"}, []string{value["mean_currency_per_day"], value["low_currency_per_day"], value["high_currency_per_day"]})
	day := read(t, of, "days").where(t, "strategy", "rolling", "day", "2")
	assert.Equal(t, []string{"2030-03-31", "26", "22", "false"}, []string{day["date"], day["cost_currency"], day["bound_currency"], day["chosen"]})
	sum := 0
	for _, row := range read(t, of, "payments") {
		if row["strategy"] == "rolling" && row["day"] == "3" {
			var minor int
			require.NoError(t, json.Unmarshal([]byte(row["minor_units"]), &minor))
			sum += minor
		}
	}
	assert.Zero(t, sum)
	assert.Equal(t, "7.5", read(t, of, "payments").where(t, "strategy", "rolling", "day", "3", "party", windName)["amount_currency"])
	weight := read(t, of, "weights").where(t, "strategy", "rolling", "day", "3")
	assert.Equal(t, []string{"0.125", "0.75", "", "-0.5"}, []string{weight["risk"], weight["clean_share"], weight["volatility"], weight["supply_margin"]})
	assert.Empty(t, read(t, of, "weights").where(t, "strategy", "rolling", "day", "2")["clean_share"])
	assert.Equal(t, "outside", read(t, of, "choices").where(t, "strategy", "rolling", "day", "3", "der", storeName)["vpp"])
	moves := read(t, of, "moves")
	require.Len(t, moves, 1)
	assert.Equal(t, "Q", moves[0]["left"])
	states := read(t, of, "states")
	assert.Len(t, states, 12+8, "three days of the first strategy, two of the second")
	assert.Equal(t, "6", states.where(t, "strategy", "rolling", "day", "2", "step", "1")["value"])
	assert.Equal(t, "2030-03-31T06:45", states.where(t, "strategy", "rolling", "day", "2", "step", "1")["time"])
}

// The income from reserve is a column of the file in any case, and of the page
// if there is some.
func TestPageOfASeasonShowsReserve(t *testing.T) {
	c := seasonFixture(t)
	of := seasonFiles(t, c)
	assert.NotContains(t, of["index.html"], "reserve income")
	assert.Equal(t, "0", read(t, of, "comparison").where(t, "strategy", "rolling")["reserve_income_currency"])
	c.Strategies[1].Reserve, c.Strategies[1].UnheldMWh, c.Strategies[1].Missed = 12.5, 6, 1
	c.Strategies[1].Result.Days[1].Reserve = 12.5
	of = seasonFiles(t, c)
	assert.Contains(t, of["index.html"], "reserve income")
	assert.Contains(t, of["index.html"], "6.00 MW h of sold reserve not held")
	assert.NotContains(t, of["index.html"], "MWh not served")
	assert.Equal(t, "12.5", read(t, of, "comparison").where(t, "strategy", "rolling")["reserve_income_currency"])
	assert.Equal(t, "12.5", read(t, of, "days").where(t, "strategy", "rolling", "day", "2")["reserve_income_currency"])
}

// The data of the script are those of the tables, and days are marked at their
// own beginnings.
func TestScriptOfASeasonHasItsDays(t *testing.T) {
	of := seasonFiles(t, seasonFixture(t))
	_, rest, _ := strings.Cut(of["index.html"], `<script type="application/json" id="data">`)
	text, _, _ := strings.Cut(rest, "</script>")
	var data struct {
		Steps         []string
		Stops         []int
		Probabilities []float64
		Charts        map[string]struct {
			Starts []int
			Panels []struct {
				Series []struct {
					Name  string
					Parts []struct {
						DER  string
						Mean []*float64
						Use  []float64
					}
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &data))
	assert.Equal(t, []int{0, 4, 8, 12}, data.Stops)
	assert.Len(t, data.Steps, 13)
	assert.Equal(t, "31 Mar 06:45", data.Steps[5])
	assert.Equal(t, "2 Apr 00:00", data.Steps[12])
	assert.Empty(t, data.Probabilities)
	cost := data.Charts["cost"]
	assert.Equal(t, []int{0, 4, 8, 12}, cost.Starts)
	assert.Equal(t, 26.0, *cost.Panels[0].Series[1].Parts[0].Mean[1])
	payments := data.Charts["payments-2"].Panels[0].Series
	assert.Equal(t, []float64{6, 12, 18}, payments[0].Parts[0].Use, "the grid pays")
	assert.Equal(t, windName, payments[3].Parts[0].DER)
	stores := data.Charts["stores-2"]
	assert.Nil(t, stores.Starts)
	assert.Equal(t, 8.0, *stores.Panels[0].Series[0].Parts[0].Mean[7])
	assert.Nil(t, stores.Panels[0].Series[0].Parts[0].Mean[8], "outside on the third day")
	assert.NotContains(t, data.Charts, "choices-1", "it is a figure of marks")
}

func TestPageOfASeason(t *testing.T) {
	c := seasonFixture(t)
	of := seasonFiles(t, c)
	page := of["index.html"]
	for _, want := range []string{
		"a &lt;b&gt;season&lt;/b&gt;", "values are &lt;i&gt;made up&lt;/i&gt;",
		"3 days from 30 March 2030, 4 steps of 6 h a day, 2 strategies, 2 VPPs, 2 DERs",
		"rules does not operate this season: no rule for &lt;u&gt;boilers&lt;/u&gt;",
		"choices of VPP on 1 day, 9 re-plans",
		"Q from 30 March to 31 March", "outside from 1 April to 1 April",
		"rolling less perfect foresight: 6.00 ± 2.50 currency per day over 3 days",
	} {
		assert.Contains(t, page, want)
	}
	for _, markup := range []string{"<b>season", "<i>made", "<u>boilers", "Incomplete season"} {
		assert.NotContains(t, page, markup)
	}
	for _, name := range []string{"totals", "cost", "imbalance", "intervals", "parts-1", "payments-2", "weights-1", "stores-2", "choices-2"} {
		assert.Contains(t, of, "figures/"+name+".svg")
	}
	var decoded operate.Comparison
	require.NoError(t, json.Unmarshal([]byte(of["result.json"]), &decoded))
	assert.Equal(t, 78.0, decoded.Strategies[1].Cost)
	assert.Equal(t, of, seasonFiles(t, seasonFixture(t)), "equal comparisons give equal bytes")

	c.Cut, c.Values = true, nil
	page = seasonFiles(t, c)["index.html"]
	assert.Contains(t, page, "The season was ended before its last day; all strategies have the 3 days that each of them settled.")
	assert.NotContains(t, page, "confidence interval")
}

func TestSeasonsThatCannotBeShown(t *testing.T) {
	_, err := report.SeasonFiles(nil, report.Options{})
	assert.ErrorContains(t, err, "there is no comparison")
	c := seasonFixture(t)
	c.Days = 0
	_, err = report.SeasonFiles(c, report.Options{})
	assert.ErrorContains(t, err, "no day is settled")
	c = seasonFixture(t)
	c.Strategies[0].Result, c.Strategies[1].Result.Days = nil, c.Strategies[1].Result.Days[:2]
	_, err = report.SeasonFiles(c, report.Options{})
	assert.ErrorContains(t, err, `strategy "perfect foresight" has no result, which JSON leaves out`)
	assert.ErrorContains(t, err, `strategy "rolling" has 2 days, and the comparison 3`)
	c.Strategies = c.Strategies[2:]
	_, err = report.SeasonFiles(c, report.Options{})
	assert.ErrorContains(t, err, "no strategy operated")
	_, err = report.SeasonFiles(seasonFixture(t), report.Options{Formats: []report.Format{"gif"}})
	assert.ErrorContains(t, err, "gif")
}

// A report of a season replaces one of a run, and the other way round.
func TestSeasonsAreWrittenLikeRuns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	svg := report.Options{Formats: []report.Format{report.SVG}}
	r, res := fixture(t)
	require.NoError(t, report.WriteWith(dir, r, res, svg))
	require.NoError(t, report.WriteSeason(dir, seasonFixture(t), svg))
	assert.NoFileExists(t, filepath.Join(dir, "tables", "coalitions.csv"))
	assert.FileExists(t, filepath.Join(dir, "tables", "days.csv"))
	require.NoError(t, report.WriteWith(dir, r, res, svg))
	assert.FileExists(t, filepath.Join(dir, "tables", "coalitions.csv"))
}
