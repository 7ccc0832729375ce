package der

import (
	"math"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// CarbonCapture is a thermal unit that uses part of its power to capture its
// CO2.
//
//	N_t = P_t − A_t ≥ 0                                          net, gross and capture power, MW
//	A_t = A_fix u_t + (λ_a a_t + λ_d d_t) / Δ                    fixed, absorbing, releasing
//	η δ_min e P_t Δ ≤ a_t ≤ η δ_max e P_t Δ                      CO2 absorbed, t
//	v_t = v_{t−1} + a_t − d_t,   0 ≤ v_t ≤ V,   v_T = v_end      CO2 in the solvent tank, t
//	emission = e P_t Δ − a_t (e P_t Δ under CountAtPurchase),   allowance = q N_t Δ
//	cost = that of the thermal unit + c Σ_t a_t
//
// The split δ of the flue gas is no variable. Absorbed CO2 takes its place,
// which removes the product δ P exactly. Without a tank (V = 0) CO2 is released
// in the step of its absorption, and only λ_a + λ_d matters.
//
// CO2 is credited at the stack and handed to other members as a good: to
// [PowerToGas], whose gas is charged with its full carbon when burnt, or to
// [Sequestration]. Each tonne counts once; [CarbonRule] describes the other
// rule.
//
// For example, 10 MW gross for 1 h with e = 0.9, η = 0.9 and the full split
// absorb 8.1 t. With λ_a + λ_d = 0.25 MWh/t the capture takes 2.025 MW.
//
// Sources: Energies 2025 18(13) 3443, section 3.2.7, for the two streams of
// power and for fixed and operating energy. Flue split and solvent tank are
// those of flexible capture in the literature on low-carbon dispatch.
type CarbonCapture struct {
	Unit Thermal // host unit; gives the ID, the EmissionFactor e and the Quota q

	Carbon CarbonRule // place of the credit; CountAtStack by default

	Efficiency float64        // η, (0, 1], fraction of the treated CO2 that is absorbed
	MinSplit   float64        // δ_min in [0, δ_max], fraction of the flue gas that is treated
	MaxSplit   optional.Float // δ_max in [0, 1]. Absent: 1

	FixedPower    float64 // A_fix ≥ 0, MW while the unit is on
	AbsorbEnergy  float64 // λ_a ≥ 0, MWh per t absorbed
	ReleaseEnergy float64 // λ_d ≥ 0, MWh per t released
	SolventCost   float64 // c ≥ 0, currency per t absorbed

	Tank       float64        // V ≥ 0, t CO2 in the solvent; 0: no tank
	InTank     float64        // v_0 in [0, V], t CO2, at the beginning
	EndInTank  optional.Float // v_end in [0, V], t CO2, at the end. Absent: v_0
	MaxRelease optional.Float // upper limit of d_t / Δ with a tank, t per hour. Absent: no limit
}

// Name implements [DER].
func (u *CarbonCapture) Name() string { return u.Unit.ID }

// Model implements [DER]. Its columns are those of the thermal unit,
// "absorbed(s,t)" and, with a tank, "released(s,t)" and "in_tank(s,t)". It
// replaces the injection of the host by the net power.
func (u *CarbonCapture) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	out := u.Unit.Model(m, on, c)
	for s := range out {
		at := c.Namer(u.Name(), s)
		gross, runs := out[s].Injected, out[s].trace("on")
		net := make([]milp.Expr, c.Steps())
		allowed := make([]milp.Expr, c.Steps())
		before := on.Times(u.InTank)
		for t := range c.Steps() {
			dt := c.HoursAt(t)
			maxAbsorbed := u.Unit.EmissionFactor * u.Unit.MaxOutput * dt // t in the step
			flue := gross[t].Times(u.Unit.EmissionFactor * dt)
			absorbed := m.Var(at("absorbed", t), 0, maxAbsorbed*MaxCount(on)).Expr()
			m.AtMost(at("absorbed_max", t), absorbed, flue.Times(u.Efficiency*u.maxSplit()))
			if u.MinSplit > 0 {
				m.AtLeast(at("absorbed_min", t), absorbed, flue.Times(u.Efficiency*u.MinSplit))
			}
			released := absorbed
			if u.Tank > 0 {
				released = upTo(m, at("released", t), u.maxReleased(maxAbsorbed, dt), on)
				inTank := upTo(m, at("in_tank", t), u.Tank, on)
				m.Equal(at("tank", t), inTank, milp.Sum(before, absorbed, released.Times(-1)))
				before = inTank
				out[s].Watch("in tank", "t", t, inTank)
			}

			capture := milp.Sum(runs[t].Times(u.FixedPower),
				absorbed.Times(u.AbsorbEnergy/dt), released.Times(u.ReleaseEnergy/dt))
			net[t] = gross[t].Minus(capture)
			m.AtLeast(at("net", t), net[t], milp.Const(0))

			if u.Carbon == CountAtStack {
				out[s].Emit(t, absorbed.Times(-1))
			}
			out[s].SupplyCO2(t, released)
			out[s].Cost.Add(absorbed.Times(u.SolventCost))
			out[s].Watch("gross", "MW", t, gross[t])
			out[s].Watch("absorbed", "t", t, absorbed)
			allowed[t] = net[t].Times(u.Unit.Quota * dt)
		}
		if u.Tank > 0 {
			m.Equal(at("tank_cycle", c.Steps()-1), before, on.Times(u.EndInTank.Or(u.InTank)))
		}
		out[s].Injected = net
		out[s].Conventional = energyOf(net, c)
		if u.Unit.Quota != 0 {
			out[s].Allowance = allowed
		}
	}
	return out
}

// energyOf returns the energy of a power in each step, MWh.
func energyOf(power []milp.Expr, c Context) []milp.Expr {
	out := make([]milp.Expr, len(power))
	for t, e := range power {
		out[t] = e.Times(c.HoursAt(t))
	}
	return out
}

// maxSplit returns δ_max.
func (u *CarbonCapture) maxSplit() float64 { return u.MaxSplit.Or(1) }

// maxReleased returns an upper limit of the CO2 released in a step, t:
// MaxRelease, or the content of a full tank and of the flue gas of the step.
func (u *CarbonCapture) maxReleased(flue, dt float64) float64 {
	if perHour, ok := u.MaxRelease.Get(); ok {
		return perHour * dt
	}
	return u.Tank + flue
}

// Benefit implements [DER]. Its items are the payment for the net output, the
// costs of the thermal unit at the gross output, and "solvent".
//
// It reads the traces "gross" and "absorbed". A metered schedule has no traces:
// without a tank both follow from N and from the CO2 handed over; with a tank
// the benefit is NaN.
func (u *CarbonCapture) Benefit(realised Schedule, c Context, scenario int) Benefit {
	p := &realised.Realised[scenario]
	gross, absorbed := u.inner(p, c)

	// The own costs of the host are its benefit without a tariff, at gross
	// output.
	inside := Schedule{Realised: make([]Ports, len(realised.Realised))}
	inside.Realised[scenario] = Ports{Injected: gross, Traces: p.Traces}
	own := c
	own.Tariff, own.Inside = Tariff{}, InsidePrices{}
	host := u.Unit.Benefit(inside, own, scenario)

	b := c.Payment(realised, scenario)
	b.Items = append(b.Items, host.Items[len(own.Payment(inside, scenario).Items):]...)
	solvent := 0.0
	for _, t := range absorbed {
		solvent += u.SolventCost * t
	}
	b.Pay("solvent", solvent)
	return b
}

// inner returns the gross output in MW and the absorbed CO2 in t, per step.
func (u *CarbonCapture) inner(p *Ports, c Context) (gross, absorbed []float64) {
	if g, a := p.Trace("gross"), p.Trace("absorbed"); g != nil && a != nil {
		return g, a
	}
	gross, absorbed = make([]float64, c.Steps()), make([]float64, c.Steps())
	for t := range gross {
		absorbed[t] = at(p.CO2, t)
		if u.Tank > 0 {
			absorbed[t] = math.NaN()
		}
		gross[t] = at(p.Injected, t) + absorbed[t]*(u.AbsorbEnergy+u.ReleaseEnergy)/c.HoursAt(t)
		if gross[t] > 0 {
			gross[t] += u.FixedPower
		}
	}
	return gross, absorbed
}

// Validate implements [Validator].
func (u *CarbonCapture) Validate(set *scenario.Set) error {
	v := checks("carbon capture", u.Unit.ID)
	v.Add(u.Unit.Validate(set))
	v.Positive("Unit.EmissionFactor", u.Unit.EmissionFactor, "t CO2 per MWh")
	checkCarbonRule(v, u.Carbon)
	v.Efficiency("Efficiency", u.Efficiency)
	v.Between("MaxSplit", u.maxSplit(), 0, 1, "of the flue gas")
	v.Between("MinSplit", u.MinSplit, 0, u.maxSplit(), "of the flue gas, the upper end being MaxSplit")
	v.AtLeast("FixedPower", u.FixedPower, 0, "MW")
	v.AtLeast("AbsorbEnergy", u.AbsorbEnergy, 0, "MWh per t CO2")
	v.AtLeast("ReleaseEnergy", u.ReleaseEnergy, 0, "MWh per t CO2")
	v.AtLeast("SolventCost", u.SolventCost, 0, "currency per t CO2")
	v.AtLeast("Tank", u.Tank, 0, "t CO2")
	v.Between("InTank", u.InTank, 0, u.Tank, "t CO2, the upper end being Tank")
	v.Between("EndInTank", u.EndInTank.Or(0), 0, u.Tank, "t CO2, the upper end being Tank")
	v.AtLeast("MaxRelease", u.MaxRelease.Or(0), 0, "t CO2 per hour")
	if power := u.minCapturePower(); power > u.Unit.MinOutput && !math.IsNaN(power) {
		v.Addf("FixedPower and MinSplit take %v MW at the minimum output of %v MW; nothing would be left",
			power, u.Unit.MinOutput)
	}
	return v.Err()
}

// minCapturePower returns the capture power at the minimum output, MW.
func (u *CarbonCapture) minCapturePower() float64 {
	absorbed := u.Efficiency * u.MinSplit * u.Unit.EmissionFactor * u.Unit.MinOutput // t per hour
	return u.FixedPower + absorbed*u.AbsorbEnergy
}

// RollForward implements [Stateful]: the state of the host, the CO2 in the
// tank, and the CO2 that the tank must end with, which stays that of the first
// window.
func (u *CarbonCapture) RollForward(realised *Ports, c Context, _, steps int) (DER, error) {
	gross, err := traced(realised, "gross", steps)
	if err != nil {
		return nil, err
	}
	next := *u
	if next.Unit.Before, err = u.Unit.stateAfter(realised, c, gross[steps-1], steps); err != nil {
		return nil, err
	}
	if u.Tank > 0 {
		tank, err := traced(realised, "in tank", steps)
		if err != nil {
			return nil, err
		}
		if next.InTank, err = carried("CO2 in the tank", tank[steps-1], 0, u.Tank, "t"); err != nil {
			return nil, err
		}
		next.EndInTank = optional.Of(u.EndInTank.Or(u.InTank))
	}
	return &next, nil
}

// CountsCarbon implements [CarbonCounter]: it follows the rule of its CO2.
func (u *CarbonCapture) CountsCarbon() CarbonCount { return CarbonCount{Credits: true, Rule: u.Carbon} }

// Bounds implements [Bounded]: the upper bounds of the host, and 0 below,
// because the capture can use the whole output.
func (u *CarbonCapture) Bounds(c Context, scenario int) Bounds {
	b := u.Unit.Bounds(c, scenario)
	clear(b.Min[Electricity])
	return b
}

// Quantities implements [Measured].
func (u *CarbonCapture) Quantities() []Quantity {
	var q quantities
	for _, x := range u.Unit.Quantities() {
		q.add(x.Of, "Unit."+x.Field, x.Values)
	}
	q.add(PowerOf, "FixedPower", u.FixedPower)
	q.add(CostOf, "SolventCost", u.SolventCost)
	return q
}
