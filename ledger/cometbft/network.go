package cometbft

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/trigrid/trigrid/ledger"
)

// NetworkConfig describes a [Network]. Each field states its default.
type NetworkConfig struct {
	Genesis   ledger.Genesis
	Contracts []ledger.Contract // beside the ledger's own
	Replicas  int               // default 4, of which one may be Byzantine
	Home      string            // directory of the nodes' homes (default: in memory)
	Time      time.Time         // of the genesis (default 1970-01-01)
}

// Network has all validators in this process, connected over the loopback interface, for tests and
// trials. As a [ledger.Engine] it is its first node.
type Network struct {
	*Node
	nodes     []*Node // in the order of the genesis
	temporary string  // directory to remove in Close
	closing   sync.Once
	closed    error
}

var _ ledger.Engine = (*Network)(nil)

// patience bounds the start of a network, until each node has committed its first block.
const patience = 5 * time.Minute

// withDefaults returns cfg with defaults set.
func (cfg NetworkConfig) withDefaults() NetworkConfig {
	if cfg.Replicas == 0 {
		cfg.Replicas = 4
	}
	return cfg
}

// StartNetwork starts the nodes and waits until all take part. A Home of an earlier network
// continues its chain.
func StartNetwork(cfg NetworkConfig) (*Network, error) {
	cfg = cfg.withDefaults()
	if cfg.Replicas < 1 || cfg.Replicas > maxValidators {
		return nil, fmt.Errorf("cometbft: %d replicas, want 1 to %d", cfg.Replicas, maxValidators)
	}
	w := &Network{}
	home := cfg.Home
	// Votes are files in any case, because CometBFT's signer needs them; without Home they are
	// temporary.
	if home == "" {
		var err error
		if home, err = os.MkdirTemp("", "trigrid-cometbft-"); err != nil {
			return nil, fmt.Errorf("cometbft: %w", err)
		}
		w.temporary = home
	}
	genesis := Genesis{Ledger: cfg.Genesis, Time: cfg.Time}
	var ids []string
	// All keys are made first: the genesis of every node lists all validators.
	for i := range cfg.Replicas {
		keys, err := LoadKeys(nodeHome(home, i))
		if err != nil {
			return nil, errors.Join(err, w.Close())
		}
		genesis.Validators, ids = append(genesis.Validators, keys.Validator), append(ids, keys.Node)
	}
	var peers []string
	for i := range cfg.Replicas {
		n, listen, err := startOnFreePort(NodeConfig{
			Genesis: genesis, Contracts: cfg.Contracts, Home: nodeHome(home, i), Peers: peers,
		}, cfg.Home == "")
		if err != nil {
			return nil, errors.Join(err, w.Close())
		}
		w.nodes, peers = append(w.nodes, n), append(peers, ids[i]+"@"+listen)
	}
	w.Node = w.nodes[0]
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	// Only a node with a committed block can answer reads.
	for _, n := range w.nodes {
		if err := n.ready(ctx); err != nil {
			return nil, errors.Join(err, w.Close())
		}
	}
	return w, nil
}

// nodeHome returns the home of node i.
func nodeHome(home string, i int) string { return filepath.Join(home, fmt.Sprintf("node-%d", i)) }

// startOnFreePort starts a node on a free port. Another process may take the port first; it then
// tries another one.
func startOnFreePort(cfg NodeConfig, memory bool) (n *Node, listen string, err error) {
	cfg.Comet = DefaultConfig(cfg.Home)
	if memory {
		cfg.Comet.DBBackend = "memdb"
	}
	// Another process may take the port between Close and StartNode.
	for range 5 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, "", fmt.Errorf("cometbft: %w", err)
		}
		cfg.Listen = l.Addr().String()
		if err := l.Close(); err != nil {
			return nil, "", fmt.Errorf("cometbft: %w", err)
		}
		n, err = StartNode(cfg)
		if !errors.Is(err, syscall.EADDRINUSE) {
			return n, cfg.Listen, err
		}
	}
	return nil, "", errors.New("cometbft: no free port was found")
}

// Replica returns one of the network's nodes, which is an engine of its own.
func (w *Network) Replica(i int) *Node { return w.nodes[i] }

// Close implements [ledger.Engine]. It closes all nodes at the same time, because a node waits for
// its peers.
func (w *Network) Close() error {
	w.closing.Do(func() {
		var wg sync.WaitGroup
		errs := make([]error, len(w.nodes)+1)
		for i, n := range w.nodes {
			wg.Go(func() { errs[i] = n.Close() })
		}
		wg.Wait()
		if w.temporary != "" {
			errs[len(w.nodes)] = os.RemoveAll(w.temporary)
		}
		w.closed = errors.Join(errs...)
	})
	return w.closed
}
