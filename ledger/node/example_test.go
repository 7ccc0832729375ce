//go:build !js

package node_test

import (
	"fmt"
	"strings"

	"github.com/trigrid/trigrid/ledger/node"
)

// A genesis with mistakes is refused with all of them.
func ExampleReadGenesis() {
	_, err := node.ReadGenesis(strings.NewReader(`{
		"name": "feeder-7",
		"replicas": [{"id": 0, "name": "alpha", "key": "00ff", "address": "10.0.0.1"}],
		"participants": [{"name": "grid", "role": "king", "key": "", "seal": ""}]
	}`))
	fmt.Println(err)
	// Output:
	// node: genesis: replica "alpha": key has 2 bytes, want 32
	// node: genesis: replica "alpha": address "10.0.0.1", want host and port, such as 10.0.0.1:7000
	// node: genesis: participant "grid": role "king", want grid, vpp, der or regulator
	// node: genesis: participant "grid": key has 0 bytes, want 32
}

// Keys are made where they are used; only cards leave the machine.
func ExampleNewReplicaKey() {
	key, err := node.NewReplicaKey("alpha", "10.0.0.1:7000")
	if err != nil {
		fmt.Println(err)
		return
	}
	card := key.Card()
	fmt.Println(card.Name, card.Address, len(card.Key), "bytes")
	// Output: alpha 10.0.0.1:7000 32 bytes
}
