package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/engine"
)

// operator returns a genesis with one authority, and that authority.
func operator() (ledger.Genesis, *client.Party) {
	grid, err := client.NewParty(nil, "grid", ledger.RoleGrid)
	if err != nil {
		panic(err)
	}
	return ledger.Genesis{Name: "day ahead", Identities: []ledger.Identity{grid.Identity()}}, grid
}

// beat sends n heartbeats and returns the last height.
func beat(e ledger.Engine, p *client.Party, n int) (height uint64) {
	c, err := client.Connect(context.Background(), e, p)
	for range n {
		var r ledger.Receipt
		if err == nil {
			r, err = c.Send(context.Background(), &ledger.Heartbeat{})
		}
		height = r.Height
	}
	if err != nil {
		panic(err)
	}
	return height
}

// Four replicas take turns in one process; one of them may be Byzantine.
func ExampleNewChain() {
	genesis, grid := operator()
	chain, err := engine.NewChain(engine.ChainConfig{Genesis: genesis, Replicas: 4})
	if err != nil {
		panic(err)
	}
	defer chain.Close()
	fmt.Println(beat(chain, grid, 3), chain.Status().Faulty)
	// Output: 3 1
}

// A cluster works on after one of its four replicas has stopped.
func ExampleNewCluster() {
	genesis, grid := operator()
	cluster, err := engine.NewCluster(engine.ClusterConfig{Genesis: genesis})
	if err != nil {
		panic(err)
	}
	defer cluster.Close()
	if err := cluster.StopReplica(3); err != nil {
		panic(err)
	}
	fmt.Println(beat(cluster, grid, 2) >= 1, cluster.Status().Kind)
	// Output: true pbft
}

// A chain is exported and continued in another engine with the same keys.
func ExampleExport() {
	genesis, grid := operator()
	keys := bytes.Repeat([]byte{7}, 32) // 32 secret random bytes per replica

	first, err := engine.NewChain(engine.ChainConfig{Genesis: genesis, Random: bytes.NewReader(keys)})
	beat(first, grid, 1)
	err2 := first.Close()
	var saved bytes.Buffer
	err3 := engine.Export(context.Background(), &saved, genesis, first)

	second, err4 := engine.NewChain(engine.ChainConfig{Genesis: genesis, Random: bytes.NewReader(keys), From: &saved})
	fmt.Println(beat(second, grid, 1), second.Chain() == first.Chain(), errors.Join(err, err2, err3, err4))
	// Output: 2 true <nil>
}

// An auditor executes an export again. A changed byte is found.
func ExampleReplay() {
	genesis, grid := operator()
	chain, err := engine.NewChain(engine.ChainConfig{Genesis: genesis})
	beat(chain, grid, 3)
	var saved bytes.Buffer
	err2 := engine.Export(context.Background(), &saved, genesis, chain)
	_, trust := chain.Trust()

	audit, err3 := engine.Replay(bytes.NewReader(saved.Bytes()), engine.ReplayOptions{Trust: trust})
	fmt.Println(len(audit.Blocks), errors.Join(err, err2, err3))
	saved.Bytes()[saved.Len()/2] ^= 1
	_, err = engine.Replay(&saved, engine.ReplayOptions{Trust: trust})
	fmt.Println(errors.Is(err, engine.ErrReplay))
	// Output:
	// 3 <nil>
	// true
}

// An engine of another package records its blocks; readers wait for them.
func ExampleNewHistory() {
	history, record := engine.NewHistory()
	go record.Add(ledger.CommittedBlock{
		Header:   ledger.Header{Height: 1},
		Receipts: []ledger.Receipt{{ID: ledger.TxID{1}, Height: 1, Code: "meter.backwards"}},
	})
	receipt, err := history.WaitCommitted(context.Background(), ledger.TxID{1})
	fmt.Println(receipt.Height, receipt.Code, err)
	record.Close()
	_, err = history.Block(context.Background(), 2)
	fmt.Println(errors.Is(err, ledger.ErrClosed))
	// Output:
	// 1 meter.backwards <nil>
	// true
}
