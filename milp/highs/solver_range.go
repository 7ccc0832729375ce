package highs

import (
	"math"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
)

// Magnitudes with a special meaning by HiGHS's default options.
const (
	infinite = 1e20 // bounds and limits of this size are infinite
	large    = 1e15 // coefficients of this size are rejected
)

// outOfRange reports the numbers of a model that HiGHS would reject,
// reinterpret or ignore. For example, a lower limit of 1e20, which no row can
// reach, would become no limit, and a coefficient of 1e-13 beside one of 1
// would become 0, though its variable has no bound. Up to twenty are named.
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
	u := unitsOf(d)
	for j, lo := range d.Lower {
		q := u.column(j)
		limits("bound", func() milp.Name { return m.VarAt(j).Name() }, lo/q, d.Upper[j]/q)
	}
	for i, lo := range d.RowLower {
		r := u.row(i)
		limits("limit", func() milp.Name { return m.RowAt(i).Name() }, lo*r, d.RowUpper[i]*r)
		for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
			c := d.Coefficient[k]
			if c != 0 && math.Abs(r*c)*u.column(int(d.Column[k])) <= dropped && !u.omits(k) {
				bad.Addf("the coefficient of %v × %v is %g beside one of %g, so that HiGHS would ignore it: "+
					"leave it out, bound the variable, or state it in another unit",
					m.RowAt(i).Name(), m.VarAt(int(d.Column[k])).Name(), c, largestOf(d, i))
			}
			if c >= large || c <= -large {
				bad.Addf("the coefficient of %v × %v is %g; want less than 1e15: state one of the two in larger units",
					m.RowAt(i).Name(), m.VarAt(int(d.Column[k])).Name(), c)
			}
		}
	}
	return bad.Err()
}

// largestOf returns the largest magnitude of a coefficient of row i.
func largestOf(d milp.Data, i int) float64 {
	largest := 0.0
	for _, c := range d.Coefficient[d.RowStart[i]:d.RowStart[i+1]] {
		largest = max(largest, math.Abs(c))
	}
	return largest
}
