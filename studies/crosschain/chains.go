package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/vpp"
)

// chains holds the records of one day on the ledgers.
type chains struct {
	Deals      []deal             `json:"deals"`
	Executed   int                `json:"executed"`  // trades that the regulator approved
	Refused    int                `json:"refused"`   // rejected: a probe above the price ceiling
	Committed  int                `json:"committed"` // cross-chain trades, on all their chains
	Balance    map[string]balance `json:"balance"`   // by good
	Settlement []received         `json:"settlement"`
}

// received is the net amount of one party for the day in all markets; negative
// if it pays. The amounts of all parties sum to zero.
type received struct {
	Party string `json:"party"`
	Fen   int64  `json:"fen"` // hundredths of a CNY
}

// balance is the total of one asset, in its unit: Issued = Retired + Held.
type balance struct {
	Issued  float64 `json:"issued"`
	Retired float64 `json:"retired"`
	Held    float64 `json:"held"`
}

// record brings a day onto the chains, in the order of section 2 of the paper:
//
//  1. Every VPP submits its forecast to the market ledger and receives its
//     quota.
//  2. Trades are offered, accepted, and reviewed by the regulator before they
//     are executed.
//  3. The deals of each pair pass the relay chains as one atomic trade, goods
//     against money.
//  4. Allowances and certificates are retired against the obligations.
//
// seed determines keys and salts, so that equal seeds give equal chains.
func record(ctx context.Context, e *vpp.Equilibrium, seed uint64) (*chains, error) {
	out := &chains{Deals: match(e), Balance: map[string]balance{}}
	accounts := accountsOf(e, out.Deals)
	if err := out.review(ctx, e, accounts, seed); err != nil {
		return nil, fmt.Errorf("market ledger: %w", err)
	}
	if err := out.relay(ctx, e, accounts, seed); err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	return out, out.settle(e)
}

// review submits forecasts, quotas and trades to the market ledger (steps 1 and
// 2 of record).
func (x *chains) review(
	ctx context.Context, e *vpp.Equilibrium, accounts map[string]map[string]account, seed uint64,
) error {
	members := []client.PartyConfig{
		{ID: "operator", Role: ledger.RoleGrid}, {ID: "regulator", Role: ledger.RoleRegulator},
	}
	for _, name := range parties(e) {
		members = append(members, client.PartyConfig{ID: name, Role: ledger.RoleVPP})
	}
	n, err := client.NewNetwork(ctx, client.NetworkConfig{
		Name: "crosschain", Members: members, Random: randomness(seed),
	})
	if err != nil {
		return err
	}
	defer n.Close()
	// All quotas and trades belong to one settlement period of the ledger.
	const day = 1
	for _, traded := range e.Markets {
		good := traded.Market.Trades().String()
		for _, name := range parties(e) {
			a := accounts[good][name]
			if err := n.Quota(ctx, day, good, name, a.need, a.quota+rounding); err != nil {
				return err
			}
		}
	}
	// The first deal also tests the regulator. One probe is enough: the rule is
	// the same for all.
	for i, d := range x.Deals {
		if err := x.trade(ctx, n, day, d, i == 0); err != nil {
			return err
		}
	}
	return nil
}

// trade submits one deal. If probe is true, it first offers the deal above the
// price ceiling, which the regulator must reject.
func (x *chains) trade(ctx context.Context, n *client.Network, day uint64, d deal, probe bool) error {
	amount, err := ledger.ToMicro(d.Amount)
	if err != nil {
		return err
	}
	offer := contracts.ProposeTrade{
		Period: day, Commodity: d.Good, Buyer: d.Buyer,
		Amount: amount, Price: ledger.Money(math.Round(d.Payment * 100)),
	}
	if probe {
		dear := offer
		dear.Price += ledger.Money(100 * ceilings[d.Good] * d.Amount)
		t, err := n.Trade(ctx, "regulator", d.Seller, dear, belowCeiling)
		if err != nil {
			return err
		}
		if t.Status == contracts.TradeRejected {
			x.Refused++
		}
	}
	t, err := n.Trade(ctx, "regulator", d.Seller, offer, belowCeiling)
	if err != nil {
		return err
	}
	if t.Status != contracts.TradeExecuted {
		return fmt.Errorf("trade of %s from %s to %s was not executed: %s", d.Good, d.Seller, d.Buyer, t.Reason)
	}
	x.Executed++
	return nil
}

// belowCeiling is the regulator's rule: the price per unit is at most the
// ceiling of the good.
func belowCeiling(t contracts.Trade) error {
	if perUnit := t.Price.Float() / t.Amount.Float(); perUnit > ceilings[t.Commodity] {
		return fmt.Errorf("%.2f CNY per unit are above the ceiling of %.0f", perUnit, ceilings[t.Commodity])
	}
	return nil
}

// settle sums the payments of all hours and markets in fen. Every hour of every
// market is rounded so that its payments sum to zero; the rest of the rounding
// belongs to the outside.
func (x *chains) settle(e *vpp.Equilibrium) error {
	names := parties(e)
	x.Settlement = make([]received, len(names))
	for i, name := range names {
		x.Settlement[i].Party = name
	}
	for _, traded := range e.Markets {
		for period := range traded.Volume[0] {
			paid, rest, err := traded.Settle(0, period, market.Fen)
			if err != nil {
				return err
			}
			sum := rest
			for l, fen := range paid {
				x.Settlement[l].Fen -= fen
				sum += fen
			}
			x.Settlement[len(paid)].Fen -= rest
			if sum != 0 {
				return fmt.Errorf("payments of %s in hour %d sum to %d fen, want 0",
					traded.Market.Trades(), period, sum)
			}
		}
	}
	return nil
}

// randomness returns a source of keys and salts for a simulation. It is
// predictable, so its keys protect no real chain.
func randomness(seed uint64) *rand.ChaCha8 {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	return rand.NewChaCha8(key)
}
