package main

import (
	"context"
	"errors"
	"math/rand/v2"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
)

// period runs one period of the three-level loop on four PBFT replicas:
// weights, two sealed schemes with their verdicts, a choice per DER, and a
// settlement. The fixed seed makes the chain repeatable and its keys public.
func period(ctx context.Context) (*client.Network, error) {
	random := rand.NewChaCha8([32]byte{'a', 'u', 'd', 'i', 't'})
	n, err := client.NewNetwork(ctx, client.NetworkConfig{
		Name: "audit example", Random: random,
		Members: []client.PartyConfig{
			{ID: "grid", Role: ledger.RoleGrid},
			{ID: "regulator", Role: ledger.RoleRegulator},
			{ID: "north", Role: ledger.RoleVPP},
			{ID: "south", Role: ledger.RoleVPP},
			{ID: "battery", Role: ledger.RoleDER},
			{ID: "solar", Role: ledger.RoleDER},
			{ID: "wind", Role: ledger.RoleDER},
		},
		Engine: func(g ledger.Genesis, loop []ledger.Contract) (ledger.Engine, error) {
			return engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: loop, Random: random, Replicas: 4})
		},
	})
	if err != nil {
		return nil, err
	}
	// Amounts on the ledger are integers: ledger.One is one unit, here 1 MW.
	scheme := contracts.Scheme{
		Columns: []string{"capacity, MW"},
		Rows: []contracts.Row{
			{DER: "battery", Values: []ledger.Micro{4 * ledger.One}},
			{DER: "solar", Values: []ledger.Micro{6 * ledger.One}},
			{DER: "wind", Values: []ledger.Micro{9 * ledger.One}},
		},
	}
	// Each call waits until its transactions are final. After an error the
	// later ones fail, too.
	err = errors.Join(
		n.PublishWeights(ctx, 1, [3]float64{0.4, 0.2, 0.4}),
		n.SubmitScheme(ctx, 1, "north", scheme),
		n.SubmitScheme(ctx, 1, "south", scheme),
		failure(n.Decide(ctx, 1, nil)),
		failure(n.Choose(ctx, 1, map[string]string{"battery": "north", "solar": "south", "wind": "north"})),
		// Cents, positive if received. The contract rejects a settlement that
		// does not sum to 0.
		n.Settle(ctx, 1, []client.Payment{
			{Party: "grid", Amount: -48_250},
			{Party: "north", Amount: 2_000},
			{Party: "south", Amount: 1_250},
			{Party: "battery", Amount: 9_000},
			{Party: "solar", Amount: 14_000},
			{Party: "wind", Amount: 22_000},
		}))
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// failure drops the result of a call.
//
// For example, errors.Join needs errors only, and Decide returns decisions as
// well.
func failure[T any](_ T, err error) error { return err }
