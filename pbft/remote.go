package pbft

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/trigrid/trigrid/pbft/internal/wire"
)

// ServeClients lets clients reach d through the transport's address, see [Dial].
func (t *TCP) ServeClients(d *Driver) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.driver = d
}

// maxClientQueue bounds the replies waiting for one connection; a client that does not read loses replies.
const maxClientQueue = 8192

// maxSessions bounds how many identities one connection can listen for.
const maxSessions = 4096

// clientFrame is the most that clients put into a frame, apart from a single request that is larger.
const clientFrame = 1 << 20

// serveClient reads requests from a client's connection and writes the replies that it has asked for.
func (t *TCP) serveClient(c net.Conn, r *bufio.Reader) error {
	t.mu.Lock()
	d := t.driver
	t.mu.Unlock()
	if d == nil {
		return ErrClosed
	}
	replies := make(chan Reply, maxClientQueue)
	done := make(chan struct{})
	t.wg.Go(func() {
		w := newFrameWriter(c)
		for {
			select {
			case <-done:
				return
			case <-t.ctx.Done():
				return
			case reply := <-replies:
				if w.write(reply.append(nil), len(replies) == 0) != nil {
					_ = c.Close() // it reads nothing, so it need not be read from
					return
				}
			}
		}
	})
	defer close(done)
	attached := map[PublicKey]bool{}
	frames := frameReader{c, r, uint32(clientFrame + requestOverhead + t.cfg.Genesis.RequestLimit)}
	for {
		data, err := frames.read()
		if err != nil {
			return err
		}
		if client, ok := readAttach(data); ok {
			if len(attached) >= maxSessions {
				return RefusedLimit
			}
			if attached[client] {
				continue
			}
			attached[client] = true
			defer d.Attach(client, func(r Reply) {
				select {
				case replies <- r:
				default:
				}
			})()
			continue
		}
		m, err := DecodeMessage(data)
		if err != nil {
			return err
		}
		f, ok := m.(*Forward)
		if !ok {
			return RefusedRole
		}
		if err := d.Submit(f.Requests...); err != nil && !errors.Is(err, ErrBusy) {
			return err
		}
	}
}

// attachFrame asks a replica for its replies to client. Replies go to whoever asks: they are signed, not secret.
func attachFrame(client PublicKey) []byte { return append([]byte{byte(KindHello)}, client[:]...) }

func readAttach(b []byte) (client PublicKey, ok bool) {
	if len(b) != 1+len(client) || Kind(b[0]) != KindHello {
		return client, false
	}
	return PublicKey(b[1:]), true
}

// Remote is an [Endpoint] on the other side of a TCP connection.
type Remote struct {
	conn net.Conn
	stop context.CancelFunc
	wg   sync.WaitGroup
	out  chan []byte
	ctx  context.Context

	mu    sync.Mutex
	sinks map[PublicKey]map[int]func(Reply)
	next  int
}

// Dial connects clients of up to 4096 identities to the replica that listens at address. When the connection ends,
// Submit returns [ErrClosed] and the caller dials again.
func Dial(ctx context.Context, address string) (*Remote, error) {
	var dialer net.Dialer
	c, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if err := greetAsClient(ctx, c); err != nil {
		return nil, errors.Join(fmt.Errorf("pbft: %s does not answer as a replica: %w", address, err), c.Close())
	}
	r := &Remote{conn: c, out: make(chan []byte, memoryQueue), sinks: map[PublicKey]map[int]func(Reply){}}
	r.ctx, r.stop = context.WithCancel(context.Background())
	r.wg.Go(r.read)
	r.wg.Go(r.write)
	return r, nil
}

func greetAsClient(ctx context.Context, c net.Conn) error {
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := c.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return err
	}
	var challenge Digest // of no use to a client, whose requests are signed one by one
	if _, err := io.ReadFull(c, challenge[:]); err != nil {
		return err
	}
	if _, err := c.Write([]byte{helloClient}); err != nil {
		return err
	}
	return c.SetDeadline(time.Time{})
}

// Close ends the connection.
func (r *Remote) Close() error {
	r.stop()
	err := r.conn.Close()
	r.wg.Wait()
	return err
}

// Submit implements [Endpoint].
func (r *Remote) Submit(requests ...Request) error {
	if r.ctx.Err() != nil {
		return ErrClosed
	}
	for _, part := range splitRequests(requests, maxBatchRequests, clientFrame) {
		select {
		case <-r.ctx.Done():
			return ErrClosed
		case r.out <- EncodeMessage(&Forward{Requests: part}):
		default:
			return ErrBusy
		}
	}
	return nil
}

// Attach implements [Endpoint].
func (r *Remote) Attach(client PublicKey, sink func(Reply)) (detach func()) {
	select {
	case r.out <- attachFrame(client):
	case <-r.ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	id := r.next
	r.next++
	if r.sinks[client] == nil {
		r.sinks[client] = map[int]func(Reply){}
	}
	r.sinks[client][id] = sink
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.sinks[client], id)
	}
}

func (r *Remote) write() {
	w := newFrameWriter(r.conn)
	for {
		select {
		case <-r.ctx.Done():
			return
		case data := <-r.out:
			if w.write(data, len(r.out) == 0) != nil {
				r.stop()
				return
			}
		}
	}
}

func (r *Remote) read() {
	defer r.stop()
	frames := frameReader{r.conn, bufio.NewReaderSize(r.conn, 64<<10), maxPacket}
	for {
		data, err := frames.read()
		if err != nil {
			return
		}
		reply, err := decodeReply(data)
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

func (r *Reply) append(b []byte) []byte {
	b = wire.AppendUint32(b, uint32(r.Replica))
	b = append(b, r.Client[:]...)
	b = wire.AppendUint64(b, r.Number)
	b = wire.AppendBytes(b, r.Result)
	b = wire.AppendUint64(b, r.Seq)
	b = wire.AppendUint32(b, r.Index)
	b = wire.AppendUint32(b, r.Count)
	b = wire.AppendUint32(b, uint32(len(r.Path)))
	for i := range r.Path {
		b = append(b, r.Path[i][:]...)
	}
	return append(b, r.Signature[:]...)
}

func decodeReply(b []byte) (Reply, error) {
	in := wire.NewReader(b)
	r := Reply{Replica: ReplicaID(in.Uint32())}
	in.Fixed(r.Client[:])
	r.Number = in.Uint64()
	r.Result = in.Bytes(maxOperation)
	r.Seq, r.Index, r.Count = in.Uint64(), in.Uint32(), in.Uint32()
	r.Path = make([]Digest, in.Count(64, 32))
	for i := range r.Path {
		in.Fixed(r.Path[i][:])
	}
	in.Fixed(r.Signature[:])
	return r, in.Close()
}
