package milp

// Data is a model as flat arrays, the form in which solvers and writers take it. The slices may belong
// to the model: they must not be changed, and change themselves or not when the model does.
type Data struct {
	Cost, Lower, Upper []float64 // per column
	Integer            []bool    // per column
	RowStart           []int32   // rows+1 offsets into Column and Coefficient
	Column             []int32
	Coefficient        []float64
	RowLower, RowUpper []float64
	Start              []float64 // nil, or per column with NaN where nothing is proposed
	Constant           float64   // of the objective
	Maximize           bool
	Structure          int // changes whenever columns, rows or coefficients do
}

// Data returns the model as flat arrays. They are the model's own where it holds them in one piece, as up
// to a few thousand columns, after [Model.Reserve] and in a copy; otherwise they are put together.
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

// activity returns the value of row i.
func (d *Data) activity(i int, values []float64) float64 {
	sum := 0.0
	for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
		sum += d.Coefficient[k] * values[d.Column[k]]
	}
	return sum
}
