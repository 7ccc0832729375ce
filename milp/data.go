package milp

// Data is a model as flat arrays, the form in which solvers and writers take it. The slices belong
// to the model and must not be changed.
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

// Data returns the model as flat arrays without copying them.
func (m *Model) Data() Data {
	start := m.rowStart
	if len(start) == 0 {
		start = []int32{0}
	}
	return Data{
		m.cost, m.lower, m.upper, m.integer, start, m.rowCol, m.rowCoef,
		m.rowLower, m.rowUpper, m.start, m.constant, m.maximize, m.structure,
	}
}
