package pbft

import (
	"bufio"
	"errors"
	"net"

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
