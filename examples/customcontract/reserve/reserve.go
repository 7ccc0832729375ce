// Package reserve is a contract for reserve-capacity auctions. The grid
// requests capacity in a period, VPPs offer amounts with prices, and the
// contract accepts the cheapest offers. All accepted offers are paid the price
// of the most expensive one of them.
//
// The package uses exported names of the library only.
package reserve

import (
	"cmp"
	"slices"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// Auction is the state of one period's auction.
type Auction struct {
	Demand   ledger.Micro // MW in millionths
	Cap      ledger.Money // highest accepted price, per MW
	Deadline uint64       // last height that accepts offers
	Cleared  bool
	Price    ledger.Money // uniform price per MW after clearing
	Offers   []Offer      // in merit order after clearing
}

// Offer is the capacity that one VPP offers, and the part of it that the
// auction accepted.
type Offer struct {
	VPP             string
	Amount, Awarded ledger.Micro
	Price           ledger.Money // per MW
}

// Layout implements [ledger.Coded]. 1000 is the largest number of offers that
// decoding accepts.
func (a *Auction) Layout(c *codec.Coder) {
	codec.Int64(c, &a.Demand)
	codec.Int64(c, &a.Cap)
	c.Uint64(&a.Deadline)
	c.Bool(&a.Cleared)
	codec.Int64(c, &a.Price)
	codec.List(c, &a.Offers, 1000, func(c *codec.Coder, o *Offer) {
		c.String(&o.VPP, ledger.MaxName)
		codec.Int64(c, &o.Amount)
		codec.Int64(c, &o.Awarded)
		codec.Int64(c, &o.Price)
	})
}

// The messages. Their Layout methods describe encoding and decoding at once.
type (
	// Tender starts an auction that accepts offers for a number of heights. The
	// grid sends it.
	Tender struct {
		Period, Blocks uint64
		Demand         ledger.Micro
		Cap            ledger.Money
	}

	// Bid offers capacity. Each VPP sends it at most once per period.
	Bid struct {
		Period uint64
		Amount ledger.Micro
		Price  ledger.Money
	}

	// Clear ends an auction after its deadline. Every identity may send it.
	Clear struct{ Period uint64 }
)

// Kind names the contract and the verb.
func (*Tender) Kind() string { return "reserve.tender" }
func (*Bid) Kind() string    { return "reserve.bid" }
func (*Clear) Kind() string  { return "reserve.clear" }

// Layout implements [ledger.Coded].
func (m *Tender) Layout(c *codec.Coder) {
	c.Uint64(&m.Period)
	codec.Int64(c, &m.Demand)
	codec.Int64(c, &m.Cap)
	c.Uint64(&m.Blocks)
}

// Layout implements [ledger.Coded].
func (m *Bid) Layout(c *codec.Coder) {
	c.Uint64(&m.Period)
	codec.Int64(c, &m.Amount)
	codec.Int64(c, &m.Price)
}

// Layout implements [ledger.Coded].
func (m *Clear) Layout(c *codec.Coder) { c.Uint64(&m.Period) }

// Key is the state key of a period's [Auction].
func Key(period uint64) string { return ledger.Key("reserve", period) }

// Contract returns the contract "reserve".
func Contract() ledger.Contract {
	return ledger.NewContract("reserve",
		ledger.Handle(tender, ledger.RoleGrid), ledger.Handle(bid, ledger.RoleVPP), ledger.Handle(clearing))
}

// tender stores the auction of a period. It refuses a second one, and terms out
// of range.
func tender(c *ledger.Context, m *Tender) error {
	if _, has := c.Get(Key(m.Period)); has || m.Demand <= 0 || m.Cap < 0 || m.Blocks == 0 || m.Blocks > 1000 {
		return ledger.Refuse("reserve.tender", "period %d has an auction, or the terms are out of range", m.Period)
	}
	c.Store(Key(m.Period), &Auction{Demand: m.Demand, Cap: m.Cap, Deadline: c.Height + m.Blocks})
	return nil
}

// bid adds the offer of the sender, until the deadline and once per period.
func bid(c *ledger.Context, m *Bid) error {
	var a Auction
	switch {
	case !c.Load(Key(m.Period), &a):
		return ledger.Refuse("reserve.period", "period %d has no auction", m.Period)
	case c.Height > a.Deadline || len(a.Offers) == 1000:
		return ledger.Refuse("reserve.closed", "offers were accepted until height %d", a.Deadline)
	case m.Amount <= 0 || m.Amount > a.Demand || m.Price < 0 || m.Price > a.Cap:
		return ledger.Refuse("reserve.range", "%s MW at %s, want up to %s MW at up to %s", m.Amount, m.Price, a.Demand, a.Cap)
	case slices.ContainsFunc(a.Offers, func(o Offer) bool { return o.VPP == c.Sender.ID }):
		return ledger.Refuse("reserve.twice", "%q has an offer in period %d", c.Sender.ID, m.Period)
	}
	a.Offers = append(a.Offers, Offer{VPP: c.Sender.ID, Amount: m.Amount, Price: m.Price})
	c.Store(Key(m.Period), &a)
	return nil
}

// clearing accepts the cheapest offers up to the demand. The last accepted one
// sets the price.
func clearing(c *ledger.Context, m *Clear) error {
	var a Auction
	if !c.Load(Key(m.Period), &a) || a.Cleared || c.Height <= a.Deadline {
		return ledger.Refuse("reserve.clear", "period %d has no auction that is past its deadline", m.Period)
	}
	// Ties are broken by name, so that all replicas accept the same offers.
	slices.SortFunc(a.Offers, func(x, y Offer) int {
		return cmp.Or(cmp.Compare(x.Price, y.Price), cmp.Compare(x.VPP, y.VPP))
	})
	// The last offer in merit order can be accepted in part. missing is the
	// demand that no accepted offer covers yet.
	missing := a.Demand
	for i := range a.Offers {
		o := &a.Offers[i]
		o.Awarded = min(o.Amount, missing)
		if missing -= o.Awarded; o.Awarded > 0 {
			a.Price = o.Price
		}
	}
	a.Cleared = true
	c.Store(Key(m.Period), &a)
	return nil
}
