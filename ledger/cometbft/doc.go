// Package cometbft runs the contracts of package ledger on CometBFT instead of on package pbft: the same state machine,
// transactions, headers and proofs, ordered by an engine that others have operated for years.
//
//   - [Application] is a [ledger.StateMachine] as an ABCI 2.0 application. It can serve an external CometBFT process.
//   - [StartNode] embeds one validator in this process; a [Node] is a [ledger.Engine].
//   - [StartNetwork] starts several of them on the loopback interface, for tests and trials.
//   - [Verifier] is the light client: it judges a ledger header by CometBFT's signed headers.
//
// # How the two chains fit together
//
// A CometBFT block without transactions makes no ledger block, so the heights of the two chains differ: ledger heights
// count blocks that did something. The application hash after a block is the hash of the ledger's last header.
// CometBFT puts the hash that follows from block h into the header of block h+1, so the proof of a ledger header is the
// signed header of the block after the one that made it. A block that changes the hash is followed by another at once.
//
// # Limits
//
// The set of validators is the genesis's for ever: no contract changes it. Block time is the median of the validators'
// votes for the block before, so the first block after a pause carries the time of the pause's beginning, to within
// [DefaultConfig]'s interval of empty blocks. A Node holds the ledger's state and history in memory and computes them
// anew from CometBFT's block store when it starts, so that store must keep all blocks. [Application] takes and restores
// snapshots for whoever runs CometBFT's state sync against it; a Node does not.
package cometbft
