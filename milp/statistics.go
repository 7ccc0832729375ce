package milp

import (
	"fmt"
	"math"
	"sort"
	"strings"
)

// Extent is the range of the absolute values of some numbers. Zeros and
// infinities are excluded.
type Extent struct {
	Min, Max     float64 // 0 if there are no such numbers
	MinAt, MaxAt Place   // positions of Min and Max
}

// Place is the position of a number: a row and a column for a coefficient, a
// column for a cost or bound, a row for a right-hand side.
type Place struct{ Row, Column Name }

// String returns the row, the column, or "row × column".
func (p Place) String() string {
	row, column := p.Row.String(), p.Column.String()
	if row != "" && column != "" {
		return row + " × " + column
	}
	return row + column
}

// Ratio returns Max/Min, or 1 if there are no numbers.
func (e Extent) Ratio() float64 {
	if e.Min == 0 {
		return 1
	}
	return e.Max / e.Min
}

// Statistics describes the size of a model and the range of its numbers.
type Statistics struct {
	// Numbers of columns, rows and coefficients. Binaries are integers in [0,
	// 1].
	Vars, Integers, Binaries, Rows, Equalities, Nonzeros int

	// Ranges of numbers; RightHandSides are the limits of rows.
	Coefficients, Costs, Bounds, RightHandSides Extent
}

// MaxRatio is the ratio of coefficients above which [Statistics.Warnings]
// warns. Solvers use tolerances of 1e-6 to 1e-9 with 16 digits. A ratio above a
// million leaves too few digits.
const MaxRatio = 1e6

// Describe returns the statistics of a model.
func Describe(m *Model) Statistics {
	s := Statistics{Vars: m.Vars(), Rows: m.Rows(), Nonzeros: m.Nonzeros()}
	d := m.Data()
	var costs, bounds, sides, coefs extent
	for j := range m.Vars() {
		if d.Integer[j] {
			s.Integers++
			if d.Lower[j] == 0 && d.Upper[j] == 1 {
				s.Binaries++
			}
		}
		costs.take(d.Cost[j], j)
		bounds.take(d.Lower[j], j)
		bounds.take(d.Upper[j], j)
	}
	for i := range m.Rows() {
		if d.RowLower[i] == d.RowUpper[i] {
			s.Equalities++
		}
		sides.take(d.RowLower[i], i)
		sides.take(d.RowUpper[i], i)
	}
	for k, c := range d.Coefficient {
		coefs.take(c, k)
	}
	column := func(j int) Place { return Place{Column: m.VarAt(j).Name()} }
	s.Costs, s.Bounds = costs.extent(column), bounds.extent(column)
	s.RightHandSides = sides.extent(func(i int) Place { return Place{Row: m.RowAt(i).Name()} })
	s.Coefficients = coefs.extent(func(k int) Place {
		// Entry k belongs to the first row that ends behind it.
		row := sort.Search(m.Rows(), func(i int) bool { return int(d.RowStart[i+1]) > k })
		return Place{m.RowAt(row).Name(), m.VarAt(int(d.Column[k])).Name()}
	})
	return s
}

// extent computes an Extent. It stores indices and formats names only at the
// end.
type extent struct {
	min, max     float64
	minAt, maxAt int
}

// take adds a number; at is its index.
func (e *extent) take(x float64, at int) {
	x = math.Abs(x)
	if x == 0 || x > math.MaxFloat64 {
		return
	}
	if e.min == 0 || x < e.min {
		e.min, e.minAt = x, at
	}
	if x > e.max {
		e.max, e.maxAt = x, at
	}
}

// extent returns the Extent with the names of its ends.
func (e *extent) extent(place func(int) Place) Extent {
	if e.max == 0 {
		return Extent{}
	}
	return Extent{e.min, e.max, place(e.minAt), place(e.maxAt)}
}

// Warnings lists the numbers that are likely to cost accuracy or time, with
// their positions and a remedy. It is empty for a well-scaled model.
func (s Statistics) Warnings() []string {
	var out []string
	warn := func(what string, e Extent, advice string) {
		if e.Ratio() > MaxRatio {
			out = append(out, fmt.Sprintf("%s spread over a factor of %.1e, from %g (%v) to %g (%v): %s",
				what, e.Ratio(), e.Min, e.MinAt, e.Max, e.MaxAt, advice))
		}
	}
	warn("coefficients", s.Coefficients, "state power and money in larger or smaller units, "+
		"and tighten the bounds of variables in conditional rows, from which big-M constants follow")
	warn("costs", s.Costs, "drop negligible costs, "+
		"or choose penalties closer to the prices they compete with")
	warn("right-hand sides", s.RightHandSides,
		"state all rows in units that give limits near 1 to 1000")
	if s.Bounds.Max > MaxRatio {
		out = append(out, fmt.Sprintf("a bound of %g (%v) is large: "+
			"use the largest plausible value, or milp.Inf for none",
			s.Bounds.Max, s.Bounds.MaxAt))
	}
	return out
}

// String returns a report of a few lines that ends with the warnings.
func (s Statistics) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d variables (%d integer, of which %d binary), %d constraints (%d equalities), %d nonzeros\n",
		s.Vars, s.Integers, s.Binaries, s.Rows, s.Equalities, s.Nonzeros)
	for _, line := range []struct {
		what string
		e    Extent
	}{{"coefficients", s.Coefficients}, {"costs", s.Costs}, {"bounds", s.Bounds}, {"right-hand sides", s.RightHandSides}} {
		if line.e.Max == 0 {
			fmt.Fprintf(&b, "%-16s none\n", line.what)
			continue
		}
		fmt.Fprintf(&b, "%-16s [%g, %g]\n", line.what, line.e.Min, line.e.Max)
	}
	for _, w := range s.Warnings() {
		b.WriteString("warning: " + w + "\n")
	}
	return b.String()
}
