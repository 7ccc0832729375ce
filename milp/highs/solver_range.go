package highs

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/milp"
)

// Numbers to which HiGHS gives a meaning of their own, by its default options.
const (
	infinite = 1e20 // bounds and limits of this size are none
	large    = 1e15 // coefficients of this size are refused
)

// outOfRange names the numbers of a model that HiGHS would refuse or turn into their opposite: a lower
// limit of 1e20, which nothing can reach, would be none.
func outOfRange(m *milp.Model, d milp.Data) error {
	const shown = 20
	var problems []error
	more := 0
	note := func(format string, args ...any) {
		if len(problems) < shown {
			problems = append(problems, fmt.Errorf("highs: "+format, args...))
		} else {
			more++
		}
	}
	limits := func(what string, name func() milp.Name, lo, hi float64) {
		if lo >= infinite {
			note("the lower %s of %v is %g; HiGHS takes 1e20 and more for infinite", what, name(), lo)
		}
		if hi <= -infinite {
			note("the upper %s of %v is %g; HiGHS takes -1e20 and less for infinite", what, name(), hi)
		}
	}
	for j, lo := range d.Lower {
		limits("bound", func() milp.Name { return m.VarAt(j).Name() }, lo, d.Upper[j])
	}
	for i, lo := range d.RowLower {
		limits("limit", func() milp.Name { return m.RowAt(i).Name() }, lo, d.RowUpper[i])
		for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
			if c := d.Coefficient[k]; c >= large || c <= -large {
				note("the coefficient of %v × %v is %g; HiGHS takes none of 1e15 or more, so state one of the two in larger units",
					m.RowAt(i).Name(), m.VarAt(int(d.Column[k])).Name(), c)
			}
		}
	}
	if more > 0 {
		problems = append(problems, fmt.Errorf("highs: and %d more", more))
	}
	return errors.Join(problems...)
}
