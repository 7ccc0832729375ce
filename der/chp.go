package der

import (
	"math"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// CHP burns gas for power and heat in a fixed ratio, as a back-pressure turbine or an engine does.
//
//	P_t = η_e g_t,   H_t = η_h g_t                          power and heat from gas, MW
//	P_min ≤ P_t ≤ P_max,   H_min ≤ H_t ≤ H_max              and ramps on both
//	emission = e g_t Δ,   allowance = (d_e P_t + d_h H_t) Δ
//	cost = Σ_t c_om P_t Δ + starts                          gas is paid for where it is bought
//
// The ratio being fixed, either box implies the other; the unit runs in the narrower one, and [CHP.Binding]
// says which that is. Gas is charged with its full carbon whether fossil or made by [PowerToGas], whose
// CO2 was credited where it was captured: so each tonne is counted once. An emission stated per MWh of
// power and of heat, e_e and e_h, is e = e_e η_e + e_h η_h per MWh of gas.
//
// Source: Energies 2025 18(13) 3443, sections 3.2.1 and 3.3.
type CHP struct {
	ID                 string
	ElectricEfficiency float64 // η_e, (0, 1)
	HeatEfficiency     float64 // η_h, (0, 1); η_e + η_h ≤ 1

	Power                    Operation // of the power P
	MinHeat, MaxHeat         float64   // H_min, H_max, MW; MaxHeat 0: limited by Power alone
	HeatRampUp, HeatRampDown float64   // MW per hour; 0: limited by Power alone

	EmissionFactor float64 // e ≥ 0, t CO2 per MWh of gas; natural gas: NaturalGasCO2
	PowerQuota     float64 // d_e ≥ 0, t CO2 of free allowance per MWh of power
	HeatQuota      float64 // d_h ≥ 0, t CO2 of free allowance per MWh of heat
	Maintenance    float64 // c_om ≥ 0, currency per MWh of power
}

// NaturalGasCO2 is the carbon in natural gas, t CO2 per MWh of lower heating value: one mole of methane
// burns to one of CO2, 1.964 kg per normal cubic metre against 35.8 MJ.
const NaturalGasCO2 = 0.1975

var (
	_ DER       = (*CHP)(nil)
	_ Validator = (*CHP)(nil)
)

// Name implements [DER].
func (u *CHP) Name() string { return u.ID }

// Model implements [DER]. Its columns are "gas(s,t)" and, where it is switchable, "on(t)", "start(t)".
func (u *CHP) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	return u.converter().model(m, on, c)
}

// converter states the unit by the gas that it burns.
func (u *CHP) converter() converter {
	return converter{
		id: u.ID, path: "gas", run: u.gas(),
		power: u.ElectricEfficiency, heat: u.HeatEfficiency, gas: -1,
		emission:    u.EmissionFactor,
		allowance:   u.PowerQuota*u.ElectricEfficiency + u.HeatQuota*u.HeatEfficiency,
		maintenance: u.Maintenance,
	}
}

// gas returns the operation in terms of the gas burnt: the narrower of the limits on power and heat.
func (u *CHP) gas() Operation {
	var (
		perPower, perHeat = 1 / u.ElectricEfficiency, 1 / u.HeatEfficiency
		o                 = u.Power
	)
	o.Min = max(u.Power.Min*perPower, u.MinHeat*perHeat)
	o.Max = u.Power.Max * perPower
	if u.MaxHeat > 0 {
		o.Max = min(o.Max, u.MaxHeat*perHeat)
	}
	o.RampUp = narrower(u.Power.RampUp*perPower, u.HeatRampUp*perHeat)
	o.RampDown = narrower(u.Power.RampDown*perPower, u.HeatRampDown*perHeat)
	o.Before = u.Power.Before * perPower
	return o
}

// narrower returns the smaller of two ramps, where 0 stands for none.
func narrower(a, b float64) float64 {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// Binding names the limits of power and heat that hold the unit, the others being implied by them:
// one of "Power.Min" and "MinHeat", then one of "Power.Max" and "MaxHeat".
func (u *CHP) Binding() (lower, upper string) {
	lower, upper = "Power.Min", "Power.Max"
	if u.MinHeat/u.HeatEfficiency > u.Power.Min/u.ElectricEfficiency {
		lower = "MinHeat"
	}
	if u.MaxHeat > 0 && u.MaxHeat/u.HeatEfficiency < u.Power.Max/u.ElectricEfficiency {
		upper = "MaxHeat"
	}
	return lower, upper
}

// Benefit implements [DER]; its items are the payment's, "maintenance" and, where starts cost, "start-up".
func (u *CHP) Benefit(realised Schedule, c Context, scenario int) Benefit {
	return u.converter().benefit(realised, c, scenario)
}

// Validate implements [Validator].
func (u *CHP) Validate(*scenario.Set) error {
	v := checks("chp", u.ID)
	v.Efficiency("ElectricEfficiency", u.ElectricEfficiency)
	v.Efficiency("HeatEfficiency", u.HeatEfficiency)
	if sum := u.ElectricEfficiency + u.HeatEfficiency; !(sum <= 1) {
		v.Addf("ElectricEfficiency and HeatEfficiency sum to %v, want at most 1: more energy comes out than goes in", sum)
	}
	u.Power.validate(v, "Power")
	v.AtLeast("MinHeat", u.MinHeat, 0, "MW")
	v.AtLeast("MaxHeat", u.MaxHeat, 0, "MW")
	v.AtLeast("HeatRampUp", u.HeatRampUp, 0, "MW per hour")
	v.AtLeast("HeatRampDown", u.HeatRampDown, 0, "MW per hour")
	if o := u.gas(); o.Min > o.Max*(1+1e-12) && !math.IsInf(o.Min, 0) {
		v.Addf("limits on power ask for %v to %v MW of gas, those on heat for %v to %v MW; want ranges that overlap",
			u.Power.Min/u.ElectricEfficiency, u.Power.Max/u.ElectricEfficiency, u.MinHeat/u.HeatEfficiency, u.MaxHeat/u.HeatEfficiency)
	}
	v.AtLeast("EmissionFactor", u.EmissionFactor, 0, "t CO2 per MWh of gas")
	v.AtLeast("PowerQuota", u.PowerQuota, 0, "t CO2 per MWh")
	v.AtLeast("HeatQuota", u.HeatQuota, 0, "t CO2 per MWh")
	v.AtLeast("Maintenance", u.Maintenance, 0, "currency per MWh")
	return v.Err()
}
