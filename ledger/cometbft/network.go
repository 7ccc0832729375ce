package cometbft

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// NetworkConfig describes a [Network]. Each field states its default.
type NetworkConfig struct {
	Genesis   ledger.Genesis
	Contracts []ledger.Contract // beside the ledger's own
	Replicas  int               // default 4, of which one may be Byzantine
	Home      string            // directory of the nodes' homes (default: in memory)
	Time      time.Time         // of the genesis (default 1970-01-01)
}

// Network has all validators in this process, connected over the loopback
// interface, for tests and trials. As a [ledger.Engine] it is its first node.
type Network struct {
	*Node
	cfg       NodeConfig // of a further node, without Home
	home      string
	memory    bool     // databases
	peers     []string // addresses of all nodes
	nodes     []*Node  // in the order of the genesis
	temporary string   // directory to remove in Close
	closing   sync.Once
	closed    error
}

var _ ledger.Engine = (*Network)(nil)

// patience bounds the start of a network, until each node has committed its
// first block.
const patience = 5 * time.Minute

// withDefaults returns cfg with defaults set.
func (cfg NetworkConfig) withDefaults() NetworkConfig {
	if cfg.Replicas == 0 {
		cfg.Replicas = 4
	}
	return cfg
}

// StartNetwork starts the nodes and waits until all take part. A Home of an
// earlier network continues its chain.
func StartNetwork(cfg NetworkConfig) (*Network, error) {
	cfg = cfg.withDefaults()
	if cfg.Replicas < 1 || cfg.Replicas > maxValidators {
		return nil, fmt.Errorf("cometbft: %d replicas, want 1 to %d", cfg.Replicas, maxValidators)
	}
	w := &Network{}
	home := cfg.Home
	// Votes are files in any case, because CometBFT's signer needs them;
	// without Home they are temporary.
	if home == "" {
		var err error
		if home, err = os.MkdirTemp("", "trigrid-cometbft-"); err != nil {
			return nil, fmt.Errorf("cometbft: %w", err)
		}
		w.temporary = home
	}
	w.home, w.memory = home, cfg.Home == ""
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
	w.cfg = NodeConfig{Genesis: genesis, Contracts: cfg.Contracts}
	for i := range cfg.Replicas {
		if err := w.start(i, ids[i]); err != nil {
			return nil, errors.Join(err, w.Close())
		}
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

// start starts node i with connections to all nodes before it.
func (w *Network) start(i int, id string) error {
	cfg := w.cfg
	cfg.Home, cfg.Peers = nodeHome(w.home, i), slices.Clone(w.peers)
	n, listen, err := startOnFreePort(cfg, w.memory)
	if err != nil {
		return err
	}
	w.nodes, w.peers = append(w.nodes, n), append(w.peers, id+"@"+listen)
	return nil
}

// AddReplica starts a further node, which follows the chain without a vote, and
// returns it as a validator of the next set with the next free id. It votes two
// blocks after a regulator has sent [ledger.ChangeValidators] with it.
// AddReplica must not be called at the same time as itself, Replica or Close.
func (w *Network) AddReplica() (ledger.NewValidator, error) {
	i := len(w.nodes)
	keys, err := LoadKeys(nodeHome(w.home, i))
	if err == nil {
		err = w.start(i, keys.Node)
	}
	if err != nil {
		return ledger.NewValidator{}, err
	}
	set, _ := w.app.machine.Validators()
	return keys.ProveValidator(w.Chain(), set.Serial+1, pbft.ReplicaID(i), 1, "")
}

// nodeHome returns the home of node i.
func nodeHome(home string, i int) string { return filepath.Join(home, fmt.Sprintf("node-%d", i)) }

// startOnFreePort starts a node on a free port. Another process may take the
// port first; it then tries another one.
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

// Home returns the directory of a node's keys.
func (w *Network) Home(i int) string { return nodeHome(w.home, i) }

// Close implements [ledger.Engine]. It closes all nodes at the same time,
// because a node waits for its peers.
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
