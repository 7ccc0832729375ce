package scenario

import (
	"fmt"
	"slices"
	"time"
)

// Table contains measured or forecast series over a long grid, such as a year
// of hours. Columns keep the order of the file. A Table is read-only and safe
// for concurrent use.
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

// Column returns the values of a column, one per step. The table owns the
// slice; the caller must not change it. Column panics on an unknown name.
func (t *Table) Column(name string) []float64 { return t.mustHave(name).values }

func (t *Table) mustHave(name string) column {
	c, ok := t.columns[name]
	if !ok {
		panic(fmt.Sprintf("scenario: no column %q in the table, it has %q", name, t.names))
	}
	return c
}

// Window returns the given number of steps from a time on. Values are shared
// with t. Window returns an error if the time is not the beginning of a step or
// if steps lie outside the table.
func (t *Table) Window(from time.Time, steps int) (*Table, error) {
	if _, ok := t.grid.EqualSteps(); !ok {
		return nil, fmt.Errorf("scenario: window of a table: %w", &UnequalSteps{t.grid})
	}
	// Division rounds towards zero, so the comparison below also rejects times
	// within a step.
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

// Resample returns the table on steps of another length, which count from the
// time at. The lengths must be multiples of each other, and both grids must
// share the beginnings of the longer steps:
//
//	longer steps    mean of the steps inside; incomplete steps at both ends are dropped
//	shorter steps   the value is held
//
// The mean is right for power and prices. Amounts per step, whose unit is an
// energy or a mass (such as MWh, GJ or t), are summed instead, and divided into
// equal parts. For example, 2 and 4 MW in two half hours are 3 MW in the hour;
// 2 and 4 MWh are 6 MWh.
//
// A table with steps of the wanted length is returned as it is.
func (t *Table) Resample(step time.Duration, at time.Time) (*Table, error) {
	from, old := t.grid.Start, t.grid.Step
	if _, ok := t.grid.EqualSteps(); !ok {
		return nil, fmt.Errorf("scenario: resampling a table: %w", &UnequalSteps{t.grid})
	}
	switch {
	case step == old:
		return t, nil
	case step <= 0:
		return nil, fmt.Errorf("scenario: steps of %v requested, want a positive duration", step)
	case step%old != 0 && old%step != 0:
		return nil, fmt.Errorf("scenario: the table has steps of %v, which are neither a multiple nor a part of %v; "+
			"give series with steps of %v", old, step, step)
	}
	// shift is the time from the beginning of the table to the first longer
	// step that at counts.
	shift := at.Sub(from) % max(step, old)
	if shift < 0 {
		shift += max(step, old)
	}
	if shift%min(step, old) != 0 {
		return nil, fmt.Errorf("scenario: steps of %v from %s do not begin with steps of the table, %v from %s",
			step, at.Format(time.RFC3339), old, from.Format(time.RFC3339))
	}
	out := &Table{names: slices.Clone(t.names), columns: make(map[string]column, len(t.names))}
	if step < old {
		parts := int(old / step)
		out.grid = Grid{Start: from, Step: step, Steps: t.grid.Steps * parts}
		for name, c := range t.columns {
			values := make([]float64, 0, out.grid.Steps)
			for _, v := range c.values {
				if amountPerStep(c.unit) {
					v /= float64(parts)
				}
				values = append(values, slices.Repeat([]float64{v}, parts)...)
			}
			out.columns[name] = column{unit: c.unit, values: values}
		}
		return out, nil
	}
	parts, first := int(step/old), int(shift/old)
	out.grid = Grid{Start: t.grid.Time(first), Step: step, Steps: (t.grid.Steps - first) / parts}
	if out.grid.Steps < 1 {
		return nil, fmt.Errorf("scenario: the table has %d steps of %v, want at least one whole step of %v",
			t.grid.Steps, old, step)
	}
	for name, c := range t.columns {
		values := make([]float64, out.grid.Steps)
		for i := range values {
			for _, v := range c.values[first+i*parts : first+(i+1)*parts] {
				values[i] += v
			}
			if !amountPerStep(c.unit) {
				values[i] /= float64(parts)
			}
		}
		out.columns[name] = column{unit: c.unit, values: values}
	}
	return out, nil
}

// amountPerStep reports whether a unit is that of an amount per step, and not
// of power or a price.
func amountPerStep(unit string) bool {
	return slices.Contains([]string{"Wh", "kWh", "MWh", "GWh", "TWh", "J", "kJ", "MJ", "GJ", "TJ", "kg", "t", "t CO2", "m3", "m³"}, unit)
}

// Onto returns the table on the steps of another grid, which may differ in
// length and begin inside a step of the table. Within a step of the table a
// value is held, so that a step of the new grid has
//
//	power, price       mean over the part of each old step inside it, weighted by time
//	amount per step    sum, in which an old step has the share of its time inside
//
// Amounts are recognised by their unit, as in [Table.Resample]. For example,
// quarter-hours of 4 and 8 MW from 10:00 give 4 MW from 10:08 to 10:15, and 6
// MW from 10:00 to 10:30. Onto returns an error if the grid is invalid or not
// inside the table.
func (t *Table) Onto(grid Grid) (*Table, error) {
	parts, err := t.grid.partsOf(grid)
	if err != nil {
		return nil, err
	}
	out := &Table{grid: grid.normal(), names: slices.Clone(t.names), columns: make(map[string]column, len(t.names))}
	for name, c := range t.columns {
		out.columns[name] = column{unit: c.unit, values: onto(parts, t.grid, grid, c.values, amountPerStep(c.unit))}
	}
	return out, nil
}

// Day returns the day that begins at midnight of the given date, in the time
// zone of the table. Days on which clocks change have 23 or 25 hours. Day
// returns an error if steps do not divide the day, or if steps lie outside the
// table.
func (t *Table) Day(year int, month time.Month, day int) (*Table, error) {
	from := time.Date(year, month, day, 0, 0, 0, 0, t.grid.Start.Location())
	length := from.AddDate(0, 0, 1).Sub(from)
	if _, ok := t.grid.EqualSteps(); !ok {
		return nil, fmt.Errorf("scenario: day of a table: %w", &UnequalSteps{t.grid})
	}
	if length%t.grid.Step != 0 {
		return nil, fmt.Errorf("scenario: steps of %v do not fill the %v of %s; use Window",
			t.grid.Step, length, from.Format(time.DateOnly))
	}
	return t.Window(from, int(length/t.grid.Step))
}

// Set returns the table as a set with one scenario of probability 1 in which
// every column is a forecast.
func (t *Table) Set() *Set {
	s := Single(t.grid)
	for _, name := range t.names {
		c := t.columns[name]
		s.put(name, track{unit: c.unit, paths: [][]float64{c.values}, forecast: true})
	}
	return s
}
