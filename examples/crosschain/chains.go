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

// chains is what the ledgers recorded of the day.
type chains struct {
	Deals      []deal             `json:"deals"`
	Executed   int                `json:"executed"`  // trades that the regulator approved and that happened on the market ledger
	Refused    int                `json:"refused"`   // trades that it refused: a probe above the price ceiling
	Committed  int                `json:"committed"` // cross-chain trades that happened on all their chains
	Balance    map[string]balance `json:"balance"`
	Settlement []received         `json:"settlement"`
}

// received is what a party receives for the day in all markets; negative is paid. The parties' amounts sum
// to zero.
type received struct {
	Party string `json:"party"`
	Fen   int64  `json:"fen"`
}

// balance is the life of one kind of asset, in its unit: what was issued was retired, or is still held.
type balance struct {
	Issued  float64 `json:"issued"`
	Retired float64 `json:"retired"`
	Held    float64 `json:"held"`
}

// record brings a day onto the chains, in the order of section 2 of the source:
//
//  1. every plant puts its forecast on the market ledger, which answers with its quota;
//  2. trades are offered, accepted, and reviewed by the regulator before they happen;
//  3. each pair's deals go through the relay chains as one trade, goods against money, on all chains or none;
//  4. allowances and certificates are retired against what is owed.
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

// review runs forecasts, quotas and reviewed trades on the market ledger.
func (x *chains) review(ctx context.Context, e *vpp.Equilibrium, accounts map[string]map[string]account, seed uint64) error {
	members := []client.PartyConfig{{ID: "operator", Role: ledger.RoleGrid}, {ID: "regulator", Role: ledger.RoleRegulator}}
	for _, name := range parties(e) {
		members = append(members, client.PartyConfig{ID: name, Role: ledger.RoleVPP})
	}
	n, err := client.NewNetwork(ctx, client.NetworkConfig{Name: "crosschain", Members: members, Random: randomness(seed)})
	if err != nil {
		return err
	}
	defer n.Close()
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
	for i, d := range x.Deals {
		amount, err := ledger.ToMicro(d.Amount)
		if err != nil {
			return err
		}
		offer := contracts.ProposeTrade{Period: day, Commodity: d.Good, Buyer: d.Buyer, Amount: amount, Price: ledger.Money(math.Round(d.Payment * 100))}
		judge := func(t contracts.Trade) error {
			if perUnit := t.Price.Float() / t.Amount.Float(); perUnit > ceilings[t.Commodity] {
				return fmt.Errorf("%.2f CNY per unit are above the ceiling of %.0f", perUnit, ceilings[t.Commodity])
			}
			return nil
		}
		if i == 0 { // what the regulator is for: an offer above the ceiling
			probe := offer
			probe.Price += ledger.Money(100 * ceilings[d.Good] * d.Amount)
			t, err := n.Trade(ctx, "regulator", d.Seller, probe, judge)
			if err != nil {
				return err
			}
			if t.Status == contracts.TradeRejected {
				x.Refused++
			}
		}
		t, err := n.Trade(ctx, "regulator", d.Seller, offer, judge)
		if err != nil {
			return err
		}
		if t.Status != contracts.TradeExecuted {
			return fmt.Errorf("trade of %s from %s to %s was not executed: %s", d.Good, d.Seller, d.Buyer, t.Reason)
		}
		x.Executed++
	}
	return nil
}

// settle turns every hour's payments into fen that sum to zero.
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
				return fmt.Errorf("payments of %s in hour %d sum to %d fen, want 0", traded.Market.Trades(), period, sum)
			}
		}
	}
	return nil
}

// randomness makes keys and salts of a simulation repeatable.
func randomness(seed uint64) *rand.ChaCha8 {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	return rand.NewChaCha8(key)
}
