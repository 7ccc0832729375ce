package results

import (
	"iter"
	"math"
	"slices"
	"time"
)

// Row is one number of a run; the package comment describes the fields.
// Scenario and Step are -1 if they are null, Value is NaN.
type Row struct {
	Case           string // in a merged table
	VPP, DER       string
	Scenario, Step int
	Time           time.Time // zero: null
	LocalTime      string
	Kind, Quantity string
	Unit           string
	Value          float64
}

// The kinds of rows.
const (
	kindScenario     = "scenario"      // probabilities
	kindSeries       = "series"        // wind, demand and others, as sampled
	kindPort         = "port"          // exchange, MW or t
	kindState        = "state"         // such as energy or on
	kindPrice        = "price"         // inside, of the tariff and of the market
	kindMoney        = "money"         // received, by step
	kindItem         = "item"          // received, over the horizon
	kindTotal        = "total"         // other sums of a scenario
	kindExpected     = "expected"      // over all scenarios
	kindExpectedItem = "expected_item" // payments of a DER
	kindSummary      = "summary"       // of the result
)

// null is a missing scenario or step, noTime a missing time.
const (
	null   = -1
	noTime = math.MinInt64
)

// columns is a part of a table, column by column. All slices have the same
// length. An empty text, [null], [noTime] and NaN stand for null.
type columns struct {
	cases                []string // nil unless the table is merged
	vpp, der             []string
	scenario, step       []int32
	time                 []int64 // ms since 1970 UTC
	local                []string
	kind, quantity, unit []string
	value                []float64
}

// maxRows is the number of rows of a part, and of a row group of a file.
const maxRows = 1 << 17

func (c *columns) len() int { return len(c.value) }

// clear empties the columns and keeps their memory.
func (c *columns) clear() {
	for _, x := range c.texts() {
		*x = (*x)[:0]
	}
	c.scenario, c.step, c.time, c.value = c.scenario[:0], c.step[:0], c.time[:0], c.value[:0]
}

// grow makes room for n rows of a table without cases.
func (c *columns) grow(n int) {
	for _, x := range c.texts()[1:] {
		*x = slices.Grow(*x, n)
	}
	c.scenario, c.step = slices.Grow(c.scenario, n), slices.Grow(c.step, n)
	c.time, c.value = slices.Grow(c.time, n), slices.Grow(c.value, n)
}

// texts returns the columns of text.
func (c *columns) texts() []*[]string {
	return []*[]string{&c.cases, &c.vpp, &c.der, &c.local, &c.kind, &c.quantity, &c.unit}
}

// row returns a row.
func (c *columns) row(i int) Row {
	r := Row{
		VPP: c.vpp[i], DER: c.der[i], Scenario: int(c.scenario[i]), Step: int(c.step[i]), LocalTime: c.local[i],
		Kind: c.kind[i], Quantity: c.quantity[i], Unit: c.unit[i], Value: c.value[i],
	}
	if len(c.cases) > 0 {
		r.Case = c.cases[i]
	}
	if ms := c.time[i]; ms != noTime {
		r.Time = time.UnixMilli(ms).UTC()
	}
	return r
}

// block is a run of rows that differ in their step only.
//
// For example, the 96 values of kind "state" and quantity "energy" of a battery
// in scenario 3.
type block struct {
	vpp, der, kind, quantity, unit string
	scenario                       int       // or null
	values                         []float64 // one per step, or a single one of the horizon
	horizon                        bool
}

// Rows returns the rows of the table in the order of its files.
func (t *Table) Rows() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for part := range t.parts() {
			for i := range part.len() {
				if !yield(part.row(i)) {
					return
				}
			}
		}
	}
}

// len returns the number of rows.
func (t *Table) len() int {
	n := 0
	for _, b := range t.blocks {
		n += len(b.values)
	}
	return n
}

// parts returns the table in parts of at most [maxRows] rows. A part is valid
// until the next one.
func (t *Table) parts() iter.Seq[*columns] {
	return func(yield func(*columns) bool) {
		part := &columns{}
		part.grow(min(maxRows, t.len()))
		for _, b := range t.blocks {
			if part.len()+len(b.values) > maxRows && part.len() > 0 {
				if !yield(part) {
					return
				}
				part.clear()
			}
			t.expand(part, b)
		}
		if part.len() > 0 {
			yield(part)
		}
	}
}

// expand appends the rows of a block.
func (t *Table) expand(c *columns, b block) {
	for step, value := range b.values {
		c.vpp, c.der = append(c.vpp, b.vpp), append(c.der, b.der)
		c.kind, c.quantity, c.unit = append(c.kind, b.kind), append(c.quantity, b.quantity), append(c.unit, b.unit)
		c.scenario, c.value = append(c.scenario, int32(b.scenario)), append(c.value, value)
		if b.horizon {
			c.step, c.time, c.local = append(c.step, null), append(c.time, noTime), append(c.local, "")
			continue
		}
		c.step, c.time, c.local = append(c.step, int32(step)), append(c.time, t.times[step]), append(c.local, t.locals[step])
	}
}
