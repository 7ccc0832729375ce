package cometbft

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// Codes of ABCI responses. A transaction that its contract refused has CodeRefused; the contract's own code is the
// response's codespace and its reason the log.
const (
	CodeOK uint32 = iota
	CodeInvalid
	CodeRefused
)

// Application is a ledger's state machine as an ABCI 2.0 application. CometBFT's block time is its only clock. It keeps
// its state in memory: CometBFT hands it all blocks above the height that Info reports.
//
// All methods may be called from CometBFT's four connections at once.
type Application struct {
	abci.BaseApplication // vote extensions are not used

	chain      ledger.Hash
	validators []byte // see encodeValidators
	machine    ledger.StateMachine
	verified   *verified
	snapshots  snapshots
	observe    func(height int64, b *ledger.CommittedBlock) // after Commit; b is nil for an empty block

	mu       sync.Mutex
	height   int64                   // last one committed
	headers  map[int64]ledger.Header // the ledger's last header as of a height, for queries
	executed *abci.ResponseFinalizeBlock
	at       int64 // height of executed
	hash     []byte
	block    *ledger.CommittedBlock // what executed made
}

var _ abci.Application = (*Application)(nil)

// keptHeaders is how many heights back queries are answered; the state machine keeps as many.
const keptHeaders = 256

// ApplicationConfig describes an [Application]. Fields left at zero take the default named beside them.
type ApplicationConfig struct {
	Genesis          Genesis
	Contracts        []ledger.Contract // beside the ledger's own
	SnapshotInterval int64             // CometBFT heights from one snapshot to the next (default 1000; negative: none)
}

func (cfg ApplicationConfig) withDefaults() ApplicationConfig {
	if cfg.SnapshotInterval == 0 {
		cfg.SnapshotInterval = 1000
	}
	return cfg
}

// NewApplication starts an application at its genesis.
func NewApplication(cfg ApplicationConfig) (*Application, error) {
	cfg = cfg.withDefaults()
	trust, err := cfg.Genesis.Trust()
	if err != nil {
		return nil, err
	}
	chain := trust.Chain
	machine, err := ledger.NewMachine(chain, cfg.Genesis.Ledger, cfg.Contracts...)
	if err != nil {
		return nil, err
	}
	return &Application{
		chain: chain, validators: trust.Validators, machine: machine, verified: newVerified(chain),
		snapshots: snapshots{interval: cfg.SnapshotInterval},
		headers:   map[int64]ledger.Header{0: machine.Head()},
		observe:   func(int64, *ledger.CommittedBlock) {},
	}, nil
}

// appHash is the hash of the ledger's last header, which commits to everything up to it.
func (a *Application) appHash() []byte {
	h := a.machine.Head()
	hash := h.Hash()
	return hash[:]
}

// Info implements [abci.Application].
func (a *Application) Info(context.Context, *abci.RequestInfo) (*abci.ResponseInfo, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	// Between FinalizeBlock and Commit the machine is ahead of what is committed; the header of that height is not.
	h := a.headers[a.height]
	hash := h.Hash()
	if a.height == 0 {
		return &abci.ResponseInfo{Data: "trigrid ledger"}, nil
	}
	return &abci.ResponseInfo{Data: "trigrid ledger", LastBlockHeight: a.height, LastBlockAppHash: hash[:]}, nil
}

// InitChain implements [abci.Application]. It refuses the genesis of another chain, and other validators than this one's:
// no light client would believe them.
func (a *Application) InitChain(_ context.Context, r *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	var chain string
	if err := json.Unmarshal(r.AppStateBytes, &chain); err != nil || chain != a.chain.String() || r.ChainId != ChainID(a.chain) {
		return nil, fmt.Errorf("cometbft: genesis is of chain %q, the application is of %q", chain, a.chain)
	}
	validators := make([]Validator, len(r.Validators))
	for i, v := range r.Validators {
		validators[i].Power = v.Power
		copy(validators[i].Key[:], v.PubKey.GetEd25519())
	}
	if !bytes.Equal(encodeValidators(validators), a.validators) {
		return nil, fmt.Errorf("cometbft: CometBFT's genesis has other validators than the application's: %d, want %d with the same keys and powers", len(validators), len(a.validators)/validatorSize)
	}
	return &abci.ResponseInitChain{AppHash: a.appHash()}, nil
}

// CheckTx implements [abci.Application]. A number too far ahead of this node's state may be fine in the state of a node
// that is a block further, so it is let in the first time and judged again after the next block.
func (a *Application) CheckTx(_ context.Context, r *abci.RequestCheckTx) (*abci.ResponseCheckTx, error) {
	tx := a.verified.decode(r.Tx)
	if tx == nil {
		return &abci.ResponseCheckTx{Code: CodeInvalid, Log: "not a transaction, or its signature is wrong"}, nil
	}
	err := a.machine.Check(tx)
	if err == nil || r.Type == abci.CheckTxType_New && errors.Is(err, &ledger.Refusal{Code: "tx.ahead"}) {
		return &abci.ResponseCheckTx{}, nil
	}
	code, space, log := refusal(err)
	return &abci.ResponseCheckTx{Code: code, Codespace: space, Log: log}, nil
}

func refusal(err error) (code uint32, codespace, log string) {
	var no *ledger.Refusal
	if !errors.As(err, &no) {
		return CodeInvalid, "", err.Error()
	}
	return CodeRefused, no.Code, no.Reason
}

// acceptable says for each transaction whether a block after the current state may hold it: it has to be signed, its
// number unused, and not be there twice. That is a function of the chain alone, so all correct nodes agree on it, and
// a proposal that was filtered by it is accepted by all.
func (a *Application) acceptable(raw [][]byte) []bool {
	type slot struct {
		client pbft.PublicKey
		number uint64
	}
	taken := map[slot]bool{}
	out := make([]bool, len(raw))
	for i := range raw {
		tx := a.verified.decode(raw[i])
		if tx == nil || taken[slot{tx.Client, tx.Number}] || a.machine.Check(tx) != nil {
			continue
		}
		taken[slot{tx.Client, tx.Number}] = true
		out[i] = true
	}
	return out
}

// PrepareProposal implements [abci.Application]. It leaves out what would be refused and keeps the order of arrival.
func (a *Application) PrepareProposal(_ context.Context, r *abci.RequestPrepareProposal) (*abci.ResponsePrepareProposal, error) {
	out := &abci.ResponsePrepareProposal{}
	for i, ok := range a.acceptable(r.Txs) {
		if ok {
			out.Txs = append(out.Txs, r.Txs[i])
		}
	}
	return out, nil
}

// ProcessProposal implements [abci.Application].
func (a *Application) ProcessProposal(_ context.Context, r *abci.RequestProcessProposal) (*abci.ResponseProcessProposal, error) {
	status := abci.ResponseProcessProposal_ACCEPT
	if slices.Contains(a.acceptable(r.Txs), false) {
		status = abci.ResponseProcessProposal_REJECT
	}
	return &abci.ResponseProcessProposal{Status: status}, nil
}

// FinalizeBlock implements [abci.Application]. CometBFT may ask for a block again if it has stopped before Commit.
// Signatures are checked here too, for blocks that this node did not see proposed; a transaction that fails, which only
// a Byzantine majority can have put there, stays without effect.
func (a *Application) FinalizeBlock(_ context.Context, r *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.executed != nil && r.Height == a.at && bytes.Equal(r.Hash, a.hash):
		return a.executed, nil
	case a.executed != nil || r.Height != a.height+1:
		return nil, fmt.Errorf("cometbft: asked to execute block %d %X after block %d", r.Height, r.Hash, max(a.height, a.at))
	}
	out := &abci.ResponseFinalizeBlock{TxResults: make([]*abci.ExecTxResult, len(r.Txs))}
	block := ledger.Block{Time: r.Time.UnixMilli()}
	var places []int
	for i := range r.Txs {
		tx := a.verified.decode(r.Txs[i])
		if tx == nil {
			out.TxResults[i] = &abci.ExecTxResult{Code: CodeInvalid, Log: "not a transaction, or its signature is wrong"}
			continue
		}
		block.Txs, places = append(block.Txs, *tx), append(places, i)
	}
	a.block = nil
	if len(block.Txs) > 0 {
		done, err := a.machine.Apply(block)
		if err != nil {
			return nil, err
		}
		a.block = &done
		for k, i := range places {
			receipt := &done.Receipts[k]
			out.TxResults[i] = &abci.ExecTxResult{Data: receipt.Data}
			if !receipt.OK() {
				out.TxResults[i] = &abci.ExecTxResult{Code: CodeRefused, Codespace: receipt.Code, Log: receipt.Reason}
			}
		}
	}
	out.AppHash = a.appHash()
	a.executed, a.at, a.hash = out, r.Height, bytes.Clone(r.Hash)
	return out, nil
}

// Commit implements [abci.Application]. No block is released for deletion: restarted nodes compute their state from them.
func (a *Application) Commit(context.Context, *abci.RequestCommit) (*abci.ResponseCommit, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.executed == nil {
		return nil, errors.New("cometbft: asked to commit where nothing was executed")
	}
	a.height, a.executed = a.at, nil
	a.headers[a.height] = a.machine.Head()
	delete(a.headers, a.height-keptHeaders)
	err := a.snapshots.take(a.height, a.machine)
	a.observe(a.height, a.block)
	return &abci.ResponseCommit{}, err
}

// committed is the height of the last block that was committed.
func (a *Application) committed() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.height
}

// QueryAnswer is the JSON that a query for "state" returns. Header hashes to the application hash in the CometBFT header
// of the response's height plus one, and State is proved under Header.StateRoot.
type QueryAnswer struct {
	Header ledger.Header
	State  ledger.StateValue
}

// Query implements [abci.Application]. The only path is "state", the data is the key, and a height of 0 means the last.
func (a *Application) Query(_ context.Context, r *abci.RequestQuery) (*abci.ResponseQuery, error) {
	if r.Path != "state" {
		return &abci.ResponseQuery{Code: CodeInvalid, Log: fmt.Sprintf("path %q is not known; the only one is \"state\"", r.Path)}, nil
	}
	a.mu.Lock()
	height := r.Height
	if height == 0 {
		height = a.height
	}
	header, kept := a.headers[height]
	a.mu.Unlock()
	if !kept {
		return &abci.ResponseQuery{Code: CodeInvalid, Log: fmt.Sprintf("height %d is not kept", height)}, nil
	}
	value, err := a.machine.Read(string(r.Data), header.Height)
	if err != nil {
		return &abci.ResponseQuery{Code: CodeInvalid, Log: err.Error()}, nil
	}
	answer, err := json.Marshal(QueryAnswer{header, value})
	return &abci.ResponseQuery{Key: r.Data, Value: answer, Height: height}, err
}
