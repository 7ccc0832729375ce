package relay

import (
	"slices"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// Totals has the flows of an asset on one chain since its genesis, in
// millionths of its unit. On every chain
//
//	free + locked for trades = Issued − Retired + Received − Sent
//
// and over all chains the sum of Sent − Received is the amount in transit.
type Totals struct {
	Issued   ledger.Micro // created on this chain by an issuer; 0 on chains other than the home
	Retired  ledger.Micro // used up on this chain
	Received ledger.Micro // arrived from other chains
	Sent     ledger.Micro // sent to other chains and not returned
}

// Layout implements [ledger.Coded].
func (t *Totals) Layout(c *codec.Coder) {
	codec.Int64(c, &t.Issued)
	codec.Int64(c, &t.Retired)
	codec.Int64(c, &t.Received)
	codec.Int64(c, &t.Sent)
}

// here returns the amount on the chain, free and locked.
func (t *Totals) here() ledger.Micro { return t.Issued - t.Retired + t.Received - t.Sent }

// maxHere bounds the amount of an asset on a chain, so that no sum of accounts
// overflows.
const maxHere ledger.Micro = 1 << 60

// maxEver bounds each flow of [Totals]. At a million units per second it takes
// weeks to reach.
const maxEver ledger.Micro = 1 << 62

// TotalsKey is the state key of an asset's [Totals].
func TotalsKey(asset string) string { return key("totals", asset) }

// BalanceKey is the state key of an owner's free balance; see [DecodeBalance].
func BalanceKey(asset, owner string) string { return key("free", asset, owner) }

// balance is an amount in the state.
type balance ledger.Micro

func (b *balance) Layout(c *codec.Coder) { codec.Int64(c, b) }

// DecodeBalance decodes the value under a [BalanceKey].
func DecodeBalance(value []byte) (ledger.Micro, error) {
	var b balance
	err := ledger.Decode("balance", value, &b)
	return ledger.Micro(b), err
}

// DecodeTotals decodes the value under a [TotalsKey].
func DecodeTotals(value []byte) (Totals, error) {
	var t Totals
	err := ledger.Decode("totals", value, &t)
	return t, err
}

// add changes a free balance. A balance of zero is deleted, so that empty
// accounts need no space.
func add(c *ledger.Context, asset, owner string, by ledger.Micro) error {
	var b balance
	c.Load(BalanceKey(asset, owner), &b)
	// No overflow: both terms are within maxHere.
	switch after := ledger.Micro(b) + by; {
	case after < 0:
		return refuse("funds", "%q holds %s of %q, needs %s", owner, ledger.Micro(b), asset, -by)
	case after == 0:
		c.Delete(BalanceKey(asset, owner))
	default:
		b = balance(after)
		c.Store(BalanceKey(asset, owner), &b)
	}
	return nil
}

// account changes an asset's totals and refuses changes beyond their range.
func account(c *ledger.Context, asset string, change func(*Totals)) error {
	var t Totals
	c.Load(TotalsKey(asset), &t)
	change(&t)
	// The whole message is refused, so a partial change is undone.
	for _, flow := range []ledger.Micro{t.Issued, t.Retired, t.Received, t.Sent} {
		if flow < 0 || flow > maxEver {
			return refuse("range", "more of %q than can be counted", asset)
		}
	}
	if h := t.here(); h < 0 || h > maxHere {
		return refuse("range", "more of %q than can be held", asset)
	}
	c.Store(TotalsKey(asset), &t)
	return nil
}

// goodAmount refuses amounts that are not positive or above maxHere.
func goodAmount(a ledger.Micro) error {
	if a <= 0 || a > maxHere {
		return refuse("amount", "%s is not an amount", a)
	}
	return nil
}

// issue creates an amount on the asset's home. One of the asset's issuers sends
// it.
type issue struct {
	asset, owner string
	amount       ledger.Micro
}

// Kind implements [ledger.Message].
func (*issue) Kind() string { return "relay.issue" }

// Layout implements [ledger.Coded].
func (m *issue) Layout(c *codec.Coder) {
	c.String(&m.asset, maxName)
	c.String(&m.owner, maxName)
	codec.Int64(c, &m.amount)
}

// retire uses up an amount of the sender's, for example allowances that are
// surrendered or certificates that are redeemed.
type retire struct {
	asset  string
	amount ledger.Micro
}

// Kind implements [ledger.Message].
func (*retire) Kind() string { return "relay.retire" }

// Layout implements [ledger.Coded].
func (m *retire) Layout(c *codec.Coder) {
	c.String(&m.asset, maxName)
	codec.Int64(c, &m.amount)
}

// issue credits the owner and counts the amount as issued. The owner need not
// be registered on this chain.
func (x Contract) issue(c *ledger.Context, m *issue) error {
	if err := goodName(m.asset, m.owner); err != nil {
		return err
	}
	if err := goodAmount(m.amount); err != nil {
		return err
	}
	a, known := x.Topology.Asset(m.asset)
	switch {
	case !known:
		return refuse("asset", "the topology lists no asset %q", m.asset)
	case a.Home != x.Self:
		return refuse("home", "%q is issued on %q only", m.asset, a.Home)
	case len(a.Issuers) > 0 && !slices.Contains(a.Issuers, c.Sender.ID):
		return refuse("issuer", "%q does not issue %q", c.Sender.ID, m.asset)
	}
	if err := account(c, m.asset, func(t *Totals) { t.Issued += m.amount }); err != nil {
		return err
	}
	return add(c, m.asset, m.owner, m.amount)
}

// retire debits the sender. Retired amounts never return.
func (x Contract) retire(c *ledger.Context, m *retire) error {
	if err := goodAmount(m.amount); err != nil {
		return err
	}
	if err := add(c, m.asset, c.Sender.ID, -m.amount); err != nil {
		return err
	}
	return account(c, m.asset, func(t *Totals) { t.Retired += m.amount })
}

// deposit credits an amount that arrived from another chain. A refusal becomes
// the verdict, and the source returns the amount to the sender.
func (x Contract) deposit(c *ledger.Context, neighbour, asset, owner string, amount ledger.Micro) error {
	if err := goodName(asset, owner); err != nil {
		return err
	}
	if err := goodAmount(amount); err != nil {
		return err
	}
	if err := x.enter(c, asset, neighbour, amount); err != nil {
		return err
	}
	if err := account(c, asset, func(t *Totals) { t.Received += amount }); err != nil {
		return err
	}
	return add(c, asset, owner, amount)
}

// transfer sends an amount of the sender's to an owner on another chain. The
// amount leaves the sender's account at once and returns only on a proved
// verdict that it did not arrive.
type transfer struct {
	asset, chain, to string
	amount           ledger.Micro
	timeout          uint64 // the destination accepts it until its height is above,
	patience         int64  // and until this time has passed since the block that sends it, ms
}

// Kind implements [ledger.Message].
func (*transfer) Kind() string { return "relay.transfer" }

// Layout implements [ledger.Coded].
func (m *transfer) Layout(c *codec.Coder) {
	c.String(&m.asset, maxName)
	c.String(&m.chain, maxName)
	c.String(&m.to, maxName)
	codec.Int64(c, &m.amount)
	c.Uint64(&m.timeout)
	codec.Int64(c, &m.patience)
}

// transfer debits the sender and orders the destination to credit the
// recipient. Until the verdict the amount is in transit: it counts as sent and
// belongs to no account.
//
// For example, a transfer of 60 of 100 units leaves 40 on the source. If the
// destination answers after its timeout, concludeTransfer makes it 100 again.
func (x Contract) transfer(c *ledger.Context, m *transfer) error {
	if err := goodName(m.asset, m.to, m.chain); err != nil {
		return err
	}
	if err := goodAmount(m.amount); err != nil {
		return err
	}
	route := x.Topology.Route(x.Self, m.chain)
	if len(route) < 2 {
		return refuse("route", "%q is not another chain that can be reached", m.chain)
	}
	a, known := x.Topology.Asset(m.asset)
	switch {
	case !known:
		return refuse("asset", "the topology lists no asset %q", m.asset)
	case !x.Topology.Carries(m.asset, x.Self, m.chain):
		return refuse("way", "the way to %q is not that of %q; transfer it to %q first", m.chain, m.asset, a.Home)
	}
	if err := x.inTime(c, m, route); err != nil {
		return err
	}
	if err := add(c, m.asset, c.Sender.ID, -m.amount); err != nil {
		return err
	}
	if err := x.leave(c, m.asset, route[1], m.amount); err != nil {
		return err
	}
	if err := account(c, m.asset, func(t *Totals) { t.Sent += m.amount }); err != nil {
		return err
	}
	x.ask(c, m.chain, m.timeout, until(c, m.patience), &order{verb: "transfer", asset: m.asset, from: c.Sender.ID, to: m.to, amount: m.amount})
	return nil
}

// longest is the longest patience, about 35 years in ms.
const longest = 1 << 40

// until returns the block time after a patience in ms, or 0 if the patience is
// 0, so that the height alone decides.
func until(c *ledger.Context, patience int64) int64 {
	if patience == 0 {
		return 0
	}
	return c.Time + patience
}

// inTime refuses a transfer whose timeout has certainly passed. The height of a
// destination that is no neighbour is not known here.
func (x Contract) inTime(c *ledger.Context, m *transfer, route []string) error {
	if m.patience < 0 || m.patience > longest {
		return refuse("timeout", "a patience of %d ms, want 0 to %d", m.patience, int64(longest))
	}
	height := uint64(0)
	if len(route) == 2 {
		t, err := trustOf(c, m.chain)
		if err != nil {
			return err
		}
		height = t.Height
	}
	if m.patience == 0 && m.timeout <= height {
		return refuse("timeout", "height %d of %q has passed", m.timeout, m.chain)
	}
	return nil
}

// concludeTransfer returns the amount unless it has arrived. It does not return
// an amount that the neighbour has sent back already, because the verdict is
// then false.
func (x Contract) concludeTransfer(c *ledger.Context, destination string, o *order, outcome string) {
	if outcome == verdictOK {
		return
	}
	if x.enter(c, o.asset, x.Topology.Route(x.Self, destination)[1], o.amount) != nil {
		return
	}
	// This bypasses account, which could refuse: returning an amount must not
	// depend on later changes. The bounds leave room: 2^60 on the chain plus
	// 2^62 ever sent is below 2^63.
	var t Totals
	c.Load(TotalsKey(o.asset), &t)
	t.Sent -= o.amount
	c.Store(TotalsKey(o.asset), &t)
	_ = add(c, o.asset, o.from, o.amount) // an addition is never refused
}
