package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
)

func Example() {
	ctx := context.Background()
	n, err := client.NewNetwork(ctx, client.NetworkConfig{Members: []client.PartyConfig{
		{ID: "grid", Role: ledger.RoleGrid}, {ID: "north", Role: ledger.RoleVPP}, {ID: "battery", Role: ledger.RoleDER},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer n.Close()
	scheme := contracts.Scheme{Columns: []string{"capacity, MW"}, Rows: []contracts.Row{{DER: "battery", Values: []ledger.Micro{4 * ledger.One}}}}
	err = errors.Join(n.PublishWeights(ctx, 1, [3]float64{0.4, 0.2, 0.4}), n.SubmitScheme(ctx, 1, "north", scheme))
	decisions, err2 := n.Decide(ctx, 1, nil)
	rows, err3 := n.Deliveries(ctx, 1, "battery")
	round, err4 := n.Choose(ctx, 1, map[string]string{"battery": "north"})
	err5 := n.Settle(ctx, 1, []client.Payment{{Party: "grid", Amount: -1250}, {Party: "battery", Amount: 1250}})
	proof, err6 := n.ProvePayment(ctx, 1, "battery")
	fmt.Println(errors.Join(err, err2, err3, err4, err5, err6))
	fmt.Println(decisions[0].Accepted, rows[0].Row.Values, round.Choices, proof.Line.Amount, proof.Verify(n.Engine().Trust()))
	// Output:
	// <nil>
	// true [4.000000] [{battery north}] 12.50 <nil>
}

// A chain is written down and goes on in another engine, with the same keys.
func ExampleExport() {
	ctx := context.Background()
	grid, _ := client.NewParty(nil, "grid", ledger.RoleGrid)
	genesis := ledger.Genesis{Name: "day ahead", Identities: []ledger.Identity{grid.Identity()}}
	keys := bytes.Repeat([]byte{7}, 32) // 32 secret random bytes for each replica, kept safe

	first, err := engine.NewChain(engine.ChainConfig{Genesis: genesis, Random: bytes.NewReader(keys)})
	c, err2 := client.Connect(ctx, first, grid)
	_, err3 := c.Send(ctx, &ledger.Heartbeat{})
	err4 := first.Close()
	var saved bytes.Buffer
	err5 := engine.Export(ctx, &saved, genesis, first)

	second, err6 := engine.NewChain(engine.ChainConfig{Genesis: genesis, Random: bytes.NewReader(keys), From: &saved})
	c, err7 := client.Connect(ctx, second, grid)
	receipt, err8 := c.Send(ctx, &ledger.Heartbeat{})
	fmt.Println(receipt.Height, second.Chain() == first.Chain(), errors.Join(err, err2, err3, err4, err5, err6, err7, err8))
	// Output: 2 true <nil>
}
