package tables

import (
	"slices"
	"strings"
	"time"
)

// timeColumns are the indices of the time columns in a header, or -1.
type timeColumns struct {
	stamp, date, clock, end, year, month, day, period, interval int
}

// in finds the columns of a time in a header. A column that the layout does not
// give is -1.
func (t Time) in(header []string) timeColumns {
	at := func(name string) int {
		if name == "" {
			return -1
		}
		return find(header, name)
	}
	return timeColumns{
		at(t.Stamp), at(t.Date), at(t.Clock), at(t.End), at(t.Year), at(t.Month), at(t.Day), at(t.Period), at(t.Interval),
	}
}

// all returns all indices, absent ones included.
func (t timeColumns) all() []int {
	return []int{t.stamp, t.date, t.clock, t.end, t.year, t.month, t.day, t.period, t.interval}
}

// has reports whether a column is one of the time.
func (t timeColumns) has(column int) bool { return column >= 0 && slices.Contains(t.all(), column) }

// isTime reports whether a row has a date, in any order of day and month.
func (f *reader) isTime(s *section, r row) bool {
	switch {
	case s.time.stamp >= 0:
		return looksLikeTime(r.cell(s.time.stamp))
	case s.time.date >= 0:
		return looksLikeTime(r.cell(s.time.date))
	}
	year := r.cell(s.time.year)
	return len(year) == 4 && number(year) > 0
}

// label is the time of a row as its texts show it, before the zone and the step
// are known.
//
// For example, "31.03.2024 01:00 - 31.03.2024 03:00" has the wall time 01:00
// and the end 03:00. That both are one hour apart follows from the zone.
type label struct {
	wall    int64 // on the clock of the text: seconds since 1970-01-01T00:00
	ends    bool  // the time marks the end of the step
	hasUTC  bool
	at      int64  // instant, if hasUTC
	mark    string // abbreviation of a zone, such as CEST; "" for none
	hasEnd  bool
	endWall int64 // as wall, if hasEnd
	endUTC  bool  // the end has an offset
	endAt   int64 // instant of the end, if endUTC
	period  int   // 1, 2, …: the step in the day of wall; 0: none
	within  int   // 1, 2, …: the step in the hour of wall; 0: none
	valid   bool  // the texts of the row are right
}

// labels reads the times of all rows of a section and records those that are
// wrong. A label of such a row is not valid, and its row is left out of the
// later stages. The result has one label per row.
func (f *reader) labels(s *section) []label {
	order := f.order(s)
	hoursFromOne := f.hoursFromOne(s)
	out := make([]label, len(s.rows))
	// Without an order, every row would be a violation with the same reason.
	if at := max(s.time.stamp, s.time.date); order == "" && at >= 0 {
		for _, r := range s.rows {
			if m := yearLast.FindStringSubmatch(r.cell(at)); m != nil && m[2] != "." {
				f.bad.at(r.line, at, s.header[at], "%q leaves open whether day or month is first, and no other date decides; state the order dmy or mdy",
					r.cell(at))
				return out // one violation for all rows
			}
		}
	}
	for i, r := range s.rows {
		if s.time.stamp >= 0 {
			out[i] = f.stampLabel(s, r, order)
		} else {
			out[i] = f.dayLabel(s, r, order, hoursFromOne)
		}
		f.oneZone(&out[i])
	}
	f.commonMark(out)
	return out
}

// order returns the order of day and month that the layout states or that the
// dates show.
//
// For example, 25/12/2024 shows "dmy" and 12/25/2024 shows "mdy"; 03/04/2024
// shows neither. A date that contradicts an earlier one is a violation, unless
// the caller states the order.
func (f *reader) order(s *section) string {
	at := max(s.time.stamp, s.time.date)
	if f.own.Time.Order != "" || at < 0 {
		return f.layout.Time.Order
	}
	texts := make([]string, 0, len(s.rows))
	for _, r := range s.rows {
		texts = append(texts, r.cell(at))
	}
	shown, contradiction := orderOf(texts)
	if contradiction >= 0 {
		r := s.rows[contradiction]
		f.bad.at(r.line, at, s.header[at], "%q contradicts the order %s of the dates above", r.cell(at), shown)
	}
	if f.layout.Time.Order != "" {
		return f.layout.Time.Order
	}
	return shown
}

// hoursFromOne reports whether a column of whole hours counts them from 1 to
// 24, so that hour n ends at n o'clock, and not from 0 to 23.
//
// For example, hours 1 to 24 begin at 00:00 to 23:00. A file with neither 0 nor
// 24 needs [Time.Marks].
func (f *reader) hoursFromOne(s *section) bool {
	if s.time.clock < 0 {
		return false
	}
	whole, zero, last := 0, false, false // number of whole hours; whether 0 and 24 occur
	for _, r := range s.rows {
		h, ok := parseHour(r.cell(s.time.clock))
		if !ok || !h.whole || h.hasEnd {
			continue
		}
		whole++
		zero = zero || h.clock == 0
		// Some exchanges count an hour 25 on the day on which clocks go back.
		last = last || h.clock >= 24
	}
	switch {
	case whole == 0:
		return false
	case zero && last:
		f.bad.file("column %q has the hours 0 and 24; state Clock as times such as 00:00, or split the file", s.header[s.time.clock])
		return false
	case f.layout.Time.Marks != Unstated:
		return f.layout.Time.Marks == End
	case !zero && !last:
		f.bad.file("column %q has neither hour 0 nor hour 24, which leaves open whether hour 1 begins or ends at 01:00; "+
			"state Marks: Start or End", s.header[s.time.clock])
	}
	return last
}

// stampLabel reads a date and time in one column, or an interval of two.
//
// A wrong text is a violation at its column, and the label is the zero value,
// which is not valid.
func (f *reader) stampLabel(s *section, r row, order string) label {
	text := r.cell(s.time.stamp)
	wrong := func(at int, text string) label {
		f.bad.at(r.line, at, s.header[at], "%q is no time such as 2025-01-31 14:00 or 31.01.2025 14:00", text)
		return label{}
	}
	// A zone behind the whole interval belongs to both of its times. In the
	// newer form of ENTSO-E, each time has a mark of its own.
	from, to, interval := splitInterval(text)
	outer := ""
	if interval {
		if m := trailing.FindStringSubmatch(to); m != nil && !trailing.MatchString(from) {
			outer = m[1] // the zone of the whole interval
			to = strings.TrimSpace(to[:len(to)-len(m[0])])
		}
	} else {
		from = text
	}
	at, ok := parseStamp(from, order)
	if !ok || !at.hasDay {
		return wrong(s.time.stamp, text)
	}
	l := label{
		wall: at.wall, hasUTC: at.hasUTC, at: at.wall - at.offset, mark: at.mark, valid: true, ends: f.layout.Time.Marks == End,
	}
	if outer != "" {
		l.mark = strings.Trim(outer, "()")
	}
	if interval {
		end, ok := parseStamp(to, order)
		if !ok {
			return wrong(s.time.stamp, text)
		}
		l.setEnd(end)
		// An interval contains its start, so that Marks is not needed.
		l.ends = false
		return l
	}
	if s.time.end >= 0 {
		end, ok := parseStamp(r.cell(s.time.end), order)
		if !ok {
			return wrong(s.time.end, r.cell(s.time.end))
		}
		l.setEnd(end)
		l.ends = false
	}
	return l
}

// setEnd stores the end of an interval. An end without date belongs to the day
// of the start, or to the next one if it is not later.
//
// For example, the end "00:00" of a step from 2025-01-31 23:00 is 2025-02-01
// 00:00.
func (l *label) setEnd(end stamp) {
	l.hasEnd, l.endWall = true, end.wall
	l.endUTC, l.endAt = end.hasUTC, end.wall-end.offset
	if !end.hasDay {
		midnight := l.wall - mod(l.wall, 86400)
		// An end of 00:00 is midnight at the end of the day. In the night in
		// which clocks go back, an end can be earlier than its start: 02:45 to
		// 02:00.
		l.endWall = midnight + end.wall
		if l.endWall <= l.wall && end.wall == 0 {
			l.endWall += 86400
		}
		l.endUTC = false
	}
}

// dayLabel reads a date in one column or three, and the time of day or the
// number of the step.
//
// For example, 31.01.2025 with the hour 7 begins at 07:00, or at 06:00 if
// hoursFromOne is true.
func (f *reader) dayLabel(s *section, r row, order string, hoursFromOne bool) label {
	var l label
	if s.time.date >= 0 {
		at, ok := parseStamp(r.cell(s.time.date), order)
		if !ok || !at.hasDay {
			f.bad.at(r.line, s.time.date, s.header[s.time.date], "%q is no date such as 2025-01-31", r.cell(s.time.date))
			return label{}
		}
		l.wall = at.wall - mod(at.wall, 86400) // a date of a spreadsheet has the time 00:00:00
	} else {
		year, ok1 := whole(r.cell(s.time.year))
		month, ok2 := whole(r.cell(s.time.month))
		day, ok3 := whole(r.cell(s.time.day))
		at := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
		// time.Date turns 31 April into 1 May, so that the parts are compared.
		if !ok1 || !ok2 || !ok3 || at.Day() != day || int(at.Month()) != month {
			f.bad.at(r.line, s.time.year, s.header[s.time.year], "year %q, month %q and day %q are no date",
				r.cell(s.time.year), r.cell(s.time.month), r.cell(s.time.day))
			return label{}
		}
		l.wall = at.Unix()
	}
	if s.time.period >= 0 {
		n, ok := whole(r.cell(s.time.period))
		// 1440 minutes, and 60 more in the night in which clocks go back.
		if !ok || n < 1 || n > 1500 {
			f.bad.at(r.line, s.time.period, s.header[s.time.period], "%q is no number of a step in its day, such as 1",
				r.cell(s.time.period))
			return label{}
		}
		l.period, l.valid = n, true
		return l
	}
	text := r.cell(s.time.clock)
	h, ok := parseHour(text)
	if !ok {
		f.bad.at(r.line, s.time.clock, s.header[s.time.clock], "%q is no time of day such as 14:00 or 14", text)
		return label{}
	}
	midnight := l.wall
	l.valid, l.mark = true, h.mark
	switch {
	case h.whole && hoursFromOne: // hour 1 begins at 00:00
		l.wall += (h.clock - 1) * 3600
	case h.whole:
		l.wall += h.clock * 3600
	default:
		l.wall += h.clock
		l.ends = f.layout.Time.Marks == End && !h.hasEnd
	}
	if h.offset != nil {
		l.hasUTC, l.at = true, l.wall-*h.offset
	}
	if h.hasEnd {
		l.setEnd(stamp{wall: h.end})
	}
	if s.time.end >= 0 {
		l.ends = false
		end, ok := parseStamp(r.cell(s.time.end), order)
		if !ok {
			var e hourOf
			if e, ok = parseHour(r.cell(s.time.end)); ok && e.whole {
				e.clock *= 3600
			}
			end = stamp{wall: e.clock}
		}
		if !ok {
			f.bad.at(r.line, s.time.end, s.header[s.time.end], "%q is no time such as 14:00", r.cell(s.time.end))
			return label{}
		}
		l.setEnd(end)
	}
	if s.time.interval >= 0 {
		n, ok := whole(r.cell(s.time.interval))
		if !ok || n < 1 || n > 60 {
			f.bad.at(r.line, s.time.interval, s.header[s.time.interval], "%q is no number of a step in its hour, such as 1",
				r.cell(s.time.interval))
			return label{}
		}
		// The step is counted from the start of the hour, so that the minutes
		// of a clock do not count twice. The number is applied when the step is
		// known.
		l.within = n
		l.wall = midnight + (l.wall-midnight)/3600*3600
	}
	return l
}

// oneZone turns abbreviations with one meaning, such as UTC, into offsets. An
// abbreviation with two meanings, such as CET, stays a mark, see doubt.
func (f *reader) oneZone(l *label) {
	if l.mark == "UTC" || l.mark == "GMT" || l.mark == "Z" {
		l.hasUTC, l.at, l.mark = true, l.wall, ""
	}
}

// commonMark treats an abbreviation that every row has, such as "(CET/CEST)"
// behind each interval, as the zone of the file. Abbreviations that change stay
// with their rows: CEST and CET are the two instants of a doubled hour.
func (f *reader) commonMark(labels []label) {
	first, n := "", 0
	for _, l := range labels {
		if !l.valid {
			continue
		}
		if n++; n == 1 {
			first = l.mark
		} else if l.mark != first {
			return
		}
	}
	if _, local := doubtful[first]; !local && !strings.Contains(first, "/") {
		return
	}
	if f.markZone == "" {
		f.markZone = first
	}
	for i := range labels {
		labels[i].mark = ""
	}
}

// whole returns the number of a text of digits, such as 7, 07 or 7.0.
func whole(text string) (int, bool) {
	text = strings.TrimSuffix(text, ".0")
	if text == "" || len(text) > 6 || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	return number(text), true
}

// mod returns the remainder of a division that rounds down.
//
// For example, mod(-1, 86400) is 86399, and -1 % 86400 is -1.
func mod(a, b int64) int64 { return ((a % b) + b) % b }
