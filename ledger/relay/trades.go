package relay

import (
	"slices"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// TradeStatus is the state of a trade at its coordinator.
type TradeStatus byte

// The states of a trade.
const (
	TradeProposed   TradeStatus = iota + 1 // waits for the consent of all givers
	TradeLocking                           // the chains have orders to lock
	TradeCommitting                        // decided: all legs happen; confirmations are missing
	TradeAborting                          // decided: no leg happens; confirmations are missing
	TradeCommitted                         // all legs have happened
	TradeAborted                           // no leg has happened, and no amount is locked
)

// String returns the state's name in lower case, for example "locking".
func (s TradeStatus) String() string {
	names := []string{"none", "proposed", "locking", "committing", "aborting", "committed", "aborted"}
	if int(s) < len(names) {
		return names[s]
	}
	return "unknown"
}

// Final reports whether the trade is complete.
func (s TradeStatus) Final() bool { return s == TradeCommitted || s == TradeAborted }

// Leg is one movement of a trade: Amount of Asset on Chain, from one owner to
// another. For example, an exchange of energy for money has one leg per asset,
// in opposite directions.
type Leg struct {
	Chain    string
	Asset    string
	From, To string
	Amount   ledger.Micro
}

// Layout implements [ledger.Coded].
func (l *Leg) Layout(c *codec.Coder) {
	c.String(&l.Chain, maxName)
	c.String(&l.Asset, maxName)
	c.String(&l.From, maxName)
	c.String(&l.To, maxName)
	codec.Int64(c, &l.Amount)
}

// Trade is a coordinator's record of a trade.
type Trade struct {
	ID       string
	Legs     []Leg
	Deadline uint64 // the coordinator can decide to commit until its height is above,
	Until    int64  // and until its block time is above, Unix ms
	Status   TradeStatus
	Reason   string   // of an abort: the outcome of the first refused leg, or "deadline"
	Consents []string // ascending
	Locked   uint64   // number of chains that have confirmed their lock
	Closed   uint64   // number of chains that have confirmed the decision
}

// Layout implements [ledger.Coded].
func (t *Trade) Layout(c *codec.Coder) {
	c.String(&t.ID, maxName)
	codec.List(c, &t.Legs, maxLegs, func(c *codec.Coder, l *Leg) { l.Layout(c) })
	c.Uint64(&t.Deadline)
	codec.Int64(c, &t.Until)
	c.Byte((*byte)(&t.Status))
	c.String(&t.Reason, maxName)
	codec.Strings(c, &t.Consents, maxLegs, maxName)
	c.Uint64(&t.Locked)
	c.Uint64(&t.Closed)
}

// over reports whether the deadline has passed. Both the height and the time
// must have passed: every identity can add heights, and a party could abort a
// trade when prices have moved.
func (t *Trade) over(c *ledger.Context) bool { return c.Height > t.Deadline && c.Time > t.Until }

// TradeKey is the state key of a [Trade] on its coordinator.
func TradeKey(id string) string { return key("trade", id) }

// DecodeTrade decodes the value under a [TradeKey].
func DecodeTrade(value []byte) (Trade, error) {
	var t Trade
	err := ledger.Decode("trade", value, &t)
	return t, err
}

// begin proposes a trade to a relay. One of the givers sends it; this is its
// consent.
type begin struct {
	id       string
	legs     []Leg
	deadline uint64
	patience int64 // time from this block to the deadline, ms
}

// Kind implements [ledger.Message].
func (*begin) Kind() string { return "relay.begin" }

// Layout implements [ledger.Coded].
func (m *begin) Layout(c *codec.Coder) {
	c.String(&m.id, maxName)
	codec.List(c, &m.legs, maxLegs, func(c *codec.Coder, l *Leg) { l.Layout(c) })
	c.Uint64(&m.deadline)
	codec.Int64(c, &m.patience)
}

// consent is the sender's consent to a trade.
type consent struct{ trade string }

// Kind implements [ledger.Message].
func (*consent) Kind() string { return "relay.consent" }

// Layout implements [ledger.Coded].
func (m *consent) Layout(c *codec.Coder) { c.String(&m.trade, maxName) }

// expire aborts a trade whose deadline has passed. Every identity may send it.
type expire struct{ trade string }

// Kind implements [ledger.Message].
func (*expire) Kind() string { return "relay.expire" }

// Layout implements [ledger.Coded].
func (m *expire) Layout(c *codec.Coder) { c.String(&m.trade, maxName) }

// begin checks the legs and records the trade with the sender's consent. A
// trade needs a relay as coordinator and a route to every leg's chain.
func (x Contract) begin(c *ledger.Context, m *begin) error {
	switch {
	case !slices.Contains(x.Topology.Relays, x.Self):
		return refuse("coordinator", "%q is not a relay and coordinates nothing", x.Self)
	case len(m.legs) == 0:
		return refuse("legs", "a trade without legs")
	case m.deadline <= c.Height:
		return refuse("deadline", "height %d has passed", m.deadline)
	case m.patience < 0 || m.patience > longest:
		return refuse("deadline", "a patience of %d ms, want 0 to %d", m.patience, int64(longest))
	}
	if err := goodName(m.id); err != nil {
		return err
	}
	if _, has := c.Get(TradeKey(m.id)); has {
		return refuse("trade", "%q exists already", m.id)
	}
	for _, l := range m.legs {
		if err := goodName(l.Chain, l.Asset, l.From, l.To); err != nil {
			return err
		}
		if err := goodAmount(l.Amount); err != nil {
			return err
		}
		if l.Chain == x.Self || x.Topology.Route(x.Self, l.Chain) == nil {
			return refuse("route", "%q is not another chain that can be reached", l.Chain)
		}
	}
	t := &Trade{ID: m.id, Legs: m.legs, Deadline: m.deadline, Until: until(c, m.patience), Status: TradeProposed}
	if err := x.agree(c, t, c.Sender.ID); err != nil {
		return err
	}
	c.Store(TradeKey(t.ID), t)
	return nil
}

// consent adds the sender's consent before the deadline.
func (x Contract) consent(c *ledger.Context, m *consent) error {
	id := m.trade
	var t Trade
	switch {
	case !c.Load(TradeKey(id), &t):
		return refuse("trade", "there is no trade %q", id)
	case t.Status != TradeProposed:
		return refuse("status", "trade %q is %s", id, t.Status)
	case t.over(c):
		return refuse("deadline", "height %d and block time %d have passed", t.Deadline, t.Until)
	}
	if err := x.agree(c, &t, c.Sender.ID); err != nil {
		return err
	}
	c.Store(TradeKey(t.ID), &t)
	return nil
}

// agree records a consent. After the last one it orders the chains to lock.
func (x Contract) agree(c *ledger.Context, t *Trade, who string) error {
	var givers []string
	for _, l := range t.Legs {
		givers = append(givers, l.From)
	}
	slices.Sort(givers)
	givers = slices.Compact(givers)
	if _, gives := slices.BinarySearch(givers, who); !gives {
		return refuse("party", "%q gives nothing in trade %q", who, t.ID)
	}
	i, has := slices.BinarySearch(t.Consents, who)
	if has {
		return refuse("twice", "%q has consented", who)
	}
	t.Consents = slices.Insert(t.Consents, i, who)
	if len(t.Consents) == len(givers) {
		t.Status = TradeLocking
		x.order(c, t, "lock")
	}
	return nil
}

// order sends the same order for every leg. These orders have no timeout: a
// chain that could ignore a late commit would break the trade.
func (x Contract) order(c *ledger.Context, t *Trade, verb string) {
	for i, l := range t.Legs {
		x.ask(c, l.Chain, never, neverTime, &order{
			verb: verb, trade: t.ID, leg: uint64(i), asset: l.Asset, from: l.From, to: l.To, amount: l.Amount,
		})
	}
}

// expire aborts a trade that has no decision after its deadline. A decided
// trade cannot expire.
func (x Contract) expire(c *ledger.Context, m *expire) error {
	id := m.trade
	var t Trade
	switch {
	case !c.Load(TradeKey(id), &t):
		return refuse("trade", "there is no trade %q", id)
	case t.Status != TradeProposed && t.Status != TradeLocking:
		return refuse("status", "trade %q is %s", id, t.Status)
	case !t.over(c):
		return refuse("deadline", "height %d and block time %d have not both passed", t.Deadline, t.Until)
	}
	x.abort(c, &t, "deadline")
	c.Store(TradeKey(id), &t)
	return nil
}

// abort decides that no leg happens. All chains that have an order to lock
// receive an order to abort, also those that have not answered. Orders of one
// channel arrive in order, so the abort comes after its lock.
func (x Contract) abort(c *ledger.Context, t *Trade, reason string) {
	asked := t.Status == TradeLocking
	t.Reason = reason
	// No chain has locked anything, so no confirmation is needed.
	if !asked {
		t.Status = TradeAborted
		return
	}
	t.Status = TradeAborting
	x.order(c, t, "abort")
}

// concludeLeg processes a chain's verdict on an order. The decision is made
// here, in one transaction.
func (x Contract) concludeLeg(c *ledger.Context, o *order, outcome string) {
	var t Trade
	if !c.Load(TradeKey(o.trade), &t) {
		return
	}
	if o.verb == "lock" {
		switch {
		case t.Status != TradeLocking: // decided already, by a refusal or by the deadline
		case outcome != verdictOK:
			x.abort(c, &t, outcome)
		default:
			t.Locked++
			switch {
			// The last lock may arrive too late; the trade then aborts even
			// without an expire message.
			case t.over(c):
				x.abort(c, &t, "deadline")
			case t.Locked == uint64(len(t.Legs)):
				t.Status = TradeCommitting
				x.order(c, &t, "commit")
			}
		}
	} else {
		t.Closed++
		if t.Closed == uint64(len(t.Legs)) {
			t.Status = TradeAborted
			if o.verb == "commit" {
				t.Status = TradeCommitted
			}
		}
	}
	c.Store(TradeKey(t.ID), &t)
}
