package vpp

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
)

// Diagnose returns an error that lists the limits that no schedule can meet, by
// DER and step, without a solver; nil if it finds none. For example: a demand
// above the injection of all members and the import limit, a surplus without an
// outlet, a store that cannot reach its final energy, a purchase above the
// limit of a market. It reports the first infeasible scenario only. The error
// wraps [milp.ErrInfeasible].
//
// The bounds of the ports of a member are those of its columns, for every kind,
// and those of [der.Bounded]. Ramps, minimum times and stored energy count as
// far as they bound a single step. Therefore nil does not prove that a schedule
// exists: [Program.Explain] finds the other conflicts.
func (p Problem) Diagnose() error {
	if err := p.Validate(); err != nil {
		return err
	}
	return p.assemble(milp.New(), certain, func(der.DER) []float64 { return nil }).diagnose()
}

// diagnose is Diagnose for a program whose members are certain.
func (x *Program) diagnose() error {
	d := diagnosis{Program: x}
	for _, member := range x.Members {
		if own, ok := der.As[der.Diagnoser](member); ok {
			if err := own.Diagnose(x.context); err != nil {
				d.addf("%w", err)
			}
		}
	}
	d.found.Prefix = x.VPP.prefix()
	members := d.found.Len()
	for s := range x.Setting.Set.Len() {
		if d.found.Len() > members {
			break // scenarios often fail for the same reason
		}
		d.total = x.totalBounds(s)
		d.electricity(s)
		d.inside(s, der.Heat)
		d.inside(s, der.Gas)
	}
	return d.found.Err()
}

// diagnosis collects the limits of a program that no schedule can meet.
type diagnosis struct {
	*Program
	total der.Bounds // of all members in one scenario
	found faults.List
}

func (d *diagnosis) addf(format string, args ...any) {
	d.found.Addf(format+": %w", append(args, milp.ErrInfeasible)...)
}

// electricity reports the first step of a scenario with a shortage or a surplus
// of power, or else the first period that needs more trade than the market
// allows.
func (d *diagnosis) electricity(s int) {
	var (
		c                 = d.Setting
		dt                = c.Set.HoursAt
		smallest, largest = d.total.Min[der.Electricity], d.total.Max[der.Electricity]
		lower, exports    = d.VPP.connection()
		imports           = -lower
		demand            = make([]float64, c.Set.Steps())
	)
	if d.VPP.Demand != "" {
		copy(demand, c.Set.Path(d.VPP.Demand, s))
	}
	for t := range demand {
		if missing := demand[t] - largest[t] - imports; missing > rounding(demand[t]) {
			if largest[t] < 0 {
				d.addf("the demand of %.6g MW at step %d of scenario %d and the %.6g MW that its members withdraw at least "+
					"exceed the import limit of %.6g MW by %.6g MW", demand[t], t, s, -largest[t], imports, missing)
				return
			}
			d.addf("the demand of %.6g MW at step %d of scenario %d exceeds the %.6g MW that its members can feed in "+
				"and the import limit of %.6g MW by %.6g MW", demand[t], t, s, largest[t], imports, missing)
			return
		}
		if excess := smallest[t] - demand[t] - exports; excess > rounding(smallest[t]) {
			d.addf("its members feed in at least %.6g MW at step %d of scenario %d, which exceeds the demand of %.6g MW "+
				"and the export limit of %.6g MW by %.6g MW", smallest[t], t, s, demand[t], exports, excess)
			return
		}
	}
	m := c.Markets.Electricity
	for period := range m.Periods() {
		lower, upper := m.Curve(period).Limits()
		from, to := m.Span(period)
		needed, surplus := 0.0, 0.0 // MWh
		for t := from; t < to; t++ {
			needed += (demand[t] - largest[t]) * dt(t)
			surplus += (smallest[t] - demand[t]) * dt(t)
		}
		if needed > upper+rounding(upper) {
			d.addf("it must buy %.6g MWh in steps %d to %d of scenario %d, but the %s sells at most %.6g MWh",
				needed, from, to-1, s, dayAheadMarket, upper)
			return
		}
		if surplus > -lower+rounding(lower) {
			d.addf("it must sell %.6g MWh in steps %d to %d of scenario %d, but the %s buys at most %.6g MWh",
				surplus, from, to-1, s, dayAheadMarket, -lower)
			return
		}
	}
}

// inside reports the first step at which heat or gas, which does not leave the
// VPP, cannot balance, and the number of further steps, in one line.
func (d *diagnosis) inside(s int, port der.Carrier) {
	var (
		missing = func(t int) bool { return d.total.Max[port][t] < -rounding(d.total.Max[port][t]) }
		surplus = func(t int) bool { return d.total.Min[port][t] > rounding(d.total.Min[port][t]) }
		steps   = len(d.total.Max[port])
	)
	for t := range steps {
		switch {
		case missing(t):
			d.addf("%.6g MW of %v are missing at step %d of scenario %d%s; add a DER that supplies %v",
				-d.total.Max[port][t], port, t, s, further(t, steps, missing), port)
			return
		case surplus(t):
			d.addf("%.6g MW of %v have no outlet at step %d of scenario %d%s; add a DER that withdraws %v",
				d.total.Min[port][t], port, t, s, further(t, steps, surplus), port)
			return
		}
	}
}

// further returns the number of steps after t with a condition, such as ", and
// some at 22 further steps", or "" if there is none.
func further(t, steps int, holds func(t int) bool) string {
	n := 0
	for t++; t < steps; t++ {
		if holds(t) {
			n++
		}
	}
	switch n {
	case 0:
		return ""
	case 1:
		return ", and some at 1 further step"
	}
	return fmt.Sprintf(", and some at %d further steps", n)
}

// rounding returns the rounding error that a comparison of sums ignores.
func rounding(x float64) float64 {
	if math.IsInf(x, 0) {
		return 1e-9
	}
	return 1e-9 * max(1, math.Abs(x))
}
