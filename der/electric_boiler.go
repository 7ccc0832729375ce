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
	var (
		dt  = c.Hours()
		out = c.NewTerms()
		run = u.Power.plan(m, u.ID, on, c)
	)
	for s := range out {
		for t, power := range u.Power.follow(m, c.Namer(u.ID, s), "power", run, on, c) {
			out[s].Withdraw(t, power)
			out[s].SupplyHeat(t, power.Times(u.Efficiency))
			out[s].Cost.Add(power.Times(u.Maintenance * dt))
		}
		out[s].Cost.Add(run.cost)
		u.Power.watch(&out[s], run)
	}
	return out
}

// Benefit implements [DER]; its items are the payment's, "maintenance" and, where starts cost, "start-up".
func (u *ElectricBoiler) Benefit(realised Schedule, c Context, scenario int) Benefit {
	return u.Power.benefit(realised, c, scenario, u.Maintenance, func(p *Ports) []float64 { return p.Withdrawn })
}

// Validate implements [Validator].
func (u *ElectricBoiler) Validate(*scenario.Set) error {
	v := violationsOf("electric boiler", u.ID)
	v.efficiency("Efficiency", u.Efficiency)
	u.Power.validate(v, "Power")
	v.atLeast("Maintenance", u.Maintenance, 0, "currency per MWh")
	return v.err()
}
