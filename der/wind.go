package der

import (
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// Wind is a wind farm. Its output may be curtailed below the available output.
//
//	0 ≤ P_t ≤ A_t                                     used and available output, MW
//	cost = Σ_t (c_om P_t + c_cut (A_t − P_t)) Δ       maintenance and curtailment
//	benefit = tariff payment for P minus deviations − cost
//
// The tariff charges deviations from a day-ahead schedule ([Tariff]). If
// Forecast names a series, its mean is the schedule. Otherwise the program
// decides the schedule, which is the default, because a forecast is not a
// commitment.
//
// A farm emits nothing, and every MWh used earns a certificate.
// [scenario.WindPower] converts wind speeds to output.
//
// For example, a farm with A = 5 MW, c_om = 2 and c_cut = 30 that delivers 4 MW
// for an hour has a cost of 38.
//
// Sources: Energies 2025 18(13) 3443, section 3.2.3, for the limits; J. Renew.
// Sustain. Energy 18, 015306 (2026) for the four parts of the benefit: sales,
// maintenance, forecast error and curtailment.
type Wind struct {
	ID                 string
	Capacity           optional.Float // MW, upper limit of the data in Available. Absent: no limit
	Available          string         // series of available output A, MW
	Forecast           string         // series; its mean is the day-ahead schedule, MW. Empty: free
	Maintenance        float64        // c_om ≥ 0, currency per MWh used
	CurtailmentPenalty float64        // c_cut ≥ 0, currency per MWh available and not used
}

// Name implements [DER].
func (u *Wind) Name() string { return u.ID }

// Model implements [DER]. Its columns are "power(s,t)".
func (u *Wind) Model(m *milp.Model, on milp.Expr, c Context) []Terms { return u.core().model(m, on, c) }

// Benefit implements [DER]. Its items are those of the payment, "maintenance"
// and "curtailment penalty".
func (u *Wind) Benefit(realised Schedule, c Context, scenario int) Benefit {
	return u.core().benefit(realised, c, scenario)
}

// Validate implements [Validator].
func (u *Wind) Validate(set *scenario.Set) error { return u.core().validate(set) }

// RollForward implements [Stateful]. A wind farm has no state.
func (u *Wind) RollForward(*Ports, Context, int, int) (DER, error) { return u, nil }

// Class implements [Classified].
func (u *Wind) Class() Class { return ClassWind }

func (u *Wind) core() renewable {
	return renewable{
		kind: "wind", id: u.ID, capacity: u.Capacity,
		available: u.Available, forecast: u.Forecast,
		maintenance: u.Maintenance, penalty: u.CurtailmentPenalty,
	}
}

// Quantities implements [Measured].
func (u *Wind) Quantities() []Quantity {
	var q quantities
	q.add(PowerOf, "Capacity", u.Capacity)
	q.add(PriceOf, "Maintenance", u.Maintenance)
	q.add(PriceOf, "CurtailmentPenalty", u.CurtailmentPenalty)
	return q
}
