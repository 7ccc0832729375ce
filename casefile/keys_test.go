package casefile_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/der"
)

func TestTheReferenceListsTheRenamedKeys(t *testing.T) {
	page, err := os.ReadFile("../docs/case.md")
	require.NoError(t, err)
	var want strings.Builder
	row := func(document string, keys []casefile.Key) {
		for _, k := range keys {
			kind := document
			if k.Text {
				kind += ", text"
			}
			fmt.Fprintf(&want, "| %s | `%s` | `%s` | `%s` |\n", kind, k.Old, k.New, k.Path)
		}
	}
	row("case", casefile.CaseKeys())
	row("result", casefile.ResultKeys())
	_, table, found := strings.Cut(string(page), "| document | old | new | path |\n|---|---|---|---|\n")
	require.True(t, found)
	assert.Equal(t, want.String(), table, "docs/case.md ends with the table")
}

// Old keys in every place of the table, one value out of range below an old
// key, and keys of the same names in other places, which stay.
const oldCase = `{
  "plants": [{"name": "P", "share": 1.5, "allowance_t_per_step": 2,
    "tariff": {"curtailment_per_mwh": 3, "curtailment_fraction" : 0.5}}],
  "units": [
    {"kind": "demand_response", "max_curtailment_mw":1, "max_curtailment_share": 0.5, "curtailment_cost_per_mwh": 9,
     "calls": {"most": 2, "least_mw": 0.1}},
    {"kind": "own", "max_curtailment_mw": 1, "share": 2, "text": "most, \"plants\""},
    {"curtailment_penalty_per_mwh": 7, "kind": "wind"}],
  "readings": {"scheduling": "own_costs", "imbalance_charged": "in_risk_only"},
  "notes": ["plants"], "scenarios": {"known": [{"unit": "MW"}]}
}
`

const newCase = `{
  "vpps": [{"name": "P", "pass_through": 1.5, "free_allocation_t_per_step": 2,
    "tariff": {"load_reduction_per_mwh": 3, "load_reduction_fraction" : 0.5}}],
  "ders": [
    {"kind": "demand_response", "max_reduction_mw":1, "max_reduction_share": 0.5, "reduction_cost_per_mwh": 9,
     "calls": {"max": 2, "min_mw": 0.1}},
    {"kind": "own", "max_curtailment_mw": 1, "share": 2, "text": "most, \"plants\""},
    {"curtailment_penalty_per_mwh": 7, "kind": "wind"}],
  "modelling": {"dispatch_objective": "own_costs", "imbalance_accounting": "in_risk_only"},
  "notes": ["plants"], "scenarios": {"known": [{"unit": "MW"}]}
}
`

func TestConvertChangesTheOldKeysOnly(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, casefile.Convert(&out, strings.NewReader(oldCase), casefile.CaseKeys()))
	assert.Equal(t, newCase, out.String())
	out.Reset()
	require.NoError(t, casefile.Convert(&out, strings.NewReader(newCase), casefile.CaseKeys()))
	assert.Equal(t, newCase, out.String(), "a document in new keys stays")
}

func TestConvertChangesResults(t *testing.T) {
	const old = `{"plants": [{"name": "out", "absorption": 1}], "units": [{"choice": "out", "share": 2,
"otherwise": {"out": 3}, "name": "out"}], "game": {"profile": {"W": "out", "out": "P"}, "basins": [{"share": 1}],
"best_profiles": [{"W":"out"}], "nash": [{"profile": {"W": "out"}}]}, "coalitions": [{"plant": "P", "open": 0, "absorption": 1}]}`
	const want = `{"vpps": [{"name": "out", "renewable_utilisation": 1}], "ders": [{"choice": "outside", "allocated_gain": 2,
"otherwise": {"outside": 3}, "name": "out"}], "game": {"profile": {"W": "outside", "out": "P"}, "basins": [{"share": 1}],
"best_profiles": [{"W":"outside"}], "nash": [{"profile": {"W": "outside"}}]}, "coalitions": [{"vpp": "P", "absolute_gap": 0, "renewable_utilisation": 1}]}`
	var out bytes.Buffer
	require.NoError(t, casefile.Convert(&out, strings.NewReader(old), casefile.ResultKeys()))
	assert.Equal(t, want, out.String())
}

func TestConvertWritesNothingOnAnError(t *testing.T) {
	for text, want := range map[string]string{
		`{"plants": [`:               `$.plants: the text ends here`,
		`{"plants": [], "vpps": []}`: `$.plants: both "plants" and "vpps" are given`,
		`{"name": "a", "name": "b"}`: `key "name" is given twice`,
		"\ufeff" + `{"name": café"}`: `invalid character`,
	} {
		var out bytes.Buffer
		err := casefile.Convert(&out, strings.NewReader(text), casefile.CaseKeys())
		require.ErrorContains(t, err, want)
		assert.Empty(t, out.String())
	}
}

// The loader names old path and new key, and checks the values below an old key
// as well.
func TestOldKeysAreRejectedWithTheNewKey(t *testing.T) {
	load := func(text string) error {
		_, err := casefile.Load(fstest.MapFS{"old.json": {Data: []byte(text)}}, "old.json")
		require.Error(t, err)
		return err
	}
	err := load(oldCase)
	for _, want := range []string{
		`$.plants: the key "plants" is now "vpps"`,
		`$.plants[0].share: the key "share" is now "pass_through"`,
		`$.plants[0].share: is 1.5, want a number from 0 to 1`,
		`$.plants[0].allowance_t_per_step: the key "allowance_t_per_step" is now "free_allocation_t_per_step"`,
		`$.plants[0].tariff.curtailment_per_mwh: the key "curtailment_per_mwh" is now "load_reduction_per_mwh"`,
		`$.plants[0].tariff.curtailment_fraction: the key "curtailment_fraction" is now "load_reduction_fraction"`,
		`$.units: the key "units" is now "ders"`,
		`$.units[0].max_curtailment_mw: the key "max_curtailment_mw" is now "max_reduction_mw"`,
		`$.units[0].max_curtailment_share: the key "max_curtailment_share" is now "max_reduction_share"`,
		`$.units[0].curtailment_cost_per_mwh: the key "curtailment_cost_per_mwh" is now "reduction_cost_per_mwh"`,
		`$.units[0].calls.most: the key "most" is now "max"`,
		`$.units[0].calls.least_mw: the key "least_mw" is now "min_mw"`,
		`$.readings: the key "readings" is now "modelling"`,
		`$.readings.scheduling: the key "scheduling" is now "dispatch_objective"`,
		`$.readings.imbalance_charged: the key "imbalance_charged" is now "imbalance_accounting"`,
	} {
		assert.ErrorContains(t, err, want)
	}
	assert.NotContains(t, err.Error(), "plants: unknown key")
	assert.NotContains(t, err.Error(), "$.vpps: is missing")
	both := load(`{"plants": [{"share": 2}], "vpps": []}`)
	assert.ErrorContains(t, both, `$.plants: the key "plants" is now "vpps"`)
	assert.NotContains(t, both.Error(), "$.plants: unknown key")
	assert.NotContains(t, both.Error(), "$.plants[0].share")
}

// A kind that replaces a built-in one may have keys with the old names.
func TestReplacedKindsKeepTheirKeys(t *testing.T) {
	read := func(v casefile.Fields, _ map[string]bool) func() der.DER {
		assert.Equal(t, 1.0, v.At("max_curtailment_mw").Number(0, 10))
		return nil
	}
	l := casefile.Loader{Kinds: map[string]casefile.DERReader{"demand_response": read}}
	text := `{"ders": [{"kind": "demand_response", "max_curtailment_mw": 1}]}`
	_, err := l.Load(fstest.MapFS{"own.json": {Data: []byte(text)}}, "own.json")
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "max_curtailment_mw")
}

// Cases of other users, in the old keys. Each converts and then loads, except
// the listed ones, which the loader rejects for the given reason.
func TestCasesOfUsersConvertAndLoad(t *testing.T) {
	folder := os.Getenv("TRIGRID_CASES")
	if folder == "" {
		folder = "../../shared/cases"
	}
	if _, err := os.Stat(folder); err != nil {
		t.Skip("needs cases in old keys: set TRIGRID_CASES to the folder that has run and values: ", err)
	}
	rejected := map[string]string{
		"7-sigma-percent.json":     `$.scenarios.series[0].error_sigma: is 20, want a share of the forecast from 0 to 2: 0.20 for 20 %`,
		"8-wrong-series.json":      `$.ders[0].available: is "town", the demand of $.vpps[0].demand; want a series of available power`,
		"9-typos.json":             `$.ders[3].min_up: unknown key`,
		"13-arbitrage.json":        `$.markets.electricity.sell_fraction: is 1.3, want a share of the buying price from 0 to 1: above 1 buying to sell earns`,
		"15-many.json":             `$.sharing: is "shapley", which needs up to 2^13 programs for 13 DERs; want "sampled_shapley"`,
		"34-overnight-window.json": `$.ders[1].from_h: is 18, after to_h, 7`,
		"29-name-with-slash.json":  `$.ders[0].name: is "Ridge A/B" of 9 bytes, want a name of 1 to 64 bytes without slash`,
		"30-name-65-bytes.json":    `of 65 bytes, want a name of 1 to 64 bytes`,
		"38-probability-zero.json": `$.scenarios.probabilities[1]: is 0, want a probability above 0`,
	}
	files := 0
	for _, part := range []string{"run", "values"} {
		paths, err := filepath.Glob(filepath.Join(folder, part, "*.json"))
		require.NoError(t, err)
		for _, path := range paths {
			files++
			name := filepath.Base(path)
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			var converted bytes.Buffer
			err = casefile.Convert(&converted, bytes.NewReader(text), casefile.CaseKeys())
			require.NoError(t, err, name)
			_, err = casefile.Load(fstest.MapFS{name: {Data: converted.Bytes()}}, name)
			if want, ok := rejected[name]; ok {
				assert.ErrorContains(t, err, want, name)
				assert.NotContains(t, fmt.Sprint(err), " is now ", name)
				continue
			}
			assert.NoError(t, err, name)
		}
	}
	require.Positive(t, files)
}

func FuzzConvert(f *testing.F) {
	f.Add([]byte(oldCase))
	f.Add([]byte(newCase))
	f.Add([]byte(`{"units":[{"kind":"demand_response","calls":{"\u006dost":1}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var once, twice bytes.Buffer
		if casefile.Convert(&once, bytes.NewReader(text), casefile.CaseKeys()) != nil {
			return
		}
		if err := casefile.Convert(&twice, bytes.NewReader(once.Bytes()), casefile.CaseKeys()); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(once.Bytes(), twice.Bytes()) {
			t.Fatalf("a converted document changes again:\n%s\n%s", once.Bytes(), twice.Bytes())
		}
	})
}
