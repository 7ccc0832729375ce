package der

import (
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// PowerToGas makes methane from power and captured CO2.
//
//	G_t = η P_t                                          gas from power, MW
//	Q_t = ρ G_t Δ                                        CO2 taken in, t; one volume per volume of gas
//	P_min ≤ P_t ≤ P_max, ramps
//	cost = Σ_t c_om P_t Δ + starts
//
// ρ is 3.6 ρ_CO2 / q_CH4 with the density of CO2, 1.964 kg/m³, and the heating value of methane, 35.8
// MJ/m³ (lower): 0.1975 t CO2 per MWh of gas, which is what burning that MWh gives back. The unit has no
// emission of its own and earns no credit: the CO2 was credited where it was captured and is charged
// where the gas is burnt, so that each tonne counts once.
//
// Source: Energies 2025 18(13) 3443, section 3.2.7.
type PowerToGas struct {
	ID          string
	Efficiency  float64   // η, (0, 1]; electrolysis and methanation together reach 0.53 to 0.60
	Power       Operation // of the power P taken in
	CO2PerMWh   float64   // ρ > 0, t CO2 per MWh of gas. 0: NaturalGasCO2
	Maintenance float64   // c_om ≥ 0, currency per MWh taken in
}

var (
	_ DER       = (*PowerToGas)(nil)
	_ Validator = (*PowerToGas)(nil)
)

// Name implements [DER].
func (u *PowerToGas) Name() string { return u.ID }

// Model implements [DER]. Its columns are "power(s,t)" and, where it is switchable, "on(t)", "start(t)".
func (u *PowerToGas) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	var (
		dt  = c.Hours()
		out = c.NewTerms()
		run = u.Power.plan(m, u.ID, on, c)
	)
	for s := range out {
		for t, power := range u.Power.follow(m, c.Namer(u.ID, s), "power", run, on, c) {
			gas := power.Times(u.Efficiency)
			out[s].Withdraw(t, power)
			out[s].SupplyGas(t, gas)
			out[s].SupplyCO2(t, gas.Times(-u.co2()*dt))
			out[s].Cost.Add(power.Times(u.Maintenance * dt))
		}
		out[s].Cost.Add(run.cost)
		u.Power.watch(&out[s], run)
	}
	return out
}

func (u *PowerToGas) co2() float64 {
	if u.CO2PerMWh == 0 {
		return NaturalGasCO2
	}
	return u.CO2PerMWh
}

// Benefit implements [DER]; its items are the payment's, "maintenance" and, where starts cost, "start-up".
func (u *PowerToGas) Benefit(realised Schedule, c Context, scenario int) Benefit {
	return u.Power.benefit(realised, c, scenario, u.Maintenance, func(p *Ports) []float64 { return p.Withdrawn })
}

// Validate implements [Validator].
func (u *PowerToGas) Validate(*scenario.Set) error {
	v := violationsOf("power-to-gas", u.ID)
	v.efficiency("Efficiency", u.Efficiency)
	u.Power.validate(v, "Power")
	v.atLeast("CO2PerMWh", u.CO2PerMWh, 0, "t CO2 per MWh of gas")
	v.atLeast("Maintenance", u.Maintenance, 0, "currency per MWh")
	return v.err()
}
