package report_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/report"
)

// The ends of ranges stand beside their numbers. A missing bound is empty.
func TestTablesShowTheRangesOfPayoffsAndValues(t *testing.T) {
	r, res := fixture(t)
	low, high := 7.25, 9.5
	res.DERs[0].PayoffLow, res.DERs[0].PayoffHigh = &low, &high
	res.DERs[1].PayoffLow = &low
	res.VPPs[0].IntegratedLow, res.VPPs[0].IntegratedHigh = &low, &high
	of := files(t, r, res)

	row := read(t, of, "ders").where(t, "der", res.DERs[0].Name)
	assert.Equal(t, "7.25", row["payoff_low_currency"])
	assert.Equal(t, "9.5", row["payoff_high_currency"])
	row = read(t, of, "ders").where(t, "der", res.DERs[1].Name)
	assert.Equal(t, "7.25", row["payoff_low_currency"])
	assert.Empty(t, row["payoff_high_currency"])
	row = read(t, of, "vpps").where(t, "vpp", vppName)
	assert.Equal(t, "7.25", row["integrated_low_currency"])
	assert.Equal(t, "9.5", row["integrated_high_currency"])
	for _, shown := range []string{"payoff at least", "payoff at most", "V at least", "V at most"} {
		assert.Equal(t, 1, strings.Count(of["index.html"], ">"+shown), shown)
	}
}

// The zeros of a run without an allocation are no numbers to compare.
func TestRunsWithoutAnAllocationAreNotCompared(t *testing.T) {
	r, res := fixture(t)
	other := *res
	other.Recommendation = &trigrid.Recommendation{Reason: trigrid.NothingFeasible, Explanation: "none can run"}
	_, err := report.FilesWith(r, res, report.Options{Formats: []report.Format{report.SVG}, Other: &report.Run{Result: &other}})
	assert.ErrorContains(t, err, "the result has no allocation to compare: none can run")
}
