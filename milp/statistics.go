package milp

import (
	"fmt"
	"math"
	"sort"
	"strings"
)

// Extent is the span of the absolute values of some numbers that are neither 0 nor infinite, and where
// its ends occur.
type Extent struct {
	Min, Max     float64 // 0 where there are no such numbers
	MinAt, MaxAt Place
}

// Place is where a number stands: a coefficient in a row and a column, a cost or bound in a column, a
// right-hand side in a row.
type Place struct{ Row, Column Name }

// String names the row, the column or both.
func (p Place) String() string {
	row, column := p.Row.String(), p.Column.String()
	if row != "" && column != "" {
		return row + " × " + column
	}
	return row + column
}

// Ratio returns the largest over the smallest, 1 where there are no numbers.
func (e Extent) Ratio() float64 {
	if e.Min == 0 {
		return 1
	}
	return e.Max / e.Min
}

// Statistics describe the size of a model and of its numbers.
type Statistics struct {
	Vars, Integers, Binaries, Rows, Equalities, Nonzeros int
	Coefficients, Costs, Bounds, RightHandSides                   Extent // Sides are the limits of rows
}

// MaxRatio is the spread of coefficients past which [Statistics.Warnings] speaks up. Solvers work with
// tolerances of 1e-6 to 1e-9 in sixteen digits; a spread beyond a million leaves them too few.
const MaxRatio = 1e6

// Describe measures a model.
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
		row := sort.Search(m.Rows(), func(i int) bool { return int(d.RowStart[i+1]) > k }) // the row that holds entry k
		return Place{m.RowAt(row).Name(), m.VarAt(int(d.Column[k])).Name()}
	})
	return s
}

// extent collects an Extent, remembering numbers instead of names.
type extent struct {
	min, max     float64
	minAt, maxAt int
}

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

func (e *extent) extent(place func(int) Place) Extent {
	if e.max == 0 {
		return Extent{}
	}
	return Extent{e.min, e.max, place(e.minAt), place(e.maxAt)}
}

// Warnings says which numbers are likely to cost accuracy or time, where they stand and what helps. It
// is empty for a well-scaled model.
func (s Statistics) Warnings() []string {
	var out []string
	warn := func(what string, e Extent, advice string) {
		if e.Ratio() > MaxRatio {
			out = append(out, fmt.Sprintf("%s spread over a factor of %.1e, from %g (%v) to %g (%v): %s",
				what, e.Ratio(), e.Min, e.MinAt, e.Max, e.MaxAt, advice))
		}
	}
	warn("coefficients", s.Coefficients, "state power and money in larger or smaller units, and give variables in conditional rows tighter bounds, which big-M constants come from")
	warn("costs", s.Costs, "drop costs that cannot matter, or weigh penalties closer to the prices they compete with")
	warn("right-hand sides", s.RightHandSides, "state all rows in units in which their limits are near 1 to 1000")
	if s.Bounds.Max > MaxRatio {
		out = append(out, fmt.Sprintf("a bound of %g (%v) is large: use the largest value that makes sense, or milp.Inf for none",
			s.Bounds.Max, s.Bounds.MaxAt))
	}
	return out
}

// String is a report of a few lines, with the warnings at its end.
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
