package milp

// Data is a model as flat arrays, the form that solvers and writers take. The slices may
// share memory with the model. Do not change them; take a new Data after a change of the
// model.
//
// For example, the rows x + 2y ≥ 7 and y ≤ 3 are RowStart {0, 2, 3}, Column {0, 1, 1} and
// Coefficient {1, 2, 1}.
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

// Data returns the model as flat arrays. An array that the model stores in one piece is
// shared, not copied. This is the case for small models (up to some thousand columns),
// after a sufficient [Model.Reserve], and for the result of [Model.Copy].
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
