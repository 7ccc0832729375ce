package report_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/report"
	"github.com/trigrid/trigrid/sweep"
	"github.com/trigrid/trigrid/weights"
)

// ternaryTable is a grid of weights with a step of 1/2 for each of two seeds,
// and a failed case. A corner has the value 10 in its dimension and 0 in the
// others, a mixed vector 6 in both of its own.
func ternaryTable() *sweep.Table {
	t := &sweep.Table{Name: "case.json"}
	for seed := 1; seed <= 2; seed++ {
		for _, w := range weights.Simplex(2) {
			at := func(x float64) float64 { return map[float64]float64{0: 0, 0.5: 6, 1: 10}[x] }
			name := fmt.Sprintf("seed=%d weights=%g/%g/%g", seed, w.Economic, w.Risk, w.Environment)
			t.Outcomes = append(t.Outcomes, sweep.Outcome{
				Case: name, Settings: []sweep.Setting{{Key: "seed", Value: fmt.Sprint(seed)}}, Weights: w,
				Value:   weights.Values{Economic: at(w.Economic), Risk: at(w.Risk), Environment: at(w.Environment)},
				Numbers: map[string]float64{"emission_t": float64(seed)},
			})
		}
	}
	t.Outcomes = append(t.Outcomes, sweep.Outcome{Case: "seed=3", Failed: "<script>no solution"})
	return t
}

// By hand: each group has 4 maps of 6 vectors. The mixed vector economic/risk
// gains 6 − 10 = −4 against the economic corner in economy, and 6 in risk.
// Every vector has a dimension with its lowest value, so that the first one is
// the balanced point with a largest regret of 100 %.
func TestTheReportOfASweepHasTernaryMaps(t *testing.T) {
	page, err := report.SweepHTML(ternaryTable(), weights.Vector{Economic: 0.9, Risk: 0.05, Environment: 0.05})
	require.NoError(t, err)
	text := string(page)
	maps := regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(text, -1)
	require.Len(t, maps, 8)
	for _, m := range maps {
		d := xml.NewDecoder(strings.NewReader(m))
		for {
			_, err := d.Token()
			if err == io.EOF {
				break
			}
			require.NoError(t, err, "a map is well-formed")
		}
		assert.Equal(t, 6, strings.Count(m, "<title>"))
		assert.Equal(t, 1, strings.Count(m, "<rect"), "the reference")
	}
	assert.Contains(t, maps[0], "<title>0.5/0.5/0: −4")
	assert.Contains(t, maps[1], "<title>0.5/0.5/0: +6")
	assert.Contains(t, text, "100.0 % of the span")
	assert.Contains(t, text, "Gains refer to 1/0/0")
	assert.Contains(t, text, "13 cases, of which 1 failed")
	assert.Contains(t, text, "&lt;script&gt;no solution")
	assert.NotContains(t, text, "<script>")
	assert.Contains(t, text, "Means over seeds and days")

	again, err := report.SweepHTML(ternaryTable(), weights.Vector{Economic: 0.9, Risk: 0.05, Environment: 0.05})
	require.NoError(t, err)
	assert.Equal(t, text, string(again))
}
