// Package ledger is the control layer between a power grid, its virtual power plants and their distributed resources:
// who is who, one version of the weights for everyone, schemes that competitors cannot read, choices and payments that
// nobody can rewrite.
//
// # Layers
//
//   - [Network] has one method per arrow of the three-level loop and needs no knowledge of what follows.
//   - [Client] signs messages as one [Party], waits for receipts, and reads at the [ReadLevel] it is asked for.
//   - [Engine] orders and executes transactions: [Chain] without goroutines and clocks, so that a run repeats itself to
//     the byte, with one replica or with PBFT's four; [Cluster] with the replicas running concurrently. Whoever writes
//     another one finds half of it in [History]; package ledgertest is the suite that every engine has to pass.
//   - [Machine] is the replicated state machine: a hash chain of blocks over an authenticated map, run by [Contract]s.
//   - [FinalityVerifier] is the light client: with the genesis it judges every header, and a header every transaction,
//     receipt, state key and packet, by Merkle paths.
//   - Package relay joins several ledgers: packets with proofs, transfers, and trades that happen on all chains or none.
//
// # Flow
//
//	grid   PublishWeights ─► VPP  SubmitScheme (sealed) ─► grid  SchemeVerdict, DeliverRows (sealed, one row each)
//	DER    CommitChoice, RevealChoice ─► grid  SettlePeriod (sum zero, pseudonyms)
//
// # Units
//
// Physical quantities, prices and weights are integers in millionths ([Micro]), payments integers in hundredths of the
// currency ([Money]); receiving is positive. Floating-point numbers never reach a contract. The contracts' clock is the
// block height.
//
// # Limits
//
// The grid's dispatch centre reads all schemes; commitments and paths keep it from altering them unseen. A scheme that
// does not open is rejected on the grid's word: HPKE has no proof that a ciphertext is bad. What totals and prices say
// about a lone large resource no cryptography takes back; see [Policy]. Two of three members of a scheme know the third
// from a published total unless the policy is set against two. Settled amounts are in the clear under pseudonyms. Quota
// forecasts and revealed choices are in the clear.
//
// Engines keep the ledger in memory. [Export] writes it down, [Replay] checks what was written, and a [Chain] or a
// [Cluster] that has the same keys goes on from it. Changing the set of validators of a running engine is not offered.
package ledger
