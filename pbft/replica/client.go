package replica

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/pbft"
)

// Endpoint is a client's access to one replica: a [Driver] in the same process
// or a [Remote]. Methods are safe for concurrent use. A lossy endpoint is fine,
// because clients repeat requests.
type Endpoint interface {
	// Submit passes signed requests to the replica and does not wait for their
	// execution. The caller must not change them afterwards.
	Submit(requests ...pbft.Request) error
	// Attach delivers the replica's replies to client to sink until detach is
	// called. sink must not block.
	Attach(client pbft.PublicKey, sink func(pbft.Reply)) (detach func())
}

// ClientConfig is the input of [NewClient]. A field left at zero takes its
// default.
type ClientConfig struct {
	Genesis   pbft.Genesis
	Signer    pbft.Signer
	Endpoints []Endpoint    // of all replicas, or of at least f+1
	Retry     time.Duration // until a request goes to all endpoints again (default 1 s)
	Verifier  pbft.Verifier // default Genesis.Rule.Verifier()

	// Next is the number of the first request (default 1). The key must not
	// have used it before: a call under a used number fails with
	// [pbft.ErrNumberUsed], unless it has the same operation, whose first
	// result it returns. If the number is one of those that are older than the
	// kept results (the last Genesis.ClientWindow), no replica answers and the
	// call lasts until its ctx ends. After a restart of the client,
	// [pbft.Node.NextNumber] returns the number.
	Next uint64
}

// Client signs and numbers the requests of one key. It returns a result after
// f+1 replicas have signed it. A request goes to f+1 replicas first, so that a
// correct one watches the primary, and after each Retry to all.
//
// It is safe for concurrent use. Up to Genesis.ClientWindow requests may be in
// flight; further calls wait. For example, 16 goroutines that share a client
// have 16 requests in flight, which may share a batch.
//
// A key must not be used by two clients at once: both would use the same
// numbers, and one of two calls under a number fails with [pbft.ErrNumberUsed].
type Client struct {
	cfg     ClientConfig
	chain   pbft.Digest
	window  uint64
	replies chan pbft.Reply
	ctx     context.Context
	stop    context.CancelFunc
	wg      sync.WaitGroup

	mu      sync.Mutex
	ends    []Endpoint      // replaced, not changed, when one is added
	detach  []func()        // of ends
	members pbft.Membership // whose replies count
	tally   *pbft.Tally
	waiting map[uint64]chan pbft.Reply // requests without a result, by number
	next    uint64
	lowest  uint64        // oldest number without a result
	prefer  int           // first endpoint of the next request
	changed chan struct{} // closed and replaced when lowest grows
}

// withDefaults returns cfg with defaults set, or an error that lists every
// violation.
func (cfg ClientConfig) withDefaults() (ClientConfig, error) {
	var bad faults.List
	var err error
	cfg.Genesis, err = cfg.Genesis.WithDefaults()
	bad.Add(err)
	bad.Prefix = "replica: client: "
	bad.Require(cfg.Signer != nil, "Signer is nil, want the key of the client, such as pbft.NewSigner(seed)")
	bad.Require(len(cfg.Endpoints) > 0, "Endpoints is empty, want drivers or remotes of the chain's replicas")
	if cfg.Retry <= 0 {
		cfg.Retry = time.Second
	}
	if cfg.Verifier == nil {
		cfg.Verifier = cfg.Genesis.Rule.Verifier()
	}
	cfg.Next = max(cfg.Next, 1)
	return cfg, bad.Err()
}

// NewClient attaches a client to its endpoints. The caller must close it.
func NewClient(cfg ClientConfig) (*Client, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	g := cfg.Genesis
	chain, err := g.Chain()
	if err != nil {
		return nil, err
	}
	c := &Client{
		cfg: cfg, chain: chain, window: g.ClientWindow, replies: make(chan pbft.Reply, 8192),
		members: pbft.Membership{Members: g.Members},
		waiting: map[uint64]chan pbft.Reply{}, next: cfg.Next, lowest: cfg.Next, changed: make(chan struct{}),
	}
	c.tally = pbft.NewTally(cfg.Verifier, chain, c.members, cfg.Signer.Public())
	c.ctx, c.stop = context.WithCancel(context.Background())
	for _, e := range cfg.Endpoints {
		c.AddEndpoint(e)
	}
	c.wg.Go(c.collect)
	return c, nil
}

// AddEndpoint attaches the client to a further replica, for example to one that
// has joined the chain. Its replies count after [Client.SetMembers].
func (c *Client) AddEndpoint(e Endpoint) {
	detach := e.Attach(c.cfg.Signer.Public(), func(r pbft.Reply) {
		select {
		case c.replies <- r:
		default: // the retry of the request brings the reply again
		}
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ends, c.detach = append(slices.Clip(c.ends), e), append(c.detach, detach)
}

// Close detaches the client. Pending calls return [ErrClosed].
func (c *Client) Close() {
	c.stop()
	c.mu.Lock()
	detach := c.detach
	c.mu.Unlock()
	for _, f := range detach {
		f()
	}
	c.wg.Wait()
}

// SetMembers replaces the set of replicas whose replies count, after a change
// of epoch. [pbft.VerifyEpochs] returns the set.
func (c *Client) SetMembers(m pbft.Membership) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.members = m
	c.tally.SetMembers(m)
}

// Call has the operation ordered and executed and returns its result. The error
// wraps [pbft.ErrNumberUsed] if the key has used the number for another
// operation, which was executed instead. If ctx ends first, Call returns its
// error, but the request may still be executed: its number is used, and the
// client repeats the request so that later numbers can follow.
func (c *Client) Call(ctx context.Context, operation []byte) ([]byte, error) {
	number, done, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	// The goroutine outlives an ended ctx: without this number, no later one
	// could be executed.
	request := pbft.NewRequest(c.chain, c.cfg.Signer, number, operation)
	c.mu.Lock()
	c.tally.Expect(&request)
	c.mu.Unlock()
	answer := make(chan pbft.Reply, 1)
	c.wg.Go(func() { c.pursue(request, done, answer) })
	select {
	case r := <-answer: // f+1 replicas agree
		if r.Content != request.Content() {
			return nil, fmt.Errorf("replica: request %d: %w; continue from pbft.Node.NextNumber, and give each client a key of its own",
				number, pbft.ErrNumberUsed)
		}
		return r.Result, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("replica: request %d: %w", number, ctx.Err())
	case <-c.ctx.Done():
		return nil, ErrClosed
	}
}

// open reserves the next number. It waits if ClientWindow numbers are in
// flight.
func (c *Client) open(ctx context.Context) (uint64, chan pbft.Reply, error) {
	for {
		c.mu.Lock()
		if c.next < c.lowest+c.window {
			number := c.next
			c.next++
			done := make(chan pbft.Reply, 1)
			c.waiting[number] = done
			c.mu.Unlock()
			return number, done, nil
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed: // try again
		case <-ctx.Done():
			return 0, nil, ctx.Err()
		case <-c.ctx.Done():
			return 0, nil, ErrClosed
		}
	}
}

// pursue sends the request to f+1 replicas, and to all after each Retry, until
// its result is known or the client is closed.
func (c *Client) pursue(r pbft.Request, done <-chan pbft.Reply, answer chan<- pbft.Reply) {
	c.mu.Lock()
	first, weak, ends := c.prefer, c.members.Weak(), c.ends
	c.mu.Unlock()
	for i := range min(weak, len(ends)) {
		// A busy or closed replica is equivalent to a lost message: the retry
		// repairs both.
		_ = ends[(first+i)%len(ends)].Submit(r)
	}
	retry := time.NewTimer(c.cfg.Retry)
	defer retry.Stop()
	for {
		select {
		case reply := <-done:
			answer <- reply
			return
		case <-c.ctx.Done():
			return
		case <-retry.C:
			c.mu.Lock()
			ends = c.ends
			// Later requests start with another replica, in case this one is
			// faulty.
			if c.prefer == first {
				c.prefer = (first + 1) % len(ends)
			}
			c.mu.Unlock()
			for _, e := range ends {
				_ = e.Submit(r)
			}
			retry.Reset(c.cfg.Retry)
		}
	}
}

// collect counts replies and completes calls.
func (c *Client) collect() {
	for {
		select {
		case <-c.ctx.Done():
			return
		case r := <-c.replies:
			c.mu.Lock()
			// An invalid reply is a fault of its replica and has no effect
			// here.
			if accepted, _ := c.tally.Add(&r); accepted {
				c.waiting[r.Number] <- r
				delete(c.waiting, r.Number)
				for c.lowest < c.next && c.waiting[c.lowest] == nil {
					c.lowest++
				}
				close(c.changed)
				c.changed = make(chan struct{})
			}
			c.mu.Unlock()
		}
	}
}
