package main

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
)

// recordMessages carries out all stages of a run, replays the exported chain
// and prints its messages.
func recordMessages(
	ctx context.Context, out io.Writer, region trigrid.Region,
) (*trigrid.Result, error) {
	// The chain could be a file instead of a buffer.
	var chain bytes.Buffer
	// By default the chain has four replicas in this process.
	result, err := trigrid.Run(ctx, region, trigrid.Options{Export: &chain})
	if err != nil {
		return nil, err
	}
	// Replay executes every transaction again and compares state, receipts and
	// headers. An auditor needs the contracts of the chain beside its export.
	audit, err := engine.Replay(&chain, engine.ReplayOptions{Contracts: contracts.Coordination()})
	if err != nil {
		return nil, err
	}
	// Transactions have the public key of their sender; the genesis block has
	// the names of the keys.
	senders := map[[32]byte]string{}
	for _, identity := range audit.Genesis.Identities {
		senders[identity.Key] = identity.ID
	}
	fmt.Fprintln(out, "3. height  message          sender")
	for _, block := range audit.Blocks {
		for i := range block.Txs {
			// A kind is a contract and a verb, such as "settlement.settle".
			kind, _, err := ledger.DecodeMessage(&block.Txs[i], contracts.Coordination()...)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(out, "   %6d  %-16s %s\n", block.Header.Height, kind, senders[block.Txs[i].Client])
		}
	}
	// The head is the hash of the last block header, which contains all earlier
	// ones.
	head := audit.Machine.Head()
	fmt.Fprintf(out, "   replayed to the same head: %v\n\n", head.Hash().String() == result.Ledger.Head)
	return result, nil
}
