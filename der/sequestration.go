package der

import (
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// Sequestration takes captured CO2 out of the world for good.
//
//	0 ≤ Q_t ≤ Q_max Δ                        CO2 taken in, t
//	cost = Σ_t c Q_t                         transport and storage
//	emission = 0                             −Q_t under CountAtPurchase
//
// It earns no credit where the CO2 was credited when it was captured: see [CarbonRule].
//
// Source: Energies 2025 18(13) 3443, section 3.2.7, where captured CO2 is what methanation consumes plus
// what is sequestered.
type Sequestration struct {
	ID   string
	Max  float64 // Q_max ≥ 0, t CO2 per hour
	Cost float64 // c ≥ 0, currency per t CO2

	Carbon CarbonRule // whether storing earns the credit; CountAtStack, no, by default
}

var (
	_ DER       = (*Sequestration)(nil)
	_ Validator = (*Sequestration)(nil)
)

// Name implements [DER].
func (u *Sequestration) Name() string { return u.ID }

// Model implements [DER]. Its columns are "stored(s,t)", t CO2.
func (u *Sequestration) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	out := c.NewTerms()
	for s := range out {
		at := c.Namer(u.ID, s)
		for t := range c.Steps() {
			stored := upTo(m, at("stored", t), u.Max*c.Hours(), on)
			out[s].SupplyCO2(t, stored.Times(-1))
			if u.Carbon == CountAtPurchase {
				out[s].Emit(t, stored.Times(-1))
			}
			out[s].Cost.Add(stored.Times(u.Cost))
		}
	}
	return out
}

// Benefit implements [DER]; its items are the payment's and "sequestration".
func (u *Sequestration) Benefit(realised Schedule, c Context, scenario int) Benefit {
	b := c.Payment(realised, scenario)
	cost := 0.0
	for t := range c.Steps() {
		cost -= u.Cost * at(realised.Realised[scenario].CO2, t)
	}
	b.Pay("sequestration", cost)
	return b
}

// Validate implements [Validator].
func (u *Sequestration) Validate(*scenario.Set) error {
	v := checks("sequestration", u.ID)
	v.AtLeast("Max", u.Max, 0, "t CO2 per hour")
	v.AtLeast("Cost", u.Cost, 0, "currency per t CO2")
	checkCarbonRule(v, u.Carbon)
	return v.Err()
}
