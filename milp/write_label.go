package milp

import (
	"bytes"
	"strconv"
	"strings"
)

// labels are the names of a model's columns or rows as written to a file,
// stored in one string: label i is text[start[i]:start[i+1]].
type labels struct {
	text  string
	start []int
}

// at returns label i.
func (l *labels) at(i int32) string { return l.text[l.start[i]:l.start[i+1]] }

// label returns the labels of the names refs. A label equals [Name.String],
// except that
//
//   - a character other than letters, digits and "()_,." becomes ~ and two
//     hexadecimal digits per byte, and so does a first character that makes a
//     name look like a number or keyword;
//   - an empty family is ~;
//   - a name that is longer than 80 characters after that, or equal to the
//     label of an earlier column (row), ends in ~~ and the index of its column
//     (row), counted from 0.
//
// All labels are therefore different. A label without ~~ belongs to exactly one
// name.
func (x *names) label(refs []nameRef) labels {
	const longest = 80 // cbc rejects names of more than about 100 characters
	prefixes := make([][]byte, len(x.families))
	for i := range x.families {
		f := &x.families[i]
		prefixes[i] = escape(Name{Owner: f.owner, Quantity: f.quantity}.String())
	}
	text := make([]byte, 0, 24*len(refs))
	start := make([]int, len(refs)+1)
	for i, r := range refs {
		text = append(text, prefixes[r.family]...)
		text = x.name(r).appendIndices(text)
		if r.first < 0 || r.second < 0 { // a minus sign is the only part of indices to escape
			text = append(text[:start[i]+len(prefixes[r.family])],
				bytes.ReplaceAll(text[start[i]+len(prefixes[r.family]):], []byte("-"), []byte("~2d"))...)
		}
		if len(text)-start[i] > longest {
			text = append(text[:start[i]+longest], "~~"...)
			text = strconv.AppendInt(text, int64(i), 10)
		}
		start[i+1] = len(text)
	}
	l := labels{string(text), start}
	taken := make(map[string]struct{}, len(refs))
	var twice []int
	for i := range refs {
		before := len(taken)
		taken[l.at(int32(i))] = struct{}{}
		if len(taken) == before {
			twice = append(twice, i)
		}
	}
	if len(twice) == 0 {
		return l
	}
	return l.numbered(twice)
}

// numbered returns the labels with the suffix ~~ and their index for those of
// the list, which is ascending.
func (l *labels) numbered(list []int) labels {
	var text strings.Builder
	start := make([]int, len(l.start))
	for i := range len(l.start) - 1 {
		text.WriteString(l.at(int32(i)))
		if len(list) > 0 && list[0] == i {
			text.WriteString("~~")
			text.WriteString(strconv.Itoa(i))
			list = list[1:]
		}
		start[i+1] = text.Len()
	}
	return labels{text.String(), start}
}

// escape returns the label of a family.
func escape(name string) []byte {
	const hex = "0123456789abcdef"
	if name == "" {
		return []byte{'~'}
	}
	out := make([]byte, 0, len(name))
	for i := range len(name) {
		c := name[i]
		switch {
		case i == 0 && misread(name),
			!(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("()_,.", c) >= 0):
			out = append(out, '~', hex[c>>4], hex[c&15])
		default:
			out = append(out, c)
		}
	}
	return out
}

// misread reports whether any reader takes the start of the name for a number,
// or the name for a keyword. HiGHS parses numbers like C, so that "inflow"
// starts with inf and "nano" with nan.
func misread(name string) bool {
	switch c := name[0]; {
	case c >= '0' && c <= '9' || c == '.':
		return true
	case c == 'e' || c == 'E':
		if len(name) == 1 || name[1] >= '0' && name[1] <= '9' {
			return true
		}
	}
	lower := strings.ToLower(name)
	if strings.HasPrefix(lower, "inf") || strings.HasPrefix(lower, "nan") {
		return true
	}
	switch lower {
	case "min", "minimize", "minimise", "minimum", "max", "maximize", "maximise", "maximum", "obj",
		"subject", "such", "that", "to", "st", "s.t.", "st.", "bound", "bounds", "range", "ranges", "rhs",
		"general", "generals", "gen", "integer", "integers", "int", "binary", "binaries", "bin", "free",
		"semi", "semis", "sos", "sos1", "sos2", "s1", "s2", "lazy", "user", "end", "name", "rows", "columns", "endata":
		return true
	}
	return false
}
