package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/engine"
)

func TestEnginesRefuseConfigurationsByName(t *testing.T) {
	p, err := client.NewParty(nil, "grid", ledger.RoleGrid)
	require.NoError(t, err)
	g := ledger.Genesis{Name: "bad", Identities: []ledger.Identity{p.Identity()}}
	for _, n := range []int{-1, 257} {
		_, err = engine.NewChain(engine.ChainConfig{Genesis: g, Replicas: n})
		require.ErrorContains(t, err, "replicas, want 1 to 256")
		_, err = engine.NewCluster(engine.ClusterConfig{Genesis: g, Replicas: n})
		require.ErrorContains(t, err, "replicas, want 1 to 256")
	}
	_, err = engine.NewChain(engine.ChainConfig{Genesis: g, Interval: -time.Second})
	require.ErrorContains(t, err, "Interval")
	_, err = engine.NewChain(engine.ChainConfig{Genesis: g, Replicas: 4, Random: strings.NewReader("too short for four keys")})
	require.ErrorContains(t, err, "random source")
	_, err = engine.NewChain(engine.ChainConfig{Genesis: ledger.Genesis{Name: "nobody"}})
	require.ErrorContains(t, err, "no identity of role grid or regulator")
}

// An engine that took a transaction which no replica proposes would leave its
// sender waiting for ever.
func TestTransactionsThatAreTooLongAreNotTaken(t *testing.T) {
	p, err := client.NewParty(nil, "grid", ledger.RoleGrid)
	require.NoError(t, err)
	g := ledger.Genesis{Name: "long", Identities: []ledger.Identity{p.Identity()}}
	cluster, err := engine.NewCluster(engine.ClusterConfig{Genesis: g, Tick: 2 * time.Millisecond})
	require.NoError(t, err)
	defer cluster.Close()
	chain, err := engine.NewChain(engine.ChainConfig{Genesis: g})
	require.NoError(t, err)
	for _, e := range []ledger.Engine{chain, cluster} {
		c, err := client.Connect(t.Context(), e, p)
		require.NoError(t, err)
		_, err = c.Submit(t.Context(), &ledger.RawMessage{Name: "clock.heartbeat", Body: make([]byte, 1<<20)})
		require.ErrorIs(t, err, ledger.ErrInvalidTx)
		require.ErrorContains(t, err, "limit 1048576")
		_, err = c.Send(t.Context(), &ledger.Heartbeat{})
		require.NoError(t, err, "its number is still free")
	}
}
