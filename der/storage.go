package der

import (
	"math"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// Storage shifts energy between steps: a battery, a heat store or a gas store,
// by Port.
//
//	e_t = (1−σ)^Δ e_{t−1} + η_c c_t Δ − d_t Δ / η_d        energy at the end of step t, MWh
//	E_min ≤ e_t ≤ E_max                                     limits
//	0 ≤ c_t ≤ P_c,   0 ≤ d_t ≤ P_d,   not both              MW; see [Storage.bothCanPay]
//	e_T = e_0                                               or EndEnergy, or another [End]
//	0 ≤ r_t ≤ P_d − d_t + c_t,   r_t H / η_d ≤ e_t − E_min  upward reserve, MW, if Reserve > 0
//	cost = Σ_t w (c_t + d_t) Δ                              wear; only d under [WearDischarge]
//
// Power is measured at the meter. Losses appear only in e. Reserve is
// additional power at the meter, from less charging as well as from more
// discharging, for H hours from any step. The energy row charges all of it as
// discharge, which is on the safe side.
//
// Wear can also depend on the depth of cycles (Depths), and StartsPerDay limits
// the runs of charging, and of discharging, that begin in a day.
//
// For example, Storage{Charge: 2, Discharge: 2, Energy: 4, ChargeEfficiency:
// 0.95, DischargeEfficiency: 0.95} is a battery of 2 MW and 4 MWh that starts
// and ends empty.
//
// Sources: Energies 2025 18(13) 3443, section 3.2.2, for balance and limits; J.
// Renew. Sustain. Energy 18, 015306 (2026), for the daily cycle.
type Storage struct {
	ID                  string
	Port                Carrier        // Electricity by default
	Charge, Discharge   float64        // P_c, P_d ≥ 0, MW
	MinEnergy, Energy   float64        // 0 ≤ E_min ≤ E_max, MWh
	Initial             optional.Float // e_0 in [E_min, E_max], MWh. Absent: E_min, an empty store
	ChargeEfficiency    float64        // η_c, (0, 1]
	DischargeEfficiency float64        // η_d, (0, 1]
	SelfDischarge       float64        // σ, fraction lost per hour, [0, 1)

	Reserve      float64        // upper limit of reserve, MW; milp.Inf: no limit
	ReserveHours optional.Float // H, at least one step. Absent: one step

	Wear         float64        // w ≥ 0, currency per MWh
	WearRule     WearRule       // energy that wears the store; WearThroughput by default
	Depths       []DepthBand    // wear by depth of cycle, shallowest first; nil: none
	StartsPerDay optional.Float // runs of each direction that may begin in a day. Absent: no limit

	End       End            // rule for the energy at the end; EndAsBegun by default
	EndEnergy optional.Float // energy that End requires, in [E_min, E_max], MWh. Absent: e_0
	EndValue  float64        // currency per MWh stored at the end beyond e_0; used by EndFree only

	// Before is the state at the start of the horizon, used by limits of the
	// day and by Depths. Rest by default.
	Before StorageState
}

// WearRule selects the energy that wears a store.
type WearRule int

const (
	WearThroughput WearRule = iota // charged and discharged energy, the default
	WearDischarge                  // discharged energy only
)

// End is the rule for the energy in a store at the end of the horizon.
type End int

const (
	EndAsBegun End = iota // e = e_0, or EndEnergy, at the end of the horizon; the default
	EndDaily              // the same at the end of every day, and of the horizon
	EndFree               // any energy within the limits, valued at EndValue
)

// Name implements [DER].
func (u *Storage) Name() string { return u.ID }

// Model implements [DER]. Its columns are "charge(s,t)", "discharge(s,t)",
// "energy(s,t)" and, if Reserve is above 0, "reserve(s,t)". Binaries
// "charging(s,t)" exist if bothCanPay returns true, and, with
// "discharging(s,t)", if StartsPerDay is given.
func (u *Storage) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	var (
		out     = c.NewTerms()
		returns = u.returns(c)
	)
	for s := range out {
		at := c.Namer(u.ID, s)
		flows := make([]storageFlow, c.Steps())
		// The initial energy is multiplied by on, so that on = 0 removes the
		// store from the program.
		before := on.Times(u.initial())
		for t := range c.Steps() {
			dt := c.HoursAt(t)
			keep := u.kept(dt)
			charge := upTo(m, at("charge", t), u.Charge, on)
			discharge := upTo(m, at("discharge", t), u.Discharge, on)
			energy := within(m, at("energy", t), u.MinEnergy, u.Energy, on)

			m.Equal(at("balance", t), energy,
				milp.Sum(before.Times(keep), charge.Times(u.ChargeEfficiency*dt), discharge.Times(-dt/u.DischargeEfficiency)))
			if !u.StartsPerDay.Given() && u.bothCanPay(c, t) {
				u.exclude(m, at, t, on, charge, discharge)
			}
			if returns[t] {
				m.Equal(at("cycle", t), energy, on.Times(u.endEnergy()))
			}

			if u.Reserve > 0 {
				reserve := upTo(m, at("reserve", t), min(u.Reserve, u.Charge+u.Discharge), on)
				m.AtMost(at("reserve_power", t), reserve, milp.Sum(on.Times(u.Discharge), discharge.Times(-1), charge))
				perMW := u.ReserveHours.Or(dt) / u.DischargeEfficiency // MWh in the store per MW
				m.AtMost(at("reserve_energy", t), reserve.Times(perMW), energy.Minus(on.Times(u.MinEnergy)))
				out[s].HoldReserve(t, reserve)
			}
			out[s].Exchange(u.Port, t, discharge, charge)
			out[s].Cost.Add(discharge.Times(u.Wear * dt))
			if u.WearRule == WearThroughput {
				out[s].Cost.Add(charge.Times(u.Wear * dt))
			}
			out[s].Watch("energy", "MWh", t, energy)
			if u.Port != Electricity { // ports of heat and gas hold the difference only
				out[s].Watch("charge", "MW", t, charge)
				out[s].Watch("discharge", "MW", t, discharge)
			}
			flows[t] = storageFlow{charge, discharge}
			before = energy
		}
		if u.StartsPerDay.Given() {
			u.capStarts(m, at, on, flows, c, &out[s])
		}
		if u.Depths != nil {
			u.wearByDepth(m, at, on, flows, c, &out[s])
		}
		if u.End == EndFree {
			out[s].Cost.Add(on.Times(u.EndValue*u.initial()), before.Times(-u.EndValue))
		}
	}
	return out
}

// initial returns e_0.
func (u *Storage) initial() float64 { return u.Initial.Or(u.MinEnergy) }

// endEnergy returns the energy that [EndAsBegun] and [EndDaily] require.
func (u *Storage) endEnergy() float64 { return u.EndEnergy.Or(u.initial()) }

// kept returns (1−σ)^Δ, the fraction of the energy that is left after a step of
// dt hours.
func (u *Storage) kept(dt float64) float64 { return math.Pow(1-u.SelfDischarge, dt) }

// storageFlow holds c_t and d_t of one step.
type storageFlow struct{ charge, discharge milp.Expr }

// exclude forbids charging and discharging at once: c_t ≤ P_c x_t, d_t ≤ P_d (1
// − x_t), x_t binary.
func (u *Storage) exclude(m *milp.Model, at func(string, int) milp.Name, t int, on, charge, discharge milp.Expr) {
	charging := m.Int(at("charging", t), 0, MaxCount(on)).Expr()
	m.AtMost(at("charging_only", t), charge, charging.Times(u.Charge))
	m.AtMost(at("discharging_only", t), discharge, on.Minus(charging).Times(u.Discharge))
}

// bothCanPay reports whether an optimum could charge and discharge at once at
// step t, so that a binary must forbid it.
//
// Suppose both run. Charging ε less and discharging η_c η_d ε less leaves e
// unchanged, feeds (1 − η_c η_d) ε more into the VPP and saves wear:
//
//	gain per ε = (1 − η_c η_d) v_t + w_c + η_c η_d w_d
//
// w_c and w_d are the wear per MWh charged and discharged, and v_t is the lower
// bound of the marginal value ([Context.MinMarginalValue]). A positive gain
// excludes both from every optimum. At a gain of zero both could run for
// nothing, and at a negative gain burning energy pays, so that a binary is
// needed. It is also needed if no bound is known, and with reserve:
// simultaneous operation increases the reserve, and its value has no bound.
func (u *Storage) bothCanPay(c Context, t int) bool {
	bound, known := c.MinMarginalValue(u.Port, t)
	if !known {
		return true
	}
	if u.Reserve > 0 && !math.IsInf(bound, 1) {
		return true
	}
	// At −∞ no saving of wear decides, not even where no energy is lost: the
	// objective can pay for withdrawal, or give costs no weight.
	if math.IsInf(bound, -1) {
		return true
	}
	roundTrip := u.ChargeEfficiency * u.DischargeEfficiency
	saved := u.Wear * roundTrip
	if u.WearRule == WearThroughput {
		saved += u.Wear
	}
	if len(u.Depths) > 0 {
		saved += u.Depths[0].Wear * roundTrip
	}
	if roundTrip == 1 {
		return saved <= 0 // no energy is lost; also avoids 0·∞ below
	}
	return (1-roundTrip)*bound+saved <= 0
}

// capStarts limits the runs of charging, and of discharging, that begin per
// day:
//
//	c_t ≤ P_c x_t,   d_t ≤ P_d y_t,   x_t + y_t ≤ 1         x, y binary
//	start_t ≥ x_t − x_{t−1},   Σ_{t in day} start_t ≤ N     and for y; see Before for step −1
//
// A run is a period of x = 1 or of y = 1. Power may be zero within a run, so
// that a pause needs no new start. Runs begun before the horizon count in the
// day in which it begins. The traces "charging" and "discharging" are x and y.
//
// Source: Xue et al., Renewable Energy Resources 37(8), 2019.
func (u *Storage) capStarts(m *milp.Model, at func(string, int) milp.Name, on milp.Expr, flows []storageFlow, c Context, out *Terms) {
	// runs adds the binaries of one direction and the rows that count its
	// starts.
	runs := func(what string, flow func(t int) milp.Expr, limit float64, past storageRuns) []milp.Expr {
		active, starts := make([]milp.Expr, len(flows)), make([]milp.Expr, len(flows))
		var before milp.Expr
		if past.active {
			before = on
		}
		for t := range flows {
			active[t] = m.Int(at(what, t), 0, MaxCount(on)).Expr()
			starts[t] = m.Var(at(what+"_start", t), 0, MaxCount(on)).Expr()
			m.AtMost(at(what+"_only", t), flow(t), active[t].Times(limit))
			m.AtLeast(at(what+"_start", t), starts[t], active[t].Minus(before))
			before = active[t]
			out.Watch(what, "", t, active[t])
		}
		for i, day := range c.days(u.Before.DayHours) {
			left := u.StartsPerDay.Or(0)
			if day.number == 0 {
				left = max(0, left-past.begun)
			}
			m.AtMost(at(what+"_starts", i), milp.Sum(starts[day.from:day.to]...), times(left, on))
		}
		return active
	}
	past := u.Before.runs()
	charging := runs("charging", func(t int) milp.Expr { return flows[t].charge }, u.Charge, past[0])
	discharging := runs("discharging", func(t int) milp.Expr { return flows[t].discharge }, u.Discharge, past[1])
	for t := range flows {
		m.AtMost(at("exclusive", t), charging[t].Plus(discharging[t]), on)
	}
}

// returns reports, per step, whether the energy at its end is fixed.
func (u *Storage) returns(c Context) []bool {
	out := make([]bool, c.Steps())
	switch u.End {
	case EndAsBegun:
		out[len(out)-1] = true
	case EndDaily:
		for _, day := range c.days(u.Before.DayHours) {
			out[day.to-1] = true
		}
	}
	return out
}

// Benefit implements [DER]. Its items are those of the payment, "wear" and,
// under [EndFree], "energy left". The energy follows from the flows by the
// balance of the type's comment.
func (u *Storage) Benefit(realised Schedule, c Context, scenario int) Benefit {
	var (
		b                   = c.Payment(realised, scenario)
		p                   = &realised.Realised[scenario]
		energy              = u.initial()
		charged, discharged float64
	)
	for t := range c.Steps() {
		dt := c.HoursAt(t)
		keep := u.kept(dt)
		charge, discharge := u.flow(p, t)
		charged += charge * dt
		discharged += discharge * dt
		energy = keep*energy + u.ChargeEfficiency*charge*dt - discharge*dt/u.DischargeEfficiency
	}
	wear := u.Wear * discharged
	if u.WearRule == WearThroughput {
		wear += u.Wear * charged
	}
	b.Pay("wear", wear+u.depthCost(p, c))
	if u.End == EndFree {
		b.Earn("energy left", u.EndValue*(energy-u.initial()))
	}
	return b
}

// flow returns the charging and discharging power of a realised schedule at
// step t, MW.
func (u *Storage) flow(p *Ports, t int) (charge, discharge float64) {
	switch u.Port {
	case Heat:
		return max(-at(p.Heat, t), 0), max(at(p.Heat, t), 0)
	case Gas:
		return max(-at(p.Gas, t), 0), max(at(p.Gas, t), 0)
	}
	return at(p.Withdrawn, t), at(p.Injected, t)
}

// Validate implements [Validator].
func (u *Storage) Validate(set *scenario.Set) error {
	v := checks("storage", u.ID)
	v.Require(u.Port >= Electricity && u.Port <= Gas, "Port is %d, want Electricity, Heat or Gas", u.Port)
	v.AtLeast("Charge", u.Charge, 0, "MW")
	v.AtLeast("Discharge", u.Discharge, 0, "MW")
	v.AtLeast("Energy", u.Energy, 0, "MWh")
	v.Between("MinEnergy", u.MinEnergy, 0, u.Energy, "MWh, the upper end being Energy")
	v.Between("Initial", u.initial(), u.MinEnergy, u.Energy, "MWh, from MinEnergy to Energy")
	v.Efficiency("ChargeEfficiency", u.ChargeEfficiency)
	v.Efficiency("DischargeEfficiency", u.DischargeEfficiency)
	v.Require(u.SelfDischarge >= 0 && u.SelfDischarge < 1,
		"SelfDischarge is %v, want a fraction per hour in [0, 1)", u.SelfDischarge)
	v.Require(u.Reserve >= 0, "Reserve is %v, want 0, a limit in MW or milp.Inf", u.Reserve)
	if u.Reserve > 0 && u.Port != Electricity {
		v.Addf("Reserve is %v MW on a store of %v, want 0: reserve is electricity", u.Reserve, u.Port)
	}
	longest := longestStep(set)
	v.AtLeast("ReserveHours", u.ReserveHours.Or(longest), longest, "h, one step")
	v.AtLeast("Wear", u.Wear, 0, "currency per MWh")
	v.Require(u.WearRule >= WearThroughput && u.WearRule <= WearDischarge,
		"WearRule is %d, want WearThroughput or WearDischarge", u.WearRule)
	u.validateDepths(v)
	checkCount(v, "StartsPerDay", u.StartsPerDay)
	v.Require(u.End >= EndAsBegun && u.End <= EndFree, "End is %d, want EndAsBegun, EndDaily or EndFree", u.End)
	if energy, ok := u.EndEnergy.Get(); ok {
		v.Between("EndEnergy", energy, u.MinEnergy, u.Energy, "MWh, from MinEnergy to Energy")
		v.Require(u.End != EndFree, "EndEnergy is %v but the energy at the end is free; "+
			"set End to EndAsBegun or EndDaily, or leave EndEnergy out", energy)
	}
	v.Finite("EndValue", u.EndValue, "currency per MWh")
	if u.EndValue != 0 && u.End != EndFree {
		v.Addf("EndValue is %v but the energy at the end is fixed; set End to EndFree or EndValue to 0", u.EndValue)
	}
	u.validateBefore(v)
	return v.Err()
}

// Quantities implements [Measured].
func (u *Storage) Quantities() []Quantity {
	var q quantities
	q.add(PowerOf, "Charge", u.Charge)
	q.add(PowerOf, "Discharge", u.Discharge)
	q.add(EnergyOf, "Energy", u.Energy)
	q.add(EnergyOf, "MinEnergy", u.MinEnergy)
	q.add(EnergyOf, "Initial", u.Initial)
	q.add(EnergyOf, "EndEnergy", u.EndEnergy)
	q.add(PriceOf, "Wear", u.Wear)
	q.add(PriceOf, "EndValue", u.EndValue)
	for _, band := range u.Depths {
		q.add(PriceOf, "Depths", band.Wear)
	}
	return q
}
