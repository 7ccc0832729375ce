package der

import (
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// PV is a photovoltaic plant. It differs from [Wind] in the tariff compensation that it receives from
// outside its VPP for every MWh it delivers.
//
//	0 ≤ P_t ≤ A_t                                                  used and available output, MW
//	cost = Σ_t [ c_om P_t + c_cut (A_t − P_t) − sub P_t ] Δ        maintenance, unused sun, compensation
//	benefit = tariff payment for P less deviations − cost
//
// Deviations are measured as for [Wind]. A plant emits nothing; every MWh used earns a certificate.
// [Module] and [Array] turn irradiance into output.
//
// Sources: Energies 2025 18(13) 3443, section 3.2.3, for the limits; J. Renew. Sustain. Energy 18, 015306
// (2026) for the tariff compensation.
type PV struct {
	ID                 string
	Capacity           float64 // MW; available output above it is refused. 0: not stated
	Available          string  // series of available output A, MW
	Forecast           string  // series whose mean is announced, MW. Empty: the program decides
	Subsidy            float64 // sub ≥ 0, currency per MWh used, paid from outside the VPP
	Maintenance        float64 // c_om ≥ 0, currency per MWh used
	CurtailmentPenalty float64 // c_cut ≥ 0, currency per MWh available and not used
}

var (
	_ DER       = (*PV)(nil)
	_ Validator = (*PV)(nil)
)

// Name implements [DER].
func (u *PV) Name() string { return u.ID }

// Model implements [DER]. Its columns are "power(s,t)".
func (u *PV) Model(m *milp.Model, on milp.Expr, c Context) []Terms { return u.core().model(m, on, c) }

// Benefit implements [DER]; its items are the payment's, "subsidy", "maintenance" and "curtailment
// penalty".
func (u *PV) Benefit(realised Schedule, c Context, scenario int) Benefit {
	return u.core().benefit(realised, c, scenario)
}

// Validate implements [Validator].
func (u *PV) Validate(set *scenario.Set) error { return u.core().validate(set) }

func (u *PV) core() renewable {
	return renewable{
		kind: "pv", id: u.ID, capacity: u.Capacity,
		available: u.Available, forecast: u.Forecast,
		maintenance: u.Maintenance, penalty: u.CurtailmentPenalty, subsidy: u.Subsidy,
	}
}
