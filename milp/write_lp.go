package milp

import (
	"bufio"
	"io"
	"math"
	"slices"
	"strconv"
)

// WriteLP writes the model in the LP format of CPLEX, in the subset that HiGHS, glpsol and cbc read
// alike:
//
//   - A row with two different limits stands as two, with ~min and ~max behind its name; one without
//     limits is left out.
//   - The constant of the objective is the cost of a column named ~one that is fixed at 1.
//   - The bounds of integer variables are rounded inwards.
//
// Names follow "unit.what(s,t)"; what the format cannot hold is escaped: a character other than
// letters, digits and "()_,." becomes ~ and two hexadecimal digits per byte, as does the first one of a
// name that would be taken for a number or a keyword ("inflow" is ~69nflow). A name that was used before
// or is longer than 80 characters ends in ~~ and the number of its column or row. Numbers are written
// such that reading them gives the same bits.
//
// Proposals for a start are not written. The model's own mistake, if any, is returned.
func WriteLP(w io.Writer, m *Model) error {
	if m.err != nil {
		return m.err
	}
	f := &lpWriter{Writer: bufio.NewWriterSize(w, 1<<16), d: m.Data(), cols: m.names.label(m.colNames.all()), rows: m.names.label(m.rowNames.all())}
	f.objective()
	f.constraints()
	f.bounds()
	f.integers()
	f.WriteString("End\n")
	return f.Flush() // a bufio.Writer keeps its first error
}

type lpWriter struct {
	*bufio.Writer
	d          Data
	cols, rows labels
	width      int // of the open line
	number     [32]byte
}

// lineWidth is where lines are broken; readers cut lines off at 255, 560 or 1024 characters.
const lineWidth = 80

// term writes " + 3 x", on a new line where the open one is full.
func (f *lpWriter) term(coef float64, name string) {
	sign, size := byte('+'), math.Abs(coef)
	if math.Signbit(coef) {
		sign = '-'
	}
	var digits []byte
	if size != 1 {
		digits = append(strconv.AppendFloat(f.number[:0], size, 'g', -1, 64), ' ')
	}
	if f.width += len(digits) + len(name) + 3; f.width > lineWidth {
		f.WriteString("\n ")
		f.width = len(digits) + len(name) + 4
	}
	f.WriteByte(' ')
	f.WriteByte(sign)
	f.WriteByte(' ')
	f.Write(digits)
	f.WriteString(name)
}

func (f *lpWriter) float(x float64) {
	switch {
	case math.IsInf(x, 1):
		f.WriteString("inf")
	case math.IsInf(x, -1):
		f.WriteString("-inf")
	default:
		f.Write(strconv.AppendFloat(f.number[:0], x, 'g', -1, 64))
	}
}

func (f *lpWriter) strings(list ...string) {
	for _, s := range list {
		f.WriteString(s)
		f.width += len(s)
	}
}

// one is the name of the column that is fixed at 1. Escaped names have a hexadecimal digit behind ~.
const one = "~one"

func (f *lpWriter) objective() {
	if f.d.Maximize {
		f.WriteString("Maximize\n obj:")
	} else {
		f.WriteString("Minimize\n obj:")
	}
	f.width = 5
	mentioned := f.d.mentioned()
	for j, cost := range f.d.Cost {
		if cost != 0 || !mentioned[j] {
			f.term(cost, f.cols.at(int32(j)))
		}
	}
	f.term(f.d.Constant, one)
	f.WriteByte('\n')
}

// mentioned says of every column whether it appears in a row that is written. A reader knows the others
// from their costs only, even if these are 0.
func (d *Data) mentioned() []bool {
	out := make([]bool, len(d.Cost))
	for i := range d.RowLower {
		if d.kind(i) != 0 {
			for _, c := range d.Column[d.RowStart[i]:d.RowStart[i+1]] {
				out[c] = true
			}
		}
	}
	return out
}

func (f *lpWriter) constraints() {
	f.WriteString("Subject To\n")
	written := false
	for i, lo := range f.d.RowLower {
		hi := f.d.RowUpper[i]
		name := f.rows.at(int32(i))
		switch {
		case lo == hi:
			f.row(i, name, "", "=", lo)
		case math.IsInf(lo, -1) && math.IsInf(hi, 1):
			continue
		case math.IsInf(lo, -1):
			f.row(i, name, "", "<=", hi)
		case math.IsInf(hi, 1):
			f.row(i, name, "", ">=", lo)
		default:
			f.row(i, name, "~min", ">=", lo)
			f.row(i, name, "~max", "<=", hi)
		}
		written = true
	}
	if !written { // the section must not be empty
		f.strings(" ~any: ", one, " = 1\n")
	}
}

func (f *lpWriter) row(i int, name, ending, relation string, limit float64) {
	f.width = 0
	f.strings(" ", name, ending, ":")
	begin, end := f.d.RowStart[i], f.d.RowStart[i+1]
	for k := begin; k < end; k++ {
		f.term(f.d.Coefficient[k], f.cols.at(f.d.Column[k]))
	}
	if begin == end {
		f.term(0, one)
	}
	f.strings(" ", relation, " ")
	f.float(limit)
	f.WriteByte('\n')
}

func (f *lpWriter) bounds() {
	f.strings("Bounds\n ", one, " = 1\n")
	for j := range f.d.Cost {
		lo, hi := f.d.integral(j)
		name := f.cols.at(int32(j))
		switch {
		case lo == 0 && math.IsInf(hi, 1):
			continue
		case math.IsInf(lo, -1) && math.IsInf(hi, 1):
			f.strings(" ", name, " free")
		case lo == hi:
			f.strings(" ", name, " = ")
			f.float(lo)
		case math.IsInf(hi, 1):
			f.strings(" ", name, " >= ")
			f.float(lo)
		default:
			f.WriteByte(' ')
			f.float(lo)
			f.strings(" <= ", name, " <= ")
			f.float(hi)
		}
		f.WriteByte('\n')
	}
}

// integral returns the bounds of column j, those of an integer variable rounded inwards unless nothing
// is left between them.
func (d *Data) integral(j int) (lo, hi float64) {
	lo, hi = d.Lower[j], d.Upper[j]
	if d.Integer[j] && math.Ceil(lo) <= math.Floor(hi) {
		return math.Ceil(lo), math.Floor(hi)
	}
	return lo, hi
}

func (f *lpWriter) integers() {
	if !slices.Contains(f.d.Integer, true) {
		return
	}
	f.WriteString("General\n")
	f.width = 0
	for j, integer := range f.d.Integer {
		if !integer {
			continue
		}
		name := f.cols.at(int32(j))
		if f.width += len(name) + 1; f.width > lineWidth {
			f.WriteByte('\n')
			f.width = len(name) + 1
		}
		f.strings(" ", name)
		f.width -= len(name) + 1
	}
	f.WriteByte('\n')
}
