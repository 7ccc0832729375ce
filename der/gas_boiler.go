package der

import (
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// GasBoiler burns gas for heat.
//
//	H_t = η g_t                                          heat from gas, MW
//	H_min ≤ H_t ≤ H_max, ramps                           a ramp R on the gas is η R on the heat
//	emission = e g_t Δ,   allowance = d_h H_t Δ
//	cost = Σ_t c_om H_t Δ + starts                       gas is paid for where it is bought
//
// Gas is charged with its full carbon, see [CHP].
//
// Source: Energies 2025 18(13) 3443, sections 3.2.6 and 3.3.
type GasBoiler struct {
	ID         string
	Efficiency float64   // η, (0, 1]
	Heat       Operation // of the heat H

	EmissionFactor float64 // e ≥ 0, t CO2 per MWh of gas; natural gas: NaturalGasCO2
	Quota          float64 // d_h ≥ 0, t CO2 of free allowance per MWh of heat
	Maintenance    float64 // c_om ≥ 0, currency per MWh of heat
}

var (
	_ DER       = (*GasBoiler)(nil)
	_ Validator = (*GasBoiler)(nil)
)

// Name implements [DER].
func (u *GasBoiler) Name() string { return u.ID }

// Model implements [DER]. Its columns are "heat(s,t)" and, where it is switchable, "on(t)", "start(t)".
func (u *GasBoiler) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	return u.converter().model(m, on, c)
}

// converter states the unit by its heat.
func (u *GasBoiler) converter() converter {
	return converter{
		id: u.ID, path: "heat", run: u.Heat,
		heat: 1, gas: -1 / u.Efficiency,
		emission: u.EmissionFactor, allowance: u.Quota,
		maintenance: u.Maintenance,
	}
}

// Benefit implements [DER]; its items are the payment's, "maintenance" and, where starts cost, "start-up".
func (u *GasBoiler) Benefit(realised Schedule, c Context, scenario int) Benefit {
	return u.converter().benefit(realised, c, scenario)
}

// Validate implements [Validator].
func (u *GasBoiler) Validate(*scenario.Set) error {
	v := checks("gas boiler", u.ID)
	v.Efficiency("Efficiency", u.Efficiency)
	u.Heat.validate(v, "Heat")
	v.AtLeast("EmissionFactor", u.EmissionFactor, 0, "t CO2 per MWh of gas")
	v.AtLeast("Quota", u.Quota, 0, "t CO2 per MWh")
	v.AtLeast("Maintenance", u.Maintenance, 0, "currency per MWh")
	return v.Err()
}
