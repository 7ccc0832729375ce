package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/trigrid/trigrid/ledger"
)

// History is the readers' side of an engine's final data: blocks, receipts by
// transaction and certified headers, with waiting. It implements four methods
// of [ledger.Engine]. An engine embeds it and writes it through the [Recorder]
// from the same [NewHistory].
type History struct{ log *history }

// Recorder is the writing side of a [History]. All methods are safe for
// concurrent use.
type Recorder struct{ log *history }

// NewHistory returns an empty history with its recorder.
//
// Both share one lock, so that a reader sees a block with all its receipts.
func NewHistory() (History, *Recorder) {
	h := &history{receipts: map[ledger.TxID]ledger.Location{}, certified: map[uint64]func() (ledger.FinalityProof, error){}, changed: make(chan struct{})}
	return History{h}, &Recorder{h}
}

// history is the shared state of a History and its Recorder.
type history struct {
	mu        sync.Mutex
	blocks    []ledger.CommittedBlock // block of height i+1 at index i
	receipts  map[ledger.TxID]ledger.Location
	certified map[uint64]func() (ledger.FinalityProof, error)
	changed   chan struct{} // closed and replaced at every change
	closed    bool
}

// notify wakes all waiting calls. The caller holds the lock.
func (h *history) notify() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// Add appends the block after the last one and reports whether b was that
// block. It ignores other blocks, so that an engine may execute a block again.
func (r *Recorder) Add(b ledger.CommittedBlock) bool {
	h := r.log
	h.mu.Lock()
	defer h.mu.Unlock()
	if b.Header.Height != uint64(len(h.blocks))+1 {
		return false
	}
	h.blocks = append(h.blocks, b)
	for i := range b.Receipts {
		// A repeated transaction is refused under the same id; its first
		// receipt is the valid one.
		if _, has := h.receipts[b.Receipts[i].ID]; !has {
			h.receipts[b.Receipts[i].ID] = ledger.Location{Height: b.Header.Height, Index: uint64(i)}
		}
	}
	h.notify()
	return true
}

// Certify stores the finality proof of a height. Later proofs of the same
// height are ignored.
func (r *Recorder) Certify(height uint64, p ledger.FinalityProof) {
	r.CertifyBy(height, func() (ledger.FinalityProof, error) { return p, nil })
}

// CertifyBy is [Recorder.Certify] for an engine that computes proofs on demand
// instead of keeping them in memory. prove may be called at any time from any
// goroutine.
func (r *Recorder) CertifyBy(height uint64, prove func() (ledger.FinalityProof, error)) {
	h := r.log
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, has := h.certified[height]; !has {
		h.certified[height] = prove
		h.notify()
	}
}

// Close ends all waiting calls with [ledger.ErrClosed] and reports whether this
// was the first call. Recorded data can still be read.
func (r *Recorder) Close() bool {
	h := r.log
	h.mu.Lock()
	defer h.mu.Unlock()
	first := !h.closed
	if first {
		h.closed = true
		h.notify()
	}
	return first
}

// Closed reports whether Close was called.
func (r *Recorder) Closed() bool {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	return r.log.closed
}

// Has reports whether a transaction has a receipt.
func (r *Recorder) Has(id ledger.TxID) bool {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	_, has := r.log.receipts[id]
	return has
}

// Height returns the height of the last block, or 0.
func (r *Recorder) Height() uint64 {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	return uint64(len(r.log.blocks))
}

// wait calls look with the lock held until it returns true, the history is
// closed, or ctx ends.
//
// what names the awaited data in the error of an ended context.
func (h *history) wait(ctx context.Context, what string, look func() bool) error {
	for {
		h.mu.Lock()
		// The channel is taken with the lock held, so that no change between
		// look and the wait is missed.
		found, closed, changed := look(), h.closed, h.changed
		h.mu.Unlock()
		switch {
		case found:
			return nil
		case closed:
			return ledger.ErrClosed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("ledger: waiting for %s: %w", what, ctx.Err())
		}
	}
}

// WaitCommitted implements [ledger.Engine]. The receipt of a transaction is
// that of its first execution.
func (x History) WaitCommitted(ctx context.Context, id ledger.TxID) (r ledger.Receipt, err error) {
	h := x.log
	err = h.wait(ctx, "transaction "+id.String(), func() bool {
		at, has := h.receipts[id]
		if has {
			r = h.blocks[at.Height-1].Receipts[at.Index]
		}
		return has
	})
	return r, err
}

// Block implements [ledger.Engine]. It waits until the block is recorded.
func (x History) Block(ctx context.Context, height uint64) (b ledger.CommittedBlock, err error) {
	if height == 0 {
		return b, errors.New("ledger: no block 0; heights start at 1")
	}
	h := x.log
	err = h.wait(ctx, fmt.Sprintf("block %d", height), func() bool {
		has := height <= uint64(len(h.blocks))
		if has {
			b = h.blocks[height-1]
		}
		return has
	})
	return b, err
}

// Certified implements [ledger.Engine]. It waits for block and certificate.
func (x History) Certified(ctx context.Context, height uint64) (ledger.CertifiedHeader, error) {
	if height == 0 {
		return ledger.CertifiedHeader{}, errors.New("ledger: height 0 is the genesis, which has no certificate")
	}
	h := x.log
	var header ledger.Header
	var prove func() (ledger.FinalityProof, error)
	err := h.wait(ctx, fmt.Sprintf("certificate of block %d", height), func() bool {
		if prove = h.certified[height]; prove == nil || height > uint64(len(h.blocks)) {
			return false
		}
		header = h.blocks[height-1].Header
		return true
	})
	if err != nil {
		return ledger.CertifiedHeader{}, err
	}
	// The proof is computed without the lock, because it may take long.
	proof, err := prove()
	if err != nil {
		return ledger.CertifiedHeader{}, err
	}
	return ledger.CertifiedHeader{Header: header, Proof: proof}, nil
}

// Subscribe implements [ledger.Engine]. It starts one goroutine per subscriber,
// which ends with ctx or with the history.
func (x History) Subscribe(ctx context.Context, from uint64) (<-chan ledger.CommittedBlock, error) {
	out := make(chan ledger.CommittedBlock)
	go func() {
		defer close(out)
		// Each block is read from the history, so a slow subscriber needs no
		// buffer.
		for height := max(from, 1); ; height++ {
			b, err := x.Block(ctx, height)
			if err != nil {
				return
			}
			select {
			case out <- b:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}
