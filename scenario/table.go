package scenario

import (
	"fmt"
	"slices"
	"time"
)

// Table contains measured or forecast series over a long grid, such as a year of hours. Columns
// keep the order of the file. A Table is read-only and safe for concurrent use.
type Table struct {
	grid    Grid
	names   []string
	columns map[string]column
}

// column is one series of a table.
type column struct {
	unit   string
	values []float64
}

// Grid returns the time steps of the table.
func (t *Table) Grid() Grid { return t.grid }

// Names returns the names of the columns in the order of the file.
func (t *Table) Names() []string { return slices.Clone(t.names) }

// Has reports whether the table has a column of that name.
func (t *Table) Has(name string) bool {
	_, ok := t.columns[name]
	return ok
}

// Unit returns the unit of a column. It panics on an unknown name.
func (t *Table) Unit(name string) string { return t.mustHave(name).unit }

// Column returns the values of a column, one per step. The table owns the slice; the caller must
// not change it. Column panics on an unknown name.
func (t *Table) Column(name string) []float64 { return t.mustHave(name).values }

func (t *Table) mustHave(name string) column {
	c, ok := t.columns[name]
	if !ok {
		panic(fmt.Sprintf("scenario: no column %q in the table, it has %q", name, t.names))
	}
	return c
}

// Window returns the given number of steps from a time on. Values are shared with t. Window returns
// an error if the time is not the beginning of a step or if steps lie outside the table.
func (t *Table) Window(from time.Time, steps int) (*Table, error) {
	// Division rounds towards zero, so the comparison below also rejects times within a step.
	first := int(from.Sub(t.grid.Start) / t.grid.Step)
	if !t.grid.Time(first).Equal(from) {
		return nil, fmt.Errorf("scenario: no step begins at %s, steps of %v count from %s",
			from.Format(time.RFC3339), t.grid.Step, t.grid.Start.Format(time.RFC3339))
	}
	if steps < 1 || first < 0 || steps > t.grid.Steps-first {
		return nil, fmt.Errorf("scenario: %d steps from %s requested, the table covers %s to %s",
			steps, from.Format(time.RFC3339), t.grid.Start.Format(time.RFC3339), t.grid.Time(t.grid.Steps).Format(time.RFC3339))
	}
	out := &Table{
		grid:    Grid{Start: from.In(t.grid.Start.Location()), Step: t.grid.Step, Steps: steps},
		names:   slices.Clone(t.names),
		columns: make(map[string]column, len(t.names)),
	}
	for name, c := range t.columns {
		out.columns[name] = column{unit: c.unit, values: c.values[first : first+steps : first+steps]}
	}
	return out, nil
}

// Day returns the day that begins at midnight of the given date, in the time zone of the table.
// Days on which clocks change have 23 or 25 hours. Day returns an error if steps do not divide the
// day, or if steps lie outside the table.
func (t *Table) Day(year int, month time.Month, day int) (*Table, error) {
	from := time.Date(year, month, day, 0, 0, 0, 0, t.grid.Start.Location())
	length := from.AddDate(0, 0, 1).Sub(from)
	if length%t.grid.Step != 0 {
		return nil, fmt.Errorf("scenario: steps of %v do not fill the %v of %s; use Window",
			t.grid.Step, length, from.Format(time.DateOnly))
	}
	return t.Window(from, int(length/t.grid.Step))
}

// Set returns the table as a set with one scenario of probability 1 in which every column is a
// forecast.
func (t *Table) Set() *Set {
	s := Single(t.grid)
	for _, name := range t.names {
		c := t.columns[name]
		s.put(name, track{unit: c.unit, paths: [][]float64{c.values}, forecast: true})
	}
	return s
}
