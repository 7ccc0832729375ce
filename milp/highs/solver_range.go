package highs

import (
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
)

// Magnitudes with a special meaning by HiGHS's default options.
const (
	infinite = 1e20 // bounds and limits of this size are infinite
	large    = 1e15 // coefficients of this size are rejected
)

// outOfRange reports the numbers of a model that HiGHS would reject or reinterpret. For
// example, a lower limit of 1e20, which no row can reach, would become no limit. Up to
// twenty are named.
func outOfRange(m *milp.Model, d milp.Data) error {
	bad := faults.List{Prefix: "highs: ", Max: 20}
	limits := func(what string, name func() milp.Name, lo, hi float64) {
		if lo >= infinite {
			bad.Addf("the lower %s of %v is %g; want less than 1e20, which is infinite to HiGHS",
				what, name(), lo)
		}
		if hi <= -infinite {
			bad.Addf("the upper %s of %v is %g; want more than -1e20, which is infinite to HiGHS",
				what, name(), hi)
		}
	}
	for j, lo := range d.Lower {
		limits("bound", func() milp.Name { return m.VarAt(j).Name() }, lo, d.Upper[j])
	}
	for i, lo := range d.RowLower {
		limits("limit", func() milp.Name { return m.RowAt(i).Name() }, lo, d.RowUpper[i])
		for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
			if c := d.Coefficient[k]; c >= large || c <= -large {
				bad.Addf("the coefficient of %v × %v is %g; want less than 1e15: state one of the two in larger units",
					m.RowAt(i).Name(), m.VarAt(int(d.Column[k])).Name(), c)
			}
		}
	}
	return bad.Err()
}
