package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// crowd is a chain with parties and their first transactions.
func crowd(t *testing.T, parties, each int) (*Chain, []ledger.Tx) {
	t.Helper()
	g := ledger.Genesis{Name: "crowd"}
	all := make([]*party, parties)
	for i := range all {
		all[i] = newParty(t, fmt.Sprint(i), ledger.RoleGrid)
		all[i].signer = pbft.NewSigner([32]byte{'c', byte(i)})
		all[i].identity.Key = all[i].signer.Public()
		g.Identities = append(g.Identities, all[i].identity)
	}
	c, err := NewChain(ChainConfig{Genesis: g, Replicas: 4})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	var txs []ledger.Tx
	for _, p := range all {
		for n := range each {
			txs = append(txs, ledger.NewTx(c.Chain(), p.signer, uint64(n+1), &ledger.ReadState{Key: "a"}))
		}
	}
	return c, txs
}

// together submits transactions from one goroutine each. All wait for the lock
// before between runs and gives it up.
func together(t *testing.T, c *Chain, txs []ledger.Tx, between func()) []error {
	t.Helper()
	errs := make([]error, len(txs))
	var wg sync.WaitGroup
	c.mu.Lock()
	for i := range txs {
		wg.Go(func() { _, errs[i] = c.Submit(t.Context(), txs[i]) })
	}
	require.Eventually(t, func() bool {
		c.queue.Lock()
		defer c.queue.Unlock()
		return len(c.waiting) == len(txs)
	}, time.Minute, time.Millisecond)
	if between != nil {
		between()
	}
	c.mu.Unlock()
	wg.Wait()
	return errs
}

// TestConcurrentSubmissionsShareBlocks: 600 transactions that wait at once make
// a block of 512 and one of 88. The clock advances as if they came one after
// another, and each is executed once.
func TestConcurrentSubmissionsShareBlocks(t *testing.T) {
	c, txs := crowd(t, 6, 100)
	for i, err := range together(t, c, txs, nil) {
		require.NoError(t, err, i)
	}
	require.Equal(t, uint64(2), c.Status().Height)
	for height, want := range map[uint64]struct{ txs, seconds int }{1: {512, 512}, 2: {88, 600}} {
		b, err := c.Block(t.Context(), height)
		require.NoError(t, err)
		require.Len(t, b.Txs, want.txs)
		require.Equal(t, int64(want.seconds)*1000, b.Header.Time)
	}
	verifier, trusted := c.Trust()
	for height := uint64(1); height <= 2; height++ {
		h, err := c.Certified(t.Context(), height)
		require.NoError(t, err)
		trusted, err = verifier.Verify(trusted, h)
		require.NoError(t, err)
	}
	seen := map[ledger.TxID]bool{}
	for i := range txs {
		id := ledger.IDOf(c.Chain(), &txs[i])
		r, err := c.WaitCommitted(t.Context(), id)
		require.NoError(t, err)
		require.True(t, r.OK(), r.Reason)
		require.False(t, seen[id])
		seen[id] = true
	}
}

// TestSubmissionsOfOneBlockAreJudgedOneByOne: a forged transaction and a
// repeated one do not affect the others that wait with them, and the caller of
// each gets its own result.
func TestSubmissionsOfOneBlockAreJudgedOneByOne(t *testing.T) {
	c, txs := crowd(t, 2, 10)
	txs[3].Signature[0] ^= 1
	txs = append(txs, txs[5])
	for i, err := range together(t, c, txs, nil) {
		if i == 3 {
			require.ErrorIs(t, err, ledger.ErrInvalidTx)
			continue
		}
		require.NoError(t, err, i)
	}
	b, err := c.Block(t.Context(), 1)
	require.NoError(t, err)
	require.Len(t, b.Txs, 19)
	require.Equal(t, uint64(1), c.Status().Height)
}

// TestWaitingSubmissionsEndWithTheChain: transactions that wait while the chain
// is closed are not committed.
func TestWaitingSubmissionsEndWithTheChain(t *testing.T) {
	c, txs := crowd(t, 1, 8)
	for i, err := range together(t, c, txs, func() { c.record.Close() }) {
		require.True(t, errors.Is(err, ledger.ErrClosed), i)
	}
	require.Zero(t, c.Status().Height)
}

// An export does not depend on whether the replicas work one after another or
// in parallel. The replicas' records are part of it.
func TestReplicasInParallelGiveTheSameBytes(t *testing.T) {
	p := newParty(t, "grid", ledger.RoleGrid)
	g := ledger.Genesis{Name: "parallel", Identities: []ledger.Identity{p.identity}}
	export := func(parallel int) []byte {
		c, err := NewChain(ChainConfig{Genesis: g, Replicas: 4, Random: rand.NewChaCha8([32]byte{4})})
		require.NoError(t, err)
		defer c.Close()
		c.parallel = parallel
		for round := range 140 { // one checkpoint
			txs := make([]ledger.Tx, 3)
			for i := range txs {
				txs[i] = ledger.NewTx(c.Chain(), p.signer, uint64(3*round+i+1), &ledger.ReadState{Key: "a"})
			}
			_, errs := c.SubmitAll(t.Context(), txs)
			require.NoError(t, errors.Join(errs...))
		}
		require.EqualValues(t, 140, c.Status().Height)
		var b bytes.Buffer
		require.NoError(t, Export(t.Context(), &b, g, c))
		return b.Bytes()
	}
	one := export(1 << 20)
	require.Equal(t, one, export(1))
	require.Equal(t, one, export(1))
}

// SubmitAll makes blocks of up to 512 transactions in their order, and each
// refused transaction has its own error.
func TestSubmitAllSharesBlocks(t *testing.T) {
	c, txs := crowd(t, 6, 100)
	bad := ledger.NewTx(c.Chain(), pbft.NewSigner([32]byte{'x'}), 1, &ledger.ReadState{Key: "a"})
	all := slices.Concat(txs[:50], []ledger.Tx{bad, txs[0]}, txs[50:])
	ids, errs := ledger.SubmitAll(t.Context(), c, all)
	for i, err := range errs {
		if i == 50 {
			require.ErrorIs(t, err, ledger.ErrInvalidTx)
			continue
		}
		require.NoError(t, err, "%d", i)
		require.Equal(t, ledger.IDOf(c.Chain(), &all[i]), ids[i])
	}
	require.EqualValues(t, 2, c.Status().Height)
	var order []ledger.Tx
	for h := uint64(1); h <= 2; h++ {
		b, err := c.Block(t.Context(), h)
		require.NoError(t, err)
		order = append(order, b.Txs...)
	}
	require.Equal(t, txs, order)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, errs = c.SubmitAll(ended, txs[:2])
	require.ErrorIs(t, errs[0], context.Canceled)
	require.ErrorIs(t, errs[1], context.Canceled)
	ids, errs = c.SubmitAll(t.Context(), nil)
	require.Empty(t, ids)
	require.Empty(t, errs)
}

// ending is a context that ends after some answers of Err.
type ending struct {
	context.Context
	left int
}

func (e *ending) Err() error {
	if e.left--; e.left < 0 {
		return context.Canceled
	}
	return nil
}

// A transaction without an error is committed, also if the context ends while
// the call begins.
func TestContextThatEndsDuringSubmitAll(t *testing.T) {
	c, txs := crowd(t, 1, 3)
	for left := range 5 {
		ids, errs := c.SubmitAll(&ending{t.Context(), left}, txs)
		for i, err := range errs {
			require.Equal(t, err == nil, c.record.Has(ids[i]), "%d answers, transaction %d: %v", left, i, err)
		}
	}
}
