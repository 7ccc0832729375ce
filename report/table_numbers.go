package report

import (
	"math"
	"strconv"
	"strings"
)

// number formats a value for reading: with the given decimals, a comma between
// thousands, and a true minus sign. For example, number(-1234.5, 1) is
// "−1,234.5". NaN and infinities become a dash.
func number(v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	s := strconv.FormatFloat(math.Abs(v), 'f', decimals, 64)
	// Thousands are separated in the whole part only.
	whole, rest, _ := strings.Cut(s, ".")
	var b strings.Builder
	// A negative number that rounds to zero has no sign.
	if v < 0 && strings.Trim(s, "0.") != "" {
		b.WriteRune('−')
	}
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	if rest != "" {
		b.WriteString("." + rest)
	}
	return b.String()
}

// signed is number with a plus sign for positive values.
//
// For example, signed(12, 0) is "+12" and signed(0.001, 2) is "0.00".
func signed(v float64, decimals int) string {
	s := number(v, decimals)
	if v > 0 && strings.Trim(s, "0.,") != "" {
		return "+" + s
	}
	return s
}

// short truncates a name to a number of letters for a figure; tables contain
// the whole name. For example, short("wind farm north", 8) is "wind fa…".
func short(name string, limit int) string {
	letters := []rune(name)
	if len(letters) <= limit {
		return name
	}
	return string(letters[:limit-1]) + "…"
}
