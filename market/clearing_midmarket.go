package market

import "github.com/trigrid/trigrid/internal/faults"

// MidMarket prices energy shared in a community at the middle of the grid's
// prices. Energy that the community cannot balance has the grid's price. With
// demand D, supply S and net purchases q of the members
//
//	mid = (buy + sell)/2,   D = Σ max(q, 0),   S = Σ max(−q, 0)
//	D ≥ S:  members sell at mid and buy at (mid S + buy (D − S))/D
//	D ≤ S:  members buy at mid and sell at (mid D + sell (S − D))/S
//
// No member is worse off than with the grid alone, and the payments of the
// members add up to the payment of the community to the grid. The rule is the
// mid-market rate (Long et al., Applied Energy 226, 2018); AEPS 20240509004
// uses it for trade between virtual power plants.
type MidMarket struct {
	Buy  float64 // price of energy from the grid, currency per MWh
	Sell float64 // price of energy to the grid, currency per MWh, at most Buy
}

// Shared is the result of sharing for one settlement period.
type Shared struct {
	BuyPrice  float64   // price of purchases in the community, currency per MWh
	SellPrice float64   // price of sales in the community, currency per MWh
	Payments  []float64 // per member, currency; receipts are negative
	Grid      float64   // receipt of the grid, currency; its payments are negative
}

// Share returns prices and payments for the net purchases of the members, MWh.
// It returns an error if a number is not finite or if Sell exceeds Buy.
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

// Settle returns the payments of the members and the grid in whole minor units
// with a sum of exactly zero, see the function [Settle]. The grid's amount is
// the rounded −Grid.
func (s Shared) Settle(unit float64) (members []int64, grid int64, err error) {
	amounts := append(append([]float64(nil), s.Payments...), -s.Grid)
	units, err := Settle(amounts, unit)
	if err != nil {
		return nil, 0, err
	}
	n := len(s.Payments)
	return units[:n:n], units[n], nil
}

// validate reports every violation in prices and net purchases.
func (m MidMarket) validate(net []float64) error {
	var bad faults.List
	if !finite(m.Buy) || !finite(m.Sell) {
		bad.Addf("mid-market rate: grid prices %v and %v must be finite numbers", m.Buy, m.Sell)
	} else if m.Sell > m.Buy {
		bad.Addf("mid-market rate: the grid pays %v and charges %v, want Sell ≤ Buy; "+
			"members gain nothing by sharing", m.Sell, m.Buy)
	}
	for i, q := range net {
		if !finite(q) {
			bad.Addf("mid-market rate: net purchase of member %d is %v, want a finite number", i, q)
		}
	}
	return bad.Err()
}
