package der

import (
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// Wind is a wind farm whose output may be held below what the wind offers.
//
//	0 ≤ P_t ≤ A_t                                            used and available output, MW
//	cost = Σ_t [ c_om P_t + c_cut (A_t − P_t) ] Δ            maintenance and unused wind
//	benefit = tariff payment for P less deviations − cost
//
// A deviation is measured against the schedule that is announced the day before. Where Forecast names a
// series, it is the announcement; otherwise the program decides what to announce, which is the default
// because a forecast is not a commitment. The tariff prices deviations, see [Tariff].
//
// A farm emits nothing; every MWh used earns a certificate. [scenario.WindPower]
// turns wind speeds into output.
//
// Sources: Energies 2025 18(13) 3443, section 3.2.3, for the limits; J. Renew. Sustain. Energy 18, 015306
// (2026) for the four parts of the benefit: sales, maintenance, forecast error and unused wind.
type Wind struct {
	ID                 string
	Capacity           float64 // MW; available output above it is refused. 0: not stated
	Available          string  // series of available output A, MW
	Forecast           string  // series whose mean is announced, MW. Empty: the program decides
	Maintenance        float64 // c_om ≥ 0, currency per MWh used
	CurtailmentPenalty float64 // c_cut ≥ 0, currency per MWh available and not used
}

var (
	_ DER       = (*Wind)(nil)
	_ Validator = (*Wind)(nil)
)

// Name implements [DER].
func (u *Wind) Name() string { return u.ID }

// Model implements [DER]. Its columns are "power(s,t)".
func (u *Wind) Model(m *milp.Model, on milp.Expr, c Context) []Terms { return u.core().model(m, on, c) }

// Benefit implements [DER]; its items are the payment's, "maintenance" and "curtailment penalty".
func (u *Wind) Benefit(realised Schedule, c Context, scenario int) Benefit {
	return u.core().benefit(realised, c, scenario)
}

// Validate implements [Validator].
func (u *Wind) Validate(set *scenario.Set) error { return u.core().validate(set) }

func (u *Wind) core() renewable {
	return renewable{
		kind: "wind", id: u.ID, capacity: u.Capacity,
		available: u.Available, forecast: u.Forecast,
		maintenance: u.Maintenance, penalty: u.CurtailmentPenalty,
	}
}
