package market

import (
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// A Series contains one value per settlement period, or a single value for all
// periods. Other lengths are invalid. The field that has the type states the
// meaning of a nil Series.
type Series []float64

// At returns the value for a period.
func (s Series) At(period int) float64 {
	if len(s) == 1 {
		return s[0]
	}
	return s[period]
}

// Times returns the series with every value multiplied by factor.
func (s Series) Times(factor float64) Series {
	if s == nil {
		return nil
	}
	scaled := make(Series, len(s))
	for i, v := range s {
		scaled[i] = v * factor
	}
	return scaled
}

// or returns the value for a period, or absent if the series is nil.
func (s Series) or(absent float64, period int) float64 {
	if s == nil {
		return absent
	}
	return s.At(period)
}

// check adds a violation to bad for a wrong length and for every value that
// accept rejects.
func (s Series) check(
	bad *faults.List, field string, periods int, accept func(float64) bool, want string,
) {
	if len(s) != 1 && len(s) != periods {
		bad.Addf("%s has %d values, want 1, or one for each of the %d settlement periods",
			field, len(s), periods)
	}
	for i, v := range s {
		if !accept(v) {
			bad.Addf("%s[%d] is %v, want %s", field, i, v, want)
		}
	}
}

// finite accepts every value except NaN and infinities.
func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// limit accepts a bound on a quantity: not negative, possibly infinite.
func limit(v float64) bool { return v >= 0 }

// number accepts every value except NaN, because bounds on prices may be
// infinite.
func number(v float64) bool { return !math.IsNaN(v) }

// notNegative accepts finite values of at least 0.
func notNegative(v float64) bool { return finite(v) && v >= 0 }
