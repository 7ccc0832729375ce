package milp

import "strconv"

// Epigraph, Segments and Piecewise return an expression y = on·f(x) for a curve
// f. For on = 0 they set x = 0 and y = 0, so that a thermal unit that is off
// costs nothing although f(X_0) > 0. Without a switch, on is Const(1). All
// three add on·X_0 ≤ x ≤ on·X_n.
//
// In the equations, s_k is the slope and w_k the width of piece k = 1 … n.

// Epigraph bounds a variable y by every piece:
//
//	y ≥ s_k x + (Y_k − s_k X_k) on    for all k         (≤ for a concave f)
//
// It is exact if the objective pushes y against its pieces, that is for a
// convex cost in a minimum and for a concave revenue in a maximum. A curve that
// is neither is a mistake. The rows have the variable's name with the suffixes
// "_1" to "_n". The factor on makes them the perspective of f, the tightest
// rows of this form.
//
// Source: Frangioni and Gentile, Mathematical Programming 106 (2006) 225–236,
// for the perspective.
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
	lower, upper := f.Y[0], f.Y[0]
	for _, y := range f.Y {
		lower, upper = min(lower, y), max(upper, y)
	}
	if !on.IsConst() { // y = 0 if on = 0
		lower, upper = min(lower, 0), max(upper, 0)
	}
	y := m.Var(name, lower, upper).Expr()
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

// Segments splits x into one variable per piece and adds up their costs:
//
//	x = on X_0 + Σ_k δ_k,    0 ≤ δ_k ≤ w_k on,    y = on Y_0 + Σ_k s_k δ_k
//
// It is exact if the objective fills the pieces in order, that is for the same
// curves as [Model.Epigraph] and with the same relaxation. It has one row and n
// variables instead of n rows over x. The variables have the suffixes "_1" to
// "_n", the sum "_sum", the limits "_limit_1" and so on.
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

// Piecewise is exact for a curve of any shape and any objective. To the
// variables of [Model.Segments] it adds binaries z, by which a piece is used
// only if the piece before it is full:
//
//	w_k z_k ≤ δ_k ≤ w_k z_{k−1}    for all k,    z_0 = on, z_n = 0
//
// This incremental formulation is the convex hull of the curve. The binaries
// have the suffixes "_full_1" to "_full_(n−1)", the rows "_min_k" and "_max_k".
//
// Sources: Markowitz and Manne, Econometrica 25 (1957) 84–110; Padberg,
// Operations Research Letters 27 (2000) 1–5, for the convex hull.
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

// curve checks the common arguments and returns the curvature.
func (m *Model) curve(name Name, f Curve, on Expr) (bend, bool) {
	if err := f.Validate(); err != nil {
		m.fail(name.String() + ": " + err.Error())
		return mixed, false
	}
	if on.IsConst() {
		if on.constant != 1 {
			m.fail(name.String() + ": want a switch on that is Const(1), y or 1 − y of a binary variable y")
			return mixed, false
		}
		return f.bend(), true
	}
	return f.bend(), m.isSwitch(name, on)
}

// confine adds on·X_0 ≤ x ≤ on·X_n unless the bounds of x imply it.
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

// split adds x = on·X_0 + Σ δ_k. It returns the δ_k and y = on·Y_0 + Σ s_k δ_k.
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

// named adds a column under a name with a suffix.
func (m *Model) named(name Name, suffix string, lo, hi float64, integer bool) Var {
	return m.column(m.names.with(m.names.ref(&name), suffix), lo, hi, integer)
}

// numbered returns a suffix with a number, "_full_2".
func numbered(suffix string, k int) string { return suffix + "_" + strconv.Itoa(k) }
