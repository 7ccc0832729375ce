// Package pbft orders requests among replicas that do not trust each other. It
// is Practical Byzantine Fault Tolerance (Castro and Liskov, OSDI 1999, in its
// signature form) as a pure state machine, without I/O, clocks, goroutines or
// randomness.
//
// n replicas agree on one sequence of batches and on the state after each
// batch, if at most f = ⌊(n−1)/3⌋ of them are faulty in any way. They make
// progress whenever messages arrive within a bounded time. The bound need not
// be known, because timeouts double.
//
// # Duties of the caller
//
// [Node] is one replica. Package pbft/replica runs it with sockets, a clock and
// files, and package pbft/sim runs many from one seed. A program with a loop of
// its own has these duties:
//
//  1. One goroutine at a time calls the node.
//  2. Input: pass each received message to [Node.Step] with the id of the
//     sender, which the transport has authenticated, and each client's request
//     to [Node.Propose]. Errors are refusals; count them, and go on.
//  3. Time: call [Node.Tick] at a constant period with the time of day.
//  4. Output: as long as [Node.HasReady] returns true, take [Node.Ready], carry
//     it out and call [Node.Advance].
//  5. Persist before send: write and sync Ready.Records, and only then send
//     Ready.Messages. A replica that sends first can contradict itself after a
//     crash.
//  6. Send: the network may lose, repeat, delay and reorder messages, but must
//     not deliver a message under the id of another replica. A message to a
//     stopped replica may be dropped.
//  7. Hand out the rest: [Replies] to the clients of Ready.Blocks,
//     [RepeatedReply] to those of Ready.Repeated, and certificates, evidence
//     and divergences to the operator. Everything in a Ready is read-only.
//  8. Restart: create the node with the stored records in Config.Records, in
//     the order in which they were written. If they are lost, set
//     Config.Restarted.
//  9. If writing fails, stop the node: its later messages would break rule 5.
//
// As code, with a log, a transport and channels of the caller:
//
//	for {
//		select {
//		case p := <-packets:
//			if m, err := pbft.DecodeMessage(p.Data); err == nil {
//				_ = node.Step(p.From, m) // rule 2
//			}
//		case r := <-requests:
//			_ = node.Propose(r)
//		case now := <-ticker.C:
//			node.Tick(now.UnixMilli()) // rule 3
//		}
//		for node.HasReady() { // rule 4
//			ready := node.Ready()
//			if err := log.Append(ready.Records); err != nil { // rule 5: written and synced
//				return err // rule 9
//			}
//			for _, e := range ready.Messages { // rule 6
//				data := pbft.EncodeMessage(e.Message)
//				for _, to := range e.To {
//					transport.Send(to, data)
//				}
//			}
//			node.Advance()
//			for i := range ready.Blocks { // rule 7
//				deliver(pbft.Replies(node.Chain(), id, signer, &ready.Blocks[i]))
//			}
//		}
//	}
//
// # Application
//
// The replicated state machine is the caller's [Application]. Apply executes an
// ordered batch and returns the results and a root that commits to the new
// state. Snapshot and Restore move the whole state. Each request reaches Apply
// at most once, in the same order at all replicas. Apply may change the set of
// replicas through Outcome.Members.
//
// # Certificates
//
// An [OrderCertificate] (Q COMMITs) proves the number of a batch. It is made
// before execution and does not cover the state. An [ExecutionCertificate] (Q
// signed EXECUTED statements) proves the [Header] after execution: parent,
// batch, state root, result root, membership. Headers form a chain and each
// epoch certifies the members of the next one, so [VerifyEpochs] and
// [ExecutionCertificate.Verify] are a complete light client. [Evidence] proves
// a violation of the protocol by one replica.
//
// # Faulty primaries
//
// A primary loses its view if it is silent, contradicts itself, or leaves the
// oldest request waiting for Options.RequestTimeout. Views change until there
// is progress again, with doubling timeouts. A slow primary loses its view as
// well: on average it may leave requests waiting, while it could propose them,
// for a quarter of the timeout or for twice the time of the best other primary,
// whichever is more (node_pace.go).
//
// # Lost memory
//
// A replica without stored records has lost its votes when it restarts.
// Config.Restarted makes it an observer, which counts as one of the f faulty
// replicas until it has rejoined behind a stable checkpoint (node_observer.go).
// If all replicas stop at once without stored records, the ordered batches are
// lost.
//
// # Numbers and files
//
// Sequence numbers start at 1, views and epochs at 0. Times are Unix
// milliseconds. The caller of Node.Tick chooses the length of a tick;
// pbft/replica uses 10 ms.
//
// Files: node_* is the state machine, one file per subject; message_* the
// messages, cert_* the certificates, member_* sets and quorums, sign_* keys and
// rules, hash_* digests and trees, record_* the stored records.
package pbft
