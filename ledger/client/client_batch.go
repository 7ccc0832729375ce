package client

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/trigrid/trigrid/ledger"
)

// outgoing is a message of one client.
type outgoing struct {
	client  *Client
	message ledger.Message
}

// sendAll sends one message of each of several clients of an engine, waits for
// all receipts, and returns the first error in the order of out. The messages
// may share a block. If the engine has no place for all of them at once, the
// others follow one after another.
func sendAll(ctx context.Context, e ledger.Engine, out []outgoing) error {
	ids, errs := submitAll(ctx, e, out)
	for i, o := range out {
		if errs[i] == nil {
			var r ledger.Receipt
			if r, errs[i] = e.WaitCommitted(ctx, ids[i]); errs[i] == nil {
				errs[i] = r.Err()
			}
		}
		if errs[i] != nil && !errors.Is(errs[i], ledger.ErrBusy) {
			return o.client.failed("sends "+o.message.Kind(), errs[i])
		}
	}
	for i, o := range out {
		if errs[i] != nil {
			if _, err := o.client.Send(ctx, o.message); err != nil {
				return err
			}
		}
	}
	return nil
}

// submitAll signs and submits the messages. A rejected one leaves the number of
// its client unused.
func submitAll(ctx context.Context, e ledger.Engine, out []outgoing) ([]ledger.TxID, []error) {
	// The order of names keeps two calls from waiting for each other's clients.
	order := slices.SortedFunc(slices.Values(out), func(a, b outgoing) int { return cmp.Compare(a.client.party.ID(), b.client.party.ID()) })
	for _, o := range order {
		o.client.mu.Lock()
		defer o.client.mu.Unlock()
	}
	txs := make([]ledger.Tx, len(out))
	for i, o := range out {
		txs[i] = ledger.NewTx(e.Chain(), o.client.party.now().signer, o.client.next, o.message)
	}
	ids, errs := ledger.SubmitAll(ctx, e, txs)
	for i, o := range out {
		if errs[i] == nil {
			o.client.next++
		}
	}
	return ids, errs
}
