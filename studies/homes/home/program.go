package home

import (
	"fmt"

	"github.com/trigrid/trigrid/milp"
)

// rounding is the energy by which sums of a state of charge can differ, Wh.
const rounding = 1e-6

// program is the request as a program, with the columns of the schedule.
//
// Names of columns have the owner, the quantity and the step, such as
// grid.exporting(3) and battery0.charge(3), in Wh per step.
type program struct {
	m *milp.Model
	r Request
	modes

	exporting             []milp.Var // y, 1 in an export step
	imports, importsAbove []milp.Expr
	exports, exportsLost  []milp.Expr
	batteries             []cells
	money, penalty        milp.Expr
	maxImport, maxExport  []float64 // bounds of n + n' and e + e', Wh
	base                  float64
}

// cells are the columns of one battery.
type cells struct {
	charge, discharge, state []milp.Expr
	charging                 []milp.Var // z
	demanded                 float64    // sum of the demands so far, Wh
	short                    milp.Expr  // sum of their misses
	maxCharge, maxDischarge  []float64  // bounds, Wh
}

// Program returns the program of a request for a comparison of solvers: its
// maximum times unit is money minus penalties. [Plan] solves it and then
// decides by preferences.
//
// Preferences are not part of it, and all binaries are integers.
func Program(r Request) (m *milp.Model, unit float64, err error) {
	if r, err = r.withDefaults(); err != nil {
		return nil, 0, err
	}
	p := newProgram(r, allModes(r))
	p.m.Maximize(p.value())
	return p.m, p.unit(), nil
}

// unit returns the currency of one unit of the objective. Tolerances of solvers
// are absolute. In this unit prices are some hundreds and penalties below a
// million, so that both are exact enough.
func unit(base float64) float64 { return base / 512 }

func (p *program) unit() float64 { return unit(p.base) }

// value returns money minus penalties in the unit of the objective.
func (p *program) value() milp.Expr { return p.money.Minus(p.penalty).Times(1 / p.unit()) }

// newProgram states the rules of the package comment. All binaries have the
// bounds of their rows as coefficients, so that the relaxation is as tight as
// the data allows.
//
// The binaries come first, because the rows of batteries and of the connection
// use them:
//
//	exporting y_t   1 allows export, 0 import                 rules 2 and 7
//	charging z_bt   1 allows charge, 0 discharge of battery b  rule 4
func newProgram(r Request, exclusive modes) *program {
	p := &program{m: milp.New(), r: r, modes: exclusive, base: r.base()}
	for t := range r.Steps() {
		p.exporting = append(p.exporting, p.binary(milp.At("grid", "exporting", t), exclusive.direction[t]))
	}
	for i := range r.Batteries {
		p.addBattery(i)
	}
	p.addConnection()
	for i := range r.Batteries {
		p.addOrigin(i)
	}
	return p
}

// binary returns a binary, or its relaxation.
func (p *program) binary(name milp.Name, integer bool) milp.Var {
	if integer {
		return p.m.Bin(name)
	}
	return p.m.Var(name, 0, 1)
}

// addBattery adds the rules 3 to 6 of a battery, its final value and its
// penalties.
func (p *program) addBattery(i int) {
	m, r, b := p.m, p.r, p.r.Batteries[i]
	owner := fmt.Sprintf("battery%d", i)
	capacity := b.capacity()
	p.batteries = append(p.batteries, cells{})
	c := &p.batteries[i]
	previous, lowest, highest := milp.Const(b.Initial), b.Initial, b.Initial // reachable states
	for t := range r.Steps() {
		at := func(quantity string) milp.Name { return milp.At(owner, quantity, t) }
		h := r.hours(t)
		// A charge of the whole capacity fills the battery, so that a large
		// converter needs no larger bound.
		maxCharge := min(b.MaxCharge*h, (capacity-lowest)/r.ChargeEfficiency)
		maxDischarge := min(b.MaxDischarge*h, highest*r.DischargeEfficiency)
		lowest = max(0, lowest-maxDischarge/r.DischargeEfficiency)
		highest = min(capacity, highest+maxCharge*r.ChargeEfficiency)
		charge := m.Var(at("charge"), 0, maxCharge).Expr()
		discharge := m.Var(at("discharge"), 0, maxDischarge).Expr()
		state := m.Var(at("state"), lowest, highest).Expr()
		m.Equal(at("balance"), state, milp.Sum(previous,
			charge.Times(r.ChargeEfficiency), discharge.Times(-1/r.DischargeEfficiency)))
		c.charging = append(c.charging, p.addModes(i, t, charge, discharge, state))
		p.addTargets(i, t, charge, state)
		c.charge, c.discharge, c.state = append(c.charge, charge), append(c.discharge, discharge), append(c.state, state)
		c.maxCharge, c.maxDischarge = append(c.maxCharge, maxCharge), append(c.maxDischarge, maxDischarge)
		previous = state
	}
	p.money.Add(previous.Times(b.Value))
}

// addModes adds the rules 4 and 5: with z = 1 in a step that charges, and g = 1
// if a battery with demands ends the step near s_max,
//
//	C_min h (z − g) ≤ c ≤ C h z,    d ≤ D h (1 − z),    s ≥ (s_max − C_min h) g
//
// It returns z.
func (p *program) addModes(i, t int, charge, discharge, state milp.Expr) milp.Var {
	m, b := p.m, p.r.Batteries[i]
	least := b.MinCharge * p.r.hours(t)
	at := func(quantity string) milp.Name { return milp.At(fmt.Sprintf("battery%d", i), quantity, t) }
	on := p.binary(at("charging"), least > 0 || p.modes.charging[i][t])
	_, maxCharge := charge.Range()
	_, maxDischarge := discharge.Range()
	lowest, highest := state.Range()
	m.AtMost(at("charge_max"), charge, on.Times(maxCharge))
	if maxDischarge > 0 {
		m.AtMost(at("discharge_max"), discharge, milp.Sum(milp.Const(maxDischarge), on.Times(-maxDischarge)))
	}
	switch mayTrickle := b.Demands != nil && highest >= b.Max-least-rounding; {
	case maxCharge == 0, least > maxCharge && !mayTrickle:
		m.Fix(on, 0) // a minimum above the maximum forbids every charge
		return on
	case maxDischarge == 0 && least == 0:
		m.Fix(on, 1)
		return on
	case least == 0:
		return on
	case !mayTrickle:
		m.AtLeast(at("charge_min"), charge, on.Times(least))
		return on
	}
	near := m.Bin(at("near_full"))
	m.AtLeast(at("charge_min"), charge, milp.Sum(on.Times(least), near.Times(-least)))
	m.AtLeast(at("near"), state, milp.Sum(milp.Const(lowest), near.Times(min(b.Max-least, highest)-lowest)))
	return on
}

// addTargets adds the soft limits of a battery in step t: its range, its goal
// and its demand.
func (p *program) addTargets(i, t int, charge, state milp.Expr) {
	m, r, b := p.m, p.r, p.r.Batteries[i]
	owner := fmt.Sprintf("battery%d", i)
	at := func(quantity string) milp.Name { return milp.At(owner, quantity, t) }
	lowest, highest := state.Range()
	// Misses that no plan avoids are constants, so that the solver's accuracy
	// is left for the others.
	if limit := max(b.Max, lowest); limit < highest {
		above := m.Var(at("above_max"), 0, highest-limit).Expr()
		m.AtLeast(at("max"), above, milp.Sum(state, milp.Const(-limit)))
		p.penalty.Add(above.Times(1000 * p.base))
	}
	p.penalty.Add(milp.Const(1000 * p.base * max(lowest-b.Max, 0)))
	p.addLeast(at("below_min"), at("min"), state, b.Min, 1000)
	if b.Goals != nil && t > 0 {
		p.addLeast(at("goal_short"), at("goal"), state, b.Goals[t], 100)
	}
	if demand := r.demand(b, t); demand > 0 {
		// f = 1 if the battery is full at the end: c + short ≥ demand (1 − f),
		// s = s_max if f.
		short := m.Var(at("demand_short"), 0, demand).Expr()
		full := m.Bin(at("full"))
		m.AtLeast(at("demand"), milp.Sum(charge, short, full.Times(demand)), milp.Const(demand))
		if highest < b.Max-rounding || lowest > b.Max+rounding {
			m.Fix(full, 0) // out of reach
		} else {
			top := min(max(b.Max, lowest), highest)
			m.AtLeast(at("full_min"), state, milp.Sum(milp.Const(lowest), full.Times(top-lowest)))
			m.AtMost(at("full_max"), state, milp.Sum(milp.Const(highest), full.Times(top-highest)))
		}
		steps := float64(r.Steps())
		p.penalty.Add(short.Times(100 * p.base * (1 + (steps-float64(t))/steps)))
		p.addDelivered(i, at("delivered"), demand, short, full.Expr(), state)
	}
}

// addDelivered adds a row that all plans keep, and that makes the relaxation
// tight. A battery that never discharges stays full once it is, so that up to
// each step it has charged all demands or has become full. With D the sum of
// demands and F the energy that fills the battery,
//
//	(s − s_initial)/η_c + Σ short ≥ D (1 − f) + F f        if D ≤ F
//	(s − s_initial)/η_c + Σ short ≥ F                      otherwise
//
// Without the row a relaxed battery is full to the fraction s/s_max and has
// that much less demand.
func (p *program) addDelivered(i int, name milp.Name, demand float64, short, full, state milp.Expr) {
	b, c := p.r.Batteries[i], &p.batteries[i]
	c.demanded += demand
	c.short.Add(short)
	fill := (b.Max - b.Initial) / p.r.ChargeEfficiency
	if b.MaxDischarge > 0 || fill <= 0 {
		return
	}
	least := min(c.demanded, fill)
	p.m.AtLeast(name, milp.Sum(state.Times(1/p.r.ChargeEfficiency), c.short, full.Times(least-fill)),
		milp.Const(least+b.Initial/p.r.ChargeEfficiency))
}

// addLeast adds the soft limit state ≥ least, with a penalty in multiples of
// the base.
func (p *program) addLeast(column, row milp.Name, state milp.Expr, least, weight float64) {
	lowest, highest := state.Range()
	if limit := min(least, highest); limit > lowest {
		short := p.m.Var(column, 0, limit-lowest).Expr()
		p.m.AtLeast(row, milp.Sum(state, short), milp.Const(limit))
		p.penalty.Add(short.Times(weight * p.base))
	}
	p.penalty.Add(milp.Const(weight * p.base * max(least-highest, 0)))
}

// addConnection adds the rules 1, 2 and 8 and the money and penalties of the
// grid connection.
func (p *program) addConnection() {
	m, r := p.m, p.r
	for t := range r.Steps() {
		at := func(quantity string) milp.Name { return milp.At("grid", quantity, t) }
		// Import covers at most the load and the batteries that may charge from
		// it, export at most the surplus and the batteries that may discharge
		// into it.
		mostImport, mostExport := r.Load[t]-r.Solar[t], r.Solar[t]-r.Load[t]
		balance := milp.Const(r.Solar[t] - r.Load[t])
		for i, b := range r.Batteries {
			if b.ChargeFromGrid {
				mostImport += p.batteries[i].maxCharge[t]
			}
			if b.DischargeToGrid {
				mostExport += p.batteries[i].maxDischarge[t]
			}
			balance.Add(p.batteries[i].discharge[t], p.batteries[i].charge[t].Times(-1))
		}
		p.fixDirection(t, mostImport, mostExport)
		mostImport, mostExport = max(mostImport, 0), max(mostExport, 0)
		p.maxImport, p.maxExport = append(p.maxImport, mostImport), append(p.maxExport, mostExport)

		limit, soft := r.softImport(t)
		if !soft {
			limit = mostImport
		}
		inside, above := p.flow(t, "import", min(limit, mostImport), mostImport, p.importing(t))
		p.imports, p.importsAbove = append(p.imports, inside), append(p.importsAbove, above)
		p.money.Add(milp.Sum(inside, above).Times(-r.ImportPrice[t]))
		p.penalty.Add(above.Times(100 * p.base))

		limit, soft = r.maxExport(t)
		if !soft {
			limit = mostExport
		}
		limit = min(limit, mostExport)
		sold, lost := p.flow(t, "export", limit, mostExport, p.exporting[t].Expr())
		p.exports, p.exportsLost = append(p.exports, sold), append(p.exportsLost, lost)
		weight := 100 * p.base * (1 - float64(t)*1e-5)
		p.money.Add(sold.Times(r.ExportPrice[t]))
		p.penalty.Add(lost.Times(weight))
		if !lost.IsConst() && r.ExportPrice[t]+weight <= 0 {
			// At such a price the penalty is cheaper than export, so that rule
			// 8 needs a binary.
			atLimit := m.Bin(at("export_at_limit"))
			m.AtLeast(at("export_full"), sold, atLimit.Times(limit))
			m.AtMost(at("lost_max"), lost, atLimit.Times(mostExport-limit))
		}
		m.Equal(at("balance"), milp.Sum(balance, inside, above), milp.Sum(sold, lost))
	}
	if rate, ok := r.DemandRate.Get(); ok {
		excess := []milp.Expr{milp.Const(0)}
		for t := range r.Steps() {
			excess = append(excess, p.imports[t].Times(1/r.hours(t)).Minus(milp.Const(r.MaxImport.Or(0))))
		}
		p.money.Add(m.Ceiling(milp.Named("excess_power"), excess...).Times(-rate))
	}
}

// fixDirection fixes the direction of a step that cannot have the other one.
// With a bound of 0, the other direction allows only flows of 0, or flows that
// this direction allows as well.
func (p *program) fixDirection(t int, mostImport, mostExport float64) {
	switch {
	case mostExport <= 0:
		p.m.Fix(p.exporting[t], 0)
	case mostImport <= 0:
		p.m.Fix(p.exporting[t], 1)
	}
}

// importing returns 1 − y.
func (p *program) importing(t int) milp.Expr {
	return milp.Sum(milp.Const(1), p.exporting[t].Times(-1))
}

// flow adds a flow within a limit and one above it, both 0 unless on is 1.
//
// For example, a limit of 5000 Wh and a bound of 8000 Wh give a flow of at most
// 5000 and an excess of at most 3000 Wh.
func (p *program) flow(t int, quantity string, limit, most float64, on milp.Expr) (inside, above milp.Expr) {
	at := func(suffix string) milp.Name { return milp.At("grid", quantity+suffix, t) }
	if limit > 0 {
		inside = p.m.Var(at(""), 0, limit).Expr()
		p.m.AtMost(at("_max"), inside, on.Times(limit))
	}
	if most > limit {
		above = p.m.Var(at("_above"), 0, most-limit).Expr()
		p.m.AtMost(at("_above_max"), above, on.Times(most-limit))
	}
	return inside, above
}

// addOrigin adds rule 7 of a battery.
//
//	c ≤ c_max y          solar surplus only: the home exports or exchanges nothing
//	d ≤ d_max (1 − y)    own load only
func (p *program) addOrigin(i int) {
	b, c := p.r.Batteries[i], p.batteries[i]
	for t := range p.r.Steps() {
		at := func(quantity string) milp.Name { return milp.At(fmt.Sprintf("battery%d", i), quantity, t) }
		if !b.ChargeFromGrid && c.maxCharge[t] > 0 {
			p.m.AtMost(at("solar_only"), c.charge[t], p.exporting[t].Times(c.maxCharge[t]))
		}
		if !b.DischargeToGrid && c.maxDischarge[t] > 0 {
			p.m.AtMost(at("load_only"), c.discharge[t], p.importing(t).Times(c.maxDischarge[t]))
		}
	}
}

// schedule reads the values of a solution. Values within the solver's tolerance
// below 0 become 0.
//
// A solver returns −1e-9 for a flow of 0, which the schedule does not show.
func (p *program) schedule(values []float64) *Schedule {
	s := newSchedule(p.r.Steps(), len(p.r.Batteries))
	at := func(e milp.Expr) float64 { return max(e.Value(values), 0) }
	for t := range p.r.Steps() {
		s.Import[t], s.ImportAbove[t] = at(p.imports[t]), at(p.importsAbove[t])
		s.Export[t], s.ExportLost[t] = at(p.exports[t]), at(p.exportsLost[t])
		for i, c := range p.batteries {
			b := s.Batteries[i]
			b.Charge[t], b.Discharge[t], b.State[t] = at(c.charge[t]), at(c.discharge[t]), at(c.state[t])
		}
	}
	return s
}
