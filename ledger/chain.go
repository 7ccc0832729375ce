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

// ChainConfig describes a [Chain]. Fields left at zero take the default named beside them.
type ChainConfig struct {
	Genesis   Genesis
	Contracts []Contract    // shared by all replicas; nil means [Coordination]
	Replicas  int           // default 1; 4 survives one Byzantine replica
	Random    io.Reader     // makes the replicas' keys (default: the operating system's source)
	Start     time.Time     // virtual time of the genesis (default 1970-01-01)
	Interval  time.Duration // virtual time from one submission to the next (default 1 s)
}

// Chain is an engine without goroutines, clocks or networks: its PBFT replicas live in one process and take turns until
// nothing is left to do. Every Submit makes one block at once. With one replica it is a plain hash chain sealed by one
// key; with four, the whole protocol runs, message by message. Time is virtual, so a run is a function of its inputs:
// with a seeded Random, equal submissions give equal bytes. Nothing survives the process; see [Export].
type Chain struct {
	chain    Hash
	trust    TrustState
	interval time.Duration
	log      *blockLog

	mu       sync.Mutex
	now      time.Time
	nodes    []*pbft.Node
	replicas []*replica
	seqs     map[uint64]uint64 // height of the block made by PBFT's batch
	closed   bool
}

var _ Engine = (*Chain)(nil)

// NewChain starts a chain at its genesis.
func NewChain(cfg ChainConfig) (*Chain, error) {
	if cfg.Replicas == 0 {
		cfg.Replicas = 1
	}
	if cfg.Interval == 0 {
		cfg.Interval = time.Second
	}
	if cfg.Start.IsZero() {
		cfg.Start = time.UnixMilli(0)
	}
	genesis, signers, err := newReplicaKeys(cfg.Genesis, cfg.Replicas, cfg.Random)
	if err != nil {
		return nil, err
	}
	trust, err := TrustPBFT(genesis)
	if err != nil {
		return nil, err
	}
	c := &Chain{
		chain: trust.Chain, trust: trust, interval: cfg.Interval, now: cfg.Start, log: newBlockLog(), seqs: map[uint64]uint64{},
	}
	for i := range cfg.Replicas {
		machine, err := newStateMachine(c.chain, cfg.Genesis, cfg.Contracts)
		if err != nil {
			return nil, err
		}
		r := &replica{machine: machine}
		node, err := pbft.NewNode(pbft.Config{ID: pbft.ReplicaID(i), Genesis: genesis, Signer: signers[i], Application: r})
		if err != nil {
			return nil, err
		}
		c.replicas, c.nodes = append(c.replicas, r), append(c.nodes, node)
	}
	return c, nil
}

// newReplicaKeys makes the keys of n replicas and the PBFT genesis that names them.
func newReplicaKeys(g Genesis, n int, random io.Reader) (pbft.Genesis, []pbft.Signer, error) {
	signers := make([]pbft.Signer, n)
	members := make([]pbft.Member, n)
	for i := range signers {
		var seed [32]byte
		if err := fill(random, seed[:]); err != nil {
			return pbft.Genesis{}, nil, err
		}
		signers[i] = pbft.NewSigner(seed)
		members[i] = pbft.Member{ID: pbft.ReplicaID(i), Key: signers[i].Public()}
	}
	return pbftGenesis(g, members), signers, nil
}

func newStateMachine(chain Hash, g Genesis, contracts []Contract) (*Machine, error) {
	if contracts == nil {
		contracts = Coordination()
	}
	return NewMachine(chain, g, contracts...)
}

// Chain implements [Engine].
func (c *Chain) Chain() Hash { return c.chain }

// Trust implements [Engine].
func (c *Chain) Trust() (FinalityVerifier, TrustState) { return PBFTVerifier{}, c.trust }

// Submit implements [Engine]. When it returns without an error, the transaction is committed.
func (c *Chain) Submit(ctx context.Context, tx Tx) (TxID, error) {
	id := IDOf(c.chain, &tx)
	if err := ctx.Err(); err != nil {
		return id, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return id, ErrClosed
	}
	c.now = c.now.Add(c.interval)
	for _, n := range c.nodes {
		n.Tick(c.now.UnixMilli())
	}
	err := c.nodes[0].Propose(tx)
	if pump := c.pump(); pump != nil {
		return id, pump
	}
	return id, explain(err, c.replicas[0].machine, c.log, id, &tx)
}

// explain turns PBFT's reason for not taking a transaction into the ledger's. A transaction that is executed already is
// taken again.
func explain(err error, m StateMachine, log *blockLog, id TxID, tx *Tx) error {
	if err == nil || log.has(id) {
		return nil
	}
	check := m.Check(tx)
	switch {
	case errors.Is(err, pbft.RefusedPoolFull) || errors.Is(check, &Refusal{Code: "tx.ahead"}):
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case check != nil:
		return fmt.Errorf("%w: %w", ErrInvalidTx, check)
	}
	return fmt.Errorf("%w: %w", ErrInvalidTx, err)
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
		c.seqs[e.seq] = e.block.Header.Height
		c.log.add(e.block)
	}
	for k := range r.Certified {
		height, ours := c.seqs[r.Certified[k].Header.Seq]
		if !ours {
			continue
		}
		proof, err := newPBFTProof(&r.Certified[k], c.nodes[0].Epochs())
		if err != nil {
			return err
		}
		delete(c.seqs, r.Certified[k].Header.Seq)
		b, err := c.log.waitBlock(context.Background(), height)
		if err != nil {
			return err
		}
		c.log.certify(CertifiedHeader{b.Header, proof})
	}
	return nil
}

// WaitCommitted implements [Engine].
func (c *Chain) WaitCommitted(ctx context.Context, id TxID) (Receipt, error) {
	return c.log.waitReceipt(ctx, id)
}

// Block implements [Engine].
func (c *Chain) Block(ctx context.Context, height uint64) (CommittedBlock, error) {
	return c.log.waitBlock(ctx, height)
}

// Subscribe implements [Engine].
func (c *Chain) Subscribe(ctx context.Context, from uint64) (<-chan CommittedBlock, error) {
	return c.log.subscribe(ctx, from)
}

// Certified implements [Engine].
func (c *Chain) Certified(ctx context.Context, height uint64) (CertifiedHeader, error) {
	return c.log.waitCertified(ctx, height)
}

// Read implements [Engine].
func (c *Chain) Read(_ context.Context, key string) (StateValue, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.replicas[0].machine
	return m.Read(key, m.Head().Height)
}

// Outbox implements [Engine].
func (c *Chain) Outbox(_ context.Context, index, height uint64) (Packet, Path, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.replicas[0].machine.Outbox(index, height)
}

// Status implements [Engine].
func (c *Chain) Status() EngineStatus {
	return EngineStatus{Kind: "chain", Height: c.log.height(), Replicas: len(c.nodes), Faulty: pbft.Faulty(len(c.nodes))}
}

// Close implements [Engine].
func (c *Chain) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.log.close()
	return nil
}
