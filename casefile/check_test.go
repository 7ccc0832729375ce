package casefile_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/vpp"
)

// village is a valid case of four steps. The tests change one or a few of its
// parts.
const village = `{
	"name": "village", "grid": {"start": "2031-03-10T00:00", "steps": 4},
	"scenarios": {"samples": 20, "keep": 2, "series": [
		{"name": "sun", "forecast_mw": [0, 2, 4, 1], "capacity_mw": 4, "error_sigma": 0.2},
		{"name": "homes", "forecast_mw": [3, 3, 4, 5], "error_sigma": 0.05}],
		"known": [{"name": "gas", "unit": "currency/MWh", "values": 30}]},
	"weights": {"economic": 0.6, "risk": 0.2, "environment": 0.2}, "risk": {"confidence": 0.8},
	"markets": {"electricity": {"buy_per_mwh": [60, 80, 110, 90], "sell_fraction": 0.4}},
	"vpps": [{"name": "north", "demand": "homes", "risk_aversion": 0.5, "pass_through": 0.5, "tariff": {"injection_fraction": 0.6}}],
	"ders": [
		{"kind": "pv", "name": "solar", "capacity_mw": 4, "available": "sun"},
		{"kind": "storage", "name": "battery", "charge_mw": 2, "discharge_mw": 2, "energy_mwh": 4, "initial_mwh": 2,
			"charge_efficiency": 0.95, "discharge_efficiency": 0.95},
		{"kind": "thermal", "name": "engine", "min_output_mw": 1, "max_output_mw": 3, "linear_cost_per_mwh": 70}]
}`

// changed returns the village with texts replaced by others, in pairs.
func changed(t *testing.T, pairs ...string) []byte {
	t.Helper()
	text := village
	for i := 0; i < len(pairs); i += 2 {
		require.Contains(t, text, pairs[i])
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	require.True(t, json.Valid([]byte(text)), text)
	return []byte(text)
}

func load(text []byte) (*casefile.Case, error) {
	return casefile.Load(fstest.MapFS{"case.json": {Data: text}}, "case.json")
}

// Each violation gives one line, with its path and the keys of the file, and
// nothing follows from it.
func TestEmptyListsHaveTheirPath(t *testing.T) {
	for text, want := range map[string]string{
		`{"vpps": [], "ders": []}`:   "$.vpps: is a list of 0, want at least one VPP\n$.ders: is a list of 0, want at least one DER",
		`{"vpps": "x", "ders": [5]}`: "$.vpps: is \"x\", want a list\n$.ders[0]: is 5, want an object",
	} {
		_, err := casefile.Load(fstest.MapFS{"case.json": {Data: []byte(text)}}, "case.json")
		require.ErrorContains(t, err, want)
	}
}

func TestEachViolationGivesOneLineInTheWordsOfTheFile(t *testing.T) {
	der := func(text string) string { return `"ders": [` + text + `, ` }
	for name, c := range map[string]struct {
		change []string
		want   []string
	}{
		"faults of every kind at once": {
			[]string{
				`"confidence": 0.8`, `"confidence": 95`, `"name": "battery"`, `"name": "solar"`, `"max_output_mw"`, `"max_ouput_mw"`,
				`"environment": 0.2`, `"environment": 0.1`, `"capacity_mw": 4, "available"`, `"capacity_mw": 3, "available"`,
				`"vpps": [`, `"outside_payoff": {"engin": 5}, "vpps": [`,
			},
			[]string{
				`$.weights: economic 0.6, risk 0.2, environment 0.1 sum to 0.9, want 1`,
				`$.risk.confidence: is 95, want a number between 0 and 1, such as 0.95`,
				`$.ders[1].name: is "solar", the name of $.ders[0] already; names of VPPs and DERs must differ`,
				`$.ders[0].capacity_mw: is 3, want at least 4 MW, the largest value of the series "sun"`,
				`$.ders[2].max_ouput_mw: unknown key; did you mean "max_output_mw"? known here: […]`,
			},
		},
		"an unknown name of an outside payoff": {
			[]string{`"vpps": [`, `"outside_payoff": {"batery": 5}, "vpps": [`},
			[]string{`$.outside_payoff.batery: the key "batery" is no DER, want the name of a DER: […]; did you mean "battery"?`},
		},
		"a price and a demand as water": {
			[]string{`"ders": [`, der(`{"kind": "run_of_river", "name": "mill", "inflow": "gas", "turbine": [{"discharge_m3_per_s": 4, "power_mw": 1}]},
				{"kind": "reservoir", "name": "dam", "inflow": "homes", "turbine": [{"discharge_m3_per_s": 4, "power_mw": 1}, {"discharge_m3_per_s": 6, "power_mw": 5}],
				"max_volume_hm3": 1, "initial_hm3": 0, "unmet_cost_per_hm3": 1}`)},
			[]string{
				`$.ders[0].inflow: is "gas", a series of another quantity; want water, a series of known in m³/s, or one path per scenario`,
				`$.ders[1].inflow: is "homes", a series of another quantity; want water, a series of known in m³/s, or one path per scenario`,
			},
		},
		"a turbine that gains with more water": {
			[]string{`"ders": [`, der(`{"kind": "reservoir", "name": "dam", "inflow": "sun", "turbine": [{"discharge_m3_per_s": 4, "power_mw": 1}, {"discharge_m3_per_s": 6, "power_mw": 5}],
				"max_volume_hm3": 1, "initial_hm3": 2, "unmet_cost_per_hm3": 1}`)},
			[]string{
				`$.ders[0].turbine[1]: gains 2 MW per m³/s, more than the 0.25 before it; want a slope that does not rise`,
				`$.ders[0].initial_hm3: is 2, want a number in [0, 1] hm³, from min_volume_hm3 to max_volume_hm3`,
			},
		},
		"a turbine that states its beginning": {
			[]string{`"ders": [`, der(`{"kind": "run_of_river", "name": "mill", "inflow": "sun", "turbine": [{"discharge_m3_per_s": 0, "power_mw": 0}, {"discharge_m3_per_s": 4, "power_mw": 1}]},
				{"kind": "run_of_river", "name": "weir", "inflow": "sun", "turbine": [{"discharge_m3_per_s": 0, "power_mw": 1}]}`)},
			[]string{
				`$.ders[0].turbine[0].discharge_m3_per_s: is 0, want more than 0 m³/s; every curve begins at 0, so leave this point out`,
				`$.ders[1].turbine[0].discharge_m3_per_s: is 0, want more than 0 m³/s`,
			},
		},
		"parts of a site": {
			[]string{`"ders": [`, der(`{"kind": "site", "name": "home", "max_import_mw": -1, "parts": [
				{"kind": "pv", "name": "roof", "capacity_mw": 3, "available": "sun"}, {"kind": "load", "name": "lights", "demand": "homes", "shed_cost": 1},
				{"kind": "pw", "name": "x"}, {"kind": "wind", "name": "mill", "capacity_mw": 9, "available": "homes"}]},
				{"kind": "site", "name": "farm", "excess_cost_per_mwh": 3, "parts": [{"kind": "pv", "name": "roof", "capacity_mw": 4, "available": "sun"},
				{"kind": "pv", "name": "roof", "capacity_mw": 4, "available": "sun"}, {"kind": "reservoir", "name": "dam", "inflow": "sun", "turbine": [{"discharge_m3_per_s": 4, "power_mw": 1}],
				"max_volume_hm3": 1, "initial_hm3": 2, "unmet_cost_per_hm3": 1}]}`)},
			[]string{
				`$.ders[0].max_import_mw: is -1, want a number of at least 0`,
				`$.ders[0].parts[0].capacity_mw: is 3, want at least 4 MW, the largest value of the series "sun"`,
				`$.ders[0].parts[1].shed_cost: unknown key; did you mean "shed_cost_per_mwh"? known here: […]`,
				`$.ders[0].parts[2].kind: is "pw", want one of the kinds: […]`,
				`$.ders[0].parts[3].available: is "homes", the demand of $.vpps[0].demand; want a series of available power`,
				`$.ders[1].parts[1]: has the name "roof" of a part before it, want another name`,
				`$.ders[1].excess_cost_per_mwh: is given, want max_import_mw or max_export_mw beside it`,
				`$.ders[1].parts[2].initial_hm3: is 2, want a number in [0, 1] hm³, from min_volume_hm3 to max_volume_hm3`,
			},
		},
		"a VPP with the name of a DER": {
			[]string{`"name": "north"`, `"name": "battery"`},
			[]string{`$.ders[1].name: is "battery", the name of $.vpps[0] already; names of VPPs and DERs must differ`},
		},
		"the name of the grid": {
			[]string{`"name": "north"`, `"name": "grid"`},
			[]string{`$.vpps[0].name: is "grid", the name of the grid already; names of VPPs and DERs must differ`},
		},
		"names that the ledger rejects": {
			[]string{`"name": "village"`, `"name": "summer/winter"`, `"name": "north"`, `"name": "no\tn"`, `"name": "solar"`, `"name": "` + strings.Repeat("é", 33) + `"`},
			[]string{
				`$.name: is "summer/winter" of 13 bytes, want a name of 1 to 64 bytes without slash or control character`,
				`$.vpps[0].name: is "no\tn" of 4 bytes, want a name of 1 to 64 bytes without slash or control character`,
				`$.ders[0].name: is "` + strings.Repeat("é", 33) + `" of 66 bytes, want a name of 1 to 64 bytes without slash or control character`,
			},
		},
		"limits of a DER against each other and the grid": {
			[]string{
				`"ders": [`, der(`{"kind": "shiftable_load", "name": "laundry", "profile_mw": [0, 1, 1], "usual_h": 9, "from_h": 2, "to_h": 4}`),
				`"linear_cost_per_mwh": 70`, `"start_output_mw": 0.5, "start_up": [{"after_h": 2, "cost": 9}, {"after_h": 1, "cost": 10}]`,
			},
			[]string{
				`$.ders[0].profile_mw: is [0 1 1], want one value per step of the load's own cycle, MW, the first above 0`,
				`$.ders[0]: the window from from_h to to_h has 2 of the 4 steps of 1 h, want at least the 3 that the load needs`,
				`$.ders[0].usual_h: is 9 h, want at most 1 h, so that the cycle ends with the grid`,
				`$.ders[3].start_output_mw: is 0.5, want a finite number of at least 1 MW (min_output_mw; below it the unit could never start or stop)`,
				`$.ders[3].start_up[1]: applies after 1 h, want more than the 2 h of the one before`,
			},
		},
		"values of converters": {
			[]string{`"ders": [`, der(`{"kind": "chp_extraction", "name": "Points", "points": [{"power_mw": 1, "heat_mw": 1, "gas_mw": 1}]},
				{"kind": "chp", "name": "chp", "electric_efficiency": 0.6, "heat_efficiency": 0.6, "max_mw": 2, "start_cost": 5},
				{"kind": "gas_boiler", "name": "boiler", "efficiency": 0.9, "min_mw": 3, "max_mw": 2}`)},
			[]string{
				`$.ders[0].points[0].gas_mw: is 1, want a finite number of at least 2 MW, the power and heat that come out`,
				`$.ders[1].electric_efficiency: and heat_efficiency sum to 1.2, want at most 1: more energy comes out than goes in`,
				`$.ders[1].start_cost: is 5, but the unit never stops; set switchable`,
				`$.ders[2].max_mw: is 2, want a finite number of at least 3 MW, not below min_mw`,
			},
		},
		"a window over midnight": {
			[]string{`"ders": [`, der(`{"kind": "transferable_load", "name": "bus", "load": "homes", "max_mw": 9, "from_h": 3, "to_h": 1}`)},
			[]string{`$.ders[0].from_h: is 3, after to_h, 1; want from_h before to_h, both counted from the beginning of the grid; for a window over midnight start the grid before it, such as at noon`},
		},
		"two rules of carbon": {
			[]string{`"ders": [`, der(`{"kind": "sequestration", "name": "a", "max_t_per_h": 1, "carbon": "at_purchase"},
				{"kind": "sequestration", "name": "b", "max_t_per_h": 1}`)},
			[]string{`$.ders: "b" follows "carbon": "at_stack" and "a" "carbon": "at_purchase", want one rule for both`},
		},
		"a demand as available power": {
			[]string{`"available": "sun"`, `"available": "homes"`},
			[]string{`$.ders[0].available: is "homes", the demand of $.vpps[0].demand; want a series of available power`},
		},
		"a price as a power, and a power as a price": {
			[]string{`"available": "sun"`, `"available": "gas"`, `"ders": [`, der(`{"kind": "gas_supply", "name": "gas", "max_mw": 3, "price": "sun"}`)},
			[]string{
				`$.ders[0].price: is "sun", a series in MW; want a price, a series of known in currency/MWh`,
				`$.ders[1].available: is "gas", a series in currency/MWh; want a series in MW`,
			},
		},
		"an unknown series": {
			[]string{`"available": "sun"`, `"available": "suns"`},
			[]string{`$.ders[0].available: is "suns", want the name of one of the scenarios' series: […]; did you mean "sun"?`},
		},
		"a sigma in percent": {
			[]string{`"error_sigma": 0.2`, `"error_sigma": 20`},
			[]string{`$.scenarios.series[0].error_sigma: is 20, want a share of the forecast from 0 to 2: 0.20 for 20 %`},
		},
		"a store without energy": {
			[]string{`"energy_mwh": 4, `, ``},
			[]string{`$.ders[1].energy_mwh: is missing, want a number of at least 0`},
		},
		"a key without its unit": {
			[]string{`"energy_mwh": 4, `, `"energy": 4, `},
			[]string{`$.ders[1].energy: unknown key; did you mean "energy_mwh"? known here: […]`},
		},
		"a misspelt key of an object": {
			[]string{`"electricity"`, `"electicity"`},
			[]string{`$.markets.electicity: unknown key; did you mean "electricity"? known here: […]`},
		},
		"a forecast of another length, with the DERs that read it": {
			[]string{`[0, 2, 4, 1]`, `[0, 2, 4]`},
			[]string{`$.scenarios.series[0].forecast_mw: is a list of 3, want a list of 4 numbers, one per step, or one number for all`},
		},
		"probabilities beside samples": {
			[]string{`"samples": 20`, `"probabilities": [1], "samples": 20`},
			[]string{`$.scenarios.probabilities: states the scenarios, but samples, keep, forecast_mw of sampled scenarios is given too; ` +
				`remove probabilities, or state paths_mw for each series and remove the keys of sampling`},
		},
		"more DERs than the exact Shapley value can have": {
			[]string{`"vpps": [`, `"sharing": "shapley", "vpps": [`, `"ders": [`, `"ders": [` + strings.Join(func() (out []string) {
				for i := range 10 {
					out = append(out, fmt.Sprintf(`{"kind": "pv", "name": "s%d", "capacity_mw": 4, "available": "sun"}, `, i))
				}
				return out
			}(), "")},
			[]string{`$.sharing: is "shapley", which needs up to 2^13 programs for 13 DERs; want "sampled_shapley" for more than 12 DERs, or no key`},
		},
		"more DERs than the nucleolus can have": {
			[]string{`"vpps": [`, `"sharing": "nucleolus", "vpps": [`, `"ders": [`, `"ders": [` + strings.Join(func() (out []string) {
				for i := range 10 {
					out = append(out, fmt.Sprintf(`{"kind": "pv", "name": "s%d", "capacity_mw": 4, "available": "sun"}, `, i))
				}
				return out
			}(), "")},
			[]string{`$.sharing: is "nucleolus", which needs up to 2^13 programs for 13 DERs; want "sampled_shapley" for more than 12 DERs, or no key`},
		},
		"negative prices in a tariff": {
			[]string{`[60, 80, 110, 90]`, `[60, -80, 110, 90]`, `"tariff": {`, `"tariff": {"shortage_fraction": 0.5, `},
			[]string{`$.vpps[0].tariff.shortage_fraction: gives -40 per MWh in step 1, where the buying price is negative; want at least 0, with shortage_per_mwh`},
		},
		"two curves of cost": {
			[]string{`"linear_cost_per_mwh": 70`, `"linear_cost_per_mwh": 70, "blocks": [{"up_to_mw": 3, "price_per_mwh": 5}]`},
			[]string{`$.ders[2].linear_cost_per_mwh: is given together with blocks, want one of the two`},
		},
		"a number beyond all limits": {
			[]string{`"charge_mw": 2`, `"charge_mw": 1e300`},
			[]string{`$.ders[1].charge_mw: is 1e+300, want a number from 0 to 1e+15`},
		},
	} {
		_, err := load(changed(t, c.change...))
		if !assert.Error(t, err, name) {
			continue
		}
		var got []string
		for _, line := range strings.Split(err.Error(), "\n")[1:] {
			if from, to := strings.Index(line, "["+`"`), strings.LastIndex(line, `"]`); from >= 0 && to > from {
				line = line[:from] + "[…]" + line[to+2:]
			}
			if from := strings.Index(line, "known here: ["); from >= 0 {
				line = line[:from] + "known here: […]"
			}
			got = append(got, line)
		}
		assert.ElementsMatch(t, c.want, got, name)
	}
}

// stated is a case with stated scenarios of which one has the probability p.
func stated(p string) []byte {
	return []byte(`{"name": "stated", "grid": {"start": "2031-03-10T00:00", "steps": 2},
	"scenarios": {"probabilities": [1, ` + p + `], "series": [
		{"name": "town", "paths_mw": [[2, 2], [2, 2]]}, {"name": "gust", "paths_mw": [[6, 6], [6, 6]]}]},
	"weights": {"economic": 1, "risk": 0, "environment": 0}, "risk": {"confidence": 0.8},
	"markets": {"electricity": {"buy_per_mwh": [90, 90], "sell_fraction": 0.5}},
	"vpps": [{"name": "Hill", "demand": "town", "risk_aversion": 0, "pass_through": 1, "tariff": {}}],
	"ders": [{"kind": "wind", "name": "Ridge", "capacity_mw": 9, "available": "gust"}]}`)
}

func TestAProbabilityOfZeroIsOneViolation(t *testing.T) {
	_, err := load(stated("0"))
	require.EqualError(t, err, "case.json:\n$.scenarios.probabilities[1]: is 0, want a probability above 0 and up to 1; "+
		"leave out a scenario of probability 0")
}

func TestMissingPathsAreOneViolation(t *testing.T) {
	text := strings.Replace(string(stated("0.5")), `[1, 0.5]`, `[0.5, 0.5]`, 1)
	_, err := load([]byte(strings.Replace(text, `"paths_mw": [[2, 2], [2, 2]]`, `"comment": ""`, 1)))
	require.ErrorContains(t, err, "$.scenarios.series[0].paths_mw: is missing, want a list")
	assert.Equal(t, 1, strings.Count(err.Error(), "paths_mw: is missing"), "%v", err)
}

func TestAMissingSellingPriceNamesBothKeys(t *testing.T) {
	_, err := load([]byte(strings.Replace(string(stated("1")), `, "sell_fraction": 0.5`, ``, 1)))
	require.ErrorContains(t, err, "$.markets.electricity.sell_per_mwh: is missing, want a list of 2 numbers, one per step, "+
		"or one number for all; or sell_fraction beside buy_per_mwh")
	assert.Equal(t, 1, strings.Count(err.Error(), "electricity"), "%v", err)
}

// A byte order mark, of UTF-8 or UTF-16, is no violation.
func TestByteOrderMarksAreRead(t *testing.T) {
	text := strings.Replace(village, "village", "Dörfchen", 1)
	little, big := []byte{0xff, 0xfe}, []byte{0xfe, 0xff}
	for _, u := range utf16.Encode([]rune(text)) {
		little, big = append(little, byte(u), byte(u>>8)), append(big, byte(u>>8), byte(u))
	}
	for _, marked := range [][]byte{[]byte("\ufeff" + text), little, big} {
		c, err := load(marked)
		require.NoError(t, err)
		assert.Equal(t, "Dörfchen", c.Name)
		var out strings.Builder
		require.NoError(t, casefile.Convert(&out, strings.NewReader(string(marked)), casefile.CaseKeys()))
		assert.Equal(t, text, out.String())
	}
}

// With 80 % of a price of -25, a VPP would pay 20 for a MWh sold and earn 25
// for one bought. The selling price is -25 in this step.
func TestAFractionOfANegativePriceIsNoArbitrage(t *testing.T) {
	c, err := load(changed(t, `[60, 80, 110, 90]`, `[60, -25, 110, 90]`, `"sell_fraction": 0.4`, `"sell_fraction": 0.8`))
	require.NoError(t, err)
	r, err := c.Region(t.Context(), casefile.Options{})
	require.NoError(t, err)
	assert.Equal(t, market.Series{48, -25, 88, 72}, r.Setting.Markets.Electricity.(*market.Tariff).Sell)
}

// Numbers out of scale with their surroundings are warnings of the region.
func TestImplausibleNumbersAreWarnings(t *testing.T) {
	for name, c := range map[string]struct {
		change []string
		want   []string
	}{
		"plausible": {nil, nil},
		"kW as MW": {
			[]string{`"charge_mw": 2, "discharge_mw": 2`, `"charge_mw": 300, "discharge_mw": 250`},
			[]string{"$.ders[1].charge_mw: 300 MW is 60 times the largest value of the series, 5.01 MW; check the unit: 300 kW are 0.3 MW"},
		},
		"a series in kW": {
			[]string{`[3, 3, 4, 5]`, `[3000, 3000, 4000, 5000]`},
			[]string{"$.scenarios.series: the largest value, 5014 MW, is 1254 times the largest DER, 4 MW; check the unit: 5014 kW are 5.014 MW"},
		},
		"kWh as MWh": {
			[]string{`"energy_mwh": 4`, `"energy_mwh": 4800`},
			[]string{"$.ders[1].energy_mwh: 4800 MWh is 40 times a day at the largest value of the series, 5.01 MW; check the unit: 4800 kWh are 4.8 MWh"},
		},
		"a price per kWh": {
			[]string{`[60, 80, 110, 90]`, `[0.06, 0.08, 0.11, 0.09]`},
			[]string{"$.markets.electricity.buy_per_mwh: the mean, 0.085 per MWh, is 824 times below $.ders[2].linear_cost_per_mwh, 70; " +
				"check the unit: 0.085 per kWh are 85 per MWh"},
		},
		"a cost per kWh": {
			[]string{`"linear_cost_per_mwh": 70`, `"linear_cost_per_mwh": 0.07`},
			[]string{"$.ders[2].linear_cost_per_mwh: 0.07 per MWh is 1214 times below the mean buying price, 85; " +
				"check the unit: 0.07 per kWh are 70 per MWh"},
		},
		"costs over twelve orders of magnitude": {
			[]string{`"linear_cost_per_mwh": 70`, `"linear_cost_per_mwh": 1e9, "no_load_cost_per_h": 0.001`},
			[]string{
				"$.ders[2].linear_cost_per_mwh: 1e+09 per MWh is 9.09e+06 times the highest buying price, 110; check the number",
				"$.ders[2].linear_cost_per_mwh: 1e+09 is 1e+12 times $.ders[2].no_load_cost_per_h, 0.001; " +
					"a solver cannot tell the smaller one from rounding, so keep prices within a ratio of 1e+09",
			},
		},
	} {
		loaded, err := load(changed(t, c.change...))
		require.NoError(t, err, name)
		r, err := loaded.Region(t.Context(), casefile.Options{})
		require.NoError(t, err, name)
		assert.Equal(t, c.want, vpp.Implausible(r.Setting, r.VPPs, r.DERs, r.Names), name)
	}
}
