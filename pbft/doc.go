// Package pbft orders requests among replicas that do not trust each other: Practical Byzantine Fault Tolerance
// (Castro and Liskov, OSDI 1999, in its signature form). n replicas agree on one sequence of batches and on the state
// that executing them leads to, as long as at most f = ⌊(n−1)/3⌋ of them are faulty in any way whatsoever, and they make
// progress whenever messages arrive in reasonable time.
//
// # Parts
//
//   - [Node] is one replica as a pure state machine, without I/O, goroutines, clocks or randomness: feed it with
//     [Node.Step], [Node.Propose] and [Node.Tick], carry out its [Ready]. Package pbft/sim runs many of them from a seed.
//   - [Driver] runs a Node with a [Transport] and a [Storage]. It is the only place with goroutines and a clock.
//   - [Cluster] is n drivers in one process, the shortest way to a replicated [Application].
//   - [Client] signs requests, and believes a result when f+1 replicas have signed it.
//
// # Application
//
// The replicated state machine is the user's [Application]: Apply executes an ordered batch and returns the results and
// a root that commits to the new state, Snapshot and Restore move the whole state. Requests reach it at most once each,
// in the same order everywhere. It may change the set of replicas through Outcome.Members.
//
// # Certificates
//
// An [OrderCertificate] (Q COMMITs) proves the place of a batch; it is made before execution and says nothing about the
// state. An [ExecutionCertificate] (Q signed EXECUTED statements) proves the [Header] that execution led to: parent,
// batch, state root, result root, membership. Headers form a chain, each epoch names the next one's members, and
// [VerifyEpochs] with [ExecutionCertificate.Verify] is a whole light client.
//
// # Faulty primaries
//
// A primary that is silent, contradicts itself, or leaves the oldest request waiting for Options.RequestTimeout loses
// its view; the next one is taken until there is progress again, with timeouts that double meanwhile. So does a primary
// that is merely slow: on average it may leave requests waiting, while it could be proposing them, for a quarter of the
// timeout or twice what the best other primary took, whichever is more (pace.go).
//
// # In memory
//
// Without a [Storage] a replica that stops has forgotten its votes. Restart it with Config.Restarted: it then counts
// among the f faulty ones until it has rejoined behind a stable checkpoint (observer.go). When all replicas stop at
// once, what they had ordered is lost. [OpenFileStorage] keeps a write-ahead log.
//
// # Numbers
//
// Sequence numbers start at 1, views and epochs at 0. Times are Unix milliseconds. A tick is what the caller of
// Node.Tick makes it, 10 ms in a Driver.
package pbft
