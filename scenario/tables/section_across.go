package tables

import (
	"fmt"
	"slices"
	"strings"
)

// unpivot turns a section with one row per day and one column per period or
// hour into one row per step. The header of a column is a number of a period,
// such as 7, or an hour, such as "Hour 7" or "Hour 3B", the second hour 3 of
// the night in which clocks go back. It reports whether the header has such
// columns.
//
// For example, "2025;1;31;400;390" below "Year;Month;Day;1;2" becomes two rows
// of that day: period 1 with the value 400, and period 2 with 390.
func (f *reader) unpivot(s *section) bool {
	type step struct {
		at    int
		label string
	}
	var steps []step
	// All names are numbers: periods, which are counted from midnight, also
	// past a change.
	digits := true
	for i, name := range s.header {
		if s.time.has(i) || slices.Contains(s.keys, i) {
			continue
		}
		h, ok := parseHour(name)
		if !ok {
			if name != "" {
				f.skipped = append(f.skipped, Skipped{Column: name, Reason: "is no period"})
			}
			continue
		}
		_, err := fmt.Sscanf(name, "%d", new(int))
		digits = digits && err == nil && h.whole && strings.IndexFunc(name, func(r rune) bool { return r < '0' || r > '9' }) < 0
		steps = append(steps, step{at: i, label: name})
	}
	if n := len(numbered(s.header)); n > 25 { // periods of less than an hour have numbers above 25
		steps = steps[:0]
		digits = true
		for _, i := range numbered(s.header) {
			steps = append(steps, step{at: i, label: s.header[i]})
		}
	}
	if len(steps) < 2 {
		f.bad.file("Across needs columns that are named by periods or hours, such as 1 to 24; the header has %q", s.header)
		return false
	}
	width := len(s.header)
	// The two further columns are the period or hour of the step, and its
	// value.
	header := append(slices.Clone(s.header), "(period)", f.layout.Across)
	var rows []row
	for _, r := range s.rows {
		for _, st := range steps {
			text := r.cell(st.at)
			second := strings.HasSuffix(strings.ToUpper(st.label), "B")
			if text == "" && (second || !digits) { // the hour of one night in a year
				continue // the hour that only one night has, or that one night lacks
			}
			cells := make([]string, width+2)
			for i := range width {
				if s.time.has(i) || slices.Contains(s.keys, i) {
					cells[i] = r.cell(i)
				}
			}
			// "3A" and "3B" both have the hour 3. Their order decides between
			// the two instants, see place.
			label := st.label
			if strings.HasSuffix(strings.ToUpper(label), "A") || second {
				label = label[:len(label)-1]
			}
			cells[width], cells[width+1] = label, text
			rows = append(rows, row{r.line, cells})
		}
	}
	s.header, s.rows = header, rows
	if s.units != nil {
		s.units = append(s.units, "", "")
	}
	if digits {
		s.time.period = width
	} else {
		s.time.clock = width
	}
	return true
}

// numbered returns the columns whose names are numbers of one to four digits.
func numbered(header []string) []int {
	var out []int
	for i, name := range header {
		if name != "" && len(name) <= 4 && strings.Trim(name, "0123456789") == "" {
			out = append(out, i)
		}
	}
	return out
}
