package vpp

import (
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
)

// Obstacles reports what makes a plant's program impossible and can be seen without solving it, by asset
// and step, all at once: a demand above what all members and the connection can bring, a surplus that has
// no way out, a store that cannot be as full as it must be, more bought than a market sells. Of several
// futures that cannot be met the first is told. The error satisfies [errors.Is] with [milp.ErrInfeasible].
//
// What a member can feed in are the bounds of its ports in the program, of whatever kind it is; ramps,
// minimum times and the energy in stores count as far as they bound each step by itself. That it finds nothing does not mean that the program has a solution: [Program.Explain] speaks about those that
// turn out to have none. The data must be valid.
func Diagnose(p VPP, members []der.DER, c Setting) error {
	return assemble(milp.New(), p, members, c, certain, func(der.DER) []float64 { return nil }).obstacles()
}

// obstacles reports the same of a program whose members are stated and certain.
func (p *Program) obstacles() error {
	x := obstacles{plant: p.VPP, setting: p.Setting, context: p.context}
	for _, member := range p.Members {
		if d, ok := member.(der.Diagnoser); ok {
			if err := d.Diagnose(x.context); err != nil {
				x.reportf("%w", err)
			}
		}
	}
	known := len(x.found)
	for s := range p.Setting.Set.Len() {
		if len(x.found) > known {
			break // one future that cannot be met says enough
		}
		x.total = p.total(s)
		x.electricity(s)
		x.inside(s, der.Heat)
		x.inside(s, der.Gas)
	}
	return errors.Join(x.found...)
}

type obstacles struct {
	plant   VPP
	setting Setting
	context der.Context
	total   der.Bounds
	found   []error
}

// reportf adds an obstacle.
func (x *obstacles) reportf(format string, args ...any) {
	x.found = append(x.found, fmt.Errorf(format+": %w", append(args, milp.ErrInfeasible)...))
}

// electricity reports the first step of a scenario at which power is missing or has no way out, and
// periods in which more must be traded than the market allows.
func (x *obstacles) electricity(s int) {
	var (
		c           = x.setting
		dt          = c.Set.Hours()
		least, most = x.total.Min[der.Electricity], x.total.Max[der.Electricity]
		imports     = limit(x.plant.ImportLimit)
		exports     = limit(x.plant.ExportLimit)
		demand      = make([]float64, c.Set.Steps())
	)
	if x.plant.Demand != "" {
		copy(demand, c.Set.Path(x.plant.Demand, s))
	}
	for t := range demand {
		if missing := demand[t] - most[t] - imports; missing > tiny(demand[t]) {
			x.reportf("plant %q: demand of %.6g MW at step %d of scenario %d exceeds the %.6g MW that its members can feed in and the import limit of %.6g MW by %.6g MW",
				x.plant.Name, demand[t], t, s, most[t], imports, missing)
			return
		}
		if left := least[t] - demand[t] - exports; left > tiny(least[t]) {
			x.reportf("plant %q: its members feed in at least %.6g MW at step %d of scenario %d, which exceeds the demand of %.6g MW and the export limit of %.6g MW by %.6g MW",
				x.plant.Name, least[t], t, s, demand[t], exports, left)
			return
		}
	}
	m := c.Markets.Electricity
	for period := range m.Periods() {
		lower, upper := m.Curve(period).Limits()
		from, to := m.Span(period)
		needed, spare := 0.0, 0.0
		for t := from; t < to; t++ {
			needed += (demand[t] - most[t]) * dt
			spare += (least[t] - demand[t]) * dt
		}
		if needed > upper+tiny(upper) {
			x.reportf("plant %q: must buy %.6g MWh in the steps %d to %d of scenario %d, the %s market sells %.6g MWh", x.plant.Name, needed, from, to-1, s, market.Electricity, upper)
			return
		}
		if spare > -lower+tiny(lower) {
			x.reportf("plant %q: must sell %.6g MWh in the steps %d to %d of scenario %d, the %s market takes %.6g MWh", x.plant.Name, spare, from, to-1, s, market.Electricity, -lower)
			return
		}
	}
}

// inside reports the first step at which heat or gas, which does not leave the plant, cannot balance.
func (x *obstacles) inside(s int, port der.Carrier) {
	for t := range x.total.Max[port] {
		least, most := x.total.Min[port][t], x.total.Max[port][t]
		if most < -tiny(most) {
			x.reportf("plant %q: %.6g MW of %v are missing at step %d of scenario %d, with all that its members can supply", x.plant.Name, -most, port, t, s)
			return
		}
		if least > tiny(least) {
			x.reportf("plant %q: %.6g MW of %v have no way out at step %d of scenario %d; add a unit that takes them", x.plant.Name, least, port, t, s)
			return
		}
	}
}

// tiny forgives the rounding of sums.
func tiny(x float64) float64 {
	if math.IsInf(x, 0) {
		return 1e-9
	}
	return 1e-9 * max(1, math.Abs(x))
}
