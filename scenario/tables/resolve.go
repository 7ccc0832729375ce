package tables

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

// group is the rows of one section that have the same texts in the columns of keys.
type group struct {
	section *section
	keys    []string
	rows    []row
	labels  []label
	at      []int64 // start of each row's step, seconds since 1970 in UTC; rows that fail are dropped
	lines   []row   // rows of at
}

// groups returns the groups of a section in the order of their first rows. A file that runs
// backwards in time is turned round.
func (f *reader) groups(s *section, labels []label) []*group {
	var out []*group
	byKey := map[string]*group{}
	for i, r := range s.rows {
		var keys []string
		for _, k := range s.keys {
			keys = append(keys, r.cell(k))
		}
		name := strings.Join(keys, "\x00")
		g := byKey[name]
		if g == nil {
			g = &group{section: s, keys: keys}
			byKey[name] = g
			out = append(out, g)
		}
		if labels[i].valid {
			g.rows = append(g.rows, r)
			g.labels = append(g.labels, labels[i])
		}
	}
	for _, g := range out {
		up, down := 0, 0
		for i := 1; i < len(g.labels); i++ {
			switch d := g.labels[i].ordinal() - g.labels[i-1].ordinal(); {
			case d > 0:
				up++
			case d < 0:
				down++
			}
		}
		if down > up {
			slices.Reverse(g.rows)
			slices.Reverse(g.labels)
		}
	}
	return out
}

// ordinal returns a number that grows along the file.
func (l label) ordinal() int64 {
	at := l.wall
	if l.hasUTC {
		at = l.at
	}
	return at + int64(l.period) + int64(l.within)
}

// location returns the zone of times without offset: the one of the layout, of the rows, or of the
// name of the time column, and otherwise UTC.
func (f *reader) location(all []*group) *time.Location {
	if f.own.Time.Zone != "" {
		loc, _ := zone(f.own.Time.Zone) // Validate has checked it
		return loc
	}
	if strings.Contains(f.markZone, "/") {
		if loc, err := zone(clockZones[f.markZone]); err == nil {
			return loc
		}
	}
	if f.layout.Time.Zone != "" {
		loc, err := zone(f.layout.Time.Zone)
		if err != nil {
			f.bad.file("%v", err)
			return time.UTC
		}
		return loc
	}
	name := f.markZone
	for _, s := range f.tables {
		for _, at := range []int{s.time.stamp, s.time.date, s.time.clock} {
			if at >= 0 && name == "" {
				name = zoneOfHeader(s.header[at])
			}
		}
	}
	if clock, ok := clockZones[name]; ok {
		loc, _ := zone(clock)
		return loc
	}
	if clock, ok := doubtful[name]; ok {
		return f.doubt(name, clock, all)
	}
	for _, g := range all {
		if slices.ContainsFunc(g.labels, func(l label) bool { return !l.hasUTC }) {
			f.assumed = append(f.assumed, "the file names no zone; its times are read as UTC")
			break
		}
	}
	return time.UTC
}

// doubt returns the location of an abbreviation such as CET, which platforms write for one offset
// all year and for a local clock alike. It decides by the nights in which clocks change, and
// refuses files in summer that have none.
func (f *reader) doubt(name, clock string, all []*group) *time.Location {
	loc, _ := zone(clock)
	_, standard := time.Date(2024, 1, 15, 0, 0, 0, 0, loc).Zone()
	fixed, _ := zone(offsetName(standard))
	summer := false
	for _, g := range all {
		seen := map[int64]bool{}
		for _, l := range g.labels {
			if l.hasUTC {
				continue
			}
			found := instants(l.wall, loc)
			switch {
			case len(found) == 0 && !l.ends:
				return fixed // a time that the local clock skips
			case len(found) == 2 && seen[l.wall]:
				return loc
			case len(found) > 0 && wallOf(found[0], loc)-found[0] != int64(standard):
				summer = true
			}
			seen[l.wall] = true
		}
	}
	if summer {
		f.bad.file("%s can mean %s all year or the clock of %s; state the zone %q or %q", name, fixed, clock, fixed, clock)
	}
	return loc
}

// settleStep returns the length of a step in seconds: that of the layout, or the one that most
// rows show. It returns 0 and records a violation if the file shows none.
func (f *reader) settleStep(all []*group) int64 {
	if f.layout.Step > 0 {
		return int64(f.layout.Step / time.Second)
	}
	counts := map[int64]int{}
	periods, within := 0, 0
	for _, g := range all {
		for i, l := range g.labels {
			periods, within = max(periods, l.period), max(within, l.within)
			if l.hasEnd {
				d := l.endWall - l.wall
				if l.endUTC && l.hasUTC {
					d = l.endAt - l.at
				}
				counts[d]++
				continue
			}
			if i == 0 {
				continue
			}
			before := g.labels[i-1]
			d := l.wall - before.wall
			if l.hasUTC && before.hasUTC {
				d = l.at - before.at
			}
			counts[d]++
		}
	}
	switch {
	case periods > 0:
		for _, day := range []int{24, 48, 72, 96, 144, 288, 1440} {
			hour := day / 24
			if periods == day || periods == day+hour || periods == day-hour || periods == day+hour/2 {
				return int64(86400 / day)
			}
		}
		f.bad.file("the largest period is %d, which leaves the length of a step open; state the step", periods)
		return 0
	case within > 0:
		if 60%within != 0 {
			f.bad.file("an hour has %d steps, want a divisor of 60; state the step", within)
			return 0
		}
		return int64(3600 / within)
	}
	best, most := int64(0), 0
	for d, n := range counts {
		if d > 0 && (n > most || n == most && d < best) {
			best, most = d, n
		}
	}
	if best == 0 && len(f.bad.found) == 0 {
		f.bad.file("the times show no step; state the step, such as 15 minutes")
	}
	return best
}

// candidates returns the instants at which the step of a label can start, in order.
func (l label) candidates(step int64, loc *time.Location) []int64 {
	switch {
	case l.hasUTC && l.ends:
		return []int64{l.at - step}
	case l.hasUTC:
		return []int64{l.at}
	case l.period > 0:
		midnight := time.Unix(l.wall, 0).UTC()
		start := time.Date(midnight.Year(), midnight.Month(), midnight.Day(), 0, 0, 0, 0, loc).Unix()
		return []int64{start + int64(l.period-1)*step}
	}
	wall := l.wall
	if l.within > 0 {
		wall += int64(l.within-1) * step
	}
	if !l.ends {
		return l.marked(instants(wall, loc), 0, loc)
	}
	// Some platforms count the end from the start, others show the clock at the end. They differ in
	// the nights in which clocks change only.
	found := l.marked(instants(wall-step, loc), 0, loc)
	for _, at := range l.marked(instants(wall, loc), 0, loc) {
		if !slices.Contains(found, at-step) {
			found = append(found, at-step)
		}
	}
	slices.Sort(found)
	return found
}

// marked returns the instants whose abbreviation is that of the label, or all if it has none.
func (l label) marked(found []int64, shift int64, loc *time.Location) []int64 {
	if l.mark == "" {
		return found
	}
	return slices.DeleteFunc(found, func(at int64) bool { return markOf(at+shift, loc) != l.mark })
}

// place finds the instant of each row of a group, and records rows that are doubled, out of order
// or not on the grid.
func (f *reader) place(g *group, step int64, loc *time.Location) {
	all := make([][]int64, len(g.labels))
	for i, l := range g.labels {
		all[i] = l.candidates(step, loc)
	}
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

// choose returns the start of row i: the candidate that continues the grid, or, in the first row
// and behind a gap, the one from which the following rows continue.
func choose(all [][]int64, i int, last, step int64) int64 {
	found := all[i]
	if last != math.MinInt64 && slices.Contains(found, last+step) {
		return last + step
	}
	if len(found) == 1 {
		return found[0]
	}
	for k := i + 1; k < len(all); k++ {
		if len(all[k]) == 1 {
			if at := all[k][0] - int64(k-i)*step; slices.Contains(found, at) && at > last {
				return at
			}
			break
		}
	}
	for _, at := range found {
		if at > last {
			return at
		}
	}
	return found[0]
}

// checkEnd records an interval whose end is not one step after its start. In the nights in which
// clocks change, both the clock at the end and the start plus the step are right.
func (f *reader) checkEnd(g *group, r row, l label, at, step int64, loc *time.Location) {
	if !l.hasEnd {
		return
	}
	if l.endUTC {
		if l.endAt == at+step {
			return
		}
	} else if l.endWall == wallOf(at+step, loc) || l.endWall == l.wall+step || l.endWall == wallOf(at, loc)+step {
		return
	}
	column := g.section.time.end
	if column < 0 {
		column = max(g.section.time.stamp, g.section.time.clock)
	}
	f.bad.at(r.line, column, g.section.header[column], "%q: the interval ends at %s, want %s; the step is %v", r.cell(column),
		time.Unix(l.endWall, 0).UTC().Format("2006-01-02T15:04"), shown(at+step, loc), time.Duration(step)*time.Second)
}

// keyHint names columns of texts that could tell apart rows of the same time.
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

func (f *reader) allMissing(s *section, r row) bool {
	for c := range s.header {
		if !s.time.has(c) && !slices.Contains(s.keys, c) && looksNumeric(r.cell(c)) {
			return false
		}
	}
	return true
}

func shown(at int64, loc *time.Location) string {
	return time.Unix(at, 0).In(loc).Format("2006-01-02T15:04:05Z07:00")
}
