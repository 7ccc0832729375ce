package der

import (
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/scenario"
)

// violations collects everything that is wrong with one unit's data, to be reported at once. Each entry
// names the unit, the field, what it is and what was expected.
type violations struct {
	unit string // kind and name, "wind W1"
	errs []error
}

func violationsOf(kind, name string) *violations {
	v := &violations{unit: kind + " " + name}
	if name == "" {
		v.unit = kind
		v.addf("ID is empty, want a name that no other unit of the region has")
	}
	return v
}

func (v *violations) addf(format string, args ...any) {
	v.errs = append(v.errs, fmt.Errorf("der: %s: %s", v.unit, fmt.Sprintf(format, args...)))
}

func (v *violations) err() error { return errors.Join(v.errs...) }

// atLeast demands a finite number of at least lo; what names its meaning and unit.
func (v *violations) atLeast(field string, value, lo float64, unit string) {
	if !(value >= lo) || math.IsInf(value, 0) {
		v.addf("%s is %v, want a finite number of at least %v %s", field, value, lo, unit)
	}
}

// positive demands a finite number above zero.
func (v *violations) positive(field string, value float64, unit string) {
	if !(value > 0) || math.IsInf(value, 0) {
		v.addf("%s is %v, want a finite number above 0 %s", field, value, unit)
	}
}

// between demands lo ≤ value ≤ hi.
func (v *violations) between(field string, value, lo, hi float64, unit string) {
	if !(value >= lo && value <= hi) {
		v.addf("%s is %v, want a number in [%v, %v] %s", field, value, lo, hi, unit)
	}
}

// efficiency demands a number in (0, 1]: above 1 a device would create energy.
func (v *violations) efficiency(field string, value float64) {
	if !(value > 0 && value <= 1) {
		v.addf("%s is %v, want a fraction in (0, 1]", field, value)
	}
}

// finite demands a number.
func (v *violations) finite(field string, value float64, unit string) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		v.addf("%s is %v, want a finite number %s", field, value, unit)
	}
}

// known demands that the set has a series of that name; it reports whether it has.
func (v *violations) known(set *scenario.Set, field, name, unit string) bool {
	if name == "" {
		v.addf("%s is empty, want the name of a series in %s", field, unit)
		return false
	}
	if !set.Has(name) {
		v.addf("%s names series %q, which the scenario set does not have; it has %q", field, name, set.Names())
	}
	return set.Has(name)
}

// series demands a known series whose values lie in [0, most] in every future.
func (v *violations) series(set *scenario.Set, field, name string, most float64) {
	if !v.known(set, field, name, "MW") {
		return
	}
	for s := range set.Len() {
		for t, x := range set.Path(name, s) {
			if !(x >= 0 && x <= most) {
				v.addf("%s: series %q is %v in scenario %d, step %d, want at least 0%s", field, name, x, s, t, upToText(most))
				return
			}
		}
	}
}

func upToText(most float64) string {
	if math.IsInf(most, 1) {
		return " MW"
	}
	return fmt.Sprintf(" and at most the capacity of %v MW", most)
}
