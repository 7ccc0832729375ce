package der

import (
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// ElectricBoiler turns power into heat.
//
//	H_t = η P_t                                          heat from power, MW
//	P_min ≤ P_t ≤ P_max, ramps
//	cost = Σ_t c_om P_t Δ + starts                       power is paid for under the tariff
//
// It emits nothing; the carbon of its power is counted where that is made or bought.
//
// Source: Energies 2025 18(13) 3443, the device that its third plant has more than the first.
type ElectricBoiler struct {
	ID          string
	Efficiency  float64   // η, (0, 1]
	Power       Operation // of the power P taken in
	Maintenance float64   // c_om ≥ 0, currency per MWh taken in
}

var (
	_ DER       = (*ElectricBoiler)(nil)
	_ Validator = (*ElectricBoiler)(nil)
)

// Name implements [DER].
func (u *ElectricBoiler) Name() string { return u.ID }

// Model implements [DER]. Its columns are "power(s,t)" and, where it is switchable, "on(t)", "start(t)".
func (u *ElectricBoiler) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	return u.converter().model(m, on, c)
}

// converter states the unit by the power that it takes in.
func (u *ElectricBoiler) converter() converter {
	return converter{
		id: u.ID, path: "power", run: u.Power,
		power: -1, heat: u.Efficiency,
		maintenance: u.Maintenance,
	}
}

// Benefit implements [DER]; its items are the payment's, "maintenance" and, where starts cost, "start-up".
func (u *ElectricBoiler) Benefit(realised Schedule, c Context, scenario int) Benefit {
	return u.converter().benefit(realised, c, scenario)
}

// Validate implements [Validator].
func (u *ElectricBoiler) Validate(*scenario.Set) error {
	v := checks("electric boiler", u.ID)
	v.Efficiency("Efficiency", u.Efficiency)
	u.Power.validate(v, "Power")
	v.AtLeast("Maintenance", u.Maintenance, 0, "currency per MWh")
	return v.Err()
}
