package milp

import (
	"fmt"
	"math"
)

// Inf is the bound of a variable or row that has none.
var Inf = math.Inf(1)

// Model is a mixed-integer linear program:
//
//	min or max  c·x + c_0    subject to    L ≤ A x ≤ U,    l ≤ x ≤ u,    x_j integer for j in J
//
// The zero value is an empty model ready for use. A model is built by one goroutine; solvers only
// read it, so that a finished model can be solved by several at once.
type Model struct {
	lower, upper, cost []float64
	integer            []bool
	colNames           []nameRef

	rowStart           []int32 // rows+1 entries once a row exists
	rowCol             []int32
	rowCoef            []float64
	rowLower, rowUpper []float64
	rowNames           []nameRef

	constant float64
	maximize bool
	start    []float64 // nil, or a value per column with NaN where none is proposed

	names     names
	structure int     // changes whenever columns, rows or coefficients do
	pool      []term  // unused storage for expressions
	place     []int32 // for merging duplicates: where in the open row a column stands, plus one
	err       error
}

// New returns an empty model.
func New() *Model { return &Model{} }

// Var is a handle to one variable of a model.
type Var struct {
	model *Model
	col   int32
}

// Row is a handle to one constraint of a model.
type Row struct {
	model *Model
	row   int32
}

// Expr returns the variable as an expression.
func (v Var) Expr() Expr { return v.Times(1) }

// Times returns k times the variable.
func (v Var) Times(k float64) Expr {
	return Expr{model: v.model, head: term{v.col, k}, n: 1}
}

// Index returns the variable's column, counted from 0 in order of creation.
func (v Var) Index() int { return int(v.col) }

// Name returns the variable's name.
func (v Var) Name() Name { return v.model.names.name(v.model.colNames[v.col]) }

// Bounds returns the variable's bounds.
func (v Var) Bounds() (lo, hi float64) { return v.model.lower[v.col], v.model.upper[v.col] }

// Index returns the constraint's row, counted from 0 in order of creation.
func (r Row) Index() int { return int(r.row) }

// Name returns the constraint's name.
func (r Row) Name() Name { return r.model.names.name(r.model.rowNames[r.row]) }

// Var adds a continuous variable with bounds lo ≤ x ≤ hi; use ±[Inf] for none.
func (m *Model) Var(name Name, lo, hi float64) Var { return m.column(name, lo, hi, false) }

// Int adds an integer variable with bounds lo ≤ x ≤ hi.
func (m *Model) Int(name Name, lo, hi float64) Var { return m.column(name, lo, hi, true) }

// Bin adds a binary variable.
func (m *Model) Bin(name Name) Var { return m.column(name, 0, 1, true) }

func (m *Model) column(name Name, lo, hi float64, integer bool) Var {
	if !(lo <= hi) || math.IsInf(lo, 1) || math.IsInf(hi, -1) { // also true for NaN
		m.fail(fmt.Sprintf("variable %v: bounds [%g, %g] are empty or not numbers", name, lo, hi))
	}
	m.lower = append(m.lower, lo)
	m.upper = append(m.upper, hi)
	m.cost = append(m.cost, 0)
	m.integer = append(m.integer, integer)
	m.colNames = append(m.colNames, m.names.ref(name))
	m.place = append(m.place, 0)
	m.structure++
	return Var{m, int32(len(m.lower) - 1)}
}

// Equal adds the constraint lhs = rhs.
func (m *Model) Equal(name Name, lhs, rhs Expr) Row { return m.row(name, &lhs, &rhs, 0, 0) }

// AtMost adds the constraint lhs ≤ rhs.
func (m *Model) AtMost(name Name, lhs, rhs Expr) Row { return m.row(name, &lhs, &rhs, -Inf, 0) }

// AtLeast adds the constraint lhs ≥ rhs.
func (m *Model) AtLeast(name Name, lhs, rhs Expr) Row { return m.row(name, &lhs, &rhs, 0, Inf) }

// Between adds lo ≤ x ≤ hi. Where both limits are numbers it is one row; otherwise two, whose names
// end in "_min" and "_max". A limit of ±[Inf] is none.
func (m *Model) Between(name Name, lo, x, hi Expr) {
	if lo.n == 0 && hi.n == 0 {
		m.row(name, &x, &Expr{}, lo.constant, hi.constant)
		return
	}
	below, above := name, name
	below.What += "_min"
	above.What += "_max"
	if lo.n > 0 || !math.IsInf(lo.constant, -1) {
		m.AtLeast(below, x, lo)
	}
	if hi.n > 0 || !math.IsInf(hi.constant, 1) {
		m.AtMost(above, x, hi)
	}
}

// row stores lo ≤ lhs - rhs ≤ hi, with equal variables merged and zero coefficients dropped.
func (m *Model) row(name Name, lhs, rhs *Expr, lo, hi float64) Row {
	if len(m.rowStart) == 0 {
		m.rowStart = append(m.rowStart, 0)
	}
	if math.IsNaN(lo) || math.IsNaN(hi) || lo > hi || !lhs.finite() || !rhs.finite() {
		m.fail(fmt.Sprintf("constraint %v: a coefficient or limit is not a finite number, or limits [%g, %g] are empty", name, lo, hi))
	}
	begin := len(m.rowCol)
	m.take(name, lhs, 1)
	m.take(name, rhs, -1)
	end := begin
	for k := begin; k < len(m.rowCol); k++ {
		m.place[m.rowCol[k]] = 0
		if m.rowCoef[k] != 0 {
			m.rowCol[end], m.rowCoef[end] = m.rowCol[k], m.rowCoef[k]
			end++
		}
	}
	m.rowCol, m.rowCoef = m.rowCol[:end], m.rowCoef[:end]
	shift := rhs.constant - lhs.constant
	m.rowStart = append(m.rowStart, int32(end))
	m.rowLower = append(m.rowLower, lo+shift)
	m.rowUpper = append(m.rowUpper, hi+shift)
	m.rowNames = append(m.rowNames, m.names.ref(name))
	m.structure++
	return Row{m, int32(len(m.rowLower) - 1)}
}

// take appends an expression's terms to the open row.
func (m *Model) take(name Name, e *Expr, sign float64) {
	if e.n > 0 && e.model != m {
		m.fail(fmt.Sprintf("constraint %v: uses a variable of another model", name))
		return
	}
	if e.n == 1 {
		m.put(e.head.col, sign*e.head.coef)
		return
	}
	for _, t := range e.tail {
		m.put(t.col, sign*t.coef)
	}
}

func (m *Model) put(col int32, coef float64) {
	if p := m.place[col]; p > 0 {
		m.rowCoef[p-1] += coef
		return
	}
	m.rowCol = append(m.rowCol, col)
	m.rowCoef = append(m.rowCoef, coef)
	m.place[col] = int32(len(m.rowCol))
}

// Minimize sets the objective to e, to be made as small as possible.
func (m *Model) Minimize(e Expr) { m.objective(e, false) }

// Maximize sets the objective to e, to be made as large as possible.
func (m *Model) Maximize(e Expr) { m.objective(e, true) }

func (m *Model) objective(e Expr, maximize bool) {
	if e.n > 0 && e.model != m {
		m.fail("objective: uses a variable of another model")
		return
	}
	if !e.finite() {
		m.fail("objective: a coefficient is not a finite number")
	}
	clear(m.cost)
	e.each(func(t term) { m.cost[t.col] += t.coef })
	m.constant, m.maximize = e.constant, maximize
}

// SetBounds changes a variable's bounds; equal bounds fix it.
func (m *Model) SetBounds(v Var, lo, hi float64) {
	if v.model != m {
		m.fail("SetBounds: variable of another model")
		return
	}
	if !(lo <= hi) || math.IsInf(lo, 1) || math.IsInf(hi, -1) {
		m.fail(fmt.Sprintf("variable %v: bounds [%g, %g] are empty or not numbers", v.Name(), lo, hi))
	}
	m.lower[v.col], m.upper[v.col] = lo, hi
}

// SetLimits changes a constraint's limits lo ≤ row ≤ hi. They apply to the row as stored, with its
// variables on the left and its constants on the right; see [Model.Limits].
func (m *Model) SetLimits(r Row, lo, hi float64) {
	if r.model != m {
		m.fail("SetLimits: constraint of another model")
		return
	}
	if !(lo <= hi) {
		m.fail(fmt.Sprintf("constraint %v: limits [%g, %g] are empty or not numbers", r.Name(), lo, hi))
	}
	m.rowLower[r.row], m.rowUpper[r.row] = lo, hi
}

// Limits returns a constraint's limits, constants moved to the right-hand side.
func (m *Model) Limits(r Row) (lo, hi float64) { return m.rowLower[r.row], m.rowUpper[r.row] }

// SetCost changes one variable's coefficient in the objective.
func (m *Model) SetCost(v Var, cost float64) {
	if math.IsNaN(cost) || math.IsInf(cost, 0) || v.model != m {
		m.fail(fmt.Sprintf("SetCost: %g is not a finite number, or the variable belongs to another model", cost))
		return
	}
	m.cost[v.col] = cost
}

// Propose suggests a value for a variable to start from. Solvers complete a partial proposal where
// they can and ignore one that leads nowhere; it changes no result, only the time to it.
func (m *Model) Propose(v Var, value float64) {
	for len(m.start) < len(m.lower) {
		m.start = append(m.start, math.NaN())
	}
	m.start[v.col] = value
}

// ProposeNothing withdraws all proposals.
func (m *Model) ProposeNothing() { m.start = nil }

// Vars returns the number of variables.
func (m *Model) Vars() int { return len(m.lower) }

// Rows returns the number of constraints.
func (m *Model) Rows() int { return len(m.rowLower) }

// Nonzeros returns the number of coefficients in the constraints.
func (m *Model) Nonzeros() int { return len(m.rowCol) }

// Integers returns the number of integer variables.
func (m *Model) Integers() int {
	n := 0
	for _, b := range m.integer {
		if b {
			n++
		}
	}
	return n
}

// VarAt returns the variable in column j.
func (m *Model) VarAt(j int) Var { return Var{m, int32(j)} }

// RowAt returns the constraint in row i.
func (m *Model) RowAt(i int) Row { return Row{m, int32(i)} }

// IsInteger reports whether a variable must be integer.
func (m *Model) IsInteger(v Var) bool { return m.integer[v.col] }

// Err returns the first mistake made while building, or nil.
func (m *Model) Err() error { return m.err }

func (m *Model) fail(text string) {
	if m.err == nil {
		m.err = fmt.Errorf("milp: %s", text)
	}
}

// storage returns room for n terms.
func (m *Model) storage(n int) []term {
	const piece = 1 << 12
	if n > len(m.pool) {
		if n > piece/4 {
			return make([]term, n)
		}
		m.pool = make([]term, piece)
	}
	out := m.pool[:n:n]
	m.pool = m.pool[n:]
	return out
}

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
