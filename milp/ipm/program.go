package ipm

import (
	"math"

	"github.com/trigrid/trigrid/milp"
)

// infinite is the size from which on a bound or limit counts as absent, as in
// HiGHS.
const infinite = 1e20

// program is a linear program min c·x, L ≤ A x ≤ U, l ≤ x ≤ u in the units of
// the method: columns, rows, values and costs are scaled by powers of two. It
// has no fixed columns, no empty columns and no rows without a limit or without
// entries.
type program struct {
	cost, lower, upper []float64 // by column
	start, column      []int32   // A row by row, as in milp.Data
	value              []float64
	low, high          []float64 // by row; equal for an equation
	order              []int32   // elimination order of columns and rows; nil: not known
}

func (p *program) columns() int { return len(p.cost) }
func (p *program) rows() int    { return len(p.low) }

// multiply sets out to A x.
func (p *program) multiply(x, out []float64) {
	for i := range out {
		sum := 0.0
		for k := p.start[i]; k < p.start[i+1]; k++ {
			sum += p.value[k] * x[p.column[k]]
		}
		out[i] = sum
	}
}

// subtractTransposed subtracts Aᵀ y from out.
func (p *program) subtractTransposed(y, out []float64) {
	for i, v := range y {
		if v == 0 {
			continue
		}
		for k := p.start[i]; k < p.start[i+1]; k++ {
			out[p.column[k]] -= p.value[k] * v
		}
	}
}

// reduction is a program together with its relation to a model. Column j of the
// program is column columns[j] of the model divided by columnScale[j] and unit;
// rows likewise. Costs are divided by money, and negated for a maximum.
type reduction struct {
	program
	bounds           *bounds
	data             milp.Data
	columns, rowsOf  []int32
	columnScale      []float64 // x_model = x · columnScale · unit
	rowScale         []float64 // row_program = row_model · rowScale / unit
	unit, money      float64
	values           []float64 // of the model, with fixed and empty columns filled in
	impossible, free string    // name of a row that cannot hold, of an empty column without an end
}

// reduce takes rows of one column, fixed and empty columns and redundant rows
// out of a model and scales the rest.
func reduce(m *milp.Model) *reduction {
	d := m.Data()
	r := &reduction{data: d, values: make([]float64, len(d.Cost))}
	sign := 1.0
	if d.Maximize {
		sign = -1
	}
	// Columns are used if a row with a limit contains them and they are not
	// fixed.
	r.data.Coefficient = withoutRounding(d)
	d = r.data
	r.findBounds()
	if i := r.bounds.impossible; i >= 0 {
		r.impossible = m.RowAt(i).Name().String()
		return r
	}
	limited := func(i int) bool {
		return !r.bounds.gone[i] && (d.RowLower[i] > -infinite || d.RowUpper[i] < infinite)
	}
	used := make([]bool, len(d.Cost))
	for i := range d.RowLower {
		if limited(i) {
			for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
				used[d.Column[k]] = used[d.Column[k]] || d.Coefficient[k] != 0
			}
		}
	}
	place := make([]int32, len(d.Cost))
	for j := range d.Cost {
		lo, up := r.bounds.lower[j], r.bounds.upper[j]
		place[j] = -1
		switch c := sign * d.Cost[j]; {
		case lo == up:
			r.values[j] = lo
		case used[j]:
			place[j] = int32(len(r.columns))
			r.columns = append(r.columns, int32(j))
			r.cost = append(r.cost, c)
			r.lower, r.upper = append(r.lower, lo), append(r.upper, up)
		case c > 0 && lo > -infinite, c == 0 && lo > -infinite && (lo >= 0 || up <= 0 || up >= infinite && lo > 0):
			r.values[j] = lo
		case c < 0 && up < infinite, c == 0 && up < 0:
			r.values[j] = up
		case c != 0:
			r.free = m.VarAt(j).Name().String()
		}
	}
	r.start = append(r.start, 0)
	for i := range d.RowLower {
		if !limited(i) {
			continue
		}
		constant, size, before := 0.0, 1.0, len(r.column)
		for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
			j := d.Column[k]
			if d.Coefficient[k] == 0 {
				continue
			}
			if at := place[j]; at >= 0 {
				r.column = append(r.column, at)
				r.value = append(r.value, d.Coefficient[k])
				continue
			}
			x := d.Coefficient[k] * r.values[j]
			constant += x
			size = max(size, math.Abs(x))
		}
		lo, up := absent(d.RowLower[i]), absent(d.RowUpper[i])
		if len(r.column) == before {
			if constant < lo-rounding*max(size, math.Abs(lo)) || constant > up+rounding*max(size, math.Abs(up)) {
				r.impossible = m.RowAt(i).Name().String()
			}
			continue
		}
		r.rowsOf = append(r.rowsOf, int32(i))
		r.low, r.high = append(r.low, lo-constant), append(r.high, up-constant)
		r.start = append(r.start, int32(len(r.column)))
	}
	r.scale()
	return r
}

// remote is a distance of bounds that does not show the size of the column, as
// in 0 ≤ x ≤ 1e15. It is assumed.
const remote = 1e9

// shorten rounds a number to 44 bits. Prices are not more exact than that, and
// short ones make reduced costs of 0 exact zeros more often.
func shorten(x float64) float64 {
	fraction, exponent := math.Frexp(x)
	return math.Ldexp(math.Round(math.Ldexp(fraction, 44)), exponent-44)
}

// withoutRounding returns the coefficients of a model. Those below 2⁻⁴⁶ of the
// largest of their row and below 1e-9 are 0: they are errors of rounding, such
// as cos(π/2), and scaling would make them count. In x + 1e15 y the 1 of x
// stays, because x counts if y is 0.
func withoutRounding(d milp.Data) []float64 {
	const small = 1e-9 // as in HiGHS
	out, copied := d.Coefficient, false
	for i := range d.RowLower {
		largest := norm(d.Coefficient[d.RowStart[i]:d.RowStart[i+1]])
		for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
			if c := math.Abs(d.Coefficient[k]); c == 0 || c >= small || c >= largest*0x1p-46 {
				continue
			}
			if !copied {
				out, copied = append([]float64(nil), out...), true
			}
			out[k] = 0
		}
	}
	return out
}

// absent returns an infinity for a bound that counts as none.
func absent(x float64) float64 {
	if math.Abs(x) >= infinite {
		return math.Inf(int(math.Copysign(1, x)))
	}
	return x
}

// power returns the power of two next to a positive number, so that scaling
// rounds nothing.
func power(x float64) float64 {
	fraction, exponent := math.Frexp(x)
	if fraction < math.Sqrt2/2 {
		exponent--
	}
	return math.Ldexp(1, exponent)
}

// scale makes the largest entry of every row, and of every column without a
// bound on one side, about 1. The scale of a column with two bounds is their
// distance, unless one of them is so far away that it stands for none.
//
// Source: Ruiz, A scaling algorithm to equilibrate both rows and columns norms
// in matrices, RAL-TR-2001-034.
func (r *reduction) scale() {
	n, m := r.columnsAndRows()
	r.columnScale, r.rowScale = ones(n), ones(m)
	boxed := make([]bool, n)
	for j := range n {
		if width := r.upper[j] - r.lower[j]; width < remote {
			r.columnScale[j], boxed[j] = width, true
		}
	}
	for range 6 {
		largestColumn, largestRow := make([]float64, n), make([]float64, m)
		for i := range m {
			for k := r.start[i]; k < r.start[i+1]; k++ {
				j := r.column[k]
				v := math.Abs(r.value[k]) * r.columnScale[j] * r.rowScale[i]
				largestRow[i] = max(largestRow[i], v)
				largestColumn[j] = max(largestColumn[j], v)
			}
		}
		for i, v := range largestRow {
			r.rowScale[i] /= math.Sqrt(v)
		}
		for j, v := range largestColumn {
			if !boxed[j] {
				r.columnScale[j] /= math.Sqrt(v)
			}
		}
	}
	for j := range n {
		r.columnScale[j] = power(r.columnScale[j])
	}
	for i := range m {
		largest := 0.0
		for k := r.start[i]; k < r.start[i+1]; k++ {
			largest = max(largest, math.Abs(r.value[k])*r.columnScale[r.column[k]])
		}
		r.rowScale[i] = power(1 / largest)
	}
	size, money := 0.0, 0.0
	for i := range m {
		for k := r.start[i]; k < r.start[i+1]; k++ {
			r.value[k] *= r.columnScale[r.column[k]] * r.rowScale[i]
		}
		r.low[i] *= r.rowScale[i]
		r.high[i] *= r.rowScale[i]
		size = max(size, finite(r.low[i]), finite(r.high[i]))
	}
	for j := range n {
		r.cost[j] *= r.columnScale[j]
		r.lower[j] /= r.columnScale[j]
		r.upper[j] /= r.columnScale[j]
		near, far := finite(r.lower[j]), finite(r.upper[j])
		if width := r.upper[j] - r.lower[j]; width >= remote && !math.IsInf(width, 0) {
			near, far = min(near, far), 0 // the farther bound stands for none
		}
		size = max(size, min(1e6, near), min(1e6, far))
		money = max(money, math.Abs(r.cost[j]))
	}
	// Values and costs of at most 100 leave the starting point of the method
	// near its centre.
	r.unit, r.money = power(max(1, size/100)), 1
	if money > 0 {
		r.money = power(money / 100)
	}
	for j := range n {
		r.cost[j] /= r.money
		r.lower[j] /= r.unit
		r.upper[j] /= r.unit
	}
	for i := range m {
		r.low[i] /= r.unit
		r.high[i] /= r.unit
	}
}

func (r *reduction) columnsAndRows() (n, m int) { return len(r.cost), len(r.low) }

// finite returns the magnitude of a number, or 0 for an infinity.
func finite(x float64) float64 {
	if math.IsInf(x, 0) {
		return 0
	}
	return math.Abs(x)
}

func ones(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = 1
	}
	return out
}

// answer is a point and its prices in the units of the model.
type answer struct {
	values, duals, reduced []float64
	objective, bound       float64
	primal, dual, gap      float64 // relative violations of rows and prices, relative gap
	left                   float64 // objective of the prices that the bound leaves out
}

// exceeds reports whether the bound of a minimum is above a cutoff. The columns
// of prices that the bound leaves out may have ten times their values.
func (a answer) exceeds(cutoff float64) bool { return a.bound-10*a.left > cutoff }

// restore converts a point of the program to the model and measures it there.
//
// The bound is the dual objective Σ_i (y_i L_i or y_i U_i) + Σ_j (d_j l_j or
// d_j u_j). A price of the wrong sign at an absent limit would make it
// infinite. It is left out of the sum and counted in dual, relative to the
// terms c_j and a_ij y_i of its column.
func (r *reduction) restore(x, y []float64) answer {
	d := r.data
	sign := 1.0
	if d.Maximize {
		sign = -1
	}
	a := answer{values: append([]float64(nil), r.values...), duals: make([]float64, len(d.RowLower)), reduced: make([]float64, len(d.Cost))}
	for j, at := range r.columns {
		v := x[j] * r.columnScale[j] * r.unit
		a.values[at] = min(max(v, r.bounds.lower[at]), r.bounds.upper[at])
	}
	// Prices of 1e-14 of the largest one are errors of rounding.
	least := 1e-14 * norm(y)
	for i, at := range r.rowsOf {
		if math.Abs(y[i]) < least {
			continue
		}
		v := shorten(y[i]) * r.rowScale[i] * r.money
		// A price at an absent limit is an error of rounding.
		if v > 0 && d.RowLower[at] <= -infinite || v < 0 && d.RowUpper[at] >= infinite {
			v = 0
		}
		a.duals[at] = v
	}
	size := make([]float64, len(d.Cost))
	for j, c := range d.Cost {
		a.reduced[j] = sign * c
		size[j] = math.Abs(c)
		a.objective += sign * c * a.values[j]
	}
	limit := func(price, lo, up float64) float64 {
		if price > 0 {
			return price * lo
		}
		return price * up
	}
	for i, v := range a.duals {
		for k := d.RowStart[i]; k < d.RowStart[i+1] && v != 0; k++ {
			j, c := d.Column[k], d.Coefficient[k]
			a.reduced[j] -= c * v
			size[j] = max(size[j], math.Abs(c*v))
		}
	}
	r.bounds.price(a.duals, a.reduced, size)
	for i, v := range a.duals {
		activity, terms := 0.0, 1.0
		for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
			x := d.Coefficient[k] * a.values[d.Column[k]]
			activity += x
			terms = max(terms, math.Abs(x))
		}
		if lo := d.RowLower[i]; activity < lo {
			a.primal = max(a.primal, (lo-activity)/max(terms, math.Abs(lo)))
		}
		if up := d.RowUpper[i]; activity > up {
			a.primal = max(a.primal, (activity-up)/max(terms, math.Abs(up)))
		}
		if v != 0 {
			a.bound += limit(v, d.RowLower[i], d.RowUpper[i])
		}
	}
	for j, v := range a.reduced {
		if v == 0 {
			continue
		}
		part := limit(v, absent(d.Lower[j]), absent(d.Upper[j]))
		if math.IsInf(part, 0) {
			a.dual = max(a.dual, math.Abs(v)/max(size[j], r.money))
			a.left += math.Abs(v) * max(1, math.Abs(a.values[j]))
			continue
		}
		a.bound += part
	}
	// An objective of one unit of the scaled program counts as 0.
	a.gap = math.Abs(a.objective-a.bound) / max(math.Abs(a.objective), r.money*r.unit)
	for i := range a.duals {
		a.duals[i] *= sign
	}
	for j := range a.reduced {
		a.reduced[j] *= sign
	}
	a.objective = sign*a.objective + d.Constant
	a.bound = sign*a.bound + d.Constant
	return a
}
