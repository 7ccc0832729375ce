package cometbft

import (
	"context"
	"errors"
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/mempool"

	"github.com/trigrid/trigrid/ledger"
)

// Submit implements [ledger.Engine]. The transaction enters this node's
// mempool, which sends it to the other nodes.
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
	// An invalid signature is rejected before the mempool sends the transaction
	// to other nodes.
	if !n.app.verified.good(raw, &tx) {
		return id, fmt.Errorf("%w: its signature does not match chain, sender, number and content", ledger.ErrInvalidTx)
	}
	err := n.app.machine.Check(&tx)
	if err == nil {
		err = n.enqueue(raw)
	}
	return id, n.explain(ctx, id, err)
}

// enqueue adds a transaction to the mempool. A rejection by the mempool's check
// is returned as a [ledger.Refusal].
func (n *Node) enqueue(raw []byte) error {
	n.using.RLock()
	defer n.using.RUnlock()
	if n.record.Closed() {
		return ledger.ErrClosed
	}
	var answer *abci.ResponseCheckTx
	// The callback is synchronous with a local application.
	err := n.comet.Mempool().CheckTx(raw, func(r *abci.ResponseCheckTx) { answer = r }, mempool.TxInfo{})
	var full mempool.ErrMempoolIsFull
	switch {
	case errors.Is(err, mempool.ErrTxInCache):
		return nil // pending already, or committed a moment ago
	case errors.As(err, &full) || errors.Is(err, mempool.ErrRecheckFull):
		return fmt.Errorf("%w: %w", ledger.ErrBusy, err)
	case err != nil:
		return fmt.Errorf("%w: %w", ledger.ErrInvalidTx, err)
	case answer != nil && answer.Code != CodeOK:
		return &ledger.Refusal{Code: answer.Codespace, Reason: answer.Log}
	}
	return nil
}

// explain converts the reason for rejecting a transaction into an error of
// engines. A transaction that was executed meanwhile is accepted again. During
// a commit the state is ahead of the record. If the state has used the number,
// perhaps for this very transaction, explain waits for that block.
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
