package relay_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/relay"
)

func start(t *testing.T, top relay.Topology) *relay.Network {
	t.Helper()
	top.Assets = append(top.Assets, relay.Asset{Name: "carbon", Home: "vpp-1"})
	n, err := relay.NewNetwork(t.Context(), relay.NetworkConfig{
		Topology: top, Owners: []string{"vpp-1", "vpp-2"}, Random: rand.NewChaCha8([32]byte{1}), Patience: -1,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.Close()) })
	return n
}

// check compares an owner's balance.
func check(t *testing.T, n *relay.Network, chain, asset, owner string, want ledger.Micro) {
	t.Helper()
	got, err := n.Balance(t.Context(), chain, asset, owner)
	require.NoError(t, err)
	require.Equal(t, want, got, "%s of %s on %s", asset, owner, chain)
}

func TestTransferArrivesOrComesBack(t *testing.T) {
	for name, top := range map[string]relay.Topology{
		"star": relay.Star("vpp-1", "vpp-2"), "two relays": relay.TwoRelays("vpp-1", "vpp-2"),
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			n := start(t, top)
			require.NoError(t, n.Issue(ctx, "vpp-1", "carbon", "vpp-1", 100))
			require.NoError(t, n.Transfer(ctx, "vpp-1", "carbon", "vpp-1", relay.Carbon, "vpp-1", 60, 1000))
			require.NoError(t, n.Transfer(ctx, "vpp-1", "carbon", "vpp-1", relay.Certificates, "vpp-2", 10, 1))
			check(t, n, "vpp-1", "carbon", "vpp-1", 30)
			check(t, n, relay.Carbon, "carbon", "vpp-1", 0)
			require.True(t, relay.Refused(n.Transfer(ctx, "vpp-1", "carbon", "vpp-1", relay.Carbon, "vpp-1", 31, 1000), "funds"))
			require.NoError(t, n.Settle(ctx))
			check(t, n, relay.Carbon, "carbon", "vpp-1", 60)
			// The second one's timeout was over when it came: it is back.
			check(t, n, "vpp-1", "carbon", "vpp-1", 40)
			check(t, n, relay.Certificates, "carbon", "vpp-2", 0)

			require.NoError(t, n.Retire(ctx, relay.Carbon, "carbon", "vpp-1", 60))
			require.True(t, relay.Refused(n.Retire(ctx, relay.Carbon, "carbon", "vpp-1", 1), "funds"), "used twice")
			got, err := n.Totals(ctx, "vpp-1", "carbon")
			require.NoError(t, err)
			require.Equal(t, relay.Totals{Issued: 100, Sent: 60}, got)
			got, err = n.Totals(ctx, relay.Carbon, "carbon")
			require.NoError(t, err)
			require.Equal(t, relay.Totals{Retired: 60, Received: 60}, got)
		})
	}
}

// The clock of a timeout is the destination's: the source may be far past that
// height, and the relay too.
func TestTimeoutIsJudgedByTheDestinationsClock(t *testing.T) {
	ctx := t.Context()
	n := start(t, relay.Star("vpp-1", "vpp-2"))
	require.NoError(t, n.Issue(ctx, "vpp-1", "carbon", "vpp-1", 10))
	for range 60 {
		require.NoError(t, n.Heartbeat(ctx, "vpp-1"))
		require.NoError(t, n.Heartbeat(ctx, "relay"))
	}
	timeout := n.Chain(relay.Carbon).Status().Height + 5
	require.Less(t, timeout, n.Chain("vpp-1").Status().Height)
	require.NoError(t, n.Transfer(ctx, "vpp-1", "carbon", "vpp-1", relay.Carbon, "vpp-1", 1, timeout))
	require.NoError(t, n.Settle(ctx))
	check(t, n, relay.Carbon, "carbon", "vpp-1", 1)

	// And the other way round: a height that the source has not reached may be
	// over at the destination.
	for range 200 {
		require.NoError(t, n.Heartbeat(ctx, relay.Carbon))
	}
	timeout = n.Chain("vpp-1").Status().Height + 50
	require.Greater(t, n.Chain(relay.Carbon).Status().Height, timeout)
	require.NoError(t, n.Transfer(ctx, "vpp-1", "carbon", "vpp-1", relay.Carbon, "vpp-1", 2, timeout))
	require.NoError(t, n.Settle(ctx))
	check(t, n, relay.Carbon, "carbon", "vpp-1", 1)
	check(t, n, "vpp-1", "carbon", "vpp-1", 9)
}

// trade is electricity for carbon and certificates.
func trade() []relay.Leg {
	return []relay.Leg{
		{Chain: relay.Electricity, Asset: "MWh", From: "vpp-1", To: "vpp-2", Amount: 5},
		{Chain: relay.Carbon, Asset: "allowance", From: "vpp-2", To: "vpp-1", Amount: 3},
		{Chain: relay.Certificates, Asset: "certificate", From: "vpp-2", To: "vpp-1", Amount: 2},
	}
}

func endow(t *testing.T, n *relay.Network) {
	t.Helper()
	ctx := t.Context()
	require.NoError(t, n.Issue(ctx, relay.Electricity, "MWh", "vpp-1", 10))
	require.NoError(t, n.Issue(ctx, relay.Carbon, "allowance", "vpp-2", 10))
	require.NoError(t, n.Issue(ctx, relay.Certificates, "certificate", "vpp-2", 10))
}

func status(t *testing.T, n *relay.Network, coordinator, id string) relay.Trade {
	t.Helper()
	tr, err := n.Trade(t.Context(), coordinator, id)
	require.NoError(t, err)
	return tr
}

func TestTradeHappensOnAllChains(t *testing.T) {
	for coordinator, top := range map[string]relay.Topology{
		"relay": relay.Star("vpp-1", "vpp-2"), "relay-certificates": relay.TwoRelays("vpp-1", "vpp-2"),
	} {
		t.Run(coordinator, func(t *testing.T) {
			ctx := t.Context()
			n := start(t, top)
			endow(t, n)
			require.True(t, relay.Refused(n.Begin(ctx, relay.Carbon, "vpp-1", "x", trade(), 100), "coordinator"))
			require.NoError(t, n.Begin(ctx, coordinator, "vpp-1", "x", trade(), 100))
			require.NoError(t, n.Settle(ctx))
			require.Equal(t, relay.TradeProposed, status(t, n, coordinator, "x").Status, "vpp-2 has not consented")
			check(t, n, relay.Electricity, "MWh", "vpp-1", 10)
			require.True(t, relay.Refused(n.Consent(ctx, coordinator, "vpp-1", "x"), "twice"))
			require.NoError(t, n.Consent(ctx, coordinator, "vpp-2", "x"))
			require.NoError(t, n.Settle(ctx))
			require.Equal(t, relay.TradeCommitted, status(t, n, coordinator, "x").Status)
			check(t, n, relay.Electricity, "MWh", "vpp-1", 5)
			check(t, n, relay.Electricity, "MWh", "vpp-2", 5)
			check(t, n, relay.Carbon, "allowance", "vpp-1", 3)
			check(t, n, relay.Certificates, "certificate", "vpp-1", 2)
			check(t, n, relay.Certificates, "certificate", "vpp-2", 8)
		})
	}
}

func TestTradeHappensNowhereWhenOneChainRefuses(t *testing.T) {
	ctx := t.Context()
	n := start(t, relay.Star("vpp-1", "vpp-2"))
	endow(t, n)
	legs := trade()
	legs[2].Amount = 11 // vpp-2 has ten
	require.NoError(t, n.Begin(ctx, "relay", "vpp-1", "x", legs, 100))
	require.NoError(t, n.Consent(ctx, "relay", "vpp-2", "x"))
	require.NoError(t, n.Settle(ctx))
	tr := status(t, n, "relay", "x")
	require.Equal(t, relay.TradeAborted, tr.Status)
	require.Equal(t, "relay.funds", tr.Reason)
	check(t, n, relay.Electricity, "MWh", "vpp-1", 10)
	check(t, n, relay.Carbon, "allowance", "vpp-2", 10)
	check(t, n, relay.Certificates, "certificate", "vpp-2", 10)
}

func TestTradeNotLockedByItsDeadlineIsAborted(t *testing.T) {
	ctx := t.Context()
	n := start(t, relay.Star("vpp-1", "vpp-2"))
	endow(t, n)
	height := n.Chain("relay").Status().Height
	require.NoError(t, n.Begin(ctx, "relay", "vpp-1", "x", trade(), height+3))
	require.NoError(t, n.Consent(ctx, "relay", "vpp-2", "x"))
	// One chain locks at once, the others' packets lie about until the deadline
	// is over.
	for _, g := range n.Gateways() {
		if g.From == "relay" && g.To == relay.Electricity {
			_, err := g.Step(ctx)
			require.NoError(t, err)
		}
	}
	asset, amount, err := n.Locked(ctx, relay.Electricity, "relay", "x", 0)
	require.NoError(t, err)
	require.Equal(t, "MWh", asset)
	require.Equal(t, ledger.Micro(5), amount)
	require.True(t, relay.Refused(n.Expire(ctx, "relay", "x"), "deadline"))
	require.NoError(t, n.Heartbeat(ctx, "relay"))
	require.NoError(t, n.Expire(ctx, "relay", "x"))
	require.True(t, relay.Refused(n.Expire(ctx, "relay", "x"), "status"))
	require.NoError(t, n.Settle(ctx))
	tr := status(t, n, "relay", "x")
	require.Equal(t, relay.TradeAborted, tr.Status)
	require.Equal(t, "deadline", tr.Reason)
	check(t, n, relay.Electricity, "MWh", "vpp-1", 10)
	check(t, n, relay.Carbon, "allowance", "vpp-2", 10)
	_, amount, err = n.Locked(ctx, relay.Electricity, "relay", "x", 0)
	require.NoError(t, err)
	require.Zero(t, amount)
}

// faulty gives one gateway, from vpp-1 to the relay, a fault and returns it.
func faulty(t *testing.T, n *relay.Network, f func([]relay.Carried) []relay.Carried) *relay.Gateway {
	t.Helper()
	for _, g := range n.Gateways() {
		if g.From == "vpp-1" && g.To == "relay" {
			g.Faults = f
			return g
		}
	}
	t.Fatal("no such gateway")
	return nil
}

func TestGatewayCanDelayAndNothingElse(t *testing.T) {
	ctx := t.Context()
	n := start(t, relay.Star("vpp-1", "vpp-2"))
	require.NoError(t, n.Issue(ctx, "vpp-1", "carbon", "vpp-1", 100))
	for i := range 4 {
		require.NoError(t, n.Transfer(ctx, "vpp-1", "carbon", "vpp-1", relay.Carbon, "vpp-1", ledger.Micro(i+1), 1000))
	}
	for name, c := range map[string]struct {
		change func(p relay.Carried) relay.Carried
		code   string
	}{
		"amount":        {func(p relay.Carried) relay.Carried { p.Packet.Payload[len(p.Packet.Payload)-1]++; return p }, "proof"},
		"number":        {func(p relay.Carried) relay.Carried { p.Packet.Number++; return p }, "proof"},
		"timeout":       {func(p relay.Carried) relay.Carried { p.Packet.Timeout++; return p }, "proof"},
		"channel":       {func(p relay.Carried) relay.Carried { p.Packet.Channel = "other"; return p }, "proof"},
		"source":        {func(p relay.Carried) relay.Carried { p.Packet.Source = "vpp-2"; return p }, "proof"},
		"destination":   {func(p relay.Carried) relay.Carried { p.Packet.Destination = "vpp-2"; return p }, "proof"},
		"tree size":     {func(p relay.Carried) relay.Carried { p.Path.Size--; return p }, "proof"},
		"another index": {func(p relay.Carried) relay.Carried { p.Path.Index ^= 1; return p }, "proof"},
	} {
		g := faulty(t, n, func(ps []relay.Carried) []relay.Carried {
			ps[0] = c.change(ps[0])
			return ps
		})
		_, err := g.Step(ctx)
		require.True(t, relay.Refused(err, c.code), "%s: %v", name, err)
	}
	// Out of order nothing but the next one is taken; repeated it is taken
	// once; dropped it comes again.
	g := faulty(t, n, func(ps []relay.Carried) []relay.Carried { return []relay.Carried{ps[3], ps[2], ps[0], ps[0], ps[2]} })
	taken, err := g.Step(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, taken)
	g.Faults = func(ps []relay.Carried) []relay.Carried { return nil }
	taken, err = g.Step(ctx)
	require.NoError(t, err)
	require.Zero(t, taken)
	g.Faults = nil
	taken, err = g.Step(ctx)
	require.NoError(t, err)
	require.Equal(t, 3, taken)
	require.NoError(t, n.Settle(ctx))
	check(t, n, relay.Carbon, "carbon", "vpp-1", 10)
}

func TestPacketsComeOnlyByTheirRoute(t *testing.T) {
	ctx := t.Context()
	n := start(t, relay.TwoRelays("vpp-1", "vpp-2"))
	require.NoError(t, n.Issue(ctx, "vpp-1", "carbon", "vpp-1", 100))
	require.NoError(t, n.Transfer(ctx, "vpp-1", "carbon", "vpp-1", relay.Carbon, "vpp-1", 1, 1000))
	for _, g := range n.Gateways() {
		if g.From != "vpp-1" || g.To != "relay-certificates" {
			continue
		}
		// A gateway that pretends the packet for carbon goes over the other
		// relay.
		misled := *g
		misled.Topology.Links = []relay.Link{{"vpp-1", "relay-certificates"}, {"relay-certificates", "relay-carbon"}, {"relay-carbon", relay.Carbon}}
		_, err := misled.Step(ctx)
		require.True(t, relay.Refused(err, "route"), "%v", err)
		return
	}
	t.Fatal("no such gateway")
}

func TestTopologyIsChecked(t *testing.T) {
	for name, top := range map[string]relay.Topology{
		"no relay":  {Chains: []string{"a", "b"}, Links: []relay.Link{{"a", "b"}}},
		"no route":  {Relays: []string{"r"}, Chains: []string{"a", "b"}, Links: []relay.Link{{"a", "r"}}},
		"over a":    {Relays: []string{"r"}, Chains: []string{"a", "b"}, Links: []relay.Link{{"a", "r"}, {"a", "b"}}},
		"twice":     {Relays: []string{"r"}, Chains: []string{"r"}},
		"dangling":  {Relays: []string{"r"}, Links: []relay.Link{{"r", "x"}}},
		"slash":     {Relays: []string{"r"}, Chains: []string{"a/b"}, Links: []relay.Link{{"r", "a/b"}}},
		"blank":     {Relays: []string{"r"}, Chains: []string{"a b"}, Links: []relay.Link{{"r", "a b"}}},
		"long":      {Relays: []string{"r"}, Chains: []string{strings.Repeat("x", 65)}, Links: []relay.Link{{"r", strings.Repeat("x", 65)}}},
		"to itself": {Relays: []string{"r"}, Links: []relay.Link{{"r", "r"}}},
	} {
		require.Error(t, top.Validate(), name)
	}
	top := relay.TwoRelays("v")
	require.NoError(t, top.Validate())
	require.Equal(t, []string{relay.Certificates, "relay-certificates", "relay-carbon", relay.Electricity}, top.Route(relay.Certificates, relay.Electricity))
	require.Equal(t, []string{relay.Electricity, "relay-carbon", "relay-certificates", relay.Certificates}, top.Route(relay.Electricity, relay.Certificates))
}

func Example() {
	ctx := context.Background()
	n, err := relay.NewNetwork(ctx, relay.NetworkConfig{Topology: relay.Star("vpp-1", "vpp-2"), Owners: []string{"vpp-1", "vpp-2"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer n.Close()
	err = errors.Join(
		n.Issue(ctx, relay.Electricity, "MWh", "vpp-1", 10*ledger.One),
		n.Issue(ctx, relay.Carbon, "allowance", "vpp-2", 3*ledger.One),
		n.Begin(ctx, "relay", "vpp-1", "deal", []relay.Leg{
			{Chain: relay.Electricity, Asset: "MWh", From: "vpp-1", To: "vpp-2", Amount: 10 * ledger.One},
			{Chain: relay.Carbon, Asset: "allowance", From: "vpp-2", To: "vpp-1", Amount: 2 * ledger.One},
		}, 1000),
		n.Consent(ctx, "relay", "vpp-2", "deal"),
		n.Settle(ctx),
	)
	deal, _ := n.Trade(ctx, "relay", "deal")
	left, _ := n.Balance(ctx, relay.Carbon, "allowance", "vpp-2")
	fmt.Println(deal.Status, left, err)
	// Output: committed 1.000000 <nil>
}
