package home

import (
	"slices"

	"github.com/trigrid/trigrid/milp"
)

// modes states in which steps the program has binaries for "import or export"
// and "charge or discharge"; in the others they are relaxed. At most prices
// both at once only lose money, so that few steps need the binary.
// [search.optimize] adds those that a solution misses.
type modes struct {
	direction []bool   // per step
	charging  [][]bool // per battery and step
}

// likelyModes returns the binaries that most requests need: directions at
// prices at which import and export at once earn money, and modes of a battery
// that starts above its maximum, which could otherwise burn energy.
//
// For example, at an import price of 0.1 and an export price of 0.3 per kWh a
// program without the binary would import and export at once, up to both
// limits.
func likelyModes(r Request) modes {
	var x modes
	for t := range r.Steps() {
		x.direction = append(x.direction, r.ImportPrice[t] <= r.ExportPrice[t])
	}
	for _, b := range r.Batteries {
		list, state := make([]bool, r.Steps()), b.Initial
		for t := 0; t < r.Steps() && state > b.Max; t++ {
			list[t] = true
			state -= b.MaxDischarge * r.hours(t) / r.DischargeEfficiency
		}
		x.charging = append(x.charging, list)
	}
	return x
}

// allModes returns all binaries.
func allModes(r Request) modes {
	x := likelyModes(r)
	x.fill()
	return x
}

// fill adds all binaries.
func (x modes) fill() {
	for _, list := range append(slices.Clone(x.charging), x.direction) {
		for t := range list {
			list[t] = true
		}
	}
}

// leak is the flow in the wrong mode, Wh, below which it counts as rounding.
// The modes are fixed before the last solve, which removes it.
const leak = 1e-5

// needs returns the directions of step t that its flows need, by the rules 2
// and 7.
//
// A charge of a battery without ChargeFromGrid needs an export step, and a
// discharge of one without DischargeToGrid an import step.
func (p *program) needs(s *Schedule, t int) (imports, exports bool) {
	imports = s.Import[t]+s.ImportAbove[t] > leak
	exports = s.Export[t]+s.ExportLost[t] > leak
	for i, b := range p.r.Batteries {
		exports = exports || !b.ChargeFromGrid && s.Batteries[i].Charge[t] > leak
		imports = imports || !b.DischargeToGrid && s.Batteries[i].Discharge[t] > leak
	}
	return imports, exports
}

// missing adds the binaries of all steps in which a solution is in two modes at
// once, and reports whether there are any. Energy that cannot be burnt in one
// step is burnt in the next ones, so that these get binaries, too.
func (p *program) missing(values []float64) bool {
	const next = 4
	s := p.schedule(values)
	found := false
	add := func(list []bool, t int) {
		found = found || !list[t]
		for k := t; k < min(t+next, len(list)); k++ {
			list[k] = true
		}
	}
	for t := range p.r.Steps() {
		if imports, exports := p.needs(s, t); imports && exports && !p.modes.direction[t] {
			add(p.modes.direction, t)
		}
		for i, b := range s.Batteries {
			if b.Charge[t] > leak && b.Discharge[t] > leak && !p.modes.charging[i][t] {
				add(p.modes.charging[i], t)
			}
		}
	}
	return found
}

// settled returns the program as a linear program with all modes and integers
// fixed as in a solution. Binaries within the solver's tolerance of 0 or 1
// would let 0.01 Wh pass.
func (p *program) settled(values []float64) *milp.Model {
	m := p.m.Copy()
	m.FixIntegers(values)
	fix := func(v milp.Var, on bool) {
		if lo, hi := v.Bounds(); !p.m.IsInteger(v) && lo < hi {
			m.Fix(m.VarAt(v.Index()), value(on))
		}
	}
	s := p.schedule(values)
	for t, v := range p.exporting {
		imports, exports := p.needs(s, t)
		export := exports
		if imports == exports { // a relaxed solution, or a step without flows
			export = s.Export[t]+s.ExportLost[t]+p.r.Solar[t] > s.Import[t]+s.ImportAbove[t]+p.r.Load[t]
		}
		fix(v, export)
		for i, c := range p.batteries {
			fix(c.charging[t], s.Batteries[i].Charge[t] > s.Batteries[i].Discharge[t])
		}
	}
	return m.Relaxed()
}

// value returns a binary.
func value(on bool) float64 {
	if on {
		return 1
	}
	return 0
}
