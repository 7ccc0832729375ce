package milp

import (
	"fmt"
	"math"
)

// Product returns an expression that equals b·e wherever b is 0 or 1:
//
//	L b ≤ z ≤ U b,    e − U (1−b) ≤ z ≤ e − L (1−b),    [L, U] = [Expr.Range] of e
//
// At b = 0 the first pair leaves only z = 0, at b = 1 the second only z = e; between them the rows are
// the convex hull (McCormick, Mathematical Programming 10, 1976). b is a number or k·y + c with one
// binary y, such as y itself or 1 − y; the bounds of e must be finite. The rows are named after the
// variable with the endings "_off_min", "_off_max", "_on_min" and "_on_max". Where b or e is a number
// there is nothing to add.
func (m *Model) Product(name Name, b, e Expr) Expr {
	if b.IsConst() {
		return e.Times(b.constant)
	}
	if e.IsConst() {
		return b.Times(e.constant)
	}
	y, k, c, ok := m.binary(name, b)
	if !ok {
		return Expr{}
	}
	lo, hi, ok := m.finiteRange(name, e)
	if !ok {
		return Expr{}
	}
	z := m.Var(name, min(lo, 0), max(hi, 0)).Expr()
	if lo != 0 { // otherwise the row is the variable's own bound
		m.add(name, "_off_min", z.Minus(y.Times(lo)), 0, Inf)
	}
	if hi != 0 {
		m.add(name, "_off_max", z.Minus(y.Times(hi)), -Inf, 0)
	}
	m.add(name, "_on_min", Sum(z, e.Times(-1), y.Times(-hi)), -hi, Inf)
	m.add(name, "_on_max", Sum(z, e.Times(-1), y.Times(-lo)), -Inf, -lo)
	return Sum(e.Times(c), z.Times(k))
}

// add adds lo ≤ e ≤ hi under a name with an ending.
func (m *Model) add(name Name, ending string, e Expr, lo, hi float64) Row {
	return m.row(m.names.with(m.names.ref(name), ending), &e, &Expr{}, lo, hi)
}

// binary takes apart b = k·y + c with a binary y.
func (m *Model) binary(name Name, b Expr) (y Expr, k, c float64, ok bool) {
	var single [1]term
	list := merged(b.all(&single))
	if len(list) == 1 && b.home.model == m {
		v := Var{m, list[0].col}
		if lo, hi := v.Bounds(); m.IsInteger(v) && lo >= 0 && hi <= 1 {
			return v.Expr(), list[0].coef, b.constant, true
		}
	}
	m.fail(fmt.Sprintf("%v: a switch must be a number or k·y + c with one binary variable y", name))
	return Expr{}, 0, 0, false
}

// finiteRange is [Expr.Range] for those who need its numbers as coefficients.
func (m *Model) finiteRange(name Name, e Expr) (lo, hi float64, ok bool) {
	lo, hi = e.Range()
	switch {
	case math.IsInf(hi, 1):
		m.failUnbounded(name, e)
	case math.IsInf(lo, -1):
		m.failUnbounded(name, e.Times(-1))
	default:
		return lo, hi, true
	}
	return 0, 0, false
}

// failUnbounded says why e has no upper bound.
func (m *Model) failUnbounded(name Name, e Expr) {
	var single [1]term
	for _, t := range merged(e.all(&single)) {
		v := Var{e.home.model, t.col}
		if lo, hi := v.Bounds(); t.coef > 0 && math.IsInf(hi, 1) || t.coef < 0 && math.IsInf(lo, -1) {
			m.fail(fmt.Sprintf("%v: needs a bounded expression; give variable %v finite bounds", name, v.Name()))
			return
		}
	}
	m.fail(fmt.Sprintf("%v: needs a bounded expression; a constant, or a coefficient times a bound, is too large for a number", name))
}
