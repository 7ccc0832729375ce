package scenario

import "github.com/trigrid/trigrid/internal/faults"

// maxViolations is the number of violations that one error spells out. A year
// of hours in a column of the wrong kind would otherwise print 8760 lines.
const maxViolations = 20

// violations returns an empty collector. The prefix stands before every
// violation.
func violations(prefix string) faults.List { return faults.List{Prefix: prefix, Max: maxViolations} }

// orDefault returns v, or def if v is the zero value.
func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// countOr returns an option that counts something, or def if it is 0. Negative
// counts are violations.
func countOr(bad *faults.List, name string, v, def int) int {
	bad.Require(v >= 0, "%s is %d, want at least 1, or 0 for %d", name, v, def)
	return orDefault(v, def)
}
