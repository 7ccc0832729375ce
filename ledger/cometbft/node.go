package cometbft

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/proxy"
	"github.com/cometbft/cometbft/types"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/engine"
)

// NodeConfig describes a [Node]. Fields left at zero take the default named beside them.
type NodeConfig struct {
	Genesis   Genesis
	Contracts []ledger.Contract // beside the ledger's own
	Home      string            // directory of keys, votes and databases; required
	Listen    string            // host and port for other validators (default "127.0.0.1:26656")
	Peers     []string          // "id@host:port" of nodes to keep connections to; one side of each pair is enough
	Comet     *config.Config    // default [DefaultConfig] of Home; its P2P.ListenAddress and P2P.PersistentPeers are not used
	Logger    log.Logger        // default: silence
}

func (cfg NodeConfig) withDefaults() NodeConfig {
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:26656"
	}
	if cfg.Comet == nil {
		cfg.Comet = DefaultConfig(cfg.Home)
	}
	if cfg.Logger == nil {
		cfg.Logger = log.NewNopLogger()
	}
	return cfg
}

// DefaultConfig is CometBFT's configuration for a node that is reached through this package: no RPC, no index of
// transactions, no exchange of addresses, no pause after a block. Blocks are made when there are transactions, and every
// second otherwise, so that a transaction that few nodes have heard of is proposed in the end.
func DefaultConfig(home string) *config.Config {
	c := config.DefaultConfig().SetRoot(home)
	c.RPC.ListenAddress = ""
	c.TxIndex.Indexer = "null"
	c.P2P.PexReactor = false
	c.P2P.AddrBookStrict = false
	c.P2P.AllowDuplicateIP = true
	c.P2P.FlushThrottleTimeout = 5 * time.Millisecond
	c.Mempool.MaxTxBytes = 1<<20 + 1<<10 // the ledger's largest operation and what is around it
	c.Consensus.CreateEmptyBlocksInterval = time.Second
	c.Consensus.TimeoutCommit = 0
	c.Consensus.SkipTimeoutCommit = true
	c.Consensus.PeerGossipSleepDuration = 10 * time.Millisecond
	c.Consensus.PeerQueryMaj23SleepDuration = 250 * time.Millisecond
	return c
}

// Node is one validator's node in this process and the ledger as it sees it. It believes its own execution, as an
// operator believes its own machine, and proves everything to others.
type Node struct {
	engine.History
	record  *engine.Recorder
	genesis Genesis
	trust   ledger.TrustState
	app     *Application
	waits   bool // the last ledger block waits for the CometBFT block that certifies it
	comet   *node.Node
	stop    context.CancelFunc
	wg      sync.WaitGroup
	using   sync.RWMutex // held for reading where CometBFT is used, for writing while it is stopped
}

var _ ledger.Engine = (*Node)(nil)

// StartNode starts a node. It executes all blocks in its store before StartNode returns, and catches up with the other
// validators afterwards. A node whose keys are not in the genesis follows the chain without a vote.
func StartNode(cfg NodeConfig) (*Node, error) {
	if cfg.Home == "" {
		return nil, errors.New("cometbft: a node needs a Home for its keys and votes")
	}
	cfg = cfg.withDefaults()
	comet := *cfg.Comet
	connections := *comet.P2P
	connections.ListenAddress, connections.PersistentPeers = "tcp://"+cfg.Listen, ""
	comet.P2P = &connections
	peers, bad := p2p.NewNetAddressStrings(cfg.Peers)
	if err := errors.Join(bad...); err != nil {
		return nil, fmt.Errorf("cometbft: peers: %w", err)
	}
	doc, err := cfg.Genesis.document()
	if err != nil {
		return nil, err
	}
	keys, err := LoadKeys(cfg.Home)
	if err != nil {
		return nil, err
	}
	n := &Node{}
	n.History, n.record = engine.NewHistory()
	if n.genesis, err = cfg.Genesis.withDefaults(); err != nil {
		return nil, err
	}
	if n.trust, err = n.genesis.Trust(); err != nil {
		return nil, err
	}
	if n.app, err = NewApplication(ApplicationConfig{Genesis: cfg.Genesis, Contracts: cfg.Contracts}); err != nil {
		return nil, err
	}
	n.app.observe = n.committed
	n.comet, err = node.NewNode(&comet, keys.votes, keys.node, proxy.NewConnSyncLocalClientCreator(n.app),
		func() (*types.GenesisDoc, error) { return doc, nil }, openStore,
		node.DefaultMetricsProvider(&config.InstrumentationConfig{}), cfg.Logger)
	if err != nil {
		return nil, fmt.Errorf("cometbft: %w", err)
	}
	if err := n.comet.Start(); err != nil {
		n.comet.OnStop() // Stop does nothing to a node that did not start
		_ = n.comet.ProxyApp().Stop()
		return nil, fmt.Errorf("cometbft: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	n.stop = stop
	n.wg.Go(func() { n.connect(ctx, peers) })
	return n, nil
}

// committed takes what CometBFT has committed, block after block. A block's application hash is in the header of the next
// one, so each block certifies what the one before it made.
func (n *Node) committed(height int64, b *ledger.CommittedBlock) {
	if n.waits {
		n.record.CertifyBy(n.record.Height(), func() (ledger.FinalityProof, error) { return n.prove(height) })
	}
	if n.waits = b != nil; n.waits {
		n.record.Add(*b)
	}
}

// prove reads CometBFT's signed header of a height from the store.
func (n *Node) prove(height int64) (ledger.FinalityProof, error) {
	n.using.RLock()
	defer n.using.RUnlock()
	if n.record.Closed() {
		return ledger.FinalityProof{}, ledger.ErrClosed
	}
	meta, commit := n.comet.BlockStore().LoadBlockMeta(height), n.comet.BlockStore().LoadSeenCommit(height)
	if commit == nil {
		commit = n.comet.BlockStore().LoadBlockCommit(height)
	}
	if meta == nil || commit == nil {
		return ledger.FinalityProof{}, fmt.Errorf("cometbft: block %d is not in the store", height)
	}
	return newProof(&types.SignedHeader{Header: &meta.Header, Commit: commit})
}

// connect dials the peers that are not connected, again and again.
func (n *Node) connect(ctx context.Context, peers []*p2p.NetAddress) {
	ticker := time.NewTicker(250 * time.Millisecond)
	defer ticker.Stop()
	for {
		for _, p := range peers {
			if !n.comet.Switch().Peers().Has(p.ID) {
				_ = n.comet.Switch().DialPeerWithAddress(p) // whatever was wrong, there is a next time
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// ready waits until the node takes part in consensus and has committed the first block.
func (n *Node) ready(ctx context.Context) error {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for n.comet.ConsensusReactor().WaitSync() || n.app.committed() == 0 {
		select {
		case <-ctx.Done():
			return fmt.Errorf("cometbft: waiting for consensus to start: %w", ctx.Err())
		case <-ticker.C:
		}
	}
	return nil
}

// Chain implements [ledger.Engine].
func (n *Node) Chain() ledger.Hash { return n.trust.Chain }

// Trust implements [ledger.Engine].
func (n *Node) Trust() (ledger.FinalityVerifier, ledger.TrustState) { return Verifier{}, n.trust }

// Read implements [ledger.Engine].
func (n *Node) Read(_ context.Context, key string) (ledger.StateValue, error) {
	return n.app.machine.Read(key, n.app.machine.Head().Height)
}

// Outbox implements [ledger.Engine].
func (n *Node) Outbox(_ context.Context, index, height uint64) (ledger.Packet, ledger.Path, error) {
	return n.app.machine.Outbox(index, height)
}

// Status implements [ledger.Engine].
func (n *Node) Status() ledger.EngineStatus {
	return ledger.EngineStatus{
		Kind: "cometbft", Height: n.record.Height(), Replicas: len(n.genesis.Validators), Faulty: n.genesis.faulty(),
	}
}

// Close implements [ledger.Engine].
func (n *Node) Close() error {
	n.using.Lock()
	defer n.using.Unlock()
	if !n.record.Close() {
		return nil
	}
	n.stop()
	n.wg.Wait()
	err := n.comet.Stop()
	n.comet.Wait()
	return errors.Join(err, n.comet.ProxyApp().Stop())
}
