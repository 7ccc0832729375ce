package cometbft_test

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/cometbft"
	"github.com/trigrid/trigrid/ledger/contracts"
)

func ExampleStartNetwork() {
	ctx := context.Background()
	grid, err := client.NewParty(rand.Reader, "grid", ledger.RoleGrid)
	check(err)
	chain, err := cometbft.StartNetwork(cometbft.NetworkConfig{
		Genesis:   ledger.Genesis{Name: "consortium", Identities: []ledger.Identity{grid.Identity()}},
		Contracts: []ledger.Contract{contracts.WeightsContract()},
	})
	check(err)
	defer chain.Close()

	c, err := client.Connect(ctx, chain, grid)
	check(err)
	receipt, err := c.Send(ctx, &contracts.PublishWeights{Weights: contracts.Weights{
		Period: 1, Version: 1, Economic: 500_000, Risk: 300_000, Environment: 200_000, Effective: 2, Deadline: 20,
	}})
	check(err)
	weights, err := c.Read(ctx, client.Certified, contracts.WeightsKey(1)) // proved by the validators' signatures
	check(err)
	fmt.Printf("block %d of %d validators, published: %t\n", receipt.Height, chain.Status().Replicas, weights.Present)
	// Output: block 1 of 4 validators, published: true
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
