// Package engine has the engines that order transactions and execute them on
// replicas:
//
//   - [Chain] runs its PBFT replicas in turns, without goroutines, clocks or
//     networks. Equal submissions give equal bytes. Use it for simulations and
//     tests.
//   - [Cluster] runs its PBFT replicas concurrently in one process.
//
// Both receive the contracts as a list and have no contracts of their own:
//
//	e, err := engine.NewChain(engine.ChainConfig{
//		Genesis:   genesis,
//		Contracts: contracts.Coordination(),
//		Replicas:  4, // one of them may be Byzantine
//	})
//
// [Export] writes a chain to a stream. [Replay] executes an exported chain
// again and checks every signature, receipt, header and certificate. A new
// Chain or Cluster with the same keys can continue an export; see
// ChainConfig.From.
//
// An engine of another package can use [History] and [Recorder] for blocks,
// receipts and waiting. Package ledgertest tests it.
//
// Engines keep the ledger in memory. The set of validators of a running engine
// does not change.
package engine
