package der

import (
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// GasSupply is a connection to the gas network, through which gas is bought.
//
//	0 ≤ G_t ≤ G_max                          MW
//	emission = e G_t Δ
//	cost = Σ_t λ_t G_t Δ
//
// Gas has no emission here but under [CountAtPurchase]: it is charged where it is burnt.
//
// Source: Energies 2025 18(13) 3443, section 3.2.5.
type GasSupply struct {
	ID    string
	Max   float64 // G_max ≥ 0, MW
	Price string  // series of the price λ, currency per MWh; market.GasPrice converts prices per cubic metre

	EmissionFactor float64 // e ≥ 0, t CO2 per MWh bought. 0: gas is charged where it is burnt
}

var (
	_ DER       = (*GasSupply)(nil)
	_ Validator = (*GasSupply)(nil)
)

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
				out[s].Emit(t, bought.Times(u.EmissionFactor*c.Hours()))
			}
			out[s].Cost.Add(bought.Times(price * c.Hours()))
		}
	}
	return out
}

// Benefit implements [DER]; its items are the payment's and "gas".
func (u *GasSupply) Benefit(realised Schedule, c Context, scenario int) Benefit {
	b := c.Payment(realised, scenario)
	cost := 0.0
	for t, price := range c.Set.Path(u.Price, scenario) {
		cost += price * at(realised.Realised[scenario].Gas, t) * c.Hours()
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
