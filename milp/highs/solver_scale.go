package highs

import (
	"cmp"
	"math"
	"slices"

	"github.com/trigrid/trigrid/milp"
)

// Sizes of coefficients and terms that decide about scaling.
const (
	// tiny is the size from which coefficients are safe in HiGHS, about 1e-6.
	// Below, its tolerances decide. For example, presolve and branch and bound
	// fix y in y = 1e-8 x with y in [0, 2e-8], because its range is below 1e-7,
	// and then they fix x.
	tiny = 1.0 / (1 << 20)
	// negligible is a tenth of HiGHS's smallest tolerance on rows. Terms that
	// are smaller together cannot make a row feasible or infeasible.
	negligible = 1e-11
	// noise is the size of rounding errors beside a coefficient of 1, for
	// example 0.1 + 0.2 − 0.3 = 5.6e-17, and of their sums.
	noise = 1.0 / (1 << 46)
	// dropped is the size up to which HiGHS ignores a coefficient, the smallest
	// value of its option small_matrix_value.
	dropped = 1e-12
)

// unitsOf returns the units in which HiGHS receives a program. They depend on
// costs, coefficients, bounds and integrality.
//
// A row whose coefficients are all tiny is scaled. If a row has ordinary
// coefficients too, columns are scaled as well. Tiny terms that remain are
// omitted if they are noise, or negligible within the bounds of their
// variables. Otherwise the program is solved with strict tolerances.
func unitsOf(d milp.Data) units {
	u := units{cost: d.ObjectiveScale()}
	if !u.scaleRows(d) {
		return u
	}
	if u.omitNoise(d); u.omitted != nil {
		d = units{cost: 1, omitted: u.omitted}.in(d)
		u.rows = nil
		if !u.scaleRows(d) {
			return u
		}
	}
	if u.scaleColumns(d); u.columns != nil {
		in := d
		in.Cost = u.priced(d.Cost, 1)
		u.cost = in.ObjectiveScale()
		u.rows = nil
		u.scaleRows(d)
	}
	for i := range d.RowLower {
		u.omit(d, i)
	}
	slices.Sort(u.omitted) // noise came first
	return u
}

// scaleRows scales the rows of tiny coefficients and reports whether any tiny
// one remains.
func (u *units) scaleRows(d milp.Data) (mixed bool) {
	for i := range d.RowLower {
		smallest, largest := u.extent(d, i)
		if smallest >= tiny { // also of an empty row
			continue
		}
		r := 1.0
		if largest < tiny {
			if u.rows == nil {
				u.rows = slices.Repeat([]float64{1}, len(d.RowLower))
			}
			r = inverse(largest)
			u.rows[i] = r
		}
		mixed = mixed || smallest*r < tiny
	}
	return mixed
}

// extent returns the smallest and largest magnitude of the coefficients of row
// i after column scaling, Inf and 0 without any.
func (u *units) extent(d milp.Data, i int) (smallest, largest float64) {
	smallest = math.Inf(1)
	for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
		if c := math.Abs(d.Coefficient[k]) * u.column(int(d.Column[k])); c != 0 {
			smallest, largest = min(smallest, c), max(largest, c)
		}
	}
	return smallest, largest
}

// inverse returns the power of two that brings a positive number to [1/2, 1),
// or near it.
func inverse(x float64) float64 {
	_, exponent := math.Frexp(x) // x = f · 2^exponent with f in [1/2, 1)
	return math.Ldexp(1, max(min(-exponent, 300), -300))
}

// scaleColumns sets the scale of the continuous columns that are small: by
// their bounds, also those implied by rows, if these are tiny, and by their
// coefficients if there are no bounds. An example of the second kind is a
// column of money in units of 1e9, beside prices per MWh.
//
// The second scales are those at which the coefficients of each row and column
// have a geometric mean of their extremes near 1.
//
// Source: Curtis and Reid, On the automatic scaling of matrices for Gaussian
// elimination, J. Inst. Maths Applics 10 (1972), in the simple form of
// alternating means.
func (u *units) scaleColumns(d milp.Data) {
	const sweeps = 12 // each halves the distance of the exponents, of which there are some 50
	var (
		q    = slices.Repeat([]float64{1}, len(d.Cost))
		free = make([]bool, len(d.Cost))
		some bool // any column is scaled
	)
	for j, size := range sizes(d) {
		switch {
		case d.Integer[j] || size == 0:
		case size < tiny:
			q[j], some = 1/inverse(size), true
		case size >= infinite:
			free[j], some = true, true
		}
	}
	if !some {
		return
	}
	for range sweeps {
		low, high := slices.Repeat([]float64{math.Inf(1)}, len(q)), make([]float64, len(q))
		for i := range d.RowLower {
			row := d.Coefficient[d.RowStart[i]:d.RowStart[i+1]]
			columns := d.Column[d.RowStart[i]:d.RowStart[i+1]]
			smallest, largest := math.Inf(1), 0.0
			for k, c := range row {
				if c = math.Abs(c) * q[columns[k]]; c != 0 {
					smallest, largest = min(smallest, c), max(largest, c)
				}
			}
			if largest == 0 {
				continue
			}
			r := 1 / math.Sqrt(smallest*largest)
			for k, c := range row {
				if c = math.Abs(c) * r; c != 0 {
					j := columns[k]
					low[j], high[j] = min(low[j], c), max(high[j], c)
				}
			}
		}
		for j := range q {
			if free[j] && high[j] > 0 {
				q[j] = 1 / math.Sqrt(low[j]*high[j])
			}
		}
	}
	u.columns = make([]float64, len(q))
	for j := range q {
		u.columns[j] = 1 / inverse(q[j])
		// A column of ordinary size keeps its unit.
		if free[j] && q[j] >= 1.0/(1<<8) && q[j] <= 1<<8 || !free[j] && q[j] == 1 {
			u.columns[j] = 1
		}
	}
}

// sizes returns the largest magnitude of each variable within its bounds and
// those that follow from the rows, Inf for none. For example, y = 1e-8 x with x
// in [0, 2] has at most 2e-8.
//
// Source: Savelsbergh, Preprocessing and probing techniques for mixed integer
// programming problems, ORSA Journal on Computing 6 (1994), section 1.1.
func sizes(d milp.Data) []float64 {
	const sweeps = 8 // chains of equations are short
	lower, upper := slices.Clone(d.Lower), slices.Clone(d.Upper)
	for range sweeps {
		changed := false
		for i := range d.RowLower {
			changed = tighten(d, i, lower, upper) || changed
		}
		if !changed {
			break
		}
	}
	out := make([]float64, len(lower))
	for j := range out {
		out[j] = max(math.Abs(lower[j]), math.Abs(upper[j]))
	}
	return out
}

// tighten intersects bounds with those that follow from row i,
//
//	a_j x_j ≤ U − Σ_{k≠j} min a_k x_k    and    a_j x_j ≥ L − Σ_{k≠j} max a_k x_k
//
// and reports whether a variable's size fell by half or more. A variable that
// must be 0 keeps its bounds, because 0 has no size.
func tighten(d milp.Data, i int, lower, upper []float64) (changed bool) {
	terms := func(k int32) (lo, hi float64) {
		c, j := d.Coefficient[k], d.Column[k]
		if c == 0 {
			return 0, 0
		}
		lo, hi = c*lower[j], c*upper[j]
		return min(lo, hi), max(lo, hi)
	}
	// The sums of the finite terms, and the numbers of the others.
	var least, most float64
	var noLeast, noMost int
	for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
		lo, hi := terms(k)
		if math.IsInf(lo, 0) {
			noLeast++
		} else {
			least += lo
		}
		if math.IsInf(hi, 0) {
			noMost++
		} else {
			most += hi
		}
	}
	for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
		c, j := d.Coefficient[k], d.Column[k]
		if c == 0 || d.Integer[j] {
			continue
		}
		lo, hi := terms(k)
		from, to := math.Inf(-1), math.Inf(1) // of c x_j
		// A sum may be used if all terms but this one are finite.
		switch {
		case noLeast == 0:
			to = d.RowUpper[i] - (least - lo)
		case noLeast == 1 && math.IsInf(lo, 0):
			to = d.RowUpper[i] - least
		}
		switch {
		case noMost == 0:
			from = d.RowLower[i] - (most - hi)
		case noMost == 1 && math.IsInf(hi, 0):
			from = d.RowLower[i] - most
		}
		from, to = min(from/c, to/c), max(from/c, to/c)
		before := max(math.Abs(lower[j]), math.Abs(upper[j]))
		if lo, hi := max(lower[j], from), min(upper[j], to); lo <= hi {
			if after := max(math.Abs(lo), math.Abs(hi)); after <= before/2 && after > 0 {
				lower[j], upper[j], changed = lo, hi, true
			}
		}
	}
	return changed
}

// omitNoise omits coefficients that are rounding errors beside others of their
// row.
func (u *units) omitNoise(d milp.Data) {
	for i := range d.RowLower {
		limit := noise * largestOf(d, i)
		for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
			if c := math.Abs(d.Coefficient[k]); c != 0 && c <= limit {
				u.omitted = append(u.omitted, k)
			}
		}
	}
}

// omit decides about the tiny coefficients of row i. It omits the smallest
// terms that are negligible together. For example, in z − 1e-8 x + 7e-14 u ≥ 0
// with x up to 1000 and u up to 1, the term of u is negligible and that of x is
// not.
func (u *units) omit(d milp.Data, i int) {
	type term struct {
		k     int32
		scale float64 // largest magnitude
	}
	var (
		r     = u.row(i)
		terms []term // with tiny coefficients
	)
	for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
		j := d.Column[k]
		q := u.column(int(j))
		c := math.Abs(d.Coefficient[k]) * q
		if c != 0 && c*r < tiny {
			terms = append(terms, term{k, c * r * max(math.Abs(d.Lower[j]), math.Abs(d.Upper[j])) / q})
		}
	}
	slices.SortStableFunc(terms, func(a, b term) int { return cmp.Compare(a.scale, b.scale) })
	sum := 0.0
	for _, one := range terms {
		if sum += one.scale; sum > negligible {
			u.strict = true
			return
		}
		u.omitted = append(u.omitted, one.k)
	}
}
