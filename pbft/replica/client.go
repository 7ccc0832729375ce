package replica

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/trigrid/trigrid/pbft"
)

// Endpoint is one replica as a client sees it: a [Driver] in the same process or a [Dial]ed one.
type Endpoint interface {
	// Submit hands signed requests over without waiting for their execution. They must not be changed afterwards.
	Submit(requests ...pbft.Request) error
	// Attach has the replica's replies to client delivered to sink until detach is called.
	Attach(client pbft.PublicKey, sink func(pbft.Reply)) (detach func())
}

// ClientConfig is what a [Client] needs. Fields left at zero take the default named beside them.
type ClientConfig struct {
	Genesis   pbft.Genesis
	Signer    pbft.Signer
	Endpoints []Endpoint    // of all replicas, or as many as are within reach
	Retry     time.Duration // after which a request is sent to all replicas again (default 1 s)
	Verifier  pbft.Verifier // default Genesis.Rule.Verifier()

	// Next is the number of the first request (default 1). It must be one that this key has never used, or the answer is
	// the result of what that number asked for then; see [pbft.Node.NextNumber].
	Next uint64
}

// Client signs and numbers one identity's requests and believes a result when f+1 replicas have signed it. A request
// goes to f+1 replicas first, so that a correct one knows of it and watches the primary, then to all. It is safe for use
// by many goroutines; as many requests may be in flight as Genesis.ClientWindow allows, further ones wait.
type Client struct {
	cfg     ClientConfig
	chain   pbft.Digest
	window  uint64
	detach  []func()
	replies chan pbft.Reply
	ctx     context.Context
	stop    context.CancelFunc
	wg      sync.WaitGroup

	mu      sync.Mutex
	members pbft.Membership // whose replies count
	tally   *pbft.Tally
	waiting map[uint64]chan pbft.Reply
	next    uint64
	lowest  uint64 // oldest number without a result
	prefer  int
	changed chan struct{} // closed and replaced when lowest moves
}

// NewClient attaches a client to its endpoints.
func NewClient(cfg ClientConfig) (*Client, error) {
	g, err := cfg.Genesis.WithDefaults()
	if err != nil {
		return nil, err
	}
	if cfg.Signer == nil || len(cfg.Endpoints) == 0 {
		return nil, errors.New("replica: client needs a Signer and at least one Endpoint")
	}
	chain, err := g.Chain()
	if err != nil {
		return nil, err
	}
	if cfg.Retry <= 0 {
		cfg.Retry = time.Second
	}
	if cfg.Verifier == nil {
		cfg.Verifier = g.Rule.Verifier()
	}
	cfg.Next = max(cfg.Next, 1)
	c := &Client{
		cfg: cfg, chain: chain, window: g.ClientWindow, replies: make(chan pbft.Reply, 8192),
		members: pbft.Membership{Members: g.Members},
		waiting: map[uint64]chan pbft.Reply{}, next: cfg.Next, lowest: cfg.Next, changed: make(chan struct{}),
	}
	c.tally = pbft.NewTally(cfg.Verifier, chain, c.members, cfg.Signer.Public())
	c.ctx, c.stop = context.WithCancel(context.Background())
	for _, e := range cfg.Endpoints {
		c.detach = append(c.detach, e.Attach(cfg.Signer.Public(), func(r pbft.Reply) {
			select {
			case c.replies <- r:
			default: // a lost reply is asked for again
			}
		}))
	}
	c.wg.Go(c.collect)
	return c, nil
}

// Close detaches the client. Calls under way end with [ErrClosed].
func (c *Client) Close() {
	c.stop()
	for _, f := range c.detach {
		f()
	}
	c.wg.Wait()
}

// SetMembers makes the client count replies of another epoch's replicas; see [pbft.VerifyEpochs].
func (c *Client) SetMembers(m pbft.Membership) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.members = m
	c.tally.SetMembers(m)
}

// Call has operation ordered and executed and returns its result. When ctx ends first the request may still be
// executed; its number is used up either way, and the client keeps repeating it so that later ones can follow.
func (c *Client) Call(ctx context.Context, operation []byte) ([]byte, error) {
	number, done, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	request := pbft.NewRequest(c.chain, c.cfg.Signer, number, operation)
	answer := make(chan pbft.Reply, 1)
	c.wg.Go(func() { c.pursue(request, done, answer) })
	select {
	case r := <-answer:
		return r.Result, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("replica: request %d: %w", number, ctx.Err())
	case <-c.ctx.Done():
		return nil, ErrClosed
	}
}

// open takes the next number, waiting while too many are in flight.
func (c *Client) open(ctx context.Context) (uint64, chan pbft.Reply, error) {
	for {
		c.mu.Lock()
		if c.next < c.lowest+c.window {
			number := c.next
			c.next++
			done := make(chan pbft.Reply, 1)
			c.waiting[number] = done
			c.tally.Expect(number)
			c.mu.Unlock()
			return number, done, nil
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, nil, ctx.Err()
		case <-c.ctx.Done():
			return 0, nil, ErrClosed
		}
	}
}

// pursue sends the request to f+1 replicas, and to all after each Retry, until it has its result.
func (c *Client) pursue(r pbft.Request, done <-chan pbft.Reply, answer chan<- pbft.Reply) {
	c.mu.Lock()
	first, weak := c.prefer, c.members.Weak()
	c.mu.Unlock()
	for i := range min(weak, len(c.cfg.Endpoints)) {
		_ = c.cfg.Endpoints[(first+i)%len(c.cfg.Endpoints)].Submit(r) // a busy or closed replica is like a lost message
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
			for _, e := range c.cfg.Endpoints {
				_ = e.Submit(r)
			}
			c.mu.Lock()
			if c.prefer == first {
				c.prefer = (first + 1) % len(c.cfg.Endpoints)
			}
			c.mu.Unlock()
			retry.Reset(c.cfg.Retry)
		}
	}
}

func (c *Client) collect() {
	for {
		select {
		case <-c.ctx.Done():
			return
		case r := <-c.replies:
			c.mu.Lock()
			if believed, _ := c.tally.Add(&r); believed {
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
