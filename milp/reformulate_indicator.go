package milp

import "math"

// AtMostIf adds the constraint lhs ≤ rhs for b = 1 and nothing for b = 0:
//
//	lhs − rhs ≤ M (1−b),    M = the largest value of lhs − rhs within the bounds of its variables
//
// which is the smallest M that is safe whatever else the model holds. A row
// that the bounds imply anyway is left out; so is one whose switch is the number 0. b is 0, 1, y or 1 − y
// with a binary variable y, and lhs − rhs must be bounded above.
func (m *Model) AtMostIf(name Name, b, lhs, rhs Expr) {
	m.ifOn(m.names.ref(name), b, lhs.Minus(rhs))
}

// AtLeastIf adds the constraint lhs ≥ rhs for b = 1 and nothing for b = 0, as [Model.AtMostIf] does.
func (m *Model) AtLeastIf(name Name, b, lhs, rhs Expr) {
	m.ifOn(m.names.ref(name), b, rhs.Minus(lhs))
}

// EqualIf adds the constraint lhs = rhs for b = 1 and nothing for b = 0, as two rows of [Model.AtMostIf]
// whose names end in "_max" and "_min".
func (m *Model) EqualIf(name Name, b, lhs, rhs Expr) {
	ref := m.names.ref(name)
	m.ifOn(m.names.with(ref, "_max"), b, lhs.Minus(rhs))
	m.ifOn(m.names.with(ref, "_min"), b, rhs.Minus(lhs))
}

// ifOn adds e ≤ 0 for b = 1.
func (m *Model) ifOn(ref nameRef, b, e Expr) {
	switch {
	case b.IsConst() && b.constant == 0:
	case b.IsConst() && b.constant == 1:
		m.row(ref, &e, &Expr{}, -Inf, 0)
	default:
		name := m.names.name(ref)
		if !m.isSwitch(name, b) {
			return
		}
		switch _, most := e.Range(); {
		case most <= 0:
		case math.IsInf(most, 1):
			m.failUnbounded(name, e)
		default:
			limit := Const(most).Minus(b.Times(most))
			m.row(ref, &e, &limit, -Inf, 0)
		}
	}
}

// isSwitch reports whether b is y or 1 − y of a binary variable y, and spoils the model otherwise.
func (m *Model) isSwitch(name Name, b Expr) bool {
	_, k, c, ok := m.binary(name, b)
	if !ok {
		return false
	}
	if (k == 1 && c == 0) || (k == -1 && c == 1) {
		return true
	}
	m.fail(name.String() + ": a switch of a constraint must be y or 1 − y of a binary variable y")
	return false
}
