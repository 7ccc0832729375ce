package main

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/relay"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/vpp"
)

// assetOf returns the chain of a good and the name of its asset there, for
// example "carbon" and "allowance".
func assetOf(good string) (chain, asset string) {
	switch good {
	case market.Carbon.String():
		return relay.Carbon, "allowance"
	case market.Certificate.String():
		return relay.Certificates, "certificate"
	}
	return relay.Electricity, "MWh"
}

const (
	coordinator = "relay-certificates" // the relay chain that reaches all three markets
	money       = "fen"                // asset on the chain of the electricity exchange
)

// relay carries the deals of every pair over the chains and retires the
// obligations (steps 3 and 4 of record). The topology is that of the paper: one
// chain per VPP and per market, and one relay chain each for carbon and for
// certificates.
func (x *chains) relay(
	ctx context.Context, e *vpp.Equilibrium, accounts map[string]map[string]account, seed uint64,
) error {
	names := parties(e)
	topology := relay.TwoRelays(names[:len(names)-1]...)
	topology.Assets = append(topology.Assets, relay.Asset{Name: money, Home: relay.Electricity})
	n, err := relay.NewNetwork(ctx, relay.NetworkConfig{Topology: topology, Owners: names, Random: randomness(seed + 1)})
	if err != nil {
		return err
	}
	defer n.Close()
	if err := x.issue(ctx, n, accounts, names); err != nil {
		return err
	}
	// A pair without deals has no trade. The order of the pairs is fixed, so
	// that equal days give equal chains.
	for _, seller := range names {
		for _, buyer := range names {
			if err := x.carry(ctx, n, seller, buyer); err != nil {
				return err
			}
			// No chain holds more of an asset than its home has sent towards
			// it.
			if err := n.Check(ctx); err != nil {
				return err
			}
		}
	}
	return x.retire(ctx, n, accounts, names)
}

// issue credits every party with its initial goods and with money for its
// purchases. Each purchase gets one fen more than its payment, as a reserve for
// rounding.
func (x *chains) issue(
	ctx context.Context, n *relay.Network, accounts map[string]map[string]account, names []string,
) error {
	for _, good := range slices.Sorted(maps.Keys(accounts)) {
		chain, asset := assetOf(good)
		for _, name := range names {
			amount, err := ledger.ToMicro(accounts[good][name].quota + rounding)
			if err != nil {
				return err
			}
			if err := n.Issue(ctx, chain, asset, name, amount); err != nil {
				return err
			}
		}
	}
	for _, name := range names {
		// The deposit covers all purchases of the party, so that every lock of
		// money succeeds.
		deposit := ledger.Micro(0)
		for _, d := range x.Deals {
			if d.Buyer == name {
				deposit += fen(d.Payment) + ledger.One
			}
		}
		if deposit == 0 {
			continue
		}
		if err := n.Issue(ctx, relay.Electricity, money, name, deposit); err != nil {
			return err
		}
	}
	return nil
}

// carry brings all deals of a pair over the chains as one trade: one leg per
// good, and a leg of money in the other direction. The trade happens on all
// chains or on none.
//
// For example, deals of power and of allowances between two VPPs give three
// legs.
func (x *chains) carry(ctx context.Context, n *relay.Network, seller, buyer string) error {
	var legs []relay.Leg
	payment := ledger.Micro(0)
	for _, d := range x.Deals {
		if d.Seller != seller || d.Buyer != buyer {
			continue
		}
		chain, asset := assetOf(d.Good)
		amount, err := ledger.ToMicro(d.Amount)
		if err != nil {
			return err
		}
		legs = append(legs, relay.Leg{Chain: chain, Asset: asset, From: seller, To: buyer, Amount: amount})
		payment += fen(d.Payment)
	}
	if legs == nil {
		return nil
	}
	if payment > 0 {
		legs = append(legs, relay.Leg{Chain: relay.Electricity, Asset: money, From: buyer, To: seller, Amount: payment})
	}
	id := seller + "-" + buyer
	const deadline = 1_000_000 // height of the relay chain, far beyond its length here
	if err := n.Begin(ctx, coordinator, seller, id, legs, deadline); err != nil {
		return err
	}
	if payment > 0 { // a party consents only to legs that take from it
		if err := n.Consent(ctx, coordinator, buyer, id); err != nil {
			return err
		}
	}
	// Settle relays the locks, decides the trade and relays the decision to
	// every chain.
	if err := n.Settle(ctx); err != nil {
		return err
	}
	t, err := n.Trade(ctx, coordinator, id)
	if err != nil {
		return err
	}
	if t.Status != relay.TradeCommitted {
		return fmt.Errorf("trade %q is %v: %s", id, t.Status, t.Reason)
	}
	x.Committed++
	return nil
}

// retire retires the need of every party and stores the totals of every good.
// It returns an error if a chain has lost or created assets: the issued amount
// less the retired amount must be held by the parties.
func (x *chains) retire(
	ctx context.Context, n *relay.Network, accounts map[string]map[string]account, names []string,
) error {
	for _, good := range slices.Sorted(maps.Keys(accounts)) {
		of := accounts[good]
		chain, asset := assetOf(good)
		// Amounts are integers, so that the comparison below needs no
		// tolerance.
		left := ledger.Micro(0)
		for _, name := range names {
			need, err := ledger.ToMicro(of[name].need)
			if err != nil {
				return err
			}
			if need > 0 {
				if err := n.Retire(ctx, chain, asset, name, need); err != nil {
					return fmt.Errorf("%s cannot retire its %s: %w", name, good, err)
				}
			}
			held, err := n.Balance(ctx, chain, asset, name)
			if err != nil {
				return err
			}
			left += held
		}
		// The chain counts issued and retired amounts itself; the sum of the
		// balances is a second account of the same assets.
		totals, err := n.Totals(ctx, chain, asset)
		if err != nil {
			return err
		}
		if totals.Issued-totals.Retired != left {
			return fmt.Errorf("%s: %v issued, %v retired, %v left", good, totals.Issued, totals.Retired, left)
		}
		x.Balance[good] = balance{totals.Issued.Float(), totals.Retired.Float(), left.Float()}
	}
	return nil
}

// fen returns an amount of money in fen, rounded, as the chain counts it.
//
// For example, 12.34 CNY are 1234 fen.
func fen(cny float64) ledger.Micro { return ledger.Micro(math.Round(cny*100)) * ledger.One }
