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
	"github.com/trigrid/trigrid/pbft/replica"
)

// ClusterConfig describes a [Cluster]. Each field states its default.
type ClusterConfig struct {
	Genesis   ledger.Genesis
	Contracts []ledger.Contract // beside the ledger's own; all replicas share them
	Replicas  int               // default 4, of which one may be Byzantine
	Random    io.Reader         // of the replicas' keys, 32 bytes each (default: operating system)
	Rule      pbft.Rule         // verification of signatures (default [pbft.StandardRule])
	Options   pbft.Options
	Tick      time.Duration // default 10 ms
	Retry     time.Duration // delay before a transaction goes to all replicas (default 500 ms)

	// From, if not nil, is the [Export] of a [Cluster] or [Chain] with the same
	// replicas, to continue; see ChainConfig.From.
	From io.Reader

	// Filter, if not nil, decides whether a message between two replicas is
	// delivered. Tests simulate partitions with it.
	Filter func(from, to pbft.ReplicaID) bool
}

// Cluster is an engine whose PBFT replicas run concurrently in one process and
// agree by messages, each with its own state. A block is accepted when f+1
// replicas have executed it with the same result, because at least one of them
// is correct. It is certified when a quorum has signed its header.
//
// The cluster writes nothing to disk. It works as long as a quorum of replicas
// runs; another Cluster can continue its [Export]. Block boundaries and times
// depend on the scheduler. Use [Chain] for repeatable runs.
type Cluster struct {
	*ensemble
	verifier pbft.Verifier
	cluster  *replica.Cluster
	ctx      context.Context
	stop     context.CancelFunc
	wg       sync.WaitGroup

	mu      sync.Mutex
	pending map[ledger.TxID]ledger.Tx
	stopped map[int]bool
	tally   tally
}

var _ ledger.Engine = (*Cluster)(nil)

// maxPending is the largest number of transactions without a receipt.
const maxPending = 1 << 14

// withDefaults returns cfg with defaults set.
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
		tally: newTally(e.record, &e.epochs),
	}
	// The context ends with Close. It does not come from the caller, because
	// the cluster outlives NewCluster.
	c.ctx, c.stop = context.WithCancel(context.Background())
	// All use of pbft's cluster is in this file. Each replica has its own
	// state, keys and records.
	c.cluster, err = replica.StartCluster(replica.ClusterConfig{
		Replicas: cfg.Replicas, Genesis: e.genesis, Options: cfg.Options, Tick: cfg.Tick, Filter: cfg.Filter,
		Application: func(id pbft.ReplicaID) pbft.Application { return e.replicas[id] },
		Seed:        func(id pbft.ReplicaID) [32]byte { return e.seeds[id] },
		Storage:     func(id pbft.ReplicaID) (replica.Storage, error) { return e.memories[id], nil },
		Events: func(id pbft.ReplicaID) replica.Events {
			app := e.replicas[id]
			return replica.Events{
				Block:     func(pbft.Block) { c.executed(id, app.take()) },
				Certified: c.certified,
				Epoch:     e.epochs.add,
			}
		},
	})
	if err != nil {
		c.stop()
		return nil, err
	}
	// Replicas that joined before the export have no place in the genesis.
	for len(c.cluster.Drivers) < len(e.seeds) {
		if _, err := c.cluster.Add(); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	c.wg.Go(func() { c.resend(cfg.Retry) })
	if cfg.From != nil {
		members, err := c.latestMembers()
		if err == nil {
			err = e.checkResumed(members)
		}
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

// latestMembers returns the set of the latest epoch of any replica.
func (c *Cluster) latestMembers() (pbft.Membership, error) {
	var out pbft.Membership
	for _, d := range c.cluster.Drivers {
		err := d.Inspect(func(n *pbft.Node) {
			if m := n.Membership(); m.Size() > 0 && (out.Size() == 0 || m.Epoch > out.Epoch) {
				out = m
			}
		})
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// AddReplica starts a further replica, which follows the chain without a vote,
// and returns it as a validator of the next set; see [Chain.AddReplica].
func (c *Cluster) AddReplica() (ledger.NewValidator, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx.Err() != nil {
		return ledger.NewValidator{}, ledger.ErrClosed
	}
	id, err := c.grow()
	if err == nil {
		_, err = c.cluster.Add()
	}
	if err != nil {
		return ledger.NewValidator{}, err
	}
	return c.invite(id), nil
}

// Submit implements [ledger.Engine]. The transaction goes to one replica, and
// to all of them if it has no receipt after Retry.
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
	// Invalid signatures are rejected here, so that they do not occupy the list
	// of pending transactions.
	if !pbft.VerifyRequest(c.verifier, pbft.Digest(c.trust.Chain), &tx) {
		return id, fmt.Errorf("%w: its signature does not match chain, sender, number and content", ledger.ErrInvalidTx)
	}
	if err := c.check(ctx, id, &tx); err != nil || c.record.Has(id) {
		return id, err
	}
	c.mu.Lock()
	// The transaction is pending before a replica receives it; otherwise its
	// block could arrive first and the entry would stay for ever.
	if len(c.pending) >= maxPending {
		c.mu.Unlock()
		return id, ledger.ErrBusy
	}
	if !c.record.Has(id) {
		c.pending[id] = tx
	}
	first := c.first()
	c.mu.Unlock()
	_ = first.Submit(tx) // a lost transaction is sent again by resend
	return id, nil
}

// check reads the state of the most advanced replica. If that replica has
// already used the number, it may have executed this very transaction in a
// block that fewer than f+1 replicas have reported; check waits for that block.
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

// known reports whether a transaction is pending or has a receipt.
func (c *Cluster) known(id ledger.TxID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, waits := c.pending[id]
	return waits || c.record.Has(id)
}

// executed records the blocks that a replica has executed.
func (c *Cluster) executed(from pbft.ReplicaID, blocks []executed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range blocks {
		c.tally.report(from, e)
	}
	for _, b := range c.tally.advance() {
		for i := range b.Receipts {
			delete(c.pending, b.Receipts[i].ID)
		}
	}
}

// certified records an execution certificate of any replica.
func (c *Cluster) certified(cert pbft.ExecutionCertificate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tally.certificate(cert)
}

// first returns the lowest validator that StopReplica has not stopped. The
// caller holds the lock.
func (c *Cluster) first() *replica.Driver {
	for _, id := range c.epochs.last().IDs() {
		if i := int(id); i < len(c.cluster.Drivers) && !c.stopped[i] {
			return c.cluster.Drivers[i]
		}
	}
	return c.cluster.Drivers[0]
}

// machines returns the states of all replicas.
func (c *Cluster) machines() []*application {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.replicas
}

// resend sends transactions without a receipt to all replicas, at every
// interval. The primary may have failed before it proposed them.
func (c *Cluster) resend(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	old := map[ledger.TxID]bool{}
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-ticker.C:
		}
		// Only transactions that were pending at the last tick are sent again.
		// Newer ones are still on their way.
		var again []ledger.Tx
		now := map[ledger.TxID]bool{}
		head := c.head()
		c.mu.Lock()
		for id, tx := range c.pending {
			err := head.Check(&tx)
			switch gone := err != nil && !errors.Is(err, &ledger.Refusal{Code: "tx.ahead"}); {
			case gone && old[id]:
				delete(c.pending, id) // the number is used, or the sender's rights have ended
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
		c.mu.Lock()
		drivers := c.cluster.Drivers
		c.mu.Unlock()
		for _, d := range drivers {
			_ = d.Submit(again...) // a busy or stopped replica is the same as a lost message
		}
	}
}

// head returns the state machine of the most advanced replica.
func (c *Cluster) head() ledger.StateMachine {
	// A restored replica may be ahead of the others; the most advanced state
	// rejects the most.
	machines := c.machines()
	best := machines[0].machine
	for _, r := range machines[1:] {
		if r.machine.Head().Height > best.Head().Height {
			best = r.machine
		}
	}
	return best
}

// StopReplica stops one replica like a crash. The ledger works on as long as at
// most Faulty replicas are stopped. For example, a cluster of 4 works with 3
// replicas; if the stopped one was the primary, the others first change the
// view.
func (c *Cluster) StopReplica(i int) error {
	c.mu.Lock()
	if i < 0 || i >= len(c.replicas) {
		c.mu.Unlock()
		return fmt.Errorf("ledger: cluster: no replica %d, want 0 to %d", i, len(c.replicas)-1)
	}
	c.stopped[i] = true
	d := c.cluster.Drivers[i]
	c.mu.Unlock()
	return d.Close()
}

// Read implements [ledger.Engine]. The most advanced replica answers.
func (c *Cluster) Read(_ context.Context, key string) (ledger.StateValue, error) {
	m := c.head()
	return m.Read(key, m.Head().Height)
}

// Outbox implements [ledger.Engine].
func (c *Cluster) Outbox(_ context.Context, index, height uint64) (ledger.Packet, ledger.Path, error) {
	return c.head().Outbox(index, height)
}

// Status implements [ledger.Engine].
func (c *Cluster) Status() ledger.EngineStatus { return c.status("pbft") }

// Close implements [ledger.Engine]. It stops all replicas and waits for their
// goroutines. The history can still be read and exported.
func (c *Cluster) Close() error {
	c.mu.Lock() // after a running AddReplica
	c.stop()
	c.mu.Unlock()
	err := c.cluster.Close()
	c.wg.Wait()
	c.record.Close()
	return err
}
