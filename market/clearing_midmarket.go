package market

import "github.com/trigrid/trigrid/internal/faults"

// MidMarket prices energy shared inside a community at the middle of what the grid charges and pays,
// and passes the grid's price on for what the community cannot balance itself:
//
//	mid = (buy + sell)/2
//	demand D = Σ max(q, 0),  supply S = Σ max(−q, 0)
//	D ≥ S:  members sell at mid and buy at (mid S + buy (D − S))/D
//	D ≤ S:  members buy at mid and sell at (mid D + sell (S − D))/S
//
// Every member does at least as well as against the grid alone, and the members' payments add up to
// what the community pays the grid. The rule is known as the mid-market rate; it prices the trade
// between virtual power plants in AEPS 20240509004.
type MidMarket struct {
	Buy  float64 // what the grid charges, currency per MWh
	Sell float64 // what the grid pays, currency per MWh, at most Buy
}

// Shared is the outcome of sharing for one settlement period.
type Shared struct {
	BuyPrice  float64   // what members pay inside, currency per MWh
	SellPrice float64   // what members earn inside, currency per MWh
	Payments  []float64 // per member, currency; negative is received
	Grid      float64   // what the grid receives, currency; negative is paid by it
}

// Share returns prices and payments for the members' net purchases, MWh.
func (m MidMarket) Share(net []float64) (Shared, error) {
	if err := m.validate(net); err != nil {
		return Shared{}, err
	}
	demand, supply := 0.0, 0.0
	for _, q := range net {
		if q > 0 {
			demand += q
		} else {
			supply -= q
		}
	}
	mid := m.Sell + (m.Buy-m.Sell)/2
	s := Shared{BuyPrice: mid, SellPrice: mid, Payments: make([]float64, len(net))}
	switch {
	case demand > supply:
		s.BuyPrice = mid + (m.Buy-mid)*(demand-supply)/demand
		s.Grid = m.Buy * (demand - supply)
	case supply > demand:
		s.SellPrice = mid - (mid-m.Sell)*(supply-demand)/supply
		s.Grid = -m.Sell * (supply - demand)
	}
	for i, q := range net {
		if q > 0 {
			s.Payments[i] = q * s.BuyPrice
		} else {
			s.Payments[i] = q * s.SellPrice
		}
	}
	return s, nil
}

// Settle returns the members' payments and the grid's (which receives, so it is the negative of
// Grid) in whole minor units that add up to zero exactly; see the function [Settle].
func (s Shared) Settle(unit float64) (members []int64, grid int64, err error) {
	amounts := append(append([]float64(nil), s.Payments...), -s.Grid)
	units, err := Settle(amounts, unit)
	if err != nil {
		return nil, 0, err
	}
	n := len(s.Payments)
	return units[:n:n], units[n], nil
}

func (m MidMarket) validate(net []float64) error {
	var bad faults.List
	if !finite(m.Buy) || !finite(m.Sell) {
		bad.Addf("mid-market rate: grid prices %v and %v must be finite", m.Buy, m.Sell)
	} else if m.Sell > m.Buy {
		bad.Addf("mid-market rate: the grid pays %v and charges %v; with nothing to share between them there is no rate inside, trade with the grid", m.Sell, m.Buy)
	}
	for i, q := range net {
		if !finite(q) {
			bad.Addf("mid-market rate: net purchase of member %d is %v", i, q)
		}
	}
	return bad.Err()
}
