package milp

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Fault is the way in which a value breaks a model's rule.
type Fault int

// Faults of rows and variables.
const (
	RowTooLow Fault = iota + 1 // a constraint is below its lower limit
	RowTooHigh
	TooLow // a variable is below its lower bound
	TooHigh
	NotInteger
	NotFinite // a variable's value is NaN or infinite
)

// Violation is one broken rule.
type Violation struct {
	Name   Name
	Fault  Fault
	Value  float64 // of the constraint or variable
	Limit  float64 // what it should respect; the nearest integer for NotInteger
	Amount float64 // by which it does not, in the unit of the value
	// Relative is Amount over the scale of the numbers involved: the largest of 1, |Limit| and the
	// constraint's |coefficient · value|.
	Relative float64
}

// String describes the violation in one line.
func (v Violation) String() string {
	switch v.Fault {
	case RowTooLow, RowTooHigh:
		return fmt.Sprintf("constraint %v is %g, %s %g (by %.3g, relative %.2g)", v.Name, v.Value, side(v.Fault), v.Limit, v.Amount, v.Relative)
	case TooLow, TooHigh:
		return fmt.Sprintf("variable %v is %g, %s %g (by %.3g, relative %.2g)", v.Name, v.Value, side(v.Fault), v.Limit, v.Amount, v.Relative)
	case NotInteger:
		return fmt.Sprintf("variable %v is %g, not an integer (by %.3g)", v.Name, v.Value, v.Amount)
	}
	return fmt.Sprintf("variable %v is %g", v.Name, v.Value)
}

func side(f Fault) string {
	if f == RowTooLow || f == TooLow {
		return "below"
	}
	return "above"
}

// Violations lists every rule of a model that some values break, the worst first. It is an error; a nil
// *Violations means that there are none.
type Violations struct {
	List      []Violation
	Tolerance float64
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

// Check recomputes every constraint, bound and integrality rule of a model from its data, whatever any
// solver says, and returns what the values break by more than tol relative to the scale of the numbers
// involved; see [Violation]. Integrality is absolute. It returns nil where there is nothing. A tol of 0
// stands for 1e-6. There must be one value per variable.
func Verify(m *Model, values []float64, tol float64) *Violations {
	if len(values) != m.Vars() {
		panic(fmt.Sprintf("milp: Check of %d values for %d variables", len(values), m.Vars()))
	}
	if tol == 0 {
		tol = 1e-6
	}
	c, d := &checker{tol: tol}, m.Data()
	for j, x := range values {
		c.name = *m.colNames.at(j)
		if x-x != 0 {
			c.list = append(c.list, found{Violation{Fault: NotFinite, Value: x, Limit: math.NaN(), Amount: Inf, Relative: Inf}, c.name})
			continue
		}
		c.limits(x, d.Lower[j], d.Upper[j], 1, TooLow, TooHigh)
		if off := math.Abs(x - math.Round(x)); d.Integer[j] && off > tol {
			c.list = append(c.list, found{Violation{Fault: NotInteger, Value: x, Limit: math.Round(x), Amount: off, Relative: off}, c.name})
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

type checker struct {
	tol  float64
	name nameRef // of what is looked at
	list []found
}

type found struct {
	Violation
	name nameRef
}

func (c *checker) limits(x, lo, hi, scale float64, below, above Fault) {
	c.limit(lo-x, x, lo, scale, below)
	c.limit(x-hi, x, hi, scale, above)
}

func (c *checker) limit(amount, x, limit, scale float64, fault Fault) {
	scale = max(scale, math.Abs(limit))
	if amount > c.tol*scale { // false for NaN, whose variable is on the list already
		c.list = append(c.list, found{Violation{Fault: fault, Value: x, Limit: limit, Amount: amount, Relative: amount / scale}, c.name})
	}
}

// Check returns nil where the solution's values keep every rule of the model and its objective is what
// they cost, both within tol as in the function [Check]; a *[Violations] or another error where not; and
// [Solution.Err] where there are no values.
func (s *Solution) Verify(m *Model, tol float64) error {
	if err := s.Err(); err != nil {
		return err
	}
	if len(s.Values) != m.Vars() {
		return fmt.Errorf("milp: a solution of %d values for a model of %d variables", len(s.Values), m.Vars())
	}
	var errs []error
	if v := Verify(m, s.Values, tol); v != nil {
		errs = append(errs, v)
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
	if !(math.Abs(cost-s.Objective) <= tol*scale) {
		errs = append(errs, fmt.Errorf("milp: the objective is reported as %g, its values cost %g", s.Objective, cost))
	}
	return errors.Join(errs...)
}
