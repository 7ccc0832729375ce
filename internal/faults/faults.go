// Package faults collects the violations of an input and reports all of them as
// one error. It is the one collector of the library: every Validate and every
// reader uses it.
//
//	var bad faults.List
//	bad.Prefix = "der: wind W1: "
//	bad.AtLeast("Capacity", w.Capacity, 0, "MW")
//	bad.Require(w.Series != "", "Series is empty, want the name of a series in MW")
//	return bad.Err()
package faults

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// List collects violations in the order in which they are added. The zero value
// is ready for use.
type List struct {
	// Prefix stands before every violation of Addf and of the checks, for
	// example "market: ladder: ".
	Prefix string

	// Max is the number of violations that Err spells out. Err counts the
	// others in one line, so that a column of the wrong kind does not print ten
	// thousand lines. Default 0: no limit.
	Max int

	errs    []error
	omitted int
}

// Addf adds one violation behind the prefix. The format is that of
// [fmt.Errorf], %w included. If an argument joins several errors, each of them
// is a violation of its own with the same text before it, so that no line of
// the message lacks its subject.
func (l *List) Addf(format string, args ...any) {
	for i, arg := range args {
		joined, ok := arg.(interface {
			error
			Unwrap() []error
		})
		// A wrapper of several errors has one message of its own; only that of
		// errors.Join is a list.
		if !ok || joined.Error() != errors.Join(joined.Unwrap()...).Error() {
			continue
		}
		for _, one := range joined.Unwrap() {
			each := slices.Clone(args)
			each[i] = one
			l.Addf(format, each...)
		}
		return
	}
	// The prefix is text, not a format: a name in it may contain a percent
	// sign.
	l.Add(fmt.Errorf(strings.ReplaceAll(l.Prefix, "%", "%%")+format, args...))
}

// Add adds an error that already names its subject. A nil error is ignored.
func (l *List) Add(err error) {
	switch {
	case err == nil:
	case l.Max > 0 && len(l.errs) == l.Max:
		l.omitted++
	default:
		l.errs = append(l.errs, err)
	}
}

// Require adds the violation unless ok is true, and returns ok.
func (l *List) Require(ok bool, format string, args ...any) bool {
	if !ok {
		l.Addf(format, args...)
	}
	return ok
}

// Len returns the number of violations, those beyond Max included.
func (l *List) Len() int { return len(l.errs) + l.omitted }

// Err returns the violations joined by [errors.Join], or nil if there are none.
func (l *List) Err() error {
	if l.omitted == 0 {
		return errors.Join(l.errs...)
	}
	rest := fmt.Errorf("%sand %d more of the kind", l.Prefix, l.omitted)
	return errors.Join(append(l.errs[:len(l.errs):len(l.errs)], rest)...)
}

// Finite requires a number that is neither NaN nor infinite. The unit, such as
// "MW", ends the message.
func (l *List) Finite(field string, value float64, unit string) {
	l.Require(!math.IsNaN(value) && !math.IsInf(value, 0),
		"%s is %v, want a finite number%s", field, value, blank(unit))
}

// AtLeast requires a finite number of at least lower.
func (l *List) AtLeast(field string, value, lower float64, unit string) {
	l.Require(value >= lower && !math.IsInf(value, 0),
		"%s is %v, want a finite number of at least %v%s", field, value, lower, blank(unit))
}

// Positive requires a finite number above zero.
func (l *List) Positive(field string, value float64, unit string) {
	l.Require(value > 0 && !math.IsInf(value, 0),
		"%s is %v, want a finite number above 0%s", field, value, blank(unit))
}

// Between requires lower ≤ value ≤ upper.
func (l *List) Between(field string, value, lower, upper float64, unit string) {
	l.Require(value >= lower && value <= upper,
		"%s is %v, want a number in [%v, %v]%s", field, value, lower, upper, blank(unit))
}

// Efficiency requires a fraction in (0, 1]. A device with an efficiency above 1
// would create energy.
func (l *List) Efficiency(field string, value float64) {
	l.Require(value > 0 && value <= 1, "%s is %v, want a fraction in (0, 1]", field, value)
}

func blank(unit string) string {
	if unit == "" {
		return ""
	}
	return " " + unit
}
