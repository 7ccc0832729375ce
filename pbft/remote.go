package pbft

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"sync"

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
const maxSessions = 64

// serveClient reads requests from a client's connection and writes the replies that it has asked for.
func (t *TCP) serveClient(c net.Conn, r io.Reader) error {
	t.mu.Lock()
	d := t.driver
	t.mu.Unlock()
	if d == nil {
		return ErrClosed
	}
	replies := make(chan Reply, maxClientQueue)
	done := make(chan struct{})
	t.wg.Go(func() {
		w := bufio.NewWriterSize(c, 64<<10)
		for {
			select {
			case <-done:
				return
			case <-t.ctx.Done():
				return
			case reply := <-replies:
				if writeFrame(w, reply.append(nil)) != nil || len(replies) == 0 && w.Flush() != nil {
					return
				}
			}
		}
	})
	defer close(done)
	attached := map[PublicKey]bool{}
	for {
		data, err := readFrame(r)
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

// Dial connects a client to the replica that listens at address. When the connection ends, Submit returns [ErrClosed]
// and the caller dials again.
func Dial(ctx context.Context, address string) (*Remote, error) {
	var dialer net.Dialer
	c, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	var challenge Digest // of no use to a client, whose requests are signed one by one
	if _, err := io.ReadFull(c, challenge[:]); err != nil {
		_ = c.Close()
		return nil, err
	}
	if _, err := c.Write([]byte{helloClient}); err != nil {
		_ = c.Close()
		return nil, err
	}
	r := &Remote{conn: c, out: make(chan []byte, memoryQueue), sinks: map[PublicKey]map[int]func(Reply){}}
	r.ctx, r.stop = context.WithCancel(context.Background())
	r.wg.Go(r.read)
	r.wg.Go(r.write)
	return r, nil
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
	select {
	case <-r.ctx.Done():
		return ErrClosed
	case r.out <- EncodeMessage(&Forward{Requests: requests}):
		return nil
	default:
		return ErrBusy
	}
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
	w := bufio.NewWriterSize(r.conn, 64<<10)
	for {
		select {
		case <-r.ctx.Done():
			return
		case data := <-r.out:
			if writeFrame(w, data) != nil || len(r.out) == 0 && w.Flush() != nil {
				r.stop()
				return
			}
		}
	}
}

func (r *Remote) read() {
	defer r.stop()
	in := bufio.NewReaderSize(r.conn, 64<<10)
	for {
		data, err := readFrame(in)
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
