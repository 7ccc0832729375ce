package main

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/relay"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/vpp"
)

// outside is whom the plants trade with where they do not trade with each other: grid, registry, exchange.
const outside = "outside"

// deal is what one party sold to another over the day.
type deal struct {
	Seller, Buyer string
	Good          string
	Amount        float64 // MWh, t CO2 or certificates
	Payment       float64 // CNY
}

// chains is what the ledgers recorded of the day.
type chains struct {
	Deals      []deal
	Executed   int // trades that the regulator approved and that happened on the market ledger
	Refused    int // trades that it refused: a probe above the price ceiling
	Committed  int // cross-chain trades that happened on all their chains
	Balance    map[string]balance
	Settlement string // payments in fen, outside included
	SumOfFen   int64
}

// balance is the life of one kind of asset, in its unit: what was issued was retired, or is still held.
type balance struct{ Issued, Retired, Held float64 }

// account is what a party owes and has of a good, by its plan.
type account struct{ need, quota float64 }

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

func parties(e *vpp.Equilibrium) []string {
	var out []string
	for _, plan := range e.Plans {
		out = append(out, plan.Plant.Name)
	}
	return append(out, outside)
}

// match pairs sellers with buyers, hour by hour, each seller serving all buyers in proportion, and adds
// the hours up. Electricity is bought and sold at different prices, so that it is traded with the outside
// only; the other goods have one price for all, and what the plants do not sell each other goes outside.
func match(e *vpp.Equilibrium) []deal {
	type key struct{ seller, buyer, good int }
	names := parties(e)
	sums := map[key]deal{}
	for g, traded := range e.Markets {
		for period, volume := range traded.Volume[0] {
			price, _ := traded.MarketPrices(0, period)
			bought := make([]float64, len(names))
			for l := range e.Plans {
				bought[l] = traded.Bought[l][0][period]
			}
			bought[len(names)-1] = -volume
			add := func(i, j int, amount, payment float64) {
				k := key{i, j, g}
				d := sums[k]
				sums[k] = deal{names[i], names[j], traded.Market.Trades().String(), d.Amount + amount, d.Payment + payment}
			}
			if traded.Market.Trades() == market.Electricity {
				for l := range e.Plans {
					switch q, paid := bought[l], traded.Payments[l][0][period]; {
					case q > 0:
						add(len(names)-1, l, q, paid)
					case q < 0:
						add(l, len(names)-1, -q, -paid)
					}
				}
				continue
			}
			supply := 0.0
			for _, q := range bought {
				supply += max(-q, 0)
			}
			for i := range names {
				for j := range names {
					if amount := max(-bought[i], 0) * max(bought[j], 0); amount > 0 {
						add(i, j, amount/supply, amount/supply*price)
					}
				}
			}
		}
	}
	var out []deal
	for g := range e.Markets {
		for i := range names {
			for j := range names {
				if d, ok := sums[key{i, j, g}]; ok && d.Amount > 1e-6 {
					out = append(out, d)
				}
			}
		}
	}
	return out
}

// accountsOf returns per good and party what it needs over the day and what it has to begin with.
func accountsOf(e *vpp.Equilibrium, deals []deal) map[string]map[string]account {
	out := map[string]map[string]account{}
	for _, traded := range e.Markets {
		good := traded.Market.Trades()
		out[good.String()] = map[string]account{}
		for _, plan := range e.Plans {
			r := plan.Results[0]
			a := account{need: r.Emission, quota: r.Allowance}
			if good == market.Certificate {
				quota := plan.Setting.Markets.Obligation.Quota
				a = account{need: quota * (r.Renewable + r.Conventional), quota: r.Renewable}
			}
			if good == market.Electricity {
				a = account{}
			}
			out[good.String()][plan.Plant.Name] = a
		}
		out[good.String()][outside] = account{}
	}
	for _, d := range deals { // the outside has what it sells; power exists once somebody delivers it
		if d.Seller == outside || d.Good == market.Electricity.String() {
			a := out[d.Good][d.Seller]
			a.quota += d.Amount
			out[d.Good][d.Seller] = a
		}
		if d.Buyer == outside || d.Good == market.Electricity.String() {
			a := out[d.Good][d.Buyer]
			a.need += d.Amount
			out[d.Good][d.Buyer] = a
		}
	}
	return out
}

// review runs forecasts, quotas and reviewed trades on the market ledger.
func (x *chains) review(ctx context.Context, e *vpp.Equilibrium, accounts map[string]map[string]account, seed uint64) error {
	members := []ledger.PartyConfig{{ID: "operator", Role: ledger.RoleGrid}, {ID: "regulator", Role: ledger.RoleRegulator}}
	for _, name := range parties(e) {
		members = append(members, ledger.PartyConfig{ID: name, Role: ledger.RoleVPP})
	}
	n, err := ledger.NewNetwork(ctx, ledger.NetworkConfig{Name: "crosschain", Members: members, Random: randomness(seed)})
	if err != nil {
		return err
	}
	defer n.Close()
	const day = 1
	for _, traded := range e.Markets {
		good := traded.Market.Trades().String()
		for _, name := range parties(e) {
			a := accounts[good][name]
			// A micro more than needed keeps sums of rounded trades within what is held.
			if err := n.Quota(ctx, day, good, name, a.need, a.quota+1e-5); err != nil {
				return err
			}
		}
	}
	for i, d := range x.Deals {
		amount, err := ledger.ToMicro(d.Amount)
		if err != nil {
			return err
		}
		offer := ledger.ProposeTrade{Period: day, Commodity: d.Good, Buyer: d.Buyer, Amount: amount, Price: ledger.Money(math.Round(d.Payment * 100))}
		judge := func(t ledger.Trade) error {
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
			if t.Status == ledger.TradeRejected {
				x.Refused++
			}
		}
		t, err := n.Trade(ctx, "regulator", d.Seller, offer, judge)
		if err != nil {
			return err
		}
		if t.Status != ledger.TradeExecuted {
			return fmt.Errorf("trade of %s from %s to %s was not executed: %s", d.Good, d.Seller, d.Buyer, t.Reason)
		}
		x.Executed++
	}
	return nil
}

// assetOf names the chain and the asset of a good.
func assetOf(good string) (chain, asset string) {
	switch good {
	case market.Carbon.String():
		return relay.Carbon, "allowance"
	case market.Certificate.String():
		return relay.Certificates, "certificate"
	}
	return relay.Electricity, "mwh"
}

// coordinator is the relay chain that reaches all three markets; money is kept on the exchange's chain.
const (
	coordinator = "relay-certificates"
	money       = "fen"
)

// relay carries every pair's deals over the chains and retires what is owed.
func (x *chains) relay(ctx context.Context, e *vpp.Equilibrium, accounts map[string]map[string]account, seed uint64) error {
	names := parties(e)
	n, err := relay.NewNetwork(ctx, relay.NetworkConfig{Topology: relay.TwoRelays(names[:len(names)-1]...), Owners: names, Random: randomness(seed + 1)})
	if err != nil {
		return err
	}
	defer n.Close()
	for _, good := range slices.Sorted(maps.Keys(accounts)) {
		of := accounts[good]
		chain, asset := assetOf(good)
		for _, name := range names {
			if amount, err := ledger.ToMicro(of[name].quota + 1e-5); err != nil {
				return err
			} else if err := n.Issue(ctx, chain, asset, name, amount); err != nil {
				return err
			}
		}
	}
	for _, name := range names {
		deposit := ledger.Micro(0)
		for _, d := range x.Deals {
			if d.Buyer == name {
				deposit += fen(d.Payment) + ledger.One
			}
		}
		if deposit > 0 {
			if err := n.Issue(ctx, relay.Electricity, money, name, deposit); err != nil {
				return err
			}
		}
	}
	for _, seller := range names {
		for _, buyer := range names {
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
				continue
			}
			if payment > 0 {
				legs = append(legs, relay.Leg{Chain: relay.Electricity, Asset: money, From: buyer, To: seller, Amount: payment})
			}
			id := seller + "-" + buyer
			if err := n.Begin(ctx, coordinator, seller, id, legs, 1_000_000); err != nil {
				return err
			}
			if payment > 0 {
				if err := n.Consent(ctx, coordinator, buyer, id); err != nil {
					return err
				}
			}
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
		}
	}
	return x.retire(ctx, n, accounts, names)
}

// retire uses up what every party needs, and reads what was issued, retired and is left.
func (x *chains) retire(ctx context.Context, n *relay.Network, accounts map[string]map[string]account, names []string) error {
	for _, good := range slices.Sorted(maps.Keys(accounts)) {
		of := accounts[good]
		chain, asset := assetOf(good)
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

// settle turns every hour's payments into fen that sum to zero.
func (x *chains) settle(e *vpp.Equilibrium) error {
	total := make([]int64, len(e.Plans)+1)
	for _, traded := range e.Markets {
		for period := range traded.Volume[0] {
			units, rest, err := traded.Settle(0, period, market.Fen)
			if err != nil {
				return err
			}
			sum := rest
			for l, u := range units {
				total[l] += u
				sum += u
			}
			total[len(e.Plans)] += rest
			if sum != 0 {
				return fmt.Errorf("payments of %s in hour %d sum to %d fen", traded.Market.Trades(), period, sum)
			}
		}
	}
	for l, name := range parties(e) {
		x.Settlement += fmt.Sprintf("%s %+.2f  ", name, float64(total[l])/100)
		x.SumOfFen += total[l]
	}
	return nil
}

// fen returns an amount of money as the chain counts it.
func fen(cny float64) ledger.Micro { return ledger.Micro(math.Round(cny*100)) * ledger.One }

// randomness makes keys and salts of a simulation repeatable.
func randomness(seed uint64) *rand.ChaCha8 {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	return rand.NewChaCha8(key)
}
