package relay_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/relay"
)

// market returns the chains of a star with two VPPs, of which north has 100
// allowances and south 50 MWh.
func market() *relay.Network {
	ctx := context.Background()
	n, err := relay.NewNetwork(ctx, relay.NetworkConfig{
		Topology: relay.Star("north", "south"), Owners: []string{"north", "south"},
	})
	if err == nil {
		err = errors.Join(n.Issue(ctx, relay.Carbon, "allowance", "north", 100*ledger.One),
			n.Issue(ctx, relay.Electricity, "MWh", "south", 50*ledger.One))
	}
	if err != nil {
		panic(err)
	}
	return n
}

func ExampleTopology_Route() {
	t := relay.TwoRelays("north")
	fmt.Println(t.Route(relay.Certificates, "north"))
	fmt.Println(t.Route(relay.Certificates, relay.Carbon))
	// Output:
	// [certificates relay-certificates north]
	// [certificates relay-certificates relay-carbon carbon]
}

// An amount moves to another chain over the relay.
func ExampleNetwork_Transfer() {
	ctx := context.Background()
	n := market()
	defer n.Close()
	const timeout = 1000 // height of the destination
	err := n.Transfer(ctx, relay.Carbon, "allowance", "north", "north", "north", 60*ledger.One, timeout)
	err2 := n.Settle(ctx) // the gateways carry the packets
	left, err3 := n.Balance(ctx, relay.Carbon, "allowance", "north")
	arrived, err4 := n.Balance(ctx, "north", "allowance", "north")
	fmt.Println(left, arrived, errors.Join(err, err2, err3, err4))
	// Output: 40.000000 60.000000 <nil>
}

// Allowances are exchanged for energy on two chains: both legs happen, or none.
func ExampleNetwork_Begin() {
	ctx := context.Background()
	n := market()
	defer n.Close()
	err := n.Begin(ctx, "relay", "north", "trade-1", []relay.Leg{
		{Chain: relay.Carbon, Asset: "allowance", From: "north", To: "south", Amount: 30 * ledger.One},
		{Chain: relay.Electricity, Asset: "MWh", From: "south", To: "north", Amount: 20 * ledger.One},
	}, 1000)
	err2 := n.Consent(ctx, "relay", "south", "trade-1")
	err3 := n.Settle(ctx)
	trade, err4 := n.Trade(ctx, "relay", "trade-1")
	energy, err5 := n.Balance(ctx, relay.Electricity, "MWh", "north")
	fmt.Println(trade.Status, energy, errors.Join(err, err2, err3, err4, err5))
	// Output: committed 20.000000 <nil>
}

func ExampleRefused() {
	n := market()
	defer n.Close()
	err := n.Retire(context.Background(), relay.Carbon, "allowance", "south", ledger.One)
	fmt.Println(relay.Refused(err, "funds"))
	// Output: true
}

// Issued, retired and moved amounts of a chain add up to its accounts.
func ExampleTotals() {
	ctx := context.Background()
	n := market()
	defer n.Close()
	err := n.Retire(ctx, relay.Carbon, "allowance", "north", 10*ledger.One)
	t, err2 := n.Totals(ctx, relay.Carbon, "allowance")
	fmt.Println(t.Issued-t.Retired+t.Received-t.Sent, errors.Join(err, err2))
	// Output: 90.000000 <nil>
}
