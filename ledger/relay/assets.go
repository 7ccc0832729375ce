package relay

import (
	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// Totals is what a chain has ever done with an asset, in millionths of its unit. On every chain
//
//	free + locked for trades = Issued − Retired + In − Out
//
// and over all chains Out − In is what is under way.
type Totals struct {
	Issued  ledger.Micro // created here by an authority
	Retired ledger.Micro // used up here
	In      ledger.Micro // arrived from other chains
	Out     ledger.Micro // sent to other chains and not given back
}

// Layout implements [ledger.Coded].
func (t *Totals) Layout(c *codec.Coder) {
	codec.Int64(c, &t.Issued)
	codec.Int64(c, &t.Retired)
	codec.Int64(c, &t.In)
	codec.Int64(c, &t.Out)
}

func (t *Totals) here() ledger.Micro { return t.Issued - t.Retired + t.In - t.Out }

// maxHere bounds what a chain can hold of an asset, so that no sum of accounts overflows. The flows are bounded too,
// each by the range of its integer, which at a million units a second takes three months of nothing else.
const maxHere ledger.Micro = 1 << 60

const maxEver ledger.Micro = 1 << 62

// TotalsKey is the state key of an asset's [Totals].
func TotalsKey(asset string) string { return key("totals", asset) }

// BalanceKey is the state key of what an owner holds freely.
func BalanceKey(asset, owner string) string { return key("free", asset, owner) }

// balance is an amount in the state.
type balance ledger.Micro

func (b *balance) Layout(c *codec.Coder) { codec.Int64(c, b) }

// DecodeBalance reads the value under a [BalanceKey].
func DecodeBalance(value []byte) (ledger.Micro, error) {
	var b balance
	err := ledger.Decode("balance", value, &b)
	return ledger.Micro(b), err
}

// DecodeTotals reads the value under a [TotalsKey].
func DecodeTotals(value []byte) (Totals, error) {
	var t Totals
	err := ledger.Decode("totals", value, &t)
	return t, err
}

// add changes a free balance; it is removed at zero, so that empty accounts take no room.
func add(c *ledger.Context, asset, owner string, by ledger.Micro) error {
	var b balance
	c.Load(BalanceKey(asset, owner), &b)
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

// account changes an asset's totals and refuses what would exceed their range.
func account(c *ledger.Context, asset string, change func(*Totals)) error {
	var t Totals
	c.Load(TotalsKey(asset), &t)
	change(&t)
	for _, flow := range []ledger.Micro{t.Issued, t.Retired, t.In, t.Out} {
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

func goodAmount(a ledger.Micro) error {
	if a <= 0 || a > maxHere {
		return refuse("amount", "%s is not an amount", a)
	}
	return nil
}

// issue creates an amount; sent by an authority of the chain.
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

// retire uses an amount of the sender's up for good: allowances surrendered, certificates redeemed.
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

func (x Contract) issue(c *ledger.Context, m *issue) error {
	if err := goodName(m.asset, m.owner); err != nil {
		return err
	}
	if err := goodAmount(m.amount); err != nil {
		return err
	}
	if err := account(c, m.asset, func(t *Totals) { t.Issued += m.amount }); err != nil {
		return err
	}
	return add(c, m.asset, m.owner, m.amount)
}

func (x Contract) retire(c *ledger.Context, m *retire) error {
	if err := goodAmount(m.amount); err != nil {
		return err
	}
	if err := add(c, m.asset, c.Sender.ID, -m.amount); err != nil {
		return err
	}
	return account(c, m.asset, func(t *Totals) { t.Retired += m.amount })
}

// deposit is an arrival from another chain.
func deposit(c *ledger.Context, asset, owner string, amount ledger.Micro) error {
	if err := goodName(asset, owner); err != nil {
		return err
	}
	if err := goodAmount(amount); err != nil {
		return err
	}
	if err := account(c, asset, func(t *Totals) { t.In += amount }); err != nil {
		return err
	}
	return add(c, asset, owner, amount)
}

// transfer sends an amount of the sender's to an owner on another chain. It leaves the sender's account at once and
// comes back only on the destination's proved word that it did not arrive.
type transfer struct {
	asset, chain, to string
	amount           ledger.Micro
	timeout          uint64 // last height of the destination at which it is taken
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
}

func (x Contract) transfer(c *ledger.Context, m *transfer) error {
	if err := goodName(m.asset, m.to, m.chain); err != nil {
		return err
	}
	if err := goodAmount(m.amount); err != nil {
		return err
	}
	if m.chain == x.Self || x.Topology.Route(x.Self, m.chain) == nil {
		return refuse("route", "%q is not another chain that can be reached", m.chain)
	}
	if err := add(c, m.asset, c.Sender.ID, -m.amount); err != nil {
		return err
	}
	if err := account(c, m.asset, func(t *Totals) { t.Out += m.amount }); err != nil {
		return err
	}
	x.ask(c, m.chain, m.timeout, &order{verb: "transfer", asset: m.asset, from: c.Sender.ID, to: m.to, amount: m.amount})
	return nil
}

// concludeTransfer gives the amount back unless it has arrived.
func concludeTransfer(c *ledger.Context, o *order, outcome string) {
	if outcome == verdictOK {
		return
	}
	// Not through account: the amount was here before, and giving it back must not depend on what came since. The bounds
	// leave room for that: 2^60 held plus 2^62 ever sent stays below 2^63.
	var t Totals
	c.Load(TotalsKey(o.asset), &t)
	t.Out -= o.amount
	c.Store(TotalsKey(o.asset), &t)
	_ = add(c, o.asset, o.from, o.amount) // adding is never refused
}
