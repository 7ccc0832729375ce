package engine

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/replica"
)

// ChainConfig describes a [Chain]. Each field states its default.
type ChainConfig struct {
	Genesis   ledger.Genesis
	Contracts []ledger.Contract // beside the ledger's own; all replicas share them
	Replicas  int               // default 1; with 4 one may be Byzantine
	Random    io.Reader         // of the replicas' keys, 32 bytes each (default: operating system)
	Start     time.Time         // virtual time of the genesis (default 1970-01-01)
	Interval  time.Duration     // virtual time between two submissions (default 1 s)

	// From, if not nil, is the [Export] of a [Chain], or of a [Cluster] under
	// the standard rule, to continue. The replicas' keys must be the same, so
	// Random must return the same bytes as before. The engine replays the
	// export and restores each replica's records, including votes that led to
	// no block, so that no replica contradicts an earlier vote. The error wraps
	// [ErrContinue] or [ErrReplay].
	//
	// An exported engine must not run on, and an export must be continued only
	// once. Two engines with the same keys make two chains, and every light
	// client that sees both freezes.
	From io.Reader
}

// Chain is an engine whose PBFT replicas live in one process and work in rounds
// until none of them has work left. With one replica it is a hash chain sealed
// by one key; with four the whole protocol runs, message by message. The
// replicas share the result of each check of a signature.
//
// A Submit that no other one runs beside makes one block. Concurrent calls, and
// the transactions of a [Chain.SubmitAll], share blocks of up to 512
// transactions. Time is virtual, so a run depends on its inputs only: with a
// seeded Random, equal submissions one after another give equal bytes. The
// order of concurrent ones is that of their arrival.
type Chain struct {
	*ensemble
	interval time.Duration
	verifier pbft.Verifier // shared, see replica.VerifyOnce
	parallel int           // transactions of a block from which on the replicas work in parallel

	queue   sync.Mutex
	waiting []*submission // in order of arrival, for the next block
	turn    chan struct{} // holds a token while a caller makes a block

	mu    sync.Mutex
	now   time.Time
	nodes []*pbft.Node
	seqs  map[uint64]uint64 // height of the block that PBFT's batch number made
}

var (
	_ ledger.Engine  = (*Chain)(nil)
	_ ledger.Batcher = (*Chain)(nil)
)

// withDefaults returns cfg with defaults set.
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

// NewChain starts a chain at its genesis, or after the last block of From.
func NewChain(cfg ChainConfig) (*Chain, error) {
	cfg = cfg.withDefaults()
	if cfg.Interval < 0 {
		return nil, fmt.Errorf("ledger: chain: Interval is %s, want at least 0", cfg.Interval)
	}
	e, err := newEnsemble(ensembleConfig{
		genesis: cfg.Genesis, contracts: cfg.Contracts, replicas: cfg.Replicas, random: cfg.Random, from: cfg.From,
	})
	if err != nil {
		return nil, err
	}
	c := &Chain{ensemble: e, interval: cfg.Interval, now: cfg.Start, seqs: map[uint64]uint64{}, turn: make(chan struct{}, 1), parallel: parallelGroup}
	c.verifier = replica.VerifyOnce(e.genesis.Rule.Verifier())
	for i := range e.replicas {
		if err := c.start(i); err != nil {
			return nil, err
		}
	}
	if cfg.From == nil {
		return c, nil
	}
	if err := e.checkResumed(c.nodes[c.leader()].Membership()); err != nil {
		return nil, err
	}
	// The clock continues after the last block, because block times never
	// decrease.
	if last := e.resumed.When(); last.After(c.now) {
		c.now = last
	}
	return c, c.pump(false)
}

// start starts a replica with the records of its memory.
func (c *Chain) start(i int) error {
	records, err := c.memories[i].Load()
	if err != nil {
		return err
	}
	node, err := pbft.NewNode(pbft.Config{
		ID: pbft.ReplicaID(i), Genesis: c.genesis, Signer: pbft.NewSigner(c.seeds[i]), Application: c.replicas[i], Records: records,
		Now: c.now.UnixMilli(), Verifier: c.verifier,
	})
	if err != nil {
		return err
	}
	c.nodes = append(c.nodes, node)
	return nil
}

// AddReplica starts a further replica, which follows the chain without a vote,
// and returns it as a validator of the next set. It votes some blocks after a
// regulator has sent [ledger.ChangeValidators] with it. Its key comes from
// Random, so that an engine that continues the export needs the same source.
//
// A replica that a change removes keeps following the chain without a vote.
func (c *Chain) AddReplica() (ledger.NewValidator, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.record.Closed() {
		return ledger.NewValidator{}, ledger.ErrClosed
	}
	id, err := c.grow()
	if err == nil {
		err = c.start(int(id))
	}
	if err != nil {
		return ledger.NewValidator{}, err
	}
	return c.invite(id), nil
}

// leader returns the primary of the latest epoch.
func (c *Chain) leader() int {
	var best pbft.State
	for i, n := range c.nodes {
		if s := n.State(); i == 0 || s.Epoch > best.Epoch || s.Epoch == best.Epoch && s.View > best.View {
			best = s
		}
	}
	return min(int(best.Primary), len(c.nodes)-1) // a set may have a primary that this engine does not run
}

// submission is a transaction of a SubmitAll that waits for its block.
type submission struct {
	tx   ledger.Tx
	id   ledger.TxID
	err  error // the result, after the call's end
	call *call
}

// call is the common part of the submissions of one SubmitAll.
type call struct {
	open int           // submissions without a result
	done chan struct{} // closed with the last result
}

// maxGroup is the largest number of transactions that share a block, the
// default of [pbft.Options.BatchSize].
const maxGroup = 512

// Submit implements [ledger.Engine]. If it returns no error, the transaction is
// committed.
//
// For example, the first Submit of a chain with the default interval makes
// block 1 with a time of 1 s after Start.
func (c *Chain) Submit(ctx context.Context, tx ledger.Tx) (ledger.TxID, error) {
	ids, errs := c.SubmitAll(ctx, []ledger.Tx{tx})
	return ids[0], errs[0]
}

// SubmitAll implements [ledger.Batcher]. The transactions share blocks of up to
// 512, in their order.
func (c *Chain) SubmitAll(ctx context.Context, txs []ledger.Tx) ([]ledger.TxID, []error) {
	ids, errs := make([]ledger.TxID, len(txs)), make([]error, len(txs))
	if len(txs) == 0 {
		return ids, errs
	}
	// The context is asked once: if it ended between two answers, a transaction
	// could be without an error although it is not sent.
	ended := ctx.Err()
	own := &call{open: len(txs), done: make(chan struct{})}
	all, checks := make([]*submission, len(txs)), make([]pbft.Signed, len(txs))
	for i := range txs {
		ids[i] = ledger.IDOf(c.trust.Chain, &txs[i])
		all[i], checks[i] = &submission{tx: txs[i], id: ids[i], call: own}, txs[i].Signed(pbft.Digest(c.trust.Chain))
		errs[i] = ended
	}
	if ended != nil {
		return ids, errs
	}
	// The callers check their signatures in parallel, before their turn. The
	// replicas find the result in the verifier, also if it is another one.
	c.verifier.VerifyAll(checks)
	c.queue.Lock()
	c.waiting = append(c.waiting, all...)
	c.queue.Unlock()
	c.await(own)
	for i, s := range all {
		errs[i] = s.err
	}
	return ids, errs
}

// await returns after the end of a call. One of the waiting callers makes the
// blocks, with the transactions of the others. The others wait for their own
// results only: if they waited for a lock instead, each would wake up in turn
// although its transaction is committed.
func (c *Chain) await(own *call) {
	for {
		select {
		case <-own.done:
			return
		case c.turn <- struct{}{}:
		}
		c.mu.Lock()
		if group := c.group(); len(group) > 0 {
			c.commit(group)
		}
		c.mu.Unlock()
		<-c.turn
	}
}

// group returns the transactions of the next block.
func (c *Chain) group() []*submission {
	c.queue.Lock()
	defer c.queue.Unlock()
	n := min(len(c.waiting), maxGroup)
	out := c.waiting[:n:n]
	c.waiting = c.waiting[n:]
	return out
}

// commit makes a block of a group and sets the results.
func (c *Chain) commit(group []*submission) {
	// Every submission advances the virtual clock, also a rejected one, so that
	// time depends on the inputs only.
	refused := make([]error, len(group))
	err := ledger.ErrClosed
	// Submit must not change an engine whose export may be continued already.
	if !c.record.Closed() {
		c.now = c.now.Add(time.Duration(len(group)) * c.interval)
		for _, n := range c.nodes {
			n.Tick(c.now.UnixMilli())
		}
		// Without faults there is no view change.
		leader := c.nodes[c.leader()]
		for i, s := range group {
			refused[i] = leader.Propose(s.tx)
		}
		err = c.pump(len(group) >= c.parallel)
	}
	for i, s := range group {
		s.err = err
		if err == nil && refused[i] != nil {
			s.err = c.explain(s.id, refused[i], c.replicas[c.leader()].machine.Check(&s.tx))
		}
		if s.call.open--; s.call.open == 0 {
			close(s.call.done)
		}
	}
}

// collect records the blocks and certificates of a replica. All replicas have
// the same ones: they run the same code in this process. The first one to have
// a block records it.
func (c *Chain) collect(i int, r *pbft.Ready) {
	for _, e := range c.replicas[i].take() {
		if c.record.Add(e.block) { // blocks of an export have their certificates already
			c.seqs[e.seq] = e.block.Header.Height
		}
	}
	// Most calls find no new epoch.
	if epoch := c.nodes[i].Membership().Epoch; epoch > c.epochs.last().Epoch {
		for _, p := range c.nodes[i].Epochs() {
			c.epochs.add(p)
		}
	}
	// A batch without transactions has no block and needs no certificate.
	for k := range r.Certified {
		seq := r.Certified[k].Header.Seq
		height, ours := c.seqs[seq]
		if !ours {
			continue
		}
		delete(c.seqs, seq)
		c.record.CertifyBy(height, c.epochs.prove(r.Certified[k]))
	}
}

// Read implements [ledger.Engine]. All replicas of a chain have the same state
// between two calls.
func (c *Chain) Read(_ context.Context, key string) (ledger.StateValue, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.replicas[c.leader()].machine
	return m.Read(key, m.Head().Height)
}

// Outbox implements [ledger.Engine].
func (c *Chain) Outbox(_ context.Context, index, height uint64) (ledger.Packet, ledger.Path, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.replicas[c.leader()].machine.Outbox(index, height)
}

// Status implements [ledger.Engine].
func (c *Chain) Status() ledger.EngineStatus { return c.status("chain") }

// Close implements [ledger.Engine]. It waits for a running Submit.
func (c *Chain) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.record.Close()
	return nil
}
