package highs

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/milp"
)

// mirror is a HiGHS object and a copy of the numbers that it holds. A changed
// program is brought up to date by sending the differences only.
type mirror struct {
	object object
	open   bool   // object is valid
	loaded bool   // object holds the program below
	lost   string // reason for the loss of an earlier program, for Solution.Update

	// The program that the object holds; see [milp.Data].
	structure                              int
	cost, lower, upper, rowLower, rowUpper []float64
	constant                               float64
	units                                  units // of the object
	maximize                               bool

	// Of a program without integers, to recognise one with further rows.
	start, column []int32
	coefficient   []float64
}

// update makes the object hold the program d and returns a description of the
// steps: "built: …", "updated: …" or "rebuilt: …".
func (m *mirror) update(ctx context.Context, s Solver, d milp.Data) (description string, err error) {
	if !m.open {
		if m.object, err = s.object(ctx); err != nil {
			return "", err
		}
		m.open = true
	}
	u := unitsOf(d)
	switch {
	case m.loaded && m.structure == d.Structure && !m.units.sameMatrix(u):
		description, err = "rebuilt: tiny coefficients or bounds changed", m.load(d)
	case m.loaded && m.structure != d.Structure && m.grew(d, u):
		old := len(m.rowLower)
		if err = m.object.addRows(d, old); err != nil {
			break
		}
		m.rowLower, m.rowUpper = append(m.rowLower, d.RowLower[old:]...), append(m.rowUpper, d.RowUpper[old:]...)
		m.keepMatrix(d)
		m.structure = d.Structure
		var changes []string
		changes, err = m.send(d, u)
		description = fmt.Sprintf("updated: %d more rows, %s", len(d.RowLower)-old, list(changes))
	case m.loaded && m.structure == d.Structure:
		var changes []string
		changes, err = m.send(d, u)
		description = "updated: " + list(changes)
	case m.loaded:
		description, err = "rebuilt: columns, rows or coefficients changed", m.load(d)
	case m.lost != "":
		description = "rebuilt: " + m.lost // load forgets the reason
		err = m.load(d)
	default:
		description, err = fmt.Sprintf("built: %d columns, %d rows", len(d.Cost), len(d.RowLower)), m.load(d)
	}
	if err != nil {
		m.lose("HiGHS rejected a change") // the copy may differ from the object now
	}
	return description, err
}

// grew reports whether d is the program of the object with further rows, so
// that these can be added and the basis stays. It holds for programs without
// integers and with units of 1.
func (m *mirror) grew(d milp.Data, u units) bool {
	if m.start == nil || hasIntegers(d) || u.rows != nil || u.columns != nil || u.omitted != nil || !m.units.sameMatrix(u) {
		return false
	}
	rows, nonzeros := len(m.rowLower), len(m.column)
	return len(d.Cost) == len(m.cost) && len(d.RowLower) > rows &&
		slices.Equal(m.start, d.RowStart[:rows+1]) && slices.Equal(m.column, d.Column[:nonzeros]) &&
		slices.Equal(m.coefficient, d.Coefficient[:nonzeros])
}

// keepMatrix copies the matrix for grew.
func (m *mirror) keepMatrix(d milp.Data) {
	if hasIntegers(d) {
		m.start = nil
		return
	}
	m.start, m.column = append(m.start[:0], d.RowStart...), append(m.column[:0], d.Column...)
	m.coefficient = append(m.coefficient[:0], d.Coefficient...)
}

// lose closes the object. The next update builds a new one and reports the
// reason.
func (m *mirror) lose(reason string) {
	if m.open {
		m.object.close()
	}
	m.open, m.loaded, m.lost = false, false, reason
}

// load passes the whole program and copies its numbers.
func (m *mirror) load(d milp.Data) error {
	if err := m.object.pass(d); err != nil {
		return err
	}
	m.structure, m.constant, m.maximize = d.Structure, d.Constant, d.Maximize
	m.units = unitsOf(d)
	m.cost = append(m.cost[:0], d.Cost...)
	m.lower, m.upper = append(m.lower[:0], d.Lower...), append(m.upper[:0], d.Upper...)
	m.rowLower, m.rowUpper = append(m.rowLower[:0], d.RowLower...), append(m.rowUpper[:0], d.RowUpper...)
	m.keepMatrix(d)
	m.loaded, m.lost = true, ""
	return nil
}

// send passes the numbers that differ from those of the object and returns
// their descriptions, for example "3 costs".
func (m *mirror) send(d milp.Data, u units) (changes []string, err error) {
	note := func(n int, what string) { changes = append(changes, fmt.Sprintf("%d %s", n, what)) }
	set := differing(m.cost, d.Cost, nil, nil)
	if len(set) > 0 {
		note(len(set), "costs")
	}
	rescaled := false
	if u.cost != m.units.cost {
		m.units.cost, rescaled = u.cost, true
		set = every(len(d.Cost))
	}
	if len(set) > 0 {
		cost := pick(m.cost, d.Cost, set)
		for k, j := range set {
			cost[k] *= u.column(int(j)) * u.cost
		}
		err = errors.Join(err, m.object.changeCosts(set, cost))
	}
	if set := differing(m.lower, d.Lower, m.upper, d.Upper); len(set) > 0 {
		lower, upper := pick(m.lower, d.Lower, set), pick(m.upper, d.Upper, set)
		for k, j := range set {
			lower[k] /= u.column(int(j))
			upper[k] /= u.column(int(j))
		}
		err = errors.Join(err, m.object.changeBounds(set, lower, upper))
		note(len(set), "bounds")
	}
	if set := differing(m.rowLower, d.RowLower, m.rowUpper, d.RowUpper); len(set) > 0 {
		lower, upper := pick(m.rowLower, d.RowLower, set), pick(m.rowUpper, d.RowUpper, set)
		for k, i := range set {
			lower[k] *= u.row(int(i))
			upper[k] *= u.row(int(i))
		}
		err = errors.Join(err, m.object.changeLimits(set, lower, upper))
		note(len(set), "limits")
	}
	if m.maximize != d.Maximize || m.constant != d.Constant || rescaled {
		err = errors.Join(err, m.object.changeObjective(d, u))
		if m.maximize != d.Maximize {
			changes = append(changes, "sense")
		}
		if m.constant != d.Constant {
			changes = append(changes, "constant")
		}
		m.maximize, m.constant = d.Maximize, d.Constant
	}
	return changes, err
}

// every returns the indices below n.
func every(n int) []int32 {
	out := make([]int32, n)
	for j := range out {
		out[j] = int32(j)
	}
	return out
}

// differing returns the indices, ascending, at which old and now, or old2 and
// now2, differ. The second pair may be nil.
func differing(old, now, old2, now2 []float64) (set []int32) {
	for j := range now {
		if old[j] != now[j] || old2 != nil && old2[j] != now2[j] {
			set = append(set, int32(j))
		}
	}
	return set
}

// pick returns the new values at the indices and stores them over the old ones.
func pick(old, now []float64, set []int32) []float64 {
	out := make([]float64, len(set))
	for k, j := range set {
		out[k], old[j] = now[j], now[j]
	}
	return out
}
