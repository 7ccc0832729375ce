// Package contracts has the contracts of the three-level loop between grid,
// VPPs and DERs:
//
//	class RegisterClass            once: many equal DERs, by a root over their commitments
//	grid  PublishSignals           optional: the signals from which the weights follow
//	grid  PublishWeights           opens a period
//	VPP   SubmitScheme             sealed for the grid
//	grid  SchemeVerdict            accepts or rejects; publishes totals that [Policy] permits
//	grid  DeliverRows              sealed, one row per DER
//	VPP   RefuseDERs               optional: the DERs that it does not admit
//	DER   CommitChoice             a hash of the chosen VPP
//	DER   RevealChoice             the VPP
//	class RevealSplit              instead: the numbers of its DERs per VPP
//	grid  SettlePart               optional: payments that do not fit into one transaction
//	grid  SettlePeriod             payments that sum to zero, under pseudonyms
//	class SettleClass              the payments of its DERs, by a root per VPP
//
// [QuotaContract] adds quotas and reviewed trades of a commodity, for example
// carbon allowances. [Coordination] returns all contracts of the loop; an
// engine receives them as a list and may receive any subset and contracts of
// other packages beside them.
//
// # Units and signs
//
// Powers, energies and prices are [ledger.Micro], payments [ledger.Money];
// receiving is positive. A deadline is the last height and the last block time
// that are still in time; both must have passed.
//
// # Limits
//
// The grid's dispatch centre reads all schemes. Commitments and Merkle paths
// prevent it from altering them unnoticed, but it can reject a scheme with the
// statement that the scheme does not open: HPKE has no proof of a bad
// ciphertext. The VPP can then disclose the scheme. Settled amounts, quota
// forecasts, refusals and revealed choices are in the clear. See [Policy] for
// the limits of published totals.
package contracts
