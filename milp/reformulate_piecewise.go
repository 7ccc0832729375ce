package milp

import "strconv"

// The three functions of this file return an expression y that stands for a curve f of x. With a
// switch they model on·f(x): x = 0 and y = 0 for on = 0, which is how a unit that is off costs nothing
// although f(X_0) > 0. Without a switch on is Const(1). All confine x to on·X_0 ≤ x ≤ on·X_n.
//
// s_k is the slope and w_k the width of piece k = 1 … n.

// Epigraph bounds a variable y by every piece:
//
//	y ≥ s_k x + (Y_k − s_k X_k) on    for all k         (≤ for a concave f)
//
// It is exact where the objective presses y against its pieces, so for a convex cost that is minimised
// and a concave revenue that is maximised; a curve of neither shape is refused. The rows are named
// after the variable with the endings "_1" to "_n"; multiplied by on they are the perspective of f,
// the tightest such rows (Frangioni and Gentile, Mathematical Programming 106, 2006).
func (m *Model) Epigraph(name Name, f Curve, x, on Expr) Expr {
	shape, ok := m.curve(name, f, on)
	if !ok {
		return Expr{}
	}
	m.confine(name, f, x, on)
	if shape == straight {
		return Sum(x.Times(f.slope(1)), on.Times(f.Y[0]-f.slope(1)*f.X[0]))
	}
	if shape == mixed {
		m.fail(name.String() + ": the curve is neither convex nor concave; use Piecewise")
		return Expr{}
	}
	least, most := f.Y[0], f.Y[0]
	for _, y := range f.Y {
		least, most = min(least, y), max(most, y)
	}
	if !on.IsConst() {
		least, most = min(least, 0), max(most, 0)
	}
	y := m.Var(name, least, most).Expr()
	for k := 1; k < len(f.X); k++ {
		s := f.slope(k)
		above := Sum(y, x.Times(-s), on.Times(s*f.X[k]-f.Y[k]))
		if shape == convex {
			m.add(name, numbered("", k), above, 0, Inf)
		} else {
			m.add(name, numbered("", k), above, -Inf, 0)
		}
	}
	return y
}

// Segments splits x into one variable per piece and adds up what each costs:
//
//	x = on X_0 + Σ_k δ_k,    0 ≤ δ_k ≤ w_k on,    y = on Y_0 + Σ_k s_k δ_k
//
// It is exact where the objective fills cheap pieces first, so for the same curves as [Model.Epigraph],
// whose bound it shares; it trades that function's n rows of x for one row and n variables. The
// variables are named with the endings "_1" to "_n", the sum "_sum", the limits "_limit_1" and so on.
func (m *Model) Segments(name Name, f Curve, x, on Expr) Expr {
	shape, ok := m.curve(name, f, on)
	if !ok {
		return Expr{}
	}
	if shape == mixed {
		m.fail(name.String() + ": the curve is neither convex nor concave; use Piecewise")
		return Expr{}
	}
	delta, y := m.split(name, f, x, on)
	if !on.IsConst() {
		for i, d := range delta {
			m.add(name, numbered("_limit", i+1), d.Minus(on.Times(f.X[i+1]-f.X[i])), -Inf, 0)
		}
	}
	return y
}

// Piecewise is exact for a curve of any shape and any objective. It adds to the variables of
// [Model.Segments] the rule that a piece is used only when the one before it is full, with binaries z:
//
//	w_k z_k ≤ δ_k ≤ w_k z_{k−1}    for all k,    z_0 = on, z_n = 0
//
// This incremental form is the convex hull of the curve (Markowitz and Manne, Econometrica 25, 1957;
// Padberg, Operations Research Letters 27, 2000). The binaries are named with the endings "_full_1" to
// "_full_(n−1)", the rows "_min_k" and "_max_k".
func (m *Model) Piecewise(name Name, f Curve, x, on Expr) Expr {
	if _, ok := m.curve(name, f, on); !ok {
		return Expr{}
	}
	delta, y := m.split(name, f, x, on)
	before := on
	for i, d := range delta {
		k, width := i+1, f.X[i+1]-f.X[i]
		if !before.IsConst() {
			m.add(name, numbered("_max", k), d.Minus(before.Times(width)), -Inf, 0)
		}
		if k < len(delta) {
			full := m.named(name, numbered("_full", k), 0, 1, true).Expr()
			m.add(name, numbered("_min", k), d.Minus(full.Times(width)), 0, Inf)
			before = full
		}
	}
	return y
}

// curve checks the arguments that all three share.
func (m *Model) curve(name Name, f Curve, on Expr) (bend, bool) {
	if err := f.Validate(); err != nil {
		m.fail(name.String() + ": " + err.Error())
		return mixed, false
	}
	if on.IsConst() {
		if on.constant != 1 {
			m.fail(name.String() + ": the switch of a curve is Const(1), y or 1 − y of a binary variable y")
			return mixed, false
		}
		return f.bend(), true
	}
	return f.bend(), m.isSwitch(name, on)
}

// confine adds on·X_0 ≤ x ≤ on·X_n where the bounds of x do not imply it.
func (m *Model) confine(name Name, f Curve, x, on Expr) {
	first, last := f.X[0], f.X[len(f.X)-1]
	if on.IsConst() {
		if lo, hi := x.Range(); lo < first || hi > last {
			m.add(name, "_domain", x, first, last)
		}
		return
	}
	m.add(name, "_domain_min", x.Minus(on.Times(first)), 0, Inf)
	m.add(name, "_domain_max", x.Minus(on.Times(last)), -Inf, 0)
}

// split adds x = on·X_0 + Σ δ_k and returns the δ and on·Y_0 + Σ s_k δ_k.
func (m *Model) split(name Name, f Curve, x, on Expr) (delta []Expr, y Expr) {
	sum := on.Times(f.X[0])
	y = on.Times(f.Y[0])
	for k := 1; k < len(f.X); k++ {
		d := m.named(name, numbered("", k), 0, f.X[k]-f.X[k-1], false)
		delta = append(delta, d.Expr())
		sum.Add(d.Expr())
		y.Add(d.Times(f.slope(k)))
	}
	m.add(name, "_sum", x.Minus(sum), 0, 0)
	return delta, y
}

// named adds a column under a name with an ending.
func (m *Model) named(name Name, ending string, lo, hi float64, integer bool) Var {
	return m.column(m.names.name(m.names.with(m.names.ref(name), ending)), lo, hi, integer)
}

func numbered(ending string, k int) string { return ending + "_" + strconv.Itoa(k) }
