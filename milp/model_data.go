package milp

import "math"

// Data is a model as flat arrays, the form that solvers and writers take. The
// slices may share memory with the model. Do not change them; take a new Data
// after a change of the model.
//
// For example, the rows x + 2y ≥ 7 and y ≤ 3 are RowStart {0, 2, 3}, Column {0,
// 1, 1} and Coefficient {1, 2, 1}.
type Data struct {
	Cost, Lower, Upper []float64 // one entry per column
	Integer            []bool    // one entry per column
	RowStart           []int32   // rows+1 offsets into Column and Coefficient
	Column             []int32   // of each nonzero, row by row
	Coefficient        []float64 // of each nonzero, row by row
	RowLower, RowUpper []float64 // one entry per row; ±Inf for none
	Start              []float64 // nil, or one entry per column, NaN without a proposal
	Constant           float64   // of the objective
	Maximize           bool      // false for a minimum
	Structure          int       // increases if columns, rows or coefficients change
}

// Data returns the model as flat arrays. An array that the model stores in one
// piece is shared, not copied. This is the case for small models (up to some
// thousand columns), after a sufficient [Model.Reserve], and for the result of
// [Model.Copy].
func (m *Model) Data() Data {
	start := m.rowStart.all()
	if len(start) == 0 {
		start = []int32{0}
	}
	return Data{
		m.cost.all(), m.lower.all(), m.upper.all(), m.integer.all(), start, m.rowCol.all(), m.rowCoef.all(),
		m.rowLower.all(), m.rowUpper.all(), m.start, m.constant, m.maximize, m.structure,
	}
}

// activity returns the value of row i, Σ_j a_ij x_j.
func (d *Data) activity(i int, values []float64) float64 {
	sum := 0.0
	for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
		sum += d.Coefficient[k] * values[d.Column[k]]
	}
	return sum
}

// Costs of an ordinary program: its largest magnitude lies in this range.
// HiGHS, like most solvers, compares reduced costs with an absolute tolerance
// of 1e-7 and objectives with one of 1e-6. With a largest cost of 1 these are
// 1e-7 and 1e-6 of it; below, real differences of cost would vanish. The upper
// end is about a million, a usual penalty per MWh.
const (
	minOrdinaryCost = 1.0
	maxOrdinaryCost = 1 << 20
)

// ObjectiveScale returns the power of two by which a solver with absolute
// tolerances should multiply the objective, so that the solution does not
// depend on the unit of money. It is 1 if the largest cost is between 1 and
// 2²⁰, or if there are no costs. Smaller costs are raised until the largest is
// in [2⁹, 2¹⁰), larger ones reduced until it is in [2¹⁹, 2²⁰). A power of two
// rounds nothing, unless a cost leaves the range of normal numbers.
//
// For example, costs of 4e-8 and 9e-8 have the scale 2³³: they become 344 and
// 773.
func (d *Data) ObjectiveScale() float64 {
	largest := 0.0
	for _, c := range d.Cost {
		largest = max(largest, math.Abs(c))
	}
	to := 0
	switch {
	case largest == 0 || largest >= minOrdinaryCost && largest <= maxOrdinaryCost:
		return 1
	case largest < minOrdinaryCost:
		to = 10
	default:
		to = 20
	}
	_, exponent := math.Frexp(largest) // largest = f · 2^exponent with f in [1/2, 1)
	// 2³⁰⁰ leaves room for a constant of ordinary size. Costs below 1e-88 stay
	// small.
	return math.Ldexp(1, min(to-exponent, 300))
}
