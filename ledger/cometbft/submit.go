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
	if err := ctx.Err(); err != nil {
		return id, err
	}
	n.using.RLock()
	defer n.using.RUnlock()
	switch {
	case n.history.isClosed():
		return id, ledger.ErrClosed
	case n.history.has(id):
		return id, nil
	}
	raw := ledger.EncodeTx(tx)
	if !n.app.verified.good(raw, &tx) {
		return id, fmt.Errorf("%w: its signature does not fit this chain, its sender and its content", ledger.ErrInvalidTx)
	}
	if err := n.app.machine.Check(&tx); err != nil {
		return id, n.explain(id, err)
	}
	var answer *abci.ResponseCheckTx
	err := n.comet.Mempool().CheckTx(raw, func(r *abci.ResponseCheckTx) { answer = r }, mempool.TxInfo{})
	var full mempool.ErrMempoolIsFull
	switch {
	case errors.Is(err, mempool.ErrTxInCache):
		return id, nil // it waits already, or was committed a moment ago
	case errors.As(err, &full) || errors.Is(err, mempool.ErrRecheckFull):
		return id, fmt.Errorf("%w: %w", ledger.ErrBusy, err)
	case err != nil:
		return id, fmt.Errorf("%w: %w", ledger.ErrInvalidTx, err)
	case answer != nil && answer.Code != CodeOK:
		return id, n.explain(id, &ledger.Refusal{Code: answer.Codespace, Reason: answer.Log})
	}
	return id, nil
}

// explain turns the state machine's reason for not taking a transaction into an error of engines. A transaction that
// has been executed in the meantime is taken again.
func (n *Node) explain(id ledger.TxID, check error) error {
	switch {
	case n.history.has(id):
		return nil
	case errors.Is(check, &ledger.Refusal{Code: "tx.ahead"}):
		return fmt.Errorf("%w: %w", ledger.ErrBusy, check)
	}
	return fmt.Errorf("%w: %w", ledger.ErrInvalidTx, check)
}
