package milp

import (
	"fmt"
	"math"
)

// Product returns an expression that equals b·e if b is 0 or 1:
//
//	L b ≤ z ≤ U b,    e − U (1−b) ≤ z ≤ e − L (1−b),    [L, U] = [Expr.Range] of e
//
// At b = 0 the first pair forces z = 0, at b = 1 the second pair forces z = e.
// For 0 < b < 1 the rows are the convex hull, so that the relaxation is as
// tight as possible.
//
// b is a constant or k·y + c with one binary y, for example y or 1 − y. The
// bounds of e must be finite. The rows have the variable's name with the
// suffixes "_off_min", "_off_max", "_on_min" and "_on_max". If b or e is a
// constant, Product adds nothing.
//
// Source: McCormick, Mathematical Programming 10 (1976) 147–175.
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
	if lo != 0 { // otherwise the row equals the variable's own bound
		m.add(name, "_off_min", z.Minus(y.Times(lo)), 0, Inf)
	}
	if hi != 0 {
		m.add(name, "_off_max", z.Minus(y.Times(hi)), -Inf, 0)
	}
	m.add(name, "_on_min", Sum(z, e.Times(-1), y.Times(-hi)), -hi, Inf)
	m.add(name, "_on_max", Sum(z, e.Times(-1), y.Times(-lo)), -Inf, -lo)
	// With b = k·y + c, b·e = c·e + k·(y·e), and z stands for y·e.
	return Sum(e.Times(c), z.Times(k))
}

// add adds lo ≤ e ≤ hi under a name with a suffix.
func (m *Model) add(name Name, suffix string, e Expr, lo, hi float64) Row {
	return m.row(m.names.with(m.names.ref(&name), suffix), &e, &Expr{}, lo, hi)
}

// binary returns y, k and c of b = k·y + c with a binary y. For any other b it
// records a mistake and returns false.
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

// finiteRange returns [Expr.Range] for use as coefficients. If the range is
// infinite it records a mistake and returns false.
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

// failUnbounded records the mistake of an expression without upper bound and
// names the variable that causes it.
func (m *Model) failUnbounded(name Name, e Expr) {
	var single [1]term
	for _, t := range merged(e.all(&single)) {
		v := Var{e.home.model, t.col}
		if lo, hi := v.Bounds(); t.coef > 0 && math.IsInf(hi, 1) || t.coef < 0 && math.IsInf(lo, -1) {
			m.fail(fmt.Sprintf("%v: want a bounded expression; give variable %v finite bounds",
				name, v.Name()))
			return
		}
	}
	m.fail(fmt.Sprintf("%v: want a bounded expression; "+
		"a constant, or a coefficient times a bound, exceeds the largest float64", name))
}
