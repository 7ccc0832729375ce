package replica

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/trigrid/trigrid/pbft"
)

// Remote is an [Endpoint] over a TCP connection. It reconnects after every loss. Requests and
// replies in transit are lost then; a [Client] sends its requests again.
type Remote struct {
	address string
	ctx     context.Context
	stop    context.CancelFunc
	wg      sync.WaitGroup
	out     chan []byte // frames to send

	mu    sync.Mutex
	sinks map[pbft.PublicKey]map[int]func(pbft.Reply) // receivers of replies, per client
	next  int
}

// Dial connects clients of up to 4096 identities to the replica at address. It returns an error if
// the replica cannot be reached now. ctx limits this attempt only. The caller must close the
// remote.
func Dial(ctx context.Context, address string) (*Remote, error) {
	return dialWithin(ctx, address, handshakeTimeout)
}

// dialWithin is [Dial] with another limit for the first handshake.
func dialWithin(ctx context.Context, address string, handshake time.Duration) (*Remote, error) {
	c, err := dialAsClient(ctx, address, handshake)
	if err != nil {
		return nil, err
	}
	r := &Remote{address: address, out: make(chan []byte, memoryQueue), sinks: map[pbft.PublicKey]map[int]func(pbft.Reply){}}
	// The remote outlives the context of the call.
	r.ctx, r.stop = context.WithCancel(context.Background())
	r.wg.Go(func() { r.run(c) })
	return r, nil
}

// dialAsClient makes one connection.
func dialAsClient(ctx context.Context, address string, handshake time.Duration) (net.Conn, error) {
	dialer := net.Dialer{Timeout: handshake}
	c, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	if err := greetAsClient(ctx, c, handshake); err != nil {
		return nil, errors.Join(fmt.Errorf("replica: dial: %s does not answer as a replica: %w", address, err), c.Close())
	}
	return c, nil
}

// greetAsClient does the client's part of the handshake. It closes c if ctx ends first.
func greetAsClient(ctx context.Context, c net.Conn, handshake time.Duration) error {
	// Closing is the way to interrupt a blocked read.
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	if err := c.SetDeadline(time.Now().Add(handshake)); err != nil {
		return err
	}
	var challenge pbft.Digest // unused: each request carries its own signature
	if _, err := io.ReadFull(c, challenge[:]); err != nil {
		return err
	}
	if _, err := c.Write([]byte{helloClient}); err != nil {
		return err
	}
	return c.SetDeadline(time.Time{})
}

// Close ends the connection for good.
func (r *Remote) Close() error {
	r.stop()
	r.wg.Wait()
	return nil
}

// Submit implements [Endpoint]. It returns [ErrBusy] if too many requests wait to be sent, for
// example while the replica is unreachable, and [ErrClosed] after Close.
func (r *Remote) Submit(requests ...pbft.Request) error {
	if r.ctx.Err() != nil {
		return ErrClosed
	}
	// clientFrame bytes hold fewer requests than the largest batch, so the bytes are the only
	// limit.
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

// Attach implements [Endpoint]. sink is called from the remote's goroutine and must not block.
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
func (r *Remote) run(c net.Conn) {
	for {
		r.serve(c)
		for c = nil; c == nil; { // the replica may be down for long
			select {
			case <-r.ctx.Done():
				return
			case <-time.After(redialPause):
			}
			c, _ = dialAsClient(r.ctx, r.address, handshakeTimeout) // nil after an error
		}
	}
}

// serve reads and writes on one connection until either fails.
func (r *Remote) serve(c net.Conn) {
	stop := context.AfterFunc(r.ctx, func() { _ = c.Close() })
	defer stop()
	ended := make(chan struct{})
	r.wg.Go(func() {
		defer close(ended)
		r.read(c)
	})
	r.write(c, ended)
	// Closing makes the reading goroutine end as well.
	_ = c.Close()
	<-ended
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
			// The buffer is flushed when no further frame waits, so a burst costs few system calls.
			if w.write(data, len(r.out) == 0) != nil {
				return
			}
		}
	}
}

// read delivers replies to their sinks.
func (r *Remote) read(c net.Conn) {
	frames := frameReader{c, bufio.NewReaderSize(c, 64<<10), maxPacket}
	for {
		data, err := frames.read()
		if err != nil {
			return
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
