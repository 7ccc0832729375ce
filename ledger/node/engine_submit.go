package node

import (
	"context"
	"fmt"
	"time"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// send passes a transaction on. A lost one is sent again by resend.
func (p *peer) send(tx ledger.Tx) {
	p.mu.Lock()
	remote := p.remote
	p.mu.Unlock()
	if remote != nil {
		_ = remote.Submit(tx) // a busy node is the same as a lost message
	}
}

// Submit implements [ledger.Engine]. One node judges the transaction, and f+1
// if it refuses. Then it goes to f+1 nodes, of which one is correct and watches
// the primary.
func (e *Engine) Submit(ctx context.Context, tx ledger.Tx) (ledger.TxID, error) {
	id := ledger.IDOf(e.trust.Chain, &tx)
	if err := ctx.Err(); err != nil {
		return id, err
	}
	if e.ctx.Err() != nil {
		return id, ledger.ErrClosed
	}
	if !pbft.VerifyRequest(e.verifier, pbft.Digest(e.trust.Chain), &tx) {
		return id, fmt.Errorf("%w: its signature does not match chain, sender, number and content", ledger.ErrInvalidTx)
	}
	e.mu.Lock()
	_, known := e.pending[id]
	full := len(e.pending) >= maxPending
	e.mu.Unlock()
	switch {
	case known:
		return id, nil
	case full:
		return id, ledger.ErrBusy
	}
	// A single node that refuses can be faulty, or lag behind.
	var refused *ledger.Refusal
	executed := false
	refusals := map[pbft.ReplicaID]bool{}
	if err := e.call(ctx, "an answer to transaction "+id.String(), 0, &query{kind: forCheck, wait: waitMillis, tx: ledger.EncodeTx(tx)}, func(p *peer, a *answer) bool {
		switch {
		case a.has:
			refused = nil
			return true
		case a.code == codeExecuted:
			executed = true
			return true
		}
		refused = &ledger.Refusal{Code: a.code, Reason: a.reason}
		refusals[p.id] = true
		return len(refusals) >= e.roster.Load().weak()
	}); err != nil {
		return id, err
	}
	switch {
	case executed: // a faulty node that claims it delays the transaction until it is sent again
	case refused != nil && refused.Code == "tx.ahead":
		return id, fmt.Errorf("%w: %w", ledger.ErrBusy, refused)
	case refused != nil:
		return id, fmt.Errorf("%w: %w", ledger.ErrInvalidTx, refused)
	}
	// The transaction is pending before a node receives it, so that no receipt
	// comes too early.
	e.mu.Lock()
	e.pending[id] = &pendingTx{tx: tx, since: time.Now()}
	first := e.prefer
	e.mu.Unlock()
	r := e.roster.Load()
	for i := 0; i < r.weak() && !executed; i++ {
		r.peers[(first+i)%len(r.peers)].send(tx)
	}
	return id, nil
}
