package milp

// term is a coefficient times a variable.
type term struct {
	col  int32
	coef float64
}

// Expr is a linear expression: a constant plus a sum of coefficients times
// variables. It is a value. Its methods return new expressions and leave the
// receiver unchanged, except [Expr.Add].
//
// For example, milp.Sum(x.Times(2), y.Expr(), milp.Const(3)) is 2x + y + 3.
//
// A single term is stored inside the value, so that x.Times(3) allocates
// nothing. Longer expressions keep their terms in storage that the model
// allocates in large pieces. The value has four words in four fields, the most
// that the compiler keeps in registers. Building a program mostly passes
// expressions around, so this size matters.
type Expr struct {
	home     *terms // nil if the expression has no variables
	constant float64
	coef     float64 // of a single term
	at       place
}

// place locates an expression's terms. A single term (n = 1) has column first
// and the coefficient Expr.coef. Several terms are home.list[first:first+n].
type place struct{ first, n int32 }

// terms is storage shared by the expressions of a model. It only grows: an
// expression extends in place only if its own terms are the last ones, so that
// no expression sees the growth of another.
type terms struct {
	model *Model
	list  []term
}

// Const returns the constant expression k.
func Const(k float64) Expr { return Expr{constant: k} }

// Len returns the number of terms. A variable that was added twice counts
// twice.
func (e Expr) Len() int { return int(e.at.n) }

// Constant returns the constant part of the expression.
func (e Expr) Constant() float64 { return e.constant }

// IsConst reports whether the expression has no variables.
func (e Expr) IsConst() bool { return e.at.n == 0 }

// list returns the terms of an expression with n > 1.
func (e *Expr) list() []term { return e.home.list[e.at.first:][:e.at.n] }

// all returns the terms for any n; single provides storage for one term.
func (e *Expr) all(single *[1]term) []term {
	switch e.at.n {
	case 0:
		return nil
	case 1:
		single[0] = term{e.at.first, e.coef}
		return single[:]
	}
	return e.list()
}

// Terms calls yield for each variable and its coefficient until yield returns
// false. A variable that was added twice appears twice.
func (e Expr) Terms(yield func(Var, float64) bool) {
	var single [1]term
	for _, t := range e.all(&single) {
		if !yield(Var{e.home.model, t.col}, t.coef) {
			return
		}
	}
}

// Times returns k times the expression.
func (e Expr) Times(k float64) Expr {
	if e.at.n > 1 {
		return combine(Expr{}, []Expr{e}, k)
	}
	e.constant *= k
	e.coef *= k
	return e
}

// Plus returns the sum of the expression and others.
func (e Expr) Plus(others ...Expr) Expr { return combine(e, others, 1) }

// Minus returns the expression minus another.
func (e Expr) Minus(other Expr) Expr { return combine(e, []Expr{other}, -1) }

// Sum returns the sum of the expressions.
func Sum(exprs ...Expr) Expr { return combine(Expr{}, exprs, 1) }

// combine returns first + k Σ rest. It first adds up constants and counts
// terms, then allocates space for all terms once. If rest adds no terms, the
// result shares the storage of first.
func combine(first Expr, rest []Expr, k float64) Expr {
	switch {
	case len(rest) == 1:
		return pair(first, &rest[0], k)
	case len(rest) == 2 && first.at.n == 0 && k == 1:
		out := rest[0]
		out.constant += first.constant
		return pair(out, &rest[1], 1)
	}
	out := first
	for i := range rest {
		e := &rest[i]
		out.constant += k * e.constant
		if e.at.n == 0 {
			continue
		}
		if out.at.n == 0 {
			out.home, out.coef, out.at = e.home, k*e.coef, e.at
			continue
		}
		if e.home.model != out.home.model {
			failMixed(out.home.model, e.home.model)
		}
		out.at.n += e.at.n
	}
	if out.at.n <= 1 || out.at.n == first.at.n {
		return out
	}
	home, at := out.home.model.storage(int(out.at.n))
	list := home.list[at:]
	if first.at.n == 1 {
		list[0] = term{first.at.first, first.coef}
		list = list[1:]
	} else if first.at.n > 1 {
		list = list[copy(list, first.home.list[first.at.first:][:first.at.n]):]
	}
	for i := range rest {
		list = list[rest[i].copyTerms(list, k):]
	}
	return Expr{home, out.constant, 0, place{int32(at), out.at.n}}
}

// pair returns first + k other. Most sums have two parts, and many programs
// build one per row.
func pair(first Expr, other *Expr, k float64) Expr {
	first.constant += k * other.constant
	switch {
	case other.at.n == 0:
		return first
	case first.at.n == 0 && (other.at.n == 1 || k == 1):
		first.home, first.coef, first.at = other.home, k*other.coef, other.at
		return first
	case first.at.n > 0 && first.home.model != other.home.model:
		failMixed(first.home.model, other.home.model)
	}
	n := first.at.n + other.at.n
	home, at := other.home.model.storage(int(n))
	list := home.list[at:]
	list = list[first.copyTerms(list, 1):]
	other.copyTerms(list, k)
	return Expr{home, first.constant, 0, place{int32(at), n}}
}

// copyTerms writes k times the terms to dst and returns their number.
func (e *Expr) copyTerms(dst []term, k float64) int {
	if e.at.n == 1 {
		dst[0] = term{e.at.first, k * e.coef}
	} else if e.at.n > 1 {
		for i, t := range e.list() {
			dst[i] = term{t.col, k * t.coef}
		}
	}
	return int(e.at.n)
}

// failMixed records the mistake in both models, because either of them would
// read the other's columns as its own.
func failMixed(a, b *Model) {
	a.fail("an expression mixes variables of two models")
	b.fail("an expression mixes variables of two models")
}

// Add adds others to the expression in place. It suits sums that grow in a
// loop, such as a cost. Its storage doubles like that of a slice, so that n
// additions cost O(n). [Expr.Plus] in the same loop would cost O(n²).
func (e *Expr) Add(others ...Expr) {
	for i := range others {
		o := &others[i]
		e.constant += o.constant
		switch {
		case o.at.n == 0:
			continue
		case e.at.n == 0:
			e.home, e.coef, e.at = o.home, o.coef, o.at
			continue
		case e.home.model != o.home.model:
			failMixed(e.home.model, o.home.model)
		}
		e.makeRoom(o.Len())
		at := len(e.home.list)
		e.home.list = e.home.list[:at+o.Len()]
		o.copyTerms(e.home.list[at:], 1)
		e.at.n += o.at.n
	}
}

// makeRoom ensures that n more terms fit behind the terms of e. If e owns the
// end of its storage and the storage has capacity, nothing moves; otherwise the
// terms move. Few terms move to the end of the shared storage, where a sum can
// grow further until another expression takes the place behind it. Many terms
// move to storage of their own, which doubles.
func (e *Expr) makeRoom(n int) {
	if e.at.n > 1 {
		used := len(e.home.list)
		if used == int(e.at.first+e.at.n) && cap(e.home.list)-used >= n {
			return
		}
	}
	if need := e.Len() + n; need <= fewTerms {
		home, at := e.home.model.storage(need)
		e.copyTerms(home.list[at:], 1)
		home.list = home.list[:at+e.Len()]
		e.home, e.at.first = home, int32(at)
		return
	}
	grown := make([]term, e.at.n, 2*(e.Len()+n))
	e.copyTerms(grown, 1)
	e.home, e.at.first = &terms{e.home.model, grown}, 0
}

// fewTerms is the longest sum that grows in shared storage. Two sums that grow
// in turn move at each addition, which stays cheap for few terms.
const fewTerms = 16

// storage returns space for n terms: home.list[at:at+n]. Small requests share a
// piece of 4096 terms; large ones get their own.
func (m *Model) storage(n int) (home *terms, at int) {
	const piece = 1 << 12
	if n > piece/4 {
		return &terms{m, make([]term, n)}, 0
	}
	if m.pool == nil || len(m.pool.list)+n > piece {
		m.pool = &terms{m, make([]term, 0, piece)}
	}
	at = len(m.pool.list)
	m.pool.list = m.pool.list[:at+n]
	return m.pool, at
}

// Range returns the smallest and largest value of the expression within the
// bounds of its variables, each variable taken independently:
//
//	lo = e_0 + Σ_j min(a_j l_j, a_j u_j),    hi = e_0 + Σ_j max(a_j l_j, a_j u_j)
//
// Big-M constants come from it. For example, 2x − y with x in [0, 3] and y in
// [1, 4] ranges over [−4, 5].
func (e Expr) Range() (lo, hi float64) {
	lo, hi = e.constant, e.constant
	var single [1]term
	for _, t := range merged(e.all(&single)) {
		if t.coef == 0 {
			continue
		}
		l, u := Var{e.home.model, t.col}.Bounds()
		if t.coef < 0 {
			l, u = u, l
		}
		lo += t.coef * l
		hi += t.coef * u
	}
	return lo, hi
}

// merged returns the terms with equal variables added up, so that the range of
// x − x is 0. Up to 16 terms are compared in pairs, which is faster than a map;
// list itself is returned if no variable repeats.
func merged(list []term) []term {
	for i := 1; i < len(list); i++ {
		if i > 16 || containsColumn(list[:i], list[i].col) {
			return merge(list)
		}
	}
	return list
}

// containsColumn reports whether a variable is among the terms.
func containsColumn(list []term, col int32) bool {
	for _, t := range list {
		if t.col == col {
			return true
		}
	}
	return false
}

// merge adds up equal variables with a map, in order of first mention.
func merge(list []term) []term {
	at := make(map[int32]int, len(list))
	out := make([]term, 0, len(list))
	for _, t := range list {
		if i, ok := at[t.col]; ok {
			out[i].coef += t.coef
			continue
		}
		at[t.col] = len(out)
		out = append(out, t)
	}
	return out
}

// Value returns the expression's value for given values of all variables, one
// per column of the model.
func (e Expr) Value(values []float64) float64 {
	v := e.constant
	var single [1]term
	for _, t := range e.all(&single) {
		v += t.coef * values[t.col]
	}
	return v
}

// finite reports whether the constant and all coefficients are finite.
func (e *Expr) finite() bool {
	sum := e.constant - e.constant // 0, or NaN for infinities and NaN
	var single [1]term
	for _, t := range e.all(&single) {
		sum += t.coef - t.coef
	}
	return sum == 0
}
