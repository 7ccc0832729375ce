package unitcommitment

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/scenario"
)

// ReadMATPOWER reads the generators, their costs and the load of a MATPOWER
// case, version 1 or 2, as one step of an hour: MW, currency per hour, all
// buses joined to one. The demand is the load and the shunt conductance of all
// buses that are not isolated.
//
// Machines in service run between Pmin and Pmax, as in MATPOWER's optimal power
// flow. With [Options.Decommit] they can be off at no cost, as in its unit
// decommitment. Costs of starts and stops and ramps, which need more than one
// step, change nothing.
//
// Source: the description of the case format in the manual of MATPOWER 8.
func ReadMATPOWER(r io.Reader, options Options) (*System, error) {
	text, err := plain(r)
	if err != nil {
		return nil, err
	}
	f := &matpower{mcase: parseCase(text), options: options}
	system := f.read()
	if err := f.bad.Err(); err != nil {
		return nil, err
	}
	if err := system.Validate(); err != nil {
		return nil, err
	}
	return system, nil
}

// matpower reads a case that is parsed.
//
// Columns of the matrices that count here, from 1 as in the manual:
//
//	mpc.bus      1 number, 2 type (4 is isolated), 3 load Pd, 5 shunt conductance Gs      MW
//	mpc.gen      1 bus, 8 status (above 0: in service), 9 Pmax, 10 Pmin                   MW
//	mpc.gencost  1 model, 2 start, 3 stop, 4 number n, then n values, see cost
//	mpc.branch   6 rating A, 11 status
type matpower struct {
	*mcase
	options Options
	system  *System
}

// Columns of the matrices, from 0.
const (
	busNumber, busType, busLoad, busShunt        = 0, 1, 2, 4
	genBus, genStatus, genMost, genLeast         = 0, 7, 8, 9
	costModel, costStart, costStop, costCount    = 0, 1, 2, 3
	costFirst                                    = 4
	branchRating, branchStatus                   = 5, 10
	isolated, piecewiseLinear, polynomial        = 4, 1, 2
	busColumns, genColumns, branchColumns, inUse = 13, 10, 11, 1
)

// read returns the system. Violations are collected in f.bad.
//
// The balance is Σ P_i = Σ (Pd + Gs) over the buses that are not isolated,
// because losses of branches are part of the network.
func (f *matpower) read() *System {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 1})
	f.system = &System{Set: set, Demand: demandSeries}
	bus, gen, cost := f.table("bus", busColumns), f.table("gen", genColumns), f.table("gencost", costFirst)
	if bus == nil || gen == nil || cost == nil {
		return f.system
	}
	var (
		total = 0.0
		kinds = map[float64]float64{} // type by number
		off   int
	)
	for _, row := range bus {
		n := f.whole(row[busNumber], "the number of a bus", 1)
		if _, twice := kinds[n]; twice {
			f.bad.Addf("%s: bus %v is given twice, want one row per bus", row[busNumber].place(), n)
		}
		kinds[n] = row[busType].value
		load, shunt := f.finite(row[busLoad], "the load"), f.finite(row[busShunt], "the shunt conductance")
		if kinds[n] == isolated {
			off++
			continue
		}
		total += load + shunt
	}
	// MATPOWER removes isolated buses with all that is connected to them.
	if off > 0 {
		f.note("bus: %s isolated and left out, with the load", plural(off, "bus is", "buses are"))
	}
	if err := set.AddForecast(demandSeries, "MW", []float64{total}); err != nil {
		f.bad.Add(err)
	}
	if len(cost) != len(gen) && len(cost) != 2*len(gen) {
		f.bad.Addf("line %d: %s has %d rows, want %d, one per machine, or twice as many with reactive power",
			f.matrices["gencost"].line, f.matrices["gencost"].name, len(cost), len(gen))
		return f.system
	}
	// Rows of reactive power follow those of real power, so that row i belongs
	// to machine i.
	if len(cost) == 2*len(gen) {
		f.note("gencost: the costs of reactive power are ignored, because the model has real power only")
	}
	f.machines(gen, cost, kinds)
	f.others()
	return f.system
}

// machines adds the machines in service.
//
// Their names are gen1, gen2, … by their rows. A row with a negative Pmin is a
// load: its power is negative, and its cost falls with the power that it takes.
//
// For example, a machine of −30 to 0 MW with the polynomial 50 p is a load of
// up to 30 MW that pays 50 per MWh.
func (f *matpower) machines(gen, cost [][]element, kinds map[float64]float64) {
	var out, starts int
	for i, row := range gen {
		kind, known := kinds[row[genBus].value]
		if !known {
			f.bad.Addf("%s: machine %d is at bus %v, which no row of bus has", row[genBus].place(), i+1, row[genBus].value)
		}
		if !(row[genStatus].value > 0) || kind == isolated {
			out++
			continue
		}
		u := &dispatched{id: fmt.Sprint("gen", i+1)}
		u.least = []float64{f.finite(row[genLeast], "Pmin")}
		u.most = []float64{f.finite(row[genMost], "Pmax")}
		if u.least[0] > u.most[0] {
			f.bad.Addf("%s: Pmin of machine %d is %v, want at most Pmax, %v", row[genLeast].place(), i+1, u.least[0], u.most[0])
		}
		f.cost(u, cost[i])
		if cost[i][costStart].value != 0 || cost[i][costStop].value != 0 {
			starts++
		}
		// A machine in service is on before the step. Its constant cost counts
		// only if it stays on.
		if f.options.Decommit {
			u.switching = &switching{minUp: 1, minOff: 1, on: true}
		}
		if f.bad.Len() == 0 {
			f.bad.Add(u.Validate(f.system.Set))
		}
		f.system.Units = append(f.system.Units, u)
	}
	if out > 0 {
		f.note("gen: %s out of service and left out", plural(out, "machine is", "machines are"))
	}
	if starts > 0 {
		f.note("gencost: the costs of starts and stops of %s ignored, because a case is one step",
			plural(starts, "machine are", "machines are"))
	}
}

// cost reads a row of gencost. The number of points or coefficients is the
// fourth column. Coefficients begin with the highest power; the first and the
// last segment go on beyond their points.
//
// Two rows, of a polynomial and of points, in currency per hour at p MW:
//
//	2 0 0 3 0.1 20 5            0.1 p² + 20 p + 5
//	1 0 0 3 0 0 50 1000 80 2200 from 0 to 50 MW 20 per MWh, above 40 per MWh
func (f *matpower) cost(u *dispatched, row []element) {
	n := int(f.whole(row[costCount], "the number of points or coefficients", 0))
	width := 1
	if row[costModel].value == piecewiseLinear {
		width = 2
	}
	if given := (len(row) - costFirst) / width; n > given {
		f.bad.Addf("%s: asks for %d points or coefficients, but the row has %d; add columns", row[costCount].place(), n, given)
		return
	}
	// A matrix is rectangular, so that shorter costs have zeros behind them,
	// which do not count.
	values := row[costFirst : costFirst+n*width]
	for _, v := range values {
		f.finite(v, "a cost")
	}
	switch row[costModel].value {
	case piecewiseLinear: // p1, f1, p2, f2, …
		for i := 0; i < len(values); i += 2 {
			p := der.CurvePoint{Output: values[i].value, Cost: values[i+1].value}
			if k := len(u.curve); k > 0 && p.Output <= u.curve[k-1].Output {
				f.bad.Addf("%s: a point is at %v MW, want more than the %v MW before", values[i].place(), p.Output, u.curve[k-1].Output)
				return
			}
			u.curve = append(u.curve, p)
		}
		if len(u.curve) < 2 {
			f.bad.Addf("%s: has %d points, want at least 2", row[costCount].place(), n)
		}
		for i, lines := 1, linesOf(u.curve); i < len(lines); i++ {
			if a, b := lines[i-1].slope, lines[i].slope; b < a-1e-9*max(1, math.Abs(a)) {
				f.note("gencost: line %d: the curve is not convex, and the largest of its lines counts, as in MATPOWER", row[0].line)
				break
			}
		}
	case polynomial: // c_{n−1}, …, c_1, c_0
		for i, v := range values {
			switch power := n - 1 - i; {
			case power == 2:
				u.quadratic = []float64{v.value}
				if v.value < 0 {
					f.bad.Addf("%s: the coefficient of p² is %v, want at least 0 (a convex cost)", v.place(), v.value)
				}
			case power == 1:
				u.price = []float64{v.value}
			case power == 0:
				u.curve = []der.CurvePoint{{Cost: v.value}}
			case v.value != 0:
				f.bad.Addf("%s: the coefficient of power %d is %v, which is not part of this model; want powers 0 to 2, or points (model 1)",
					v.place(), power, v.value)
			}
		}
	default:
		f.bad.Addf("%s: the cost model is %v, want 1, points, or 2, a polynomial", row[costModel].place(), row[costModel].value)
	}
}

// others notes the network, and rejects the fields that add to the problem.
//
// Such fields are linear constraints (A) and reserves. Further matrices are
// data of other programs and are noted.
func (f *matpower) others() {
	if rows := f.optionalTable("branch", branchColumns); len(rows) > 0 {
		limited := 0
		for _, row := range rows {
			if row[branchRating].value > 0 && row[branchStatus].value == inUse {
				limited++
			}
		}
		f.note("branch: %s ignored, because all buses are joined; %s a limit",
			plural(len(rows), "branch is", "branches are"), plural(limited, "of them has", "of them have"))
	}
	if m := f.matrices["dcline"]; m != nil && len(m.rows) > 0 {
		f.note("dcline: %s ignored, because all buses are joined; losses and costs are left out",
			plural(len(m.rows), "direct-current line is", "direct-current lines are"))
	}
	// The case has costs and limits of its own in these.
	adds := []string{"A", "N", "H", "Cw", "reserves", "reserves.zones", "iflims", "iflims.map", "softlims"}
	known := append([]string{"bus", "gen", "gencost", "branch", "dcline", "dclinecost", "areas", "bus_name"}, adds...)
	for _, field := range slices.Sorted(maps.Keys(f.matrices)) {
		switch {
		case slices.Contains(adds, field) && !slices.Contains(f.options.Ignore, field):
			f.bad.Addf("line %d: %s adds to the problem and is not part of this model; remove it or ignore %q",
				f.matrices[field].line, f.matrices[field].name, field)
		case slices.Contains(adds, field), !slices.Contains(known, field):
			f.note("%s: is ignored", field)
		}
	}
}

// table returns the rows of a matrix with at least the given number of columns,
// or nil with a violation.
//
// Rows may have more columns than the format: results of an optimal power flow,
// such as multipliers, stand behind them.
func (f *matpower) table(field string, columns int) [][]element {
	m := f.matrices[field]
	if m == nil {
		f.bad.Addf("the matrix mpc.%s is missing, want one row per %s", field, map[string]string{
			"bus": "bus", "gen": "machine", "gencost": "machine",
		}[field])
		return nil
	}
	return f.optionalTable(field, columns)
}

// optionalTable is table for a matrix that can be absent.
func (f *matpower) optionalTable(field string, columns int) [][]element {
	m := f.matrices[field]
	if m == nil {
		return nil
	}
	for _, row := range m.rows {
		if len(row) < columns {
			f.bad.Addf("line %d: a row of %s has %d columns, want at least %d", row[0].line, m.name, len(row), columns)
			return nil
		}
	}
	return slices.Concat([][]element{}, m.rows)
}

// finite returns a number of a size that keeps sums and products finite.
//
// Inf in a limit of reactive power is common, and that column is not read. Inf
// in Pmax is a violation.
func (f *matpower) finite(e element, what string) float64 {
	if !(math.Abs(e.value) <= finite) {
		f.bad.Addf("%s: %s is %v, want a finite number", e.place(), what, e.value)
		return 0
	}
	return e.value
}

// whole returns a whole number of at least least.
//
// Cases are matrices of floating-point numbers, also for numbers of buses and
// points.
func (f *matpower) whole(e element, what string, least float64) float64 {
	if !(e.value >= least) || e.value != math.Trunc(e.value) || e.value > 1e9 {
		f.bad.Addf("%s: %s is %v, want a whole number of at least %v", e.place(), what, e.value, least)
		return least
	}
	return e.value
}

// note adds a note.
func (f *matpower) note(format string, args ...any) {
	f.system.Notes = append(f.system.Notes, fmt.Sprintf(format, args...))
}
