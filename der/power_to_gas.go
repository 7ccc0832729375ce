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
	return u.converter().model(m, on, c)
}

// converter states the unit by the power that it takes in.
func (u *PowerToGas) converter() converter {
	co2 := u.CO2PerMWh
	if co2 == 0 {
		co2 = NaturalGasCO2
	}
	return converter{
		id: u.ID, path: "power", run: u.Power,
		power: -1, gas: u.Efficiency, co2: co2,
		maintenance: u.Maintenance,
	}
}

// Benefit implements [DER]; its items are the payment's, "maintenance" and, where starts cost, "start-up".
func (u *PowerToGas) Benefit(realised Schedule, c Context, scenario int) Benefit {
	return u.converter().benefit(realised, c, scenario)
}

// Validate implements [Validator].
func (u *PowerToGas) Validate(*scenario.Set) error {
	v := checks("power-to-gas", u.ID)
	v.Efficiency("Efficiency", u.Efficiency)
	u.Power.validate(v, "Power")
	v.AtLeast("CO2PerMWh", u.CO2PerMWh, 0, "t CO2 per MWh of gas")
	v.AtLeast("Maintenance", u.Maintenance, 0, "currency per MWh")
	return v.Err()
}
