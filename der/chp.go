package der

import (
	"math"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// CHP burns gas for power and heat in a fixed ratio, as a back-pressure turbine
// or an engine does.
//
//	P_t = η_e g_t,   H_t = η_h g_t                          power and heat from gas, MW
//	P_min ≤ P_t ≤ P_max,   H_min ≤ H_t ≤ H_max              and ramps on both
//	emission = e g_t Δ,   allowance = (d_e P_t + d_h H_t) Δ
//	cost = Σ_t c_om P_t Δ + starts                          gas is paid at its purchase
//
// The ratio is fixed, so both ranges become ranges of the gas g, and the unit
// runs in their intersection; [CHP.Binding] names the binding limits. Gas is
// charged with its full carbon, fossil or made by [PowerToGas], because
// captured CO2 is credited at its capture. An emission given per MWh of power
// and of heat, e_e and e_h, is e = e_e η_e + e_h η_h per MWh of gas.
//
// For example, η_e = 0.35 and η_h = 0.45 turn 10 MW of gas into 3.5 MW of power
// and 4.5 MW of heat.
//
// Source: Energies 2025 18(13) 3443, sections 3.2.1 and 3.3.
type CHP struct {
	ID                 string
	ElectricEfficiency float64 // η_e, (0, 1)
	HeatEfficiency     float64 // η_h, (0, 1); η_e + η_h ≤ 1

	Power                    Operation      // of the power P
	MinHeat                  float64        // H_min ≥ 0, MW
	MaxHeat                  optional.Float // H_max, MW. Absent: limited by Power alone
	HeatRampUp, HeatRampDown optional.Float // MW per hour. Absent: limited by Power alone

	EmissionFactor optional.Float // e ≥ 0, t CO2 per MWh of gas. Absent: NaturalGasCO2
	PowerQuota     float64        // d_e ≥ 0, t CO2 of free allowance per MWh of power
	HeatQuota      float64        // d_h ≥ 0, t CO2 of free allowance per MWh of heat
	Maintenance    float64        // c_om ≥ 0, currency per MWh of power
}

// NaturalGasCO2 is the carbon in natural gas, t CO2 per MWh of lower heating
// value. One mole of methane burns to one mole of CO2: 1.964 kg per normal
// cubic metre, and 35.8 MJ.
const NaturalGasCO2 = 0.1975

// Name implements [DER].
func (u *CHP) Name() string { return u.ID }

// Model implements [DER]. Its columns are "gas(s,t)" and, if it is switchable,
// "on(t)" and "start(t)".
func (u *CHP) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	return u.converter().model(m, on, c)
}

// converter returns the unit as a converter of the gas that it burns.
func (u *CHP) converter() converter {
	return converter{
		id: u.ID, path: "gas", run: u.gas(),
		power: u.ElectricEfficiency, heat: u.HeatEfficiency, gas: -1,
		emission:    u.EmissionFactor.Or(NaturalGasCO2),
		allowance:   u.PowerQuota*u.ElectricEfficiency + u.HeatQuota*u.HeatEfficiency,
		maintenance: u.Maintenance,
	}
}

// gas returns the operation in terms of the gas burnt: the narrower of the
// limits on power and heat, each divided by its efficiency.
func (u *CHP) gas() Operation {
	var (
		perPower, perHeat = 1 / u.ElectricEfficiency, 1 / u.HeatEfficiency
		o                 = u.Power
	)
	o.Min = max(u.Power.Min*perPower, u.MinHeat*perHeat)
	o.Max = u.Power.Max * perPower
	if heat, ok := u.MaxHeat.Get(); ok {
		o.Max = min(o.Max, heat*perHeat)
	}
	if o.Min > o.Max && o.Min <= o.Max*rounding {
		o.Max = o.Min // one point: 1.65 MW of power and 3.9 MW of heat are 7.5 MW of gas both
	}
	o.RampUp = narrower(u.Power.RampUp, perPower, u.HeatRampUp, perHeat)
	o.RampDown = narrower(u.Power.RampDown, perPower, u.HeatRampDown, perHeat)
	o.Before = u.Power.Before * perPower
	return o
}

// rounding is the factor within which two limits are equal.
const rounding = 1 + 1e-12

// narrower returns the smaller of a·perA and b·perB, or absent if both limits
// are absent.
func narrower(a optional.Float, perA float64, b optional.Float, perB float64) optional.Float {
	if !a.Given() && !b.Given() {
		return optional.Float{}
	}
	return optional.Of(min(a.Or(math.Inf(1))*perA, b.Or(math.Inf(1))*perB))
}

// Binding names the limits that bind; they imply the others. lower is
// "Power.Min" or "MinHeat", upper is "Power.Max" or "MaxHeat".
func (u *CHP) Binding() (lower, upper string) {
	lower, upper = "Power.Min", "Power.Max"
	if u.MinHeat/u.HeatEfficiency > u.Power.Min/u.ElectricEfficiency {
		lower = "MinHeat"
	}
	if heat, ok := u.MaxHeat.Get(); ok && heat/u.HeatEfficiency < u.Power.Max/u.ElectricEfficiency {
		upper = "MaxHeat"
	}
	return lower, upper
}

// Benefit implements [DER]. Its items are those of the payment, "maintenance"
// and, if starts cost, "start-up".
func (u *CHP) Benefit(realised Schedule, c Context, scenario int) Benefit {
	return u.converter().benefit(realised, c, scenario)
}

// Validate implements [Validator].
func (u *CHP) Validate(*scenario.Set) error {
	v := checks("chp", u.ID)
	v.Efficiency("ElectricEfficiency", u.ElectricEfficiency)
	v.Efficiency("HeatEfficiency", u.HeatEfficiency)
	sum := u.ElectricEfficiency + u.HeatEfficiency
	v.Require(sum <= 1, "ElectricEfficiency and HeatEfficiency sum to %v, want at most 1: "+
		"more energy comes out than goes in", sum)
	u.Power.validate(v, "Power")
	v.AtLeast("MinHeat", u.MinHeat, 0, "MW")
	v.AtLeast("MaxHeat", u.MaxHeat.Or(0), 0, "MW")
	v.AtLeast("HeatRampUp", u.HeatRampUp.Or(0), 0, "MW per hour")
	v.AtLeast("HeatRampDown", u.HeatRampDown.Or(0), 0, "MW per hour")
	if o := u.gas(); o.Min > o.Max*rounding && !math.IsInf(o.Min, 0) {
		perPower, perHeat := 1/u.ElectricEfficiency, 1/u.HeatEfficiency
		v.Addf("limits on power need %v to %v MW of gas, limits on heat %v to %v MW; want ranges that overlap",
			u.Power.Min*perPower, u.Power.Max*perPower, u.MinHeat*perHeat, u.MaxHeat.Or(math.Inf(1))*perHeat)
	}
	v.AtLeast("EmissionFactor", u.EmissionFactor.Or(0), 0, "t CO2 per MWh of gas")
	v.AtLeast("PowerQuota", u.PowerQuota, 0, "t CO2 per MWh")
	v.AtLeast("HeatQuota", u.HeatQuota, 0, "t CO2 per MWh")
	v.AtLeast("Maintenance", u.Maintenance, 0, "currency per MWh")
	return v.Err()
}

// RollForward implements [Stateful]: ramps and starts continue from the last
// output.
func (u *CHP) RollForward(realised *Ports, _ Context, _, steps int) (DER, error) {
	var (
		next, gas    = *u, u.gas()
		perGas       = u.ElectricEfficiency
		lower, upper = max(u.Power.Min, gas.Min*perGas), min(u.Power.Max, gas.Max*perGas)
		err          error
	)
	if next.Power, err = u.Power.rollForward(realised, steps, at(realised.Injected, steps-1), lower, upper); err != nil {
		return nil, err
	}
	return &next, nil
}

// Class implements [Classified].
func (u *CHP) Class() Class { return ClassThermal }

// CountsCarbon implements [CarbonCounter].
func (u *CHP) CountsCarbon() CarbonCount { return burning(u.EmissionFactor.Or(NaturalGasCO2)) }

// Quantities implements [Measured].
func (u *CHP) Quantities() []Quantity {
	var q quantities
	q.operation("Power", u.Power)
	q.add(PowerOf, "MinHeat", u.MinHeat)
	q.add(PowerOf, "MaxHeat", u.MaxHeat)
	q.add(PriceOf, "Maintenance", u.Maintenance)
	return q
}
