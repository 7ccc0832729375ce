package node

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/replica"
)

// DialConfig is the input of [Dial].
type DialConfig struct {
	Genesis   Genesis
	Signer    pbft.Signer       // of a participant or another key that the nodes accept
	Addresses map[uint32]string // of replicas, instead of those of the genesis
	Retry     time.Duration     // until a transaction goes to all replicas (default 500 ms)

	// Known has replicas that joined after the genesis. They are needed only if
	// fewer than f+1 replicas of the genesis are left: the engine learns the
	// present replicas from any of them.
	Known []ReplicaCard

	skip *pbft.ReplicaID // a node does not call itself
}

// Engine is a [ledger.Engine] whose replicas are nodes on other machines, over
// TLS with pinned keys. It keeps no chain: each call is a query to a node.
//
// No single node can deceive it. A receipt, block or header counts if its
// certificate verifies under the genesis, or if f+1 nodes give equal answers;
// at least one of them is correct. A transaction is refused if f+1 nodes refuse
// it. Values of [Engine.Read] have a proof, which package client verifies.
//
// The engine follows changes of the replicas by their proofs, which lead from
// the genesis to the present set. It looks every two seconds, and knows a set
// once a block has a certificate of that set. On a chain without transactions
// it thus learns of a change with the next one.
//
// A node that does not answer costs its timeout once; the next one gets the
// query then. Transactions without a receipt are sent to all nodes after each
// Retry.
type Engine struct {
	cfg      DialConfig
	trust    ledger.TrustState
	verifier pbft.Verifier
	roster   atomic.Pointer[roster]
	ctx      context.Context
	stop     context.CancelFunc
	wg       sync.WaitGroup

	mu       sync.Mutex
	prefer   int                    // first peer to call
	seen     uint64                 // highest height that a correct node has executed
	verified map[uint64]ledger.Hash // headers whose certificates are verified
	pending  map[ledger.TxID]*pendingTx
	joined   chan struct{} // closed and replaced when a peer connects
}

// pendingTx is a transaction without a known receipt.
type pendingTx struct {
	tx      ledger.Tx
	since   time.Time
	refused int // answers in a row that refuse it
}

var _ ledger.Engine = (*Engine)(nil)

// peer is the connection to one node.
type peer struct {
	id    pbft.ReplicaID
	card  ReplicaCard
	waits chan struct{}   // one token per query that the node may let wait
	ctx   context.Context // ends with the engine, or when the replica is removed
	stop  context.CancelFunc

	mu     sync.Mutex
	remote *replica.Remote // nil until the first connection
	failed error           // of the last attempt
}

// Limits of an engine. They are assumed.
const (
	maxWaits    = 32      // queries that wait at one node, below the number that a node accepts
	maxPending  = 1 << 14 // transactions without receipt
	maxVerified = 1 << 12 // kept headers
	callTimeout = 2 * time.Second
	redial      = 500 * time.Millisecond
)

// withDefaults returns cfg with defaults set, or an error that lists every
// violation.
func (cfg DialConfig) withDefaults() (DialConfig, error) {
	bad := faults.List{Prefix: "node: dial: "}
	bad.Add(cfg.Genesis.Validate())
	bad.Require(cfg.Signer != nil, "Signer is nil, want that of a participant, such as PartyKey.Signer")
	for id, address := range cfg.Addresses {
		if err := checkAddress(address); err != nil {
			bad.Addf("replica %d: %w", id, err)
		}
	}
	for _, card := range cfg.Known {
		bad.Require(len(card.Key) == 32, "Known has replica %d with a key of %d bytes, want 32", card.ID, len(card.Key))
		if err := checkAddress(card.Address); err != nil {
			bad.Addf("replica %d: %w", card.ID, err)
		}
	}
	if cfg.Retry <= 0 {
		cfg.Retry = 500 * time.Millisecond
	}
	return cfg, bad.Err()
}

// Dial connects to the nodes of a chain. It returns as soon as f+1 nodes are
// connected, or an error with the reasons of the others if ctx ends before. It
// connects to the remaining ones in the background. The caller must close the
// engine.
func Dial(ctx context.Context, cfg DialConfig) (*Engine, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	g := cfg.Genesis.PBFT()
	e := &Engine{
		cfg: cfg, verifier: g.Rule.Verifier(), verified: map[uint64]ledger.Hash{},
		pending: map[ledger.TxID]*pendingTx{}, joined: make(chan struct{}),
	}
	if e.trust, err = ledger.TrustPBFT(g); err != nil {
		return nil, err
	}
	// The engine outlives the context of the call.
	e.ctx, e.stop = context.WithCancel(context.Background())
	e.roster.Store(e.firstRoster())
	if err := e.assemble(ctx); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	// The first look makes Status and the set of replicas right before the
	// caller uses them.
	e.learn(ctx)
	e.poll(ctx)
	e.wg.Go(e.resend)
	return e, nil
}

// connect tries to reach a node until it answers. The connection repairs itself
// afterwards, so that the goroutine ends.
func (e *Engine) connect(p *peer, address string) {
	for {
		r, err := replica.Dial(p.ctx, replica.DialConfig{
			Genesis: e.cfg.Genesis.PBFT(), Replica: p.id, Key: pbft.PublicKey(p.card.Key), Address: address, Signer: e.cfg.Signer,
		})
		p.mu.Lock()
		gone := p.ctx.Err() != nil
		if !gone {
			p.remote, p.failed = r, err
		}
		p.mu.Unlock()
		if gone {
			if err == nil {
				_ = r.Close() // the replica was removed in the meantime
			}
			return
		}
		if err == nil {
			e.mu.Lock()
			close(e.joined)
			e.joined = make(chan struct{})
			e.mu.Unlock()
			return
		}
		select {
		case <-p.ctx.Done():
			return
		case <-time.After(redial):
		}
	}
}

// assemble waits for f+1 connections.
func (e *Engine) assemble(ctx context.Context) error {
	r := e.roster.Load()
	// Of f+1 nodes one is correct. Waiting for more would let f nodes that are
	// down block every start.
	want := min(r.weak(), len(r.peers))
	for {
		e.mu.Lock()
		joined := e.joined
		e.mu.Unlock()
		there := 0
		var failed []error
		for _, p := range r.peers {
			p.mu.Lock()
			if p.remote != nil {
				there++
			} else if p.failed != nil {
				failed = append(failed, p.failed)
			}
			p.mu.Unlock()
		}
		if there >= want {
			return nil
		}
		select {
		case <-joined:
		case <-ctx.Done():
			return fmt.Errorf("node: dial: %d of %d nodes are connected, want %d: %w", there, len(r.peers), want,
				errors.Join(append([]error{context.Cause(ctx)}, failed...)...))
		}
	}
}

// Chain implements [ledger.Engine].
func (e *Engine) Chain() ledger.Hash { return e.trust.Chain }

// Trust implements [ledger.Engine].
func (e *Engine) Trust() (ledger.FinalityVerifier, ledger.TrustState) {
	return ledger.PBFTVerifier{}, e.trust
}

// Status implements [ledger.Engine]. The height is at most Retry old.
func (e *Engine) Status() ledger.EngineStatus {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.roster.Load()
	return ledger.EngineStatus{Kind: "nodes", Height: e.seen, Replicas: r.size, Faulty: r.faulty}
}

// Close implements [ledger.Engine]. The nodes run on.
func (e *Engine) Close() error {
	e.stop()
	e.wg.Wait()
	for _, p := range e.roster.Load().peers {
		p.close()
	}
	return nil
}

// call sends one query to one node.
func (p *peer) call(ctx context.Context, q *query) (*answer, error) {
	p.mu.Lock()
	remote, failed := p.remote, p.failed
	p.mu.Unlock()
	if remote == nil {
		return nil, errors.Join(replica.ErrLost, failed)
	}
	// A node accepts a limited number of waiting queries of one client and
	// refuses the others.
	if q.wait > 0 {
		select {
		case p.waits <- struct{}{}:
			defer func() { <-p.waits }()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	// A node that is paused keeps its connection and does not answer.
	ctx, cancel := context.WithTimeout(ctx, callTimeout+time.Duration(q.wait)*time.Millisecond)
	defer cancel()
	b, err := remote.Query(ctx, ledger.Encode(q))
	if err != nil {
		return nil, err
	}
	a := &answer{}
	if err := ledger.Decode("answer", b, a); err != nil {
		return nil, err
	}
	if a.kind != q.kind && a.code == "" {
		return nil, fmt.Errorf("node: replica %d answers another query", p.id)
	}
	return a, nil
}

// errRound ends a call that has tried all nodes once.
var errRound = errors.New("node: no node has the answer")

// rounds is the number of rounds of a call that does not wait.
const rounds = 3

// call sends a query to one node after the other until judge returns true, for
// at most limit rounds; 0 is no limit. what names the awaited data in the error
// of an ended context.
func (e *Engine) call(ctx context.Context, what string, limit int, q *query, judge func(p *peer, a *answer) bool) error {
	var last error
	for i := 0; ; i++ {
		peers := e.roster.Load().peers
		if limit > 0 && i >= limit*len(peers) {
			break
		}
		e.mu.Lock()
		first := e.prefer
		e.mu.Unlock()
		p := peers[(first+i)%len(peers)]
		switch a, err := e.within(ctx, p, q); {
		case e.ctx.Err() != nil:
			return ledger.ErrClosed
		case ctx.Err() != nil:
			return fmt.Errorf("ledger: waiting for %s: %w", what, ctx.Err())
		case err != nil:
			last = err
			e.mu.Lock()
			// Only the first node of a call moves the preference. Otherwise one
			// call during an outage would move it past nodes that answer.
			if i == 0 && e.prefer == first { // other calls begin with another node
				e.prefer = (first + 1) % len(peers)
			}
			e.mu.Unlock()
		case judge(p, a):
			return nil
		case a.code != "":
			last = fmt.Errorf("node: replica %d: %s: %s", p.id, a.code, a.reason)
		}
		if i%len(peers) == len(peers)-1 { // each node has had the query
			select {
			case <-time.After(10 * time.Millisecond):
			case <-ctx.Done():
			case <-e.ctx.Done():
			}
		}
	}
	return errors.Join(errRound, last)
}

// within is peer.call that ends with the engine as well.
func (e *Engine) within(ctx context.Context, p *peer, q *query) (*answer, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.ctx, cancel)()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return p.call(ctx, q)
}

// votes counts equal answers (f+1 contain that of a correct node) of different
// nodes that have no certificate.
type votes map[ledger.Hash]map[pbft.ReplicaID]bool

// add counts an answer and returns the number of equal ones.
func (v votes) add(from pbft.ReplicaID, what ledger.Hash) int {
	if v[what] == nil {
		v[what] = map[pbft.ReplicaID]bool{}
	}
	v[what][from] = true
	return len(v[what])
}

// final reports whether a header is final: by its certificate, or by f+1 equal
// answers.
func (e *Engine) final(p *peer, a *answer, v votes) bool {
	h := &a.header.Header
	hash := h.Hash()
	if a.proven && e.certified(&a.header) || v.add(p.id, hash) >= e.roster.Load().weak() {
		e.saw(h.Height)
		return true
	}
	return false
}

// certified verifies the certificate of a header, once per height. A block of
// 500 transactions would otherwise cost 500 verifications of a quorum.
func (e *Engine) certified(h *ledger.CertifiedHeader) bool {
	hash, height := h.Header.Hash(), h.Header.Height
	e.mu.Lock()
	known := e.verified[height]
	e.mu.Unlock()
	if known == hash {
		return true
	}
	// Two calls may verify the same header at the same time. That is cheaper
	// than a lock over all verifications.
	if _, err := (ledger.PBFTVerifier{}).Verify(e.trust, *h); err != nil {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	// Clearing costs a second verification of some headers, and needs no order
	// of their use.
	if len(e.verified) >= maxVerified {
		clear(e.verified)
	}
	e.verified[height] = hash
	return true
}

// saw notes a height that a correct node has executed.
func (e *Engine) saw(height uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen = max(e.seen, height)
}
