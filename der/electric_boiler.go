package der

import (
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// ElectricBoiler converts power to heat.
//
//	H_t = η P_t                                          heat from power, MW
//	P_min ≤ P_t ≤ P_max, ramps
//	cost = Σ_t c_om P_t Δ + starts                       power is paid under the tariff
//
// It emits nothing: the carbon of its power counts at generation or purchase.
// For example, 2 MW at η = 0.98 give 1.96 MW of heat.
//
// Source: Energies 2025 18(13) 3443, the additional device of its third VPP.
type ElectricBoiler struct {
	ID          string
	Efficiency  float64   // η, (0, 1]
	Power       Operation // of the power P withdrawn
	Maintenance float64   // c_om ≥ 0, currency per MWh withdrawn
}

// Name implements [DER].
func (u *ElectricBoiler) Name() string { return u.ID }

// Model implements [DER]. Its columns are "power(s,t)" and, if it is
// switchable, "on(t)" and "start(t)".
func (u *ElectricBoiler) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	return u.converter().model(m, on, c)
}

// converter returns the unit as a converter of the power that it withdraws.
func (u *ElectricBoiler) converter() converter {
	return converter{
		id: u.ID, path: "power", run: u.Power,
		power: -1, heat: u.Efficiency,
		maintenance: u.Maintenance,
	}
}

// Benefit implements [DER]. Its items are those of the payment, "maintenance"
// and, if starts cost, "start-up".
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

// RollForward implements [Stateful]: ramps and starts continue from the last
// power.
func (u *ElectricBoiler) RollForward(realised *Ports, _ Context, _, steps int) (DER, error) {
	next := *u
	var err error
	if next.Power, err = u.Power.rollForward(realised, steps, at(realised.Withdrawn, steps-1), u.Power.Min, u.Power.Max); err != nil {
		return nil, err
	}
	return &next, nil
}

// Quantities implements [Measured].
func (u *ElectricBoiler) Quantities() []Quantity {
	var q quantities
	q.operation("Power", u.Power)
	q.add(PriceOf, "Maintenance", u.Maintenance)
	return q
}
