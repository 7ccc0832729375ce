package tables

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// candidates returns the instants at which the step of a label can start, in
// order. A wall time of an ordinary day has one, a time in a doubled hour has
// two, and a skipped time has none.
//
// For example, "27.10.2024 02:15" in Berlin has 00:15 and 01:15 UTC, and 02:15
// with the mark CEST has the first of them.
func (l label) candidates(step int64, loc *time.Location) []int64 {
	switch {
	case l.hasUTC && l.ends:
		return []int64{l.at - step}
	case l.hasUTC:
		return []int64{l.at}
	case l.period > 0:
		// Periods are counted from midnight on the local clock, so that a day
		// has 23, 24 or 25 hours of them and no wall times.
		midnight := time.Unix(l.wall, 0).UTC()
		start := time.Date(midnight.Year(), midnight.Month(), midnight.Day(), 0, 0, 0, 0, loc).Unix()
		return []int64{start + int64(l.period-1)*step}
	}
	wall := l.wall
	if l.within > 0 {
		wall += int64(l.within-1) * step
	}
	if !l.ends {
		return l.marked(instants(wall, loc), loc)
	}
	// Both conventions are tried, because a complete file fits one of them
	// only, row by row. Some platforms count the end from the start, others
	// show the clock at the end. They differ in the nights in which clocks
	// change only.
	found := l.marked(instants(wall-step, loc), loc)
	for _, at := range l.marked(instants(wall, loc), loc) {
		if !slices.Contains(found, at-step) {
			found = append(found, at-step)
		}
	}
	slices.Sort(found)
	return found
}

// marked returns the instants whose abbreviation is that of the label, or all
// if it has none.
func (l label) marked(found []int64, loc *time.Location) []int64 {
	if l.mark == "" {
		return found
	}
	return slices.DeleteFunc(found, func(at int64) bool { return markOf(at, loc) != l.mark })
}

// place finds the instant of each row of a group, and records rows that are
// doubled, out of order or not on the grid.
//
// g.at and g.lines get one element per row that is right, in rising order.
func (f *reader) place(g *group, step int64, loc *time.Location) {
	all := make([][]int64, len(g.labels))
	for i, l := range g.labels {
		all[i] = l.candidates(step, loc)
	}
	// A row with a violation leaves last unchanged, so that it causes no second
	// one in the next row.
	last := int64(math.MinInt64)
	for i, l := range g.labels {
		r := g.rows[i]
		column := cmp.Or(max(g.section.time.stamp, g.section.time.date, g.section.time.year), 0)
		name := g.section.header[column]
		if len(all[i]) == 0 {
			switch {
			case f.allMissing(g.section, r):
				f.skip(r.line, "a time that the local clock skips, without values")
			case l.mark != "":
				f.bad.at(r.line, column, name, "%q: the clock of %s does not show %s at this time", r.cell(column), loc, l.mark)
			default:
				f.bad.at(r.line, column, name, "%q is skipped by the clock of %s, which goes forward; check the zone", r.cell(column), loc)
			}
			continue
		}
		at := choose(all, i, last, step)
		if last != math.MinInt64 {
			switch d := at - last; {
			// A row with the same values can be removed without a decision, so
			// that its error is another one. Rows of Across have one value
			// each, which can be equal by chance.
			case d == 0 && slices.Equal(valuesOf(g, r), valuesOf(g, g.lines[len(g.lines)-1])) && f.layout.Across == "":
				f.bad.at(r.line, column, name, "%q is doubled, with the values of line %d; remove one", r.cell(column), g.lines[len(g.lines)-1].line)
				continue
			case d <= 0:
				f.bad.at(r.line, column, name, "%q comes after %s in line %d; the step is doubled or out of order%s", r.cell(column),
					shown(last, loc), g.lines[len(g.lines)-1].line, f.keyHint(g))
				continue
			case d%step != 0:
				f.bad.at(r.line, column, name, "%q is %v after the row before, want a multiple of the step, %v", r.cell(column),
					time.Duration(d)*time.Second, time.Duration(step)*time.Second)
				continue
			}
		}
		f.checkEnd(g, r, l, at, step, loc)
		last = at
		g.at = append(g.at, at)
		g.lines = append(g.lines, r)
	}
}

// choose returns the start of row i: the candidate that continues the grid, or,
// in the first row and behind a gap, the one from which the following rows
// continue.
//
// For example, in the night in which the clock of Berlin goes back, the rows
// 02:00, 02:00 and 03:00 become 00:00, 01:00 and 02:00 UTC.
func choose(all [][]int64, i int, last, step int64) int64 {
	found := all[i]
	if last != math.MinInt64 && slices.Contains(found, last+step) {
		return last + step
	}
	if len(found) == 1 {
		return found[0]
	}
	for k := i + 1; k < len(all); k++ {
		if len(all[k]) == 1 { // the first row behind with one meaning
			if at := all[k][0] - int64(k-i)*step; slices.Contains(found, at) && at > last {
				return at
			}
			break
		}
	}
	// No later row decides, so that the row has the first candidate behind the
	// last one.
	for _, at := range found {
		if at > last {
			return at
		}
	}
	return found[0]
}

// checkEnd records an interval whose end is not one step after its start. In
// the nights in which clocks change, both the clock at the end and the start
// plus the step are right.
func (f *reader) checkEnd(g *group, r row, l label, at, step int64, loc *time.Location) {
	if !l.hasEnd {
		return
	}
	// Without an offset, three ends are right: the clock at the end, the label
	// of the start plus the step, and the clock at the start plus the step.
	switch {
	case l.endUTC:
		if l.endAt == at+step {
			return
		}
	case l.endWall == wallOf(at+step, loc), l.endWall == l.wall+step, l.endWall == wallOf(at, loc)+step:
		return
	}
	column := g.section.time.end
	if column < 0 {
		column = max(g.section.time.stamp, g.section.time.clock)
	}
	f.bad.at(r.line, column, g.section.header[column], "%q: the interval ends at %s, want %s; the step is %v", r.cell(column),
		time.Unix(l.endWall, 0).UTC().Format("2006-01-02T15:04"), shown(at+step, loc), time.Duration(step)*time.Second)
}

// keyHint names a column of texts that differ between rows of the same time.
//
// It compares the first two rows of the group, and returns a part of an error
// such as "; is REGION a key?", or "".
func (f *reader) keyHint(g *group) string {
	if len(g.section.keys) > 0 || len(g.rows) < 2 {
		return ""
	}
	for c, name := range g.section.header {
		if g.section.time.has(c) || name == "" {
			continue
		}
		a, b := g.rows[0].cell(c), g.rows[1].cell(c)
		if looksLikeTime(a) || looksLikeTime(b) {
			continue
		}
		if a != b && !looksNumeric(a) && !f.isMissing(a) && !looksNumeric(b) && !f.isMissing(b) {
			return "; is " + name + " a key?"
		}
	}
	return ""
}

// valuesOf returns the cells of a row that are no time.
func valuesOf(g *group, r row) []string {
	var out []string
	for c := range g.section.header {
		if !g.section.time.has(c) {
			out = append(out, r.cell(c))
		}
	}
	return out
}

// allMissing reports whether a row has no number beside its time and keys. Some
// exports have such a row for an hour that the local clock skips.
func (f *reader) allMissing(s *section, r row) bool {
	for c := range s.header {
		if !s.time.has(c) && !slices.Contains(s.keys, c) && looksNumeric(r.cell(c)) {
			return false
		}
	}
	return true
}

// shown returns an instant on the clock of a location, for an error.
func shown(at int64, loc *time.Location) string {
	return time.Unix(at, 0).In(loc).Format("2006-01-02T15:04:05Z07:00")
}
