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
	lower, upper, cost list[float64]
	integer            list[bool]
	colNames           list[nameRef]

	rowStart           list[int32] // rows+1 entries once a row exists
	rowCol             list[int32]
	rowCoef            list[float64]
	rowLower, rowUpper list[float64]
	rowNames           list[nameRef]

	constant float64
	maximize bool
	start    []float64 // nil, or a value per column with NaN where none is proposed

	names     names
	structure int     // changes whenever columns, rows or coefficients do
	home      terms   // of expressions of a single term; holds none
	pool      *terms  // where short-lived expressions keep their terms
	pendingCol   []int32 // the row that is being put together
	pendingCoef  []float64
	place     []int32 // for merging in long rows: where in the open row a column stands, plus one
	err       error
}

// New returns an empty model.
func New() *Model { return &Model{} }

// Reserve makes room for a number of further columns, rows and nonzeros. It is never needed; where
// the size is known it keeps the arrays of [Model.Data] in one piece from the start, which saves
// putting them together.
func (m *Model) Reserve(cols, rows, nonzeros int) {
	m.lower.reserve(cols)
	m.upper.reserve(cols)
	m.cost.reserve(cols)
	m.integer.reserve(cols)
	m.colNames.reserve(cols)

	m.rowStart.reserve(rows + 1)
	m.rowLower.reserve(rows)
	m.rowUpper.reserve(rows)
	m.rowNames.reserve(rows)
	m.rowCol.reserve(nonzeros)
	m.rowCoef.reserve(nonzeros)
}

// Var is a handle to one variable of a model.
type Var struct {
	model *Model
	col   int32
}

// Expr returns the variable as an expression.
func (v Var) Expr() Expr { return v.Times(1) }

// Times returns k times the variable.
func (v Var) Times(k float64) Expr {
	return Expr{&v.model.home, 0, k, place{v.col, 1}}
}

// Index returns the variable's column, counted from 0 in order of creation.
func (v Var) Index() int { return int(v.col) }

// Name returns the variable's name.
func (v Var) Name() Name { return v.model.names.name(*v.model.colNames.at(int(v.col))) }

// Bounds returns the variable's bounds.
func (v Var) Bounds() (lo, hi float64) {
	return *v.model.lower.at(int(v.col)), *v.model.upper.at(int(v.col))
}

// Var adds a continuous variable with bounds lo ≤ x ≤ hi; use ±[Inf] for none.
func (m *Model) Var(name Name, lo, hi float64) Var { return m.column(name, lo, hi, false) }

// Int adds an integer variable with bounds lo ≤ x ≤ hi.
func (m *Model) Int(name Name, lo, hi float64) Var { return m.column(name, lo, hi, true) }

// Bin adds a binary variable.
func (m *Model) Bin(name Name) Var { return m.column(name, 0, 1, true) }

func (m *Model) column(name Name, lo, hi float64, integer bool) Var {
	j := m.Vars()
	if badBounds(lo, hi) || j == math.MaxInt32 {
		m.rejectColumn(name, lo, hi)
	}
	if j == 0 {
		m.home.model = m
	}
	m.lower.push(lo)
	m.upper.push(hi)
	m.cost.push(0)
	m.integer.push(integer)
	m.colNames.push(m.names.ref(name))
	if m.start != nil {
		m.start = append(m.start, math.NaN())
	}
	m.structure++
	return Var{m, int32(j)}
}

// badBounds is also true for NaN.
func badBounds(lo, hi float64) bool {
	return !(lo <= hi) || lo > math.MaxFloat64 || hi < -math.MaxFloat64
}

func (m *Model) rejectColumn(name Name, lo, hi float64) {
	if badBounds(lo, hi) {
		m.fail(fmt.Sprintf("variable %v: bounds [%g, %g] are empty or not numbers", name, lo, hi))
		return
	}
	m.fail(fmt.Sprintf("variable %v: more than %d variables", name, math.MaxInt32))
}

// Minimize sets the objective to e, to be made as small as possible.
func (m *Model) Minimize(e Expr) { m.objective(e, false) }

// Maximize sets the objective to e, to be made as large as possible.
func (m *Model) Maximize(e Expr) { m.objective(e, true) }

func (m *Model) objective(e Expr, maximize bool) {
	m.cost.clear()
	m.constant, m.maximize = 0, maximize
	m.AddObjective(e)
}

// AddObjective adds e to the objective as it stands. A model without one minimises. It suits
// objectives that grow in a loop: nothing is stored but the coefficients themselves.
func (m *Model) AddObjective(e Expr) {
	if e.at.n > 0 && e.home.model != m {
		m.fail("objective: uses a variable of another model")
		return
	}
	if !e.finite() {
		m.fail("objective: a coefficient is not a finite number")
	}
	m.constant += e.constant
	var single [1]term
	for _, t := range e.all(&single) {
		*m.cost.at(int(t.col)) += t.coef
	}
}

// SetCost changes one variable's coefficient in the objective.
func (m *Model) SetCost(v Var, cost float64) {
	if math.IsNaN(cost) || math.IsInf(cost, 0) || v.model != m {
		m.fail(fmt.Sprintf("SetCost: %g is not a finite number, or the variable belongs to another model", cost))
		return
	}
	*m.cost.at(int(v.col)) = cost
}

// Cost returns a variable's coefficient in the objective.
func (m *Model) Cost(v Var) float64 { return *m.cost.at(int(v.col)) }

// SetBounds changes a variable's bounds; equal bounds fix it.
func (m *Model) SetBounds(v Var, lo, hi float64) {
	if v.model != m {
		m.fail("SetBounds: variable of another model")
		return
	}
	if badBounds(lo, hi) {
		m.rejectColumn(v.Name(), lo, hi)
	}
	*m.lower.at(int(v.col)), *m.upper.at(int(v.col)) = lo, hi
}

// Propose suggests a value for a variable to start from. Solvers complete a partial proposal where
// they can and ignore one that leads nowhere; it changes no result, only the time to it.
func (m *Model) Propose(v Var, value float64) {
	if v.model != m || math.IsInf(value, 0) {
		m.fail(fmt.Sprintf("Propose: %g is infinite, or the variable belongs to another model", value))
		return
	}
	for len(m.start) < m.Vars() {
		m.start = append(m.start, math.NaN())
	}
	m.start[v.col] = value
}

// ClearProposals withdraws all proposals.
func (m *Model) ClearProposals() { m.start = nil }

// Vars returns the number of variables.
func (m *Model) Vars() int { return m.lower.len() }

// Integers returns the number of integer variables.
func (m *Model) Integers() int {
	n := 0
	for _, b := range m.integer.all() {
		if b {
			n++
		}
	}
	return n
}

// VarAt returns the variable in column j.
func (m *Model) VarAt(j int) Var { return Var{m, int32(j)} }

// IsInteger reports whether a variable must be integer.
func (m *Model) IsInteger(v Var) bool { return *m.integer.at(int(v.col)) }

// Err returns the first mistake made while building, or nil.
func (m *Model) Err() error { return m.err }

func (m *Model) fail(text string) {
	if m.err == nil {
		m.err = fmt.Errorf("milp: %s", text)
	}
}
