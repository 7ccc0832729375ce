package docs_test

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/internal/testsolver"
)

// The case of the section Heat: the homes join, with the payoffs that the text
// computes, and stay outside without an outside payoff.
func TestHeatLoadsNeedAnOutsidePayoff(t *testing.T) {
	testsolver.New(t)
	text, err := os.ReadFile("case.md")
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)\n### Heat\n.*?```json\n(.*?)```").FindSubmatch(text)
	require.NotNil(t, block)
	run := func(text []byte) *trigrid.Result {
		c, err := casefile.Load(fstest.MapFS{"case.json": {Data: text}}, "case.json")
		require.NoError(t, err)
		region, err := c.Region(t.Context(), casefile.Options{})
		require.NoError(t, err)
		res, err := trigrid.Run(t.Context(), region, trigrid.Options{})
		require.NoError(t, err)
		return res
	}
	res := run(block[1])
	assert.Equal(t, trigrid.Profile{"homes": "Town", "boiler": "Town", "gas": "Town"}, res.Recommendation.Profile)
	assert.Equal(t, trigrid.DynamicEnd, res.Recommendation.Reason)
	for i, want := range []float64{-1500, 500, 500} {
		assert.InDelta(t, want, res.DERs[i].Payoff, 1e-3, res.DERs[i].Name)
	}

	var doc map[string]any
	require.NoError(t, json.Unmarshal(block[1], &doc))
	delete(doc, "outside_payoff")
	without, err := json.Marshal(doc)
	require.NoError(t, err)
	res = run(without)
	assert.Equal(t, trigrid.Outside, res.Recommendation.Profile["homes"])
	assert.Zero(t, res.DERs[0].Payoff)
}
