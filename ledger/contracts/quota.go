package contracts

import (
	"math"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// Quotas and reviewed trades. Before a period a VPP forecasts its need of a
// commodity, for example carbon allowances, and the grid sets a quota. VPPs
// then trade, and the regulator reviews each trade before it is executed:
//
//	VPP Forecast ─► grid SetQuota ─► seller ProposeTrade ─► buyer AcceptTrade ─► regulator ReviewTrade
//
// Per period and commodity the holdings sum to the quotas, and no holding is
// negative.

// Holding is a VPP's amount of a commodity in a period, in millionths of its
// unit.
type Holding struct {
	Forecast ledger.Micro
	Quota    ledger.Micro
	Held     ledger.Micro // quota, plus purchases, minus sales
	Known    bool         // the quota is set
}

// Layout implements [ledger.Coded].
func (h *Holding) Layout(c *codec.Coder) {
	codec.Int64(c, &h.Forecast)
	codec.Int64(c, &h.Quota)
	codec.Int64(c, &h.Held)
	c.Bool(&h.Known)
}

// Forecast states a VPP's need. The VPP sends it and may correct it until the
// quota is set.
type Forecast struct {
	Period    uint64
	Commodity string
	Need      ledger.Micro // not negative
}

// Kind implements [ledger.Message].
func (*Forecast) Kind() string { return "quota.forecast" }

// Layout implements [ledger.Coded].
func (m *Forecast) Layout(c *codec.Coder) {
	c.Uint64(&m.Period)
	c.String(&m.Commodity, ledger.MaxName)
	codec.Int64(c, &m.Need)
}

// SetQuota sets the quota of a VPP that has sent a forecast. The grid sends it
// once per period, commodity and VPP.
type SetQuota struct {
	Period    uint64
	Commodity string
	VPP       string
	Quota     ledger.Micro // not negative
}

// Kind implements [ledger.Message].
func (*SetQuota) Kind() string { return "quota.set" }

// Layout implements [ledger.Coded].
func (m *SetQuota) Layout(c *codec.Coder) {
	c.Uint64(&m.Period)
	c.String(&m.Commodity, ledger.MaxName)
	c.String(&m.VPP, ledger.MaxName)
	codec.Int64(c, &m.Quota)
}

// TradeStatus is the state of a trade.
type TradeStatus byte

// The states of a trade.
const (
	TradeProposed TradeStatus = iota + 1 // waits for the buyer
	TradeAccepted                        // waits for the regulator
	TradeExecuted                        // the amount has moved
	TradeRejected                        // by the regulator
)

// Trade is a sale of a commodity from one VPP to another.
type Trade struct {
	Period    uint64
	Number    uint64 // counts the trades of the period from 1
	Commodity string
	Seller    string
	Buyer     string
	Amount    ledger.Micro // positive
	Price     ledger.Money // for the whole amount, paid in the settlement
	Status    TradeStatus
	Reason    string // of a rejection
}

// Layout implements [ledger.Coded].
func (t *Trade) Layout(c *codec.Coder) {
	c.Uint64(&t.Period)
	c.Uint64(&t.Number)
	c.String(&t.Commodity, ledger.MaxName)
	c.String(&t.Seller, ledger.MaxName)
	c.String(&t.Buyer, ledger.MaxName)
	codec.Int64(c, &t.Amount)
	codec.Int64(c, &t.Price)
	c.Byte((*byte)(&t.Status))
	c.String(&t.Reason, ledger.MaxReason)
}

// ProposeTrade offers a trade. The seller sends it. The receipt's data is the
// trade's number, a [ledger.Counter].
type ProposeTrade struct {
	Period    uint64
	Commodity string
	Buyer     string
	Amount    ledger.Micro
	Price     ledger.Money
}

// Kind implements [ledger.Message].
func (*ProposeTrade) Kind() string { return "quota.propose" }

// Layout implements [ledger.Coded].
func (m *ProposeTrade) Layout(c *codec.Coder) {
	c.Uint64(&m.Period)
	c.String(&m.Commodity, ledger.MaxName)
	c.String(&m.Buyer, ledger.MaxName)
	codec.Int64(c, &m.Amount)
	codec.Int64(c, &m.Price)
}

// AcceptTrade accepts an offer. The buyer sends it.
type AcceptTrade struct{ Period, Number uint64 }

// Kind implements [ledger.Message].
func (*AcceptTrade) Kind() string { return "quota.accept" }

// Layout implements [ledger.Coded].
func (m *AcceptTrade) Layout(c *codec.Coder) {
	c.Uint64(&m.Period)
	c.Uint64(&m.Number)
}

// ReviewTrade approves or rejects an accepted trade. The regulator sends it. An
// approved trade is executed at once if the seller still has the amount.
type ReviewTrade struct {
	Period, Number uint64
	Approved       bool
	Reason         string // of a rejection
}

// Kind implements [ledger.Message].
func (*ReviewTrade) Kind() string { return "quota.review" }

// Layout implements [ledger.Coded].
func (m *ReviewTrade) Layout(c *codec.Coder) {
	c.Uint64(&m.Period)
	c.Uint64(&m.Number)
	c.Bool(&m.Approved)
	c.String(&m.Reason, ledger.MaxReason)
}

// HoldingKey is the state key of a VPP's [Holding].
func HoldingKey(period uint64, commodity, vpp string) string {
	return ledger.Key("quota", period, "holding", commodity, vpp)
}

// TradeKey is the state key of a [Trade].
func TradeKey(period, number uint64) string { return ledger.Key("quota", period, "trade", number) }

// tradesKey is the state key of the number of a period's trades.
func tradesKey(period uint64) string { return ledger.Key("quota", period, "trades") }

// QuotaContract returns the contract "quota", which accepts [Forecast],
// [SetQuota], [ProposeTrade], [AcceptTrade] and [ReviewTrade].
func QuotaContract() *ledger.TypedContract {
	return ledger.NewContract("quota",
		ledger.Handle(forecast, ledger.RoleVPP),
		ledger.Handle(setQuota, ledger.RoleGrid),
		ledger.Answer(proposeTrade, ledger.RoleVPP),
		ledger.Handle(acceptTrade, ledger.RoleVPP),
		ledger.Handle(reviewTrade, ledger.RoleRegulator),
	)
}

// forecast stores a VPP's need until the quota is set.
func forecast(c *ledger.Context, m *Forecast) error {
	k := HoldingKey(m.Period, m.Commodity, c.Sender.ID)
	var h Holding
	switch {
	case ledger.CheckName("commodity", m.Commodity) != nil:
		return ledger.Refuse("quota.commodity", "%q is not a name", m.Commodity)
	case m.Need < 0:
		return ledger.Refuse("quota.negative", "a need of %s", m.Need)
	case c.Load(k, &h) && h.Known:
		return ledger.Refuse("quota.known", "the quota of %q is set", c.Sender.ID)
	}
	h.Forecast = m.Need
	c.Store(k, &h)
	return nil
}

// setQuota sets quota and holding. A forecast must come first, so that the grid
// decides from the VPP's own figure.
func setQuota(c *ledger.Context, m *SetQuota) error {
	k := HoldingKey(m.Period, m.Commodity, m.VPP)
	var h Holding
	switch {
	case m.Quota < 0:
		return ledger.Refuse("quota.negative", "a quota of %s", m.Quota)
	case !c.Load(k, &h):
		return ledger.Refuse("quota.forecast", "%q has forecast no need of %q in period %d", m.VPP, m.Commodity, m.Period)
	case h.Known:
		return ledger.Refuse("quota.known", "the quota of %q is set", m.VPP)
	}
	h.Quota, h.Held, h.Known = m.Quota, m.Quota, true
	c.Store(k, &h)
	return nil
}

// holding returns the holding of a VPP whose quota is set.
func holding(c *ledger.Context, period uint64, commodity, vpp string) (*Holding, error) {
	var h Holding
	if !c.Load(HoldingKey(period, commodity, vpp), &h) || !h.Known {
		return nil, ledger.Refuse("quota.unknown", "%q has no quota of %q in period %d", vpp, commodity, period)
	}
	return &h, nil
}

// proposeTrade stores an offer. The amount is not reserved; see reviewTrade.
func proposeTrade(c *ledger.Context, m *ProposeTrade) ([]byte, error) {
	seller, err := holding(c, m.Period, m.Commodity, c.Sender.ID)
	if err != nil {
		return nil, err
	}
	if _, err := holding(c, m.Period, m.Commodity, m.Buyer); err != nil {
		return nil, err
	}
	switch {
	case m.Buyer == c.Sender.ID:
		return nil, ledger.Refuse("quota.self", "%q trades with itself", m.Buyer)
	case m.Amount <= 0 || m.Price < 0:
		return nil, ledger.Refuse("quota.negative", "%s for %s; want a positive amount and a price", m.Amount, m.Price)
	case m.Amount > seller.Held:
		return nil, ledger.Refuse("quota.short", "%q holds %s and offers %s", c.Sender.ID, seller.Held, m.Amount)
	}
	var last ledger.Counter
	c.Load(tradesKey(m.Period), &last)
	last.N++
	c.Store(tradesKey(m.Period), &last)
	c.Store(TradeKey(m.Period, last.N), &Trade{
		Period: m.Period, Number: last.N, Commodity: m.Commodity, Seller: c.Sender.ID, Buyer: m.Buyer,
		Amount: m.Amount, Price: m.Price, Status: TradeProposed,
	})
	return ledger.Encode(&last), nil
}

// openTrade returns a trade if it has the status that the message needs.
func openTrade(c *ledger.Context, period, number uint64, want TradeStatus) (*Trade, error) {
	var t Trade
	if !c.Load(TradeKey(period, number), &t) {
		return nil, ledger.Refuse("quota.trade", "there is no trade %d in period %d", number, period)
	}
	if t.Status != want {
		return nil, ledger.Refuse("quota.status", "trade %d of period %d is in another state", number, period)
	}
	return &t, nil
}

// acceptTrade records the buyer's consent.
func acceptTrade(c *ledger.Context, m *AcceptTrade) error {
	t, err := openTrade(c, m.Period, m.Number, TradeProposed)
	if err != nil {
		return err
	}
	if t.Buyer != c.Sender.ID {
		return ledger.Refuse("quota.buyer", "trade %d is offered to %q", t.Number, t.Buyer)
	}
	t.Status = TradeAccepted
	c.Store(TradeKey(t.Period, t.Number), t)
	return nil
}

// reviewTrade moves an approved amount from the seller's to the buyer's
// holding.
func reviewTrade(c *ledger.Context, m *ReviewTrade) error {
	t, err := openTrade(c, m.Period, m.Number, TradeAccepted)
	if err != nil {
		return err
	}
	if !m.Approved {
		t.Status, t.Reason = TradeRejected, m.Reason
		c.Store(TradeKey(t.Period, t.Number), t)
		return nil
	}
	seller, err := holding(c, t.Period, t.Commodity, t.Seller)
	if err != nil {
		return err
	}
	buyer, err := holding(c, t.Period, t.Commodity, t.Buyer)
	if err != nil {
		return err
	}
	switch {
	// The seller may have sold the same amount in another trade since the
	// proposal.
	case seller.Held < t.Amount:
		return ledger.Refuse("quota.short", "%q holds %s by now and has sold %s", t.Seller, seller.Held, t.Amount)
	case buyer.Held > math.MaxInt64-t.Amount:
		return ledger.Refuse("quota.range", "%q cannot hold that much", t.Buyer)
	}
	seller.Held -= t.Amount
	buyer.Held += t.Amount
	t.Status = TradeExecuted
	c.Store(HoldingKey(t.Period, t.Commodity, t.Seller), seller)
	c.Store(HoldingKey(t.Period, t.Commodity, t.Buyer), buyer)
	c.Store(TradeKey(t.Period, t.Number), t)
	return nil
}
