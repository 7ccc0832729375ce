package vpp_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// A single scenario decides the CVaR if it is the worst one and has at least
// the probability of the tail: the CVaR is then its loss, by the definition.
func TestRightWarningOnlyIfOneScenarioDecides(t *testing.T) {
	twenty := make([]float64, 20) // losses 0 to 19, each of probability 1/20
	for s := range twenty {
		twenty[s] = float64(s)
	}
	for name, c := range map[string]struct {
		probability, loss []float64
		confidence, beta  float64
		warns             bool
	}{
		"the worst of ten is twice the tail":     {scenario.Equal(10), twenty[:10], 0.95, 1, true},
		"the worst of twenty is the tail":        {scenario.Equal(20), twenty, 0.95, 1, true},
		"two of twenty are in the tail":          {scenario.Equal(20), twenty, 0.9, 1, false},
		"a probable scenario has a small loss":   {[]float64{0.9, 0.02, 0.04, 0.04}, []float64{1, 9, 8, 7}, 0.95, 1, false},
		"a probable scenario has the large loss": {[]float64{0.9, 0.02, 0.04, 0.04}, []float64{9, 1, 2, 3}, 0.95, 1, true},
		"two scenarios have the largest loss":    {scenario.Equal(10), []float64{9, 9, 1, 1, 1, 1, 1, 1, 1, 1}, 0.95, 1, false},
		"no scenario has a loss":                 {scenario.Equal(10), make([]float64, 10), 0.95, 1, false},
		"the risk has no weight":                 {scenario.Equal(10), twenty[:10], 0.95, 0, false},
		"one scenario is all there is":           {[]float64{1}, []float64{3}, 0.95, 1, false},
	} {
		set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 1}, c.probability)
		require.NoError(t, err)
		plan := vpp.Plan{
			VPP:     vpp.VPP{Name: "A", RiskAversion: c.beta},
			Setting: vpp.Setting{Set: set, Weights: weights.Vector{Economic: 0.5, Risk: 0.3, Environment: 0.2}, Risk: vpp.CVaR{Confidence: c.confidence}},
		}
		for _, loss := range c.loss {
			plan.Results = append(plan.Results, vpp.Result{Loss: loss})
		}
		found := plan.Warnings()
		t.Logf("%s: right %v, source: definition of CVaR; found %q", name, c.warns, found)
		assert.Equal(t, c.warns, len(found) == 1, name)
	}
}
