package tables

import (
	"fmt"
	"math"
	"strings"
)

// marksOf returns the decimal and thousands marks of the layout, or those that
// the numbers show.
//
// A layout that states the decimal mark only has the other mark, '.' or ',',
// for thousands.
func (f *reader) marksOf(columns []chosen) marks {
	m := marks{decimal: f.own.Decimal, thousands: f.own.Thousands}
	if m.decimal != 0 {
		if m.thousands == 0 {
			m.thousands = map[rune]rune{'.': ',', ',': '.'}[m.decimal]
		}
		return m
	}
	// Only the chosen series are witnesses: a column of texts or of other
	// notations does not count.
	for _, c := range columns {
		header := c.group.section.header[c.at]
		for _, r := range c.group.rows {
			if text := r.cell(c.at); looksNumeric(text) {
				m.witness(text, r.line, c.at, header)
			}
		}
	}
	if m.decimal == 0 {
		m.decimal = f.form.decimal
		if m.thousands == 0 {
			m.thousands = f.form.thousands
		}
	}
	// A file in which every mark stands before three digits, such as 1.234,
	// reads as thousands and as a fraction. A factor of a thousand is too much
	// for a guess.
	if m.decimal == 0 && m.open != "" {
		f.bad.at(m.openLine, m.openAt, m.openName, "%q can be %s or %s, and no other number decides; state the decimal mark", m.open,
			strings.ReplaceAll(strings.ReplaceAll(m.open, ",", "."), ".", ""), strings.ReplaceAll(m.open, ",", "."))
		m.decimal = '.'
	}
	if m.decimal == 0 {
		m.decimal = '.' // no number has a mark
	}
	if m.thousands == 0 {
		m.thousands = map[rune]rune{'.': ',', ',': '.'}[m.decimal]
	}
	return m
}

// fillIn reads the values of all series, converts them and applies the policy
// for gaps.
//
// Power is v times the factor of its unit. Energy per step is divided by the
// hours of a step: 2.5 MWh in a quarter-hour are 10 MW. A text that is no
// number is a violation, and its value is NaN.
func (f *reader) fillIn(out *Reading, columns []chosen, m marks) {
	f.absentSteps(columns, out.Grid)
	for i := range columns {
		c := &columns[i]
		s := c.group.section
		values := make([]float64, out.Grid.Steps)
		for t := range values {
			values[t] = math.NaN()
		}
		c.lines = make([]int, out.Grid.Steps)
		for k, at := range c.group.at {
			r := c.group.lines[k]
			t := int((at - f.from) / f.step)
			if (at-f.from)%f.step != 0 {
				// Groups can be shifted against each other by a part of a step:
				// one violation per group.
				if k == 0 {
					f.bad.line(r.line, "the step begins at %s, off the grid of steps of %v from %s", shown(at, f.loc), out.Grid.Step, shown(f.from, f.loc))
				}
				continue
			}
			c.lines[t] = r.line
			text := r.cell(c.at)
			if f.isMissing(text) {
				if f.layout.Gaps.Fill == Refuse {
					f.bad.at(r.line, c.at, s.header[c.at], "%q, the value of %s is missing; fill gaps by hold or interpolate, or read other columns",
						text, shown(at, f.loc))
				}
				continue
			}
			v, ok := m.parse(text)
			if !ok {
				hint := ""
				if looksNumeric(text) {
					hint = fmt.Sprintf(" with the decimal mark %q", m.decimal)
				}
				f.bad.at(r.line, c.at, s.header[c.at], "%q is no finite number%s", text, hint)
				continue
			}
			values[t] = v * c.unit.factor
			if c.unit.quantity == power && c.unit.factor < 1 {
				values[t] = v / (1 / c.unit.factor) // kW/1000 rounds once, kW·0.001 twice
			}
			if c.unit.quantity == energy && c.As != "MWh" {
				values[t] /= out.Grid.Hours()
			}
		}
		name := c.unit.name
		if c.unit.quantity == energy && c.As != "MWh" {
			name = "MW"
		}
		out.Series = append(out.Series, Series{Name: c.Name, From: s.header[c.at], Unit: name, Values: values})
		f.gaps(out, c, values)
	}
}
