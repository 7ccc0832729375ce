package der

import "github.com/trigrid/trigrid/milp"

// within adds a variable with lo·on ≤ x ≤ hi·on, for finite lo and hi. If on is a number, these are
// the bounds of the variable. If on is a binary, they are rows, named after the variable: the
// variable "battery.charge(3,17)" has the row "battery.charge_max(3,17)".
func within(m *milp.Model, name milp.Name, lo, hi float64, on milp.Expr) milp.Expr {
	if on.IsConst() {
		return m.Var(name, lo*on.Constant(), hi*on.Constant()).Expr()
	}
	x := m.Var(name, min(lo, 0), max(hi, 0)).Expr() // 0 must be feasible for on = 0
	if lo != 0 {
		m.AtLeast(suffixed(name, "_min"), x, on.Times(lo))
	}
	if hi != 0 {
		m.AtMost(suffixed(name, "_max"), x, on.Times(hi))
	}
	return x
}

// upTo adds a variable with 0 ≤ x ≤ hi·on.
func upTo(m *milp.Model, name milp.Name, hi float64, on milp.Expr) milp.Expr {
	return within(m, name, 0, hi, on)
}

// switched adds a binary that can be 1 only if on is 1.
func switched(m *milp.Model, name milp.Name, on milp.Expr) milp.Expr {
	x := m.Bin(name).Expr()
	if !on.IsConst() || on.Constant() != 1 {
		m.AtMost(suffixed(name, "_max"), x, on)
	}
	return x
}

// suffixed returns the name of a row that belongs to a variable.
func suffixed(name milp.Name, suffix string) milp.Name {
	name.Quantity += suffix
	return name
}
