package report_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid/vpp"
)

// A run with the stability of its allocation has a table of it; another has
// none.
func TestStabilityInTheReport(t *testing.T) {
	r, res := fixture(t)
	assert.NotContains(t, files(t, r, res), "stability.csv")
	least := 2.5
	res.Stability = &vpp.Stability{
		VPPs: []vpp.CoreStability{{VPP: "Hill", Members: []string{"A", "B", "C"}, Dissatisfied: []string{"A", "C"}, LargestExcess: 12.25, LeastCore: &least}},
		Groups: []vpp.GroupStability{
			{Strong: true},
			{Moves: map[string]string{"C": "outside", "A": "Hill"}, Gain: 3},
		},
	}
	table := read(t, files(t, r, res), "stability")
	row := table.where(t, "of", "Hill")
	assert.Equal(t, "A, C", row["group"])
	assert.Equal(t, 12.25, value(t, row["gain"]))
	assert.Equal(t, 2.5, value(t, row["least"]))
	row = table.where(t, "of", "equilibrium 1")
	assert.Equal(t, "A to Hill, C to outside", row["group"])
	assert.Equal(t, 3.0, value(t, row["gain"]))
	assert.Empty(t, table.where(t, "of", "recommended profile")["group"])
}
