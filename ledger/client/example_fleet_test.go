package client_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
)

// A class of 5000 batteries has one registration, one split and one settlement.
// Battery 42 proves its payment with the path of a tree of 3000 payments.
func ExampleNetwork_ProveMember() {
	ctx := context.Background()
	n, err := client.NewNetwork(ctx, client.NetworkConfig{
		Random:  rand.NewChaCha8([32]byte{1}),
		Members: []client.PartyConfig{{ID: "grid", Role: ledger.RoleGrid}, {ID: "north", Role: ledger.RoleVPP}, {ID: "battery", Role: ledger.RoleDER}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer n.Close()
	for _, step := range []func() error{
		func() error { return n.RegisterClass(ctx, "battery", 5000) },
		func() error { return n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}) },
		func() error { return n.SubmitScheme(ctx, 1, "north", contracts.Scheme{}) },
		func() error { _, err := n.Decide(ctx, 1, nil); return err },
		func() error {
			_, err := n.Split(ctx, 1, map[string]map[string]uint64{"battery": {"north": 3000}}, nil)
			return err
		},
		func() error {
			return n.Settle(ctx, 1, []client.Payment{{Party: "battery", Amount: 700_000}, {Party: "north", Amount: -700_000}})
		},
		func() error { return n.SettleClass(ctx, 1, "battery", map[string]ledger.Money{"north": 700_000}) },
	} {
		if err := step(); err != nil {
			fmt.Println(err)
			return
		}
	}
	proof, path, err := n.ProveMember(ctx, 1, "battery", 42)
	if err != nil {
		fmt.Println(err)
		return
	}
	vpp, err := proof.Verify(n.Engine().Trust())
	fmt.Println(proof.Member, "in", vpp, "is paid", proof.Payment.Amount, err, proof.VerifyMember(path))
	fmt.Println(len(proof.Path.Siblings) <= 20)
	// Output:
	// battery#42 in north is paid 2.33 <nil> <nil>
	// true
}
