package operate_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// windy is the season of TestTheMoneyOfASeasonFollowsByHand: 2970 and 2640
// without foresight, of which 420 and 420 are imbalance.
func windy(ders ...der.DER) operate.Season {
	constant := func(v float64) []float64 { return []float64{v, v, v, v, v, v, v, v} }
	return operate.Season{
		Name: "two days", Notes: []string{"by hand"}, Start: monday, Days: 2, Step: 6 * time.Hour,
		Source: &stated{
			start: monday, step: 6 * time.Hour, names: []string{"wind", "load", "buy", "sell"},
			unit: map[string]string{"wind": "MW", "load": "MW", "buy": "CNY/MWh", "sell": "CNY/MWh"},
			forecast: map[string][]float64{
				"wind": {1, 2, 3, 0, 1, 1, 1, 1}, "load": constant(2), "buy": constant(100), "sell": constant(50),
			},
			actual: map[string][]float64{
				"wind": {2, 2, 1, 0, 2, 1, 1, 0}, "load": {2, 3, 2, 2, 1, 2, 1, 3}, "buy": constant(100), "sell": constant(50),
			},
		},
		Region: priced(append([]der.DER{&der.Wind{ID: "W", Available: "wind", Maintenance: 5}}, ders...)...),
	}
}

func TestAComparisonFollowsByHand(t *testing.T) {
	o := operate.Options{Choices: trigrid.Profile{"W": "village"}, Solver: testsolver.New(t), NoLedger: true}
	c, err := operate.Compare(t.Context(), windy(), o, operate.Foresight(), operate.DayAheadOnly(), operate.Rolling(1), operate.Rules())
	require.NoError(t, err)
	require.Len(t, c.Strategies, 4)
	assert.InDelta(t, 4770, c.Strategies[0].Cost, 1e-6)
	for _, x := range c.Strategies[1:] {
		assert.InDelta(t, 5610, x.Cost, 1e-6)
		assert.InDelta(t, 2970, x.Worst, 1e-6) // the worse of two days
		assert.InDelta(t, 4770, *x.Bound, 1e-5)
		assert.Equal(t, []trigrid.Line{{Party: "grid", Minor: 534000}, {Party: "village", Minor: -804000}, {Party: "W", Minor: 270000}}, x.Payments)
	}
	require.Len(t, c.Values, 3)
	for _, d := range c.Values {
		assert.Equal(t, "foresight", d.Value)
		assert.Equal(t, 2, d.Ahead)
		assert.InDelta(t, 420, d.Mean, 1e-6)
		assert.InDelta(t, 0, d.Half, 1e-6)
	}
	var out strings.Builder
	require.NoError(t, c.WriteTable(&out))
	for _, line := range []string{
		"perfect foresight  4770           0       2550            0.0         0    0.0           0.0            0.0      0",
		"day ahead only  5610         840       2970           54.0       840    0.0           0.0            0.0      0",
		"rules  5340.00  -8040.00  2700.00",
		"value of foresight per day: 420 ± 0 (rules less perfect foresight, 2 days, 95 %)",
	} {
		assert.Contains(t, out.String(), line)
	}

	// Differences of 420 and 300 have the mean 360 and the half width t · s/√2
	// = 12.706 · 84.85/√2.
	c.Strategies[1].Result.Days[1].Cost -= 120
	d, err := c.Difference("day ahead only", "perfect foresight")
	require.NoError(t, err)
	assert.InDelta(t, 360, d.Mean, 1e-6)
	assert.InDelta(t, 12.7062*60, d.Half, 1e-2)
	_, err = c.Difference("day ahead only", "none")
	require.ErrorContains(t, err, `no result of a strategy "none"`)
}

func TestAComparisonNamesStrategiesThatCannotOperate(t *testing.T) {
	season := windy(&der.ShiftableLoad{ID: "L", Profile: []float64{1}, ProfileHours: optional.Of(6.), Window: der.Window{To: optional.Of(24.)}})
	o := operate.Options{Choices: trigrid.Profile{"W": "village"}, Solver: testsolver.New(t), NoLedger: true}
	c, err := operate.Compare(t.Context(), season, o, operate.DayAheadOnly(), operate.Rules())
	require.NoError(t, err)
	assert.Empty(t, c.Strategies[0].Reason)
	assert.Contains(t, c.Strategies[1].Reason, `shiftable load "L" has ProfileHours; give a profile per step`)
	_, err = operate.Compare(t.Context(), season, o, operate.Rules())
	require.ErrorContains(t, err, `shiftable load "L" has ProfileHours`)
	_, err = operate.Compare(t.Context(), season, o, operate.Rules(), operate.Rules())
	require.ErrorContains(t, err, "names must differ")
}

// Two VPPs pay a wind farm by their tariffs only. On the first and third day A
// pays more, on the second B. The farm moves twice, or once if it chooses every
// two days.
func TestADERMovesToTheVPPThatPaysMore(t *testing.T) {
	a, b := make([]float64, 12), make([]float64, 12)
	for k := range a {
		a[k], b[k] = 60, 50
		if k/4 == 1 {
			a[k], b[k] = 50, 60
		}
	}
	series := map[string][]float64{"wind": make([]float64, 12), "a": a, "b": b}
	for k := range series["wind"] {
		series["wind"][k] = 1
	}
	season := operate.Season{
		Name: "three days", Start: monday, Days: 3, Step: 6 * time.Hour,
		Source: &stated{
			start: monday, step: 6 * time.Hour, names: []string{"wind", "a", "b"},
			unit: map[string]string{"wind": "MW", "a": "CNY/MWh", "b": "CNY/MWh"}, forecast: series, actual: series,
		},
		Region: func(set *scenario.Set) (trigrid.Region, error) {
			return trigrid.Region{
				Name: "rivals",
				VPPs: []vpp.VPP{
					{Name: "A", Tariff: der.Tariff{Injection: set.Mean("a")}},
					{Name: "B", Tariff: der.Tariff{Injection: set.Mean("b")}},
				},
				DERs: []der.DER{&der.Wind{ID: "W", Available: "wind"}},
				Setting: vpp.Setting{
					Set: set, Weights: weights.Vector{Economic: 1},
					Markets: vpp.Markets{Electricity: market.Flat(market.Electricity, market.Calendar{Steps: set.Steps(), StepHours: 6}, 70)},
				},
			}, nil
		},
	}
	o := operate.Options{Solver: testsolver.New(t)}
	res, err := operate.Run(t.Context(), season, o)
	require.NoError(t, err)
	assert.Equal(t, "A", res.Days[0].Choices["W"])
	assert.Equal(t, []operate.Move{{DER: "W", From: "A", To: "B"}}, res.Days[1].Moves)
	assert.Equal(t, []operate.Move{{DER: "W", From: "B", To: "A"}}, res.Days[2].Moves)
	for _, day := range res.Days {
		// 24 MWh at 60 for the farm, and at 70 from the market: 1440 and 1680.
		assert.Contains(t, day.Payments, trigrid.Line{Party: "W", Minor: 144000})
		assert.Contains(t, day.Payments, trigrid.Line{Party: "grid", Minor: -168000})
	}
	// Three periods: weights, two schemes, verdicts and rows, a choice,
	// payments.
	assert.Positive(t, res.Ledger.Transactions)
	o.ChooseEvery = 2
	every, err := operate.Run(t.Context(), season, o)
	require.NoError(t, err)
	assert.Equal(t, []bool{true, false, true}, []bool{every.Days[0].Chosen, every.Days[1].Chosen, every.Days[2].Chosen})
	assert.Empty(t, every.Days[1].Moves)
	assert.Contains(t, every.Days[1].Payments, trigrid.Line{Party: "W", Minor: 120000})
	assert.Equal(t, res.Ledger.Transactions, every.Ledger.Transactions)
}

// Two runs of one season that differ in their policy are compared by the names
// of their strategies. The costs are those of the hand calculation above.
func TestResultsOfTwoRunsAreCompared(t *testing.T) {
	o := operate.Options{Choices: trigrid.Profile{"W": "village"}, Solver: testsolver.New(t), NoLedger: true}
	run := func(name string, s operate.Strategy, days int) *operate.Result {
		season := windy()
		season.Days = days
		o.Strategy = s
		o.Strategy.Name = name
		res, err := operate.Run(t.Context(), season, o)
		require.NoError(t, err)
		return res
	}
	fixed := run("fixed", operate.Foresight(), 2)
	o.Policy = weights.Fixed{Economic: 1}
	policy := run("policy", operate.DayAheadOnly(), 2)
	c, err := operate.CompareResults(fixed, policy)
	require.NoError(t, err)
	require.Equal(t, 2, c.Days)
	d, err := c.Difference("policy", "fixed")
	require.NoError(t, err)
	assert.InDelta(t, (5610-4770)/2., d.Mean, 1e-6)
	require.Len(t, c.Values, 1)
	assert.Equal(t, "foresight", c.Values[0].Value)

	// Only common days count.
	c, err = operate.CompareResults(fixed, run("short", operate.Foresight(), 1))
	require.NoError(t, err)
	assert.Equal(t, 1, c.Days)
	assert.InDelta(t, c.Strategies[1].Cost, c.Strategies[0].Cost, 1e-6)

	other := *policy
	other.Parties = other.Parties[1:]
	_, err = operate.CompareResults(fixed, fixed, nil, &other)
	require.EqualError(t, err, `operate: compare results: two results have the strategy "fixed", or it has no name; set Strategy.Name
operate: compare results: result 2 is nil; give results of Run
operate: compare results: "policy" has other days or parties than "fixed"; compare results of one season`)
	_, err = operate.CompareResults()
	require.ErrorContains(t, err, "there is no result")
}

// JSON has the words of case files, and not the numbers of constants.
func TestAStrategyInJSON(t *testing.T) {
	data, err := json.Marshal(operate.Robust(4, 8))
	require.NoError(t, err)
	assert.JSONEq(t, `{"name": "robust, budget 8", "method": "worst_case", "scenarios": 0, "every": 4, "budget": 8}`, string(data))
	for _, want := range operate.Strategies() {
		data, err := json.Marshal(want)
		require.NoError(t, err)
		var got operate.Strategy
		require.NoError(t, json.Unmarshal(data, &got))
		assert.Equal(t, want, got)
	}
	require.ErrorContains(t, new(operate.Method).UnmarshalText([]byte("luck")), `method "luck", want one of ["planned"`)
	_, err = json.Marshal(operate.Strategy{Method: 9})
	require.ErrorContains(t, err, "no word for Method 9")
}
