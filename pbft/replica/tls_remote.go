package replica

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/pbft"
)

// Remote is an [Endpoint] over a TLS connection. It reconnects after every
// loss. Requests and replies in transit are lost then; a [Client] sends its
// requests again.
type Remote struct {
	cfg      DialConfig
	name     *url.URL // of the replica's certificate
	identity *identity
	ctx      context.Context
	stop     context.CancelFunc
	wg       sync.WaitGroup
	out      chan []byte // frames to send

	mu    sync.Mutex
	sinks map[pbft.PublicKey]map[int]func(pbft.Reply) // receivers of replies, per client
	next  int
	asks  map[uint64]chan []byte // queries without answer, by number
	asked uint64
}

// DialConfig is the input of [Dial].
type DialConfig struct {
	Genesis pbft.Genesis
	Replica pbft.ReplicaID
	Key     pbft.PublicKey // of a replica that is not a member of the genesis
	Address string
	Signer  pbft.Signer // of the client; see TLSConfig.Clients
}

// Dial connects clients of up to 4096 identities to one replica. It returns an
// error if the replica cannot be reached now, has another key or refuses the
// client. ctx limits this attempt only. The caller must close the remote.
func Dial(ctx context.Context, cfg DialConfig) (*Remote, error) {
	return dialWithin(ctx, cfg, handshakeTimeout)
}

// dialWithin is [Dial] with another limit for handshakes.
func dialWithin(ctx context.Context, cfg DialConfig, handshake time.Duration) (*Remote, error) {
	chain, err := cfg.Genesis.Chain()
	if err != nil {
		return nil, err
	}
	for _, m := range cfg.Genesis.Members {
		if m.ID == cfg.Replica && cfg.Key == (pbft.PublicKey{}) {
			cfg.Key = m.Key
		}
	}
	bad := faults.List{Prefix: "replica: dial: "}
	bad.Require(cfg.Signer != nil, "Signer is nil, want the client's, such as pbft.NewSigner(seed)")
	bad.Require(cfg.Key != pbft.PublicKey{}, "replica %d is not a member of the genesis; set Key", cfg.Replica)
	if err := bad.Err(); err != nil {
		return nil, err
	}
	r := &Remote{
		cfg: cfg, name: replicaName(chain, cfg.Replica),
		identity: &identity{signer: cfg.Signer, name: clientName(chain), now: time.Now},
		out:      make(chan []byte, memoryQueue), sinks: map[pbft.PublicKey]map[int]func(pbft.Reply){},
	}
	c, err := r.connect(ctx, handshake)
	if err != nil {
		return nil, err
	}
	// The remote outlives the context of the call.
	r.ctx, r.stop = context.WithCancel(context.Background())
	r.wg.Go(func() { r.run(c) })
	return r, nil
}

// link is a connection with its channel. Closing the connection ends both.
type link struct {
	raw     net.Conn
	channel *tls.Conn
}

// connect makes one connection. It gives up if ctx ends first.
func (r *Remote) connect(ctx context.Context, limit time.Duration) (*link, error) {
	dialer := net.Dialer{Timeout: limit}
	c, err := dialer.DialContext(ctx, "tcp", r.cfg.Address)
	if err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	// Closing is the way to interrupt a blocked read.
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	channel, err := secure(c, r.identity, r.name, r.cfg.Key, limit)
	if err != nil {
		err = fmt.Errorf("replica: dial: %s does not answer as replica %d: %w", r.cfg.Address, r.cfg.Replica, err)
		return nil, errors.Join(err, c.Close())
	}
	return &link{c, channel}, nil
}

// Close ends the connection for good.
func (r *Remote) Close() error {
	r.stop()
	r.wg.Wait()
	return nil
}

// Submit implements [Endpoint]. It returns [ErrBusy] if too many requests wait
// to be sent, for example while the replica is unreachable, and [ErrClosed]
// after Close.
func (r *Remote) Submit(requests ...pbft.Request) error {
	if r.ctx.Err() != nil {
		return ErrClosed
	}
	// clientFrame bytes hold fewer requests than the largest batch, so the
	// bytes are the only limit.
	for _, part := range pbft.SplitRequests(requests, len(requests), clientFrame) {
		select {
		case <-r.ctx.Done():
			return ErrClosed
		case r.out <- pbft.EncodeMessage(&pbft.Forward{Requests: part}):
		default:
			return ErrBusy
		}
	}
	return nil
}

// Attach implements [Endpoint]. sink is called from the remote's goroutine and
// must not block.
func (r *Remote) Attach(client pbft.PublicKey, sink func(pbft.Reply)) (detach func()) {
	r.mu.Lock()
	id := r.next
	r.next++
	if r.sinks[client] == nil {
		r.sinks[client] = map[int]func(pbft.Reply){}
	}
	r.sinks[client][id] = sink
	r.mu.Unlock()
	select {
	case r.out <- attachFrame(client):
	case <-r.ctx.Done():
	}
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.sinks[client], id)
		if len(r.sinks[client]) == 0 {
			delete(r.sinks, client)
		}
	}
}

// run serves one connection after another until Close.
func (r *Remote) run(c *link) {
	for {
		r.serve(c)
		for c = nil; c == nil; { // the replica may be down for long
			select {
			case <-r.ctx.Done():
				return
			case <-time.After(redialPause):
			}
			c, _ = r.connect(r.ctx, handshakeTimeout) // nil after an error
		}
	}
}

// serve reads and writes on one connection until either fails.
func (r *Remote) serve(c *link) {
	stop := context.AfterFunc(r.ctx, func() { _ = c.raw.Close() })
	defer stop()
	ended := make(chan struct{})
	r.wg.Go(func() {
		defer close(ended)
		r.read(c.channel)
	})
	r.write(c.channel, ended)
	// Closing makes the reading goroutine end as well.
	_ = c.raw.Close()
	<-ended
	r.lose()
}

// write attaches all identities again, then sends the queued frames.
func (r *Remote) write(c net.Conn, ended <-chan struct{}) {
	w := newFrameWriter(c)
	r.mu.Lock()
	attached := slices.Collect(maps.Keys(r.sinks))
	r.mu.Unlock()
	// The replica has forgotten the identities with the former connection.
	for _, client := range attached {
		if w.write(attachFrame(client), true) != nil {
			return
		}
	}
	for {
		select {
		case <-ended:
			return
		case <-r.ctx.Done():
			return
		case data := <-r.out:
			// The buffer is flushed when no further frame waits, so a burst
			// costs few system calls.
			if w.write(data, len(r.out) == 0) != nil {
				return
			}
		}
	}
}

// read delivers replies to their sinks.
func (r *Remote) read(c net.Conn) {
	frames := newFrameReader(c, maxPacket)
	for {
		data, err := frames.read()
		if err != nil {
			return
		}
		if r.answered(data) {
			continue
		}
		reply, err := pbft.DecodeReply(data) // the signature is for the client to check
		if err != nil {
			return
		}
		r.mu.Lock()
		for _, sink := range r.sinks[reply.Client] {
			sink(reply)
		}
		r.mu.Unlock()
	}
}
