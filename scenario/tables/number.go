package tables

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// numeric fits 1.234,5 as well as -0.5, €12, .5, 1 234 and 1e-3.
var numeric = regexp.MustCompile(`^[$€£]?[-+−]?[$€£]?\.?\d[\d.,'’ ]*(?:[eE][-+]?\d+)?$`)

// looksNumeric reports whether a text is a number in some notation.
func looksNumeric(text string) bool { return numeric.MatchString(text) }

// isMissing reports whether a text states that there is no value.
func (f *reader) isMissing(text string) bool { return text == "" || f.missing[strings.ToLower(text)] }

// marks are the decimal and thousands marks of a file, and the evidence for
// them.
type marks struct {
	decimal, thousands rune
	open               string // a number such as 1.234 that has two readings, "" for none
	openLine, openAt   int    // place of open in the file
	openName           string
}

// witness updates marks with a number. A number with both marks ends with the
// decimal one; a mark that occurs twice is that of thousands; any other mark
// that is not followed by exactly three digits is the decimal one.
//
//	1.234,50   decimal ',', thousands '.'
//	1.234.567  thousands '.'
//	12.5       decimal '.'
//	0.123      decimal '.', because no group of thousands begins with 0
//	1.234      open
func (m *marks) witness(text string, line, at int, name string) {
	// Currency and sign stand before the digits and show no mark.
	digits := strings.TrimLeft(text, "$€£+-−")
	if end := strings.IndexAny(digits, "eE"); end >= 0 {
		digits = digits[:end]
		if strings.ContainsAny(digits, ".,") { // a mantissa has no thousands
			m.decide(rune(digits[strings.IndexAny(digits, ".,")]), 0)
			return
		}
	}
	dots, commas := strings.Count(digits, "."), strings.Count(digits, ",")
	switch {
	case dots == 0 && commas == 0: // a whole number shows nothing
	case dots > 0 && commas > 0:
		if strings.LastIndexByte(digits, '.') > strings.LastIndexByte(digits, ',') {
			m.decide('.', ',')
		} else {
			m.decide(',', '.')
		}
	case dots > 1:
		m.decide(0, '.')
	case commas > 1:
		m.decide(0, ',')
	default:
		i := strings.IndexAny(digits, ".,")
		before, after := digits[:i], digits[i+1:]
		// 12.5 and 1234.567 cannot be groups of three digits, and neither can
		// 0.123 or .123.
		if len(after) != 3 || len(before) > 3 || before == "" || before[0] == '0' || strings.ContainsAny(before, "'’ ") {
			m.decide(rune(digits[i]), 0)
		} else if m.open == "" {
			m.open, m.openLine, m.openAt, m.openName = text, line, at, name
		}
	}
}

// decide stores a mark if none is stored. A number that contradicts it is found
// when it is parsed.
func (m *marks) decide(decimal, thousands rune) {
	if decimal == 0 {
		// A mark of thousands shows that the decimal mark is the other one.
		decimal = map[rune]rune{'.': ',', ',': '.'}[thousands]
	}
	if m.decimal == 0 {
		m.decimal = decimal
	}
	if m.thousands == 0 && thousands != m.decimal {
		m.thousands = thousands
	}
}

// parse returns the value of a number. Groups of thousands must have three
// digits; blanks and apostrophes between groups are always read.
//
// For example, with the decimal mark ',' and the thousands mark '.', "1.234,5"
// is 1234.5, and "12.34,5" is refused. Without a decimal mark, parse uses '.'.
func (m marks) parse(text string) (float64, bool) {
	if !looksNumeric(text) {
		return 0, false
	}
	text = strings.NewReplacer("−", "-", "$", "", "€", "", "£", "").Replace(text)
	exponent := ""
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		text, exponent = text[:i], text[i:]
	}
	sign := ""
	if text[0] == '-' || text[0] == '+' {
		sign, text = text[:1], text[1:]
	}
	decimal := m.decimal
	if decimal == 0 {
		decimal = '.'
	}
	whole, fraction, _ := strings.Cut(text, string(decimal))
	if strings.Trim(fraction, "0123456789") != "" {
		return 0, false
	}
	whole, ok := ungroup(whole, m.thousands, decimal)
	if !ok {
		return 0, false
	}
	v, err := strconv.ParseFloat(sign+whole+"."+fraction+exponent, 64)
	return v, err == nil && !math.IsInf(v, 0)
}

// ungroup removes the marks between groups of three digits.
//
// It returns false for groups such as 12.34, and for two kinds of marks in one
// number.
func ungroup(whole string, thousands, decimal rune) (string, bool) {
	mark := rune(0)
	for _, r := range whole {
		if r >= '0' && r <= '9' {
			continue
		}
		allowed := r == thousands || r == ' ' || r == '\'' || r == '’' || thousands == 0 && (r == '.' || r == ',') && r != decimal
		if !allowed || mark != 0 && r != mark {
			return "", false
		}
		mark = r
	}
	if mark == 0 {
		return whole, true
	}
	groups := strings.Split(whole, string(mark))
	for i, g := range groups {
		n := utf8.RuneCountInString(g)
		if i > 0 && n != 3 || i == 0 && (n < 1 || n > 3) {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}
