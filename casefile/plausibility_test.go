package casefile_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/casefile"
)

// implausible returns the warnings of a case.
func implausible(t *testing.T, text []byte) []string {
	t.Helper()
	c, err := load(text)
	require.NoError(t, err)
	r, err := c.Region(t.Context(), casefile.Options{})
	require.NoError(t, err)
	return append([]string{}, r.Warnings()...)
}

// Ordinary cases have no warnings.
func TestOrdinaryCasesHaveNoWarnings(t *testing.T) {
	for _, path := range []string{
		"testdata/allkinds.json", "../examples/threelevel/case.json", "../docs/tutorial/case.json",
		"../cmd/trigrid/testdata/small.json", "../testdata/valley.json",
	} {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Empty(t, implausible(t, text), path)
	}
}

// Of the cases of users, exactly those with numbers out of scale have warnings.
func TestCasesOfUsersHaveWarnings(t *testing.T) {
	folder := os.Getenv("TRIGRID_CASES")
	if folder == "" {
		folder = "../../shared/cases"
	}
	if _, err := os.Stat(folder); err != nil {
		t.Skip("needs cases of users: set TRIGRID_CASES to the folder that has run and values: ", err)
	}
	unused := map[string]string{"1-community.json": `"heat" ($.scenarios.series[4])`}
	want := map[string][]string{
		"5-kw-as-mw.json":      {"$.ders[2].charge_mw: 250 MW is 31 times the largest value of the series, 8 MW"},
		"6-price-per-kwh.json": {"$.markets.electricity.buy_per_mwh: the mean, 0.109 per MWh, is 641 times below $.ders[3].linear_cost_per_mwh, 70"},
		"14-range.json": {
			"$.ders[3].linear_cost_per_mwh: 1e+09 per MWh is 5.56e+06 times the highest buying price, 180",
			"$.ders[3].linear_cost_per_mwh: 1e+09 is 1e+12 times $.ders[3].no_load_cost_per_h, 0.001",
			`costs of the program differ by a factor of 2.0e+11: 1.32e+08 for the output of thermal "gt" in scenario 0, step 0 (00:00)`,
		},
	}
	loaded := 0
	for _, part := range []string{"run", "values"} {
		paths, err := filepath.Glob(filepath.Join(folder, part, "*.json"))
		require.NoError(t, err)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			var converted bytes.Buffer
			require.NoError(t, casefile.Convert(&converted, bytes.NewReader(text), casefile.CaseKeys()))
			name := filepath.Base(path)
			c, err := casefile.Load(fstest.MapFS{name: {Data: converted.Bytes()}}, name)
			if err != nil {
				continue // rejected with a reason, see TestCasesOfUsersConvertAndLoad
			}
			if _, err := c.Region(t.Context(), casefile.Options{}); err != nil {
				continue
			}
			loaded++
			found := implausible(t, converted.Bytes())
			if series, ok := unused[name]; ok {
				require.NotEmpty(t, found, name)
				assert.Contains(t, found[len(found)-1], "no VPP and no DER uses these series of the scenarios: "+series, name)
			}
			// The cases of single values share their series.
			found = slices.DeleteFunc(found, func(w string) bool { return strings.HasPrefix(w, "no VPP and no DER uses these series") })
			require.Len(t, found, len(want[name]), "%s: %v", name, found)
			for i, text := range want[name] {
				assert.True(t, strings.HasPrefix(found[i], text), "%s: %s", name, found[i])
			}
		}
	}
	require.Greater(t, loaded, 30)
}
