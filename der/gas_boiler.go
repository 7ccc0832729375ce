package der

import (
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// GasBoiler burns gas for heat.
//
//	H_t = η g_t                                          heat from gas, MW
//	H_min ≤ H_t ≤ H_max, ramps                           a ramp R of the gas is η R of the heat
//	emission = e g_t Δ,   allowance = d_h H_t Δ
//	cost = Σ_t c_om H_t Δ + starts                       gas is paid at its purchase
//
// Gas is charged with its full carbon, as for [CHP]. For example, 9 MW of heat
// at η = 0.9 burn 10 MW of gas, which is 1.975 t CO2 per hour of natural gas.
//
// Source: Energies 2025 18(13) 3443, sections 3.2.6 and 3.3.
type GasBoiler struct {
	ID         string
	Efficiency float64   // η, (0, 1]
	Heat       Operation // of the heat H

	EmissionFactor optional.Float // e ≥ 0, t CO2 per MWh of gas. Absent: NaturalGasCO2
	Quota          float64        // d_h ≥ 0, t CO2 of free allowance per MWh of heat
	Maintenance    float64        // c_om ≥ 0, currency per MWh of heat
}

// Name implements [DER].
func (u *GasBoiler) Name() string { return u.ID }

// Model implements [DER]. Its columns are "heat(s,t)" and, if it is switchable,
// "on(t)" and "start(t)".
func (u *GasBoiler) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	return u.converter().model(m, on, c)
}

// converter returns the unit as a converter of its heat.
func (u *GasBoiler) converter() converter {
	return converter{
		id: u.ID, path: "heat", run: u.Heat,
		heat: 1, gas: -1 / u.Efficiency,
		emission: u.EmissionFactor.Or(NaturalGasCO2), allowance: u.Quota,
		maintenance: u.Maintenance,
	}
}

// Benefit implements [DER]. Its items are those of the payment, "maintenance"
// and, if starts cost, "start-up".
func (u *GasBoiler) Benefit(realised Schedule, c Context, scenario int) Benefit {
	return u.converter().benefit(realised, c, scenario)
}

// Validate implements [Validator].
func (u *GasBoiler) Validate(*scenario.Set) error {
	v := checks("gas boiler", u.ID)
	v.Efficiency("Efficiency", u.Efficiency)
	u.Heat.validate(v, "Heat")
	v.AtLeast("EmissionFactor", u.EmissionFactor.Or(0), 0, "t CO2 per MWh of gas")
	v.AtLeast("Quota", u.Quota, 0, "t CO2 per MWh")
	v.AtLeast("Maintenance", u.Maintenance, 0, "currency per MWh")
	return v.Err()
}

// RollForward implements [Stateful]: ramps and starts continue from the last
// heat output.
func (u *GasBoiler) RollForward(realised *Ports, _ Context, _, steps int) (DER, error) {
	next := *u
	var err error
	if next.Heat, err = u.Heat.rollForward(realised, steps, at(realised.Heat, steps-1), u.Heat.Min, u.Heat.Max); err != nil {
		return nil, err
	}
	return &next, nil
}

// CountsCarbon implements [CarbonCounter].
func (u *GasBoiler) CountsCarbon() CarbonCount { return burning(u.EmissionFactor.Or(NaturalGasCO2)) }

// Quantities implements [Measured].
func (u *GasBoiler) Quantities() []Quantity {
	var q quantities
	q.operation("Heat", u.Heat)
	q.add(PriceOf, "Maintenance", u.Maintenance)
	return q
}
