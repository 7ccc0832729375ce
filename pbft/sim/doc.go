// Package sim runs whole clusters of [pbft.Node]s in virtual time and searches
// them for violations of the protocol.
//
// [Run] executes one [Config]: replicas, clients, a network and faults. All
// randomness comes from one seed, so equal configurations give equal runs,
// event by event. The network delays, loses, repeats and reorders messages and
// can be partitioned. Replicas crash with and without their memory, have wrong
// clocks, or are controlled by a [Traitor]. Each has its log, in the format of
// package replica, on a disk that loses unsynced data when the replica crashes.
// [Random] derives a configuration from a seed; a program can change it or
// write its own:
//
//	for seed := range uint64(1000) {
//		if _, err := sim.Run(sim.Random(seed)); err != nil {
//			fmt.Println(err) // the seed reproduces the run
//		}
//	}
//
// # Oracles
//
// Oracles check after every step the properties that hold under all faults, and
// stop the run with a [*Violation]:
//
//   - agreement: correct replicas execute equal headers, without gaps and each
//     number once;
//   - validity: only requests of clients are executed, each at most once;
//   - one vote: a correct replica never signs two statements about one subject,
//     over all its lives;
//   - soundness: certificates, new views and evidence verify from scratch;
//   - rules: each vote, proposal, view change and execution is justified by the
//     statements that the replica has received, by a second implementation of
//     the rules (rules.go);
//   - bounds: memory and work per event are limited, and epochs, views and
//     checkpoints never decrease.
//
// After Config.Heal only the traitors remain faulty. Within Config.Finish every
// request must be answered and all correct members must be equal.
//
// # Exploration
//
// [Explore] needs no seed: it visits every interleaving of messages and
// timeouts of four replicas within a small [Scope], breadth first.
//
// Times are virtual milliseconds.
package sim
