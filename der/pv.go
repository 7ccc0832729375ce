package der

import (
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// PV is a photovoltaic system. It differs from [Wind] in the subsidy that it
// receives from outside its VPP for every MWh used.
//
//	0 ≤ P_t ≤ A_t                                              used and available output, MW
//	cost = Σ_t (c_om P_t + c_cut (A_t − P_t) − sub P_t) Δ      maintenance, curtailment, subsidy
//	benefit = tariff payment for P minus deviations − cost
//
// Deviations are those of [Wind]. PV emits nothing, and every MWh used earns a
// certificate. [Module] and [Array] convert irradiance to output.
//
// For example, 4 MW for an hour with c_om = 2 and sub = 20 have a cost of −72.
//
// Sources: Energies 2025 18(13) 3443, section 3.2.3, for the limits; J. Renew.
// Sustain. Energy 18, 015306 (2026) for the subsidy.
type PV struct {
	ID                 string
	Capacity           optional.Float // MW, upper limit of the data in Available. Absent: no limit
	Available          string         // series of available output A, MW
	Forecast           string         // series; its mean is the day-ahead schedule, MW. Empty: free
	Subsidy            float64        // sub ≥ 0, currency per MWh used, paid from outside the VPP
	Maintenance        float64        // c_om ≥ 0, currency per MWh used
	CurtailmentPenalty float64        // c_cut ≥ 0, currency per MWh available and not used
}

// Name implements [DER].
func (u *PV) Name() string { return u.ID }

// Model implements [DER]. Its columns are "power(s,t)".
func (u *PV) Model(m *milp.Model, on milp.Expr, c Context) []Terms { return u.core().model(m, on, c) }

// Benefit implements [DER]. Its items are those of the payment, "subsidy",
// "maintenance" and "curtailment penalty".
func (u *PV) Benefit(realised Schedule, c Context, scenario int) Benefit {
	return u.core().benefit(realised, c, scenario)
}

// Validate implements [Validator].
func (u *PV) Validate(set *scenario.Set) error { return u.core().validate(set) }

// RollForward implements [Stateful]. PV has no state.
func (u *PV) RollForward(*Ports, Context, int, int) (DER, error) { return u, nil }

// Class implements [Classified].
func (u *PV) Class() Class { return ClassSolar }

func (u *PV) core() renewable {
	return renewable{
		kind: "pv", id: u.ID, capacity: u.Capacity,
		available: u.Available, forecast: u.Forecast,
		maintenance: u.Maintenance, penalty: u.CurtailmentPenalty, subsidy: u.Subsidy,
	}
}

// Quantities implements [Measured].
func (u *PV) Quantities() []Quantity {
	var q quantities
	q.add(PowerOf, "Capacity", u.Capacity)
	q.add(PriceOf, "Maintenance", u.Maintenance)
	q.add(PriceOf, "CurtailmentPenalty", u.CurtailmentPenalty)
	q.add(PriceOf, "Subsidy", u.Subsidy)
	return q
}
