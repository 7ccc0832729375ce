package market

import (
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// A Series holds one value for every settlement period, or a single value for all of them. No other
// length is accepted; a nil Series means what the field that holds it says.
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

// or returns the value for a period, or the given one if the series is nil.
func (s Series) or(absent float64, period int) float64 {
	if s == nil {
		return absent
	}
	return s.At(period)
}

// check reports a wrong length and every value that is refused.
func (s Series) check(bad *faults.List, owner, field string, periods int, accept func(float64) bool, want string) {
	if len(s) != 1 && len(s) != periods {
		bad.Addf("%s: %s has %d values; give 1, or one for each of the %d settlement periods", owner, field, len(s), periods)
	}
	for i, v := range s {
		if !accept(v) {
			bad.Addf("%s: %s[%d] is %v; it must be %s", owner, field, i, v, want)
		}
	}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// limit accepts a bound on a quantity: not negative, possibly infinite.
func limit(v float64) bool { return v >= 0 }

// number accepts anything but NaN; bounds on prices may be infinite.
func number(v float64) bool { return !math.IsNaN(v) }

func notNegative(v float64) bool { return finite(v) && v >= 0 }
