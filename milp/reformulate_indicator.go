package milp

import "math"

// AtMostIf adds the constraint lhs ≤ rhs for b = 1 and no constraint for b = 0:
//
//	lhs − rhs ≤ M (1−b),    M = upper end of [Expr.Range] of lhs − rhs
//
// This is the smallest M that is valid independent of all other rows. For
// example, with p in [0, 80] the row p ≤ 30 if b becomes p − 30 ≤ 50 (1−b).
//
// A row that is implied by the bounds is left out, and so is a row with b = 0
// as a constant. b is 0, 1, y or 1 − y with a binary variable y. lhs − rhs must
// be bounded above.
func (m *Model) AtMostIf(name Name, b, lhs, rhs Expr) {
	m.ifOn(m.names.ref(&name), b, lhs.Minus(rhs))
}

// AtLeastIf adds the constraint lhs ≥ rhs for b = 1 and no constraint for b =
// 0, as [Model.AtMostIf] does for ≤.
func (m *Model) AtLeastIf(name Name, b, lhs, rhs Expr) {
	m.ifOn(m.names.ref(&name), b, rhs.Minus(lhs))
}

// EqualIf adds the constraint lhs = rhs for b = 1 and no constraint for b = 0.
// It adds two rows of [Model.AtMostIf] with the suffixes "_max" and "_min".
func (m *Model) EqualIf(name Name, b, lhs, rhs Expr) {
	ref := m.names.ref(&name)
	m.ifOn(m.names.with(ref, "_max"), b, lhs.Minus(rhs))
	m.ifOn(m.names.with(ref, "_min"), b, rhs.Minus(lhs))
}

// ifOn adds e ≤ 0 for b = 1.
func (m *Model) ifOn(ref nameRef, b, e Expr) {
	switch {
	case b.IsConst() && b.constant == 0: // no constraint
	case b.IsConst() && b.constant == 1:
		m.row(ref, &e, &Expr{}, -Inf, 0)
	default:
		name := m.names.name(ref)
		if !m.isSwitch(name, b) {
			return
		}
		switch _, upper := e.Range(); {
		case upper <= 0: // implied by the bounds
		case math.IsInf(upper, 1):
			m.failUnbounded(name, e)
		default:
			limit := Const(upper).Minus(b.Times(upper)) // M (1−b)
			m.row(ref, &e, &limit, -Inf, 0)
		}
	}
}

// isSwitch reports whether b is y or 1 − y of a binary variable y. For any
// other b it records a mistake.
func (m *Model) isSwitch(name Name, b Expr) bool {
	_, k, c, ok := m.binary(name, b)
	if !ok {
		return false
	}
	if (k == 1 && c == 0) || (k == -1 && c == 1) {
		return true
	}
	m.fail(name.String() + ": want a switch b that is y or 1 − y of a binary variable y")
	return false
}
