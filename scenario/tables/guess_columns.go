package tables

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Names of columns by which a guess chooses among columns of times, in the
// languages of platforms.
var (
	// "Start date", "Datum von", "valid_from"
	startName = regexp.MustCompile(`(?i)start|begin|from|\bvon\b|anfang|inicio|inizio|début`)
	// "End date", "Datum bis", "valid to"
	endName = regexp.MustCompile(`(?i)end(?:time|date|ing|e|s)?(?:[_ (]|$)|\bto\b|\bbis\b|\bfin\b|\bfine\b`)
	// "SETTLEMENT_PERIOD", "SP"
	periodName = regexp.MustCompile(`(?i)period|^sp$|settlement.?p|\bmtu\b.*n`)
	// "Hour Ending", and SETTLEMENTDATE of AEMO: times at the ends of steps
	endStamp = regexp.MustCompile(`(?i)settlementdate|hour.?ending|interval.?end|_end|ending`)
	// "Hour", "HE", "Uhrzeit"
	hourName = regexp.MustCompile(`(?i)hour|^h$|^he$|time|stunde|uhrzeit|hora|godzina|\bora\b|^tid`)
	// "Interval" or "Quarter", a part of an hour
	innerName = regexp.MustCompile(`(?i)interval|quarter`)
	// "utc_timestamp", which is better than a local time beside it
	zoneName = regexp.MustCompile(`(?i)utc|gmt`)
)

// guessColumns proposes the time columns of a header with rows below it.
//
// For example, "Date,Hour,Load" above "2025-01-01,1,400" gives Time{Date:
// "Date", Clock: "Hour"}.
func guessColumns(header row, below []row) (Layout, bool) {
	var l Layout
	timed := func(r row) bool { return slices.ContainsFunc(r.cells, looksLikeTime) }
	for range 3 { // rows of units and second rows of names
		if len(below) > 0 && !timed(below[0]) && !has(header.cells, "Year", "Month", "Day") {
			below = below[1:]
		}
	}
	if len(below) == 0 || timed(header) {
		return l, false
	}
	// A name that is empty or occurs twice is replaced by the number of its
	// column.
	ref := func(i int) string {
		if header.cell(i) == "" || find(header.cells, header.cell(i)) != i {
			return fmt.Sprintf("#%d", i+1)
		}
		return header.cell(i)
	}
	if has(header.cells, "Year", "Month", "Day") {
		l.Time.Year, l.Time.Month, l.Time.Day = ref(find(header.cells, "Year")), ref(find(header.cells, "Month")), ref(find(header.cells, "Day"))
	}
	// A column is one of times if its first three cells are; dates without a
	// time of day are kept apart, because they need a second column.
	var stamps, dates []int
	sample := below[:min(3, len(below))]
	for i := range header.cells {
		stamp, date := true, true
		for _, r := range sample {
			text := r.cell(i)
			from, _, interval := splitInterval(text)
			if !interval {
				from = text
			}
			at, ok := parseStamp(from, "dmy")
			if !ok {
				at, ok = parseStamp(from, "mdy")
			}
			// A number such as 2.05 is no date, although a pattern may fit.
			// 20250131 is one.
			if !ok || !at.hasDay || strings.Trim(text, "0123456789.") == "" && strings.Count(text, ".") < 2 && !compact.MatchString(text) {
				stamp, date = false, false
				break
			}
			date = date && !interval && mod(at.wall, 86400) == 0
			// A text that is longer than 2025-01-31 has a time of day.
			stamp = stamp && (interval || strings.ContainsAny(text, ":") || len(text) > 10)
		}
		switch {
		case date:
			dates = append(dates, i)
		case stamp:
			stamps = append(stamps, i)
		}
	}
	if len(dates) > 0 || l.Time.Year != "" {
		if l.dayColumns(header, below, dates, ref) {
			return l, true
		}
	}
	if l.Time.Year != "" {
		return l, false
	}
	stamps = append(stamps, dates...) // dates alone are days
	if len(stamps) == 0 {
		return l, false
	}
	at := stamps[0]
	for _, i := range stamps { // a column in UTC has no doubled hours
		if zoneName.MatchString(header.cell(i)) && !endName.MatchString(header.cell(i)) {
			at = i
			break
		}
	}
	l.Time.Stamp = ref(at)
	if endStamp.MatchString(header.cell(at)) && !startName.MatchString(header.cell(at)) {
		l.Time.Marks = End
	}
	// A second column of times is the end of the interval if its name shows it,
	// and if both columns are in UTC or both on a local clock.
	for _, i := range stamps {
		if i != at && endName.MatchString(header.cell(i)) && l.Time.Marks != End && zoneName.MatchString(header.cell(i)) == zoneName.MatchString(header.cell(at)) {
			l.Time.End = ref(i)
			break
		}
	}
	return l, true
}

// dayColumns proposes the columns of the time of day, or of the periods, beside
// a date.
//
// header and below are those of guessColumns, dates are the columns of dates,
// and ref returns the reference to a column. If no such column is found,
// dayColumns clears the date and returns false.
func (l *Layout) dayColumns(header row, below []row, dates []int, ref func(int) string) bool {
	if l.Time.Year == "" {
		l.Time.Date = ref(dates[0])
	}
	sample := below[:min(3, len(below))]
	// Names that are hours, such as 1 to 24, are columns of one step each.
	across := 0
	for i := range header.cells {
		name := header.cell(i)
		if _, ok := parseHour(name); ok && name != "" {
			across++
		}
	}
	if across >= 23 {
		l.Across = "value"
		return true
	}
	for i := range header.cells {
		name := header.cell(i)
		hours := true
		for _, r := range sample {
			_, ok := parseHour(r.cell(i))
			hours = hours && ok
		}
		if !hours || strings.HasPrefix(l.Time.Date+l.Time.Year+l.Time.Month+l.Time.Day, name) && name != "" || name == l.Time.Month || name == l.Time.Day {
			continue
		}
		switch {
		case l.Time.Clock != "" && innerName.MatchString(name):
			l.Time.Interval = ref(i)
		case l.Time.Clock != "" && endName.MatchString(name) && strings.Contains(sample[0].cell(i), ":"):
			l.Time.End = ref(i)
		// The time of day is found already; other small whole numbers are
		// values.
		case l.Time.Clock != "" || l.Time.Period != "":
		case periodName.MatchString(name):
			l.Time.Period = ref(i)
		case hourName.MatchString(name) || startName.MatchString(name) || strings.Contains(sample[0].cell(i), ":"):
			l.Time.Clock = ref(i)
			// A clock that shows 24:00 shows the ends of steps.
			if endStamp.MatchString(name) || slices.ContainsFunc(below, func(r row) bool { return strings.HasPrefix(r.cell(i), "24:") }) {
				l.Time.Marks = End
			}
		}
	}
	if l.Time.Clock == "" && l.Time.Period == "" {
		l.Time.Date = ""
		return false
	}
	return true
}

// flagName are columns of texts that mark rows; they are no keys.
var flagName = regexp.MustCompile(`(?i)flag|repeated|dst|status|quality|comment|updated|changed`)

// guessKeys proposes columns of texts as keys if times occur several times.
//
// For example, the rows "2025-01-01 00:00,NSW1,400" and "2025-01-01
// 00:00,VIC1,300" have one time, and the column of NSW1 and VIC1 becomes a key.
func (l *Layout) guessKeys(header row, below []row) {
	time := l.Time.in(header.cells)
	// Times that occur once need no key, and a text beside them is a remark.
	seen, repeated := map[string]bool{}, false
	for _, r := range below {
		var parts []string
		for _, at := range time.all() {
			parts = append(parts, r.cell(at))
		}
		key := strings.Join(parts, "\x00")
		repeated = repeated || seen[key]
		seen[key] = true
	}
	if !repeated {
		return
	}
	for i := range header.cells {
		values := map[string]bool{}
		texts := true
		for _, r := range below {
			text := r.cell(i)
			values[text] = true
			texts = texts && text != "" && !looksNumeric(text) && !looksLikeTime(text)
		}
		if texts && len(values) > 1 && header.cell(i) != "" && !time.has(i) && !flagName.MatchString(header.cell(i)) {
			l.Keys = append(l.Keys, header.cell(i))
		}
	}
}
