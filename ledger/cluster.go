package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/trigrid/trigrid/pbft"
)

// ClusterConfig describes a [Cluster]. Fields left at zero take the default named beside them.
type ClusterConfig struct {
	Genesis   Genesis
	Contracts []Contract // shared by all replicas; nil means [Coordination]
	Replicas  int        // default 4, which survives one Byzantine replica
	Random    io.Reader  // makes the replicas' keys (default: the operating system's source)
	Rule      pbft.Rule  // how signatures are judged, for ever (default [pbft.StandardRule])
	Options   pbft.Options
	Tick      time.Duration // default 10 ms
	Retry     time.Duration // after which a transaction without a receipt goes to all replicas (default 500 ms)

	// Filter, when not nil, decides whether a message travels between two replicas: for tests of partitions.
	Filter func(from, to pbft.ReplicaID) bool
}

// Cluster is the ledger on PBFT: replicas that run concurrently in one process and agree by messages, each with a state
// of its own. A block is believed when f+1 replicas have executed it alike, and certified when Q have signed it.
//
// Nothing is written to disk: the ledger lives as long as at least Q replicas do. Block boundaries and times depend on
// the scheduler; for runs that repeat to the byte use [Chain] with the same number of replicas.
type Cluster struct {
	chain    Hash
	trust    TrustState
	verifier pbft.Verifier
	faulty   int
	log      *blockLog
	cluster  *pbft.Cluster
	replicas []*replica
	ctx      context.Context
	stop     context.CancelFunc
	wg       sync.WaitGroup

	mu      sync.Mutex
	pending map[TxID]Tx
	heights map[uint64]uint64 // height of the block made by PBFT's batch
	votes   map[uint64]map[Hash]int
	believe map[uint64]CommittedBlock // by height, until its turn
	proofs  map[uint64]FinalityProof  // by batch, until its block is known
	stopped map[int]bool

	attached uint64 // highest batch whose block is certified
}

var _ Engine = (*Cluster)(nil)

// maxPending bounds the transactions without a receipt.
const maxPending = 1 << 14

// NewCluster starts all replicas.
func NewCluster(cfg ClusterConfig) (*Cluster, error) {
	if cfg.Replicas == 0 {
		cfg.Replicas = 4
	}
	if cfg.Retry <= 0 {
		cfg.Retry = 500 * time.Millisecond
	}
	seeds := make([][32]byte, cfg.Replicas)
	members := make([]pbft.Member, cfg.Replicas)
	for i := range seeds {
		if err := fill(cfg.Random, seeds[i][:]); err != nil {
			return nil, err
		}
		members[i] = pbft.Member{ID: pbft.ReplicaID(i), Key: pbft.NewSigner(seeds[i]).Public()}
	}
	genesis := pbftGenesis(cfg.Genesis, members)
	genesis.Rule = cfg.Rule
	trust, err := TrustPBFT(genesis)
	if err != nil {
		return nil, err
	}
	c := &Cluster{
		chain: trust.Chain, trust: trust, verifier: cfg.Rule.Verifier(), faulty: pbft.Faulty(cfg.Replicas), log: newBlockLog(),
		pending: map[TxID]Tx{}, heights: map[uint64]uint64{}, votes: map[uint64]map[Hash]int{},
		believe: map[uint64]CommittedBlock{}, proofs: map[uint64]FinalityProof{}, stopped: map[int]bool{},
	}
	for range cfg.Replicas {
		machine, err := newStateMachine(c.chain, cfg.Genesis, cfg.Contracts)
		if err != nil {
			return nil, err
		}
		c.replicas = append(c.replicas, &replica{machine: machine})
	}
	c.ctx, c.stop = context.WithCancel(context.Background())
	c.cluster, err = pbft.StartCluster(pbft.ClusterConfig{
		Replicas: cfg.Replicas, Genesis: genesis, Options: cfg.Options, Tick: cfg.Tick, Filter: cfg.Filter,
		Application: func(id pbft.ReplicaID) pbft.Application { return c.replicas[id] },
		Seed:        func(id pbft.ReplicaID) [32]byte { return seeds[id] },
		Events: func(id pbft.ReplicaID) pbft.Events {
			return pbft.Events{
				Block:     func(pbft.Block) { c.executed(c.replicas[id].take()) },
				Certified: c.certified,
			}
		},
	})
	if err != nil {
		c.stop()
		return nil, err
	}
	c.wg.Go(func() { c.pursue(cfg.Retry) })
	return c, nil
}

// executed counts what a replica has executed and passes a block on when f+1 replicas agree on it.
func (c *Cluster) executed(blocks []executed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range blocks {
		height := e.block.Header.Height
		if height <= c.log.height() {
			continue
		}
		if c.votes[height] == nil {
			c.votes[height] = map[Hash]int{}
		}
		hash := e.block.Header.Hash()
		if c.votes[height][hash]++; c.votes[height][hash] == c.faulty+1 {
			c.believe[height] = e.block
			c.heights[e.seq] = height
		}
	}
	c.advance()
}

// advance appends believed blocks in order. Replicas that were restored from a snapshot have skipped some, so the
// f+1 reports of one block may be complete before those of the one below.
func (c *Cluster) advance() {
	for {
		height := c.log.height() + 1
		b, ready := c.believe[height]
		if !ready {
			break
		}
		c.log.add(b)
		delete(c.believe, height)
		delete(c.votes, height)
		for i := range b.Receipts {
			delete(c.pending, b.Receipts[i].ID)
		}
	}
	for seq, proof := range c.proofs {
		c.attach(seq, proof)
	}
}

// certified takes an execution certificate of any replica.
func (c *Cluster) certified(cert pbft.ExecutionCertificate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, due := c.heights[cert.Header.Seq]; !due && cert.Header.Seq <= c.attached {
		return // certified already, or a batch that made no block
	}
	// A change of the set of replicas is not offered by this engine, so every certificate is of epoch 0.
	proof, err := newPBFTProof(&cert, nil)
	if err != nil {
		return
	}
	if _, known := c.proofs[cert.Header.Seq]; !known {
		c.proofs[cert.Header.Seq] = proof
	}
	c.attach(cert.Header.Seq, proof)
}

// attach certifies the block of a batch once it is in the log. All blocks below it are known by then, so whatever
// earlier batch still has none made none.
func (c *Cluster) attach(seq uint64, proof FinalityProof) {
	height, known := c.heights[seq]
	if !known || height > c.log.height() {
		return
	}
	delete(c.proofs, seq)
	delete(c.heights, seq)
	c.attached = max(c.attached, seq)
	for other := range c.proofs {
		if _, block := c.heights[other]; other < seq && !block {
			delete(c.proofs, other)
		}
	}
	if b, err := c.log.waitBlock(c.ctx, height); err == nil {
		c.log.certify(CertifiedHeader{b.Header, proof})
	}
}

// Chain implements [Engine].
func (c *Cluster) Chain() Hash { return c.chain }

// Trust implements [Engine].
func (c *Cluster) Trust() (FinalityVerifier, TrustState) { return PBFTVerifier{}, c.trust }

// Submit implements [Engine]. The transaction goes to one replica; if it has no receipt after Retry, to all of them.
func (c *Cluster) Submit(ctx context.Context, tx Tx) (TxID, error) {
	id := IDOf(c.chain, &tx)
	if err := ctx.Err(); err != nil {
		return id, err
	}
	if c.ctx.Err() != nil {
		return id, ErrClosed
	}
	if c.log.has(id) {
		return id, nil
	}
	if !pbft.VerifyRequest(c.verifier, pbft.Digest(c.chain), &tx) {
		return id, fmt.Errorf("%w: its signature does not fit this chain, its sender and its content", ErrInvalidTx)
	}
	if err := c.head().Check(&tx); err != nil {
		switch {
		case c.log.has(id):
			return id, nil
		case errors.Is(err, &Refusal{Code: "tx.ahead"}):
			return id, fmt.Errorf("%w: %w", ErrBusy, err)
		}
		return id, fmt.Errorf("%w: %w", ErrInvalidTx, err)
	}
	c.mu.Lock()
	if len(c.pending) >= maxPending {
		c.mu.Unlock()
		return id, ErrBusy
	}
	if !c.log.has(id) {
		c.pending[id] = tx
	}
	first := c.first()
	c.mu.Unlock()
	_ = c.cluster.Drivers[first].Submit(tx) // what is lost here is sent again
	return id, nil
}

// first is the lowest replica that is not known to be stopped. The caller holds the lock.
func (c *Cluster) first() int {
	for i := range c.replicas {
		if !c.stopped[i] {
			return i
		}
	}
	return 0
}

// pursue sends what has no receipt to all replicas, again and again.
func (c *Cluster) pursue(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	old := map[TxID]bool{}
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-ticker.C:
		}
		var again []Tx
		now := map[TxID]bool{}
		head := c.head()
		c.mu.Lock()
		for id, tx := range c.pending {
			if err := head.Check(&tx); err != nil && !errors.Is(err, &Refusal{Code: "tx.ahead"}) {
				delete(c.pending, id) // its number is used, or its sender has lost its rights since
				continue
			}
			if now[id] = true; old[id] {
				again = append(again, tx)
			}
		}
		c.mu.Unlock()
		old = now
		if len(again) == 0 {
			continue
		}
		for _, d := range c.cluster.Drivers {
			_ = d.Submit(again...) // a busy or stopped replica is like a lost message
		}
	}
}

// head is the state machine of the replica that has got furthest.
func (c *Cluster) head() StateMachine {
	best := c.replicas[0].machine
	for _, r := range c.replicas[1:] {
		if r.machine.Head().Height > best.Head().Height {
			best = r.machine
		}
	}
	return best
}

// StopReplica ends one replica, as a crash would. Up to Faulty replicas can be stopped without loss.
func (c *Cluster) StopReplica(i int) error {
	if i < 0 || i >= len(c.replicas) {
		return fmt.Errorf("ledger: there is no replica %d; the cluster has %d", i, len(c.replicas))
	}
	c.mu.Lock()
	c.stopped[i] = true
	c.mu.Unlock()
	return c.cluster.Drivers[i].Close()
}

// WaitCommitted implements [Engine].
func (c *Cluster) WaitCommitted(ctx context.Context, id TxID) (Receipt, error) {
	return c.log.waitReceipt(ctx, id)
}

// Block implements [Engine].
func (c *Cluster) Block(ctx context.Context, height uint64) (CommittedBlock, error) {
	return c.log.waitBlock(ctx, height)
}

// Subscribe implements [Engine].
func (c *Cluster) Subscribe(ctx context.Context, from uint64) (<-chan CommittedBlock, error) {
	return c.log.subscribe(ctx, from)
}

// Certified implements [Engine].
func (c *Cluster) Certified(ctx context.Context, height uint64) (CertifiedHeader, error) {
	return c.log.waitCertified(ctx, height)
}

// Read implements [Engine].
func (c *Cluster) Read(_ context.Context, key string) (StateValue, error) {
	m := c.head()
	return m.Read(key, m.Head().Height)
}

// Outbox implements [Engine].
func (c *Cluster) Outbox(_ context.Context, index, height uint64) (Packet, Path, error) {
	return c.head().Outbox(index, height)
}

// Status implements [Engine].
func (c *Cluster) Status() EngineStatus {
	return EngineStatus{Kind: "pbft", Height: c.log.height(), Replicas: len(c.replicas), Faulty: c.faulty}
}

// Close implements [Engine].
func (c *Cluster) Close() error {
	c.stop()
	err := c.cluster.Close()
	c.wg.Wait()
	c.log.close()
	return err
}
