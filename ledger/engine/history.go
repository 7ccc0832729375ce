package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/trigrid/trigrid/ledger"
)

// History is what an engine knows to be final, for its readers: blocks, receipts by transaction, certified headers, and
// patience with whoever waits for them. It is four methods of [Engine]; an engine embeds it and writes it through the
// [Recorder] that was made with it.
type History struct{ log *history }

// Recorder is the writing side of a [History]. All methods are safe for use by many goroutines.
type Recorder struct{ log *history }

// NewHistory makes an empty history.
func NewHistory() (History, *Recorder) {
	h := &history{receipts: map[ledger.TxID]ledger.Location{}, certified: map[uint64]func() (ledger.FinalityProof, error){}, changed: make(chan struct{})}
	return History{h}, &Recorder{h}
}

type history struct {
	mu        sync.Mutex
	blocks    []ledger.CommittedBlock // of height i+1
	receipts  map[ledger.TxID]ledger.Location
	certified map[uint64]func() (ledger.FinalityProof, error)
	changed   chan struct{} // closed and replaced at every change
	closed    bool
}

// notify wakes all who wait. The caller holds the lock.
func (h *history) notify() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// Add appends the block that follows the last one and reports whether b was that one. Others are ignored, so that an
// engine may execute again what it has recorded before.
func (r *Recorder) Add(b ledger.CommittedBlock) bool {
	h := r.log
	h.mu.Lock()
	defer h.mu.Unlock()
	if b.Header.Height != uint64(len(h.blocks))+1 {
		return false
	}
	h.blocks = append(h.blocks, b)
	for i := range b.Receipts {
		// A repeated number is refused under the same id; the first receipt is the one that counts.
		if _, has := h.receipts[b.Receipts[i].ID]; !has {
			h.receipts[b.Receipts[i].ID] = ledger.Location{Height: b.Header.Height, Index: uint64(i)}
		}
	}
	h.notify()
	return true
}

// Certify says that the block of a height is certified. The first proof is the one that is kept.
func (r *Recorder) Certify(height uint64, p ledger.FinalityProof) {
	r.CertifyBy(height, func() (ledger.FinalityProof, error) { return p, nil })
}

// CertifyBy is [Recorder.Certify] for an engine that can produce the proof at any time and need not hold it in memory.
// prove may be called at any time from any goroutine.
func (r *Recorder) CertifyBy(height uint64, prove func() (ledger.FinalityProof, error)) {
	h := r.log
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, has := h.certified[height]; !has {
		h.certified[height] = prove
		h.notify()
	}
}

// Close ends all waiting with [ErrClosed] and reports whether this was the first call. What is recorded can still be
// read.
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

// Height is that of the last block, or 0.
func (r *Recorder) Height() uint64 {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	return uint64(len(r.log.blocks))
}

// wait calls look under the lock until it reports true, the history is closed or ctx ends.
func (h *history) wait(ctx context.Context, what string, look func() bool) error {
	for {
		h.mu.Lock()
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

// WaitCommitted implements [Engine].
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

// Block implements [Engine].
func (x History) Block(ctx context.Context, height uint64) (b ledger.CommittedBlock, err error) {
	if height == 0 {
		return b, errors.New("ledger: there is no block 0; heights start at 1")
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

// Certified implements [Engine].
func (x History) Certified(ctx context.Context, height uint64) (ledger.CertifiedHeader, error) {
	if height == 0 {
		return ledger.CertifiedHeader{}, errors.New("ledger: height 0 is the genesis, which nobody certifies")
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
	proof, err := prove()
	if err != nil {
		return ledger.CertifiedHeader{}, err
	}
	return ledger.CertifiedHeader{Header: header, Proof: proof}, nil
}

// Subscribe implements [Engine]. It starts one goroutine, which ends with ctx or with the history.
func (x History) Subscribe(ctx context.Context, from uint64) (<-chan ledger.CommittedBlock, error) {
	out := make(chan ledger.CommittedBlock)
	go func() {
		defer close(out)
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
