package ledger

import (
	"context"
	"fmt"
	"sync"
)

// blockLog is an engine's memory of what is final: blocks, receipts by transaction and certificates, and whoever waits
// for them.
type blockLog struct {
	mu        sync.Mutex
	blocks    []CommittedBlock // of height i+1
	receipts  map[TxID]Location
	certified map[uint64]CertifiedHeader
	changed   chan struct{} // closed and replaced at every change
	closed    bool
}

func newBlockLog() *blockLog {
	return &blockLog{receipts: map[TxID]Location{}, certified: map[uint64]CertifiedHeader{}, changed: make(chan struct{})}
}

// notify wakes all who wait. The caller holds the lock.
func (l *blockLog) notify() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// add appends the block that follows the last one; others are ignored.
func (l *blockLog) add(b CommittedBlock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b.Header.Height != uint64(len(l.blocks))+1 {
		return
	}
	l.blocks = append(l.blocks, b)
	for i := range b.Receipts {
		// A repeated number is refused under the same id; the first receipt is the one that counts.
		if _, has := l.receipts[b.Receipts[i].ID]; !has {
			l.receipts[b.Receipts[i].ID] = Location{b.Header.Height, uint64(i)}
		}
	}
	l.notify()
}

func (l *blockLog) certify(h CertifiedHeader) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, has := l.certified[h.Header.Height]; !has {
		l.certified[h.Header.Height] = h
		l.notify()
	}
}

func (l *blockLog) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.closed = true
		l.notify()
	}
}

func (l *blockLog) has(id TxID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, has := l.receipts[id]
	return has
}

func (l *blockLog) height() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return uint64(len(l.blocks))
}

// wait calls look under the lock until it reports true, the log is closed or ctx ends.
func (l *blockLog) wait(ctx context.Context, what string, look func() bool) error {
	for {
		l.mu.Lock()
		found, closed, changed := look(), l.closed, l.changed
		l.mu.Unlock()
		switch {
		case found:
			return nil
		case closed:
			return ErrClosed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("ledger: waiting for %s: %w", what, ctx.Err())
		}
	}
}

func (l *blockLog) waitReceipt(ctx context.Context, id TxID) (r Receipt, err error) {
	err = l.wait(ctx, "transaction "+id.String(), func() bool {
		at, has := l.receipts[id]
		if has {
			r = l.blocks[at.Height-1].Receipts[at.Index]
		}
		return has
	})
	return r, err
}

func (l *blockLog) waitBlock(ctx context.Context, height uint64) (b CommittedBlock, err error) {
	if height == 0 {
		return b, fmt.Errorf("ledger: there is no block 0; heights start at 1")
	}
	err = l.wait(ctx, fmt.Sprintf("block %d", height), func() bool {
		has := height <= uint64(len(l.blocks))
		if has {
			b = l.blocks[height-1]
		}
		return has
	})
	return b, err
}

func (l *blockLog) waitCertified(ctx context.Context, height uint64) (h CertifiedHeader, err error) {
	if height == 0 {
		return h, fmt.Errorf("ledger: height 0 is the genesis, which nobody certifies")
	}
	err = l.wait(ctx, fmt.Sprintf("certificate of block %d", height), func() bool {
		var has bool
		h, has = l.certified[height]
		return has
	})
	return h, err
}

// subscribe starts one goroutine, which ends with ctx or with the log.
func (l *blockLog) subscribe(ctx context.Context, from uint64) (<-chan CommittedBlock, error) {
	if from == 0 {
		from = 1
	}
	out := make(chan CommittedBlock)
	go func() {
		defer close(out)
		for height := from; ; height++ {
			b, err := l.waitBlock(ctx, height)
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
