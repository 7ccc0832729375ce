package tables

import (
	"slices"
	"strings"
	"time"
)

// location returns the zone of times without offset: the one of the layout, of
// the rows, or of the name of the time column, and otherwise UTC.
//
// A zone that is assumed is listed in [Reading.Assumed].
func (f *reader) location(all []*group) *time.Location {
	// The caller's zone comes first. The zone of a named layout yields to one
	// in the rows, such as "(EET/EEST)", because it is a default.
	if f.own.Time.Zone != "" {
		loc, _ := zone(f.own.Time.Zone) // Validate has checked it
		return loc
	}
	// The zone that every row names, such as "(CET/CEST)", see commonMark.
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
		// Of several time columns, the first whose name contains a zone
		// decides.
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
	// A time with an offset needs no zone, so that a file of such times has no
	// assumption.
	for _, g := range all {
		if slices.ContainsFunc(g.labels, func(l label) bool { return !l.hasUTC }) {
			f.assumed = append(f.assumed, "the file names no zone; its times are read as UTC")
			break
		}
	}
	return time.UTC
}

// doubt returns the location of an abbreviation such as CET, which platforms
// write for one offset all year and for a local clock alike. It decides by the
// nights in which clocks change, and refuses files in summer that have none.
//
// For example, "CET" is UTC+01:00 if the file contains 2024-03-31 02:30, a time
// that the clock of Brussels skips. It is the clock of Brussels if 2024-10-27
// 02:30 occurs twice.
func (f *reader) doubt(name, clock string, all []*group) *time.Location {
	loc, _ := zone(clock)
	// The offset of January is that of the standard time north of the equator,
	// where these abbreviations are used.
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
	// Without a time in summer, both meanings give the same instants.
	return loc
}

// settleStep returns the length of a step in seconds: that of the layout, or
// the one that most rows show. It returns 0 and records a violation if the file
// shows none.
//
// The largest number of a column of periods gives the step of the day, such as
// 96 for quarter-hours, and the largest number of a column of intervals that of
// the hour, such as 4. Otherwise lengths of intervals and differences of
// successive times are counted, and the most frequent one is the step.
func (f *reader) settleStep(all []*group) int64 {
	if f.layout.Step > 0 {
		return int64(f.layout.Step / time.Second)
	}
	counts := map[int64]int{} // rows by difference of two times, in seconds
	periods, within := 0, 0
	for _, g := range all {
		for i, l := range g.labels {
			periods, within = max(periods, l.period), max(within, l.within)
			// An interval shows its length, also in a group of one row.
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
	// Differences of wall times are wrong at the changes of clocks and across
	// gaps, which are few.
	switch {
	case periods > 0:
		// The largest number of a day shows its length, also on a day of 23 or
		// 25 hours. Steps of 60, 30, 20, 15, 10, 5 and 1 minutes. Some zones
		// move their clocks by half an hour.
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
		// The order of a map is random, so that equal counts need a rule: the
		// shorter difference.
		if d > 0 && (n > most || n == most && d < best) {
			best, most = d, n
		}
	}
	if best == 0 && len(f.bad.found) == 0 {
		f.bad.file("the times show no step; state the step, such as 15 minutes")
	}
	return best
}
