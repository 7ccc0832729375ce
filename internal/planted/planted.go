// Package planted names deliberate mistakes. Tests put them into replicas one
// at a time, under the build tag planted, to prove that the oracles notice
// them. Each is a known mistake of some code for Byzantine agreement. A build
// without the tag contains no branch that makes a mistake.
package planted

import "fmt"

// Bug is one mistake. The zero value is none.
type Bug int

// The mistakes. The comments describe the wrong behaviour.
const (
	None                   Bug = iota
	DropPrepared               // a VIEW-CHANGE carries no prepared certificates
	PreparedLastViewOnly       // a VIEW-CHANGE carries only certificates of the view just left
	LowestViewWins             // a new view re-proposes the certificate of the lowest view
	TrustNewView               // a backup does not recompute a NEW-VIEW's proposals
	NewViewAnyQuorum           // a NEW-VIEW is built from and accepted with a weak quorum
	GapsNotFilled              // numbers without a certificate are left out of a new view
	NullSkipsNumber            // a null batch does not advance the execution
	ReExecute                  // the client table is not consulted at execution
	DuplicateInBatch           // the client table is consulted only once before a batch
	PrimaryPrepareCounts       // a PREPARE of the primary counts towards the quorum
	IgnoreVoteDigest           // votes are matched by number only
	BodyDigestTrusted          // the digest of a received body is not recomputed
	ClientUnchecked            // client signatures of a proposed batch are not checked
	NoWindow                   // proposals and votes of any number are stored
	StableByWeakQuorum         // a checkpoint is stable with f+1 statements
	ClientsNotInSnapshot       // the client table is left out of the checkpoint
	SnapshotUnverified         // chunks of a snapshot are not checked against the certificate
	StuckAfterCatchUp          // a NEW-VIEW is ignored by a replica that sent no VIEW-CHANGE for it
	NoRetransmission           // a status is never answered
	TimeoutNotDoubled          // every attempt waits equally long
	FollowOneReplica           // one VIEW-CHANGE suffices to join
	WeakCommit                 // a batch is committed with f+1 COMMITs
	AmnesiaVotes               // a replica restarted without memory votes at once
	UnsyncedVotes              // nothing is persisted before it is sent
	EquivocationIgnored        // a second proposal replaces the first
	VoteInOldView              // a replica votes in a view that it has left
	LateNullOverridesBatch     // a certificate that is older than the last view is replaced by null
	ShortObservation           // an observer votes again one number too early
	LocalClockInExecution      // the batch's time is read from the local clock at execution
	SlowPrimaryTolerated       // a primary that proposes just before every timeout keeps its view
	NonMemberVotes             // a replica votes in an epoch of which it is no member
	EpochTooEarly              // a change of members is in force at the next checkpoint, inside the window
	ChangeNotInSnapshot        // a planned change of members is left out of the checkpoint
	EpochProofTrusted          // a transfer does not verify the changes of members on its way
	TransferKept               // a transfer without progress is not replaced by a newer checkpoint
	FutureUnbounded            // messages for later views are kept without a limit
	ContentNotBound            // a client takes a result for another operation under its number
	ClockAheadStops            // a batch at the time of its parent is refused if that is ahead of the clock
	DamageIsTorn               // a complete frame with a wrong checksum at the end of a log is cut off
	EscrowUnchecked            // a chain accepts more of an asset from a neighbour than it sent there
	end
)

// All lists every bug.
func All() []Bug {
	bugs := make([]Bug, 0, int(end)-1)
	for b := None + 1; b < end; b++ {
		bugs = append(bugs, b)
	}
	return bugs
}

var names = map[Bug]string{
	None: "None", DropPrepared: "DropPrepared", PreparedLastViewOnly: "PreparedLastViewOnly",
	LowestViewWins: "LowestViewWins", TrustNewView: "TrustNewView", NewViewAnyQuorum: "NewViewAnyQuorum",
	GapsNotFilled: "GapsNotFilled", NullSkipsNumber: "NullSkipsNumber", ReExecute: "ReExecute",
	DuplicateInBatch: "DuplicateInBatch", PrimaryPrepareCounts: "PrimaryPrepareCounts",
	IgnoreVoteDigest: "IgnoreVoteDigest", BodyDigestTrusted: "BodyDigestTrusted", ClientUnchecked: "ClientUnchecked",
	NoWindow: "NoWindow", StableByWeakQuorum: "StableByWeakQuorum", ClientsNotInSnapshot: "ClientsNotInSnapshot",
	SnapshotUnverified: "SnapshotUnverified", StuckAfterCatchUp: "StuckAfterCatchUp",
	NoRetransmission: "NoRetransmission", TimeoutNotDoubled: "TimeoutNotDoubled", FollowOneReplica: "FollowOneReplica",
	WeakCommit: "WeakCommit", AmnesiaVotes: "AmnesiaVotes", UnsyncedVotes: "UnsyncedVotes",
	EquivocationIgnored: "EquivocationIgnored", VoteInOldView: "VoteInOldView",
	ShortObservation: "ShortObservation", LateNullOverridesBatch: "LateNullOverridesBatch", LocalClockInExecution: "LocalClockInExecution",
	SlowPrimaryTolerated: "SlowPrimaryTolerated", NonMemberVotes: "NonMemberVotes", EpochTooEarly: "EpochTooEarly",
	ChangeNotInSnapshot: "ChangeNotInSnapshot", EpochProofTrusted: "EpochProofTrusted", TransferKept: "TransferKept",
	FutureUnbounded: "FutureUnbounded", ContentNotBound: "ContentNotBound", ClockAheadStops: "ClockAheadStops",
	DamageIsTorn: "DamageIsTorn", EscrowUnchecked: "EscrowUnchecked",
}

// String is the bug's name.
func (b Bug) String() string {
	if s, ok := names[b]; ok {
		return s
	}
	return fmt.Sprintf("Bug(%d)", int(b))
}
