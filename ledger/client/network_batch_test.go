package client_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/ledger/internal/testnet"
)

// narrow is an engine without batches. It has a place for so many transactions
// without a wait.
type narrow struct {
	ledger.Engine
	mu     sync.Mutex
	places int
	busy   int // refused transactions
}

func (e *narrow) Submit(ctx context.Context, tx ledger.Tx) (ledger.TxID, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.places == 0 {
		e.busy++
		return ledger.TxID{}, ledger.ErrBusy
	}
	e.places--
	return e.Engine.Submit(ctx, tx)
}

func (e *narrow) WaitCommitted(ctx context.Context, id ledger.TxID) (ledger.Receipt, error) {
	e.mu.Lock()
	e.places++
	e.mu.Unlock()
	return e.Engine.WaitCommitted(ctx, id)
}

// A choice round of four DERs takes three blocks: one opens it, one has all
// commitments, and one all reveals.
func TestChoicesShareBlocks(t *testing.T) {
	for _, replicas := range []int{1, 4} {
		n := testnet.StartWindows(t, 1, replicas, testnet.ShortSchemes())
		require.NoError(t, n.PublishWeights(t.Context(), 1, [3]float64{1}))
		require.NoError(t, n.Heartbeat(t.Context(), 8))
		before := n.Engine().Status().Height
		round, err := n.Choose(t.Context(), 1, nil)
		require.NoError(t, err)
		require.True(t, round.Closed)
		require.Len(t, round.Choices, 4)
		require.Equal(t, before+3, n.Engine().Status().Height)
	}
}

// An engine that has no place for all transactions at once gets the others one
// after another.
func TestChoicesOnABusyEngine(t *testing.T) {
	var e *narrow
	random := rand.NewChaCha8([32]byte{7})
	n, err := client.NewNetwork(t.Context(), client.NetworkConfig{
		Members: testnet.Members(), Random: random, Windows: testnet.ShortSchemes(),
		Engine: func(g ledger.Genesis, loop []ledger.Contract) (ledger.Engine, error) {
			c, err := engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: loop, Random: random})
			e = &narrow{Engine: c, places: 2}
			return e, err
		},
	})
	require.NoError(t, err)
	defer n.Close()
	for period := range uint64(2) { // the numbers stay without gaps
		require.NoError(t, n.PublishWeights(t.Context(), period+1, [3]float64{1}))
		require.NoError(t, n.Heartbeat(t.Context(), 8))
		round, err := n.Choose(t.Context(), period+1, nil)
		require.NoError(t, err)
		require.Len(t, round.Choices, 4)
	}
	require.Equal(t, 8, e.busy)
}

// The refusal of one DER among others names it, and every DER can go on.
func TestChoicesNameTheRefusedDER(t *testing.T) {
	n := testnet.StartWindows(t, 1, 1, testnet.ShortSchemes())
	require.NoError(t, n.PublishWeights(t.Context(), 1, [3]float64{1}))
	require.NoError(t, n.Heartbeat(t.Context(), 8))
	regulator, err := n.Client("regulator")
	require.NoError(t, err)
	_, err = regulator.Send(t.Context(), &ledger.RevokeIdentity{ID: "T1"})
	require.NoError(t, err)
	_, err = n.Choose(t.Context(), 1, nil)
	require.ErrorContains(t, err, `"T1" sends choice.commit`)
	_, err = n.CommitChoice(t.Context(), 1, 1, "W1", "")
	require.ErrorIs(t, err, &ledger.Refusal{Code: "choice.twice"})
}
