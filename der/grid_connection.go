package der

import (
	"math"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// GridConnection buys and sells power at given prices through the power
// network.
//
//	0 ≤ B_t ≤ B_max,   0 ≤ S_t ≤ S_max,   not both           MW; see tradesBothWays
//	emission = e B_t Δ                                       of bought power
//	cost = Σ_t (λ_buy B_t − λ_sell S_t + f (B_t + S_t)) Δ
//
// Bought power B is injected into the VPP, and sold power S is withdrawn. A VPP
// with an electricity market rejects a connection among its members
// ([GridTrader]). It is for programs of members alone, such as an energy park
// with a contract of its own.
//
// For example, 2 MWh bought at 50 with a fee of 1 cost 102.
//
// Source: Energies 2025 18(13) 3443, sections 3.2.5 and 3.3.
type GridConnection struct {
	ID             string
	MaxBuy         float64 // B_max ≥ 0, MW; 0 forbids purchases
	MaxSell        float64 // S_max ≥ 0, MW; 0 forbids sales
	BuyPrice       string  // series of λ_buy, currency per MWh; may be empty if MaxBuy is 0
	SellPrice      string  // series of λ_sell, currency per MWh; may be empty if MaxSell is 0
	Fee            float64 // f ≥ 0, currency per MWh in either direction
	EmissionFactor float64 // e ≥ 0, t CO2 per MWh bought
}

// Name implements [DER].
func (u *GridConnection) Name() string { return u.ID }

// Model implements [DER]. Its columns are "bought(s,t)" and "sold(s,t)". Steps
// in which buying and selling at once could pay also have the binary
// "buying(s,t)", for a fleet the number of buyers.
func (u *GridConnection) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	out := c.NewTerms()
	for s := range out {
		at := c.Namer(u.ID, s)
		for t := range c.Steps() {
			dt := c.HoursAt(t)
			bought := upTo(m, at("bought", t), u.MaxBuy, on)
			sold := upTo(m, at("sold", t), u.MaxSell, on)
			buyPrice, sellPrice := u.prices(c, s, t)
			if u.tradesBothWays(c, t, buyPrice, sellPrice) {
				buying := m.Int(at("buying", t), 0, MaxCount(on))
				m.AtMost(at("buying_only", t), bought, buying.Times(u.MaxBuy))
				m.AtMost(at("selling_only", t), sold, on.Times(u.MaxSell).Plus(buying.Times(-u.MaxSell)))
			}

			out[s].Inject(t, bought)
			out[s].Withdraw(t, sold)
			if u.EmissionFactor > 0 {
				out[s].Emit(t, bought.Times(u.EmissionFactor*dt))
			}
			out[s].Cost.Add(bought.Times((buyPrice+u.Fee)*dt), sold.Times((u.Fee-sellPrice)*dt))
		}
	}
	return out
}

// tradesBothWays reports whether an optimum could buy and sell at once, so that
// a binary must forbid it. One MWh bought and sold at once loses λ_buy − λ_sell
// + 2 f. A tariff with different prices of the two directions moves their
// difference between the VPP and the member. A binary is needed if
//
//	λ_buy − λ_sell + 2 f ≤ |p_in − p_out|
func (u *GridConnection) tradesBothWays(c Context, t int, buyPrice, sellPrice float64) bool {
	if u.MaxBuy == 0 || u.MaxSell == 0 {
		return false
	}
	return buyPrice-sellPrice+2*u.Fee <= math.Abs(at(c.Tariff.Injection, t)-at(c.Tariff.Withdrawal, t))
}

// prices returns λ_buy and λ_sell, or 0 for a direction without a series.
func (u *GridConnection) prices(c Context, s, t int) (buy, sell float64) {
	if u.BuyPrice != "" {
		buy = c.Set.At(u.BuyPrice, s, t)
	}
	if u.SellPrice != "" {
		sell = c.Set.At(u.SellPrice, s, t)
	}
	return buy, sell
}

// Benefit implements [DER]. Its items are those of the payment, "bought from
// the grid", "sold to the grid" and "grid fee".
func (u *GridConnection) Benefit(realised Schedule, c Context, scenario int) Benefit {
	b := c.Payment(realised, scenario)
	p := &realised.Realised[scenario]
	bought, sold, fee := 0.0, 0.0, 0.0
	for t := range c.Steps() {
		buyPrice, sellPrice := u.prices(c, scenario, t)
		bought += buyPrice * at(p.Injected, t) * c.HoursAt(t)
		sold += sellPrice * at(p.Withdrawn, t) * c.HoursAt(t)
		fee += u.Fee * (at(p.Injected, t) + at(p.Withdrawn, t)) * c.HoursAt(t)
	}
	b.Pay("bought from the grid", bought)
	b.Earn("sold to the grid", sold)
	b.Pay("grid fee", fee)
	return b
}

// Validate implements [Validator].
func (u *GridConnection) Validate(set *scenario.Set) error {
	v := checks("grid connection", u.ID)
	v.AtLeast("MaxBuy", u.MaxBuy, 0, "MW")
	v.AtLeast("MaxSell", u.MaxSell, 0, "MW")
	if u.BuyPrice != "" || u.MaxBuy > 0 {
		checkKnown(v, set, "BuyPrice", u.BuyPrice, "currency per MWh")
	}
	if u.SellPrice != "" || u.MaxSell > 0 {
		checkKnown(v, set, "SellPrice", u.SellPrice, "currency per MWh")
	}
	v.AtLeast("Fee", u.Fee, 0, "currency per MWh")
	v.AtLeast("EmissionFactor", u.EmissionFactor, 0, "t CO2 per MWh")
	return v.Err()
}

// RollForward implements [Stateful]. A connection has no state.
func (u *GridConnection) RollForward(*Ports, Context, int, int) (DER, error) { return u, nil }

// TradesWithGrid implements [GridTrader].
func (u *GridConnection) TradesWithGrid() bool { return true }

// Quantities implements [Measured].
func (u *GridConnection) Quantities() []Quantity {
	var q quantities
	q.add(ConnectionOf, "MaxBuy", u.MaxBuy)
	q.add(ConnectionOf, "MaxSell", u.MaxSell)
	q.add(PriceOf, "Fee", u.Fee)
	return q
}
