package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// ClusterConfig describes a [Cluster]. Fields left at zero take the default named beside them.
type ClusterConfig struct {
	Genesis   ledger.Genesis
	Contracts []ledger.Contract // beside the ledger's own; all replicas share them
	Replicas  int               // default 4, which survives one Byzantine replica
	Random    io.Reader         // makes the replicas' keys, 32 bytes each (default: the operating system's source)
	Rule      pbft.Rule         // how signatures are judged, for ever (default [pbft.StandardRule])
	Options   pbft.Options
	Tick      time.Duration // default 10 ms
	Retry     time.Duration // after which a transaction without a receipt goes to all replicas (default 500 ms)

	// From, when not nil, is the [Export] of a [Cluster] or a [Chain] with the same replicas that is to be continued; see
	// ChainConfig.From for what that takes.
	From io.Reader

	// Filter, when not nil, decides whether a message travels between two replicas: for tests of partitions.
	Filter func(from, to pbft.ReplicaID) bool
}

// Cluster is the ledger on PBFT: replicas that run concurrently in one process and agree by messages, each with a state
// of its own. A block is believed when f+1 replicas have executed it alike, and certified when Q have signed it.
//
// Nothing is written to disk: the ledger lives as long as at least Q replicas do, and in its [Export], from which
// another Cluster can go on. Block boundaries and times depend on the scheduler; for runs that repeat to the byte use
// [Chain] with the same number of replicas.
type Cluster struct {
	*ensemble
	verifier pbft.Verifier
	cluster  *pbft.Cluster
	ctx      context.Context
	stop     context.CancelFunc
	wg       sync.WaitGroup

	mu      sync.Mutex
	pending map[ledger.TxID]ledger.Tx
	stopped map[int]bool
	belief  belief
}

var _ ledger.Engine = (*Cluster)(nil)

// maxPending bounds the transactions without a receipt.
const maxPending = 1 << 14

func (cfg ClusterConfig) withDefaults() ClusterConfig {
	if cfg.Replicas == 0 {
		cfg.Replicas = 4
	}
	if cfg.Retry <= 0 {
		cfg.Retry = 500 * time.Millisecond
	}
	return cfg
}

// NewCluster starts all replicas.
func NewCluster(cfg ClusterConfig) (*Cluster, error) {
	cfg = cfg.withDefaults()
	e, err := newEnsemble(ensembleConfig{
		genesis: cfg.Genesis, contracts: cfg.Contracts, replicas: cfg.Replicas, random: cfg.Random, rule: cfg.Rule, from: cfg.From,
	})
	if err != nil {
		return nil, err
	}
	c := &Cluster{
		ensemble: e, verifier: cfg.Rule.Verifier(), pending: map[ledger.TxID]ledger.Tx{}, stopped: map[int]bool{},
		belief: newBelief(e.record, pbft.Faulty(cfg.Replicas)),
	}
	c.ctx, c.stop = context.WithCancel(context.Background())
	c.cluster, err = pbft.StartCluster(pbft.ClusterConfig{
		Replicas: cfg.Replicas, Genesis: e.genesis, Options: cfg.Options, Tick: cfg.Tick, Filter: cfg.Filter,
		Application: func(id pbft.ReplicaID) pbft.Application { return e.replicas[id] },
		Seed:        func(id pbft.ReplicaID) [32]byte { return e.seeds[id] },
		Storage:     func(id pbft.ReplicaID) (pbft.Storage, error) { return e.memories[id], nil },
		Events: func(id pbft.ReplicaID) pbft.Events {
			return pbft.Events{
				Block:     func(pbft.Block) { c.executed(e.replicas[id].take()) },
				Certified: c.certified,
			}
		},
	})
	if err != nil {
		c.stop()
		return nil, err
	}
	c.wg.Go(func() { c.pursue(cfg.Retry) })
	if cfg.From != nil {
		if err := e.checkResumed(); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

// Submit implements [Engine]. The transaction goes to one replica; if it has no receipt after Retry, to all of them.
func (c *Cluster) Submit(ctx context.Context, tx ledger.Tx) (ledger.TxID, error) {
	id := ledger.IDOf(c.trust.Chain, &tx)
	if err := ctx.Err(); err != nil {
		return id, err
	}
	if c.ctx.Err() != nil {
		return id, ledger.ErrClosed
	}
	if c.known(id) {
		return id, nil
	}
	if !pbft.VerifyRequest(c.verifier, pbft.Digest(c.trust.Chain), &tx) {
		return id, fmt.Errorf("%w: its signature does not fit this chain, its sender and its content", ledger.ErrInvalidTx)
	}
	if err := c.check(ctx, id, &tx); err != nil || c.record.Has(id) {
		return id, err
	}
	c.mu.Lock()
	if len(c.pending) >= maxPending {
		c.mu.Unlock()
		return id, ledger.ErrBusy
	}
	if !c.record.Has(id) {
		c.pending[id] = tx
	}
	first := c.first()
	c.mu.Unlock()
	_ = c.cluster.Drivers[first].Submit(tx) // what is lost here is sent again
	return id, nil
}

// check asks the replica that has got furthest. Where that one has used the number up, perhaps for this very transaction
// in a block that too few others have reported, the block is waited for.
func (c *Cluster) check(ctx context.Context, id ledger.TxID, tx *ledger.Tx) error {
	m := c.head()
	err := m.Check(tx)
	if height := m.Head().Height; errors.Is(err, &ledger.Refusal{Code: "tx.number"}) && height > 0 {
		if _, late := c.Block(ctx, height); late != nil {
			return late
		}
	}
	return c.explain(id, nil, err)
}

// known reports whether a transaction waits or has its receipt.
func (c *Cluster) known(id ledger.TxID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, waits := c.pending[id]
	return waits || c.record.Has(id)
}

// executed takes what a replica has executed.
func (c *Cluster) executed(blocks []executed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range blocks {
		c.belief.report(e)
	}
	for _, b := range c.belief.advance() {
		for i := range b.Receipts {
			delete(c.pending, b.Receipts[i].ID)
		}
	}
}

// certified takes an execution certificate of any replica.
func (c *Cluster) certified(cert pbft.ExecutionCertificate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.belief.certificate(cert)
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
	old := map[ledger.TxID]bool{}
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-ticker.C:
		}
		var again []ledger.Tx
		now := map[ledger.TxID]bool{}
		head := c.head()
		c.mu.Lock()
		for id, tx := range c.pending {
			err := head.Check(&tx)
			switch gone := err != nil && !errors.Is(err, &ledger.Refusal{Code: "tx.ahead"}); {
			case gone && old[id]:
				delete(c.pending, id) // its number is used by another, or its sender has lost its rights since
				continue
			case old[id]:
				again = append(again, tx)
			}
			now[id] = true
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
func (c *Cluster) head() ledger.StateMachine {
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

// Read implements [Engine].
func (c *Cluster) Read(_ context.Context, key string) (ledger.StateValue, error) {
	m := c.head()
	return m.Read(key, m.Head().Height)
}

// Outbox implements [Engine].
func (c *Cluster) Outbox(_ context.Context, index, height uint64) (ledger.Packet, ledger.Path, error) {
	return c.head().Outbox(index, height)
}

// Status implements [Engine].
func (c *Cluster) Status() ledger.EngineStatus { return c.status("pbft") }

// Close implements [Engine].
func (c *Cluster) Close() error {
	c.stop()
	err := c.cluster.Close()
	c.wg.Wait()
	c.record.Close()
	return err
}
