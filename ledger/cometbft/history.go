package cometbft

import (
	"context"
	"fmt"
	"sync"

	"github.com/trigrid/trigrid/ledger"
)

// history is a node's memory of what is final, and whoever waits for it.
type history struct {
	mu       sync.Mutex
	blocks   []made // of ledger height i+1
	receipts map[ledger.TxID]ledger.Receipt
	comet    int64         // last CometBFT height that was committed
	changed  chan struct{} // closed and replaced at every change
	closed   bool
}

// made is a ledger block and the CometBFT height that made it.
type made struct {
	block ledger.CommittedBlock
	comet int64
}

func newHistory() *history {
	return &history{receipts: map[ledger.TxID]ledger.Receipt{}, changed: make(chan struct{})}
}

// add notes that a CometBFT block was committed and, unless it was empty, what ledger block it made.
func (h *history) add(comet int64, b *ledger.CommittedBlock) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.comet = comet
	if b != nil {
		h.blocks = append(h.blocks, made{*b, comet})
		for _, r := range b.Receipts {
			// A repeated number is refused under the same id; the first receipt is the one that counts.
			if _, has := h.receipts[r.ID]; !has {
				h.receipts[r.ID] = r
			}
		}
	}
	h.notify()
}

// notify wakes all who wait. The caller holds the lock.
func (h *history) notify() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// close ends all waiting and reports whether this was the first call.
func (h *history) close() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.closed = true
	h.notify()
	return true
}

func (h *history) isClosed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.closed
}

func (h *history) has(id ledger.TxID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, has := h.receipts[id]
	return has
}

func (h *history) height() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return uint64(len(h.blocks))
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
			return fmt.Errorf("cometbft: waiting for %s: %w", what, ctx.Err())
		}
	}
}

func (h *history) receipt(ctx context.Context, id ledger.TxID) (r ledger.Receipt, err error) {
	err = h.wait(ctx, "transaction "+id.String(), func() (has bool) {
		r, has = h.receipts[id]
		return has
	})
	return r, err
}

// block waits for a ledger block and until CometBFT has committed that many blocks after the one that made it.
func (h *history) block(ctx context.Context, height uint64, after int64) (m made, err error) {
	if height == 0 {
		return m, fmt.Errorf("cometbft: there is no block 0; heights start at 1")
	}
	err = h.wait(ctx, fmt.Sprintf("block %d", height), func() bool {
		if height > uint64(len(h.blocks)) || h.comet < h.blocks[height-1].comet+after {
			return false
		}
		m = h.blocks[height-1]
		return true
	})
	return m, err
}

// committed waits for a CometBFT height.
func (h *history) committed(ctx context.Context, comet int64) error {
	return h.wait(ctx, fmt.Sprintf("CometBFT's block %d", comet), func() bool { return h.comet >= comet })
}

// subscribe starts one goroutine, which ends with ctx or with the history.
func (h *history) subscribe(ctx context.Context, from uint64) <-chan ledger.CommittedBlock {
	out := make(chan ledger.CommittedBlock)
	go func() {
		defer close(out)
		for height := max(from, 1); ; height++ {
			m, err := h.block(ctx, height, 0)
			if err != nil {
				return
			}
			select {
			case out <- m.block:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}
