package milp

import (
	"fmt"
	"math"
)

// Inf is the bound of a variable or the limit of a row that has none.
var Inf = math.Inf(1)

// Model is a mixed-integer linear program:
//
//	min or max  c·x + c_0    subject to    L ≤ A x ≤ U,    l ≤ x ≤ u,    x_j integer for j in J
//
// The zero value is an empty model ready for use. One goroutine builds a model.
// Solvers only read it, so that several of them can solve a finished model
// concurrently.
type Model struct {
	lower, upper, cost list[float64] // l, u and c, one entry per column
	integer            list[bool]    // j in J
	colNames           list[nameRef]

	// A in compressed row storage: row i has the entries rowStart[i] up to
	// rowStart[i+1] of rowCol and rowCoef.
	rowStart           list[int32] // empty, or rows+1 entries
	rowCol             list[int32]
	rowCoef            list[float64]
	rowLower, rowUpper list[float64] // L and U, one entry per row
	rowNames           list[nameRef]

	constant float64 // c_0
	maximize bool
	start    []float64 // nil, or one proposed value per column, NaN for none

	names       names
	structure   int       // increases if columns, rows or coefficients change
	home        terms     // model of all single-term expressions; its list is empty
	pool        *terms    // storage for the terms of short-lived expressions
	pendingCol  []int32   // columns of the row under construction
	pendingCoef []float64 // coefficients of the row under construction
	place       []int32   // per column: 1 + its position in the pending row, or 0; used by merge
	err         error     // the first mistake
}

// New returns an empty model.
func New() *Model { return &Model{} }

// Reserve allocates space for further columns, rows and nonzeros. Calling it is
// optional. If the size is known in advance, it keeps each array of
// [Model.Data] contiguous from the start, so that Data copies nothing.
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

// Var is a handle to one variable of a model. It is a small value; copy it
// freely.
type Var struct {
	model *Model
	col   int32
}

// Expr returns the variable as an expression with coefficient 1.
func (v Var) Expr() Expr { return v.Times(1) }

// Times returns k times the variable.
func (v Var) Times(k float64) Expr {
	return Expr{&v.model.home, 0, k, place{v.col, 1}}
}

// Index returns the variable's column, counted from 0 in order of creation. It
// is the variable's position in [Solution.Values].
func (v Var) Index() int { return int(v.col) }

// Name returns the variable's name.
func (v Var) Name() Name { return v.model.names.name(*v.model.colNames.at(int(v.col))) }

// Bounds returns the variable's bounds.
func (v Var) Bounds() (lo, hi float64) {
	return *v.model.lower.at(int(v.col)), *v.model.upper.at(int(v.col))
}

// Within calls build, and each column and row that build adds has the name
// [Name.Within] of the owner. It lets a component build its parts, which name
// their columns themselves. For example, a battery that adds
// "battery.charge(3,17)" adds "home.battery.charge(3,17)" of the owner "home".
// Calls do not nest: an inner one replaces the owner of the outer one.
func (m *Model) Within(owner string, build func()) {
	before, inside := m.names.within, m.names.inside
	m.names.within, m.names.inside = owner, map[familyKey]familyKey{}
	build()
	m.names.within, m.names.inside = before, inside
}

// Var adds a continuous variable with bounds lo ≤ x ≤ hi. A bound of ±[Inf] is
// none.
func (m *Model) Var(name Name, lo, hi float64) Var {
	return m.column(m.names.ref(&name), lo, hi, false)
}

// Int adds an integer variable with bounds lo ≤ x ≤ hi. The bounds may be
// fractional: an integer in [0, 3.7] is at most 3.
func (m *Model) Int(name Name, lo, hi float64) Var {
	return m.column(m.names.ref(&name), lo, hi, true)
}

// Bin adds a binary variable, an integer in [0, 1].
func (m *Model) Bin(name Name) Var { return m.column(m.names.ref(&name), 0, 1, true) }

// column adds a column. If the bounds are invalid it records the mistake and
// adds the column all the same, so that the handles of later columns stay
// valid.
func (m *Model) column(name nameRef, lo, hi float64, integer bool) Var {
	j := m.Vars()
	if badBounds(lo, hi) || j == math.MaxInt32 {
		m.rejectColumn(m.names.name(name), lo, hi)
	}
	if j == 0 {
		m.home.model = m
	}
	m.lower.push(lo)
	m.upper.push(hi)
	m.cost.push(0)
	m.integer.push(integer)
	m.colNames.push(name)
	if m.start != nil {
		m.start = append(m.start, math.NaN())
	}
	m.structure++
	return Var{m, int32(j)}
}

// badBounds reports whether no number lies in [lo, hi]. The comparison is
// negated so that the result is also true for NaN.
func badBounds(lo, hi float64) bool {
	return !(lo <= hi) || lo > math.MaxFloat64 || hi < -math.MaxFloat64
}

// rejectColumn records the mistake of a column with invalid bounds, or of one
// column too many.
func (m *Model) rejectColumn(name Name, lo, hi float64) {
	if badBounds(lo, hi) {
		m.fail(fmt.Sprintf("variable %v: bounds [%g, %g] contain no number; want lower ≤ upper",
			name, lo, hi))
		return
	}
	m.fail(fmt.Sprintf("variable %v: the model already has the maximum of %d variables",
		name, math.MaxInt32))
}

// Minimize replaces the objective by e, to be minimised.
func (m *Model) Minimize(e Expr) { m.objective(e, false) }

// Maximize replaces the objective by e, to be maximised.
func (m *Model) Maximize(e Expr) { m.objective(e, true) }

// objective replaces the objective.
func (m *Model) objective(e Expr, maximize bool) {
	m.cost.clear()
	m.constant, m.maximize = 0, maximize
	m.AddObjective(e)
}

// AddObjective adds e to the current objective. A model without an objective
// minimises. AddObjective suits an objective that grows in a loop, because it
// stores only one coefficient per column.
func (m *Model) AddObjective(e Expr) {
	if e.at.n > 0 && e.home.model != m {
		m.fail("objective: contains a variable of another model")
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

// SetCost replaces one variable's coefficient in the objective.
func (m *Model) SetCost(v Var, cost float64) {
	if math.IsNaN(cost) || math.IsInf(cost, 0) || v.model != m {
		m.fail(fmt.Sprintf("SetCost(%g): want a finite number and a variable of this model", cost))
		return
	}
	*m.cost.at(int(v.col)) = cost
}

// Cost returns a variable's coefficient in the objective.
func (m *Model) Cost(v Var) float64 { return *m.cost.at(int(v.col)) }

// SetBounds replaces a variable's bounds. Equal bounds fix the variable.
func (m *Model) SetBounds(v Var, lo, hi float64) {
	if v.model != m {
		m.fail("SetBounds: the variable belongs to another model")
		return
	}
	if badBounds(lo, hi) {
		m.rejectColumn(v.Name(), lo, hi)
	}
	*m.lower.at(int(v.col)), *m.upper.at(int(v.col)) = lo, hi
}

// Propose suggests a start value for a variable. A solver may complete a
// partial proposal and ignores an infeasible one. A proposal changes the
// solution time, not the optimal objective. A NaN withdraws the variable's
// proposal.
func (m *Model) Propose(v Var, value float64) {
	if v.model != m || math.IsInf(value, 0) {
		m.fail(fmt.Sprintf("Propose(%g): want a finite number and a variable of this model", value))
		return
	}
	for len(m.start) < m.Vars() {
		m.start = append(m.start, math.NaN())
	}
	m.start[v.col] = value
}

// ClearProposals withdraws all proposals.
func (m *Model) ClearProposals() { m.start = nil }

// Vars returns the number of variables, integer ones included.
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

// IsInteger reports whether a variable must take an integer value.
func (m *Model) IsInteger(v Var) bool { return *m.integer.at(int(v.col)) }

// Err returns the first mistake made while building, or nil. For example, a
// variable with bounds [2, 1] gives "milp: variable x: bounds [2, 1] contain no
// number; want lower ≤ upper".
func (m *Model) Err() error { return m.err }

// fail records a mistake. Later mistakes are often consequences of the first,
// so only the first is kept.
func (m *Model) fail(text string) {
	if m.err == nil {
		m.err = fmt.Errorf("milp: %s", text)
	}
}
