package sweep

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/trigrid/trigrid/weights"
)

// Axis is one key of a case file with the values that it takes.
//
// For example, Axis{Key: "vpps.Town.risk_aversion", Values: []string{"0",
// "0.5"}} makes two cases of each combination of the other axes.
type Axis struct {
	Key    string   // with dots, such as "vpps.0.risk_aversion"
	Values []string // JSON values; a text without quotes is a text
}

// ParseAxis returns the axis of an argument:
//
//	seed=1..20                       whole numbers
//	vpps.0.risk_aversion=0,0.5,1     values
//	sharing=shapley,nucleolus        texts
//	weights.risk=0.1,0.3             the other two weights change in proportion
//	day=2020-04-15..2020-04-20       days of measured series
//	allowance=[1,2],[3,4]            JSON lists or objects
//
// Values and ranges can be mixed, as in seed=1..5,20. It returns an error for
// an argument without a key or a value, for a value that comes twice, and for
// more than a million values.
func ParseAxis(text string) (Axis, error) {
	key, values, ok := strings.Cut(text, "=")
	if !ok || key == "" || values == "" {
		return Axis{}, fmt.Errorf("sweep: %q has no key or no values, want such as seed=1..20 or vpps.0.risk_aversion=0,0.5", text)
	}
	a := Axis{Key: key}
	for _, part := range splitValues(values) {
		from, to, isRange := strings.Cut(part, "..")
		if !isRange {
			a.Values = append(a.Values, part)
			continue
		}
		// Two dots are a range and never part of a value: no number, day or
		// name of a rule has them.
		list, err := between(from, to)
		if err != nil {
			return Axis{}, fmt.Errorf("sweep: %s: %w", key, err)
		}
		if a.Values = append(a.Values, list...); len(a.Values) > maxRange {
			return Axis{}, fmt.Errorf("sweep: %s has more than %d values", key, maxRange)
		}
	}
	// Equal values would give two cases of one name, of which a table could not
	// tell the rows.
	seen := make(map[string]bool, len(a.Values))
	for _, v := range a.Values {
		if v == "" || seen[v] {
			return Axis{}, fmt.Errorf("sweep: %s has the value %q twice, or an empty one", key, v)
		}
		seen[v] = true
	}
	return a, nil
}

// splitValues splits values at commas outside of lists, objects and quoted
// texts, such as "[1,2],[3,4]" into two lists. Other texts have no commas, so
// that a value with an open bracket takes the rest, and the reader of case
// files rejects it.
func splitValues(text string) (parts []string) {
	depth, quoted, from := 0, false, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++ // the next byte is part of the text, also a quote
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		case c == ',' && depth == 0:
			parts, from = append(parts, text[from:i]), i+1
		}
	}
	return append(parts, text[from:])
}

// maxRange is the largest number of values of a range, a protection against
// typing errors.
const maxRange = 1_000_000

// between returns the whole numbers or the days of a range, both ends included.
func between(from, to string) (list []string, err error) {
	if a, errA := strconv.ParseInt(from, 10, 64); errA == nil {
		b, errB := strconv.ParseInt(to, 10, 64)
		// The difference of two numbers of 64 bits fits into 64 bits without a
		// sign only.
		if errB != nil || b < a || uint64(b)-uint64(a) >= maxRange {
			return nil, fmt.Errorf("the range %s..%s must rise, by less than %d", from, to, maxRange)
		}
		for k := range b - a + 1 { // a loop up to the largest number would not end
			list = append(list, strconv.FormatInt(a+k, 10))
		}
		return list, nil
	}
	// The bound of a hundred years is a protection against typing errors, as
	// maxRange is.
	a, errA := time.Parse(time.DateOnly, from)
	b, errB := time.Parse(time.DateOnly, to)
	if errA != nil || errB != nil || b.Before(a) || b.Sub(a) > 36600*24*time.Hour {
		return nil, fmt.Errorf("the range %s..%s is none of whole numbers or days, such as 1..20 or 2020-04-15..2020-04-20", from, to)
	}
	for d := a; !d.After(b); d = d.AddDate(0, 0, 1) { // 24 hours would miss a day in some zones
		list = append(list, d.Format(time.DateOnly))
	}
	return list, nil
}

// ParseWeights returns the vectors of an argument: "step=0.2" is all of
// [weights.Simplex] with a step of 0.2, 21 vectors. It returns an error for a
// step that does not divide 1, or is below 0.001.
func ParseWeights(text string) ([]weights.Vector, error) {
	value, ok := strings.CutPrefix(text, "step=")
	step, err := strconv.ParseFloat(value, 64)
	n := math.Round(1 / step)
	// The negated comparison rejects the NaN of a step that is no number, too.
	if !ok || err != nil || !(n >= 1 && n <= 1000) || math.Abs(n*step-1) > 1e-9 {
		return nil, fmt.Errorf("sweep: weights %q, want a step that divides 1, such as step=0.2", text)
	}
	return weights.Simplex(int(n)), nil
}
