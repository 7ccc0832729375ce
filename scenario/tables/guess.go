package tables

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Guess proposes the layout of a file: the first named layout whose header fits, or else one with
// the time columns that names and values of the columns suggest. The guess is a proposal for a
// person: [WriteGuess] shows it with the first readings. Guess returns an error if no row looks like
// a header with times below it. The layout can be one that [Read] refuses, for example because the
// order of day and month is open.
func Guess(r io.Reader) (Layout, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return Layout{}, fmt.Errorf("tables: %w", err)
	}
	text, err := decode(data)
	if err != nil {
		return Layout{}, fmt.Errorf("tables: the text is neither UTF-8, UTF-16 nor Windows-1252: %w", err)
	}
	for _, name := range Names() {
		if name == "pandas" {
			continue // its form, a time in the first column, fits other files as well
		}
		if _, ok := locate(text, Layout{Name: name}); ok {
			return Layout{Name: name}, nil
		}
	}
	best, fields, filled := Layout{}, 0, 0
	for _, separator := range separators {
		rows, _ := split(head(text), separator, headRows)
		for i, header := range rows {
			names := 0
			for c := range header.cells {
				if header.cell(c) != "" {
					names++
				}
			}
			if n := len(header.cells); n < 2 || n < fields || n == fields && names <= filled {
				continue
			}
			if l, ok := guessColumns(header, rows[i+1:]); ok {
				l.guessKeys(header, rows[i+1:])
				l.Separator = separator
				best, fields, filled = l, len(header.cells), names
			}
		}
	}
	if fields == 0 {
		return Layout{}, fmt.Errorf("tables: none of the first %d lines is a header with times below it; state Time", headRows)
	}
	if best.Time.Stamp != "" && best.Time.End == "" {
		if _, ok := locate(text, Layout{Name: "pandas"}); ok && best.Time.Marks == Unstated && best.Keys == nil && find(best.header(text), best.Time.Stamp) == 0 {
			return Layout{Name: "pandas"}, nil
		}
	}
	return best, nil
}

// header returns the header of a text in a layout.
func (l Layout) header(text string) []string {
	if found, ok := locate(text, l); ok {
		return found.rows[found.header].cells
	}
	return nil
}

var (
	startName  = regexp.MustCompile(`(?i)start|begin|from|\bvon\b|anfang|inicio|inizio|début`)
	endName    = regexp.MustCompile(`(?i)end(?:time|date|ing|e|s)?(?:[_ (]|$)|\bto\b|\bbis\b|\bfin\b|\bfine\b`)
	periodName = regexp.MustCompile(`(?i)period|^sp$|settlement.?p|\bmtu\b.*n`)
	endStamp   = regexp.MustCompile(`(?i)settlementdate|hour.?ending|interval.?end|_end|ending`)
	hourName   = regexp.MustCompile(`(?i)hour|^h$|^he$|time|stunde|uhrzeit|hora|godzina|\bora\b|^tid`)
	innerName  = regexp.MustCompile(`(?i)interval|quarter`)
	zoneName   = regexp.MustCompile(`(?i)utc|gmt`)
)

// guessColumns proposes the time columns of a header with rows below it.
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
	ref := func(i int) string {
		if header.cell(i) == "" || find(header.cells, header.cell(i)) != i {
			return fmt.Sprintf("#%d", i+1)
		}
		return header.cell(i)
	}
	if has(header.cells, "Year", "Month", "Day") {
		l.Time.Year, l.Time.Month, l.Time.Day = ref(find(header.cells, "Year")), ref(find(header.cells, "Month")), ref(find(header.cells, "Day"))
	}
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
			if !ok || !at.hasDay || strings.Trim(text, "0123456789.") == "" && strings.Count(text, ".") < 2 && !compact.MatchString(text) {
				stamp, date = false, false
				break
			}
			date = date && !interval && mod(at.wall, 86400) == 0
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
	for _, i := range stamps {
		if i != at && endName.MatchString(header.cell(i)) && l.Time.Marks != End && zoneName.MatchString(header.cell(i)) == zoneName.MatchString(header.cell(at)) {
			l.Time.End = ref(i)
			break
		}
	}
	return l, true
}

// dayColumns proposes the columns of the time of day, or of the periods, beside a date.
func (l *Layout) dayColumns(header row, below []row, dates []int, ref func(int) string) bool {
	if l.Time.Year == "" {
		l.Time.Date = ref(dates[0])
	}
	sample := below[:min(3, len(below))]
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

// flagName are columns of texts that mark rows and tell no series apart.
var flagName = regexp.MustCompile(`(?i)flag|repeated|dst|status|quality|comment|updated|changed`)

// guessKeys proposes columns of texts as keys if times occur several times.
func (l *Layout) guessKeys(header row, below []row) {
	time := l.Time.in(header.cells)
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

// String returns the settings of a layout, one per line. It leaves out settings that are left to
// the file.
func (l Layout) String() string {
	var out strings.Builder
	add := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&out, "  %-10s %s\n", name, value)
		}
	}
	mark := func(r rune) string {
		switch r {
		case 0:
			return ""
		case '\t':
			return "tab"
		}
		return strconv.QuoteRune(r)
	}
	add("layout", l.Name)
	add("separator", mark(l.Separator))
	add("decimal", mark(l.Decimal))
	add("thousands", mark(l.Thousands))
	if l.Records {
		add("records", "C, I, D")
	}
	t := l.Time
	for _, c := range []struct{ name, column string }{
		{"stamp", t.Stamp},
		{"date", t.Date},
		{"year", t.Year},
		{"month", t.Month},
		{"day", t.Day},
		{"clock", t.Clock},
		{"end", t.End},
		{"period", t.Period},
		{"interval", t.Interval},
	} {
		if c.column != "" {
			add(c.name, "column "+strconv.Quote(c.column))
		}
	}
	add("across", l.Across)
	add("order", t.Order)
	if t.Marks != Unstated {
		add("marks", t.Marks.String()+" of a step")
	}
	add("zone", t.Zone)
	add("keys", strings.Join(l.Keys, ", "))
	if l.Step > 0 {
		add("step", l.Step.String())
	}
	return out.String()
}

// WriteGuess writes a layout and the first three readings of every series in it, so that a person
// can compare them with the file. If the layout does not read the file, it writes the violations.
func WriteGuess(w io.Writer, r io.Reader, l Layout) error {
	if l.Gaps == (Gaps{}) {
		l.Gaps.Fill = Leave // a guess is about the form of the file, not about its gaps
	}
	reading, err := Read(r, l)
	if err != nil {
		_, failed := fmt.Fprintf(w, "Guessed layout:\n%sIt does not read the file:\n%v\n", l, err)
		return failed
	}
	const most = 6 // series
	var out strings.Builder
	fmt.Fprintf(&out, "Guessed layout:\n%s", reading.Layout)
	for _, sentence := range reading.Assumed {
		fmt.Fprintf(&out, "Assumed: %s.\n", sentence)
	}
	out.WriteString("First readings, times in UTC:\n")
	for step := range min(3, reading.Grid.Steps) {
		fmt.Fprintf(&out, "  %s", reading.Grid.Time(step).UTC().Format(time.RFC3339))
		for i, s := range reading.Series {
			if i == most {
				fmt.Fprintf(&out, "  … %d more series", len(reading.Series)-most)
				break
			}
			value := "missing"
			if v := s.Values[step]; !math.IsNaN(v) {
				value = strings.TrimSpace(strconv.FormatFloat(v, 'g', 10, 64) + " " + s.Unit)
			}
			fmt.Fprintf(&out, "  %s = %s", s.Name, value)
		}
		out.WriteString("\n")
	}
	_, err = io.WriteString(w, out.String())
	return err
}

// WriteCSV writes the series with the start of each step in UTC. Names have their unit, and missing
// values are empty:
//
//	utc,Wind Onshore [MW]
//	2024-10-26T20:00:00Z,9400
func (r *Reading) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	header := []string{"utc"}
	for _, s := range r.Series {
		name := s.Name
		if s.Unit != "" {
			name += " [" + s.Unit + "]"
		}
		header = append(header, name)
	}
	if err := out.Write(header); err != nil {
		return err
	}
	for step := range r.Grid.Steps {
		row := []string{r.Grid.Time(step).UTC().Format(time.RFC3339)}
		for _, s := range r.Series {
			text := ""
			if v := s.Values[step]; !math.IsNaN(v) {
				text = strconv.FormatFloat(v, 'g', -1, 64)
			}
			row = append(row, text)
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
