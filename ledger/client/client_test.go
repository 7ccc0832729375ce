package client_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
)

// lying is a replica's face to a client that tells it what the fields say.
type lying struct {
	ledger.Engine
	read      func(ledger.StateValue) ledger.StateValue
	certified func(height uint64) uint64
	wait      func(context.Context) context.Context
}

func (l *lying) Read(ctx context.Context, key string) (ledger.StateValue, error) {
	v, err := l.Engine.Read(ctx, key)
	if l.read != nil {
		v = l.read(v)
	}
	return v, err
}

func (l *lying) Certified(ctx context.Context, height uint64) (ledger.CertifiedHeader, error) {
	if l.certified != nil {
		height = l.certified(height)
	}
	return l.Engine.Certified(ctx, height)
}

func (l *lying) WaitCommitted(ctx context.Context, id ledger.TxID) (ledger.Receipt, error) {
	if l.wait != nil {
		ctx = l.wait(ctx)
	}
	return l.Engine.WaitCommitted(ctx, id)
}

func startLying(t *testing.T) (*lying, *client.Client) {
	t.Helper()
	p, err := client.NewParty(nil, "grid", ledger.RoleGrid)
	require.NoError(t, err)
	e, err := engine.NewChain(engine.ChainConfig{
		Genesis:   ledger.Genesis{Name: "lies", Identities: []ledger.Identity{p.Identity()}},
		Contracts: []ledger.Contract{contracts.WeightsContract()},
	})
	require.NoError(t, err)
	l := &lying{Engine: e}
	c, err := client.Connect(t.Context(), l, p)
	require.NoError(t, err)
	return l, c
}

// The genesis is nobody's to certify: a replica that says "as of height 0"
// proves nothing, and is believed only what the genesis cannot contradict.
func TestAReplicaCannotLieAsOfTheGenesis(t *testing.T) {
	l, c := startLying(t)
	ctx := t.Context()
	v, err := c.Read(ctx, client.Certified, contracts.WeightsKey(1))
	require.NoError(t, err)
	require.False(t, v.Present)
	_, err = c.Read(ctx, client.Certified, "identity/grid")
	require.ErrorContains(t, err, "genesis")
	v, err = c.Read(ctx, client.Stale, "identity/grid")
	require.NoError(t, err)
	require.True(t, v.Present)

	_, err = c.Send(ctx, &ledger.Heartbeat{})
	require.NoError(t, err)
	_, err = c.Read(ctx, client.Certified, "identity/grid")
	require.NoError(t, err)
	l.read = func(v ledger.StateValue) ledger.StateValue {
		v.Height, v.Present, v.Value = 0, true, []byte("invented")
		return v
	}
	for _, key := range []string{contracts.WeightsKey(1), "identity/grid"} {
		_, err = c.Read(ctx, client.Certified, key)
		require.Error(t, err, key)
	}
}

// Certified says at which height a value held. A replica that shows an old
// value under a later height is found out, and so is one that answers another
// question.
func TestAReplicaCannotPassOffAnOldValueAsALaterOne(t *testing.T) {
	l, c := startLying(t)
	ctx := t.Context()
	old, err := l.Engine.Read(ctx, contracts.WeightsKey(1))
	require.NoError(t, err)
	for version := range uint64(2) {
		_, err := c.Send(ctx, &contracts.PublishWeights{Weights: contracts.Weights{
			Period: 1, Version: version + 1, Economic: 1_000_000, Effective: 50, Deadline: 60,
		}})
		require.NoError(t, err)
		if version == 0 {
			old, err = l.Engine.Read(ctx, contracts.WeightsKey(1))
			require.NoError(t, err)
		}
	}
	l.read = func(ledger.StateValue) ledger.StateValue { return old }
	v, err := c.Read(ctx, client.Certified, contracts.WeightsKey(1))
	require.NoError(t, err, "an old value that says so is what Certified allows")
	require.Equal(t, uint64(1), v.Height)
	_, err = c.Read(ctx, client.Certified, contracts.WeightsKey(2))
	require.ErrorIs(t, err, ledger.ErrStateProof)
	require.ErrorContains(t, err, "received")

	l.read = func(ledger.StateValue) ledger.StateValue { v := old; v.Height = 2; return v }
	l.certified = func(uint64) uint64 { return 1 }
	_, err = c.Read(ctx, client.Certified, contracts.WeightsKey(1))
	require.ErrorIs(t, err, ledger.ErrFinality)
	require.ErrorContains(t, err, "received 1")
}

func TestKeysCanBeReplacedWhileOthersUseTheClient(t *testing.T) {
	_, c := startLying(t)
	ctx := t.Context()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				_, _ = c.Send(ctx, &ledger.Heartbeat{}) // may be signed with the key that is just replaced
				_ = c.Party().Identity()
			}
		})
	}
	for range 5 {
		require.NoError(t, c.RotateKeys(ctx, nil))
	}
	wg.Wait()
	require.Equal(t, uint64(5), c.Party().Identity().Serial)
	_, err := c.Send(ctx, &ledger.Heartbeat{})
	require.NoError(t, err)
}

// A rotation whose receipt did not come in time may have been executed: its
// keys must not be thrown away.
func TestARotationThatWasNotWaitedForIsNotLost(t *testing.T) {
	l, c := startLying(t)
	before := c.Party().Identity()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	l.Engine = &late{l.Engine}
	l.wait = func(context.Context) context.Context { return ended }
	require.ErrorIs(t, c.RotateKeys(t.Context(), nil), context.Canceled)
	require.Equal(t, before, c.Party().Identity())
	l.wait = nil
	require.NoError(t, c.RotateKeys(t.Context(), nil))
	require.NotEqual(t, before.Key, c.Party().Identity().Key)
	require.Equal(t, uint64(1), c.Party().Identity().Serial)
	_, err := c.Send(t.Context(), &ledger.Heartbeat{})
	require.NoError(t, err)
}

// late is an engine that has no receipt for those who do not wait.
type late struct{ ledger.Engine }

func (l *late) WaitCommitted(ctx context.Context, id ledger.TxID) (ledger.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return ledger.Receipt{}, err
	}
	return l.Engine.WaitCommitted(ctx, id)
}
