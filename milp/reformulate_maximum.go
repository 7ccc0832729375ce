package milp

// Ceiling returns a variable t that is at least as large as each of the expressions:
//
//	t ≥ e_i    for all i
//
// It equals their maximum wherever the objective presses it down, without binaries; elsewhere use
// [Model.Max]. As a cost, Ceiling(name, e, e.Times(-1)) is the absolute value of e and
// Ceiling(name, e, Const(0)) its positive part. The rows are named with the endings "_1", "_2" and so on.
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
		if bounds.highs[i] > bounds.lower { // otherwise t's own bound says so
			m.add(name, numbered("", i+1), t.Minus(e), 0, Inf)
		}
	}
	return t
}

// Floor returns a variable t that is at most as large as each of the expressions. It equals their
// minimum wherever the objective presses it up, as [Model.Ceiling] does the maximum.
func (m *Model) Floor(name Name, exprs ...Expr) Expr {
	return m.mirrored(name, exprs, m.Ceiling)
}

// Max returns an expression that equals the largest of the expressions whatever the objective:
//
//	t ≥ e_i,    t ≤ e_i + (U − L_i)(1 − z_i)    for all i,    Σ z_i = 1, z binary
//
// with e_i ≥ L_i and U the largest value of any; all must be bounded. Expressions that cannot be the
// largest are left out, and no binaries are added where only one remains. Binaries are named with the
// endings "_is_1", "_is_2" …, rows "_1" …, "_reach_1" … and "_one".
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
		if bounds.highs[i] < bounds.lower {
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

// Min returns an expression that equals the smallest of the expressions, as [Model.Max] does the
// largest.
func (m *Model) Min(name Name, exprs ...Expr) Expr {
	return m.mirrored(name, exprs, m.Max)
}

// Split takes e apart into a positive and a negative part of which one is 0:
//
//	e = p − n,    0 ≤ p ≤ U z,    0 ≤ n ≤ −L (1−z),    z binary, [L, U] = range of e
//
// p + n is then the absolute value of e whatever the objective. Where the bounds of e settle its sign
// there is nothing to add. The variables are named with the endings "_pos", "_neg" and "_sign", the rows
// "_split", "_pos_max" and "_neg_max".
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

// mirrored turns a statement about maxima into one about minima.
func (m *Model) mirrored(name Name, exprs []Expr, of func(Name, ...Expr) Expr) Expr {
	negated := make([]Expr, len(exprs))
	for i, e := range exprs {
		negated[i] = e.Times(-1)
	}
	return of(name, negated...).Times(-1)
}

// envelope holds the ranges of some expressions and that of their maximum.
type envelope struct {
	lows, highs      []float64
	lower, upper float64
}

func (m *Model) bounds(name Name, exprs []Expr) (envelope, bool) {
	if len(exprs) == 0 {
		m.fail(name.String() + ": needs at least one expression")
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

// certain returns an expression that is the largest everywhere, or -1.
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
