package client

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
)

// Quota has a VPP forecast its need of a commodity in a period and the grid answer with a quota, both in units of the
// commodity.
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

// Trade has a seller offer, a buyer accept and a regulator review a sale; review is nil for approval or tells why the
// trade must not be. The trade is returned as it is recorded.
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
	if _, err := g.Load(ctx, contracts.TradeKey(m.Period, number.N), &t); err != nil {
		return t, err
	}
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

// Holding reads what a VPP holds of a commodity in a period.
func (n *Network) Holding(ctx context.Context, period uint64, commodity, vpp string) (contracts.Holding, error) {
	var h contracts.Holding
	has, err := n.grid.Load(ctx, contracts.HoldingKey(period, commodity, vpp), &h)
	if err == nil && !has {
		err = fmt.Errorf("ledger: %q has no forecast of %q in period %d", vpp, commodity, period)
	}
	return h, err
}
