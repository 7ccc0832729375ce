package relay

import (
	"slices"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/planted"
	"github.com/trigrid/trigrid/ledger"
)

// Asset is an asset with its home, the only chain that issues it. For example,
// allowances have the carbon market's chain as their home.
//
// The other chains hold amounts that have come from there. A chain keeps an
// escrow per neighbour that does not lie towards the home: the amount that it
// has sent to the neighbour less the amount that has come back. It accepts no
// more from the neighbour than that. A faulty chain can therefore spend the
// amounts that were sent to it and no others.
//
// For example, the carbon chain has sent 60 allowances to the chain of a VPP
// over the relay. The carbon chain accepts up to 60 from the relay, and the
// relay up to 60 from the VPP's chain, which may have "issued" a million of its
// own. The VPP's chain accepts any amount from the relay, which lies towards
// the home.
type Asset struct {
	Name    string
	Home    string   // chain
	Issuers []string // identities of Home that may issue it (default: every grid and regulator)
}

// Asset returns the asset with a name, and false if the topology does not list
// it.
func (t Topology) Asset(name string) (Asset, bool) {
	i := slices.IndexFunc(t.Assets, func(a Asset) bool { return a.Name == name })
	if i < 0 {
		return Asset{}, false
	}
	return t.Assets[i], true
}

// validAssets adds the violations of the assets' names, homes and issuers.
func (t Topology) validAssets(bad *faults.List) {
	seen := map[string]bool{}
	for _, a := range t.Assets {
		if goodName(a.Name) != nil || goodName(a.Issuers...) != nil {
			bad.Addf("relay: topology: asset %q: want names of 1 to %d bytes without blanks, slashes and control characters", a.Name, maxName)
		}
		if seen[a.Name] {
			bad.Addf("relay: topology: asset %q is listed twice", a.Name)
		}
		seen[a.Name] = true
		if !slices.Contains(t.All(), a.Home) {
			bad.Addf("relay: topology: asset %q: its home %q is not a chain of the topology", a.Name, a.Home)
		}
	}
}

// towards returns the next chain on the way home, or "" at home.
func (t Topology) towards(home, chain string) string {
	if r := t.Route(chain, home); len(r) > 1 {
		return r[1]
	}
	return ""
}

// Carries reports whether an asset can be transferred directly between two
// chains. The route must lead towards the home first and then away from it, so
// that each chain on it keeps the right escrow. Otherwise the owner transfers
// the amount to its home first.
//
// For example, in TwoRelays an allowance moves directly between the chains of
// two VPPs, and only over the carbon chain from such a chain to that of the
// certificates.
func (t Topology) Carries(asset, from, to string) bool {
	a, known := t.Asset(asset)
	r := t.Route(from, to)
	if !known || len(r) < 2 {
		return false
	}
	away := false
	for i := 1; i < len(r); i++ {
		switch {
		case !away && t.towards(a.Home, r[i-1]) == r[i]:
		case t.towards(a.Home, r[i]) == r[i-1]:
			away = true
		default:
			return false
		}
	}
	return true
}

// EscrowKey is the state key of the amount of an asset that a chain accepts
// from a neighbour; see [Asset] and [DecodeBalance].
func EscrowKey(neighbour, asset string) string { return key("escrow", neighbour, asset) }

// keeps reports whether this chain keeps an escrow of the asset for a
// neighbour.
func (x Contract) keeps(asset, neighbour string) bool {
	a, known := x.Topology.Asset(asset)
	return known && x.Topology.towards(a.Home, x.Self) != neighbour
}

// leave adds an amount that goes to a neighbour to its escrow.
func (x Contract) leave(c *ledger.Context, asset, neighbour string, amount ledger.Micro) error {
	if !x.keeps(asset, neighbour) {
		return nil
	}
	var b balance
	c.Load(EscrowKey(neighbour, asset), &b)
	// The amount is within maxHere, so that the sum is below 2⁶³.
	if ledger.Micro(b)+amount > maxEver {
		return refuse("range", "more of %q at %q than can be counted", asset, neighbour)
	}
	b += balance(amount)
	c.Store(EscrowKey(neighbour, asset), &b)
	return nil
}

// enter takes an amount that comes from a neighbour from its escrow, or refuses
// it.
func (x Contract) enter(c *ledger.Context, asset, neighbour string, amount ledger.Micro) error {
	if _, known := x.Topology.Asset(asset); !known {
		return refuse("asset", "the topology lists no asset %q", asset)
	}
	if !x.keeps(asset, neighbour) {
		return nil
	}
	var b balance
	c.Load(EscrowKey(neighbour, asset), &b)
	switch {
	case ledger.Micro(b) < amount && x.mistake.On(planted.EscrowUnchecked):
		return nil
	case ledger.Micro(b) < amount:
		return refuse("escrow", "%s of %q from %q, which has received %s", amount, asset, neighbour, ledger.Micro(b))
	case ledger.Micro(b) == amount:
		c.Delete(EscrowKey(neighbour, asset))
	default:
		b -= balance(amount)
		c.Store(EscrowKey(neighbour, asset), &b)
	}
	return nil
}

// passing is an amount that this chain has forwarded and that has no verdict
// yet.
type passing struct {
	asset  string
	amount ledger.Micro
}

func (p *passing) Layout(c *codec.Coder) {
	c.String(&p.asset, maxName)
	codec.Int64(c, &p.amount)
}

// passingKey is the state key of a forwarded order.
func passingKey(source, destination string, number uint64) string {
	return key("passing", source, destination, number)
}

// forward passes a packet on to the next chain. Amounts pass through the
// escrows of both neighbours.
func (x Contract) forward(c *ledger.Context, p ledger.Packet, before, after string) {
	if p.Channel == verdicts {
		x.forwardVerdict(c, &p, before, after)
	} else {
		x.forwardOrder(c, &p, before, after)
	}
	c.Send(p)
}

// forwardOrder replaces a transfer that an escrow does not cover by a void
// order. The destination answers it with a refusal, so that each order still
// has one verdict.
func (x Contract) forwardOrder(c *ledger.Context, p *ledger.Packet, before, after string) {
	var o order
	if ledger.Decode("order", p.Payload, &o) != nil || o.verb != "transfer" {
		return
	}
	err := c.Try(func() error {
		if err := goodAmount(o.amount); err != nil {
			return err
		}
		if err := x.enter(c, o.asset, before, o.amount); err != nil {
			return err
		}
		return x.leave(c, o.asset, after, o.amount)
	})
	if err != nil {
		p.Payload = ledger.Encode(&order{verb: "void", asset: o.asset, from: refusalCode(err)})
		return
	}
	c.Store(passingKey(p.Source, p.Destination, p.Number), &passing{o.asset, o.amount})
}

// forwardVerdict returns the amount of a refused transfer through both escrows.
// If the neighbour has sent the amount back already, its refusal is false, and
// the verdict becomes "ok": otherwise the amount would come back twice.
func (x Contract) forwardVerdict(c *ledger.Context, p *ledger.Packet, before, after string) {
	var v verdict
	var a passing
	if ledger.Decode("verdict", p.Payload, &v) != nil {
		return
	}
	k := passingKey(p.Destination, p.Source, v.number)
	if !c.Load(k, &a) {
		return
	}
	c.Delete(k)
	if v.outcome == verdictOK {
		return
	}
	err := c.Try(func() error {
		if err := x.enter(c, a.asset, before, a.amount); err != nil {
			return err
		}
		return x.leave(c, a.asset, after, a.amount)
	})
	if err != nil {
		v.outcome = verdictOK
		p.Payload = ledger.Encode(&v)
	}
}
