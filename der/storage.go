package der

import (
	"math"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// Storage shifts energy between steps: a battery, or a heat store where Port is [Heat].
//
//	e_t = (1−σ)^Δ e_{t−1} + η_c c_t Δ − d_t Δ / η_d        energy at the end of step t, MWh
//	E_min ≤ e_t ≤ E_max                                     window
//	0 ≤ c_t ≤ P_c,   0 ≤ d_t ≤ P_d,   not both              MW; see [Storage.bothCanPay]
//	e_T = e_0                                               or another [End]
//	0 ≤ r_t ≤ P_d − d_t + c_t,   r_t H / η_d ≤ e_t − E_min  upward reserve, MW, where Reserve allows any
//	cost = Σ_t w (c_t + d_t) Δ                              wear; w d_t Δ under [WearDischarge]
//
// Reserve is more power at the meter, from charging less as well as from discharging more. The store must be
// able to give it for H hours from any step on; that all of it is discharged is on the safe side.
//
// Wear may instead, or in addition, depend on how deep the cycles are (Depths), and the number of runs
// of charging, and of discharging, that begin in a day may be capped (StartsPerDay).
//
// Power is what crosses the unit's own meter; losses appear in e only.
//
// Sources: Energies 2025 18(13) 3443, section 3.2.2, for balance, window and limits; the daily cycle is
// that of J. Renew. Sustain. Energy 18, 015306 (2026).
type Storage struct {
	ID                  string
	Port                Carrier // Electricity by default
	Charge, Discharge   float64 // P_c, P_d ≥ 0, MW
	MinEnergy, Energy   float64 // 0 ≤ E_min ≤ E_max, MWh
	Initial             float64 // e_0 in [E_min, E_max], MWh
	ChargeEfficiency    float64 // η_c, (0, 1]
	DischargeEfficiency float64 // η_d, (0, 1]
	SelfDischarge       float64 // σ, fraction lost per hour, [0, 1)

	Reserve      float64 // most upward reserve held, MW; 0 is none, milp.Inf what the limits leave
	ReserveHours float64 // H, at least one step. 0: one step

	Wear         float64     // w ≥ 0, currency per MWh
	WearRule     WearRule    // which MWh wear the store; WearThroughput by default
	Depths       []DepthBand // wear by depth of cycle, shallowest first; nil: none
	StartsPerDay int         // most runs of charging, and of discharging, that begin in 24 h. 0: no cap

	End      End     // what holds for the energy that is left; EndAsBegun by default
	EndValue float64 // currency per MWh stored at the end beyond e_0; used by EndFree only
}

// WearRule says which energy wears a store.
type WearRule int

const (
	WearThroughput WearRule = iota // charged plus discharged energy, the default
	WearDischarge                  // discharged energy only
)

// End says what holds for the energy left in a store.
type End int

const (
	EndAsBegun End = iota // e = e_0 at the end of the horizon, the default
	EndDaily              // e = e_0 after every 24 h, and at the end of the horizon
	EndFree               // any energy in the window, valued at EndValue
)

var (
	_ DER       = (*Storage)(nil)
	_ Validator = (*Storage)(nil)
)

// Name implements [DER].
func (u *Storage) Name() string { return u.ID }

// Model implements [DER]. Its columns are "charge(s,t)", "discharge(s,t)", "energy(s,t)" and, where it may
// hold reserve, "reserve(s,t)"; where charging and discharging must be kept apart, binaries "charging(s,t)" and, under a cap on starts,
// "discharging(s,t)".
func (u *Storage) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	var (
		dt   = c.Hours()
		keep = math.Pow(1-u.SelfDischarge, dt)
		out  = c.NewTerms()
	)
	for s := range out {
		at := c.Namer(u.ID, s)
		flows := make([]storageFlow, c.Steps())
		before := on.Times(u.Initial)
		for t := range c.Steps() {
			charge := upTo(m, at("charge", t), u.Charge, on)
			discharge := upTo(m, at("discharge", t), u.Discharge, on)
			energy := within(m, at("energy", t), u.MinEnergy, u.Energy, on)

			m.Equal(at("balance", t), energy,
				milp.Sum(before.Times(keep), charge.Times(u.ChargeEfficiency*dt), discharge.Times(-dt/u.DischargeEfficiency)))
			if u.StartsPerDay == 0 && u.bothCanPay(c, t) {
				u.exclude(m, at, t, on, charge, discharge)
			}
			if u.returnsAfter(c, t) {
				m.Equal(at("cycle", t), energy, on.Times(u.Initial))
			}

			if u.Reserve > 0 {
				reserve := upTo(m, at("reserve", t), min(u.Reserve, u.Charge+u.Discharge), on)
				m.AtMost(at("reserve_power", t), reserve, milp.Sum(on.Times(u.Discharge), discharge.Times(-1), charge))
				m.AtMost(at("reserve_energy", t), reserve.Times(u.reserveHours(dt)/u.DischargeEfficiency), energy.Minus(on.Times(u.MinEnergy)))
				out[s].HoldReserve(t, reserve)
			}
			out[s].Exchange(u.Port, t, discharge, charge)
			out[s].Cost.Add(discharge.Times(u.Wear * dt))
			if u.WearRule == WearThroughput {
				out[s].Cost.Add(charge.Times(u.Wear * dt))
			}
			out[s].Watch("energy", "MWh", t, energy)
			if u.Port != Electricity { // these ports hold the difference only
				out[s].Watch("charge", "MW", t, charge)
				out[s].Watch("discharge", "MW", t, discharge)
			}
			flows[t] = storageFlow{charge, discharge}
			before = energy
		}
		if u.StartsPerDay > 0 {
			u.capStarts(m, at, on, flows, c)
		}
		if u.Depths != nil {
			u.wearByDepth(m, at, on, flows, c, &out[s])
		}
		if u.End == EndFree {
			out[s].Cost.Add(on.Times(u.EndValue*u.Initial), before.Times(-u.EndValue))
		}
	}
	return out
}

// reserveHours returns H.
func (u *Storage) reserveHours(step float64) float64 {
	if u.ReserveHours == 0 {
		return step
	}
	return u.ReserveHours
}

type storageFlow struct{ charge, discharge milp.Expr }

// exclude forbids charging and discharging at once: c_t ≤ P_c x_t, d_t ≤ P_d (1 − x_t), x binary.
func (u *Storage) exclude(m *milp.Model, at func(string, int) milp.Name, t int, on, charge, discharge milp.Expr) {
	charging := m.Bin(at("charging", t)).Expr()
	m.AtMost(at("charging_only", t), charge, charging.Times(u.Charge))
	m.AtMost(at("discharging_only", t), discharge, on.Minus(charging).Times(u.Discharge))
}

// bothCanPay reports whether charging and discharging at once could ever pay at step t, so that a
// binary has to forbid it.
//
// Let both run. Charging ε less and discharging η_c η_d ε less leaves e as it is, feeds (1 − η_c η_d) ε
// more into the VPP and saves the wear of the energy no longer moved:
//
//	gain per ε = (1 − η_c η_d) floor + w_c + η_c η_d w_d
//
// with w_c and w_d the wear per MWh charged and discharged and floor the least that energy at the meter
// can be worth. Where the gain is above zero no optimum runs both, though a schedule that a solver
// accepts within its gap might. Where it is zero both could run for nothing, where it is negative burning
// energy pays; then, and where the floor is not known, a binary keeps them apart. So it does where reserve is
// held, for feeding in less leaves more of it and nothing is known of its worth.
func (u *Storage) bothCanPay(c Context, t int) bool {
	floor, known := c.MinMarginalValue(u.Port, t)
	if !known {
		return true
	}
	if u.Reserve > 0 && !math.IsInf(floor, 1) {
		return true
	}
	kept := u.ChargeEfficiency * u.DischargeEfficiency
	saved := u.Wear * kept
	if u.WearRule == WearThroughput {
		saved += u.Wear
	}
	if len(u.Depths) > 0 {
		saved += u.Depths[0].Wear * kept
	}
	if kept == 1 {
		return saved <= 0 // no energy is burnt, whatever it is worth
	}
	return (1-kept)*floor+saved <= 0
}

// capStarts limits how often per day a run of charging, and one of discharging, begins:
//
//	c_t ≤ P_c x_t,   d_t ≤ P_d y_t,   x_t + y_t ≤ 1         x, y binary
//	start_t ≥ x_t − x_{t−1},   Σ_{t in day} start_t ≤ N     likewise for y; idle before the horizon
//
// Power may be zero within a run: a pause ends it only where x or y says so.
//
// Source: Xue et al., Renewable Energy Resources 37(8), 2019.
func (u *Storage) capStarts(m *milp.Model, at func(string, int) milp.Name, on milp.Expr, flows []storageFlow, c Context) {
	// runs adds the binaries of one direction and the rows that count its starts.
	runs := func(what string, flow func(t int) milp.Expr, limit float64) []milp.Expr {
		active, starts := make([]milp.Expr, len(flows)), make([]milp.Expr, len(flows))
		var before milp.Expr
		for t := range flows {
			active[t] = m.Bin(at(what, t)).Expr()
			starts[t] = m.Var(at(what+"_start", t), 0, 1).Expr()
			m.AtMost(at(what+"_only", t), flow(t), active[t].Times(limit))
			m.AtLeast(at(what+"_start", t), starts[t], active[t].Minus(before))
			before = active[t]
		}
		for day, steps := range c.days() {
			m.AtMost(at(what+"_starts", day), milp.Sum(starts[steps.from:steps.to]...), milp.Const(float64(u.StartsPerDay)))
		}
		return active
	}
	charging := runs("charging", func(t int) milp.Expr { return flows[t].charge }, u.Charge)
	discharging := runs("discharging", func(t int) milp.Expr { return flows[t].discharge }, u.Discharge)
	for t := range flows {
		m.AtMost(at("exclusive", t), charging[t].Plus(discharging[t]), on)
	}
}

// returnsAfter reports whether the energy must be back at e_0 at the end of step t.
func (u *Storage) returnsAfter(c Context, t int) bool {
	switch u.End {
	case EndAsBegun:
		return t == c.Steps()-1
	case EndDaily:
		return t == c.Steps()-1 || c.day(t+1) != c.day(t)
	}
	return false
}

// Benefit implements [DER]; its items are the payment's, "wear" and, under [EndFree], "energy left".
func (u *Storage) Benefit(realised Schedule, c Context, scenario int) Benefit {
	var (
		b                   = c.Payment(realised, scenario)
		p                   = &realised.Realised[scenario]
		dt                  = c.Hours()
		keep                = math.Pow(1-u.SelfDischarge, dt)
		energy              = u.Initial
		charged, discharged float64
	)
	for t := range c.Steps() {
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
		b.Earn("energy left", u.EndValue*(energy-u.Initial))
	}
	return b
}

// flow returns what a realised schedule charges and discharges at step t, MW.
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
	if u.Port < Electricity || u.Port > Gas {
		v.Addf("Port is %d, want Electricity, Heat or Gas", u.Port)
	}
	v.AtLeast("Charge", u.Charge, 0, "MW")
	v.AtLeast("Discharge", u.Discharge, 0, "MW")
	v.AtLeast("Energy", u.Energy, 0, "MWh")
	v.Between("MinEnergy", u.MinEnergy, 0, u.Energy, "MWh, the upper end being Energy")
	v.Between("Initial", u.Initial, u.MinEnergy, u.Energy, "MWh, from MinEnergy to Energy")
	v.Efficiency("ChargeEfficiency", u.ChargeEfficiency)
	v.Efficiency("DischargeEfficiency", u.DischargeEfficiency)
	if !(u.SelfDischarge >= 0 && u.SelfDischarge < 1) {
		v.Addf("SelfDischarge is %v, want a fraction per hour in [0, 1)", u.SelfDischarge)
	}
	if !(u.Reserve >= 0) {
		v.Addf("Reserve is %v, want 0, a limit in MW or milp.Inf", u.Reserve)
	}
	if u.Reserve > 0 && u.Port != Electricity {
		v.Addf("Reserve is %v MW on a store of %v, want 0: reserve is electricity", u.Reserve, u.Port)
	}
	if u.ReserveHours != 0 {
		v.AtLeast("ReserveHours", u.ReserveHours, set.Hours(), "h, one step")
	}
	v.AtLeast("Wear", u.Wear, 0, "currency per MWh")
	if u.WearRule < WearThroughput || u.WearRule > WearDischarge {
		v.Addf("WearRule is %d, want WearThroughput or WearDischarge", u.WearRule)
	}
	u.validateDepths(v)
	if u.StartsPerDay < 0 {
		v.Addf("StartsPerDay is %d, want at least 0 (no cap)", u.StartsPerDay)
	}
	if u.End < EndAsBegun || u.End > EndFree {
		v.Addf("End is %d, want EndAsBegun, EndDaily or EndFree", u.End)
	}
	v.Finite("EndValue", u.EndValue, "currency per MWh")
	if u.EndValue != 0 && u.End != EndFree {
		v.Addf("EndValue is %v but the energy left is fixed; set End to EndFree or EndValue to 0", u.EndValue)
	}
	return v.Err()
}
