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

// Codes of ABCI responses. CodeRefused means that the contract refused the
// transaction: the response's codespace is the contract's code, and the log its
// reason.
const (
	CodeOK      uint32 = iota // the contract accepted the transaction
	CodeInvalid               // does not decode, or its signature is invalid
	CodeRefused               // the contract refused the transaction
)

// Application is a ledger's state machine as an ABCI 2.0 application.
// CometBFT's block time is its only clock. The state is in memory; CometBFT
// replays all blocks above the height that Info reports.
//
// For each block CometBFT calls FinalizeBlock, which executes the transactions,
// and then Commit, which makes the result visible to queries. All methods are
// safe for concurrent use, because CometBFT has four connections.
type Application struct {
	abci.BaseApplication // no vote extensions

	chain      ledger.Hash     // id that clients sign
	validators []byte          // of the genesis, see encodeValidators
	machine    *ledger.Machine // the contracts' state
	verified   *verified       // transactions with a valid signature
	snapshots  snapshots       // for CometBFT's state sync
	// observe is called after Commit; b is nil for a block without ledger
	// block.
	observe func(height int64, b *ledger.CommittedBlock)

	mu       sync.Mutex                  // guards the fields below
	height   int64                       // last committed height
	headers  map[int64]ledger.Header     // last ledger header at each height, for queries
	executed *abci.ResponseFinalizeBlock // result of FinalizeBlock before Commit
	at       int64                       // height of executed
	hash     []byte                      // CometBFT's hash of the executed block
	block    *ledger.CommittedBlock      // ledger block of executed
}

var _ abci.Application = (*Application)(nil)

// keptHeaders is the number of past heights that Query can read, as many as the
// state machine keeps.
const keptHeaders = 256

// ApplicationConfig describes an [Application]. Each field states its default.
type ApplicationConfig struct {
	Genesis          Genesis           // equal on all nodes
	Contracts        []ledger.Contract // beside the ledger's own
	SnapshotInterval int64             // heights between snapshots (default 1000; negative: none)
}

// withDefaults returns cfg with defaults set.
func (cfg ApplicationConfig) withDefaults() ApplicationConfig {
	if cfg.SnapshotInterval == 0 {
		cfg.SnapshotInterval = 1000
	}
	return cfg
}

// NewApplication returns an application at its genesis.
func NewApplication(cfg ApplicationConfig) (*Application, error) {
	cfg = cfg.withDefaults()
	trust, err := cfg.Genesis.Trust()
	if err != nil {
		return nil, err
	}
	chain := trust.Chain
	validators, err := Verifier{}.Validators(trust)
	if err != nil {
		return nil, err
	}
	machine, err := ledger.NewMachine(chain, cfg.Genesis.Ledger, append([]ledger.Contract{validators}, cfg.Contracts...)...)
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

// appHash returns the hash of the ledger's last header, which covers the whole
// chain and state.
func (a *Application) appHash() []byte {
	h := a.machine.Head()
	hash := h.Hash()
	return hash[:]
}

// Info implements [abci.Application]. CometBFT replays the blocks above the
// reported height.
func (a *Application) Info(context.Context, *abci.RequestInfo) (*abci.ResponseInfo, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	// The machine is one block ahead between FinalizeBlock and Commit; Info
	// reports the committed height.
	h := a.headers[a.height]
	hash := h.Hash()
	if a.height == 0 {
		return &abci.ResponseInfo{Data: "trigrid ledger"}, nil
	}
	return &abci.ResponseInfo{Data: "trigrid ledger", LastBlockHeight: a.height, LastBlockAppHash: hash[:]}, nil
}

// InitChain implements [abci.Application]. It rejects another chain's genesis
// and other validators than the application's, because light clients would
// reject the resulting chain.
func (a *Application) InitChain(_ context.Context, r *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	var chain string
	// The application state of the genesis document is the chain's id.
	if err := json.Unmarshal(r.AppStateBytes, &chain); err != nil || chain != a.chain.String() || r.ChainId != ChainID(a.chain) {
		return nil, fmt.Errorf("cometbft: genesis is of chain %q, but the application is of %q", chain, a.chain)
	}
	validators := make([]Validator, len(r.Validators))
	for i, v := range r.Validators {
		validators[i].Power = v.Power
		copy(validators[i].Key[:], v.PubKey.GetEd25519())
	}
	if !bytes.Equal(encodeValidators(validators), a.validators) {
		return nil, fmt.Errorf("cometbft: CometBFT's genesis has other validators than the application: %d, want %d with the same keys and powers", len(validators), len(a.validators)/validatorSize)
	}
	return &abci.ResponseInitChain{AppHash: a.appHash()}, nil
}

// CheckTx implements [abci.Application]. A number that is too far ahead of this
// node's state may be valid one block later, so it is accepted at first and
// checked again after the next block.
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

// refusal converts an error of the state machine into code, codespace and log.
func refusal(err error) (code uint32, codespace, log string) {
	var no *ledger.Refusal
	if !errors.As(err, &no) {
		return CodeInvalid, "", err.Error()
	}
	return CodeRefused, no.Code, no.Reason
}

// acceptable reports for each transaction whether the next block may contain
// it: it is signed, its number is unused, and it appears once. The result
// depends on the chain only, so all correct nodes accept a proposal that one of
// them has filtered.
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
		// A second transaction with the same key and number would be refused in
		// the block.
		taken[slot{tx.Client, tx.Number}] = true
		out[i] = true
	}
	return out
}

// PrepareProposal implements [abci.Application]. It removes transactions that
// would be refused and keeps the order.
func (a *Application) PrepareProposal(_ context.Context, r *abci.RequestPrepareProposal) (*abci.ResponsePrepareProposal, error) {
	out := &abci.ResponsePrepareProposal{}
	for i, ok := range a.acceptable(r.Txs) {
		if ok {
			out.Txs = append(out.Txs, r.Txs[i])
		}
	}
	return out, nil
}

// ProcessProposal implements [abci.Application]. It rejects a proposal with a
// transaction that PrepareProposal would remove.
func (a *Application) ProcessProposal(_ context.Context, r *abci.RequestProcessProposal) (*abci.ResponseProcessProposal, error) {
	status := abci.ResponseProcessProposal_ACCEPT
	if slices.Contains(a.acceptable(r.Txs), false) {
		status = abci.ResponseProcessProposal_REJECT
	}
	return &abci.ResponseProcessProposal{Status: status}, nil
}

// FinalizeBlock implements [abci.Application]. CometBFT may request a block
// again if it stopped before Commit. Signatures are verified here too, for
// blocks that this node did not see as proposals. An invalid transaction, which
// only a Byzantine majority can commit, has no effect.
func (a *Application) FinalizeBlock(_ context.Context, r *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	// The same block again: CometBFT stopped between FinalizeBlock and Commit.
	case a.executed != nil && r.Height == a.at && bytes.Equal(r.Hash, a.hash):
		return a.executed, nil
	case a.executed != nil || r.Height != a.height+1:
		return nil, fmt.Errorf("cometbft: requested to execute block %d %X after block %d", r.Height, r.Hash, max(a.height, a.at))
	}
	out := &abci.ResponseFinalizeBlock{TxResults: make([]*abci.ExecTxResult, len(r.Txs))}
	block := ledger.Block{Time: r.Time.UnixMilli()}
	// Invalid transactions keep their place among the results but are not part
	// of the ledger block.
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
	// Without valid transactions there is no ledger block, and the application
	// hash stays.
	if len(block.Txs) > 0 {
		before, _ := a.machine.Validators()
		done, err := a.machine.Apply(block)
		if err != nil {
			return nil, err
		}
		after, _ := a.machine.Validators()
		out.ValidatorUpdates = updates(before, after)
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

// updates returns the changes from one set to the next: the power of each new
// validator, and 0 for each removed one. CometBFT puts them in force two blocks
// later.
func updates(before, after ledger.ValidatorSet) []abci.ValidatorUpdate {
	if before.Serial == after.Serial {
		return nil
	}
	power := map[pbft.PublicKey]int64{}
	for _, v := range after.Members {
		power[v.Key] = v.Power
	}
	var out []abci.ValidatorUpdate
	for _, v := range before.Members {
		if power[v.Key] == 0 {
			out = append(out, abci.Ed25519ValidatorUpdate(v.Key[:], 0))
		}
		delete(power, v.Key)
	}
	for _, v := range after.Members { // in order of id, equal on all nodes
		if p, added := power[v.Key]; added {
			out = append(out, abci.Ed25519ValidatorUpdate(v.Key[:], p))
		}
	}
	return out
}

// Commit implements [abci.Application]. It releases no block for deletion,
// because a restarted node computes its state from all blocks.
func (a *Application) Commit(context.Context, *abci.RequestCommit) (*abci.ResponseCommit, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.executed == nil {
		return nil, errors.New("cometbft: requested to commit without an executed block")
	}
	a.height, a.executed = a.at, nil
	a.headers[a.height] = a.machine.Head()
	// The state machine drops the state of the same height.
	delete(a.headers, a.height-keptHeaders)
	err := a.snapshots.take(a.height, a.machine)
	a.observe(a.height, a.block)
	return &abci.ResponseCommit{}, err
}

// committed returns the height of the last committed block.
func (a *Application) committed() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.height
}

// QueryAnswer is the JSON answer to a query of "state". The hash of Header is
// the application hash in the CometBFT header of the response's height plus
// one, and State is proved under Header.StateRoot.
type QueryAnswer struct {
	Header ledger.Header
	State  ledger.StateValue
}

// Query implements [abci.Application]. The path is "state", the data is the
// key, and height 0 means the last one.
func (a *Application) Query(_ context.Context, r *abci.RequestQuery) (*abci.ResponseQuery, error) {
	if r.Path != "state" {
		return &abci.ResponseQuery{Code: CodeInvalid, Log: fmt.Sprintf("unknown path %q; use \"state\"", r.Path)}, nil
	}
	a.mu.Lock()
	height := r.Height
	// Height 0 means the last committed height.
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
