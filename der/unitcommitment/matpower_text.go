package unitcommitment

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/trigrid/trigrid/internal/faults"
)

// isMatpower reports whether a text is a MATPOWER case: it defines mpc.bus or
// mpc.gen, or is a function, and is no JSON.
func isMatpower(text []byte) bool {
	text = bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\ufeff")), " \t\r\n")
	if len(text) == 0 || text[0] == '{' || text[0] == '[' {
		return false
	}
	return bytes.Contains(text, []byte("mpc.")) || bytes.HasPrefix(text, []byte("function")) ||
		bytes.HasPrefix(text, []byte("%")) && bytes.Contains(text, []byte("function"))
}

// matrix is a matrix of a case with the places of its elements.
//
// Places stand in violations, because rows of a case have no names.
type matrix struct {
	name string
	line int
	rows [][]element
}

// element is a number with its place in the text, both from 1.
type element struct {
	value        float64
	line, column int
}

// mcase is the content of a case: matrices by the name of their field, without
// "mpc.".
//
// For example, matrices["gen"].rows[0][8] is Pmax of the first machine.
type mcase struct {
	bad      faults.List
	matrices map[string]*matrix
}

// maxViolations is the number of violations of a table that an error spells
// out.
const maxViolations = 50

// parseCase reads the assignments of numbers, texts and matrices of a case. A
// case is a program. Any other statement can change the data, so that it is a
// violation:
//
//	unitcommitment: line 120: "mpc.bus(:, 3) = mpc.bus(:, 3) / 1e3" computes data, which is not read; …
//
// A case of one bus and one machine:
//
//	function mpc = small
//	mpc.version = '2';
//	mpc.bus = [1 3 30 0 0 0 1 1 0 135 1 1.1 0.9];   % one row
//	mpc.gen = [1 0 0 0 0 1 100 1 47 0];
//	mpc.gencost = [2 0 0 3 0.1 10 0];
func parseCase(text []byte) *mcase {
	c := &mcase{
		bad:      faults.List{Prefix: "unitcommitment: ", Max: maxViolations},
		matrices: map[string]*matrix{},
	}
	s := &mscanner{text: withoutComments(bytes.TrimPrefix(text, []byte("\ufeff"))), line: 1, column: 1}
	for {
		// Empty statements are common, because a line may end with a semicolon
		// or not.
		s.skip(func(r byte) bool { return blank(r) || r == '\n' || r == ';' || r == ',' })
		if s.at == len(s.text) {
			return c
		}
		c.statement(s)
	}
}

// mscanner walks over a text. at is the next byte.
//
// Lines and columns count from 1, and a tab is one column.
type mscanner struct {
	text         []byte
	at           int
	line, column int
}

// joint is the end of a line that goes on in the next one.
const joint = '\v'

func blank(r byte) bool { return r == ' ' || r == '\t' || r == '\r' || r == joint }

// next consumes a byte.
func (s *mscanner) next() {
	if r := s.text[s.at]; r == '\n' || r == joint {
		s.line++
		s.column = 0
	}
	s.at++
	s.column++
}

func (s *mscanner) skip(while func(byte) bool) {
	for s.at < len(s.text) && while(s.text[s.at]) {
		s.next()
	}
}

// until consumes and returns the text up to one of the given bytes.
func (s *mscanner) until(ends string) string {
	from := s.at
	s.skip(func(r byte) bool { return strings.IndexByte(ends, r) < 0 })
	return string(s.text[from:s.at])
}

// withoutComments replaces comments and continuations by blanks, so that places
// stay. A percent sign in a text is no comment.
//
// Comments begin with % or, in Octave, with #. Lines of only %{ and %} enclose
// a block of comments, also within another one. Three dots join a line with the
// next:
//
//	mpc.gen = [ 1 0 0 0 0 1 ...   % the row goes on
//	            100 1 47 0 ];
func withoutComments(text []byte) []byte {
	var (
		out    = bytes.Clone(text)
		block  = 0     // depth of block comments
		quoted = false // in a text
		line   = 0     // start of the line
	)
	for line < len(out) {
		end := len(out)
		if i := bytes.IndexByte(out[line:], '\n'); i >= 0 {
			end = line + i
		}
		wipe := func(from int) {
			for i := from; i < end; i++ {
				out[i] = ' '
			}
		}
		switch word := strings.TrimSpace(string(out[line:end])); {
		case word == "%{" || word == "#{":
			block++
			wipe(line)
		case block > 0:
			if word == "%}" || word == "#}" {
				block--
			}
			wipe(line)
		default:
			quoted = false
			for i := line; i < end; i++ {
				switch {
				case out[i] == '\'':
					quoted = !quoted
				case !quoted && (out[i] == '%' || out[i] == '#'):
					wipe(i)
				case !quoted && bytes.HasPrefix(out[i:end], []byte("...")):
					wipe(i)
					if end < len(out) {
						out[end] = joint
					}
				}
			}
		}
		line = end + 1
	}
	return out
}

// harmless are statements that leave the data as they are.
func harmless(statement string) bool {
	word, _, _ := strings.Cut(statement, " ")
	switch word {
	case "function", "end", "return", "endfunction", "define_constants", "clear":
		return true
	}
	_, value, assigned := strings.Cut(statement, "=")
	return assigned && strings.HasPrefix(strings.TrimSpace(value), "idx_") // names of columns
}

// statement reads one statement.
//
// It is an assignment of a matrix, a list of texts, a text or a number, or
// leaves the data as they are.
func (c *mcase) statement(s *mscanner) {
	line, from := s.line, s.at
	name := strings.TrimSpace(s.until("=;\n"))
	if s.at == len(s.text) || s.text[s.at] != '=' || !isField(name) {
		rest := s.until(";\n")
		statement := strings.Join(strings.Fields(name+" "+rest), " ")
		if s.at >= from && statement != "" && !harmless(statement) {
			c.computed(line, statement)
		}
		return
	}
	s.next() // =
	s.skip(blank)
	field := strings.TrimPrefix(name, "mpc.")
	if s.at == len(s.text) {
		c.bad.Addf("line %d: the text ends behind %q, want its value", line, name)
		return
	}
	// The second of two assignments is the one that MATPOWER has, but one of
	// them is probably a slip.
	if _, twice := c.matrices[field]; twice {
		c.computed(line, name+" = … a second time")
	}
	switch s.text[s.at] {
	case '[':
		s.next()
		c.matrices[field] = c.matrix(s, name, line)
	case '{':
		c.braces(s, name, line)
	default:
		value := strings.TrimSpace(s.until(";\n"))
		if strings.HasPrefix(value, "'") || strings.HasPrefix(value, `"`) {
			return // a text, such as the version
		}
		if _, ok := number(value); !ok && !harmless(name+" = "+value) {
			c.computed(line, name+" = "+value)
		}
		return
	}
	// Behind a bracket an operator would compute: [1 2]' or {…}(1).
	if rest := strings.TrimSpace(s.until(";\n")); rest != "" {
		c.computed(line, name+" = […]"+rest)
	}
}

// computed reports a statement that is no plain data.
func (c *mcase) computed(line int, statement string) {
	if r := []rune(statement); len(r) > 60 {
		statement = string(r[:60]) + "…"
	}
	c.bad.Addf("line %d: %q computes data, which is not read; run it in MATPOWER and write the result with savecase",
		line, statement)
}

// isField reports whether a name is that of a variable or of a field of a
// structure.
//
// For example, "mpc.bus" and "Vbase" are names, "mpc.bus(:, 3)" and "[a, b]"
// are not.
func isField(name string) bool {
	for i, r := range name {
		if r != '_' && r != '.' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return name != ""
}

// matrix reads a matrix up to its closing bracket. Rows end with a semicolon or
// a line.
//
// Commas and blanks separate the elements, so that [1, 2; 3 4] has two rows.
// Rows of different lengths are a violation with the line of the row.
func (c *mcase) matrix(s *mscanner, name string, line int) *matrix {
	var (
		m      = &matrix{name: name, line: line}
		before = c.bad.Len()
		row    []element
	)
	flush := func() {
		if len(row) > 0 {
			m.rows = append(m.rows, row)
			row = nil
		}
	}
	for {
		s.skip(func(r byte) bool { return blank(r) || r == ',' })
		if s.at == len(s.text) {
			c.bad.Addf("line %d: the text ends in the matrix %q, want a closing bracket", line, name)
			return m
		}
		switch s.text[s.at] {
		case ']':
			s.next()
			flush()
			for _, r := range m.rows {
				if c.bad.Len() == before && len(r) != len(m.rows[0]) {
					c.bad.Addf("line %d: a row of %s has %d columns, want %d as the first row", r[0].line, name, len(r), len(m.rows[0]))
				}
			}
			return m
		case ';', '\n':
			s.next()
			flush()
		default:
			e := element{line: s.line, column: s.column}
			word := s.until(" \t\r\v\n,;]")
			// The next assignment: all its words would be violations, too.
			if strings.Contains(word, "=") {
				c.bad.Addf("line %d: the matrix %s of line %d has no closing bracket before", e.line, name, line)
				return m
			}
			x, ok := number(word)
			if !ok {
				c.bad.Addf("line %d, column %d: %q in %s is no number; write the value itself", e.line, e.column, word, name)
			}
			e.value = x
			row = append(row, e)
		}
	}
}

// number reads a number as a case writes it, such as 1e3, -Inf or NaN.
//
// Infinite limits and unknown data are common in columns that the reader does
// not use.
func number(word string) (float64, bool) {
	switch sign, rest := 1.0, strings.ToLower(word); {
	case strings.Trim(rest, "+-") == "inf" && len(rest) <= 4:
		if rest[0] == '-' {
			sign = -1
		}
		return math.Inf(int(sign)), true
	case rest == "nan":
		return math.NaN(), true
	}
	// ParseFloat also reads hexadecimal numbers, underscores and "infinity",
	// which no case has.
	if strings.ContainsAny(word, "xXpP_iInN") {
		return 0, false
	}
	x, err := strconv.ParseFloat(word, 64)
	return x, err == nil
}

// braces skips a list of texts, such as the names of buses.
//
// For example, mpc.bus_name = {'north'; 'south'}.
func (c *mcase) braces(s *mscanner, name string, line int) {
	depth, quoted := 0, false
	for s.at < len(s.text) {
		switch r := s.text[s.at]; {
		case r == '\'':
			quoted = !quoted
		case quoted:
		case r == '{':
			depth++
		case r == '}':
			depth--
		}
		s.next()
		if depth == 0 {
			return
		}
	}
	c.bad.Addf("line %d: the text ends in the list %q, want a closing brace", line, name)
}

// place returns the place of an element for a message.
func (e element) place() string { return fmt.Sprintf("line %d, column %d", e.line, e.column) }
