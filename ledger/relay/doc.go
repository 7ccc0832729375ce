// Package relay moves assets between ledgers with different operators:
// electricity, carbon allowances and green certificates, each on its own chain,
// one chain per VPP, and relay chains between them. A [Topology] lists the
// chains and links.
//
// # Packets
//
// A contract appends a packet to its chain's outbox, whose root is in every
// header. A [Gateway] hands the packet, its Merkle path and a certified header
// to the next chain on the route. That chain has a light client of its
// neighbour and verifies all three. It then forwards the packet through its own
// outbox or, at the destination, executes it. Packets of one channel between
// two chains are numbered and accepted in order, so none is executed twice and
// none is left out. A gateway can delay packets but not change them, so every
// identity may run one.
//
// The destination answers every packet by exactly one verdict, which returns on
// the same route. The sender acts only on a proved verdict, never on its
// absence, so no proof of absence is needed. The destination's height decides
// on timeouts, and a timeout is a verdict too.
//
// # Transfers and trades
//
// A transfer moves an amount from one chain to another, or returns it.
//
// A trade has several legs on several chains, and either all or none of them
// happen. This is two-phase commit with a relay chain as coordinator. The relay
// orders each chain to lock its leg. If all chains confirm before the deadline
// at the relay's height, the relay decides to commit, otherwise to abort. The
// decision is one transaction on one chain, so the two decisions exclude each
// other. A chain never releases a lock by itself. Hash time locks were
// rejected: a party that is delayed beyond its time lock loses one side of the
// trade, and one side has a free option.
//
// # Units
//
// Amounts are in millionths of the asset's unit ([ledger.Micro]). Deadlines and
// timeouts are heights and block times of the deciding chain, and both must
// have passed.
//
// # Homes
//
// Each asset has a home, the only chain that issues it, and a chain accepts
// from a neighbour at most the amount that it has sent there; see [Asset].
// [Network.Check] compares all books.
//
// # Limits
//
// If a destination stops for good, amounts that are locked for it stay locked
// until the relay's governance decides. Owners consent to trades on the relay
// chain; asset chains rely on its certified orders. More than f Byzantine
// validators of a relay chain can therefore forge packets and spend the amounts
// that were sent through it. More than f of an asset's home can forge the
// asset, and those of another chain can spend the amounts that were sent there.
package relay
