package cometbft_test

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/cometbft"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/ledger/ledgertest"
	"github.com/trigrid/trigrid/pbft"
)

// trial is a network's configuration and somebody who uses it.
func trial(t *testing.T) (cometbft.NetworkConfig, *client.Party, context.Context) {
	p, err := client.NewParty(rand.NewChaCha8([32]byte{3}), "grid", ledger.RoleGrid)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	t.Cleanup(cancel)
	return cometbft.NetworkConfig{
		Genesis:   ledger.Genesis{Name: "trial", Identities: []ledger.Identity{p.Identity()}},
		Contracts: []ledger.Contract{ledgertest.Registers{}},
	}, p, ctx
}

var increase = &ledger.RawMessage{Name: "test.increase", Body: []byte{1, 'n'}}

func TestANetworkGoesOnWithoutOneOfItsValidators(t *testing.T) {
	cfg, p, ctx := trial(t)
	w, err := cometbft.StartNetwork(cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, w.Close()) }()
	require.Equal(t, ledger.EngineStatus{Kind: "cometbft", Replicas: 4, Faulty: 1}, w.Status())
	require.NoError(t, w.Replica(3).Close())

	// Sent to one node, proved by another.
	c, err := client.Connect(ctx, w.Replica(1), p)
	require.NoError(t, err)
	for range 2 {
		_, err := c.Send(ctx, increase)
		require.NoError(t, err)
	}
	for height := uint64(1); height <= 2; height++ {
		want, err := w.Replica(1).Block(ctx, height)
		require.NoError(t, err)
		for _, i := range []int{0, 2} {
			got, err := w.Replica(i).Block(ctx, height)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
		certified, err := w.Replica(2).Certified(ctx, height)
		require.NoError(t, err)
		verifier, trust := w.Trust()
		_, err = verifier.Verify(trust, certified)
		require.NoError(t, err)
	}
}

func TestANetworkContinuesItsChainAfterARestart(t *testing.T) {
	cfg, p, ctx := trial(t)
	cfg.Home = t.TempDir()
	w, err := cometbft.StartNetwork(cfg)
	require.NoError(t, err)
	c, err := client.Connect(ctx, w, p)
	require.NoError(t, err)
	for range 3 {
		_, err := c.Send(ctx, increase)
		require.NoError(t, err)
	}
	var before []ledger.CommittedBlock
	for height := uint64(1); height <= 3; height++ {
		b, err := w.Block(ctx, height)
		require.NoError(t, err)
		before = append(before, b)
	}
	chain := w.Chain()
	require.NoError(t, w.Close())
	require.ErrorIs(t, engine.Export(ctx, io.Discard, cfg.Genesis, w), ledger.ErrClosed, "its store is closed, and with it its proofs")

	w, err = cometbft.StartNetwork(cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, w.Close()) }()
	require.Equal(t, chain, w.Chain())
	for i, want := range before {
		got, err := w.Block(ctx, uint64(i+1))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	c, err = client.Connect(ctx, w, p)
	require.NoError(t, err)
	r, err := c.Send(ctx, increase)
	require.NoError(t, err)
	require.Equal(t, []byte{0, 0, 0, 0, 0, 0, 0, 4}, r.Data, "three before the restart and one after")
	_, err = c.Read(ctx, client.Certified, "test/n")
	require.NoError(t, err)
}

func TestANumberOfReplicasThatCannotBeIsAnError(t *testing.T) {
	cfg, _, _ := trial(t)
	for _, n := range []int{-1, 1025} {
		cfg.Replicas = n
		_, err := cometbft.StartNetwork(cfg)
		require.ErrorContains(t, err, "replicas, want 1 to 1024")
	}
}

func TestAPortInUseIsAnErrorThatLeavesTheNodeStartable(t *testing.T) {
	cfg, p, ctx := trial(t)
	home := t.TempDir()
	keys, err := cometbft.LoadKeys(home)
	require.NoError(t, err)
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	alone := cometbft.NodeConfig{
		Genesis:   cometbft.Genesis{Ledger: cfg.Genesis, Validators: []cometbft.Validator{keys.Validator}},
		Contracts: cfg.Contracts, Home: home, Listen: busy.Addr().String(),
	}
	_, err = cometbft.StartNode(alone)
	require.ErrorIs(t, err, syscall.EADDRINUSE)
	require.NoError(t, busy.Close())
	n, err := cometbft.StartNode(alone)
	require.NoError(t, err)
	defer func() { require.NoError(t, n.Close()) }()
	require.Equal(t, ledger.EngineStatus{Kind: "cometbft", Replicas: 1}, n.Status())
	c, err := client.Connect(ctx, n, p)
	require.NoError(t, err)
	_, err = c.Send(ctx, increase)
	require.NoError(t, err)

	_, err = cometbft.StartNode(cometbft.NodeConfig{})
	require.ErrorContains(t, err, "Home")
	alone.Peers = []string{"nobody"}
	_, err = cometbft.StartNode(alone)
	require.ErrorContains(t, err, "peers")
}

func TestKeysThatCannotBeReadAreAnError(t *testing.T) {
	home := t.TempDir()
	first, err := cometbft.LoadKeys(home)
	require.NoError(t, err)
	again, err := cometbft.LoadKeys(home)
	require.NoError(t, err)
	require.Equal(t, first.Validator, again.Validator)
	require.Equal(t, first.Node, again.Node)

	state := filepath.Join(home, "data", "priv_validator_state.json")
	require.NoError(t, os.Remove(state))
	_, err = cometbft.LoadKeys(home)
	require.ErrorContains(t, err, "a vote could be given twice")
	require.NoError(t, os.WriteFile(state, []byte("{"), 0o600))
	_, err = cometbft.LoadKeys(home)
	require.ErrorContains(t, err, state)
}

// A fifth validator joins and a founder leaves. Proofs lead from the genesis
// through both changes, and the network works on without the founder and one
// more.
func TestValidatorsChangeInAFinalizedBlock(t *testing.T) {
	cfg, _, ctx := trial(t)
	p, err := client.NewParty(rand.NewChaCha8([32]byte{4}), "regulator", ledger.RoleRegulator)
	require.NoError(t, err)
	cfg.Genesis.Identities = append(cfg.Genesis.Identities, p.Identity())
	w, err := cometbft.StartNetwork(cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, w.Close()) }()
	c, err := client.Connect(ctx, w, p)
	require.NoError(t, err)
	joined, err := w.AddReplica()
	require.NoError(t, err)
	_, err = c.Send(ctx, &ledger.ChangeValidators{Serial: 1, Add: []ledger.NewValidator{joined}})
	require.NoError(t, err)
	require.Equal(t, 5, w.Status().Replicas)
	_, err = c.Send(ctx, increase)
	require.NoError(t, err)

	// The founder is one of the others, because the network answers through its
	// first node.
	value, err := w.Read(ctx, ledger.ValidatorSetKey(1))
	require.NoError(t, err)
	var set ledger.ValidatorSet
	require.NoError(t, ledger.Decode("set", value.Value, &set))
	keys, err := cometbft.LoadKeys(w.Home(1))
	require.NoError(t, err)
	founder := slices.IndexFunc(set.Members, func(v ledger.Validator) bool { return v.Key == keys.Validator.Key })
	_, err = c.Send(ctx, &ledger.ChangeValidators{Serial: 2, Remove: []pbft.ReplicaID{set.Members[founder].ID}})
	require.NoError(t, err)
	for range 3 {
		_, err = c.Send(ctx, increase)
		require.NoError(t, err)
	}
	require.NoError(t, w.Replica(1).Close())
	require.NoError(t, w.Replica(2).Close())
	last, err := c.Send(ctx, increase)
	require.NoError(t, err, "three of four validators, one of them the new one")

	verifier, genesis := w.Trust()
	h, err := w.Certified(ctx, last.Height)
	require.NoError(t, err)
	after, err := verifier.Verify(genesis, h)
	require.NoError(t, err)
	require.NotEqual(t, genesis.Validators, after.Validators)
	short, err := cometbft.SinceTrusted(after, h)
	require.NoError(t, err)
	require.Less(t, len(short.Proof.Data), len(h.Proof.Data))
	_, err = verifier.Verify(after, short)
	require.NoError(t, err)
	_, err = verifier.Verify(genesis, short)
	require.ErrorIs(t, err, ledger.ErrFinality)
	trusted := genesis
	for height := uint64(1); height <= last.Height; height++ {
		h, err := w.Certified(ctx, height)
		require.NoError(t, err)
		trusted, err = verifier.Verify(trusted, h)
		require.NoError(t, err)
	}
	require.Equal(t, after, trusted)
}
