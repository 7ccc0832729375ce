package ledger

import (
	"context"
	"fmt"
)

// Quota has a VPP forecast its need of a commodity in a period and the grid answer with a quota, both in units of the
// commodity.
func (n *Network) Quota(ctx context.Context, period uint64, commodity, vpp string, need, quota float64) error {
	c, err := n.member(vpp, RoleVPP)
	if err != nil {
		return err
	}
	needed, err := ToMicro(need)
	if err != nil {
		return err
	}
	granted, err := ToMicro(quota)
	if err != nil {
		return err
	}
	if _, err := c.Send(ctx, &Forecast{period, commodity, needed}); err != nil {
		return err
	}
	_, err = n.grid.Send(ctx, &SetQuota{period, commodity, vpp, granted})
	return err
}

// Trade has a seller offer, a buyer accept and a regulator review a sale; review is nil for approval or tells why the
// trade must not be. The trade is returned as it is recorded.
func (n *Network) Trade(ctx context.Context, regulator, seller string, m ProposeTrade, review func(Trade) error) (Trade, error) {
	var t Trade
	s, err := n.member(seller, RoleVPP)
	if err != nil {
		return t, err
	}
	b, err := n.member(m.Buyer, RoleVPP)
	if err != nil {
		return t, err
	}
	g, err := n.member(regulator, RoleRegulator)
	if err != nil {
		return t, err
	}
	r, err := s.Send(ctx, &m)
	if err != nil {
		return t, err
	}
	var number Counter
	if err := Decode("trade number", r.Data, &number); err != nil {
		return t, err
	}
	if _, err := b.Send(ctx, &AcceptTrade{m.Period, number.N}); err != nil {
		return t, err
	}
	if _, err := g.get(ctx, TradeKey(m.Period, number.N), &t); err != nil {
		return t, err
	}
	verdict := ReviewTrade{Period: m.Period, Number: number.N, Approved: true}
	if review != nil {
		if no := review(t); no != nil {
			verdict.Approved, verdict.Reason = false, CutReason(no.Error())
		}
	}
	if _, err := g.Send(ctx, &verdict); err != nil {
		return t, err
	}
	_, err = g.get(ctx, TradeKey(m.Period, number.N), &t)
	return t, err
}

// Holding reads what a VPP holds of a commodity in a period.
func (n *Network) Holding(ctx context.Context, period uint64, commodity, vpp string) (Holding, error) {
	var h Holding
	has, err := n.grid.get(ctx, HoldingKey(period, commodity, vpp), &h)
	if err == nil && !has {
		err = fmt.Errorf("ledger: %q has no forecast of %q in period %d", vpp, commodity, period)
	}
	return h, err
}
