package milp

import "math"

// term is one variable times one coefficient.
type term struct {
	col  int32
	coef float64
}

// Expr is a linear expression: a constant plus variables times coefficients. It is a value; its
// methods return new expressions and never change the one they are called on, except [Expr.Add].
//
// A single term lives inside the value, so that x.Times(3) allocates nothing; longer expressions
// take their terms from storage that the model allocates in large pieces.
type Expr struct {
	model    *Model
	head     term   // first term, if n is 1
	tail     []term // all terms, if n is greater than 1
	constant float64
	n        int
}

// Const returns the expression that is the number k.
func Const(k float64) Expr { return Expr{constant: k} }

// each calls f for every term, in the order in which they were added.
func (e *Expr) each(f func(term)) {
	switch e.n {
	case 0:
	case 1:
		f(e.head)
	default:
		for _, t := range e.tail {
			f(t)
		}
	}
}

// Len returns the number of terms, counting a variable once for each time it was added.
func (e Expr) Len() int { return e.n }

// Constant returns the constant part.
func (e Expr) Constant() float64 { return e.constant }

// IsConst reports whether the expression has no variables.
func (e Expr) IsConst() bool { return e.n == 0 }

// Terms calls yield for every variable and its coefficient; a variable that was added twice
// appears twice.
func (e Expr) Terms(yield func(Var, float64) bool) {
	switch e.n {
	case 0:
	case 1:
		yield(Var{e.model, e.head.col}, e.head.coef)
	default:
		for _, t := range e.tail {
			if !yield(Var{e.model, t.col}, t.coef) {
				return
			}
		}
	}
}

// Times returns k times the expression.
func (e Expr) Times(k float64) Expr {
	e.constant *= k
	switch {
	case e.n == 1:
		e.head.coef *= k
	case e.n > 1:
		tail := e.model.storage(e.n)
		for i, t := range e.tail {
			tail[i] = term{t.col, t.coef * k}
		}
		e.tail = tail
	}
	return e
}

// Plus returns the sum of the expression and others.
func (e Expr) Plus(others ...Expr) Expr {
	return sum(e, others)
}

// Minus returns the expression less another.
func (e Expr) Minus(other Expr) Expr {
	other.constant = -other.constant
	if other.n == 1 {
		other.head.coef = -other.head.coef
		return sum(e, []Expr{other})
	}
	if other.n == 0 {
		e.constant += other.constant
		return e
	}
	return sum(e, []Expr{other.negated()})
}

// negated expects the constant to be negated already.
func (e Expr) negated() Expr {
	tail := e.model.storage(e.n)
	for i, t := range e.tail {
		tail[i] = term{t.col, -t.coef}
	}
	e.tail = tail
	return e
}

// Sum returns the sum of the expressions.
func Sum(exprs ...Expr) Expr { return sum(Expr{}, exprs) }

func sum(first Expr, rest []Expr) Expr {
	n, model, constant := first.n, first.model, first.constant
	for i := range rest {
		e := &rest[i]
		n += e.n
		constant += e.constant
		if e.model != nil && e.model != model {
			if model != nil {
				model.fail("expression mixes variables of two models")
			}
			model = e.model
		}
	}
	out := Expr{model: model, constant: constant, n: n}
	switch {
	case n == 0:
	case n == 1:
		out.head = first.head
		for i := range rest {
			if rest[i].n == 1 {
				out.head = rest[i].head
			}
		}
	default:
		out.tail = model.storage(n)
		at := copyTerms(out.tail, &first)
		for i := range rest {
			at += copyTerms(out.tail[at:], &rest[i])
		}
	}
	return out
}

func copyTerms(dst []term, e *Expr) int {
	switch e.n {
	case 0:
	case 1:
		dst[0] = e.head
	default:
		copy(dst, e.tail)
	}
	return e.n
}

// Add adds others to the expression in place. It suits sums that grow in a loop, such as a cost:
// its storage doubles as a slice's does, so that n additions cost O(n).
func (e *Expr) Add(others ...Expr) {
	for i := range others {
		o := &others[i]
		e.constant += o.constant
		if o.n == 0 {
			continue
		}
		if e.model == nil {
			e.model = o.model
		} else if e.model != o.model {
			e.model.fail("expression mixes variables of two models")
		}
		switch {
		case e.n == 0 && o.n == 1:
			e.head, e.n = o.head, 1
			continue
		case e.n <= 1:
			grown := make([]term, e.n, max(4, 2*(e.n+o.n)))
			if e.n == 1 {
				grown[0] = e.head
			}
			e.tail = grown
		}
		if o.n == 1 {
			e.tail = append(e.tail, o.head)
		} else {
			e.tail = append(e.tail, o.tail...)
		}
		e.n = len(e.tail)
	}
}

// Range returns the smallest and largest value that the expression can take within the bounds of
// its variables, each variable on its own. It is where big-M constants come from.
func (e Expr) Range() (lo, hi float64) {
	lo, hi = e.constant, e.constant
	e.each(func(t term) {
		l, u := e.model.lower[t.col], e.model.upper[t.col]
		if t.coef < 0 {
			l, u = u, l
		}
		if t.coef != 0 {
			lo += t.coef * l
			hi += t.coef * u
		}
	})
	return lo, hi
}

// Value returns the expression's value at the given values of the model's variables, one per column.
func (e Expr) Value(values []float64) float64 {
	v := e.constant
	switch e.n {
	case 0:
	case 1:
		v += e.head.coef * values[e.head.col]
	default:
		for _, t := range e.tail {
			v += t.coef * values[t.col]
		}
	}
	return v
}

// finite reports whether every number in the expression is finite.
func (e *Expr) finite() bool {
	ok := !math.IsNaN(e.constant) && !math.IsInf(e.constant, 0)
	e.each(func(t term) { ok = ok && !math.IsNaN(t.coef) && !math.IsInf(t.coef, 0) })
	return ok
}
