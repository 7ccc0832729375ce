package engine

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// ChainConfig describes a [Chain]. Fields left at zero take the default named beside them.
type ChainConfig struct {
	Genesis   ledger.Genesis
	Contracts []ledger.Contract // beside the ledger's own; all replicas share them
	Replicas  int               // default 1; 4 survives one Byzantine replica
	Random    io.Reader         // makes the replicas' keys, 32 bytes each (default: the operating system's source)
	Start     time.Time         // virtual time of the genesis (default 1970-01-01)
	Interval  time.Duration     // virtual time from one submission to the next (default 1 s)

	// From, when not nil, is the [Export] of a [Chain] or a [Cluster] under the standard rule that is to be continued. The
	// replicas' keys must be the same, so Random has to yield the bytes that it yielded then. The export is replayed, and
	// every replica is given back what it remembered, votes that led to no block included: none contradicts itself.
	// [ErrContinue] or [ErrReplay] say why that cannot be.
	//
	// An engine that was exported must not run on, and an export can be continued once: two engines that vote under the
	// same keys make two chains, which freezes every light client that sees both.
	From io.Reader
}

// Chain is an engine without goroutines, clocks or networks: its PBFT replicas live in one process and take turns until
// nothing is left to do. Every Submit makes one block at once. With one replica it is a plain hash chain sealed by one
// key; with four, the whole protocol runs, message by message. Time is virtual, so a run is a function of its inputs:
// with a seeded Random, equal submissions give equal bytes. It lives in memory; [Export] writes it down and
// ChainConfig.From goes on from there.
type Chain struct {
	*ensemble
	interval time.Duration

	mu    sync.Mutex
	now   time.Time
	nodes []*pbft.Node
	seqs  map[uint64]uint64 // height of the block made by PBFT's batch
}

var _ ledger.Engine = (*Chain)(nil)

func (cfg ChainConfig) withDefaults() ChainConfig {
	if cfg.Replicas == 0 {
		cfg.Replicas = 1
	}
	if cfg.Interval == 0 {
		cfg.Interval = time.Second
	}
	if cfg.Start.IsZero() {
		cfg.Start = time.UnixMilli(0)
	}
	return cfg
}

// NewChain starts a chain at its genesis, or where From ends.
func NewChain(cfg ChainConfig) (*Chain, error) {
	cfg = cfg.withDefaults()
	if cfg.Interval < 0 {
		return nil, fmt.Errorf("ledger: chain: Interval is %s; time cannot run backwards", cfg.Interval)
	}
	e, err := newEnsemble(ensembleConfig{
		genesis: cfg.Genesis, contracts: cfg.Contracts, replicas: cfg.Replicas, random: cfg.Random, from: cfg.From,
	})
	if err != nil {
		return nil, err
	}
	c := &Chain{ensemble: e, interval: cfg.Interval, now: cfg.Start, seqs: map[uint64]uint64{}}
	for i, r := range e.replicas {
		records, err := e.memories[i].Load()
		if err != nil {
			return nil, err
		}
		node, err := pbft.NewNode(pbft.Config{
			ID: pbft.ReplicaID(i), Genesis: e.genesis, Signer: pbft.NewSigner(e.seeds[i]), Application: r, Records: records,
		})
		if err != nil {
			return nil, err
		}
		c.nodes = append(c.nodes, node)
	}
	if cfg.From == nil {
		return c, nil
	}
	if err := e.checkResumed(); err != nil {
		return nil, err
	}
	if last := e.resumed.When(); last.After(c.now) {
		c.now = last
	}
	return c, c.pump()
}

// Submit implements [Engine]. When it returns without an error, the transaction is committed.
func (c *Chain) Submit(ctx context.Context, tx ledger.Tx) (ledger.TxID, error) {
	id := ledger.IDOf(c.trust.Chain, &tx)
	if err := ctx.Err(); err != nil {
		return id, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.record.Closed() {
		return id, ledger.ErrClosed
	}
	c.now = c.now.Add(c.interval)
	for _, n := range c.nodes {
		n.Tick(c.now.UnixMilli())
	}
	refused := c.nodes[0].Propose(tx)
	if err := c.pump(); err != nil || refused == nil {
		return id, err
	}
	return id, c.explain(id, refused, c.replicas[0].machine.Check(&tx))
}

// packet is an encoded message between two replicas.
type packet struct {
	from, to pbft.ReplicaID
	data     []byte
}

// pump lets the replicas take turns and delivers their messages, in the order in which they were sent, until all is
// quiet. Messages are encoded and decoded, so that replicas share no memory.
func (c *Chain) pump() error {
	var queue []packet
	for {
		busy := false
		for i, n := range c.nodes {
			for n.HasReady() {
				busy = true
				r := n.Ready()
				if err := c.memories[i].Append(r.Records); err != nil {
					return err
				}
				for _, e := range r.Messages {
					data := pbft.EncodeMessage(e.Message)
					for _, to := range e.To {
						queue = append(queue, packet{pbft.ReplicaID(i), to, data})
					}
				}
				n.Advance()
				if err := c.collect(i, &r); err != nil {
					return err
				}
			}
		}
		for _, p := range queue {
			m, err := pbft.DecodeMessage(append([]byte(nil), p.data...))
			if err != nil {
				return fmt.Errorf("ledger: replica %d sent what cannot be read: %w", p.from, err)
			}
			_ = c.nodes[p.to].Step(p.from, m) // a refusal is the protocol's business
		}
		if !busy && len(queue) == 0 {
			return nil
		}
		queue = queue[:0]
	}
}

// collect takes the first replica's blocks and certificates. They are everybody's: this process would notice no lie
// of its own.
func (c *Chain) collect(i int, r *pbft.Ready) error {
	blocks := c.replicas[i].take()
	if i > 0 {
		return nil
	}
	for _, e := range blocks {
		if c.record.Add(e.block) { // what is known from an export is not certified again
			c.seqs[e.seq] = e.block.Header.Height
		}
	}
	for k := range r.Certified {
		seq := r.Certified[k].Header.Seq
		height, ours := c.seqs[seq]
		if !ours {
			continue
		}
		proof, err := ledger.NewPBFTProof(&r.Certified[k], c.nodes[0].Epochs())
		if err != nil {
			return err
		}
		delete(c.seqs, seq)
		c.record.Certify(height, proof)
	}
	return nil
}

// Read implements [Engine].
func (c *Chain) Read(_ context.Context, key string) (ledger.StateValue, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.replicas[0].machine
	return m.Read(key, m.Head().Height)
}

// Outbox implements [Engine].
func (c *Chain) Outbox(_ context.Context, index, height uint64) (ledger.Packet, ledger.Path, error) {
	return c.replicas[0].machine.Outbox(index, height)
}

// Status implements [Engine].
func (c *Chain) Status() ledger.EngineStatus { return c.status("chain") }

// Close implements [Engine]. It waits for a Submit under way.
func (c *Chain) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.record.Close()
	return nil
}
