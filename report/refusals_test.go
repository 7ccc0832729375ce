package report_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/vpp"
)

// A run whose VPPs refuse DERs has a table and a sentence of refusals; another
// has neither.
func TestRefusalsInTheReport(t *testing.T) {
	r, res := fixture(t)
	of := files(t, r, res)
	assert.NotContains(t, of, "refusals.csv")
	assert.NotContains(t, of["index.html"], "VPPs admit by")

	payoff := 20.5
	res.Recommendation = &trigrid.Recommendation{Reason: trigrid.DynamicEnd, Explanation: "the end"}
	res.Admission = "objective"
	res.Refusals = []vpp.Refusal{
		{VPP: "Hill", DER: "Kiln", Against: []string{"Mill", "W1"}, Loss: 40, Payoff: &payoff, Wanted: true},
		{VPP: "Hill", DER: "Oven", Against: []string{}, Loss: 3},
	}
	of = files(t, r, res)
	table := read(t, of, "refusals")
	row := table.where(t, "der", "Kiln")
	assert.Equal(t, "Mill, W1", row["against"])
	assert.Equal(t, 40.0, value(t, row["loss"]))
	assert.Equal(t, 20.5, value(t, row["payoff"]))
	assert.Empty(t, table.where(t, "der", "Oven")["payoff"])
	assert.Contains(t, of["index.html"], "VPPs admit by objective; Hill refuses Kiln at a loss of 40.00, against the choice of the DER; 1 more refusal of DERs that would not join anyway.")

	res.Refusals = nil
	assert.NotContains(t, files(t, r, res), "refusals.csv")
}
