package milp

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// Copy returns a model that shares no memory with m. Columns and rows keep
// their indices: the copy of v is copy.VarAt(v.Index()). Expressions of m do
// not belong to the copy.
func (m *Model) Copy() *Model {
	c := &Model{
		lower: m.lower.clone(), upper: m.upper.clone(), cost: m.cost.clone(),
		integer: m.integer.clone(), colNames: m.colNames.clone(),
		rowStart: m.rowStart.clone(), rowCol: m.rowCol.clone(), rowCoef: m.rowCoef.clone(),
		rowLower: m.rowLower.clone(), rowUpper: m.rowUpper.clone(), rowNames: m.rowNames.clone(),
		constant: m.constant, maximize: m.maximize, start: slices.Clone(m.start),
		names: m.names.copy(), structure: m.structure, err: m.err,
	}
	c.home.model = c
	return c
}

// copy returns names that share no memory with x. The auxiliaries are cloned
// separately, because each family holds its own slice of them.
func (x *names) copy() names {
	c := names{families: slices.Clone(x.families), number: maps.Clone(x.number), recent: x.recent}
	for i := range c.families {
		c.families[i].auxiliaries = slices.Clone(c.families[i].auxiliaries)
	}
	return c
}

// Relaxed returns a copy of the model without integrality, the linear
// relaxation.
func (m *Model) Relaxed() *Model {
	c := m.Copy()
	c.integer.clear()
	c.structure++
	return c
}

// Fix sets both bounds of a variable to a value.
func (m *Model) Fix(v Var, value float64) { m.SetBounds(v, value, value) }

// FixIntegers fixes every integer variable at its rounded value and returns the
// number of integer variables. Values has one entry per column, as in
// [Solution.Values]. An entry farther than 1e-4 from an integer is a mistake
// that makes the model invalid, as any other mistake does.
func (m *Model) FixIntegers(values []float64) int {
	if len(values) != m.Vars() {
		m.fail(fmt.Sprintf("FixIntegers: %d values for %d variables", len(values), m.Vars()))
		return 0
	}
	n := 0
	for j, integer := range m.integer.all() {
		if !integer {
			continue
		}
		rounded := math.Round(values[j])
		if !(math.Abs(values[j]-rounded) <= 1e-4) {
			m.fail(fmt.Sprintf("FixIntegers: %v is %g, not an integer", m.VarAt(j).Name(), values[j]))
			return n
		}
		*m.lower.at(j), *m.upper.at(j) = rounded, rounded
		n++
	}
	return n
}
