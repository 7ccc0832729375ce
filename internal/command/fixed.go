package command

import (
	"strconv"
	"strings"
)

// Fixed returns a number with the given decimals. A negative number that rounds
// to zero has no sign: Fixed(-0.001, 2) is "0.00".
func Fixed(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-")
	}
	return s
}

// Signed is Fixed with a plus sign for numbers that are not negative.
func Signed(v float64, decimals int) string {
	s := Fixed(v, decimals)
	if s[0] != '-' {
		s = "+" + s
	}
	return s
}
