package casefile_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/weights"
)

// withPolicy loads the case of all kinds with a policy.
func withPolicy(t *testing.T, policy string) (*casefile.Case, error) {
	t.Helper()
	source, err := os.ReadFile("testdata/allkinds.json")
	require.NoError(t, err)
	var file map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(source, &file))
	file["weights"] = json.RawMessage(`{"economic": 0.5, "risk": 0.3, "environment": 0.2}`)
	if policy != "" {
		file["policy"] = json.RawMessage(policy)
	}
	text, err := json.Marshal(file)
	require.NoError(t, err)
	return casefile.Load(fstest.MapFS{"x.json": {Data: text}}, "x.json")
}

func TestPoliciesOfACase(t *testing.T) {
	own := weights.Vector{Economic: 0.5, Risk: 0.3, Environment: 0.2}
	rule := weights.Rule{Signal: weights.Volatility, Threshold: 0.1, Full: 0.3, Dimension: weights.Risk, Raise: 0.5}
	changed := weights.Directional()
	changed.Base = weights.Vector{Economic: 1}
	changed.Rules[2].Threshold, changed.Rules[0].Steps = 0.4, 5
	for _, c := range []struct {
		policy string
		want   weights.Policy
	}{
		{"", nil},
		{`{"kind": "volatility"}`, weights.Table{Base: own, Rules: []weights.Rule{rule}}},
		{
			`{"kind": "clean_share", "threshold": 0.7, "full": 0.6, "raise": 2, "steps": 4}`,
			weights.Table{Base: own, Rules: []weights.Rule{
				{Signal: weights.CleanShare, Threshold: 0.7, Full: 0.6, Dimension: weights.Environment, Raise: 2, Steps: 4},
			}},
		},
		{
			`{"kind": "supply_margin", "full": -0.1}`,
			weights.Table{Base: own, Rules: []weights.Rule{
				{Signal: weights.SupplyMargin, Threshold: 0.15, Full: -0.1, Dimension: weights.Economic, Raise: 0.5},
			}},
		},
		{
			`{"kind": "directional", "base": {"economic": 1, "risk": 0, "environment": 0},
			  "supply_margin": {"threshold": 0.4}, "clean_share": {"steps": 5}}`, changed,
		},
		{
			`{"kind": "table", "rules": [{"signal": "volatility", "dimension": "risk", "threshold": 0.1, "full": 0.3, "raise": 0.5}]}`,
			weights.Table{Base: own, Rules: []weights.Rule{rule}},
		},
	} {
		x, err := withPolicy(t, c.policy)
		require.NoError(t, err, c.policy)
		assert.Equal(t, c.want, x.Policy, c.policy)
	}
}

// All violations are reported at once, each with its path.
func TestViolationsOfPolicies(t *testing.T) {
	for policy, want := range map[string][]string{
		`{"kind": "volatile", "full": "x"}`:         {`$.policy.kind: is "volatile", want one of the kinds: ["clean_share" "volatility" "supply_margin" "directional" "table"]`},
		`{}`:                                        {`$.policy.kind: `},
		`{"kind": "volatility", "full": 0.1}`:       {`$.policy: threshold and full are both 0.1, want two numbers`},
		`{"kind": "volatility", "clean_share": {}}`: {`$.policy.clean_share: unknown key`},
		`{"kind": "directional", "base": {"economic": 1, "risk": 1, "environment": 0}, "volatility": {"raise": -1, "steps": 0.5}}`: {
			`$.policy.base: economic 1, risk 1, environment 0 sum to 2, want 1`, `$.policy.volatility.raise: is -1`, `$.policy.volatility.steps: is 0.5`,
		},
		`{"kind": "table", "rules": [{"signal": "wind", "threshold": 1, "full": 1, "raise": 1}, {"dimension": "risk", "full": 2}]}`: {
			`$.policy.rules[0].signal: is "wind"`, `$.policy.rules[0].dimension: `, `$.policy.rules[0]: threshold and full are both 1`,
			`$.policy.rules[1].signal: `, `$.policy.rules[1].threshold: `, `$.policy.rules[1].raise: `,
		},
		`{"kind": "table"}`: {`$.policy.rules: `},
	} {
		_, err := withPolicy(t, policy)
		require.Error(t, err, policy)
		for _, violation := range want {
			assert.ErrorContains(t, err, violation, policy)
		}
	}
}

// The reference lists the keys that the loader knows, for each kind of policy.
func TestTheReferenceListsTheKeysOfPolicies(t *testing.T) {
	page, err := os.ReadFile("../docs/case.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(page), "\n## Policy\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	code := regexp.MustCompile("`([a-z_]+)`")
	documented := map[string][]string{}
	for _, line := range strings.Split(section, "\n") {
		if cells := strings.Split(line, "|"); len(cells) > 3 && strings.HasPrefix(line, "| `") {
			for _, kind := range code.FindAllStringSubmatch(cells[1], -1) {
				for _, key := range code.FindAllStringSubmatch(cells[2], -1) {
					documented[kind[1]] = append(documented[kind[1]], key[1])
				}
			}
		}
	}
	known := func(policy, path string) []string {
		_, err := withPolicy(t, policy)
		require.Error(t, err)
		match := regexp.MustCompile(regexp.QuoteMeta(path) + `\.x: unknown key; known here: \[([^\]]*)\]`).FindStringSubmatch(err.Error())
		require.NotNil(t, match, "%v", err)
		return slices.DeleteFunc(strings.Fields(match[1]), func(key string) bool { return key == "kind" })
	}
	for _, kind := range append(weights.TableNames(), "table") {
		assert.ElementsMatch(t, known(`{"x": 0, "kind": "`+kind+`"}`, "$.policy"), documented[kind], kind)
	}
	assert.ElementsMatch(t, known(`{"kind": "table", "rules": [{"x": 0}]}`, "$.policy.rules[0]"), documented["rules"])
}

// Every kind of case files states its generation, its load or its rating, so
// that the signals of a region with all kinds are measured.
func TestEveryKindTakesPartInSignals(t *testing.T) {
	c, err := withPolicy(t, "")
	require.NoError(t, err)
	r, err := c.Region(t.Context(), casefile.Options{})
	require.NoError(t, err)
	_, reasons := r.Signals()
	for _, reason := range reasons {
		assert.NotContains(t, reason, "states neither generation nor load")
	}
}
