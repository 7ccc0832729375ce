package unitcommitment

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/trigrid/trigrid/scenario"
)

// layouts of the time of a snapshot.
var snapshotLayouts = []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02", "2006-01-02T15:04:05", "2006-01-02T15:04:05Z07:00"}

// snapshotTime reads the time of a snapshot. Labels that are no times, such as
// "now", are allowed.
func snapshotTime(text string) (time.Time, bool) {
	for _, layout := range snapshotLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// readSnapshots reads the snapshots with their weights, and makes the grid.
// Without a table there is one snapshot. Without equal distances the steps
// count as hours, which changes no cost.
//
// For example, four snapshots that stand for three hours each:
//
//	snapshot,objective,stores,generators
//	2030-01-01 00:00:00,3,3,3
//	2030-01-01 03:00:00,3,3,3
//	2030-01-01 06:00:00,3,3,3
//	2030-01-01 09:00:00,3,3,3
//
// A price of 20 per MWh then costs 60 per MW and snapshot: the step Δ is 3 h
// and the weight 3, so that the price stays 20. With times an hour apart and
// the same weights, the price of the program is 60.
//
// Source: the section on snapshots and their weightings in the documentation of
// PyPSA 1.
func (f *pypsa) readSnapshots() {
	var (
		s      = f.sheets["snapshots"]
		labels = []string{"now"}
		grid   = scenario.Grid{Step: time.Hour, Steps: 1}
	)
	if s != nil {
		labels = nil
		column := max(0, s.column("snapshot"))
		for _, row := range s.rows {
			labels = append(labels, row.cells[column])
		}
		for _, level := range []string{"period", "timestep"} {
			if s.column(level) > 0 {
				f.bad.Addf("%s: column %q is there, want none: the network has one investment period", s.file, level)
			}
		}
		if n := len(labels); n < 1 || n > maxSteps {
			f.bad.Addf("%s: has %d rows, want 1 to %d", s.file, n, maxSteps)
			labels = []string{"now"}
		}
		grid = snapshotGrid(labels)
	}
	f.snapshots = len(labels)
	f.system.Set = scenario.Single(grid)
	dt := grid.Hours()
	if first, times := snapshotTime(labels[0]); times && grid.Start.IsZero() && len(labels) > 1 {
		f.note("snapshots.csv: the times from %s on are not equidistant; steps count as hours", first.Format(time.DateTime))
	}
	weights := func(name string) []float64 {
		out := slices.Repeat([]float64{1}, f.snapshots)
		if s == nil {
			return out
		}
		column := s.column(name)
		if old := s.column("weightings"); column < 0 {
			column = old // one weight for all uses
		}
		for t, row := range s.rows {
			if column < 0 || t == f.snapshots {
				break
			}
			x, err := strconv.ParseFloat(row.cells[column], 64)
			if err != nil || !(x >= 0) || math.IsInf(x, 1) {
				f.bad.Addf("%s: line %d, column %d (%s): is %q, want a weight of at least 0", s.file, row.line, column+1, s.header[column], row.cells[column])
				continue
			}
			out[t] = x
		}
		return out
	}
	// Costs of the program are prices times the hours of a step, so that the
	// objective weights are divided by them.
	f.cost, f.stores, f.energy = weights("objective"), weights("stores"), weights("generators")
	for t := range f.cost {
		f.cost[t] /= dt
	}
	for _, name := range slices.Sorted(maps.Keys(f.series)) {
		if f.series[name] != nil {
			f.align(f.series[name], labels)
		}
	}
}

// snapshotGrid returns equal steps from the first to the last time. Without
// times it has hours and no start.
//
// For example, 00:00, 03:00 and 06:00 are three steps of 3 h, and 00:00, 03:00
// and 05:00 are three steps of 1 h without a start.
func snapshotGrid(labels []string) scenario.Grid {
	grid := scenario.Grid{Step: time.Hour, Steps: len(labels)}
	first, known := snapshotTime(labels[0])
	if !known {
		return grid
	}
	if len(labels) == 1 {
		grid.Start = first
		return grid
	}
	before, step := first, time.Duration(0)
	for i, label := range labels[1:] {
		at, known := snapshotTime(label)
		if i == 0 {
			step = at.Sub(before)
		}
		if !known || step <= 0 || at.Sub(before) != step {
			return grid
		}
		before = at
	}
	return scenario.Grid{Start: first, Step: step, Steps: len(labels)}
}

// align checks that a table has one row per snapshot. Rows count by position,
// as in PyPSA; a time that differs from that of the snapshot is a violation.
//
// For example, a table of p_max_pu that begins an hour late has the right
// number of rows and the wrong output in each of them.
func (f *pypsa) align(s *sheet, labels []string) {
	if len(s.rows) != len(labels) {
		f.bad.Addf("%s: has %d rows, want %d, one per snapshot", s.file, len(s.rows), len(labels))
		return
	}
	for t, row := range s.rows {
		at, known := snapshotTime(row.cells[0])
		want, both := snapshotTime(labels[t])
		if known && both && !at.Equal(want) {
			f.bad.Addf("%s: line %d: is for %s, want snapshot %s; sort the rows", s.file, row.line, row.cells[0], labels[t])
			return
		}
	}
}
