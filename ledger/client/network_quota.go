package client

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
)

// Quota sends a VPP's forecast of its need and the grid's quota, both in units
// of the commodity.
//
// For example, Quota(ctx, 1, "carbon", "vpp-1", 120, 100) records a need of 120
// t and a quota of 100 t. A second call for the same VPP is refused with
// "quota.known".
func (n *Network) Quota(ctx context.Context, period uint64, commodity, vpp string, need, quota float64) error {
	c, err := n.member(vpp, ledger.RoleVPP)
	if err != nil {
		return err
	}
	needed, err := ledger.ToMicro(need)
	if err != nil {
		return err
	}
	granted, err := ledger.ToMicro(quota)
	if err != nil {
		return err
	}
	if _, err := c.Send(ctx, &contracts.Forecast{Period: period, Commodity: commodity, Need: needed}); err != nil {
		return err
	}
	_, err = n.grid.Send(ctx, &contracts.SetQuota{Period: period, Commodity: commodity, VPP: vpp, Quota: granted})
	return err
}

// Trade runs a sale from offer to review. review decides for the regulator: nil
// approves every trade, and an error rejects the trade with its text. Trade
// returns the recorded trade, whose Status is TradeExecuted or TradeRejected.
//
// Refusals: "quota.short" if the seller does not have the amount,
// "quota.unknown" if a side has no quota, "quota.self" for a trade of a VPP
// with itself.
func (n *Network) Trade(ctx context.Context, regulator, seller string, m contracts.ProposeTrade, review func(contracts.Trade) error) (contracts.Trade, error) {
	var t contracts.Trade
	s, err := n.member(seller, ledger.RoleVPP)
	if err != nil {
		return t, err
	}
	b, err := n.member(m.Buyer, ledger.RoleVPP)
	if err != nil {
		return t, err
	}
	g, err := n.member(regulator, ledger.RoleRegulator)
	if err != nil {
		return t, err
	}
	r, err := s.Send(ctx, &m)
	if err != nil {
		return t, err
	}
	var number ledger.Counter
	if err := ledger.Decode("trade number", r.Data, &number); err != nil {
		return t, err
	}
	if _, err := b.Send(ctx, &contracts.AcceptTrade{Period: m.Period, Number: number.N}); err != nil {
		return t, err
	}
	// The regulator reads the recorded trade instead of trusting the seller's
	// message.
	if _, err := g.Load(ctx, contracts.TradeKey(m.Period, number.N), &t); err != nil {
		return t, err
	}
	// Without a review function the trade is approved.
	verdict := contracts.ReviewTrade{Period: m.Period, Number: number.N, Approved: true}
	if review != nil {
		if no := review(t); no != nil {
			verdict.Approved, verdict.Reason = false, ledger.CutReason(no.Error())
		}
	}
	if _, err := g.Send(ctx, &verdict); err != nil {
		return t, err
	}
	_, err = g.Load(ctx, contracts.TradeKey(m.Period, number.N), &t)
	return t, err
}

// Holding returns a VPP's certified holding of a commodity in a period.
func (n *Network) Holding(ctx context.Context, period uint64, commodity, vpp string) (contracts.Holding, error) {
	var h contracts.Holding
	has, err := n.grid.Load(ctx, contracts.HoldingKey(period, commodity, vpp), &h)
	if err == nil && !has {
		err = fmt.Errorf("ledger: %q has no forecast of %q in period %d", vpp, commodity, period)
	}
	return h, err
}
