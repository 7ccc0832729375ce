package relay_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/ledger/relay"
)

// mint is a chain whose validators issue what they like. In all else they
// follow the rules, and they may tell one lie; see
// TestAttackFalseRefusalReturnsNothingTwice.
type mint struct {
	relay.Contract
	lie func(c *ledger.Context, verb string)
}

// Execute issues any asset.
func (m mint) Execute(c *ledger.Context, verb string, body []byte) ([]byte, error) {
	x := m.Contract
	if verb == "issue" {
		x.Topology.Assets = []relay.Asset{{Name: "allowance", Home: "vpp-1"}}
	}
	answer, err := x.Execute(c, verb, body)
	if m.lie != nil && err == nil {
		m.lie(c, verb)
	}
	return answer, err
}

// counterfeiter is a network in which the chain of vpp-1 is a mint.
func counterfeiter(t *testing.T, top relay.Topology, lie func(c *ledger.Context, verb string)) *relay.Network {
	t.Helper()
	n, err := relay.NewNetwork(t.Context(), relay.NetworkConfig{
		Topology: top, Owners: []string{"mallory", "honest"}, Patience: -1,
		Engine: func(g ledger.Genesis, contracts []ledger.Contract) (ledger.Engine, error) {
			if g.Name == "vpp-1" {
				contracts = []ledger.Contract{mint{contracts[0].(relay.Contract), lie}}
			}
			return engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: contracts})
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.Close()) })
	return n
}

// A chain whose validators make allowances out of nothing can spend what it has
// received, and nothing else. Before, every chain accepted them at par, and
// they were surrendered in place of real ones.
func TestAttackCounterfeitAllowances(t *testing.T) {
	for name, top := range map[string]relay.Topology{
		"star": relay.Star("vpp-1", "vpp-2"), "two relays": relay.TwoRelays("vpp-1", "vpp-2"),
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			n := counterfeiter(t, top, nil)
			const issued, visiting = 1_000_000, 300
			require.NoError(t, n.Issue(ctx, relay.Carbon, "allowance", "honest", issued))
			require.NoError(t, n.Transfer(ctx, relay.Carbon, "allowance", "honest", "vpp-1", "honest", visiting, 1<<40))
			require.NoError(t, n.Settle(ctx))
			require.NoError(t, n.Check(ctx))
			require.NoError(t, n.Issue(ctx, "vpp-1", "allowance", "mallory", 1_000_000_000))
			for _, to := range []string{relay.Carbon, "vpp-2", relay.Carbon} {
				for _, amount := range []ledger.Micro{1_000_000_000 - 800, visiting + 1, 200} {
					require.NoError(t, n.Transfer(ctx, "vpp-1", "allowance", "mallory", to, "mallory", amount, 1<<40))
					for range 20 {
						taken, err := n.Relay(ctx)
						require.NoError(t, err)
						require.NoError(t, n.Check(ctx, "vpp-1"), "after each step")
						if taken == 0 {
							break
						}
					}
				}
			}
			require.NoError(t, n.Settle(ctx))
			stolen := ledger.Micro(0)
			for _, chain := range top.All() {
				if chain != "vpp-1" {
					b, err := n.Balance(ctx, chain, "allowance", "mallory")
					require.NoError(t, err)
					stolen += b
				}
			}
			require.EqualValues(t, 200, stolen, "of 300 that were on its chain")
			check(t, n, relay.Carbon, "allowance", "honest", issued-visiting)
			require.Error(t, n.Check(ctx), "its own books show it")
			totals, err := n.Totals(ctx, relay.Carbon, "allowance")
			require.NoError(t, err)
			require.LessOrEqual(t, totals.Received, totals.Sent)

			// The refused amounts are back at their sender, and honest
			// transfers go on.
			require.NoError(t, n.Transfer(ctx, relay.Carbon, "allowance", "honest", "vpp-2", "honest", 50, 1<<40))
			require.NoError(t, n.Settle(ctx))
			check(t, n, "vpp-2", "allowance", "honest", 50)
			require.NoError(t, n.Transfer(ctx, "vpp-2", "allowance", "honest", relay.Carbon, "honest", 50, 1<<40))
			require.NoError(t, n.Settle(ctx))
			check(t, n, relay.Carbon, "allowance", "honest", issued-visiting)
			require.NoError(t, n.Check(ctx, "vpp-1"))
		})
	}
}

// An asset is issued by its issuers on its home and nowhere else.
func TestAttackIssueAwayFromHome(t *testing.T) {
	ctx := t.Context()
	top := relay.Star("vpp-1")
	top.Assets = append(top.Assets, relay.Asset{Name: "badge", Home: relay.Carbon, Issuers: []string{"ministry"}})
	n, err := relay.NewNetwork(ctx, relay.NetworkConfig{Topology: top, Owners: []string{"a"}})
	require.NoError(t, err)
	defer n.Close()
	require.True(t, relay.Refused(n.Issue(ctx, "vpp-1", "allowance", "a", 1), "home"))
	require.True(t, relay.Refused(n.Issue(ctx, relay.Carbon, "unheard-of", "a", 1), "asset"))
	require.True(t, relay.Refused(n.Issue(ctx, relay.Carbon, "badge", "a", 1), "issuer"), "the authority is no issuer")
	require.NoError(t, n.Issue(ctx, relay.Carbon, "allowance", "a", 1))
	require.NoError(t, n.Check(ctx))
}

// A chain that returns an amount cannot have it returned once more by a false
// refusal.
func TestAttackFalseRefusalReturnsNothingTwice(t *testing.T) {
	ctx := t.Context()
	// With the transfer back, the chain states that it has refused the first
	// transfer.
	n := counterfeiter(t, relay.Star("vpp-1"), func(c *ledger.Context, verb string) {
		if verb == "transfer" {
			c.Send(ledger.Packet{
				Source: "vpp-1", Destination: relay.Carbon, Channel: "verdicts", Number: 1, Timeout: 1<<64 - 1, Until: 1<<63 - 1,
				Payload: []byte{0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4, 'l', 'i', 'e', 's'},
			})
		}
	})
	require.NoError(t, n.Issue(ctx, relay.Carbon, "allowance", "honest", 100))
	require.NoError(t, n.Transfer(ctx, relay.Carbon, "allowance", "honest", "vpp-1", "mallory", 100, 1<<40))
	// The gateway from vpp-1 waits, so that its true verdict is not accepted
	// before the lie.
	var back *relay.Gateway
	for _, g := range n.Gateways() {
		if g.From == "vpp-1" {
			back = g
			back.Faults = func([]relay.Carried) []relay.Carried { return nil }
		}
	}
	for range 5 {
		_, err := n.Relay(ctx)
		require.NoError(t, err)
	}
	check(t, n, "vpp-1", "allowance", "mallory", 100)
	require.NoError(t, n.Transfer(ctx, "vpp-1", "allowance", "mallory", relay.Carbon, "mallory", 100, 1<<40))
	back.Faults = func(ps []relay.Carried) []relay.Carried { // the transfer first, then the lie
		var out []relay.Carried
		for _, p := range ps {
			if p.Packet.Channel == "orders" {
				out = append([]relay.Carried{p}, out...)
			} else if string(p.Packet.Payload[len(p.Packet.Payload)-4:]) == "lies" {
				out = append(out, p)
			}
		}
		return out
	}
	for range 10 {
		_, err := n.Relay(ctx)
		require.NoError(t, err)
		require.NoError(t, n.Check(ctx, "vpp-1"))
	}
	check(t, n, relay.Carbon, "allowance", "mallory", 100)
	check(t, n, relay.Carbon, "allowance", "honest", 0)
}

// A party cannot abort a trade by adding heights to the relay. Before, the
// deadline was a height alone.
func TestAttackNoPartyEndsATradeByHeights(t *testing.T) {
	ctx := t.Context()
	n, err := relay.NewNetwork(ctx, relay.NetworkConfig{Topology: relay.Star("vpp-1"), Owners: []string{"a", "b"}, Patience: time.Hour})
	require.NoError(t, err)
	defer n.Close()
	require.NoError(t, n.Issue(ctx, relay.Carbon, "allowance", "a", 5))
	require.NoError(t, n.Issue(ctx, relay.Electricity, "MWh", "b", 7))
	legs := []relay.Leg{
		{Chain: relay.Carbon, Asset: "allowance", From: "a", To: "b", Amount: 5},
		{Chain: relay.Electricity, Asset: "MWh", From: "b", To: "a", Amount: 7},
	}
	begin := func(id string) {
		height := n.Chain("relay").Status().Height
		require.NoError(t, n.Begin(ctx, "relay", "a", id, legs, height+100))
		for range 200 { // 200 s on this engine
			require.NoError(t, n.Heartbeat(ctx, "relay"))
		}
		require.True(t, relay.Refused(n.Expire(ctx, "relay", id), "deadline"))
	}
	begin("t1")
	require.NoError(t, n.Consent(ctx, "relay", "b", "t1"))
	require.NoError(t, n.Settle(ctx))
	tr, err := n.Trade(ctx, "relay", "t1")
	require.NoError(t, err)
	require.Equal(t, relay.TradeCommitted, tr.Status)
	require.NoError(t, n.Check(ctx))

	// A trade without consent expires when the time has passed as well.
	begin("t2")
	for range 3600 {
		require.NoError(t, n.Heartbeat(ctx, "relay"))
	}
	require.NoError(t, n.Expire(ctx, "relay", "t2"))
}

// A transfer whose timeout has passed is refused by the source. Before, it was
// accepted, and the amount was away until the verdict returned.
func TestFaultTimeoutInThePast(t *testing.T) {
	ctx := t.Context()
	n, err := relay.NewNetwork(ctx, relay.NetworkConfig{Topology: relay.Star("vpp-1"), Owners: []string{"a"}, Patience: -1})
	require.NoError(t, err)
	defer n.Close()
	require.NoError(t, n.Issue(ctx, relay.Carbon, "allowance", "a", 5))
	require.True(t, relay.Refused(n.Transfer(ctx, relay.Carbon, "allowance", "a", "vpp-1", "a", 5, 0), "timeout"))
	check(t, n, relay.Carbon, "allowance", "a", 5)
	// The height of a neighbour is known from its headers.
	require.NoError(t, n.Transfer(ctx, relay.Carbon, "allowance", "a", "relay", "a", 1, 1000))
	require.NoError(t, n.Settle(ctx))
	require.Positive(t, n.Chain("relay").Status().Height)
	require.True(t, relay.Refused(n.Transfer(ctx, relay.Carbon, "allowance", "a", "relay", "a", 1, 1), "timeout"))
	check(t, n, "relay", "allowance", "a", 1)
	require.NoError(t, n.Check(ctx))
}

// Heights of the destination alone do not end a transfer.
func TestAttackNoPartyEndsATransferByHeights(t *testing.T) {
	ctx := t.Context()
	n, err := relay.NewNetwork(ctx, relay.NetworkConfig{Topology: relay.Star("vpp-1"), Owners: []string{"a"}, Patience: time.Hour})
	require.NoError(t, err)
	defer n.Close()
	require.NoError(t, n.Issue(ctx, relay.Carbon, "allowance", "a", 5))
	require.NoError(t, n.Transfer(ctx, relay.Carbon, "allowance", "a", "vpp-1", "a", 5, n.Chain("vpp-1").Status().Height+1))
	for range 50 {
		require.NoError(t, n.Heartbeat(ctx, "vpp-1"))
	}
	require.NoError(t, n.Settle(ctx))
	check(t, n, "vpp-1", "allowance", "a", 5)
}

// Directly means by the way home and then away from it.
func TestAssetsMoveByTheirHome(t *testing.T) {
	top := relay.TwoRelays("v", "w")
	for _, c := range []struct {
		asset, from, to string
		direct          bool
	}{
		{"allowance", relay.Carbon, "v", true},
		{"allowance", "v", "w", true},
		{"allowance", "v", relay.Carbon, true},
		{"allowance", "v", relay.Certificates, false},
		{"allowance", relay.Carbon, relay.Certificates, true},
		{"allowance", relay.Certificates, relay.Electricity, true},
		{"certificate", "v", "w", false}, // their route is over the carbon relay
		{"certificate", "v", relay.Certificates, true},
		{"unheard-of", "v", "w", false},
		{"allowance", "v", "v", false},
	} {
		require.Equal(t, c.direct, top.Carries(c.asset, c.from, c.to), "%v", c)
	}
	star := relay.Star("v", "w")
	for _, a := range star.Assets {
		for _, from := range star.All() {
			for _, to := range star.All() {
				require.Equal(t, from != to, star.Carries(a.Name, from, to))
			}
		}
	}
	ctx := t.Context()
	n, err := relay.NewNetwork(ctx, relay.NetworkConfig{Topology: relay.TwoRelays("v", "w"), Owners: []string{"a"}})
	require.NoError(t, err)
	defer n.Close()
	require.True(t, relay.Refused(n.Transfer(ctx, "v", "allowance", "a", relay.Certificates, "a", 1, 1000), "way"))
	bad := relay.Star("v")
	bad.Assets = []relay.Asset{{Name: "x y", Home: "v"}, {Name: "z", Home: "nowhere"}, {Name: "z", Home: "v"}}
	err = bad.Validate()
	require.ErrorContains(t, err, `"x y"`)
	require.ErrorContains(t, err, `"nowhere"`)
	require.ErrorContains(t, err, "listed twice")
}
