package der

import (
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// GasSupply buys gas from the gas network.
//
//	0 ≤ G_t ≤ G_max              MW
//	emission = e G_t Δ           t CO2, only under [CountAtPurchase]
//	cost = Σ_t λ_t G_t Δ
//
// Under the default rule e is 0, because gas is charged at the unit that burns
// it. market.GasPrice converts a price per cubic metre to λ: 2.5 per m³ at 9.7
// kWh per m³ is 257.7 per MWh.
//
// Source: Energies 2025 18(13) 3443, section 3.2.5.
type GasSupply struct {
	ID    string
	Max   float64 // G_max ≥ 0, MW; 0 forbids purchases
	Price string  // series of the price λ, currency per MWh

	EmissionFactor float64 // e ≥ 0, t CO2 per MWh bought; 0 by default
}

// Name implements [DER].
func (u *GasSupply) Name() string { return u.ID }

// Model implements [DER]. Its columns are "bought(s,t)".
func (u *GasSupply) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	out := c.NewTerms()
	for s := range out {
		at := c.Namer(u.ID, s)
		for t, price := range c.Set.Path(u.Price, s) {
			bought := upTo(m, at("bought", t), u.Max, on)
			out[s].SupplyGas(t, bought)
			if u.EmissionFactor > 0 {
				out[s].Emit(t, bought.Times(u.EmissionFactor*c.HoursAt(t)))
			}
			out[s].Cost.Add(bought.Times(price * c.HoursAt(t)))
		}
	}
	return out
}

// Benefit implements [DER]. Its items are those of the payment and "gas".
func (u *GasSupply) Benefit(realised Schedule, c Context, scenario int) Benefit {
	b := c.Payment(realised, scenario)
	cost := 0.0
	for t, price := range c.Set.Path(u.Price, scenario) {
		cost += price * at(realised.Realised[scenario].Gas, t) * c.HoursAt(t)
	}
	b.Pay("gas", cost)
	return b
}

// Validate implements [Validator].
func (u *GasSupply) Validate(set *scenario.Set) error {
	v := checks("gas supply", u.ID)
	v.AtLeast("Max", u.Max, 0, "MW")
	checkKnown(v, set, "Price", u.Price, "currency per MWh")
	v.AtLeast("EmissionFactor", u.EmissionFactor, 0, "t CO2 per MWh")
	return v.Err()
}

// RollForward implements [Stateful]. A supply has no state.
func (u *GasSupply) RollForward(*Ports, Context, int, int) (DER, error) { return u, nil }

// CountsCarbon implements [CarbonCounter]: a supply with an emission factor
// charges gas at its purchase.
func (u *GasSupply) CountsCarbon() CarbonCount {
	return CarbonCount{ChargesPurchase: u.EmissionFactor > 0}
}

// Quantities implements [Measured].
func (u *GasSupply) Quantities() []Quantity {
	var q quantities
	q.add(ConnectionOf, "Max", u.Max)
	return q
}
