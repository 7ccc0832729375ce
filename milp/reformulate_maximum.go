package milp

// Ceiling returns a variable t that is at least each of the expressions:
//
//	t ≥ e_i    for all i
//
// t equals their maximum if the objective minimises t; no binaries are needed
// then. Otherwise use [Model.Max]. As a cost, Ceiling(name, e, e.Times(-1)) is
// |e| and Ceiling(name, e, Const(0)) is max(e, 0). The rows have the suffixes
// "_1", "_2", ….
func (m *Model) Ceiling(name Name, exprs ...Expr) Expr {
	bounds, ok := m.bounds(name, exprs)
	if !ok {
		return Expr{}
	}
	if i := bounds.certain(); i >= 0 {
		return exprs[i]
	}
	t := m.Var(name, bounds.lower, bounds.upper).Expr()
	for i, e := range exprs {
		if bounds.highs[i] > bounds.lower { // otherwise t's own bound implies the row
			m.add(name, numbered("", i+1), t.Minus(e), 0, Inf)
		}
	}
	return t
}

// Floor returns a variable t that is at most each of the expressions. t equals
// their minimum if the objective maximises t, as for [Model.Ceiling].
func (m *Model) Floor(name Name, exprs ...Expr) Expr {
	return m.mirrored(name, exprs, m.Ceiling)
}

// Max returns an expression that equals the largest of the expressions for any
// objective:
//
//	t ≥ e_i,    t ≤ e_i + (U − L_i)(1 − z_i)    for all i,    Σ z_i = 1, z binary
//
// with e_i ≥ L_i and U the largest value of all expressions. All expressions
// must be bounded. z_i = 1 selects the expression that t equals. Expressions
// that cannot be the largest are left out; if one expression is always the
// largest, Max returns it and adds nothing. Binaries have the suffixes "_is_1",
// "_is_2", …, rows "_1", …, "_reach_1", … and "_one".
func (m *Model) Max(name Name, exprs ...Expr) Expr {
	bounds, ok := m.bounds(name, exprs)
	if !ok {
		return Expr{}
	}
	if i := bounds.certain(); i >= 0 {
		return exprs[i]
	}
	for _, e := range exprs {
		if _, _, ok := m.finiteRange(name, e); !ok {
			return Expr{}
		}
	}
	t := m.Var(name, bounds.lower, bounds.upper).Expr()
	var one Expr
	for i, e := range exprs {
		if bounds.highs[i] < bounds.lower { // another expression is always larger
			continue
		}
		z := m.named(name, numbered("_is", i+1), 0, 1, true)
		gap := bounds.upper - bounds.lows[i]
		m.add(name, numbered("", i+1), t.Minus(e), 0, Inf)
		m.add(name, numbered("_reach", i+1), Sum(t, e.Times(-1), z.Times(gap)), -Inf, gap)
		one.Add(z.Expr())
	}
	m.add(name, "_one", one, 1, 1)
	return t
}

// Min returns an expression that equals the smallest of the expressions for any
// objective, by min e_i = −max −e_i and [Model.Max].
func (m *Model) Min(name Name, exprs ...Expr) Expr {
	return m.mirrored(name, exprs, m.Max)
}

// Split returns the positive part p and the negative part n of e; one of the
// two is 0:
//
//	e = p − n,    0 ≤ p ≤ U z,    0 ≤ n ≤ −L (1−z),    z binary, [L, U] = range of e
//
// Therefore p + n = |e| for any objective. For example, e = −2 gives p = 0 and
// n = 2. If the bounds of e determine its sign, Split adds nothing. The
// variables have the suffixes "_pos", "_neg" and "_sign", the rows "_split",
// "_pos_max" and "_neg_max".
func (m *Model) Split(name Name, e Expr) (positive, negative Expr) {
	if lo, hi := e.Range(); lo >= 0 {
		return e, Const(0)
	} else if hi <= 0 {
		return Const(0), e.Times(-1)
	}
	lo, hi, ok := m.finiteRange(name, e)
	if !ok {
		return Expr{}, Expr{}
	}
	p := m.named(name, "_pos", 0, hi, false).Expr()
	n := m.named(name, "_neg", 0, -lo, false).Expr()
	z := m.named(name, "_sign", 0, 1, true)
	m.add(name, "_split", Sum(e, p.Times(-1), n), 0, 0)
	m.add(name, "_pos_max", p.Minus(z.Times(hi)), -Inf, 0)
	m.add(name, "_neg_max", n.Minus(z.Times(lo)), -Inf, -lo)
	return p, n
}

// mirrored applies a method for maxima to minima, by min e_i = −max −e_i.
func (m *Model) mirrored(name Name, exprs []Expr, of func(Name, ...Expr) Expr) Expr {
	negated := make([]Expr, len(exprs))
	for i, e := range exprs {
		negated[i] = e.Times(-1)
	}
	return of(name, negated...).Times(-1)
}

// envelope holds the ranges of expressions and the range of their maximum.
type envelope struct {
	lows, highs  []float64 // per expression
	lower, upper float64   // of the maximum: max_i lows_i and max_i highs_i
}

// bounds returns the envelope of the expressions. An empty list is a mistake.
func (m *Model) bounds(name Name, exprs []Expr) (envelope, bool) {
	if len(exprs) == 0 {
		m.fail(name.String() + ": got no expressions, want at least one")
		return envelope{}, false
	}
	out := envelope{lower: -Inf, upper: -Inf}
	for _, e := range exprs {
		lo, hi := e.Range()
		out.lows, out.highs = append(out.lows, lo), append(out.highs, hi)
		out.lower, out.upper = max(out.lower, lo), max(out.upper, hi)
	}
	return out, true
}

// certain returns the index of an expression that is always the largest, or -1.
func (x envelope) certain() int {
	for i, lo := range x.lows {
		best := true
		for j, hi := range x.highs {
			best = best && (i == j || lo >= hi)
		}
		if best {
			return i
		}
	}
	return -1
}
