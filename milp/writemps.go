package milp

import (
	"bufio"
	"io"
	"math"
	"strconv"
)

// WriteMPS writes the model in free MPS format as HiGHS, glpsol (option --freemps) and cbc read it.
//
// The format knows no maximising that all of them read: the costs of a model that maximises are written
// negated, so that the optimum has the other sign; a comment on the first line says so. Rows without
// limits are left out, bounds of integer variables are rounded inwards, the constant of the objective is
// the cost of a column ~one that is fixed at 1 (a right-hand side of the objective has opposite signs in
// glpsol and cbc). Names are written as by [WriteLP].
func WriteMPS(w io.Writer, m *Model) error {
	if m.err != nil {
		return m.err
	}
	f := &mpsWriter{Writer: bufio.NewWriterSize(w, 1<<16), m: m, cols: m.names.label(m.colNames), rows: m.names.label(m.rowNames), sign: 1}
	if m.maximize {
		f.sign = -1
		f.WriteString("* maximise: costs are negated, the optimum is minus that of this file\n")
	}
	f.WriteString("NAME trigrid FREE\n")
	f.kinds()
	f.columns()
	f.limits()
	f.bounds()
	f.WriteString("ENDATA\n")
	return f.Flush()
}

type mpsWriter struct {
	*bufio.Writer
	m          *Model
	cols, rows labels
	sign       float64 // of the costs
	number     [32]byte
}

// line writes up to three words and a number.
func (f *mpsWriter) line(a, b, c string, x float64) {
	for _, s := range []string{a, b, c} {
		if s != "" {
			f.WriteByte(' ')
			f.WriteString(s)
		}
	}
	f.WriteByte(' ')
	f.Write(append(strconv.AppendFloat(f.number[:0], x, 'g', -1, 64), '\n'))
}

func (f *mpsWriter) words(list ...string) {
	for _, s := range list {
		f.WriteByte(' ')
		f.WriteString(s)
	}
	f.WriteByte('\n')
}

// kind returns the letter of a row, 0 for one without limits.
func (m *Model) kind(i int) byte {
	lo, hi := m.rowLower[i], m.rowUpper[i]
	switch {
	case lo == hi:
		return 'E'
	case math.IsInf(lo, -1) && math.IsInf(hi, 1):
		return 0
	case math.IsInf(lo, -1):
		return 'L'
	}
	return 'G' // with an entry among the ranges where there is an upper limit too
}

func (f *mpsWriter) kinds() {
	f.WriteString("ROWS\n N obj\n")
	for i := range f.m.Rows() {
		if kind := f.m.kind(i); kind != 0 {
			f.WriteByte(' ')
			f.WriteByte(kind)
			f.words(f.rows.at(int32(i)))
		}
	}
}

func (f *mpsWriter) columns() {
	f.WriteString("COLUMNS\n")
	start, row, coef := f.m.byColumn()
	mentioned := f.m.mentioned()
	inside := false // of a block of integer columns
	for j := range f.m.Vars() {
		if f.m.integer[j] != inside {
			if inside {
				f.words("~marker 'MARKER' 'INTEND'")
			} else {
				f.words("~marker 'MARKER' 'INTORG'")
			}
			inside = !inside
		}
		name := f.cols.at(int32(j))
		if cost := f.m.cost[j]; cost != 0 || !mentioned[j] {
			f.line(name, "obj", "", f.sign*cost+0) // + 0 turns −0 into 0
		}
		for k := start[j]; k < start[j+1]; k++ {
			if f.m.kind(int(row[k])) != 0 {
				f.line(name, f.rows.at(row[k]), "", coef[k])
			}
		}
	}
	if inside {
		f.words("~marker 'MARKER' 'INTEND'")
	}
	if f.m.constant != 0 {
		f.line(one, "obj", "", f.sign*f.m.constant)
	}
}

func (f *mpsWriter) limits() {
	f.WriteString("RHS\n")
	for i := range f.m.Rows() {
		limit := f.m.rowLower[i]
		switch f.m.kind(i) {
		case 0:
			continue
		case 'L':
			limit = f.m.rowUpper[i]
		}
		if limit != 0 {
			f.line("rhs", f.rows.at(int32(i)), "", limit)
		}
	}
	f.WriteString("RANGES\n")
	for i := range f.m.Rows() {
		if lo, hi := f.m.rowLower[i], f.m.rowUpper[i]; f.m.kind(i) == 'G' && !math.IsInf(hi, 1) {
			f.line("range", f.rows.at(int32(i)), "", hi-lo)
		}
	}
}

func (f *mpsWriter) bounds() {
	f.WriteString("BOUNDS\n")
	if f.m.constant != 0 {
		f.line("FX", "bound", one, 1)
	}
	for j := range f.m.Vars() {
		lo, hi := f.m.integral(j)
		name := f.cols.at(int32(j))
		if lo == hi {
			f.line("FX", "bound", name, lo)
			continue
		}
		switch {
		case math.IsInf(lo, -1) && math.IsInf(hi, 1):
			f.words("FR", "bound", name)
			continue
		case math.IsInf(lo, -1):
			f.words("MI", "bound", name)
		case lo != 0 || hi < 0:
			f.line("LO", "bound", name, lo)
		}
		if !math.IsInf(hi, 1) {
			f.line("UP", "bound", name, hi)
		} else if f.m.integer[j] { // some readers take 1 for the upper bound of a bare integer
			f.words("PL", "bound", name)
		}
	}
}

// byColumn returns the coefficients column by column, rows ascending.
func (m *Model) byColumn() (start []int, row []int32, coef []float64) {
	start = make([]int, m.Vars()+1)
	for _, j := range m.rowCol {
		start[j+1]++
	}
	for j := range m.Vars() {
		start[j+1] += start[j]
	}
	next := append([]int(nil), start[:m.Vars()]...)
	row, coef = make([]int32, m.Nonzeros()), make([]float64, m.Nonzeros())
	for i := range m.Rows() {
		for k := m.rowStart[i]; k < m.rowStart[i+1]; k++ {
			at := next[m.rowCol[k]]
			row[at], coef[at] = int32(i), m.rowCoef[k]
			next[m.rowCol[k]]++
		}
	}
	return start, row, coef
}
