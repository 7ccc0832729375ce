package scenario

import (
	"math"
	"slices"
	"time"
)

// Column is one series of a table, for [NewTable].
type Column struct {
	Name, Unit string
	Values     []float64 // one per step of the grid; the table owns the slice afterwards
}

// NewTable returns a table of series over a grid, for readers of other files.
// It returns an error that lists every violation: an invalid grid, no columns,
// a name that is empty or given twice, a wrong number of values, and values
// that are not finite.
func NewTable(grid Grid, columns ...Column) (*Table, error) {
	bad := violations("scenario: table: ")
	bad.Add(grid.Validate())
	bad.Require(len(columns) > 0, "has no columns, want at least one")
	t := &Table{grid: grid.normal(), columns: make(map[string]column, len(columns))}
	for i, c := range columns {
		bad.Require(c.Name != "", "column %d has no name", i+1)
		bad.Require(!slices.Contains(t.names, c.Name), "has two columns %q, want names that differ", c.Name)
		if bad.Require(len(c.Values) == grid.Steps, "column %q has %d values, want %d, one per step", c.Name, len(c.Values), grid.Steps) {
			for step, v := range c.Values {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					bad.Addf("column %q is %v at %s, want a finite number", c.Name, v, grid.Time(step).Format(time.RFC3339))
				}
			}
		}
		t.names = append(t.names, c.Name)
		t.columns[c.Name] = column{unit: c.Unit, values: c.Values}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return t, nil
}
