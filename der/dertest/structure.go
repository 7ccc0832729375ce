package dertest

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// structure checks a program without solving it, once with the number 1 and
// once with a membership binary. It returns false if solving makes no sense.
func (s *suite) structure(c der.Context) bool {
	s.t.Helper()
	for _, on := range []membership{number(1), binary(0, 1)} {
		p := s.build(c, on)
		if err := p.m.Err(); err != nil {
			s.errorf("Model builds a broken program: %v", err)
			return false
		}
		if !s.counts(p, c) {
			return false
		}
		s.columns(p, c)
		s.rowNames(p, c)
		s.stages(p)
		s.repeats(c, on, p)
	}
	return true
}

// counts requires one Terms per scenario and one expression per step. It also
// requires that a port is present in all scenarios or in none, because a VPP
// adds up ports by scenario. Convex costs must be convex.
func (s *suite) counts(p *program, c der.Context) bool {
	s.t.Helper()
	if len(p.terms) != c.Scenarios() {
		s.errorf("Model returns %d Terms, want one for each of %d scenarios", len(p.terms), c.Scenarios())
		return false
	}
	ok := true
	for i := range p.terms {
		for k := range p.terms[i].Convex {
			if err := p.terms[i].Convex[k].Verify(); err != nil {
				s.errorf("Terms[%d]: %v", i, err)
				ok = false
			}
		}
		for _, x := range ports(&p.terms[i]) {
			if x.exprs != nil && len(x.exprs) != c.Steps() {
				s.errorf("Terms[%d].%s has %d expressions, want one for each of %d steps or nil",
					i, x.name, len(x.exprs), c.Steps())
				ok = false
			}
			if (x.exprs == nil) != (ports(&p.terms[0])[index(x.name)].exprs == nil) && x.name != "DayAhead" {
				s.errorf("Terms[%d].%s is nil in some scenarios only; a port exists in all of them or in none",
					i, x.name)
			}
		}
		for _, trace := range p.terms[i].Traces {
			if len(trace.Values) != c.Steps() {
				s.errorf("Terms[%d]: trace %q has %d expressions, want one for each of %d steps",
					i, trace.Name, len(trace.Values), c.Steps())
				ok = false
			}
		}
		if i > 0 && p.terms[i].DayAhead != nil {
			s.errorf("Terms[%d].DayAhead is set; the day-ahead schedule is that of scenario 0", i)
		}
	}
	return ok
}

// index returns the position of a port in the list of [ports], by the name of
// its field in Terms.
func index(portName string) int {
	return slices.IndexFunc(ports(&der.Terms{}), func(x port) bool { return x.name == portName })
}

// columns checks the names of all columns, and that integer columns have finite
// bounds: branch and bound can run forever on an unbounded integer.
func (s *suite) columns(p *program, c der.Context) {
	s.t.Helper()
	seen := map[milp.Name]bool{}
	for j := p.first; j < p.cols; j++ {
		name := p.m.VarAt(j).Name()
		s.name("column", name, seen, c)
		if lo, hi := p.m.VarAt(j).Bounds(); p.m.IsInteger(p.m.VarAt(j)) && math.IsInf(hi-lo, 0) {
			s.errorf("integer column %v has bounds [%g, %g], want finite ones", name, lo, hi)
		}
	}
}

// rowNames checks the names of all rows. A column and a row may have the same
// name, two rows may not.
func (s *suite) rowNames(p *program, c der.Context) {
	s.t.Helper()
	seen := map[milp.Name]bool{}
	for i := range p.rows {
		s.name("row", p.m.RowAt(i).Name(), seen, c)
	}
}

// name requires a name that begins with the DER's name, is unique in its kind,
// and has a valid scenario. "battery.charge(3,17)" is the column of scenario 3
// and step 17, "battery.on(17)" one of the first stage.
func (s *suite) name(kind string, name milp.Name, seen map[milp.Name]bool, c der.Context) {
	s.t.Helper()
	if name.Owner != s.unit.Name() {
		s.errorf("%s %v does not begin with the name of the DER, %q", kind, name, s.unit.Name())
	}
	if seen[name] {
		s.errorf("two %ss are called %v; second-stage names have scenario and step, first-stage names the step",
			kind, name)
	}
	seen[name] = true
	if i := name.Indices(); len(i) == 2 && (i[0] < 0 || i[0] >= c.Scenarios()) {
		s.errorf("%s %v: the first of two indices is the scenario, want 0 to %d",
			kind, name, c.Scenarios()-1)
	}
}

// stages checks nonanticipativity: a decision may depend on its own scenario
// only.
//
//   - The Terms of a scenario, and every row, use columns of one scenario and
//     first-stage columns.
//   - The day-ahead schedule uses first-stage columns only.
func (s *suite) stages(p *program) {
	s.t.Helper()
	for i := range p.terms {
		for _, x := range ports(&p.terms[i]) {
			for t, e := range x.exprs {
				s.confined(fmt.Sprintf("Terms[%d].%s[%d]", i, x.name, t), e, i, x.name == "DayAhead")
			}
		}
		s.confined(fmt.Sprintf("Terms[%d].Cost", i), p.terms[i].Cost, i, false)
	}
	// The matrix is stored by rows: row i has the columns from RowStart[i] to
	// RowStart[i+1].
	d := p.m.Data()
	for i := range p.rows {
		first := -1 // scenario of the first second-stage column in the row
		for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
			scenario := scenarioOf(p.m.VarAt(int(d.Column[k])).Name())
			if scenario >= 0 && first >= 0 && scenario != first {
				s.errorf("row %v joins columns of scenarios %d and %d; a row has columns of one scenario",
					p.m.RowAt(i).Name(), first, scenario)
				break
			}
			first = max(first, scenario)
		}
	}
}

// confined requires that an expression has columns of the given scenario and of
// the first stage. With firstStage it must have first-stage columns only.
func (s *suite) confined(what string, e milp.Expr, scenario int, firstStage bool) {
	s.t.Helper()
	for v := range e.Terms {
		other := scenarioOf(v.Name())
		if other >= 0 && (firstStage || other != scenario) {
			s.errorf("%s uses column %v of scenario %d", what, v.Name(), other)
			return
		}
	}
}

// scenarioOf returns the scenario in a name, or -1 for a first-stage name.
func scenarioOf(name milp.Name) int {
	if i := name.Indices(); len(i) == 2 {
		return i[0]
	}
	return -1
}

// repeats requires that two more builds, at the same time, give the same
// program. Under the race detector it also finds a Model that writes to its
// data.
func (s *suite) repeats(c der.Context, on membership, p *program) {
	s.t.Helper()
	var wg sync.WaitGroup
	again := make([]*program, 2)
	for i := range again {
		wg.Go(func() { again[i] = s.build(c, on) })
	}
	wg.Wait()
	for _, q := range again {
		if text := difference(p, q); text != "" {
			s.errorf("building twice gives two programs: %s", text)
			return
		}
	}
}

// difference describes the first difference of two programs: size, columns,
// matrix, row limits, names and Terms, in this order. It is empty if the
// programs are equal.
func difference(p, q *program) string {
	a, b := p.m.Data(), q.m.Data()
	switch {
	case p.m.Vars() != q.m.Vars() || p.m.Rows() != q.m.Rows():
		return fmt.Sprintf("%d columns and %d rows, then %d and %d", p.m.Vars(), p.m.Rows(), q.m.Vars(), q.m.Rows())
	case !slices.Equal(a.Lower, b.Lower) || !slices.Equal(a.Upper, b.Upper) || !slices.Equal(a.Integer, b.Integer):
		return "bounds or types of columns"
	case !slices.Equal(a.RowStart, b.RowStart) || !slices.Equal(a.Column, b.Column) || !slices.Equal(a.Coefficient, b.Coefficient):
		return "coefficients"
	case !slices.Equal(a.RowLower, b.RowLower) || !slices.Equal(a.RowUpper, b.RowUpper):
		return "limits of rows"
	}
	for j := range p.m.Vars() {
		if p.m.VarAt(j).Name() != q.m.VarAt(j).Name() {
			return fmt.Sprintf("column %d is %v, then %v", j, p.m.VarAt(j).Name(), q.m.VarAt(j).Name())
		}
	}
	for i := range p.m.Rows() {
		if p.m.RowAt(i).Name() != q.m.RowAt(i).Name() {
			return fmt.Sprintf("row %d is %v, then %v", i, p.m.RowAt(i).Name(), q.m.RowAt(i).Name())
		}
	}
	for i := range p.terms {
		x, y := ports(&p.terms[i]), ports(&q.terms[i])
		for k := range x {
			if !slices.EqualFunc(x[k].exprs, y[k].exprs, same) {
				return fmt.Sprintf("Terms[%d].%s", i, x[k].name)
			}
		}
		if !same(p.terms[i].Cost, q.terms[i].Cost) {
			return fmt.Sprintf("Terms[%d].Cost", i)
		}
	}
	return ""
}

// same reports whether two expressions of equal programs have equal terms in
// equal order. The order matters, because it decides the bytes of the matrix
// and thus the path of a solver.
func same(a, b milp.Expr) bool {
	type term struct {
		col  int
		coef float64
	}
	list := func(e milp.Expr) (out []term) {
		for v, coef := range e.Terms {
			out = append(out, term{v.Index(), coef})
		}
		return out
	}
	return a.Constant() == b.Constant() && slices.Equal(list(a), list(b))
}
