package der

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// checks returns an empty list of violations for one DER. Each violation begins
// with the kind and the name, as in "der: wind W1: ". An empty name is the
// first violation.
func checks(kind, name string) *faults.List {
	v := &faults.List{Prefix: "der: " + kind + " " + name + ": "}
	if name == "" {
		v.Prefix = "der: " + kind + ": "
		v.Addf("ID is empty, want a name that no other DER of the region has")
	}
	return v
}

// checkKnown requires that the set has the named series, and reports whether it
// does.
func checkKnown(v *faults.List, set *scenario.Set, field, name, unit string) bool {
	if !v.Require(name != "", "%s is empty, want the name of a series in %s", field, unit) {
		return false
	}
	return v.Require(set.Has(name),
		"%s names series %q, which the scenario set does not have; it has %q", field, name, set.Names())
}

// checkSeries requires a known series whose values lie in [0, upper] MW in
// every scenario. It reports the first value outside, so that a column of the
// wrong sign gives one line.
func checkSeries(v *faults.List, set *scenario.Set, field, name string, upper float64) {
	if !checkKnown(v, set, field, name, "MW") {
		return
	}
	limit := " MW"
	if !math.IsInf(upper, 1) {
		limit = fmt.Sprintf(" and at most the capacity of %v MW", upper)
	}
	for s := range set.Len() {
		for t, x := range set.Path(name, s) {
			if x >= 0 && x <= upper {
				continue // Require would allocate its arguments for each of many values
			}
			v.Addf("%s: series %q is %v in scenario %d, step %d, want at least 0%s", field, name, x, s, t, limit)
			return
		}
	}
}

// longestStep returns the length of the longest step, hours.
func longestStep(set *scenario.Set) float64 {
	longest := set.HoursAt(0)
	for t := range set.Steps() {
		longest = max(longest, set.HoursAt(t))
	}
	return longest
}

// checkCount requires a whole number of at least 0, or an absent one.
func checkCount(v *faults.List, field string, x optional.Float) {
	n := x.Or(0)
	v.Require(n >= 0 && n == math.Trunc(n) && !math.IsInf(n, 0), "%s is %v, want a whole number of at least 0", field, n)
}
