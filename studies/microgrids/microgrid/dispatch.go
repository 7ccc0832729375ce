package microgrid

import (
	"math"
	"slices"
)

// source is a supply of the bus at a constant cost.
type source struct {
	from  supply
	cost  float64 // currency per kWh
	limit float64 // kW
}

// supply names a source.
type supply int

// The supplies. Genset power counts above the minimum.
const (
	fromGrid supply = iota
	fromGenset
	fromLostLoad
)

// modes is the number of states of the genset: 0 is off, 1 is on.
const modes = 2

// stage is the cost of one hour as a convex function of the change of stored
// energy, kWh, for each state of the genset. A state that is impossible has no
// points.
type stage [modes]curve

// stage returns the cost of an hour.
//
// With residual r = load − PV + b − (MinPower if on) and b the net charge at
// the bus, supplies serve r > 0 in the order of their costs: import, genset
// above its minimum, lost load of at most the load. A negative r is exported as
// far as possible, then curtailed. A battery never charges and discharges in
// the same hour; with free curtailment that could only pay if load < MinPower.
func (g *Grid) stage(h Hour, p Tariff) stage {
	var s stage
	s[0] = g.costOf(h, p, 0)
	if g.hasGenset() {
		s[1] = g.costOf(h, p, 1)
	}
	return s
}

// supplies returns the sources of a mode in the order of their costs.
func (g *Grid) supplies(h Hour, p Tariff, mode int) []source {
	all := make([]source, 0, 3)
	insert := func(s source) {
		if s.limit <= 0 {
			return
		}
		all = append(all, s)
		for i := len(all) - 1; i > 0 && all[i].cost < all[i-1].cost; i-- {
			all[i], all[i-1] = all[i-1], all[i]
		}
	}
	if h.On {
		insert(source{fromGrid, g.importCost(p), g.MaxImport})
	}
	if mode == 1 {
		insert(source{fromGenset, g.gensetCost(), g.Genset.MaxPower - g.Genset.MinPower})
	}
	insert(source{fromLostLoad, g.LostLoad, h.Load})
	return all
}

// costOf returns the cost of an hour in one mode.
func (g *Grid) costOf(h Hour, p Tariff, mode int) curve {
	b := g.Battery
	base, fixed := 0.0, 0.0
	if mode == 1 {
		base = g.Genset.MinPower
		fixed = base * g.gensetCost()
	}
	exports := 0.0
	if h.On {
		exports = g.MaxExport
	}
	// The cost of the residual by its points, from the largest surplus to the
	// largest deficit.
	net := h.Load - h.PV - base // residual without the battery
	residual := curve{{-h.PV - exports, -p.Export * exports}}
	if exports > 0 {
		// Export at a price comes before curtailment; at no price it is only a
		// way out.
		if h.PV > 0 {
			residual = append(residual, point{-exports, -p.Export * exports})
		}
	}
	residual = append(residual, point{0, 0})
	last := residual[len(residual)-1]
	for _, s := range g.supplies(h, p, mode) {
		last = point{last.x + s.limit, last.y + s.limit*s.cost}
		residual = append(residual, last)
	}
	// The change of energy is e = η_c b for b > 0 and b/η_d otherwise.
	energy := func(bus float64) float64 {
		if bus > 0 {
			return bus * b.ChargeEfficiency
		}
		return bus / b.DischargeEfficiency
	}
	lo := max(-b.MaxDischarge, residual[0].x-net)
	hi := min(b.MaxCharge, last.x-net)
	if !(lo <= hi) {
		return nil
	}
	points := []float64{lo, hi}
	for _, q := range append(residual, point{x: net}) { // a battery at rest is a point, too
		if bus := q.x - net; bus > lo && bus < hi {
			points = append(points, bus)
		}
	}
	slices.Sort(points)
	out := make(curve, 0, len(points))
	for _, bus := range slices.Compact(points) {
		out = append(out, point{energy(bus), fixed + residual.at(bus+net) + b.Wear*math.Abs(bus)})
	}
	return out
}

// dispatch returns the decision that changes the stored energy by e kWh at the
// least cost of the hour, in a mode of the genset.
func (g *Grid) dispatch(h Hour, p Tariff, mode int, e float64) Decision {
	b := g.Battery
	var d Decision
	if e > 0 {
		d.Charge = e / b.ChargeEfficiency
	} else {
		d.Discharge = -e * b.DischargeEfficiency
	}
	if mode == 1 {
		d.Genset = g.Genset.MinPower
	}
	r := h.Load - h.PV + d.Charge - d.Discharge - d.Genset
	if r < 0 {
		if h.On && (p.Export > 0 || r < -h.PV) {
			d.Export = min(-r, g.MaxExport)
			if p.Export == 0 {
				d.Export = min(-r-h.PV, g.MaxExport)
			}
		}
		return d
	}
	for _, s := range g.supplies(h, p, mode) {
		x := min(r, s.limit)
		r -= x
		switch s.from {
		case fromGrid:
			d.Import = x
		case fromGenset:
			d.Genset += x
		case fromLostLoad: // follows from the balance
		}
	}
	return d
}
