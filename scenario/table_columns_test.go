package scenario_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/scenario"
)

func TestNewTableHasItsColumnsInOrder(t *testing.T) {
	grid := scenario.Grid{Start: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), Step: time.Hour, Steps: 2}
	table, err := scenario.NewTable(grid,
		scenario.Column{Name: "wind", Unit: "MW", Values: []float64{1, 2}}, scenario.Column{Name: "price", Unit: "EUR/MWh", Values: []float64{30, 40}})
	require.NoError(t, err)
	assert.Equal(t, []string{"wind", "price"}, table.Names())
	assert.Equal(t, []float64{30, 40}, table.Column("price"))
	assert.Equal(t, "EUR/MWh", table.Unit("price"))
	assert.Equal(t, grid, table.Grid())
}

func TestNewTableReportsEveryViolation(t *testing.T) {
	grid := scenario.Grid{Start: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), Step: time.Hour, Steps: 2}
	_, err := scenario.NewTable(grid, scenario.Column{Values: []float64{1, 2}}, scenario.Column{Name: "a", Values: []float64{1}},
		scenario.Column{Name: "a", Values: []float64{1, math.NaN()}})
	for _, want := range []string{
		"column 1 has no name", `column "a" has 1 values, want 2, one per step`, `has two columns "a"`, `column "a" is NaN at 2025-01-01T01:00:00Z`,
	} {
		assert.ErrorContains(t, err, want)
	}
	_, err = scenario.NewTable(scenario.Grid{})
	require.ErrorContains(t, err, "has no columns")
	assert.ErrorContains(t, err, "step is 0s")
}
