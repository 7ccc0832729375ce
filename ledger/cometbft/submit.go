package cometbft

import (
	"context"
	"errors"
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/mempool"

	"github.com/trigrid/trigrid/ledger"
)

// Submit implements [ledger.Engine]. The transaction goes into this node's mempool, and from there to the others'.
func (n *Node) Submit(ctx context.Context, tx ledger.Tx) (ledger.TxID, error) {
	id := ledger.IDOf(n.trust.Chain, &tx)
	switch err := ctx.Err(); {
	case err != nil:
		return id, err
	case n.record.Closed():
		return id, ledger.ErrClosed
	case n.record.Has(id):
		return id, nil
	}
	raw := ledger.EncodeTx(tx)
	if !n.app.verified.good(raw, &tx) {
		return id, fmt.Errorf("%w: its signature does not fit this chain, its sender and its content", ledger.ErrInvalidTx)
	}
	err := n.app.machine.Check(&tx)
	if err == nil {
		err = n.enqueue(raw)
	}
	return id, n.explain(ctx, id, err)
}

// enqueue puts a transaction into the mempool. What the mempool's own check refuses comes back as a [ledger.Refusal].
func (n *Node) enqueue(raw []byte) error {
	n.using.RLock()
	defer n.using.RUnlock()
	if n.record.Closed() {
		return ledger.ErrClosed
	}
	var answer *abci.ResponseCheckTx
	err := n.comet.Mempool().CheckTx(raw, func(r *abci.ResponseCheckTx) { answer = r }, mempool.TxInfo{})
	var full mempool.ErrMempoolIsFull
	switch {
	case errors.Is(err, mempool.ErrTxInCache):
		return nil // it waits already, or was committed a moment ago
	case errors.As(err, &full) || errors.Is(err, mempool.ErrRecheckFull):
		return fmt.Errorf("%w: %w", ledger.ErrBusy, err)
	case err != nil:
		return fmt.Errorf("%w: %w", ledger.ErrInvalidTx, err)
	case answer != nil && answer.Code != CodeOK:
		return &ledger.Refusal{Code: answer.Codespace, Reason: answer.Log}
	}
	return nil
}

// explain turns the reason for not taking a transaction into an error of engines. A transaction that has been executed in
// the meantime is taken again. The state is ahead of what is recorded while a block is being committed; where it has used
// the number up, perhaps for this very transaction, that block is waited for.
func (n *Node) explain(ctx context.Context, id ledger.TxID, why error) error {
	var no *ledger.Refusal
	if !errors.As(why, &no) {
		return why
	}
	if height := n.app.machine.Head().Height; no.Code == "tx.number" && height > 0 {
		if _, err := n.Block(ctx, height); err != nil {
			return err
		}
	}
	switch {
	case n.record.Has(id):
		return nil
	case no.Code == "tx.ahead":
		return fmt.Errorf("%w: %w", ledger.ErrBusy, why)
	}
	return fmt.Errorf("%w: %w", ledger.ErrInvalidTx, why)
}
