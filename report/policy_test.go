package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/report"
	"github.com/trigrid/trigrid/sweep"
	"github.com/trigrid/trigrid/weights"
)

// A run with a policy has a table and a figure of signals and weights; a run
// without one has neither.
func TestPolicyInTheReport(t *testing.T) {
	r, res := fixture(t)
	for name, text := range files(t, r, res) {
		assert.NotContains(t, name, "policy")
		if name == "index.html" {
			assert.NotContains(t, text, "Signals and weights")
		}
	}
	res.Signals = &weights.Signals{CleanShare: 0.375, Volatility: math.NaN(), SupplyMargin: -0.25}
	res.RegionWeights = &weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4}
	of := files(t, r, res)
	table := read(t, of, "policy")
	assert.Equal(t, 0.375, value(t, table.where(t, "quantity", "clean_share")["value"]))
	assert.Empty(t, table.where(t, "quantity", "volatility")["value"])
	assert.Equal(t, -0.25, value(t, table.where(t, "quantity", "supply_margin")["value"]))
	row := table.where(t, "quantity", "weight_economic")
	assert.Equal(t, 0.5, value(t, row["value"]))
	assert.Equal(t, 0.4, value(t, row["before"]))
	figure := of["figures/policy.svg"]
	assert.Contains(t, figure, "clean share 0.375; volatility not measured; supply margin")
	assert.Contains(t, figure, "economic 0.5, risk 0.2, environment 0.3")
	assert.Contains(t, of["index.html"], "Signals and weights")
	assert.Contains(t, of["result.json"], `"volatility": null`)
}

// swept is a sweep by hand: the reference 0.4/0.2/0.4, another vector and the
// corners.
func swept(t *testing.T) *sweep.Result {
	t.Helper()
	res := &sweep.Result{Region: "by hand"}
	var outcomes []weights.Outcome
	for i, o := range []weights.Outcome{
		{Weights: weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4}, Value: weights.Values{Economic: 90, Risk: -20, Environment: 40}},
		{Weights: weights.Vector{Economic: 0.6, Risk: 0.2, Environment: 0.2}, Value: weights.Values{Economic: 95, Risk: -25, Environment: 20}},
		{Weights: weights.Corners()[0], Value: weights.Values{Economic: 100, Risk: -40, Environment: 10}},
		{Weights: weights.Corners()[1], Value: weights.Values{Economic: 60, Risk: -10, Environment: 10}},
		{Weights: weights.Corners()[2], Value: weights.Values{Economic: 70, Risk: -30, Environment: 50}},
	} {
		outcomes = append(outcomes, o)
		res.Rows = append(res.Rows, sweep.Row{Weights: o.Weights, Value: o.Value, Imbalance: float64(i), Added: i > 1})
	}
	var err error
	res.Analysis, err = weights.Analyse(outcomes, 0)
	require.NoError(t, err)
	return res
}

// By hand: the second vector gains 5 in economy and loses 5 in risk and 20 in
// environment; its largest regret is 30 of the span of 40 in environment. The
// reference has 10/40, 10/30 and 10/40.
func TestSweepOverWeightsInTheReport(t *testing.T) {
	res := swept(t)
	var csv bytes.Buffer
	table := report.WeightsTable(res)
	require.NoError(t, table.CSV(&csv))
	rows := read(t, map[string]string{"tables/weights.csv": csv.String()}, "weights")
	require.Len(t, rows, 5)
	for name, want := range map[string]float64{
		"gain_economic_currency": 5, "gain_risk_currency": -5, "gain_environment_currency": -20, "largest_regret": 0.75,
		"regret_economic_currency": 5, "total_currency": 90, "imbalance_currency": 1,
	} {
		assert.InDelta(t, want, value(t, rows[1][name]), 1e-12, name)
	}
	assert.Equal(t, []string{"true", "true", "true"}, []string{rows[0]["reference"], rows[0]["balanced"], rows[0]["highest_total"]})

	figure := report.WeightsFigure(res)
	assert.Contains(t, figure.Alt, "0.6/0.2/0.2: economic +5, risk")
	assert.Contains(t, figure.Alt, "largest regret 0.75")
	assert.Contains(t, figure.Alt, "balanced point is at economic 0.4, risk 0.2, environment 0.4.")
	for name, write := range map[string]func(io.Writer) error{"light": figure.SVG, "themed": figure.ThemedSVG} {
		var svg bytes.Buffer
		require.NoError(t, write(&svg))
		decoder := xml.NewDecoder(bytes.NewReader(svg.Bytes()))
		for {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else {
				require.NoError(t, err, name)
			}
		}
		assert.Contains(t, svg.String(), `role="img" aria-labelledby="weights-title weights-desc"`)
		assert.Equal(t, name == "themed", strings.Contains(svg.String(), "prefers-color-scheme:dark"))
		assert.Equal(t, name == "themed", strings.Contains(svg.String(), "var(--economic)"))
	}
}
