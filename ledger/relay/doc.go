// Package relay moves assets between ledgers that do not trust each other's operators: electricity, carbon allowances
// and green certificates, each on a chain of its own, one light chain per VPP, and relay chains between them. Which
// chains there are and who is linked to whom is data, a [Topology].
//
// # How a packet travels
//
// A contract puts a packet into its chain's outbox, whose root every header carries. Anybody may run a [Gateway]: it
// hands the packet to the next chain on the route together with its Merkle path and a certified header. That chain
// keeps a light client of its neighbour, checks all three, and either forwards the packet through its own outbox or, at
// its destination, carries it out. Packets of one channel between two chains are numbered and taken strictly in order,
// so none is taken twice and none is left out; a gateway can delay packets and do nothing else.
//
// Every packet is answered by exactly one verdict, good or bad, which travels back the same way. The sender acts on a
// proved verdict only, never on the absence of one: that needs no proofs of absence. Timeouts are judged by the
// destination's own height and answered by a verdict as well.
//
// # Transfers and trades
//
// A transfer takes an amount out of one chain and puts it into another, or gives it back.
//
// A trade is several movements on several chains, of which all happen or none: two-phase commit with a relay chain as
// its coordinator. The relay asks every chain to lock its leg; when all have answered that they did, before the deadline
// at the relay's height, it decides to commit, otherwise to abort. The decision is one transaction on one chain, so both
// can never exist. A chain never gives up a lock by itself. Hash time locks were not chosen: they break all-or-nothing
// when a party is delayed past its timelock, and give one side a free option.
//
// # Limits
//
// If a destination halts for good, what is locked towards it stays locked until the relay's governance decides. Owners
// consent to trades on the relay chain; the asset chains take the relay's certified word for it. A destination likewise
// believes a relay about what it forwards: more than f Byzantine validators of a relay chain can forge packets, as
// more than f of an asset's own chain can forge the asset.
package relay
