package milp

import (
	"fmt"
	"math"
)

// Row is a handle to one constraint of a model.
type Row struct {
	model *Model
	row   int32
}

// Index returns the constraint's row, counted from 0 in order of creation. It
// is the constraint's position in [Solution.Duals].
func (r Row) Index() int { return int(r.row) }

// Name returns the constraint's name.
func (r Row) Name() Name { return r.model.names.name(*r.model.rowNames.at(int(r.row))) }

// Rows returns the number of constraints.
func (m *Model) Rows() int { return m.rowLower.len() }

// RowAt returns the constraint in row i.
func (m *Model) RowAt(i int) Row { return Row{m, int32(i)} }

// Nonzeros returns the number of coefficients of all constraints.
func (m *Model) Nonzeros() int { return m.rowCol.len() }

// Equal adds the constraint lhs = rhs.
func (m *Model) Equal(name Name, lhs, rhs Expr) Row {
	return m.row(m.names.ref(&name), &lhs, &rhs, 0, 0)
}

// AtMost adds the constraint lhs ≤ rhs.
func (m *Model) AtMost(name Name, lhs, rhs Expr) Row {
	return m.row(m.names.ref(&name), &lhs, &rhs, -Inf, 0)
}

// AtLeast adds the constraint lhs ≥ rhs.
func (m *Model) AtLeast(name Name, lhs, rhs Expr) Row {
	return m.row(m.names.ref(&name), &lhs, &rhs, 0, Inf)
}

// Between adds lo ≤ x ≤ hi. If both limits are constants it adds one row.
// Otherwise it adds two rows, with the suffixes "_min" and "_max". A limit of
// ±[Inf] is none.
func (m *Model) Between(name Name, lo, x, hi Expr) {
	ref := m.names.ref(&name)
	if lo.IsConst() && hi.IsConst() {
		m.row(ref, &x, &Expr{}, lo.constant, hi.constant)
		return
	}
	if !lo.IsConst() || !math.IsInf(lo.constant, -1) {
		m.row(m.names.with(ref, "_min"), &x, &lo, 0, Inf)
	}
	if !hi.IsConst() || !math.IsInf(hi.constant, 1) {
		m.row(m.names.with(ref, "_max"), &x, &hi, -Inf, 0)
	}
}

// Limits returns a constraint's limits after constants have moved to the
// right-hand side. For x + 2 ≥ 7 they are 5 and +[Inf].
func (m *Model) Limits(r Row) (lo, hi float64) {
	return *m.rowLower.at(int(r.row)), *m.rowUpper.at(int(r.row))
}

// SetLimits replaces a constraint's limits lo ≤ row ≤ hi. They apply to the
// stored row, with all variables on the left and all constants on the right;
// see [Model.Limits].
func (m *Model) SetLimits(r Row, lo, hi float64) {
	if r.model != m {
		m.fail("SetLimits: the constraint belongs to another model")
		return
	}
	if badBounds(lo, hi) {
		m.rejectRow(r.Name(), lo, hi)
	}
	*m.rowLower.at(int(r.row)), *m.rowUpper.at(int(r.row)) = lo, hi
}

// Terms calls yield for each variable of the constraint and its coefficient
// until yield returns false. Each variable appears once; zero coefficients are
// left out.
func (r Row) Terms(yield func(Var, float64) bool) {
	m := r.model
	for k := *m.rowStart.at(int(r.row)); k < *m.rowStart.at(int(r.row) + 1); k++ {
		if !yield(Var{m, *m.rowCol.at(int(k))}, *m.rowCoef.at(int(k))) {
			return
		}
	}
}

// row stores lo ≤ lhs − rhs ≤ hi, with equal variables merged and zero
// coefficients dropped. The constants move to the limits: lo + shift ≤ Σ_j a_j
// x_j ≤ hi + shift with shift = rhs_0 − lhs_0. An invalid row records a mistake
// and is stored all the same, so that later handles stay valid.
func (m *Model) row(name nameRef, lhs, rhs *Expr, lo, hi float64) Row {
	i := m.Rows()
	simple, finite := m.direct(lhs, rhs)
	if !simple {
		m.pendingCol, m.pendingCoef = m.pendingCol[:0], m.pendingCoef[:0]
		if !m.take(name, lhs, 1) || !m.take(name, rhs, -1) {
			m.pendingCol, m.pendingCoef = m.pendingCol[:0], m.pendingCoef[:0]
		}
		finite = allFinite(m.pendingCoef)
		m.merge()
		m.rowCol.pushAll(m.pendingCol)
		m.rowCoef.pushAll(m.pendingCoef)
	}
	end := m.rowCol.len()
	shift := rhs.constant - lhs.constant
	if !finite || math.IsNaN(shift-shift) || badBounds(lo, hi) || end > math.MaxInt32 {
		m.rejectRow(m.names.name(name), lo, hi)
	}
	if i == 0 {
		m.rowStart.push(0)
	}
	m.rowStart.push(int32(end))
	m.rowLower.push(lo + shift)
	m.rowUpper.push(hi + shift)
	m.rowNames.push(name)
	m.structure++
	return Row{m, int32(i)}
}

// rejectRow records the mistake of a row.
func (m *Model) rejectRow(name Name, lo, hi float64) {
	if badBounds(lo, hi) {
		m.fail(fmt.Sprintf("constraint %v: limits [%g, %g] contain no number; want lower ≤ upper",
			name, lo, hi))
		return
	}
	m.fail(fmt.Sprintf("constraint %v: a coefficient or constant is not a finite number, "+
		"or the model has more than %d coefficients", name, math.MaxInt32))
}

// take appends sign times the terms of an expression to the pending row. It
// returns false if the expression belongs to another model.
func (m *Model) take(name nameRef, e *Expr, sign float64) bool {
	switch {
	case e.at.n == 0:
		return true
	case e.home.model != m:
		m.fail(fmt.Sprintf("constraint %v: contains a variable of another model", m.names.name(name)))
		return false
	case e.at.n == 1:
		m.pendingCol = append(m.pendingCol, e.at.first)
		m.pendingCoef = append(m.pendingCoef, sign*e.coef)
	default:
		for _, t := range e.list() {
			m.pendingCol = append(m.pendingCol, t.col)
			m.pendingCoef = append(m.pendingCoef, sign*t.coef)
		}
	}
	return true
}

// direct writes lhs − rhs at the end of the matrix and reports whether all its
// coefficients are finite, if the row is simple: at most shortRow terms, no
// repeated variable, no zero, and variables of this model only. It leaves any
// other row to merge, as well as one that the end of the matrix has no room
// for.
func (m *Model) direct(lhs, rhs *Expr) (simple, finite bool) {
	n := int(lhs.at.n + rhs.at.n)
	at := len(m.rowCol.open)
	if lhs.at.n > 0 && lhs.home.model != m || rhs.at.n > 0 && rhs.home.model != m ||
		n > shortRow || n > cap(m.rowCol.open)-at || n > cap(m.rowCoef.open)-len(m.rowCoef.open) {
		return false, false
	}
	cols := m.rowCol.open[at : at+n]
	coefs := m.rowCoef.open[len(m.rowCoef.open):][:n]
	lhs.write(cols, coefs, 1)
	rhs.write(cols[lhs.at.n:], coefs[lhs.at.n:], -1)
	sum := 0.0
	for k, c := range coefs {
		if c == 0 {
			return false, false
		}
		sum += c - c // 0, or NaN for infinities and NaN
		for _, col := range cols[:k] {
			if col == cols[k] {
				return false, false
			}
		}
	}
	m.rowCol.open = m.rowCol.open[:at+n]
	m.rowCoef.open = m.rowCoef.open[:len(m.rowCoef.open)+n]
	return true, sum == 0
}

// write writes the columns of the terms and sign times their coefficients.
func (e *Expr) write(cols []int32, coefs []float64, sign float64) {
	if e.at.n == 1 {
		cols[0], coefs[0] = e.at.first, sign*e.coef
	} else if e.at.n > 1 {
		for k, t := range e.list() {
			cols[k], coefs[k] = t.col, sign*t.coef
		}
	}
}

// allFinite reports whether no coefficient is infinite or NaN.
func allFinite(coefs []float64) bool {
	sum := 0.0
	for _, c := range coefs {
		sum += c - c
	}
	return sum == 0
}

// shortRow is the longest row whose variables are compared in pairs, at most 66
// comparisons.
const shortRow = 12

// merge adds up equal variables of the pending row and drops coefficients that
// cancel. The order is that of first mention. place maps a column to its
// position, so that merging n terms costs O(n). The map is reset afterwards for
// the next row.
func (m *Model) merge() {
	for len(m.place) < m.Vars() {
		m.place = append(m.place, 0)
	}
	cols, coefs := m.pendingCol, m.pendingCoef
	n := 0
	for k, col := range cols {
		if p := m.place[col]; p > 0 {
			coefs[p-1] += coefs[k]
			continue
		}
		cols[n], coefs[n] = col, coefs[k]
		n++
		m.place[col] = int32(n)
	}
	kept := 0
	for k := range n {
		m.place[cols[k]] = 0
		if coefs[k] != 0 {
			cols[kept], coefs[kept] = cols[k], coefs[k]
			kept++
		}
	}
	m.pendingCol, m.pendingCoef = cols[:kept], coefs[:kept]
}
