package der

import (
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// Sequestration stores captured CO2 for good.
//
//	0 ≤ Q_t ≤ Q_max Δ            CO2 taken in, t
//	cost = Σ_t c Q_t             transport and storage
//	emission = 0                 −Q_t under [CountAtPurchase]
//
// Under the default rule it earns no credit, because the CO2 is credited at its
// capture.
//
// For example, Max = 2 stores at most 1 t in a step of half an hour.
//
// Source: Energies 2025 18(13) 3443, section 3.2.7: captured CO2 equals the CO2
// that methanation consumes plus the CO2 that is sequestered.
type Sequestration struct {
	ID   string
	Max  float64 // Q_max ≥ 0, t CO2 per hour; 0 forbids storage
	Cost float64 // c ≥ 0, currency per t CO2

	Carbon CarbonRule // CountAtPurchase credits stored CO2; CountAtStack by default
}

// Name implements [DER].
func (u *Sequestration) Name() string { return u.ID }

// Model implements [DER]. Its columns are "stored(s,t)", t CO2.
func (u *Sequestration) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	out := c.NewTerms()
	for s := range out {
		at := c.Namer(u.ID, s)
		for t := range c.Steps() {
			stored := upTo(m, at("stored", t), u.Max*c.HoursAt(t), on)
			out[s].SupplyCO2(t, stored.Times(-1))
			if u.Carbon == CountAtPurchase {
				out[s].Emit(t, stored.Times(-1))
			}
			out[s].Cost.Add(stored.Times(u.Cost))
		}
	}
	return out
}

// Benefit implements [DER]. Its items are those of the payment and
// "sequestration".
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

// RollForward implements [Stateful]. Sequestration has no state, because its
// limit is per step.
func (u *Sequestration) RollForward(*Ports, Context, int, int) (DER, error) { return u, nil }

// CountsCarbon implements [CarbonCounter]: it follows the rule of its CO2.
func (u *Sequestration) CountsCarbon() CarbonCount { return CarbonCount{Credits: true, Rule: u.Carbon} }

// Quantities implements [Measured].
func (u *Sequestration) Quantities() []Quantity {
	var q quantities
	q.add(CostOf, "Cost", u.Cost)
	return q
}
