//go:build !js

package node_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/node"
	"github.com/trigrid/trigrid/pbft"
)

// patience bounds every wait, so that a busy machine does not fail a test.
const patience = 5 * time.Minute

// addresses returns n free ports of the loopback interface.
func addresses(t *testing.T, n int) []string {
	t.Helper()
	out := make([]string, n)
	for i := range out {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		out[i] = l.Addr().String()
		defer l.Close()
	}
	return out
}

// consortium is a genesis with all private keys.
type consortium struct {
	genesis  node.Genesis
	replicas []node.ReplicaKey
	parties  map[string]node.PartyKey
}

// found makes a consortium of n replicas with a regulator and the given
// participants, of the form name and role.
func found(t *testing.T, n int, parties ...[2]string) *consortium {
	t.Helper()
	c := &consortium{genesis: node.Genesis{Name: "feeder-7"}, parties: map[string]node.PartyKey{}}
	for i, address := range addresses(t, n) {
		k, err := node.NewReplicaKey(fmt.Sprintf("machine-%d", i), address)
		require.NoError(t, err)
		c.replicas = append(c.replicas, k)
		card := k.Card()
		card.ID = uint32(i)
		c.genesis.Replicas = append(c.genesis.Replicas, card)
	}
	for _, p := range append([][2]string{{"authority", "regulator"}}, parties...) {
		k, err := node.NewPartyKey(p[0], p[1])
		require.NoError(t, err)
		card, err := k.Card()
		require.NoError(t, err)
		c.parties[p[0]] = k
		c.genesis.Participants = append(c.genesis.Participants, card)
	}
	require.NoError(t, c.genesis.Validate())
	return c
}

// config returns the configuration of one replica.
func (c *consortium) config(i int) node.Config {
	return node.Config{Genesis: c.genesis, Signer: c.replicas[i].Signer(), Tick: 2 * time.Millisecond}
}

// start starts a node and closes it after the test.
func start(t *testing.T, cfg node.Config) *node.Node {
	t.Helper()
	n, err := node.Start(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = n.Close() })
	return n
}

// dial connects as a participant.
func (c *consortium) dial(t *testing.T, party string) *node.Engine {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	k := c.parties[party]
	e, err := node.Dial(ctx, node.DialConfig{Genesis: c.genesis, Signer: k.Signer(), Retry: 100 * time.Millisecond})
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// client returns a client of a participant.
func (c *consortium) client(t *testing.T, e *node.Engine, party string) *client.Client {
	t.Helper()
	k := c.parties[party]
	p, err := k.Party()
	require.NoError(t, err)
	out, err := client.Connect(t.Context(), e, p)
	require.NoError(t, err)
	return out
}

// whole is an engine together with its nodes.
type whole struct {
	*node.Engine
	nodes []*node.Node
}

// Close closes the engine and then the nodes.
func (w *whole) Close() error {
	errs := []error{w.Engine.Close()}
	for _, n := range w.nodes {
		errs = append(errs, n.Close())
	}
	return errors.Join(errs...)
}

// startWhole starts four nodes with the given identities, in memory, and an
// engine.
func startWhole(t *testing.T, g ledger.Genesis, contracts []ledger.Contract) *whole {
	t.Helper()
	c := &consortium{genesis: node.Genesis{Name: g.Name}}
	for i, address := range addresses(t, 4) {
		k, err := node.NewReplicaKey(fmt.Sprintf("machine-%d", i), address)
		require.NoError(t, err)
		c.replicas = append(c.replicas, k)
		card := k.Card()
		card.ID = uint32(i)
		c.genesis.Replicas = append(c.genesis.Replicas, card)
	}
	for i := range g.Identities {
		id := &g.Identities[i]
		c.genesis.Participants = append(c.genesis.Participants, node.PartyCard{Name: id.ID, Role: id.Role.String(), Key: id.Key[:], Seal: id.Seal.Public})
	}
	w := &whole{}
	visitor := pbft.NewSigner([32]byte{'v'})
	for i := range c.replicas {
		cfg := c.config(i)
		cfg.Contracts = contracts
		cfg.Clients = func(key pbft.PublicKey) bool { return key == visitor.Public() }
		n, err := node.Start(cfg)
		require.NoError(t, err)
		w.nodes = append(w.nodes, n)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var err error
	w.Engine, err = node.Dial(ctx, node.DialConfig{Genesis: c.genesis, Signer: visitor, Retry: 100 * time.Millisecond})
	require.NoError(t, err)
	return w
}

// contextFor returns a context that ends after d.
func contextFor(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), d)
}
