package cometbft

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// NodeConfig describes a [Node]. Each field states its default.
type NodeConfig struct {
	Genesis   Genesis
	Contracts []ledger.Contract // beside the ledger's own
	Home      string            // directory of keys, votes and databases; required
	Listen    string            // host and port for other validators (default "127.0.0.1:26656")
	Peers     []string          // "id@host:port"; one side of each pair suffices
	Comet     *config.Config    // default [DefaultConfig] of Home; its addresses are ignored
	Logger    log.Logger        // default: no output
}

// withDefaults returns cfg with defaults set.
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

// DefaultConfig returns CometBFT's configuration for a node that is used
// through this package: no RPC, no index of transactions, no exchange of
// addresses, no pause after a block. A block is made when there are
// transactions, and otherwise every second, so that a transaction that few
// nodes have received is proposed by one of them.
func DefaultConfig(home string) *config.Config {
	c := config.DefaultConfig().SetRoot(home)
	c.RPC.ListenAddress = ""
	c.TxIndex.Indexer = "null"
	c.P2P.PexReactor = false
	c.P2P.AddrBookStrict = false
	c.P2P.AllowDuplicateIP = true
	c.P2P.FlushThrottleTimeout = 5 * time.Millisecond
	c.Mempool.MaxTxBytes = 1<<20 + 1<<10 // the largest operation of the ledger and its envelope
	c.Consensus.CreateEmptyBlocksInterval = time.Second
	c.Consensus.TimeoutCommit = 0
	c.Consensus.SkipTimeoutCommit = true
	c.Consensus.PeerGossipSleepDuration = 10 * time.Millisecond
	c.Consensus.PeerQueryMaj23SleepDuration = 250 * time.Millisecond
	return c
}

// Node is one validator in this process with its view of the ledger. It relies
// on its own execution and proves everything to others. Close it, so that its
// databases are written.
type Node struct {
	engine.History
	record  *engine.Recorder // writing side of History
	genesis Genesis
	trust   ledger.TrustState // light client at the genesis
	app     *Application      // state machine; ahead of record during a commit
	waits   bool              // the last ledger block has no certificate yet
	changes changes
	comet   *node.Node
	stop    context.CancelFunc // ends connect
	wg      sync.WaitGroup
	using   sync.RWMutex // held for reading during calls of CometBFT, for writing during Close
}

var _ ledger.Engine = (*Node)(nil)

// StartNode starts a node. It executes all blocks in its store before it
// returns, and fetches later ones from other validators. A node without a key
// in the genesis follows the chain without a vote.
func StartNode(cfg NodeConfig) (*Node, error) {
	if cfg.Home == "" {
		return nil, errors.New("cometbft: set Home, the directory of the node's keys and votes")
	}
	cfg = cfg.withDefaults()
	// The caller's configuration is copied, because the addresses are set here.
	comet := *cfg.Comet
	connections := *comet.P2P
	connections.ListenAddress, connections.PersistentPeers = "tcp://"+cfg.Listen, ""
	comet.P2P = &connections
	// The node dials its peers itself; see connect.
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
	// The observer is set before the node replays its store, so that the
	// history is complete.
	n.app.observe = n.committed
	n.comet, err = node.NewNode(&comet, keys.votes, keys.node, proxy.NewConnSyncLocalClientCreator(n.app),
		func() (*types.GenesisDoc, error) { return doc, nil }, openStore,
		node.DefaultMetricsProvider(&config.InstrumentationConfig{}), cfg.Logger)
	if err != nil {
		return nil, fmt.Errorf("cometbft: %w", err)
	}
	if err := n.comet.Start(); err != nil {
		n.comet.OnStop() // Stop has no effect on a node that did not start
		_ = n.comet.ProxyApp().Stop()
		return nil, fmt.Errorf("cometbft: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	n.stop = stop
	n.wg.Go(func() { n.connect(ctx, peers) })
	return n, nil
}

// committed records a committed block. The next block's header contains its
// application hash, so each block certifies the one before it.
func (n *Node) committed(height int64, b *ledger.CommittedBlock) {
	// The block after a ledger block contains its hash and certifies it.
	if n.waits {
		n.record.CertifyBy(n.record.Height(), func() (ledger.FinalityProof, error) { return n.prove(height) })
	}
	if n.waits = b != nil; n.waits {
		n.record.Add(*b)
	}
	n.changes.note(height, n.app.machine)
}

// changes has the changes of validators so far.
type changes struct {
	mu     sync.Mutex
	serial uint64
	sets   []changed
}

// changed is one change: the header at height, of the set before, names next.
type changed struct {
	height int64
	next   []Validator
}

// note adds the change that the block at height has made, if there is one.
func (c *changes) note(height int64, m *ledger.Machine) {
	set, _ := m.Validators()
	c.mu.Lock()
	defer c.mu.Unlock()
	if set.Serial > c.serial {
		c.serial = set.Serial
		c.sets = append(c.sets, changed{height + 1, validatorsOf(set)})
	}
}

// before returns the changes that are in force at a height.
func (c *changes) before(height int64) []changed {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for n < len(c.sets) && c.sets[n].height < height {
		n++
	}
	return slices.Clip(c.sets[:n])
}

// prove returns the finality proof with CometBFT's signed header of a height
// and the changes of validators before it, from the store.
func (n *Node) prove(height int64) (ledger.FinalityProof, error) {
	n.using.RLock()
	defer n.using.RUnlock()
	if n.record.Closed() {
		return ledger.FinalityProof{}, ledger.ErrClosed
	}
	var links []link
	for _, x := range n.changes.before(height) {
		h, err := n.signedHeader(x.height)
		if err != nil {
			return ledger.FinalityProof{}, err
		}
		links = append(links, link{h.Data, encodeValidators(x.next)})
	}
	proof, err := n.signedHeader(height)
	proof.Data = joinProof(links, proof.Data)
	return proof, err
}

// signedHeader returns a proof of the signed header of a height alone. The
// caller holds n.using.
func (n *Node) signedHeader(height int64) (ledger.FinalityProof, error) {
	meta, commit := n.comet.BlockStore().LoadBlockMeta(height), n.comet.BlockStore().LoadSeenCommit(height)
	// The newest block has a seen commit only; older ones have the commit of
	// the next block.
	if commit == nil {
		commit = n.comet.BlockStore().LoadBlockCommit(height)
	}
	if meta == nil || commit == nil {
		return ledger.FinalityProof{}, fmt.Errorf("cometbft: block %d is not in the store", height)
	}
	return newProof(&types.SignedHeader{Header: &meta.Header, Commit: commit})
}

// connect dials peers without a connection, at every interval.
func (n *Node) connect(ctx context.Context, peers []*p2p.NetAddress) {
	ticker := time.NewTicker(250 * time.Millisecond)
	defer ticker.Stop()
	for {
		for _, p := range peers {
			if !n.comet.Switch().Peers().Has(p.ID) {
				_ = n.comet.Switch().DialPeerWithAddress(p) // a failure is repeated
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// ready waits until the node takes part in consensus and has committed the
// first block.
func (n *Node) ready(ctx context.Context) error {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	// CometBFT has no event for this state, so it is polled.
	for n.comet.ConsensusReactor().WaitSync() || n.app.committed() == 0 {
		select {
		case <-ctx.Done():
			return fmt.Errorf("cometbft: waiting for consensus to start: %w", ctx.Err())
		case <-ticker.C:
		}
	}
	return nil
}

// Chain implements [ledger.Engine]. It is the id in every transaction's
// signature, not CometBFT's chain id; see [ChainID].
func (n *Node) Chain() ledger.Hash { return n.trust.Chain }

// Trust implements [ledger.Engine].
func (n *Node) Trust() (ledger.FinalityVerifier, ledger.TrustState) { return Verifier{}, n.trust }

// Read implements [ledger.Engine]. The value is that of the node's own last
// block.
func (n *Node) Read(_ context.Context, key string) (ledger.StateValue, error) {
	return n.app.machine.Read(key, n.app.machine.Head().Height)
}

// Outbox implements [ledger.Engine].
func (n *Node) Outbox(_ context.Context, index, height uint64) (ledger.Packet, ledger.Path, error) {
	return n.app.machine.Outbox(index, height)
}

// Status implements [ledger.Engine]. Height counts ledger blocks, not
// CometBFT's. Replicas are those of the last requested set, which is in force
// two blocks of CometBFT later.
func (n *Node) Status() ledger.EngineStatus {
	validators := n.genesis.Validators
	if set, has := n.app.machine.Validators(); has && set.Serial > 0 {
		validators = validatorsOf(set)
	}
	return ledger.EngineStatus{
		Kind: "cometbft", Height: n.record.Height(), Replicas: len(validators), Faulty: faulty(validators),
	}
}

// Close implements [ledger.Engine]. Finality proofs are in the store, so
// Certified fails with [ledger.ErrClosed] afterwards.
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
