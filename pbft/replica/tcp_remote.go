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

// Remote is an [Endpoint] on the other side of a TCP connection, which it makes anew whenever it ends. What was on its
// way then is lost; a [Client] sends it again.
type Remote struct {
	address string
	ctx     context.Context
	stop    context.CancelFunc
	wg      sync.WaitGroup
	out     chan []byte

	mu    sync.Mutex
	sinks map[pbft.PublicKey]map[int]func(pbft.Reply)
	next  int
}

// Dial connects clients of up to 4096 identities to the replica that listens at address. It fails if that cannot be
// reached now; ctx bounds this attempt only.
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
	r.ctx, r.stop = context.WithCancel(context.Background())
	r.wg.Go(func() { r.run(c) })
	return r, nil
}

func dialAsClient(ctx context.Context, address string, handshake time.Duration) (net.Conn, error) {
	dialer := net.Dialer{Timeout: handshake}
	c, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	if err := greetAsClient(ctx, c, handshake); err != nil {
		return nil, errors.Join(fmt.Errorf("replica: %s does not answer as a replica: %w", address, err), c.Close())
	}
	return c, nil
}

func greetAsClient(ctx context.Context, c net.Conn, handshake time.Duration) error {
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	if err := c.SetDeadline(time.Now().Add(handshake)); err != nil {
		return err
	}
	var challenge pbft.Digest // of no use to a client, whose requests are signed one by one
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

// Submit implements [Endpoint]. It returns [ErrClosed] after Close, and [ErrBusy] when too much waits to be sent, as it
// does sooner or later while the replica cannot be reached.
func (r *Remote) Submit(requests ...pbft.Request) error {
	if r.ctx.Err() != nil {
		return ErrClosed
	}
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

// Attach implements [Endpoint].
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

// run serves one connection after the other.
func (r *Remote) run(c net.Conn) {
	for {
		r.serve(c)
		for c = nil; c == nil; {
			select {
			case <-r.ctx.Done():
				return
			case <-time.After(redialPause):
			}
			c, _ = dialAsClient(r.ctx, r.address, handshakeTimeout) // tried again until Close
		}
	}
}

// serve writes and reads until either fails.
func (r *Remote) serve(c net.Conn) {
	stop := context.AfterFunc(r.ctx, func() { _ = c.Close() })
	defer stop()
	ended := make(chan struct{})
	r.wg.Go(func() {
		defer close(ended)
		r.read(c)
	})
	r.write(c, ended)
	_ = c.Close()
	<-ended
}

// write asks for the replies to everybody attached, then sends what there is to send.
func (r *Remote) write(c net.Conn, ended <-chan struct{}) {
	w := newFrameWriter(c)
	r.mu.Lock()
	attached := slices.Collect(maps.Keys(r.sinks))
	r.mu.Unlock()
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
			if w.write(data, len(r.out) == 0) != nil {
				return
			}
		}
	}
}

func (r *Remote) read(c net.Conn) {
	frames := frameReader{c, bufio.NewReaderSize(c, 64<<10), maxPacket}
	for {
		data, err := frames.read()
		if err != nil {
			return
		}
		reply, err := pbft.DecodeReply(data)
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
