package milp

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/internal/faults"
)

// Fault is the kind of a violation.
type Fault int

// Faults of rows and variables.
const (
	RowTooLow  Fault = iota + 1 // a constraint is below its lower limit
	RowTooHigh                  // a constraint is above its upper limit
	TooLow                      // a variable is below its lower bound
	TooHigh                     // a variable is above its upper bound
	NotInteger                  // an integer variable has a fractional value
	NotFinite                   // a variable's value is NaN or infinite
)

// Violation is one violated constraint, bound or integrality condition.
type Violation struct {
	Name   Name
	Fault  Fault
	Value  float64 // of the constraint or variable
	Limit  float64 // the violated limit; for NotInteger the nearest integer
	Amount float64 // |Value − Limit|, in the unit of Value
	// Relative is Amount divided by the scale of the numbers involved: the
	// largest of 1, |Limit| and the constraint's terms |coefficient · value|.
	Relative float64
}

// String describes the violation in one line, for example "variable x is 5,
// above 4 (by 1, relative 0.25)".
func (v Violation) String() string {
	switch v.Fault {
	case RowTooLow, RowTooHigh:
		return "constraint " + v.outside()
	case TooLow, TooHigh:
		return "variable " + v.outside()
	case NotInteger:
		return fmt.Sprintf("variable %v is %g, not an integer (by %.3g)", v.Name, v.Value, v.Amount)
	}
	return fmt.Sprintf("variable %v is %g", v.Name, v.Value)
}

// outside describes a value beyond its limit.
func (v Violation) outside() string {
	side := "above"
	if v.Fault == RowTooLow || v.Fault == TooLow {
		side = "below"
	}
	return fmt.Sprintf("%v is %g, %s %g (by %.3g, relative %.2g)",
		v.Name, v.Value, side, v.Limit, v.Amount, v.Relative)
}

// Violations lists all violations of a model by some values, the largest
// relative amount first. It is an error. A nil *Violations means that there are
// none.
type Violations struct {
	List      []Violation
	Tolerance float64 // of the comparison, relative
}

// Error lists up to twenty violations, one per line.
func (v *Violations) Error() string {
	const shown = 20
	var b strings.Builder
	fmt.Fprintf(&b, "milp: %d violations beyond a tolerance of %g:", len(v.List), v.Tolerance)
	for i, one := range v.List {
		if i == shown {
			fmt.Fprintf(&b, "\n  and %d more", len(v.List)-shown)
			break
		}
		b.WriteString("\n  " + one.String())
	}
	return b.String()
}

// Verify recomputes every constraint, bound and integrality condition of a
// model from its data, independent of any solver. It returns the violations of
// more than tol relative to the scale of the numbers involved (see
// [Violation]), or nil. Integrality is compared with tol itself. A tol of 0
// means 1e-6. Values has one entry per variable; another length is a
// programming mistake and panics.
func Verify(m *Model, values []float64, tol float64) *Violations {
	if len(values) != m.Vars() {
		panic(fmt.Sprintf("milp: Verify: got %d values for %d variables", len(values), m.Vars()))
	}
	if tol == 0 {
		tol = 1e-6
	}
	c, d := &verifier{tol: tol}, m.Data()
	for j, x := range values {
		c.name = *m.colNames.at(j)
		if x-x != 0 { // NaN or infinite
			c.add(Violation{Fault: NotFinite, Value: x, Limit: math.NaN(), Amount: Inf, Relative: Inf})
			continue
		}
		c.limits(x, d.Lower[j], d.Upper[j], 1, TooLow, TooHigh)
		if off := math.Abs(x - math.Round(x)); d.Integer[j] && off > tol {
			c.add(Violation{Fault: NotInteger, Value: x, Limit: math.Round(x), Amount: off, Relative: off})
		}
	}
	for i := range m.Rows() {
		activity, scale := 0.0, 1.0
		for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
			x := d.Coefficient[k] * values[d.Column[k]]
			activity += x
			scale = max(scale, math.Abs(x))
		}
		c.name = *m.rowNames.at(i)
		c.limits(activity, d.RowLower[i], d.RowUpper[i], scale, RowTooLow, RowTooHigh)
	}
	if len(c.list) == 0 {
		return nil
	}
	slices.SortStableFunc(c.list, func(a, b found) int {
		switch {
		case a.Relative > b.Relative:
			return -1
		case a.Relative < b.Relative:
			return 1
		}
		return 0
	})
	out := &Violations{make([]Violation, len(c.list)), tol}
	for i, f := range c.list {
		out.List[i] = f.Violation
		out.List[i].Name = m.names.name(f.name)
	}
	return out
}

// verifier collects violations. Names are formatted at the end, for violations
// only, because nearly all rows and columns have none.
type verifier struct {
	tol  float64
	name nameRef // of the current row or column
	list []found
}

// found is a violation with the stored form of its name.
type found struct {
	Violation
	name nameRef
}

// add appends a violation of the current row or column.
func (c *verifier) add(v Violation) { c.list = append(c.list, found{v, c.name}) }

// limits compares x with lo and hi.
func (c *verifier) limits(x, lo, hi, scale float64, below, above Fault) {
	c.limit(lo-x, x, lo, scale, below)
	c.limit(x-hi, x, hi, scale, above)
}

// limit adds a violation if amount exceeds the tolerance. The comparison is
// false for NaN: the variable with the NaN is a violation already.
func (c *verifier) limit(amount, x, limit, scale float64, fault Fault) {
	scale = max(scale, math.Abs(limit))
	if amount > c.tol*scale {
		c.add(Violation{Fault: fault, Value: x, Limit: limit, Amount: amount, Relative: amount / scale})
	}
}

// Verify returns nil if the solution's values satisfy the model and its
// objective equals the cost of the values, both within tol as in the function
// [Verify]. Otherwise it returns an error that joins a *[Violations] and a
// wrong objective. Without values it returns [Solution.Err].
func (s *Solution) Verify(m *Model, tol float64) error {
	if err := s.Err(); err != nil {
		return err
	}
	if len(s.Values) != m.Vars() {
		return fmt.Errorf("milp: the solution has %d values, the model has %d variables",
			len(s.Values), m.Vars())
	}
	bad := faults.List{Prefix: "milp: "}
	if v := Verify(m, s.Values, tol); v != nil { // a nil *Violations would be a non-nil error
		bad.Add(v)
	}
	if tol == 0 {
		tol = 1e-6
	}
	cost, scale := m.constant, max(1, math.Abs(m.constant))
	costs := m.cost.all()
	for j, x := range s.Values {
		cost += costs[j] * x
		scale = max(scale, math.Abs(costs[j]*x))
	}
	bad.Require(math.Abs(cost-s.Objective) <= tol*scale,
		"the objective is reported as %g, but the values cost %g", s.Objective, cost)
	return bad.Err()
}
