// Package cometbft orders the ledger's transactions with CometBFT instead of
// package pbft. State machine, transactions, headers and proofs are the same.
//
//   - [Application] is a [ledger.StateMachine] as an ABCI 2.0 application, for
//     example for an external CometBFT process.
//   - [StartNode] runs one validator in this process; a [Node] is a
//     [ledger.Engine].
//   - [StartNetwork] runs several validators on the loopback interface, for
//     tests and trials.
//   - [Verifier] is the light client: it verifies a ledger header by CometBFT's
//     signed header.
//
// A node of a consortium of four companies is
//
//	keys, err := cometbft.LoadKeys(home) // once; each company sends keys.Validator to the others
//	node, err := cometbft.StartNode(cometbft.NodeConfig{
//		Genesis:   cometbft.Genesis{Ledger: genesis, Validators: validators},
//		Contracts: contracts.Coordination(),
//		Home:      home,
//		Peers:     peers,
//	})
//
// # Relation of the two chains
//
// A CometBFT block without transactions makes no ledger block, so the heights
// of the two chains differ. The application hash after a block is the hash of
// the ledger's last header. CometBFT writes the hash that results from block h
// into the header of block h+1. The proof of a ledger header is therefore the
// signed header of the next CometBFT block. A block that changes the hash is
// followed by another one at once.
//
// # Limits
//
// The set of validators is that of the genesis; no contract changes it. Block
// time is the median of the validators' votes for the previous block, so the
// first block after a pause has the time at the start of the pause, within the
// interval of empty blocks. A Node keeps the ledger's state and history in
// memory and computes them from CometBFT's block store when it starts, so that
// store must keep all blocks. [Application] serves snapshots to CometBFT's
// state sync; a Node does not use it.
package cometbft
