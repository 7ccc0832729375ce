package tables

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/trigrid/trigrid/scenario"
)

// Reading is the content of a file: series over one grid.
type Reading struct {
	Grid    scenario.Grid // in the zone of the layout
	Series  []Series      // in the order of [Layout.Columns], or of the file
	Filled  []Filled      // every value that the policy for gaps added, by series and step
	Missing []Place       // values that the policy Leave left missing, by series and step
	Skipped []Skipped     // lines and columns without series
	Assumed []string      // sentences on settings that neither layout nor file states
	Layout  Layout        // with everything that the file settled, such as separator and step
}

// Series is one series of a reading.
type Series struct {
	Name   string
	From   string    // header of its column
	Unit   string    // "MW", "MWh", a currency such as "EUR/MWh", or the one of the file
	Values []float64 // one per step; NaN: missing
}

// Place is one value of a reading.
type Place struct {
	Series string
	Step   int       // of the grid of the file, before resampling
	Time   time.Time // start of the step
	Line   int       // in the file; 0: no line has the step
}

// Filled is a value that a policy for gaps added, in the unit of the series.
type Filled struct {
	Place
	Value float64
}

// Table returns the series as a table. It returns an error if values are missing.
func (r *Reading) Table() (*scenario.Table, error) {
	if len(r.Missing) > 0 {
		m := r.Missing[0]
		return nil, fmt.Errorf("tables: %d values are missing, the first of %q at %s; fill gaps or read other columns",
			len(r.Missing), m.Series, m.Time.Format(time.RFC3339))
	}
	columns := make([]scenario.Column, len(r.Series))
	for i, s := range r.Series {
		columns[i] = scenario.Column{Name: s.Name, Unit: s.Unit, Values: s.Values}
	}
	return scenario.NewTable(r.Grid, columns...)
}

// reader is the state of reading one file.
type reader struct {
	located

	own      Layout // of the caller
	bad      problems
	skipped  []Skipped
	assumed  []string
	tables   []*section
	missing  map[string]bool
	markZone string
	step     int64 // seconds
	loc      *time.Location
	from, to int64 // start of the first step, and end of the last one
}

// Read reads a file in a layout. It returns an error that lists up to 50 violations, each with line
// and column: times that are wrong, doubled, out of order, skipped by the clock or off the grid,
// intervals of another length, steps and values that are missing, texts that are no numbers, rows
// that are too long or too short, and columns that are not there.
func Read(r io.Reader, l Layout) (*Reading, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("tables: %w", err)
	}
	return read(data, l)
}

func read(data []byte, l Layout) (*Reading, error) {
	text, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("tables: the text is neither UTF-8, UTF-16 nor Windows-1252: %w", err)
	}
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("tables: the file is empty")
	}
	found, ok := locate(text, l)
	if !ok {
		return nil, noHeader(text, l)
	}
	f := &reader{located: found, own: l, missing: map[string]bool{}}
	for _, m := range missingMarkers {
		f.missing[m] = f.layout.Missing == nil
	}
	for _, m := range f.layout.Missing {
		f.missing[fold(m)] = true
	}
	if f.broken != nil {
		f.bad.file("%v; the lines below it are not read", f.broken)
	}
	return f.read()
}

// noHeader returns the error of a file in which no row has the columns of the time.
func noHeader(text string, l Layout) error {
	line, _, _ := strings.Cut(text, "\n")
	if runes := []rune(clean(line)); len(runes) > 120 {
		line = string(runes[:120]) + "…"
	}
	if l.Name != "" {
		return fmt.Errorf("tables: line 1: none of the first %d lines is a header of the layout %s; the file begins with %q; "+
			"try another layout of %s, or auto", headRows, l.Name, clean(line), strings.Join(Names(), ", "))
	}
	return fmt.Errorf("tables: line 1: none of the first %d lines has the time columns %q; the file begins with %q",
		headRows, l.Time.refs(), clean(line))
}

// read reads all sections, one stage after the other. A stage is left out if its input has
// violations that would cause false ones.
func (f *reader) read() (*Reading, error) {
	f.tables = f.sections()
	if f.layout.Across != "" {
		for _, s := range f.tables {
			if !f.unpivot(s) {
				return nil, f.bad.err()
			}
		}
	}
	var all []*group
	for _, s := range f.tables {
		if len(s.rows) == 0 {
			f.bad.line(s.headerLine, "no rows with values below the header")
			continue
		}
		all = append(all, f.groups(s, f.labels(s))...)
	}
	columns, m := f.choose(all)
	if len(f.bad.found) > 0 && len(all) == 0 {
		return nil, f.bad.err()
	}
	f.loc = f.location(all)
	if f.step = f.settleStep(all); f.step == 0 {
		return nil, f.bad.err()
	}
	used := map[*group]bool{}
	for _, c := range columns {
		used[c.group] = true
	}
	f.from, f.to = math.MaxInt64, math.MinInt64
	for _, g := range all {
		if !used[g] {
			continue
		}
		f.place(g, f.step, f.loc)
		if n := len(g.at); n > 0 {
			f.from, f.to = min(f.from, g.at[0]), max(f.to, g.at[n-1]+f.step)
		}
	}
	if f.to <= f.from {
		if len(f.bad.found) == 0 {
			f.bad.file("no rows with times")
		}
		return nil, f.bad.err()
	}
	if line, ok := f.tooLong(all); !ok {
		f.bad.line(line, "the file has %d steps of %v from %s to %s, and far fewer lines; check the time of this line",
			(f.to-f.from)/f.step, time.Duration(f.step)*time.Second, shown(f.from, f.loc), shown(f.to, f.loc))
		return nil, f.bad.err()
	}
	out := &Reading{
		Grid: scenario.Grid{
			Start: time.Unix(f.from, 0).In(f.loc), Step: time.Duration(f.step) * time.Second, Steps: int((f.to - f.from) / f.step),
		},
	}
	f.fillIn(out, columns, m)
	f.resample(out, columns)
	if err := f.bad.err(); err != nil {
		return nil, err
	}
	out.Skipped, out.Assumed = f.skipped, f.assumed
	out.Layout = f.settled(m)
	return out, nil
}

// tooLong returns the line behind the largest gap, and false if the times span far more steps than
// the file has lines, as with a mistyped year. Such a gap is a mistake under every policy.
func (f *reader) tooLong(all []*group) (line int, ok bool) {
	rows, largest := int64(0), int64(0)
	for _, g := range all {
		rows += int64(len(g.at))
		for i := 1; i < len(g.at); i++ {
			if d := g.at[i] - g.at[i-1]; d > largest {
				largest, line = d, g.lines[i].line
			}
		}
	}
	const spare = 50_000 // steps
	return line, (f.to-f.from)/f.step <= 10*rows+spare
}

// settled returns the layout with everything that the file settled.
func (f *reader) settled(m marks) Layout {
	l := f.layout
	l.Decimal, l.Thousands = m.decimal, m.thousands
	l.Step = time.Duration(f.step) * time.Second
	l.Time.Zone = f.loc.String()
	return l
}

// chosen is a series of the file that is read.
type chosen struct {
	Column
	group *group
	at    int // column of the section
	unit  unit
	lines []int // line of each step; 0: none
}

// choose returns the series to read, and the marks of their numbers.
func (f *reader) choose(all []*group) ([]chosen, marks) {
	series := f.seriesOf(all)
	if f.own.Columns == nil {
		var out []chosen
		for _, s := range series {
			if s.numbers > 0 {
				out = append(out, chosen{Column: Column{Name: s.name, From: s.header}, group: s.group, at: s.at})
			}
		}
		if len(out) == 0 && len(f.bad.found) == 0 {
			f.bad.file("no column with numbers beside the time")
		}
		return f.withUnits(out), f.marksOf(out)
	}
	var out []chosen
	for _, c := range f.own.Columns {
		match := matching(series, c.From)
		switch len(match) {
		case 1:
			c.Name = c.name()
			out = append(out, chosen{Column: c, group: match[0].group, at: match[0].at})
		case 0:
			f.bad.file("no column %q; the file has %s", c.From, list(series))
		default:
			f.bad.file("column %q can be %s; name one of them", c.From, list(match))
		}
	}
	return f.withUnits(out), f.marksOf(out)
}

// candidate is a column of one group.
type candidate struct {
	name    string   // in the result
	header  string   // in the file
	aliases []string // further names, in lower case
	group   *group
	at      int
	numbers int // number of cells with a number
}

// seriesOf returns all columns of all groups, with names that differ.
func (f *reader) seriesOf(all []*group) []candidate {
	several := map[*section]map[int]bool{} // keys with several values
	for _, g := range all {
		if several[g.section] == nil {
			several[g.section] = map[int]bool{}
		}
		for i := range g.keys {
			for _, h := range all {
				if h.section == g.section && h.keys[i] != g.keys[i] {
					several[g.section][i] = true
					break
				}
			}
		}
	}
	var out []candidate
	byName := map[string]int{}
	numbers := map[*section][]int{}
	for _, g := range all {
		for at, header := range g.section.header {
			if header == "" || strings.HasPrefix(header, "Unnamed:") || g.section.time.has(at) || slices.Contains(g.section.keys, at) || f.layout.Across != "" && header != f.layout.Across {
				continue
			}
			if f.layout.Name == "aemo" && slices.Contains(bookkeeping, fold(header)) {
				continue
			}
			_, short, _, _ := unitInName(header)
			if short == "" {
				short = header
			}
			var full, part []string
			for i, k := range g.keys {
				if k == "" {
					continue
				}
				full = append(full, k)
				if several[g.section][i] {
					part = append(part, k)
				}
			}
			c := candidate{header: header, group: g, at: at, name: dotted(part, short)}
			for _, name := range []string{short, header} {
				lists := [][]string{nil, part, full}
				for _, k := range full {
					lists = append(lists, []string{k})
				}
				for _, keys := range lists {
					c.aliases = append(c.aliases, fold(dotted(keys, name)))
					if table := lastPart(g.section.name); table != "" {
						c.aliases = append(c.aliases, fold(dotted(keys, table+"."+name)), fold(dotted(keys, g.section.name+"."+name)))
					}
				}
			}
			c.aliases = append(c.aliases, fmt.Sprintf("#%d", at+1))
			for _, r := range g.rows {
				if text := r.cell(at); looksNumeric(text) && !f.isMissing(text) {
					c.numbers++
				}
			}
			if numbers[g.section] == nil {
				numbers[g.section] = make([]int, len(g.section.header))
			}
			numbers[g.section][at] += c.numbers
			byName[c.name]++
			out = append(out, c)
		}
	}
	taken := map[string]bool{}
	for i := range out {
		c := &out[i]
		if byName[c.name] > 1 {
			if table := lastPart(c.group.section.name); table != "" {
				c.name = dotted(keysOf(c.name, c.header), table+"."+lastPart(c.name))
			} else {
				c.name = strings.TrimSpace(c.name + " #" + fmt.Sprint(c.at+1))
			}
		}
		for taken[c.name] {
			c.name += "'"
		}
		taken[c.name] = true
		c.aliases = append(c.aliases, fold(c.name))
		if numbers[c.group.section][c.at] == 0 && f.own.Columns == nil && c.group == firstOf(all, c.group.section) {
			f.skipped = append(f.skipped, Skipped{Column: c.header, Reason: "has no numbers"})
		}
	}
	return out
}

func firstOf(all []*group, s *section) *group {
	for _, g := range all {
		if g.section == s {
			return g
		}
	}
	return nil
}

// keysOf returns the part of a name before the last dot.
func keysOf(name, _ string) []string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return []string{name[:i]}
	}
	return nil
}

func lastPart(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

func dotted(keys []string, name string) string {
	return strings.Join(append(slices.Clone(keys), name), ".")
}

// matching returns the series of a name: those of exactly this name, or those with this alias.
func matching(series []candidate, name string) []candidate {
	var out []candidate
	for _, s := range series {
		if s.name == name {
			return []candidate{s}
		}
		if slices.Contains(s.aliases, fold(name)) {
			out = append(out, s)
		}
	}
	return out
}

// list returns the names of series for an error.
func list(series []candidate) string {
	var names []string
	for _, s := range series {
		names = append(names, fmt.Sprintf("%q", s.name))
	}
	const most = 30
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// withUnits sets the unit of each series. The first of these that is given counts: the unit of the
// column, the rules of the caller, brackets in the header, a row of units, the rules of the named
// layout, the end of the name.
func (f *reader) withUnits(columns []chosen) []chosen {
	for i := range columns {
		c := &columns[i]
		s := c.group.section
		header := s.header[c.at]
		u, short, sure, found := unitInName(header)
		own, given := ruleFor(f.own.Units, c.Name, header, short)
		rule, ruled := ruleFor(f.layout.Units, c.Name, header, short)
		switch {
		case c.Unit != "":
			u, _ = unitOf(c.Unit)
		case given:
			u = own
		case sure:
		case s.units != nil && s.units[c.at] != "":
			u, _ = unitOf(s.units[c.at])
		case ruled:
			u = rule
		case !found:
			u = unit{factor: 1}
		}
		c.unit = u
		if c.As != "" && (u.quantity != energy && u.quantity != power || u.quantity == power && c.As != "MW") {
			f.bad.at(s.headerLine, c.at, header, "the unit is %q, want energy per step, such as MWh, for As %q", u.name, c.As)
		}
	}
	return columns
}

// marksOf returns the decimal and thousands marks of the layout, or those that the numbers show.
func (f *reader) marksOf(columns []chosen) marks {
	m := marks{decimal: f.own.Decimal, thousands: f.own.Thousands}
	if m.decimal != 0 {
		if m.thousands == 0 {
			m.thousands = map[rune]rune{'.': ',', ',': '.'}[m.decimal]
		}
		return m
	}
	for _, c := range columns {
		header := c.group.section.header[c.at]
		for _, r := range c.group.rows {
			if text := r.cell(c.at); looksNumeric(text) {
				m.witness(text, r.line, c.at, header)
			}
		}
	}
	if m.decimal == 0 {
		m.decimal = f.form.decimal
		if m.thousands == 0 {
			m.thousands = f.form.thousands
		}
	}
	if m.decimal == 0 && m.open != "" {
		f.bad.at(m.openLine, m.openAt, m.openName, "%q can be %s or %s, and no other number decides; state the decimal mark", m.open,
			strings.ReplaceAll(strings.ReplaceAll(m.open, ",", "."), ".", ""), strings.ReplaceAll(m.open, ",", "."))
		m.decimal = '.'
	}
	if m.decimal == 0 {
		m.decimal = '.' // no number has a mark
	}
	if m.thousands == 0 {
		m.thousands = map[rune]rune{'.': ',', ',': '.'}[m.decimal]
	}
	return m
}

// fillIn reads the values of all series, converts them and applies the policy for gaps.
func (f *reader) fillIn(out *Reading, columns []chosen, m marks) {
	f.absentSteps(columns, out.Grid)
	for i := range columns {
		c := &columns[i]
		s := c.group.section
		values := make([]float64, out.Grid.Steps)
		for t := range values {
			values[t] = math.NaN()
		}
		c.lines = make([]int, out.Grid.Steps)
		for k, at := range c.group.at {
			r := c.group.lines[k]
			t := int((at - f.from) / f.step)
			if (at-f.from)%f.step != 0 {
				if k == 0 {
					f.bad.line(r.line, "the step begins at %s, off the grid of steps of %v from %s", shown(at, f.loc), out.Grid.Step, shown(f.from, f.loc))
				}
				continue
			}
			c.lines[t] = r.line
			text := r.cell(c.at)
			if f.isMissing(text) {
				if f.layout.Gaps.Fill == Refuse {
					f.bad.at(r.line, c.at, s.header[c.at], "%q, the value of %s is missing; fill gaps by hold or interpolate, or read other columns",
						text, shown(at, f.loc))
				}
				continue
			}
			v, ok := m.parse(text)
			if !ok {
				hint := ""
				if looksNumeric(text) {
					hint = fmt.Sprintf(" with the decimal mark %q", m.decimal)
				}
				f.bad.at(r.line, c.at, s.header[c.at], "%q is no finite number%s", text, hint)
				continue
			}
			values[t] = v * c.unit.factor
			if c.unit.quantity == power && c.unit.factor < 1 {
				values[t] = v / (1 / c.unit.factor) // kW/1000 rounds once, kW·0.001 twice
			}
			if c.unit.quantity == energy && c.As != "MWh" {
				values[t] /= out.Grid.Hours()
			}
		}
		name := c.unit.name
		if c.unit.quantity == energy && c.As != "MWh" {
			name = "MW"
		}
		out.Series = append(out.Series, Series{Name: c.Name, From: s.header[c.at], Unit: name, Values: values})
		f.gaps(out, c, values)
	}
}

// sortedKeys returns the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
