package ledger

import (
	"context"
	"errors"
)

// Engine orders transactions and executes them on its replicas of a [StateMachine]. Package ledgertest holds every
// engine to what is said here. All methods are safe for use by many goroutines.
//
// An engine promises: an accepted transaction of a correct sender is executed, once, in the same order on all correct
// replicas; only transactions whose signature [pbft.VerifyRequest] accepts are executed; a certified header is final.
type Engine interface {
	// Chain is the id under which clients sign transactions for this chain.
	Chain() Hash
	// Trust is what a light client has to know from the genesis, and who can judge this engine's certificates.
	Trust() (FinalityVerifier, TrustState)
	// Submit hands a signed transaction over for ordering. nil means accepted, not committed. A transaction that was
	// executed before is accepted again and has no further effect.
	Submit(ctx context.Context, tx Tx) (TxID, error)
	// WaitCommitted returns the receipt of a submitted transaction when it is final, whether or not its contract has
	// accepted it.
	WaitCommitted(ctx context.Context, id TxID) (Receipt, error)
	// Block returns a committed block, waiting for it if need be. Heights start at 1.
	Block(ctx context.Context, height uint64) (CommittedBlock, error)
	// Subscribe delivers all committed blocks from a height on, in order and without gaps, until ctx ends; then the
	// channel is closed. A slow reader delays nobody else.
	Subscribe(ctx context.Context, from uint64) (<-chan CommittedBlock, error)
	// Certified returns the header of a height with proof of its finality, waiting for it if need be.
	Certified(ctx context.Context, height uint64) (CertifiedHeader, error)
	// Read reads one replica's state as of its last block, which may lag behind and, in one replica's hands, lie. See
	// [Read] for the levels above that.
	Read(ctx context.Context, key string) (StateValue, error)
	// Outbox returns packet number index of those sent up to height and its path under that header's OutboxRoot.
	Outbox(ctx context.Context, index, height uint64) (Packet, Path, error)
	Status() EngineStatus
	Close() error
}

// EngineStatus is how an engine is doing.
type EngineStatus struct {
	Kind     string // "chain", "pbft", …
	Height   uint64 // of the last committed block; 0 before the first
	Replicas int
	Faulty   int // how many of them may be Byzantine
}

// Errors of engines.
var (
	ErrClosed    = errors.New("ledger: engine is closed")
	ErrBusy      = errors.New("ledger: too many transactions are waiting; try again later")
	ErrInvalidTx = errors.New("ledger: transaction not valid")
)
