package milp

import (
	"bufio"
	"io"
	"math"
	"strconv"
)

// WriteMPS writes the model in free MPS format, as HiGHS, glpsol (option
// --freemps) and cbc read it.
//
// The readers agree on no way to write a maximum. The costs of a maximum are
// written with opposite sign, so that the optimum of the file is the negative
// of the model's; a comment on the first line states it. Rows without limits
// are left out. Bounds of integer variables are rounded inwards. The constant
// of the objective is the cost of a column ~one that is fixed at 1, because
// glpsol and cbc read a right-hand side of the objective with opposite signs.
// Names are written as by [WriteLP].
func WriteMPS(w io.Writer, m *Model) error {
	if m.err != nil {
		return m.err
	}
	f := &mpsWriter{
		Writer: bufio.NewWriterSize(w, 1<<16), d: m.Data(), sign: 1,
		cols: m.names.label(m.colNames.all()), rows: m.names.label(m.rowNames.all()),
	}
	if f.d.Maximize {
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

// mpsWriter writes one file. Write errors are checked once, by Flush.
type mpsWriter struct {
	*bufio.Writer
	d          Data
	cols, rows labels
	sign       float64 // −1 for a maximum, whose costs are negated
	number     [32]byte
}

// line writes up to three words and a number. Free format separates fields by
// blanks.
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

// words writes words without a number.
func (f *mpsWriter) words(list ...string) {
	for _, s := range list {
		f.WriteByte(' ')
		f.WriteString(s)
	}
	f.WriteByte('\n')
}

// kind returns the letter of a row in the section ROWS, or 0 for a row without
// limits.
func (d *Data) kind(i int) byte {
	lo, hi := d.RowLower[i], d.RowUpper[i]
	switch {
	case lo == hi:
		return 'E'
	case math.IsInf(lo, -1) && math.IsInf(hi, 1):
		return 0
	case math.IsInf(lo, -1):
		return 'L'
	}
	return 'G' // with an entry in RANGES if there is an upper limit too
}

// kinds writes the section ROWS.
func (f *mpsWriter) kinds() {
	f.WriteString("ROWS\n N obj\n")
	for i := range f.d.RowLower {
		if kind := f.d.kind(i); kind != 0 {
			f.WriteByte(' ')
			f.WriteByte(kind)
			f.words(f.rows.at(int32(i)))
		}
	}
}

// columns writes the section COLUMNS. Markers enclose each run of integer
// columns.
func (f *mpsWriter) columns() {
	f.WriteString("COLUMNS\n")
	start, row, coef := f.d.byColumn()
	mentioned := f.d.mentioned()
	inside := false // within a run of integer columns
	for j := range f.d.Cost {
		if f.d.Integer[j] != inside {
			if inside {
				f.words("~marker 'MARKER' 'INTEND'")
			} else {
				f.words("~marker 'MARKER' 'INTORG'")
			}
			inside = !inside
		}
		name := f.cols.at(int32(j))
		if cost := f.d.Cost[j]; cost != 0 || !mentioned[j] {
			f.line(name, "obj", "", f.sign*cost+0) // + 0 turns −0 into 0
		}
		for k := start[j]; k < start[j+1]; k++ {
			if f.d.kind(int(row[k])) != 0 {
				f.line(name, f.rows.at(row[k]), "", coef[k])
			}
		}
	}
	if inside {
		f.words("~marker 'MARKER' 'INTEND'")
	}
	if f.d.Constant != 0 {
		f.line(one, "obj", "", f.sign*f.d.Constant)
	}
}

// limits writes the sections RHS and RANGES. A range of a G row reads lower ≤
// row ≤ lower + range.
func (f *mpsWriter) limits() {
	f.WriteString("RHS\n")
	for i := range f.d.RowLower {
		limit := f.d.RowLower[i]
		switch f.d.kind(i) {
		case 0:
			continue
		case 'L':
			limit = f.d.RowUpper[i]
		}
		if limit != 0 {
			f.line("rhs", f.rows.at(int32(i)), "", limit)
		}
	}
	f.WriteString("RANGES\n")
	for i := range f.d.RowLower {
		if lo, hi := f.d.RowLower[i], f.d.RowUpper[i]; f.d.kind(i) == 'G' && !math.IsInf(hi, 1) {
			f.line("range", f.rows.at(int32(i)), "", hi-lo)
		}
	}
}

// bounds writes all bounds other than [0, inf]. A variable without lower bound
// needs MI before UP.
func (f *mpsWriter) bounds() {
	f.WriteString("BOUNDS\n")
	if f.d.Constant != 0 {
		f.line("FX", "bound", one, 1)
	}
	for j := range f.d.Cost {
		lo, hi := f.d.integral(j)
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
		} else if f.d.Integer[j] { // some readers take 1 for the upper bound of a bare integer
			f.words("PL", "bound", name)
		}
	}
}

// byColumn returns the coefficients in column order, rows ascending: a counting
// sort by column.
func (d *Data) byColumn() (start []int, row []int32, coef []float64) {
	cols := len(d.Cost)
	start = make([]int, cols+1)
	for _, j := range d.Column {
		start[j+1]++
	}
	for j := range cols {
		start[j+1] += start[j]
	}
	next := append([]int(nil), start[:cols]...)
	row, coef = make([]int32, len(d.Column)), make([]float64, len(d.Column))
	for i := range d.RowLower {
		for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
			at := next[d.Column[k]]
			row[at], coef[at] = int32(i), d.Coefficient[k]
			next[d.Column[k]]++
		}
	}
	return start, row, coef
}
