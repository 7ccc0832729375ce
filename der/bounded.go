package der

import "github.com/trigrid/trigrid/milp"

// within adds a variable with lo·on ≤ x ≤ hi·on, for finite lo and hi. If on is
// a number, these are the bounds of the variable. If on is a variable, they are
// rows, named after the variable: the variable "battery.charge(3,17)" has the
// row "battery.charge_max(3,17)".
func within(m *milp.Model, name milp.Name, lo, hi float64, on milp.Expr) milp.Expr {
	if on.IsConst() {
		return m.Var(name, lo*on.Constant(), hi*on.Constant()).Expr()
	}
	n := MaxCount(on)
	x := m.Var(name, min(lo*n, 0), max(hi*n, 0)).Expr() // 0 must be feasible for on = 0
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

// switched adds an integer between 0 and on: a binary, or the number of
// switched DERs of a [Fleet].
func switched(m *milp.Model, name milp.Name, on milp.Expr) milp.Expr {
	x := m.Int(name, 0, MaxCount(on)).Expr()
	if !on.IsConst() || on.Constant() != 1 {
		m.AtMost(suffixed(name, "_max"), x, on)
	}
	return x
}

// MaxCount returns the largest value of on, the number of DERs that a program
// can have: 1, or the count of a [Fleet]. A binary fixed at 0 still has 1,
// because a session can free it.
func MaxCount(on milp.Expr) float64 {
	_, n := on.Range()
	return max(1, n)
}

// times returns k on as the limit of a row, for a limit k of one DER that holds
// trivially for on = 0. The row of a single DER then needs no term in its
// membership.
func times(k float64, on milp.Expr) milp.Expr {
	if MaxCount(on) == 1 {
		return milp.Const(k)
	}
	return on.Times(k)
}

// suffixed returns the name of a row that belongs to a variable.
func suffixed(name milp.Name, suffix string) milp.Name {
	name.Quantity += suffix
	return name
}
