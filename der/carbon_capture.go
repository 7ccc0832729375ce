package der

import (
	"math"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// CarbonCapture is a thermal unit that spends part of its power on capturing its CO2.
//
//	N_t = P_t − A_t ≥ 0                                          net, gross and capture power, MW
//	A_t = A_fix u_t + (λ_a a_t + λ_d d_t) / Δ                    fixed, absorbing, releasing
//	η δ_min e P_t Δ ≤ a_t ≤ η δ_max e P_t Δ                      CO2 absorbed, t
//	v_t = v_{t−1} + a_t − d_t,   0 ≤ v_t ≤ V,   v_T = v_0        CO2 in the solvent tank, t
//	emission = e P_t Δ − a_t (e P_t Δ under CountAtPurchase),   allowance = q N_t Δ
//	cost = that of the thermal unit + c Σ_t a_t
//
// The split δ of the flue gas is not a variable: absorbed CO2 takes its place, which removes the product
// δ P exactly. Without a tank (V = 0) CO2 is released as it is absorbed and only λ_a + λ_d matters.
//
// CO2 is credited here, at the stack, and handed over as a good: to [PowerToGas], whose gas is charged with
// its full carbon when burnt, or to [Sequestration]. So each tonne counts once; see [CarbonRule] for the other
// way to have it so.
//
// Sources: Energies 2025 18(13) 3443, section 3.2.7, for the two streams of power and fixed and operating
// energy; flue split and solvent tank are those of capture plants with flexible operation in the
// literature on low-carbon dispatch.
type CarbonCapture struct {
	Unit Thermal // the host; its ID is the unit's, its EmissionFactor e and Quota q

	Carbon CarbonRule // where captured CO2 is credited; CountAtStack by default

	Efficiency         float64 // η, (0, 1], share of the CO2 treated that is absorbed
	MinSplit, MaxSplit float64 // δ_min ≤ δ_max in [0, 1], share of the flue gas treated; MaxSplit 0: 1

	FixedPower    float64 // A_fix ≥ 0, MW while the unit is on
	AbsorbEnergy  float64 // λ_a ≥ 0, MWh per t absorbed
	ReleaseEnergy float64 // λ_d ≥ 0, MWh per t released
	SolventCost   float64 // c ≥ 0, currency per t absorbed

	Tank       float64 // V ≥ 0, t CO2 that the solvent can hold; 0: none
	InTank     float64 // v_0 in [0, V], t CO2; also at the end
	MaxRelease float64 // most CO2 released, t per hour; 0: no limit. Used with a tank
}

var (
	_ DER       = (*CarbonCapture)(nil)
	_ Validator = (*CarbonCapture)(nil)
)

// Name implements [DER].
func (u *CarbonCapture) Name() string { return u.Unit.ID }

// Model implements [DER]. Its columns are the thermal unit's, "absorbed(s,t)" and, with a tank,
// "released(s,t)" and "in_tank(s,t)".
func (u *CarbonCapture) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	var (
		dt   = c.Hours()
		out  = u.Unit.Model(m, on, c)
		most = u.Unit.EmissionFactor * u.Unit.MaxOutput * dt // t per step
	)
	for s := range out {
		at := c.Namer(u.Name(), s)
		gross, runs := out[s].Injected, out[s].trace("on")
		net := make([]milp.Expr, c.Steps())
		allowed := make([]milp.Expr, c.Steps())
		before := on.Times(u.InTank)
		for t := range c.Steps() {
			flue := gross[t].Times(u.Unit.EmissionFactor * dt)
			absorbed := m.Var(at("absorbed", t), 0, most).Expr()
			m.AtMost(at("absorbed_max", t), absorbed, flue.Times(u.Efficiency*u.maxSplit()))
			if u.MinSplit > 0 {
				m.AtLeast(at("absorbed_min", t), absorbed, flue.Times(u.Efficiency*u.MinSplit))
			}
			released := absorbed
			if u.Tank > 0 {
				released = upTo(m, at("released", t), u.maxReleased(most, dt), on)
				inTank := upTo(m, at("in_tank", t), u.Tank, on)
				m.Equal(at("tank", t), inTank, milp.Sum(before, absorbed, released.Times(-1)))
				before = inTank
				out[s].Watch("in tank", "t", t, inTank)
			}

			capture := milp.Sum(runs[t].Times(u.FixedPower), absorbed.Times(u.AbsorbEnergy/dt), released.Times(u.ReleaseEnergy/dt))
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
			m.Equal(at("tank_cycle", c.Steps()-1), before, on.Times(u.InTank))
		}
		out[s].Injected = net
		out[s].Conventional = scaled(net, dt)
		if u.Unit.Quota != 0 {
			out[s].Allowance = allowed
		}
	}
	return out
}

func scaled(path []milp.Expr, k float64) []milp.Expr {
	out := make([]milp.Expr, len(path))
	for t, e := range path {
		out[t] = e.Times(k)
	}
	return out
}

func (u *CarbonCapture) maxSplit() float64 {
	if u.MaxSplit == 0 {
		return 1
	}
	return u.MaxSplit
}

// maxReleased returns the most CO2 released in a step, t: the limit or what a full tank and the flue
// gas of the step hold.
func (u *CarbonCapture) maxReleased(flue, dt float64) float64 {
	if u.MaxRelease > 0 {
		return u.MaxRelease * dt
	}
	return u.Tank + flue
}

// Benefit implements [DER]; its items are those of the thermal unit at its gross output, the payment
// being for the net one, and "solvent".
//
// It reads the traces "gross" and "absorbed". For a metered schedule, which has none, both follow from N
// and the CO2 handed over, unless a tank lies between; then the benefit is not a number.
func (u *CarbonCapture) Benefit(realised Schedule, c Context, scenario int) Benefit {
	p := &realised.Realised[scenario]
	gross, absorbed := u.inner(p, c)

	// The host's own costs: its benefit without any tariff, at gross output.
	inside := Schedule{Realised: make([]Ports, len(realised.Realised))}
	inside.Realised[scenario] = Ports{Injected: gross, Traces: p.Traces}
	own := c
	own.Tariff = Tariff{}
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

// inner returns gross output in MW and CO2 absorbed in t, per step.
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
		gross[t] = at(p.Injected, t) + absorbed[t]*(u.AbsorbEnergy+u.ReleaseEnergy)/c.Hours()
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
	v.Between("MaxSplit", u.MaxSplit, 0, 1, "of the flue gas")
	v.Between("MinSplit", u.MinSplit, 0, u.maxSplit(), "of the flue gas, the upper end being MaxSplit")
	v.AtLeast("FixedPower", u.FixedPower, 0, "MW")
	v.AtLeast("AbsorbEnergy", u.AbsorbEnergy, 0, "MWh per t CO2")
	v.AtLeast("ReleaseEnergy", u.ReleaseEnergy, 0, "MWh per t CO2")
	v.AtLeast("SolventCost", u.SolventCost, 0, "currency per t CO2")
	v.AtLeast("Tank", u.Tank, 0, "t CO2")
	v.Between("InTank", u.InTank, 0, u.Tank, "t CO2, the upper end being Tank")
	v.AtLeast("MaxRelease", u.MaxRelease, 0, "t CO2 per hour")
	if least := u.minCapturePower(); least > u.Unit.MinOutput && !math.IsNaN(least) {
		v.Addf("FixedPower and MinSplit take %v MW at the least output of %v MW; nothing would be left", least, u.Unit.MinOutput)
	}
	return v.Err()
}

// minCapturePower returns the capture power at the least output, MW.
func (u *CarbonCapture) minCapturePower() float64 {
	absorbed := u.Efficiency * u.MinSplit * u.Unit.EmissionFactor * u.Unit.MinOutput // t per hour
	return u.FixedPower + absorbed*u.AbsorbEnergy
}
