package ipm

import "math"

// bounds are the bounds of a model's columns after rows of a single column were
// turned into bounds. Such rows often leave a column no interior, for example p
// ≤ 0 · share at night.
type bounds struct {
	lower, upper           []float64
	lowerFrom, upperFrom   []int32 // row that set the bound, or -1 for the model's own
	gone                   []bool  // rows that are bounds now
	events                 []event // in the order in which they happened
	impossible             int     // row that contradicts the others, or -1
	start, column          []int32
	coefficient, low, high []float64
}

// event is the replacement of a row by bounds of its only column that was not
// fixed.
type event struct {
	row, column int32
	coefficient float64
}

// rounding is the relative distance at which two bounds count as equal. It is
// assumed.
const rounding = 1e-9

// turn finds the bounds, in passes over the rows until no further column
// becomes fixed.
func (b *bounds) turn() {
	const passes = 50
	again := true
	for pass := 0; again && pass < passes && b.impossible < 0; pass++ {
		again = false
		for i := range b.low {
			if b.gone[i] || math.IsInf(b.low[i], 0) && math.IsInf(b.high[i], 0) {
				continue
			}
			// Fixed columns are constants, so that a row can become one of a
			// single column later.
			only, constant, terms := int32(-1), 0.0, 0
			for k := b.start[i]; k < b.start[i+1] && terms < 2; k++ {
				j := b.column[k]
				switch {
				case b.coefficient[k] == 0:
				case b.lower[j] == b.upper[j]:
					constant += b.coefficient[k] * b.lower[j]
				default:
					only = k
					terms++
				}
			}
			if terms != 1 {
				continue
			}
			e := event{int32(i), b.column[only], b.coefficient[only]}
			lo, up := (b.low[i]-constant)/e.coefficient, (b.high[i]-constant)/e.coefficient
			if e.coefficient < 0 { // division by it turns the inequality around
				lo, up = up, lo
			}
			b.gone[i] = true
			b.events = append(b.events, e)
			if again = b.tighten(e, lo, up) || again; b.impossible >= 0 {
				return
			}
		}
	}
}

// tighten applies the bounds of a row. It reports whether the column is fixed.
func (b *bounds) tighten(e event, lo, up float64) (fixed bool) {
	j := e.column
	if lo > b.lower[j] {
		b.lower[j], b.lowerFrom[j] = lo, e.row
	}
	if up < b.upper[j] {
		b.upper[j], b.upperFrom[j] = up, e.row
	}
	width, size := b.upper[j]-b.lower[j], max(1, finite(b.lower[j]), finite(b.upper[j]))
	// A row of a large coefficient is missed by much if its column is missed by
	// little.
	c := max(1, math.Abs(e.coefficient))
	switch {
	case width*c < -rounding*max(size, c*min(finite(b.lower[j]), finite(b.upper[j]))):
		b.impossible = int(e.row)
	case width <= 1e-3*rounding*size:
		// An equation that was stated as two inequalities, with errors of
		// rounding.
		if width < 0 && b.lowerFrom[j] == e.row {
			b.lower[j] = b.upper[j]
		}
		b.upper[j] = b.lower[j]
		return true
	}
	return false
}

// findBounds copies the bounds and limits of a model.
func (r *reduction) findBounds() {
	d := r.data
	b := &bounds{
		lowerFrom: make([]int32, len(d.Cost)), upperFrom: make([]int32, len(d.Cost)), gone: make([]bool, len(d.RowLower)),
		impossible: -1, start: d.RowStart, column: d.Column, coefficient: d.Coefficient,
	}
	for j := range d.Cost {
		b.lowerFrom[j], b.upperFrom[j] = -1, -1
		b.lower, b.upper = append(b.lower, absent(d.Lower[j])), append(b.upper, absent(d.Upper[j]))
	}
	for i := range d.RowLower {
		b.low, b.high = append(b.low, absent(d.RowLower[i])), append(b.high, absent(d.RowUpper[i]))
	}
	b.turn()
	b.low, b.high = nil, nil
	r.bounds = b
}

// price moves reduced costs of columns at a bound that a row set to the prices
// of these rows, the last replacement first: its row contains earlier columns
// as constants.
func (b *bounds) price(duals, reduced, size []float64) {
	for at := len(b.events) - 1; at >= 0; at-- {
		e := b.events[at]
		rate := reduced[e.column]
		if !(rate > 0 && b.lowerFrom[e.column] == e.row || rate < 0 && b.upperFrom[e.column] == e.row) {
			continue
		}
		y := rate / e.coefficient
		duals[e.row] = y
		for k := b.start[e.row]; k < b.start[e.row+1]; k++ {
			part := b.coefficient[k] * y
			reduced[b.column[k]] -= part
			size[b.column[k]] = max(size[b.column[k]], math.Abs(part))
		}
		reduced[e.column] = 0
	}
}
