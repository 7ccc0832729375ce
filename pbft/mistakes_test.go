package pbft

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/planted"
)

// mistake is a known mistake of code for Byzantine agreement, with the checks
// that notice it here: tests of this package, pbft/sim, pbft/replica and
// ledger/relay by name, golden scripts, and planted mistakes, which the tests
// named TestPlanted… notice under the build tag planted.
type mistake struct {
	what    string
	tests   []string
	scripts []string
	bugs    []planted.Bug
}

var mistakes = []mistake{
	{"a view change drops prepared state", nil, []string{"executed_at_one_replica"}, []planted.Bug{planted.DropPrepared}},
	{"only certificates of the last view are kept", nil, []string{"certificate_survives_views"}, []planted.Bug{planted.PreparedLastViewOnly}},
	{"a new view takes the lowest or first certificate", []string{"TestSelectionEqualsDumbTwin", "TestSelectionDoesNotDependOnOrder"}, nil, []planted.Bug{planted.LowestViewWins, planted.LateNullOverridesBatch}},
	{"a new view's proposals are trusted", []string{"TestNewViewIsRecomputed"}, nil, []planted.Bug{planted.TrustNewView}},
	{"repeated or too few view changes start a view", []string{"TestNewViewIsRecomputed", "TestExploreFindsPlanted"}, nil, []planted.Bug{planted.NewViewAnyQuorum}},
	{"one message's entries count several times", []string{"TestViewChangeIsJudgedAsAWhole"}, nil, nil},
	{"an invalid view change cancels valid ones", []string{"TestOneBadViewChangeHarmsNobodyElse"}, nil, nil},
	{"different low marks stop the selection", []string{"TestSelectionEqualsDumbTwin"}, []string{"different_low_marks"}, nil},
	{"gaps are not filled", nil, []string{"gap_is_filled"}, []planted.Bug{planted.GapsNotFilled}},
	{"the null batch is an empty batch, or is executed", []string{"TestProposalIsCheckedFieldByField", "TestNullLeavesStateAlone"}, nil, []planted.Bug{planted.NullSkipsNumber}},
	{"a batch is executed again after a view change", []string{"TestSimSweep"}, nil, []planted.Bug{planted.ReExecute}},
	{"a request in two batches, or twice in one, is executed twice", []string{"TestSimSweep"}, nil, []planted.Bug{planted.ReExecute, planted.DuplicateInBatch}},
	{"the primary's PREPARE counts", []string{"TestPrimaryPrepareDoesNotCount", "TestViewChangeIsJudgedAsAWhole"}, nil, []planted.Bug{planted.PrimaryPrepareCounts}},
	{"votes are matched by number only", []string{"TestVotesCountByDigest", "TestExploreFindsPlanted"}, []string{"equivocation"}, []planted.Bug{planted.IgnoreVoteDigest, planted.EquivocationIgnored}},
	{"a digest or signature is believed unseen", []string{"TestProposalIsCheckedFieldByField", "FuzzDecodeMessage"}, nil, []planted.Bug{planted.BodyDigestTrusted, planted.ClientUnchecked}},
	{"a signature is valid in another place", []string{"TestStatementsAreSeparate"}, nil, nil},
	{"the window is not enforced", []string{"TestWindowBoundsMemory", "TestProposalIsCheckedFieldByField"}, nil, []planted.Bug{planted.NoWindow}},
	{"a checkpoint is stable too early", []string{"TestViewChangeIsJudgedAsAWhole"}, nil, []planted.Bug{planted.StableByWeakQuorum}},
	{"the checkpoint leaves out the client table", []string{"TestSnapshotBringsUpALaggard"}, nil, []planted.Bug{planted.ClientsNotInSnapshot}},
	{"a snapshot is installed unverified", []string{"TestSnapshotIsVerified"}, nil, []planted.Bug{planted.SnapshotUnverified}},
	{"a replica that has caught up stays in the old view", []string{"TestSimSweep"}, nil, []planted.Bug{planted.StuckAfterCatchUp}},
	{"out of order is out of luck", []string{"TestSimSweep", "TestExplore"}, nil, nil},
	{"a lost message is never repeated", nil, nil, []planted.Bug{planted.NoRetransmission}},
	{"timeouts do not double, or never shrink again", []string{"TestSlowNetworkConverges", "TestDeadPrimaryCostsOneViewChange"}, nil, []planted.Bug{planted.TimeoutNotDoubled}},
	{"one replica or client drives the views", []string{"TestOneReplicaCannotDriveViews", "TestBadRequestsStartNoTimer", "TestNumberOutsideTheWindowLeavesNoTrace"}, nil, []planted.Bug{planted.FollowOneReplica}},
	{"a bad message sets off a storm", []string{"FuzzStep"}, nil, nil},
	{"map order or a clock decides", []string{"TestSimIsReplayable"}, nil, []planted.Bug{planted.LocalClockInExecution}},
	{"the application's results differ between machines", []string{"TestDivergenceStopsAndResyncs"}, nil, nil},
	{"a replica forgets its votes and votes again", []string{"TestPlantedObservation", "TestObserverDoesNotVoteAgain", "TestObserverIsSilent", "TestRestartKeepsPromises"}, nil, []planted.Bug{planted.AmnesiaVotes, planted.UnsyncedVotes, planted.ShortObservation}},
	{"a torn log is refused, or a damaged one accepted", []string{"TestTornTailIsCutOff", "TestFaultFlippedBits", "TestTornSnapshotIsCutOffAtOnce"}, nil, []planted.Bug{planted.DamageIsTorn}},
	{"a damaged log, or an old copy of one, makes a replica forget its votes", []string{"TestDamagedLogIsRepairedFromPeers", "TestOldCopyOfALogIsRefused"}, nil, nil},
	{"a log is opened twice, by another replica, or without its newest part", []string{"TestFaultLogIsOpenedOnce", "TestFaultLostAndForeignLogs", "TestFaultMissingSegments"}, nil, nil},
	{"content of a frame is taken for a frame", []string{"TestAttackFrameInsideAnOperation"}, nil, nil},
	{"a transfer waits for data that no replica has", []string{"TestFaultInterruptedTransferEnds", "TestFaultSlowTransferEnds", "TestSimSweep", "TestPlantedRules"}, nil, []planted.Bug{planted.TransferKept}},
	{"a removed replica votes, or one that has not joined", []string{"TestSimMembers", "TestEpochAddsAndRemovesReplicas"}, nil, []planted.Bug{planted.NonMemberVotes}},
	{"two sets of replicas order one number", []string{"TestSimMembers"}, nil, []planted.Bug{planted.EpochTooEarly}},
	{"a change of replicas is lost, or believed without proof", []string{"TestPlantedRules", "TestEpochAddsAndRemovesReplicas"}, nil, []planted.Bug{planted.ChangeNotInSnapshot, planted.EpochProofTrusted}},
	{"messages for later views use up the memory", []string{"TestPlantedRules"}, nil, []planted.Bug{planted.FutureUnbounded}},
	{"a client takes the result of another operation for its own", []string{"TestPlantedRules"}, nil, []planted.Bug{planted.ContentNotBound}},
	{"a clock that was ahead stops the chain", []string{"TestFaultClockThatWasAhead", "TestPlantedRules"}, nil, []planted.Bug{planted.ClockAheadStops}},
	{"a chain makes assets of another one", []string{"TestAttackCounterfeitAllowances", "TestPlantedEscrow"}, nil, []planted.Bug{planted.EscrowUnchecked}},
	{"strangers use up the cores or the state", []string{"TestAttackInvalidRequestsEndTheirConnection", "TestAttackConsensusNeverVerifiesJudgedRequests", "TestAttackClientTableHasALimit", "TestAttackPoolTakenByManyStrangers"}, nil, nil},
	{"quorums are wrong where n is not 3f+1", []string{"TestQuorumTable", "TestQuorumsIntersect"}, nil, []planted.Bug{planted.WeakCommit}},
	{"a client believes one replica", []string{"TestClientNeedsDistinctReplicas"}, nil, nil},
	{"keys of other roles or epochs count", []string{"TestEpochAddsAndRemovesReplicas", "TestReplicasKeyIsNoClients"}, nil, nil},
	{"replicas judge one signature differently", []string{"TestRulesOnTorsionVectors", "TestStandardRuleIsTheStandardLibrarys", "FuzzStandardRule", "TestCacheAnswersAsItsRule"}, nil, nil},
	{"replicas share memory", []string{"TestSimSweep", "TestClusterInSimulatedTime"}, nil, nil},

	{"a replica votes on in a view that it has left", nil, nil, []planted.Bug{planted.VoteInOldView}},
	{"a slow primary keeps its view", []string{"TestSlowPrimaryLosesItsView", "TestPlantedSlowPrimary"}, nil, []planted.Bug{planted.SlowPrimaryTolerated}},
	{"a stranger uses up connections or memory", []string{"TestAttackSilentStrangersMakeRoom", "TestAttackHandshakeWithoutEnd", "TestClientFramesAreSmall", "TestLengthCostsNothing"}, nil, nil},
}

// TestMistakesAreCovered checks the table: each named test and script exists,
// and each planted mistake is listed.
func TestMistakesAreCovered(t *testing.T) {
	known := map[string]bool{}
	for _, dir := range []string{".", "sim", "replica", "../ledger/relay"} {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		require.NoError(t, err)
		for _, name := range files {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && (strings.HasPrefix(f.Name.Name, "Test") || strings.HasPrefix(f.Name.Name, "Fuzz")) {
					known[f.Name.Name] = true
				}
			}
		}
	}
	killed := map[planted.Bug]bool{}
	for _, m := range mistakes {
		require.NotZero(t, len(m.tests)+len(m.scripts)+len(m.bugs), m.what)
		for _, name := range m.tests {
			require.True(t, known[name], "%s: there is no %s", m.what, name)
		}
		for _, name := range m.scripts {
			_, err := os.Stat(filepath.Join("testdata", "scripts", name+".txt"))
			require.NoError(t, err, m.what)
		}
		for _, b := range m.bugs {
			killed[b] = true
		}
	}
	for _, b := range planted.All() {
		require.True(t, killed[b], "%v is no mistake's", b)
	}
	t.Logf("%d planted mistakes are listed", len(planted.All()))
}
