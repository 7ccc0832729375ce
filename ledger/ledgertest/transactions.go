package ledgertest

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
)

// increased commits an increase and returns the transaction as it is on the
// chain.
//
// The receipt has its place: height and index.
func (s *suite) increased(t *testing.T, c *client.Client) (ledger.Tx, ledger.TxID, ledger.Receipt) {
	t.Helper()
	id, err := c.Submit(s.ctx, message("increase", "n", nil))
	require.NoError(t, err)
	r, err := s.engine.WaitCommitted(s.ctx, id)
	require.NoError(t, err)
	b, err := s.engine.Block(s.ctx, r.Height)
	require.NoError(t, err)
	return b.Txs[r.Index], id, r
}

// executedOnce checks that repeated submissions of one transaction have one
// execution and one receipt.
//
// Each submission returns the id of the first one.
func executedOnce(t *testing.T, factory Factory) {
	s := start(t, factory)
	c := s.client(t, 1)
	// The transaction is read from its block, exactly as it was executed.
	tx, id, first := s.increased(t, c)

	// Eight goroutines submit the same transaction at once.
	resubmit := func(tx ledger.Tx, id ledger.TxID) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				switch again, err := s.engine.Submit(s.ctx, tx); {
				case err != nil:
					t.Errorf("a transaction is not taken again: %v", err)
				case again != id:
					t.Error("one transaction has two ids")
				}
			})
		}
		wg.Wait()
	}
	resubmit(tx, id)
	r, err := c.Send(s.ctx, message("increase", "n", nil))
	require.NoError(t, err)
	require.Equal(t, uint64(2), count(t, r.Data), "the repetitions were executed")
	same, err := s.engine.WaitCommitted(s.ctx, id)
	require.NoError(t, err)
	require.Equal(t, first, same)

	// The same holds for a transaction that is pending, just executed, or
	// executed long ago.
	var ids []ledger.TxID
	// Each of these 20 transactions is submitted eight times.
	for k := range uint64(20) {
		next := s.parties[2].Sign(s.engine.Chain(), k+1, message("increase", "again", nil))
		ids = append(ids, ledger.IDOf(s.engine.Chain(), &next))
		resubmit(next, ids[k])
	}
	for _, id := range ids {
		r, err := s.engine.WaitCommitted(s.ctx, id)
		require.NoError(t, err)
		require.True(t, r.OK())
	}
	r, err = s.client(t, 1).Send(s.ctx, message("increase", "again", nil))
	require.NoError(t, err)
	// This is the 21st increase.
	require.Equal(t, uint64(21), count(t, r.Data), "the repetitions were executed")

	// Another transaction with the used number is rejected, or at least never
	// executed. A copy of the operation is altered; the signature then does not
	// match.
	other := tx
	other.Operation = append([]byte(nil), tx.Operation...)
	_, err = s.engine.Submit(s.ctx, other)
	require.NoError(t, err)
	other.Operation[len(other.Operation)-1] ^= 1
	_, err = s.engine.Submit(s.ctx, other)
	require.ErrorIs(t, err, ledger.ErrInvalidTx)
}

// refusedLeavesNothing checks that a refused message has a receipt and no
// effect on state and outbox.
func refusedLeavesNothing(t *testing.T, factory Factory) {
	s := start(t, factory)
	c := s.client(t, 1)
	_, err := c.Send(s.ctx, message("swap", "x", []byte("before")))
	require.NoError(t, err)
	// The contract writes and sends before it refuses.
	r, err := c.Send(s.ctx, message("refuse", "x", []byte("after")))
	require.ErrorIs(t, err, &ledger.Refusal{Code: "test.refused"})
	require.Equal(t, "test.refused", r.Code)
	v, err := c.Read(s.ctx, client.Linearizable, "test/x")
	require.NoError(t, err)
	require.Equal(t, "before", string(v.Value))
	b, err := s.engine.Block(s.ctx, r.Height)
	require.NoError(t, err)
	require.Equal(t, r, b.Receipts[r.Index])
	// The packet of the refused message was not sent.
	require.Zero(t, b.Header.Sent)
}

// invalidNotTaken checks that altered transactions are rejected with
// [ledger.ErrInvalidTx].
//
// They also have no effect, which the counter at the end shows.
func invalidNotTaken(t *testing.T, factory Factory) {
	s := start(t, factory)
	c := s.client(t, 1)
	// Its number is used, so each case below takes the next one.
	good, _, _ := s.increased(t, c)
	// Each case changes one field of a valid transaction, with the next unused
	// number.
	for name, spoil := range map[string]func(*ledger.Tx){
		"signature": func(tx *ledger.Tx) { tx.Number++; tx.Signature[3] ^= 1 },
		"number":    func(tx *ledger.Tx) { tx.Number += 1 },
		"content":   func(tx *ledger.Tx) { tx.Number++; tx.Operation = append([]byte(nil), tx.Operation[1:]...) },
		"sender":    func(tx *ledger.Tx) { tx.Number++; tx.Client = s.parties[2].Identity().Key },
		"stranger":  func(tx *ledger.Tx) { tx.Client[5] ^= 1 },
	} {
		tx := good
		spoil(&tx)
		_, err := s.engine.Submit(s.ctx, tx)
		require.ErrorIs(t, err, ledger.ErrInvalidTx, name)
	}
	// Only the first increase and this one are executed.
	r, err := c.Send(s.ctx, message("increase", "n", nil))
	require.NoError(t, err)
	require.Equal(t, uint64(2), count(t, r.Data))
}

// backPressure checks that an engine returns [ledger.ErrBusy] instead of losing
// transactions.
//
// A client that gets the error waits for a receipt and tries again.
func backPressure(t *testing.T, factory Factory) {
	s := start(t, factory)
	c := s.client(t, 1)
	var ids []ledger.TxID
	// The window of numbers is 128, so the client must wait for receipts at
	// least once.
	for len(ids) < 300 {
		id, err := c.Submit(s.ctx, message("increase", "n", nil))
		if err != nil {
			require.ErrorIs(t, err, ledger.ErrBusy)
			require.NoError(t, s.ctx.Err())
			_, err = s.engine.WaitCommitted(s.ctx, ids[len(ids)-1])
			require.NoError(t, err)
			continue
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		r, err := s.engine.WaitCommitted(s.ctx, id)
		require.NoError(t, err)
		require.True(t, r.OK())
	}
	v, err := c.Read(s.ctx, client.Linearizable, "test/n")
	require.NoError(t, err)
	require.Equal(t, uint64(300), count(t, v.Value))
}
