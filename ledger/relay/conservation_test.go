package relay_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/ledger/relay"
)

// world is a network of chains under random trades, transfers, retirements and
// faults, with a twin that knows nothing but who should own how much in the
// end.
type world struct {
	t           *testing.T
	ctx         context.Context
	n           *relay.Network
	top         relay.Topology
	random      *rand.Rand
	owners      []string
	assets      map[string]string           // home chain of each asset
	names       []string                    // of the assets, sorted
	twin        map[string]map[string]int64 // by asset and owner
	open        []string                    // trades not known to be final
	legs        map[string][]relay.Leg
	coordinator map[string]string
	count       map[string]int // what happened how often
	steps       int
}

func newWorld(t *testing.T, top relay.Topology, seed uint64, engine func(ledger.Genesis, []ledger.Contract) (ledger.Engine, error)) *world {
	w := &world{
		t: t, ctx: t.Context(), top: top, random: rand.New(rand.NewPCG(seed, 1)),
		owners: []string{"vpp-1", "vpp-2", "vpp-3"},
		assets: map[string]string{"MWh": relay.Electricity, "allowance": relay.Carbon, "certificate": relay.Certificates},
		names:  []string{"allowance", "certificate", "MWh"},
		twin:   map[string]map[string]int64{}, legs: map[string][]relay.Leg{}, coordinator: map[string]string{}, count: map[string]int{},
	}
	var err error
	w.n, err = relay.NewNetwork(w.ctx, relay.NetworkConfig{
		Topology: top, Owners: w.owners, Random: rand.NewChaCha8([32]byte{byte(seed)}), Engine: engine, Patience: -1,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.n.Close()) })
	for _, asset := range w.names {
		w.twin[asset] = map[string]int64{}
		for _, o := range w.owners {
			require.NoError(t, w.n.Issue(w.ctx, w.assets[asset], asset, o, 1_000))
			w.twin[asset][o] = 1_000
		}
	}
	for _, g := range w.n.Gateways() {
		g.Faults = w.fault
	}
	return w
}

// fault is what a gateway does to a batch: now and then it loses, repeats,
// reorders or forges packets.
func (w *world) fault(ps []relay.Carried) []relay.Carried {
	switch w.random.IntN(8) {
	case 0:
		w.count["packets lost"] += len(ps)
		return nil
	case 1:
		w.count["packets repeated"] += len(ps)
		return append(ps, ps...)
	case 2:
		w.count["packets reordered"] += len(ps)
		w.random.Shuffle(len(ps), func(i, j int) { ps[i], ps[j] = ps[j], ps[i] })
	case 3:
		w.count["packets forged"]++
		p := &ps[w.random.IntN(len(ps))]
		switch w.random.IntN(4) {
		case 0:
			p.Packet.Number++
		case 1:
			p.Packet.Payload[w.random.IntN(len(p.Packet.Payload))] ^= 1 << w.random.IntN(8)
		case 2:
			p.Packet.Destination = w.top.Chains[w.random.IntN(len(w.top.Chains))] + "x"
		case 3:
			p.Path.Index++
		}
	}
	return ps
}

// carry lets gateways step; some sleep, and some are refused for what they
// forged.
func (w *world) carry(awake float64) {
	for _, g := range w.n.Gateways() {
		if w.random.Float64() > awake {
			continue
		}
		_, err := g.Step(w.ctx)
		w.books()
		if err != nil {
			require.True(w.t, relay.Refused(err, "proof") || relay.Refused(err, "route") || relay.Refused(err, "malformed"), "%v", err)
			w.count["batches refused"]++
		}
	}
}

// trade begins a random exchange between two owners, sometimes beyond their
// means, sometimes with little time.
func (w *world) trade(id string) {
	perm := w.random.Perm(len(w.owners))
	a, b := w.owners[perm[0]], w.owners[perm[1]]
	amount := func() ledger.Micro { return ledger.Micro(1 + w.random.IntN(60)) }
	var legs []relay.Leg
	for i, k := range w.random.Perm(len(w.names))[:2+w.random.IntN(2)] {
		from, to := a, b
		if i > 0 {
			from, to = b, a
		}
		legs = append(legs, relay.Leg{Chain: w.assets[w.names[k]], Asset: w.names[k], From: from, To: to, Amount: amount()})
	}
	r := w.top.Relays[w.random.IntN(len(w.top.Relays))]
	deadline := w.n.Chain(r).Status().Height + 10 + uint64(w.random.IntN(600))
	require.NoError(w.t, w.n.Begin(w.ctx, r, a, id, legs, deadline))
	if w.random.IntN(20) > 0 {
		require.NoError(w.t, w.n.Consent(w.ctx, r, b, id))
	} else {
		w.count["trades without consent"]++
	}
	w.open = append(w.open, id)
	w.legs[id], w.coordinator[id] = legs, r
}

// move sends something to another chain and, sometimes, uses something up.
func (w *world) move() {
	asset := w.names[w.random.IntN(len(w.names))]
	owner := w.owners[w.random.IntN(len(w.owners))]
	from, to := w.assets[asset], w.top.Chains[w.random.IntN(len(w.top.Chains))]
	if from == to {
		return
	}
	if w.random.IntN(2) == 0 {
		from, to = to, from
	}
	amount := ledger.Micro(1 + w.random.IntN(100))
	timeout := w.n.Chain(to).Status().Height + uint64(w.random.IntN(40))
	err := w.n.Transfer(w.ctx, from, asset, owner, to, owner, amount, timeout)
	if relay.Refused(err, "funds") {
		return
	}
	require.NoError(w.t, err)
	w.count["transfers"]++
	if w.random.IntN(50) == 0 && w.n.Retire(w.ctx, from, asset, owner, 1) == nil {
		w.twin[asset][owner]--
		w.count["retired"]++
	}
}

// review looks after open trades: those past their deadline are expired, final
// ones enter the twin.
func (w *world) review() {
	w.open = slices.DeleteFunc(w.open, func(id string) bool {
		r := w.coordinator[id]
		tr, err := w.n.Trade(w.ctx, r, id)
		require.NoError(w.t, err)
		if !tr.Status.Final() {
			if w.n.Chain(r).Status().Height > tr.Deadline && (tr.Status == relay.TradeProposed || tr.Status == relay.TradeLocking) {
				require.NoError(w.t, w.n.Expire(w.ctx, r, id))
				w.count["trades expired"]++
			}
			return false
		}
		w.count["trades "+tr.Status.String()]++
		if tr.Status == relay.TradeCommitted {
			for _, l := range tr.Legs {
				w.twin[l.Asset][l.From] -= int64(l.Amount)
				w.twin[l.Asset][l.To] += int64(l.Amount)
			}
		}
		return true
	})
}

// books checks the rules of every chain: after each of the first 2000 steps,
// and then after each tenth, which is enough because a violation stays.
func (w *world) books() {
	if w.steps++; w.steps <= 2000 || w.steps%10 == 0 {
		require.NoError(w.t, w.n.Check(w.ctx))
	}
}

// conserved counts everything, on every chain by its accounts and locks, and
// compares with what its totals say; over all chains nothing has appeared and
// nothing vanished but what is under way.
func (w *world) conserved() {
	for _, asset := range w.names {
		var held, underway, supply ledger.Micro
		for _, chain := range w.top.Chains {
			var here ledger.Micro
			for _, o := range w.owners {
				b, err := w.n.Balance(w.ctx, chain, asset, o)
				require.NoError(w.t, err)
				require.GreaterOrEqual(w.t, b, ledger.Micro(0))
				here += b
			}
			for _, id := range w.open {
				for i, l := range w.legs[id] {
					if l.Chain == chain && l.Asset == asset {
						_, b, err := w.n.Locked(w.ctx, chain, w.coordinator[id], id, i)
						require.NoError(w.t, err)
						here += b
					}
				}
			}
			x, err := w.n.Totals(w.ctx, chain, asset)
			require.NoError(w.t, err)
			require.Equal(w.t, x.Issued-x.Retired+x.Received-x.Sent, here, "%s on %s", asset, chain)
			held += here
			underway += x.Sent - x.Received
			supply += x.Issued - x.Retired
		}
		require.GreaterOrEqual(w.t, underway, ledger.Micro(0), "%s arrived that was never sent", asset)
		require.Equal(w.t, supply, held+underway, asset)
		var twin int64
		for _, o := range w.owners {
			twin += w.twin[asset][o]
		}
		require.Equal(w.t, twin, int64(supply), asset)
	}
}

// finish ends the faults and lets everything come to rest.
func (w *world) finish() {
	for _, g := range w.n.Gateways() {
		g.Faults = nil
	}
	for len(w.open) > 0 {
		require.NoError(w.t, w.n.Settle(w.ctx))
		w.review()
		if len(w.open) > 0 {
			for _, r := range w.top.Relays {
				require.NoError(w.t, w.n.Heartbeat(w.ctx, r))
			}
		}
	}
	require.NoError(w.t, w.n.Settle(w.ctx))
	w.conserved()
	require.NoError(w.t, w.n.Check(w.ctx))
	for _, asset := range w.names {
		for _, o := range w.owners {
			var have ledger.Micro
			for _, chain := range w.top.Chains {
				b, err := w.n.Balance(w.ctx, chain, asset, o)
				require.NoError(w.t, err)
				have += b
			}
			require.Equal(w.t, w.twin[asset][o], int64(have), "%s of %s", asset, o)
		}
		var underway ledger.Micro
		for _, chain := range w.top.Chains {
			x, err := w.n.Totals(w.ctx, chain, asset)
			require.NoError(w.t, err)
			underway += x.Sent - x.Received
		}
		require.Zero(w.t, underway, "%s is still under way with nothing left to carry", asset)
	}
}

func (w *world) run(trades int) {
	for i := range trades {
		w.trade(fmt.Sprintf("trade-%d", i))
		if w.random.IntN(3) == 0 {
			w.move()
		}
		w.books()
		if w.random.IntN(10) == 0 {
			w.carry(0.7)
			w.review()
		}
		if w.random.IntN(max(trades/40, 1)) == 0 {
			w.conserved()
		}
	}
	w.finish()
	w.t.Log(w.count)
	for _, what := range []string{
		"trades committed", "trades aborted", "trades expired", "trades without consent", "transfers", "packets lost",
		"packets repeated", "packets reordered", "packets forged", "batches refused",
	} {
		require.Positive(w.t, w.count[what], "the run never saw %q", what)
	}
	require.Equal(w.t, trades, w.count["trades committed"]+w.count["trades aborted"])
}

// TestConservation trades at random over chains of both ready-made topologies
// while gateways lose, repeat, reorder, delay and forge: 10 000 trades, 400
// with -short or under the race detector, for nothing in it runs concurrently.
func TestConservation(t *testing.T) {
	trades := 10_000
	if testing.Short() || underRace {
		trades = 400
	}
	t.Run("star", func(t *testing.T) { newWorld(t, relay.Star("vpp-1", "vpp-2"), 1, nil).run(trades / 2) })
	t.Run("two relays", func(t *testing.T) { newWorld(t, relay.TwoRelays("vpp-1", "vpp-2"), 2, nil).run(trades / 2) })
}

// TestConservationOnClusters does the same on PBFT clusters, of each of which
// one replica is stopped halfway.
func TestConservationOnClusters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var clusters []*engine.Cluster
		w := newWorld(t, relay.Topology{
			Relays: []string{"relay"}, Chains: []string{relay.Electricity, relay.Carbon, relay.Certificates},
			Links:  []relay.Link{{A: "relay", B: relay.Electricity}, {A: "relay", B: relay.Carbon}, {A: "relay", B: relay.Certificates}},
			Assets: relay.Star().Assets,
		}, 3, func(g ledger.Genesis, contracts []ledger.Contract) (ledger.Engine, error) {
			c, err := engine.NewCluster(engine.ClusterConfig{Genesis: g, Contracts: contracts, Tick: 2 * time.Millisecond, Retry: 50 * time.Millisecond})
			clusters = append(clusters, c)
			return c, err
		})
		trades := 40
		for i := range trades {
			if i == trades/2 {
				for k, c := range clusters {
					require.NoError(t, c.StopReplica(k%4)) // the primary of the first
				}
			}
			w.trade(fmt.Sprintf("trade-%d", i))
			w.move()
			if i%4 == 3 {
				w.carry(0.9)
				w.review()
			}
		}
		w.finish()
		t.Log(w.count)
		require.Equal(t, trades, w.count["trades committed"]+w.count["trades aborted"])
		require.Positive(t, w.count["trades committed"])
	})
}
