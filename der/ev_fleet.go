package der

import (
	"fmt"
	"math"
	"strconv"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// EVFleet is a number of electric cars, each plugged in for one or more stays.
// In the steps of stay i, with the share A_it of its charger that is connected,
//
//	e_it = e_i,t−1 + η c_it Δ − d_it Δ / η            energy at the end of step t, MWh
//	0 ≤ e_it ≤ E_i,   e_i = Has_i before the stay
//	0 ≤ c_it ≤ A_it P_i,   0 ≤ d_it ≤ A_it D_i        charge and discharge, MW; not both
//	c_it ≤ A_it (P_i − κ_i (e_it − K_i))              above K_i: κ_i = (P_i − F_i) / (E_i − K_i)
//	u_i ≥ Wants_i − e_i at the end of the stay        unmet energy, MWh, u_i ≥ 0
//	cost = Σ_i (w Σ_t d_it Δ + c_u u_i)
//
// The limit above K_i is that of constant voltage: power falls along a line,
// from P_i at K_i to F_i in the full battery. It holds for the energy at the
// end of a step, and so within the step. Power is measured at the charger. Each
// charger has a meter of its own, so that one car can charge while another one
// discharges.
//
// A is 1 by default. Connected names a series with a path in each scenario, so
// that a car can come late, leave early or stay away in some of them. A car
// that never comes in a scenario wants nothing there.
//
// For example, a stay with
//
//	EVStay{Arrive: 18, Depart: 24, Capacity: 0.06, Has: 0.02, Wants: 0.05, Charge: 0.011}
//
// needs 0.03 MWh in six hours, less than the 0.066 MWh that its charger can
// deliver.
//
// Sources: Sortomme, El-Sharkawi, IEEE Trans. Smart Grid 2(1), 2011, for the
// schedule of a car with arrival, departure and energy needed; Cao, Tang, Li,
// Zhang, Tan, Zhang, Li, IEEE Trans. Smart Grid 3(1), 2012, for a limit that
// depends on the state of charge.
type EVFleet struct {
	ID         string
	Stays      []EVStay
	Efficiency float64 // η, (0, 1], of charging and of discharging
	Wear       float64 // w ≥ 0, currency per MWh discharged
	UnmetCost  float64 // c_u ≥ 0, currency per MWh that a car lacks when it leaves

	Before FleetState // state at the start of the grid; none by default
}

// EVStay is one car at one charger, or a number of equal cars that come and go
// together. It counts the whole steps between Arrive and Depart.
type EVStay struct {
	Name           string         // for misses; the number of the stay, from 1, if it is empty
	Arrive, Depart float64        // 0 ≤ Arrive < Depart ≤ horizon, h from its start
	Capacity       float64        // E > 0, MWh
	Has, Wants     float64        // energy at the beginning and at the end of the stay, [0, E], MWh
	Charge         float64        // P ≥ 0, MW
	Discharge      float64        // D ≥ 0, MW; 0: the car feeds nothing back
	TaperFrom      optional.Float // K, [0, E), MWh. Absent: the limit does not fall
	TaperPower     float64        // F, [0, P], MW in the full battery; used with TaperFrom
	Connected      string         // series of A, [0, 1]. Empty: 1
}

// FleetState is the state of a fleet at the start of the grid. The zero value
// is a fleet on a horizon that begins with the grid.
//
// For example, {Passed: 2, Stays: []StayState{{Energy: 0.03, Connected: true}}}
// is a car that has 0.03 MWh after two hours.
type FleetState struct {
	// Passed is the part of the horizon before the grid, h. Arrive and Depart
	// count from the beginning of the horizon.
	Passed float64
	Stays  []StayState // one per stay; nil: no stay has begun
}

// StayState is the state of one stay at the start of the grid.
type StayState struct {
	Energy    float64 // in the car, MWh; Has before the stay
	Connected bool    // the car has come
}

// EVMiss is a car that leaves with less energy than it wants.
type EVMiss struct {
	Stay   string  // name of the stay
	Step   int     // last step of the stay
	Energy float64 // MWh that the car lacks, > 0
}

// Name implements [DER].
func (u *EVFleet) Name() string { return u.ID }

// Model implements [DER]. Stay i, counted from 1, has the columns
// "charge_i(s,t)", "energy_i(s,t)", "unmet_i(s,t)" and, if it discharges,
// "discharge_i(s,t)", with the integers "charging_i(s,t)" where bothCanPay
// returns true.
func (u *EVFleet) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	out := c.NewTerms()
	for s := range out {
		var (
			at     = c.Namer(u.ID, s)
			energy = make([]milp.Expr, c.Steps())
			unmet  = make([]milp.Expr, c.Steps())
		)
		for i := range u.Stays {
			u.stay(m, at, on, c, s, i, &out[s], energy, unmet)
		}
		for t := range energy {
			if len(u.Stays) == 0 {
				out[s].Withdraw(t, milp.Expr{})
			}
			out[s].Watch("energy", "MWh", t, energy[t])
			out[s].Watch("unmet", "MWh", t, unmet[t])
		}
	}
	return out
}

// stay adds one stay in one scenario to the terms of the fleet, and to its
// energy and unmet energy.
func (u *EVFleet) stay(m *milp.Model, at func(string, int) milp.Name, on milp.Expr, c Context, s, i int, out *Terms, energy, unmet []milp.Expr) {
	var (
		x      = &u.Stays[i]
		n      = "_" + strconv.Itoa(i+1)
		steps  = u.steps(i, c.clock())
		shares = x.shares(c.Set, s)
		came   = u.came(i, shares, steps)
		before = on.Times(u.energyBefore(i))
	)
	for t := range c.Steps() {
		var charge, discharge, stored milp.Expr
		if t >= steps.from && t < steps.to {
			if share := shares(t); share > 0 {
				charge, discharge, stored = u.power(m, at, on, c, t, i, share, before)
				before = stored
			}
			energy[t].Add(before)
			stored = before
		}
		out.Withdraw(t, charge)
		out.Cost.Add(discharge.Times(u.Wear * c.HoursAt(t)))
		// All scenarios have the same traces, so that a report can lay them
		// over each other.
		out.Watch("energy"+n, "MWh", t, stored)
		if x.Discharge > 0 {
			out.Inject(t, discharge)
			out.Watch("charge"+n, "MW", t, charge)
			out.Watch("discharge"+n, "MW", t, discharge)
		}
	}
	if came && steps.to > 0 && x.Wants > 0 {
		last := steps.to - 1
		short := upTo(m, at("unmet"+n, last), x.Wants, on)
		m.AtLeast(at("unmet"+n, last), short, on.Times(x.Wants).Minus(before))
		unmet[last].Add(short)
		out.Cost.Add(short.Times(u.UnmetCost))
	}
}

// power adds the columns of one stay in one step with a connected share above
// 0.
func (u *EVFleet) power(m *milp.Model, at func(string, int) milp.Name, on milp.Expr, c Context, t, i int, share float64, before milp.Expr) (charge, discharge, energy milp.Expr) {
	var (
		x  = &u.Stays[i]
		n  = "_" + strconv.Itoa(i+1)
		dt = c.HoursAt(t)
	)
	charge = upTo(m, at("charge"+n, t), share*x.Charge, on)
	if x.Discharge > 0 {
		discharge = upTo(m, at("discharge"+n, t), share*x.Discharge, on)
	}
	energy = upTo(m, at("energy"+n, t), x.Capacity, on)
	m.Equal(at("balance"+n, t), energy, milp.Sum(before, charge.Times(u.Efficiency*dt), discharge.Times(-dt/u.Efficiency)))
	if from, slope := x.taper(); slope > 0 {
		m.AtMost(at("taper"+n, t), charge.Plus(energy.Times(share*slope)), on.Times(share*(x.Charge+slope*from)))
	}
	if x.Discharge > 0 && u.bothCanPay(c, t) {
		charging := m.Int(at("charging"+n, t), 0, MaxCount(on)).Expr()
		m.AtMost(at("charging_only"+n, t), charge, charging.Times(share*x.Charge))
		m.AtMost(at("discharging_only"+n, t), discharge, on.Minus(charging).Times(share*x.Discharge))
	}
	return charge, discharge, energy
}

// bothCanPay reports whether an optimum could charge and discharge one car at
// once at step t. It is the rule of [Storage] for wear on discharge: charging ε
// less and discharging η² ε less leaves the energy unchanged and gains (1 − η²)
// v_t + η² w per ε. Less charge keeps the falling limit as well.
func (u *EVFleet) bothCanPay(c Context, t int) bool {
	bound, known := c.MinMarginalValue(Electricity, t)
	if !known || math.IsInf(bound, -1) {
		return true
	}
	roundTrip := u.Efficiency * u.Efficiency
	if roundTrip == 1 {
		return u.Wear <= 0 // no energy is lost; also avoids 0·∞ below
	}
	return (1-roundTrip)*bound+u.Wear*roundTrip <= 0
}

// steps returns the whole steps of the grid in a stay.
func (u *EVFleet) steps(i int, c clock) span {
	return u.Stays[i].window().after(u.Before.Passed).steps(c)
}

// window returns the time of a stay.
func (x *EVStay) window() Window { return Window{From: x.Arrive, To: optional.Of(x.Depart)} }

// shares returns the connected share of each step in a scenario.
func (x *EVStay) shares(set *scenario.Set, s int) func(t int) float64 {
	if x.Connected == "" {
		return func(int) float64 { return 1 }
	}
	path := set.Path(x.Connected, s)
	return func(t int) float64 { return path[t] }
}

// taper returns K and κ of the falling limit; κ is 0 if the limit does not
// fall.
func (x *EVStay) taper() (from, slope float64) {
	from, ok := x.TaperFrom.Get()
	if !ok {
		return 0, 0
	}
	return from, (x.Charge - x.TaperPower) / (x.Capacity - from)
}

// name returns the name of a stay, or its number from 1.
func (u *EVFleet) name(i int) string {
	if name := u.Stays[i].Name; name != "" {
		return name
	}
	return strconv.Itoa(i + 1)
}

// energyBefore returns the energy of a stay before its first step in the grid,
// MWh.
func (u *EVFleet) energyBefore(i int) float64 {
	if u.Before.Stays != nil {
		return u.Before.Stays[i].Energy
	}
	return u.Stays[i].Has
}

// came reports whether the car has come by the end of the given steps.
func (u *EVFleet) came(i int, shares func(t int) float64, steps span) bool {
	if u.Before.Stays != nil && u.Before.Stays[i].Connected {
		return true
	}
	for t := steps.from; t < steps.to; t++ {
		if shares(t) > 0 {
			return true
		}
	}
	return false
}

// Benefit implements [DER]. Its items are those of the payment, "wear" and
// "unmet energy". Unmet energy is that of the trace "unmet", because meters of
// a fleet do not show the energy of one car.
func (u *EVFleet) Benefit(realised Schedule, c Context, scenario int) Benefit {
	var (
		b            = c.Payment(realised, scenario)
		p            = &realised.Realised[scenario]
		given, unmet float64
	)
	for t := range c.Steps() {
		given += at(p.Injected, t) * c.HoursAt(t)
		unmet += at(p.Trace("unmet"), t)
	}
	b.Pay("wear", u.Wear*given)
	b.Pay("unmet energy", u.UnmetCost*unmet)
	return b
}

// BenefitByStep implements [Stepwise]. Unmet energy belongs to the last step of
// a stay.
func (u *EVFleet) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	p := &realised.Realised[scenario]
	unmet := p.Trace("unmet")
	return append(c.PaymentByStep(realised, scenario),
		c.byStep("wear", func(t int) float64 { return -u.Wear * at(p.Injected, t) * c.HoursAt(t) }),
		c.byStep("unmet energy", func(t int) float64 { return -u.UnmetCost * at(unmet, t) }))
}

// Misses returns the cars that leave with less energy than they want in one
// scenario of a planned schedule, in the order of the stays. A lack of at most
// 1e-6 MWh is none.
func (u *EVFleet) Misses(realised *Ports, c Context, scenario int) []EVMiss {
	const tiny = 1e-6 // MWh, 1 Wh: assumed, above the tolerance of a solver
	var out []EVMiss
	for i := range u.Stays {
		x, steps := &u.Stays[i], u.steps(i, c.clock())
		energy := realised.Trace("energy_" + strconv.Itoa(i+1))
		if steps.to == 0 || len(energy) < steps.to || !u.came(i, x.shares(c.Set, scenario), steps) {
			continue
		}
		if lack := x.Wants - energy[steps.to-1]; lack > tiny {
			out = append(out, EVMiss{u.name(i), steps.to - 1, lack})
		}
	}
	return out
}

// Validate implements [Validator].
func (u *EVFleet) Validate(set *scenario.Set) error {
	v := checks("EV fleet", u.ID)
	v.Efficiency("Efficiency", u.Efficiency)
	v.AtLeast("Wear", u.Wear, 0, "currency per MWh")
	v.AtLeast("UnmetCost", u.UnmetCost, 0, "currency per MWh")
	v.AtLeast("Before.Passed", u.Before.Passed, 0, "h")
	for i := range u.Stays {
		u.Stays[i].validate(v, "Stays["+strconv.Itoa(i)+"].", u.Before.Passed, set)
	}
	if u.Before.Stays == nil {
		return v.Err()
	}
	if !v.Require(len(u.Before.Stays) == len(u.Stays), "Before.Stays has %d states, want one for each of the %d stays",
		len(u.Before.Stays), len(u.Stays)) {
		return v.Err()
	}
	for i, x := range u.Before.Stays {
		v.Between("Before.Stays["+strconv.Itoa(i)+"].Energy", x.Energy, 0, u.Stays[i].Capacity, "MWh, the upper end being Capacity")
	}
	return v.Err()
}

// validate reports violations of one stay, whose fields begin with the given
// text.
func (x *EVStay) validate(v *faults.List, at string, passed float64, set *scenario.Set) {
	v.Positive(at+"Capacity", x.Capacity, "MWh")
	v.Between(at+"Has", x.Has, 0, x.Capacity, "MWh, the upper end being Capacity")
	v.Between(at+"Wants", x.Wants, 0, x.Capacity, "MWh, the upper end being Capacity")
	v.AtLeast(at+"Charge", x.Charge, 0, "MW")
	v.AtLeast(at+"Discharge", x.Discharge, 0, "MW")
	if from, ok := x.TaperFrom.Get(); ok {
		v.Require(from >= 0 && from < x.Capacity, "%sTaperFrom is %v, want at least 0 MWh and less than Capacity, %v MWh", at, from, x.Capacity)
		v.Between(at+"TaperPower", x.TaperPower, 0, x.Charge, "MW, the upper end being Charge")
	} else {
		v.Require(x.TaperPower == 0, "%sTaperPower is %v MW, want TaperFrom beside it", at, x.TaperPower)
	}
	if x.Connected != "" && v.Require(set.Has(x.Connected), "%sConnected names series %q, which the scenario set does not have; it has %q",
		at, x.Connected, set.Names()) {
		checkShares(v, set, at+"Connected", x.Connected)
	}
	v.AtLeast(at+"Arrive", x.Arrive, 0, "h")
	if !v.Require(x.Depart > x.Arrive, "%sDepart is %v h, want a time after Arrive, %v h", at, x.Depart, x.Arrive) || set.Steps() == 0 {
		return
	}
	c := clockOf(set.Grid())
	if end := passed + c.at(c.steps); x.Depart > end+c.tiny {
		v.Addf("%sDepart is %v h, after the end of the horizon at %.6g h; want a stay that ends in it, such as on a grid from noon to noon",
			at, x.Depart, end)
		return
	}
	if s := x.window().steps(c); passed == 0 {
		v.Require(s.to > s.from, "%sArrive and Depart, %v h and %v h, have no whole step of the grid between them", at, x.Arrive, x.Depart)
	}
}

// checkShares requires a known series whose values lie in [0, 1]. It reports
// the first one outside.
func checkShares(v *faults.List, set *scenario.Set, field, name string) {
	for s := range set.Len() {
		for t, x := range set.Path(name, s) {
			if !v.Require(x >= 0 && x <= 1, "%s: series %q is %v in scenario %d, step %d, want a share from 0 to 1", field, name, x, s, t) {
				return
			}
		}
	}
}

// RollForward implements [Stateful]: the energy of each car, and whether it has
// come. At the end of the horizon a new one begins, with the same stays.
func (u *EVFleet) RollForward(realised *Ports, c Context, scenario, steps int) (DER, error) {
	next, clock := *u, c.clock()
	next.Before = FleetState{}
	if steps == clock.steps {
		return &next, nil
	}
	next.Before = FleetState{u.Before.Passed + clock.at(steps), make([]StayState, len(u.Stays))}
	for i := range u.Stays {
		x, stay := &u.Stays[i], u.steps(i, clock)
		stay.to = min(stay.to, steps)
		now := StayState{u.energyBefore(i), u.came(i, x.shares(c.Set, scenario), stay)}
		if stay.from < stay.to {
			energy, err := traced(realised, "energy_"+strconv.Itoa(i+1), steps)
			if err != nil {
				return nil, err
			}
			if now.Energy, err = carried("energy of stay "+u.name(i), energy[stay.to-1], 0, x.Capacity, "MWh"); err != nil {
				return nil, err
			}
		}
		next.Before.Stays[i] = now
	}
	return &next, nil
}

// Overlaps implements [Overlapper]: a car charges and discharges at once.
func (u *EVFleet) Overlaps(realised *Ports, t int) bool {
	const tolerance = 1e-6 // MW, 1 W: assumed, above the tolerance of a solver
	for i := range u.Stays {
		n := "_" + strconv.Itoa(i+1)
		if min(at(realised.Trace("charge"+n), t), at(realised.Trace("discharge"+n), t)) > tolerance {
			return true
		}
	}
	return false
}

// Bounds implements [Bounded]: −Σ A P ≤ net_t ≤ Σ A D over the stays of a step.
func (u *EVFleet) Bounds(c Context, scenario int) Bounds {
	b, clock := c.NewBounds(), c.clock()
	for port := range b.Min {
		for t := range c.Steps() {
			b.Limit(Carrier(port), t, 0, 0)
		}
	}
	for i := range u.Stays {
		x, stay := &u.Stays[i], u.steps(i, clock)
		shares := x.shares(c.Set, scenario)
		for t := stay.from; t < stay.to; t++ {
			b.Min[Electricity][t] -= shares(t) * x.Charge
			b.Max[Electricity][t] += shares(t) * x.Discharge
		}
	}
	return b
}

// Project implements [Projected]: each car charges at once, as fast as it can,
// until it has the energy that it wants.
//
//	p_t = max(0, min(A P, (Wants − e_{t−1}) / (η Δ), A (P + κ (K − e_{t−1})) / (1 + A κ η Δ)))
func (u *EVFleet) Project(set *scenario.Set, s int) Projection {
	c, load := clockOf(set.Grid()), make([]float64, set.Steps())
	for i := range u.Stays {
		x, stay, energy := &u.Stays[i], u.steps(i, c), u.energyBefore(i)
		shares := x.shares(set, s)
		from, slope := x.taper()
		for t := stay.from; t < stay.to; t++ {
			gain := u.Efficiency * c.hours(t) // MWh stored per MW
			mw := min(shares(t)*x.Charge, (x.Wants-energy)/gain)
			if slope > 0 {
				mw = min(mw, shares(t)*(x.Charge+slope*(from-energy))/(1+shares(t)*slope*gain))
			}
			mw = max(0, mw)
			load[t] += mw
			energy += gain * mw
		}
	}
	return Projection{Load: load}
}

// Rating implements [Rated]: the largest sum of the discharging powers of cars
// that stay at once.
func (u *EVFleet) Rating(port Carrier) optional.Float {
	most := 0.0
	for _, now := range u.Stays {
		sum := 0.0 // when this car arrives
		for _, x := range u.Stays {
			if x.Arrive <= now.Arrive && now.Arrive < x.Depart {
				sum += x.Discharge
			}
		}
		most = max(most, sum)
	}
	if most == 0 {
		return optional.Float{}
	}
	return rating(port, Electricity, optional.Of(most))
}

// Class implements [Classified].
func (u *EVFleet) Class() Class { return ClassFlexibleLoad }

// DescribeState implements [StateDescriber]. The states of one car are details
// of those of the fleet.
func (u *EVFleet) DescribeState(name string) StateRange {
	most := map[string]float64{}
	for _, x := range u.Stays {
		most["energy"] += x.Capacity
		most["unmet"] += x.Wants
	}
	if name != "energy" && name != "unmet" {
		return StateRange{Detail: true}
	}
	return StateRange{Min: optional.Of(0), Max: optional.Of(most[name])}
}

// Quantities implements [Measured].
func (u *EVFleet) Quantities() []Quantity {
	var q quantities
	for _, x := range u.Stays {
		q.add(PowerOf, "Stays.Charge", x.Charge)
		q.add(EnergyOf, "Stays.Capacity", x.Capacity)
	}
	q.add(PriceOf, "Wear", u.Wear)
	q.add(PriceOf, "UnmetCost", u.UnmetCost)
	return q
}

// UnequalSteps implements [Unequal].
func (u *EVFleet) UnequalSteps() bool { return true }

var (
	_ Stepwise       = (*EVFleet)(nil)
	_ Stateful       = (*EVFleet)(nil)
	_ Validator      = (*EVFleet)(nil)
	_ Overlapper     = (*EVFleet)(nil)
	_ Bounded        = (*EVFleet)(nil)
	_ Projected      = (*EVFleet)(nil)
	_ Rated          = (*EVFleet)(nil)
	_ Classified     = (*EVFleet)(nil)
	_ StateDescriber = (*EVFleet)(nil)
	_ Measured       = (*EVFleet)(nil)
	_ Unequal        = (*EVFleet)(nil)
	_ fmt.Stringer   = EVMiss{}
)

// String returns the miss in words, such as `stay "van" lacks 0.012 MWh after
// step 40`.
func (x EVMiss) String() string {
	return fmt.Sprintf("stay %q lacks %.6g MWh after step %d", x.Stay, x.Energy, x.Step)
}
