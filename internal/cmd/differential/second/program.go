// Package second states instances a second time, as text for solvers other than
// HiGHS. It reads the plain JSON of an instance and writes CPLEX-LP from the
// published equations: the doc comments of the kinds of DER, the package
// comment of vpp, and the documents of the two unit-commitment formats. It
// imports only the standard library, so that it shares no code with the program
// that it checks.
//
//	statement, err := second.Case(file)
//	answer, err := second.CBC.Solve(ctx, statement.Program)
//
// The statement is direct, not tight: each rule is a row of its own with a
// big-M from bounds, and every exclusion is a binary. Units are those of case
// files: MW, MWh, hours, currency, t CO2.
package second

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
)

// Expr is a linear expression: coefficients by column, and a constant under the
// key unit.
//
// For example, 3 x₀ − 2 is Expr{0: 3, unit: −2}.
type Expr map[int]float64

// unit is the key of the constant of an expression.
const unit = -1

// num returns a constant.
func num(x float64) Expr { return Expr{unit: x} }

// sum returns the sum of expressions.
//
// A coefficient of 0 can remain, which WriteLP leaves out.
func sum(terms ...Expr) Expr {
	out := Expr{}
	for _, e := range terms {
		for j, c := range e {
			out[j] += c
		}
	}
	return out
}

// times returns the expression times a number.
func (e Expr) times(f float64) Expr {
	out := Expr{}
	for j, c := range e {
		out[j] = c * f
	}
	return out
}

// minus returns e − f.
func (e Expr) minus(f Expr) Expr { return sum(e, f.times(-1)) }

// Value returns the value of the expression at a solution.
func (e Expr) Value(x []float64) float64 {
	out := 0.0
	for _, j := range slices.Sorted(maps.Keys(e)) {
		if j == unit {
			out += e[j]
		} else {
			out += e[j] * x[j]
		}
	}
	return out
}

// row is the constraint expr ≥ 0, or expr = 0.
type row struct {
	expr  Expr
	equal bool // = 0 instead of ≥ 0
}

// Program is a mixed-integer linear program that is minimised.
type Program struct {
	names  []string  // by column
	lo, hi []float64 // bounds by column, which can be infinite
	binary []bool    // by column
	rows   []row

	Minimise Expr
}

// column adds a column with bounds; infinite bounds are allowed.
//
// For example, column(0, 1, "battery_on", 2, 5) has the name "battery_on_2_5".
func (p *Program) column(lo, hi float64, name string, indices ...int) Expr {
	for _, i := range indices {
		name += "_" + strconv.Itoa(i)
	}
	p.names, p.lo, p.hi, p.binary = append(p.names, name), append(p.lo, lo), append(p.hi, hi), append(p.binary, false)
	return Expr{len(p.names) - 1: 1}
}

// bin adds a column that is 0 or 1.
func (p *Program) bin(name string, indices ...int) Expr {
	x := p.column(0, 1, name, indices...)
	p.binary[len(p.binary)-1] = true
	return x
}

// atLeast adds the row a ≥ b.
func (p *Program) atLeast(a, b Expr) { p.rows = append(p.rows, row{a.minus(b), false}) }

// atMost adds the row a ≤ b.
func (p *Program) atMost(a, b Expr) { p.atLeast(b, a) }

// equal adds the row a = b.
func (p *Program) equal(a, b Expr) { p.rows = append(p.rows, row{a.minus(b), true}) }

// Fix keeps an expression within slack of a value, for a check of another
// program's solution.
func (p *Program) Fix(e Expr, value, slack float64) {
	p.atLeast(e, num(value-slack))
	p.atMost(e, num(value+slack))
}

// Copy returns the program with a list of rows of its own.
//
// Both programs share their columns, and Fix adds rows to one of them only.
func (p *Program) Copy() *Program {
	out := *p
	out.rows = slices.Clone(p.rows)
	return &out
}

// Size returns the number of columns, of binaries and of rows.
func (p *Program) Size() (columns, binaries, rows int) {
	for _, b := range p.binary {
		if b {
			binaries++
		}
	}
	return len(p.names), binaries, len(p.rows)
}

// text returns the name of a column in the file. The number keeps names of
// equal text apart, and the letter in front keeps readers from taking a name
// such as "e1" for a number.
func (p *Program) text(j int) string {
	clean := []byte(p.names[j])
	for i, b := range clean {
		if !('a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9') {
			clean[i] = '_'
		}
	}
	return fmt.Sprintf("x%d_%s", j, clean)
}

// WriteLP writes the program in the part of the CPLEX-LP format that CBC and
// GLPK read alike: one term per line, one-sided rows, no constant in the
// objective, no bounds of binaries.
func (p *Program) WriteLP(out io.Writer) error {
	w := bufio.NewWriter(out)
	g := func(x float64) string { return strconv.FormatFloat(x, 'g', 17, 64) }
	terms := func(e Expr) {
		for _, j := range slices.Sorted(maps.Keys(e)) {
			if j != unit && e[j] != 0 {
				fmt.Fprintf(w, "  %s %s %s\n", sign(e[j]), g(math.Abs(e[j])), p.text(j))
			}
		}
	}
	// Readers disagree on constants in an objective: the column "one" is fixed
	// at 1.
	fmt.Fprintf(w, "Minimize\n obj:\n  %s %s one\n", sign(p.Minimise[unit]), g(math.Abs(p.Minimise[unit])))
	// The objective lists every column, so that columns of the file have the
	// order of the program.
	for j := range p.names {
		fmt.Fprintf(w, "  %s %s %s\n", sign(p.Minimise[j]), g(math.Abs(p.Minimise[j])), p.text(j))
	}
	fmt.Fprintf(w, "Subject To\n r_one:\n  + 1 one\n  = 1\n")
	for i, r := range p.rows {
		fmt.Fprintf(w, " r%d:\n", i)
		terms(r.expr)
		relation := ">="
		if r.equal {
			relation = "="
		}
		// The term of the fixed column keeps a row without columns a row.
		fmt.Fprintf(w, "  + 1 one\n  %s %s\n", relation, g(1-r.expr[unit]))
	}
	fmt.Fprintf(w, "Bounds\n 0 <= one <= 2\n")
	for j := range p.names {
		lo, hi := p.lo[j], p.hi[j]
		switch {
		case p.binary[j]:
		case math.IsInf(lo, -1) && math.IsInf(hi, 1):
			fmt.Fprintf(w, " %s free\n", p.text(j))
		case math.IsInf(lo, -1):
			fmt.Fprintf(w, " -inf <= %s <= %s\n", p.text(j), g(hi))
		case math.IsInf(hi, 1):
			fmt.Fprintf(w, " %s >= %s\n", p.text(j), g(lo))
		case lo == hi:
			fmt.Fprintf(w, " %s = %s\n", p.text(j), g(lo))
		default:
			fmt.Fprintf(w, " %s <= %s <= %s\n", g(lo), p.text(j), g(hi))
		}
	}
	fmt.Fprintf(w, "Binaries\n")
	for j, b := range p.binary {
		if b {
			fmt.Fprintf(w, " %s\n", p.text(j))
		}
	}
	fmt.Fprintf(w, "End\n")
	return w.Flush()
}

// sign returns the sign of a number as a character.
func sign(x float64) string {
	if x < 0 {
		return "-"
	}
	return "+"
}
