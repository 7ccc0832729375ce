package cometbft

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/ledgertest"
	"github.com/trigrid/trigrid/pbft"
)

// bench drives one application as CometBFT would, without a network.
type bench struct {
	t       *testing.T
	app     *Application
	genesis Genesis
	chain   ledger.Hash
	signer  pbft.Signer
}

var ctx = context.Background()

func newBench(t *testing.T) *bench {
	b := &bench{t: t, signer: pbft.NewSigner([32]byte{7})}
	grid, err := client.NewParty(rand.NewChaCha8([32]byte{1}), "grid", ledger.RoleGrid)
	require.NoError(t, err)
	der, err := client.NewParty(rand.NewChaCha8([32]byte{2}), "der", ledger.RoleDER)
	require.NoError(t, err)
	identity := der.Identity()
	identity.Key = b.signer.Public() // so that the test numbers and signs by hand
	b.genesis = Genesis{
		Ledger:     ledger.Genesis{Name: "bench", Identities: []ledger.Identity{grid.Identity(), identity}},
		Validators: []Validator{{Key: [32]byte{9}}},
	}
	b.chain, err = b.genesis.Chain()
	require.NoError(t, err)
	b.app = b.fresh()
	doc, err := b.genesis.document()
	require.NoError(t, err)
	init, err := b.app.InitChain(ctx, &abci.RequestInitChain{
		ChainId: doc.ChainID, AppStateBytes: doc.AppState, Validators: types.TM2PB.ValidatorUpdates(types.NewValidatorSet(validators(doc))),
	})
	require.NoError(t, err)
	require.Equal(t, b.app.appHash(), init.AppHash)
	return b
}

func (b *bench) fresh() *Application {
	app, err := NewApplication(ApplicationConfig{
		Genesis: b.genesis, Contracts: []ledger.Contract{ledgertest.Registers{}}, SnapshotInterval: 4,
	})
	require.NoError(b.t, err)
	return app
}

// increase is transaction number n: it adds one to a counter.
func (b *bench) increase(n uint64) []byte {
	tx := ledger.NewTx(b.chain, b.signer, n, &ledger.RawMessage{Name: "test.increase", Body: []byte{1, 'n'}})
	return ledger.EncodeTx(tx)
}

func request(height int64, txs ...[]byte) *abci.RequestFinalizeBlock {
	return &abci.RequestFinalizeBlock{Height: height, Hash: []byte{byte(height)}, Time: time.UnixMilli(1000 * height), Txs: txs}
}

// execute finalizes and commits one block.
func execute(t *testing.T, app *Application, r *abci.RequestFinalizeBlock) *abci.ResponseFinalizeBlock {
	t.Helper()
	out, err := app.FinalizeBlock(ctx, r)
	require.NoError(t, err)
	_, err = app.Commit(ctx, &abci.RequestCommit{})
	require.NoError(t, err)
	return out
}

func TestEmptyBlocksLeaveTheLedgerAsItIs(t *testing.T) {
	b := newBench(t)
	genesis := b.app.appHash()
	require.Equal(t, genesis, execute(t, b.app, request(1)).AppHash)
	require.Zero(t, b.app.machine.Head().Height)
	after := execute(t, b.app, request(2, b.increase(1)))
	require.NotEqual(t, genesis, after.AppHash)
	require.Equal(t, uint64(1), binary.BigEndian.Uint64(after.TxResults[0].Data))
	head := b.app.machine.Head()
	require.Equal(t, uint64(1), head.Height)
	require.Equal(t, int64(2000), head.Time, "block time is CometBFT's")
	require.Equal(t, after.AppHash, execute(t, b.app, request(3)).AppHash)
}

func TestSignaturesAreVerifiedOnce(t *testing.T) {
	b := newBench(t)
	tx := b.increase(1)
	check, err := b.app.CheckTx(ctx, &abci.RequestCheckTx{Tx: tx})
	require.NoError(t, err)
	require.True(t, check.IsOK())
	_, err = b.app.PrepareProposal(ctx, &abci.RequestPrepareProposal{Txs: [][]byte{tx}})
	require.NoError(t, err)
	_, err = b.app.ProcessProposal(ctx, &abci.RequestProcessProposal{Txs: [][]byte{tx}})
	require.NoError(t, err)
	execute(t, b.app, request(1, tx))
	require.Equal(t, uint64(1), b.app.verified.checked)
	require.Equal(t, uint64(3), b.app.verified.hit)

	// The same content under another signature is another transaction to the
	// cache.
	forged := append([]byte(nil), tx...)
	forged[len(forged)-1] ^= 1
	check, err = b.app.CheckTx(ctx, &abci.RequestCheckTx{Tx: forged})
	require.NoError(t, err)
	require.Equal(t, CodeInvalid, check.Code)
}

func TestTheCacheForgetsAndStaysRight(t *testing.T) {
	b := newBench(t)
	v := b.app.verified
	fill := func(mark byte) {
		for i := 0; len(v.young) < verifiedLimit; i++ {
			v.young[[32]byte{mark, byte(i), byte(i >> 8)}] = true
		}
	}
	require.NotNil(t, v.decode(b.increase(1)))
	fill(1)
	require.NotNil(t, v.decode(b.increase(2)))
	require.Len(t, v.old, verifiedLimit)
	require.Len(t, v.young, 1)
	require.NotNil(t, v.decode(b.increase(1)))
	require.Equal(t, uint64(2), v.checked, "the first one is in the older half")
	fill(2)
	require.NotNil(t, v.decode(b.increase(3)))
	require.NotNil(t, v.decode(b.increase(1)))
	require.Equal(t, uint64(4), v.checked, "the first one is forgotten, and found good again")
}

func TestProposalsHoldOnlyWhatMayBeExecuted(t *testing.T) {
	b := newBench(t)
	execute(t, b.app, request(1, b.increase(1)))
	good, used, twice, ahead := b.increase(2), b.increase(1), b.increase(2), b.increase(500)
	unsigned := append([]byte(nil), b.increase(3)...)
	unsigned[len(unsigned)-1] ^= 1
	stranger := ledger.EncodeTx(ledger.NewTx(b.chain, pbft.NewSigner([32]byte{8}), 1, &ledger.RawMessage{Name: "test.increase", Body: []byte{1, 'n'}}))
	next := b.increase(4)
	all := [][]byte{good, used, twice, ahead, unsigned, stranger, {1, 2, 3}, nil, next}

	out, err := b.app.PrepareProposal(ctx, &abci.RequestPrepareProposal{Txs: all})
	require.NoError(t, err)
	require.Equal(t, [][]byte{good, next}, out.Txs)
	verdict := func(txs ...[]byte) bool {
		r, err := b.app.ProcessProposal(ctx, &abci.RequestProcessProposal{Txs: txs})
		require.NoError(t, err)
		return r.IsAccepted()
	}
	require.True(t, verdict(out.Txs...))
	require.True(t, verdict())
	for i, bad := range [][]byte{used, ahead, unsigned, stranger, {1, 2, 3}, nil} {
		require.False(t, verdict(next, bad), "%d", i)
	}
	require.False(t, verdict(good, twice))

	// If validators with more than two thirds of the power commit them all the
	// same, nothing comes of them.
	done := execute(t, b.app, request(2, unsigned, good, used))
	require.Equal(t, CodeInvalid, done.TxResults[0].Code)
	require.Equal(t, uint64(2), binary.BigEndian.Uint64(done.TxResults[1].Data))
	require.Equal(t, "tx.number", done.TxResults[2].Codespace)
}

func TestANumberFarAheadIsJudgedAgainAfterABlock(t *testing.T) {
	b := newBench(t)
	for kind, ok := range map[abci.CheckTxType]bool{abci.CheckTxType_New: true, abci.CheckTxType_Recheck: false} {
		r, err := b.app.CheckTx(ctx, &abci.RequestCheckTx{Tx: b.increase(500), Type: kind})
		require.NoError(t, err)
		require.Equal(t, ok, r.IsOK())
	}
}

func TestABlockThatWasNotCommittedIsExecutedOnce(t *testing.T) {
	b := newBench(t)
	r := request(1, b.increase(1))
	first, err := b.app.FinalizeBlock(ctx, r)
	require.NoError(t, err)
	info, err := b.app.Info(ctx, &abci.RequestInfo{})
	require.NoError(t, err)
	require.Zero(t, info.LastBlockHeight, "not committed")
	_, err = b.app.FinalizeBlock(ctx, &abci.RequestFinalizeBlock{Height: 1, Hash: []byte("another")})
	require.Error(t, err)
	require.Equal(t, first, execute(t, b.app, r))
	require.Equal(t, uint64(1), b.app.machine.Head().Height)
	_, err = b.app.FinalizeBlock(ctx, request(3))
	require.Error(t, err, "block 2 is missing")
	_, err = b.app.Commit(ctx, &abci.RequestCommit{})
	require.Error(t, err, "nothing to commit")
}

func TestBlocksAreReplayedAboveASnapshot(t *testing.T) {
	b := newBench(t)
	var blocks []*abci.RequestFinalizeBlock
	var hashes [][]byte
	for h := int64(1); h <= 7; h++ {
		r := request(h, b.increase(uint64(h)))
		blocks, hashes = append(blocks, r), append(hashes, execute(t, b.app, r).AppHash)
	}
	// From the genesis.
	again := b.fresh()
	for i, r := range blocks {
		require.Equal(t, hashes[i], execute(t, again, r).AppHash)
	}

	// From the snapshot of height 4.
	list, err := b.app.ListSnapshots(ctx, &abci.RequestListSnapshots{})
	require.NoError(t, err)
	require.Len(t, list.Snapshots, 1)
	s := list.Snapshots[0]
	require.Equal(t, uint64(4), s.Height)
	chunk, err := b.app.LoadSnapshotChunk(ctx, &abci.RequestLoadSnapshotChunk{Height: 4, Format: s.Format})
	require.NoError(t, err)
	restored := b.fresh()
	offer := func(appHash []byte) abci.ResponseOfferSnapshot_Result {
		r, err := restored.OfferSnapshot(ctx, &abci.RequestOfferSnapshot{Snapshot: s, AppHash: appHash})
		require.NoError(t, err)
		return r.Result
	}
	apply := func(data []byte) abci.ResponseApplySnapshotChunk_Result {
		r, err := restored.ApplySnapshotChunk(ctx, &abci.RequestApplySnapshotChunk{Chunk: data, Sender: "liar"})
		require.NoError(t, err)
		return r.Result
	}
	require.Equal(t, abci.ResponseApplySnapshotChunk_ABORT, apply(chunk.Chunk), "nothing was offered")
	require.Equal(t, abci.ResponseOfferSnapshot_ACCEPT, offer(hashes[4]))
	require.Equal(t, abci.ResponseApplySnapshotChunk_REJECT_SNAPSHOT, apply(chunk.Chunk), "the light client knows another state")
	require.Equal(t, abci.ResponseOfferSnapshot_ACCEPT, offer(hashes[3]))
	require.Equal(t, abci.ResponseApplySnapshotChunk_RETRY, apply(chunk.Chunk[1:]))
	require.Equal(t, abci.ResponseApplySnapshotChunk_ACCEPT, apply(chunk.Chunk))
	s.Metadata[0] ^= 1
	require.Equal(t, abci.ResponseOfferSnapshot_REJECT, offer(hashes[3]))

	info, err := restored.Info(ctx, &abci.RequestInfo{})
	require.NoError(t, err)
	require.Equal(t, int64(4), info.LastBlockHeight)
	require.Equal(t, hashes[3], info.LastBlockAppHash)
	for h := info.LastBlockHeight; h < 7; h++ {
		require.Equal(t, hashes[h], execute(t, restored, blocks[h]).AppHash)
	}
}

func TestQueriesAreProvedUnderTheApplicationHash(t *testing.T) {
	b := newBench(t)
	first := execute(t, b.app, request(1, b.increase(1)))
	execute(t, b.app, request(2, b.increase(2)))
	r, err := b.app.Query(ctx, &abci.RequestQuery{Path: "state", Data: []byte("test/n"), Height: 1})
	require.NoError(t, err)
	var answer QueryAnswer
	require.NoError(t, json.Unmarshal(r.Value, &answer))
	hash := answer.Header.Hash()
	require.Equal(t, first.AppHash, hash[:])
	require.Equal(t, uint64(1), binary.BigEndian.Uint64(answer.State.Value))
	require.NoError(t, ledger.VerifyState(answer.Header.StateRoot, "test/n", answer.State.Value, true, answer.State.Proof))
	for _, q := range []*abci.RequestQuery{{Path: "store"}, {Path: "state", Height: 9}} {
		r, err := b.app.Query(ctx, q)
		require.NoError(t, err)
		require.Equal(t, CodeInvalid, r.Code)
	}
}

func TestAnotherChainsGenesisIsRefused(t *testing.T) {
	b := newBench(t)
	other := b.genesis
	other.Ledger.Name = "other"
	doc, err := other.document()
	require.NoError(t, err)
	_, err = b.app.InitChain(ctx, &abci.RequestInitChain{ChainId: doc.ChainID, AppStateBytes: doc.AppState})
	require.ErrorContains(t, err, "genesis is of chain")
}

// A CometBFT process that was started with other validators would make a chain
// that no light client believes.
func TestOtherValidatorsThanTheGenesisAreRefused(t *testing.T) {
	b := newBench(t)
	doc, err := b.genesis.document()
	require.NoError(t, err)
	for name, change := range map[string]func(v *types.Validator) []*types.Validator{
		"none": func(*types.Validator) []*types.Validator { return nil },
		"power": func(v *types.Validator) []*types.Validator {
			return []*types.Validator{types.NewValidator(v.PubKey, 2)}
		},
		"key": func(*types.Validator) []*types.Validator {
			return []*types.Validator{types.NewValidator(ed25519.GenPrivKeyFromSecret([]byte{1}).PubKey(), 1)}
		},
		"more": func(v *types.Validator) []*types.Validator {
			return []*types.Validator{v, types.NewValidator(ed25519.GenPrivKeyFromSecret([]byte{1}).PubKey(), 1)}
		},
	} {
		_, err := b.app.InitChain(ctx, &abci.RequestInitChain{
			ChainId: doc.ChainID, AppStateBytes: doc.AppState,
			Validators: types.TM2PB.ValidatorUpdates(types.NewValidatorSet(change(validators(doc)[0]))),
		})
		require.ErrorContains(t, err, "other validators", name)
	}
}

// validators are a genesis's.
func validators(doc *types.GenesisDoc) []*types.Validator {
	var out []*types.Validator
	for _, v := range doc.Validators {
		out = append(out, types.NewValidator(v.PubKey, v.Power))
	}
	return out
}
