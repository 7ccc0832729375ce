package tables

import (
	"slices"
	"strings"
)

// records returns the tables of a file whose lines begin with C, I or D.
//
// In this report, the table DISPATCH.PRICE has one row of the region NSW1:
//
//	C,NEMP.WORLD,DISPATCHIS,AEMO
//	I,DISPATCH,PRICE,5,SETTLEMENTDATE,RUNNO,REGIONID,RRP
//	D,DISPATCH,PRICE,5,"2025/01/31 00:05:00",1,NSW1,101.5
func (f *reader) records() []*section {
	var (
		out     []*section
		current *section
		known   = map[string]*section{}
		ignored = map[string]bool{}
	)
	for _, r := range f.rows {
		switch recordLetter(r.cell(0)) {
		case "C":
			f.skip(r.line, "a comment")
		case "I":
			name := strings.Trim(r.cell(1)+"."+r.cell(2), ".")
			current = known[name]
			if current == nil {
				current = &section{name: name, headerLine: r.line, header: make([]string, len(r.cells))}
				// The first four fields are the letter, the report, the table
				// and its version.
				for i := 4; i < len(r.cells); i++ {
					current.header[i] = r.cell(i)
				}
				known[name] = current
				reason := f.unwanted(current)
				if reason != "" {
					ignored[name] = true
					f.skip(r.line, "the table "+name+", "+reason)
				} else if f.columns(current, len(f.layout.Tables) > 0) {
					out = append(out, current)
				} else {
					ignored[name] = true
				}
				// A report can repeat the header of a table.
			} else if len(r.cells) != len(current.header) {
				f.bad.line(r.line, "table %s has %d columns here and %d above, want one form per file", name, len(r.cells), len(current.header))
			}
		case "D":
			switch {
			case current == nil:
				f.bad.line(r.line, "a line of data comes before its header, a line that begins with I")
			case ignored[current.name]:
			case strings.Trim(r.cell(1)+"."+r.cell(2), ".") != current.name:
				f.bad.line(r.line, "data of %s.%s lies below the header of %s", r.cell(1), r.cell(2), current.name)
			default:
				f.add(current, r)
			}
		default:
			f.bad.at(r.line, 0, "", "is %q, want C, I or D, the kind of the line", r.cell(0))
		}
	}
	for _, name := range f.layout.Tables {
		if !slices.ContainsFunc(out, func(s *section) bool { return named(s.name, name) }) {
			f.bad.file("no table %q with the columns of the time; the file has %q", name, sortedKeys(known))
		}
	}
	if len(out) == 0 && len(f.bad.found) == 0 {
		f.bad.file("no table with the column %q and one of the keys %q; the file has the tables %q",
			f.layout.Time.Stamp, f.layout.Keys, sortedKeys(known))
	}
	return out
}

// unwanted returns the reason for which a table of a file of records is left
// out, or "".
func (f *reader) unwanted(s *section) string {
	if len(f.layout.Tables) > 0 {
		if slices.ContainsFunc(f.layout.Tables, func(name string) bool { return named(s.name, name) }) {
			return ""
		}
		return "which is not chosen"
	}
	if len(present(s.header, f.layout.Time.refs()...)) < len(f.layout.Time.refs()) {
		return "which has no time"
	}
	if len(f.layout.Keys) > 0 && len(present(s.header, slices.Clone(f.layout.Keys)...)) == 0 {
		return "which has no key"
	}
	return ""
}

// named reports whether a table of a file, such as "DISPATCH.PRICE", has a
// name, such as "PRICE".
func named(table, name string) bool {
	return fold(table) == fold(name) || strings.HasSuffix(fold(table), "."+fold(name))
}
