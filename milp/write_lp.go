package milp

import (
	"bufio"
	"io"
	"math"
	"slices"
	"strconv"
)

// WriteLP writes the model in the LP format of CPLEX, in the subset that HiGHS,
// glpsol and cbc read in the same way:
//
//   - A row with two different limits is written twice, with the suffixes ~min
//     and ~max. A row without limits is left out.
//   - The constant of the objective is the cost of a column ~one that is fixed
//     at 1.
//   - Bounds of integer variables are rounded inwards.
//
// Names follow "owner.quantity(s,t)", and other characters are escaped. A
// character other than letters, digits and "()_,." becomes ~ and two
// hexadecimal digits per byte. So does the first character of a name that looks
// like a number or a keyword: "inflow" becomes ~69nflow. A repeated name, and
// one of more than 80 characters, ends in ~~ and the index of its column or
// row. Numbers are written with enough digits to be read back bit by bit.
//
// Proposed start values are not written. A model with a mistake is not written;
// WriteLP returns [Model.Err].
func WriteLP(w io.Writer, m *Model) error {
	if m.err != nil {
		return m.err
	}
	f := &lpWriter{
		Writer: bufio.NewWriterSize(w, 1<<16), d: m.Data(),
		cols: m.names.label(m.colNames.all()), rows: m.names.label(m.rowNames.all()),
	}
	f.objective()
	f.constraints()
	f.bounds()
	f.integers()
	f.WriteString("End\n")
	return f.Flush() // a bufio.Writer keeps its first error
}

// lpWriter writes one file. Write errors are checked once, by Flush.
type lpWriter struct {
	*bufio.Writer
	d          Data
	cols, rows labels
	width      int // of the current line
	number     [32]byte
}

// lineWidth is the width at which lines are broken. Readers truncate lines at
// 255, 560 or 1024 characters.
const lineWidth = 80

// term writes " + 3 x" and starts a new line if the current one is full.
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

// float writes a number with the shortest digits that read back to the same
// bits.
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

// strings writes texts without separators.
func (f *lpWriter) strings(list ...string) {
	for _, s := range list {
		f.WriteString(s)
		f.width += len(s)
	}
}

// one is the name of the column that is fixed at 1. No escaped name equals it,
// because a hexadecimal digit follows each ~ there.
const one = "~one"

// objective writes the costs. A column in no row is written with cost 0:
// otherwise the file would not contain it, and readers would have one variable
// less.
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

// mentioned reports for each column whether a written row contains it.
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

// constraints writes the rows.
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
	if !written { // an empty section is a syntax error
		f.strings(" ~any: ", one, " = 1\n")
	}
}

// row writes one row; a row without variables becomes a row of the column ~one.
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

// bounds writes all bounds other than [0, inf], the default of the format.
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

// integral returns the bounds of column j. Bounds of an integer variable are
// rounded inwards, unless no integer lies between them.
func (d *Data) integral(j int) (lo, hi float64) {
	lo, hi = d.Lower[j], d.Upper[j]
	if d.Integer[j] && math.Ceil(lo) <= math.Floor(hi) {
		return math.Ceil(lo), math.Floor(hi)
	}
	return lo, hi
}

// integers writes the names of integer variables.
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
