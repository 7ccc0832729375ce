// Package node runs the replicas of a ledger as processes on different
// machines, and connects clients to them.
//
//   - [Genesis], [ReplicaKey] and [PartyKey] are the files that operators and
//     participants have.
//   - [Start] runs one replica: PBFT over TLS 1.3 with pinned keys, the
//     contracts, a write-ahead log, and a [Store] with blocks, certificates and
//     the states of checkpoints.
//   - [Dial] returns a [ledger.Engine] whose replicas are such nodes.
//   - [Ledger] returns the engine in the form of the field Ledger of
//     trigrid.Options.
//
// The command trigrid-node is a thin layer above this package, and docs/node.md
// is its guide.
//
// # Disk
//
// Package ledger/node/disk keeps log and store in one folder. Without it,
// Config.Log and Config.Store are in memory, and a replica that stops has lost
// its votes.
//
// # Security
//
// Nodes and clients share one port. A connection has the key of a replica, of
// an active identity of the chain, or one of Config.Clients; all others end in
// the handshake. Clients verify certificates under the genesis, so that they
// trust no single node. The private keys lie in files of the operator; the
// package encrypts no file.
//
// Units: heights count blocks from 1, times are Unix milliseconds.
package node
