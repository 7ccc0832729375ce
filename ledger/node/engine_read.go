package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/trigrid/trigrid/ledger"
)

// waitMillis is the time that a node may wait for data. The next node gets the
// query then.
const waitMillis = 1000

// WaitCommitted implements [ledger.Engine]. The receipt lies under a header
// that is certified, or that f+1 nodes have executed.
func (e *Engine) WaitCommitted(ctx context.Context, id ledger.TxID) (r ledger.Receipt, err error) {
	v := votes{}
	err = e.call(ctx, "transaction "+id.String(), 0, &query{kind: forReceipt, wait: waitMillis, id: id}, func(p *peer, a *answer) bool {
		if !a.has || a.receipt.ID != id || ledger.VerifyReceipt(&a.header.Header, &a.receipt, a.path) != nil {
			return false
		}
		// The path has been checked, so that the receipt is that of the header;
		// final judges the header.
		r = a.receipt
		return e.final(p, a, v)
	})
	if err != nil {
		return ledger.Receipt{}, err
	}
	e.mu.Lock()
	delete(e.pending, id)
	e.mu.Unlock()
	return r, nil
}

// Block implements [ledger.Engine]. The content must hash to the header, so
// that one honest header is enough to accept the block of any node.
func (e *Engine) Block(ctx context.Context, height uint64) (b ledger.CommittedBlock, err error) {
	if height == 0 {
		return b, errors.New("ledger: no block 0; heights start at 1")
	}
	v := votes{}
	err = e.call(ctx, fmt.Sprintf("block %d", height), 0, &query{kind: forBlock, wait: waitMillis, height: height}, func(p *peer, a *answer) bool {
		if !a.has || a.header.Header.Height != height || !follows(&a.block, &a.header.Header) {
			return false
		}
		b = a.block
		return e.final(p, a, v)
	})
	return b, err
}

// follows reports whether the content of a block is the one that a header
// commits to.
func follows(b *ledger.CommittedBlock, h *ledger.Header) bool {
	return b.Header == *h && h.Txs == uint64(len(b.Txs)) && len(b.Receipts) == len(b.Txs) &&
		ledger.TxRoot(b.Txs) == h.TxRoot && ledger.MerkleRoot(ledger.EncodeAll(b.Receipts)) == h.ReceiptRoot
}

// Certified implements [ledger.Engine]. Only a valid certificate counts here,
// from any node.
func (e *Engine) Certified(ctx context.Context, height uint64) (h ledger.CertifiedHeader, err error) {
	if height == 0 {
		return h, errors.New("ledger: height 0 is the genesis, which has no certificate")
	}
	err = e.call(ctx, fmt.Sprintf("certificate of block %d", height), 0, &query{kind: forHeader, wait: waitMillis, height: height}, func(_ *peer, a *answer) bool {
		h = a.header
		if !a.has || !a.proven || h.Header.Height != height || !e.certified(&h) {
			return false
		}
		e.saw(height)
		return true
	})
	if err != nil {
		return ledger.CertifiedHeader{}, err
	}
	return h, nil
}

// Subscribe implements [ledger.Engine]. Each block is a call of its own, so
// that a slow subscriber needs no buffer.
func (e *Engine) Subscribe(ctx context.Context, from uint64) (<-chan ledger.CommittedBlock, error) {
	if e.ctx.Err() != nil {
		return nil, ledger.ErrClosed
	}
	out := make(chan ledger.CommittedBlock)
	e.wg.Go(func() {
		defer close(out)
		for height := max(from, 1); ; height++ {
			b, err := e.Block(ctx, height)
			if err != nil {
				return
			}
			select {
			case out <- b:
			case <-ctx.Done():
				return
			case <-e.ctx.Done():
				return
			}
		}
	})
	return out, nil
}

// Read implements [ledger.Engine]. The value is not older than any receipt,
// block or header that the engine has returned.
func (e *Engine) Read(ctx context.Context, key string) (v ledger.StateValue, err error) {
	err = e.call(ctx, fmt.Sprintf("key %q", key), 0, &query{kind: forRead, wait: waitMillis, height: e.Status().Height, key: key}, func(_ *peer, a *answer) bool {
		v = a.value
		return a.has && v.Key == key
	})
	return v, err
}

// Outbox implements [ledger.Engine]. The caller verifies the path under a
// certified header.
func (e *Engine) Outbox(ctx context.Context, index, height uint64) (p ledger.Packet, path ledger.Path, err error) {
	err = e.call(ctx, fmt.Sprintf("packet %d", index), rounds, &query{kind: forPacket, height: height, index: index}, func(_ *peer, a *answer) bool {
		p, path = a.packet, a.path
		return a.has
	})
	return p, path, err
}

// NodeStatus is the state of one node as it reports it.
type NodeStatus struct {
	ReplicaCard
	Heights
	Err error // the node is not reachable
}

// Nodes sends each present replica a query for its heights, in the order of
// ids.
func (e *Engine) Nodes(ctx context.Context) []NodeStatus {
	peers := e.roster.Load().peers
	out := make([]NodeStatus, len(peers))
	var wg sync.WaitGroup
	for i, p := range peers {
		out[i].ReplicaCard = p.card
		wg.Go(func() {
			a, err := e.within(ctx, p, &query{kind: forStatus})
			if err == nil {
				out[i].Heights = a.status
			}
			out[i].Err = err
		})
	}
	wg.Wait()
	return out
}

// poll raises the seen height to one that a correct node has: f faulty nodes
// can report any height, so that the one that f+1 nodes have reached counts.
func (e *Engine) poll(ctx context.Context) {
	var heights []uint64
	for _, n := range e.Nodes(ctx) {
		if n.Err == nil {
			heights = append(heights, n.Certified)
		}
	}
	weak := e.roster.Load().weak()
	if len(heights) < weak {
		return
	}
	slices.Sort(heights)
	e.saw(heights[len(heights)-weak])
}

// within a tick the engine judges at most this many transactions without a
// receipt again.
const maxJudged = 1024

// resend sends transactions without a receipt to all nodes, at every Retry. The
// primary may have failed before it proposed them.
func (e *Engine) resend() {
	ticker := time.NewTicker(e.cfg.Retry)
	defer ticker.Stop()
	looked := time.Now()
	for {
		select {
		case <-e.ctx.Done():
			return
		case <-ticker.C:
		}
		if time.Since(looked) >= learnPause {
			e.learn(e.ctx)
			looked = time.Now()
		}
		e.poll(e.ctx)
		var old []ledger.TxID
		e.mu.Lock()
		for id, x := range e.pending {
			if time.Since(x.since) >= e.cfg.Retry && len(old) < maxJudged {
				old = append(old, id)
			}
		}
		e.mu.Unlock()
		for _, id := range old {
			e.judge(id)
		}
	}
}

// maxRefused is the number of refusals in a row after which a transaction is
// given up: its number is used, or the rights of its sender have ended.
const maxRefused = 4

// judge sends one transaction again, or forgets it if it has a receipt or is
// refused for good.
func (e *Engine) judge(id ledger.TxID) {
	e.mu.Lock()
	x := e.pending[id]
	e.mu.Unlock()
	if x == nil {
		return
	}
	// Another node each time, so that a faulty one cannot have a transaction
	// forgotten.
	r := e.roster.Load()
	p := r.peers[(int(id[0])+x.refused)%len(r.peers)]
	a, err := e.within(e.ctx, p, &query{kind: forCheck, tx: ledger.EncodeTx(x.tx)})
	e.mu.Lock()
	switch {
	case err == nil && a.code == codeExecuted:
		x.refused += maxRefused
	case err == nil && !a.has && a.code != "tx.ahead":
		x.refused++
	case err == nil:
		x.refused = 0
	}
	gone := x.refused >= max(maxRefused, r.weak()+1)
	if gone {
		delete(e.pending, id)
	}
	e.mu.Unlock()
	if gone {
		return
	}
	for _, p := range r.peers {
		p.send(x.tx)
	}
}
