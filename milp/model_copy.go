package milp

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// Copy returns a model that shares nothing with this one. Columns and rows keep their numbers: the
// copy of v is copy.VarAt(v.Index()). Expressions of the original do not fit the copy.
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

func (x *names) copy() names {
	c := names{families: slices.Clone(x.families), number: maps.Clone(x.number), recent: x.recent}
	for i := range c.families {
		c.families[i].auxiliaries = slices.Clone(c.families[i].auxiliaries)
	}
	return c
}

// Relaxed returns a copy in which no variable has to be integer.
func (m *Model) Relaxed() *Model {
	c := m.Copy()
	c.integer.clear()
	c.structure++
	return c
}

// Fix sets both bounds of a variable to a value.
func (m *Model) Fix(v Var, value float64) { m.SetBounds(v, value, value) }

// FixIntegers fixes every integer variable at its value, rounded, and returns how many there are.
// Values has one entry per column, as in a [Solution]. An entry further than 1e-4 from an integer is
// no solution of the program; the model is then spoilt, as by any other mistake.
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
