package tables

import (
	"fmt"
	"slices"
	"strings"
)

// chosen is a series of the file that is read.
type chosen struct {
	Column
	group *group
	at    int   // column of the section
	unit  unit  // of the file
	lines []int // line of each step; 0: none
}

// choose returns the series to read, and the marks of their numbers.
//
// Without Columns, every column with a number is a series. A column of Columns
// may have no numbers. A name of Columns that fits no series, or several, is a
// violation.
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
		switch len(match) { // a name that fits several series is not resolved by order
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
//
// For example, the second column "Wind (MWh)" of the region DE has the name
// "DE.Wind" and the aliases "wind", "wind (mwh)", "de.wind", "de.wind (mwh)"
// and "#2".
type candidate struct {
	name    string   // in the result
	header  string   // in the file
	aliases []string // further names, in lower case
	group   *group
	at      int
	numbers int // number of cells with a number
}

// seriesOf returns all columns of all groups, with names that differ. A name
// has the keys that have several values in the file, so that a file of one
// region has "RRP", and a file of five has "NSW1.RRP". If two tables have a
// column of one name, the name has the table as well: "NSW1.PRICE.RRP".
func (f *reader) seriesOf(all []*group) []candidate {
	several := map[*section]map[int]bool{} // keys with several values
	// A key has several values if two groups of a section differ in it.
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
			// pandas writes "Unnamed: 3" above a column without a name.
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
			// A user may write a name with all keys, with one or none, and with
			// the unit or without. A name that fits several series is refused,
			// see choose.
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
	// Equal names get the name of their table or the number of their column,
	// and a prime if they are still equal.
	taken := map[string]bool{}
	for i := range out {
		c := &out[i]
		if byName[c.name] > 1 {
			if table := lastPart(c.group.section.name); table != "" {
				c.name = dotted(keysOf(c.name), table+"."+lastPart(c.name))
			} else {
				c.name = strings.TrimSpace(c.name + " #" + fmt.Sprint(c.at+1))
			}
		}
		for taken[c.name] {
			c.name += "'"
		}
		taken[c.name] = true
		c.aliases = append(c.aliases, fold(c.name))
		// A column is skipped if no group of its section has a number in it;
		// the first one records it.
		if numbers[c.group.section][c.at] == 0 && f.own.Columns == nil && c.group == firstOf(all, c.group.section) {
			f.skipped = append(f.skipped, Skipped{Column: c.header, Reason: "has no numbers"})
		}
	}
	return out
}

// firstOf returns the first group of a section.
func firstOf(all []*group, s *section) *group {
	for _, g := range all {
		if g.section == s {
			return g
		}
	}
	return nil
}

// keysOf returns the part of a name before the last dot, as one key. For
// example, keysOf("NSW1.RRP") is "NSW1", and keysOf("RRP") is nil.
func keysOf(name string) []string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return []string{name[:i]}
	}
	return nil
}

// lastPart returns the part of a name behind the last dot, such as PRICE of
// DISPATCH.PRICE.
func lastPart(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// dotted joins keys and a name, such as "NSW1.RRP".
func dotted(keys []string, name string) string {
	return strings.Join(append(slices.Clone(keys), name), ".")
}

// matching returns the series of a name: those of exactly this name, or those
// with this alias.
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

// withUnits sets the unit of each series. The first of these that is given
// counts: the unit of the column, the rules of the caller, brackets in the
// header, a row of units, the rules of the named layout, the end of the name.
//
// For example, "Load [kW]" is in kW unless the caller states another unit.
// "load_kw" is in kW unless the caller, a row of units or the named layout
// states another one.
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
		// Energy per step can stay energy. Power is always in MW.
		if c.As != "" && (u.quantity != energy && u.quantity != power || u.quantity == power && c.As != "MW") {
			f.bad.at(s.headerLine, c.at, header, "the unit is %q, want energy per step, such as MWh, for As %q", u.name, c.As)
		}
	}
	return columns
}
