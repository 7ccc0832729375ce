// Package sim runs whole clusters of [pbft.Node]s in virtual time from one seed: the same [Config] gives the same run,
// event by event. The network delays, loses, repeats and reorders messages and splits; replicas crash with and without
// their memory, have wrong clocks, or are traitors. After every step oracles check what must hold whatever happens, and
// after the last fault has healed the run must finish within a bound.
//
// [Random] makes a configuration out of a seed; everything in it can be changed or written by hand, and a [Traitor] of
// one's own can take part. [Explore] does without a seed: it visits every interleaving of a small scope. Times are
// virtual milliseconds.
package sim
