package der

import (
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// PowerToGas makes methane from power and captured CO2.
//
//	G_t = η P_t                                          gas from power, MW
//	Q_t = ρ G_t Δ                                        CO2 taken in, t; one volume per volume
//	P_min ≤ P_t ≤ P_max, ramps
//	cost = Σ_t c_om P_t Δ + starts
//
// ρ is 3.6 ρ_CO2 / q_CH4 with the density of CO2, 1.964 kg/m³, and the lower
// heating value of methane, 35.8 MJ/m³: 0.1975 t CO2 per MWh of gas, the same
// amount that burning this MWh releases. The unit has no emission and earns no
// credit: CO2 is credited at its capture and charged when the gas is burnt, so
// that each tonne counts once ([CarbonRule]).
//
// For example, 10 MW at η = 0.55 make 5.5 MW of gas from 1.09 t CO2 per hour.
//
// Source: Energies 2025 18(13) 3443, section 3.2.7.
type PowerToGas struct {
	ID          string
	Efficiency  float64        // η, (0, 1]; with methanation 0.53 to 0.60
	Power       Operation      // of the power P withdrawn
	CO2PerMWh   optional.Float // ρ ≥ 0, t CO2 per MWh of gas. Absent: NaturalGasCO2
	Maintenance float64        // c_om ≥ 0, currency per MWh withdrawn
}

// Name implements [DER].
func (u *PowerToGas) Name() string { return u.ID }

// Model implements [DER]. Its columns are "power(s,t)" and, if it is
// switchable, "on(t)" and "start(t)".
func (u *PowerToGas) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	return u.converter().model(m, on, c)
}

// converter returns the unit as a converter of the power that it withdraws.
func (u *PowerToGas) converter() converter {
	return converter{
		id: u.ID, path: "power", run: u.Power,
		power: -1, gas: u.Efficiency, co2: u.CO2PerMWh.Or(NaturalGasCO2),
		maintenance: u.Maintenance,
	}
}

// Benefit implements [DER]. Its items are those of the payment, "maintenance"
// and, if starts cost, "start-up".
func (u *PowerToGas) Benefit(realised Schedule, c Context, scenario int) Benefit {
	return u.converter().benefit(realised, c, scenario)
}

// Validate implements [Validator].
func (u *PowerToGas) Validate(*scenario.Set) error {
	v := checks("power-to-gas", u.ID)
	v.Efficiency("Efficiency", u.Efficiency)
	u.Power.validate(v, "Power")
	v.AtLeast("CO2PerMWh", u.CO2PerMWh.Or(0), 0, "t CO2 per MWh of gas")
	v.AtLeast("Maintenance", u.Maintenance, 0, "currency per MWh")
	return v.Err()
}

// RollForward implements [Stateful]: ramps and starts continue from the last
// power.
func (u *PowerToGas) RollForward(realised *Ports, _ Context, _, steps int) (DER, error) {
	next := *u
	var err error
	if next.Power, err = u.Power.rollForward(realised, steps, at(realised.Withdrawn, steps-1), u.Power.Min, u.Power.Max); err != nil {
		return nil, err
	}
	return &next, nil
}

// Quantities implements [Measured].
func (u *PowerToGas) Quantities() []Quantity {
	var q quantities
	q.operation("Power", u.Power)
	q.add(PriceOf, "Maintenance", u.Maintenance)
	return q
}
