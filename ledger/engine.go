package ledger

import (
	"context"
	"errors"
)

// Engine orders transactions and executes them on its replicas of a
// [StateMachine]. All methods are safe for concurrent use. Package ledgertest
// tests every statement of this interface.
//
// An engine guarantees the following. An accepted transaction of a correct
// sender is executed once, in the same order on all correct replicas. Only
// transactions with a signature that [pbft.VerifyRequest] accepts are executed.
// A certified header is final.
type Engine interface {
	// Chain returns the chain's id, which every transaction's signature covers.
	Chain() Hash
	// Trust returns the light client for this engine's certificates, and its
	// state at the genesis.
	Trust() (FinalityVerifier, TrustState)
	// Submit accepts a signed transaction for ordering. A nil error means
	// accepted, not yet executed. A transaction that was executed before is
	// accepted again without any effect. The errors are [ErrClosed], [ErrBusy],
	// [ErrInvalidTx] and the context's.
	Submit(ctx context.Context, tx Tx) (TxID, error)
	// WaitCommitted returns the receipt of a submitted transaction once it is
	// final, including receipts of refused transactions.
	WaitCommitted(ctx context.Context, id TxID) (Receipt, error)
	// Block returns a committed block, and waits for it if necessary. Heights
	// start at 1.
	Block(ctx context.Context, height uint64) (CommittedBlock, error)
	// Subscribe delivers all committed blocks from a height on, in order and
	// without gaps, until ctx ends; then it closes the channel. A slow
	// subscriber does not block other subscribers.
	Subscribe(ctx context.Context, from uint64) (<-chan CommittedBlock, error)
	// Certified returns the header of a height with a proof of its finality,
	// and waits for it if necessary.
	Certified(ctx context.Context, height uint64) (CertifiedHeader, error)
	// Read returns a key's value in one replica's state after its last block.
	// The replica may lag behind, and a Byzantine replica may return any value;
	// verify the proof, or use package client.
	Read(ctx context.Context, key string) (StateValue, error)
	// Outbox returns packet number index of those sent up to height, with its
	// path under that header's OutboxRoot.
	Outbox(ctx context.Context, index, height uint64) (Packet, Path, error)
	// Status returns the state of the engine. It does not wait.
	Status() EngineStatus
	// Close stops the engine and ends all waiting calls with [ErrClosed]. A
	// second call has no effect.
	Close() error
}

// Batcher is an [Engine] that accepts many transactions at once for less than
// one after another. [SubmitAll] uses it.
type Batcher interface {
	Engine
	// SubmitAll is Submit for each transaction, in their order. Both results
	// have that order.
	SubmitAll(ctx context.Context, txs []Tx) ([]TxID, []error)
}

// SubmitAll submits transactions in their order, at once if the engine is a
// [Batcher]. Both results have the order of txs.
func SubmitAll(ctx context.Context, e Engine, txs []Tx) ([]TxID, []error) {
	if b, can := e.(Batcher); can {
		return b.SubmitAll(ctx, txs)
	}
	ids, errs := make([]TxID, len(txs)), make([]error, len(txs))
	for i := range txs {
		ids[i], errs[i] = e.Submit(ctx, txs[i])
	}
	return ids, errs
}

// EngineStatus is the state of an engine.
type EngineStatus struct {
	Kind     string // "chain", "pbft", …
	Height   uint64 // of the last committed block; 0 before the first
	Replicas int    // number of replicas
	Faulty   int    // number of replicas that may be Byzantine
}

// Errors of engines.
var (
	ErrClosed    = errors.New("ledger: engine is closed")
	ErrBusy      = errors.New("ledger: too many transactions are waiting; try again later")
	ErrInvalidTx = errors.New("ledger: transaction not valid")
)
