package cometbft_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"

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

// A chain of the ledger has a name of at most 50 characters in CometBFT.
func ExampleChainID() {
	id := cometbft.ChainID(ledger.Hash{1, 2, 3})
	fmt.Println(len(id) <= 50, id == cometbft.ChainID(ledger.Hash{1, 2, 3}), id == cometbft.ChainID(ledger.Hash{3, 2, 1}))
	// Output: true true false
}

// The first call makes the keys of a node, the later ones read them. The
// validator's key is known before the genesis block is written.
func ExampleLoadKeys() {
	home, err := os.MkdirTemp("", "node")
	check(err)
	defer os.RemoveAll(home)
	first, err := cometbft.LoadKeys(home)
	check(err)
	again, err := cometbft.LoadKeys(home)
	check(err)
	fmt.Println(first.Validator == again.Validator, first.Node == again.Node, first.Validator.Power)
	// Output: true true 1
}

// A node without transactions makes a block every second, and commits as soon
// as the votes are there.
func ExampleDefaultConfig() {
	c := cometbft.DefaultConfig("node0")
	fmt.Println(c.Consensus.CreateEmptyBlocksInterval, c.Consensus.SkipTimeoutCommit, c.TxIndex.Indexer)
	// Output: 1s true null
}
