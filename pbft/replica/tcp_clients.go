package replica

import (
	"bufio"
	"errors"
	"net"

	"github.com/trigrid/trigrid/pbft"
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
	replies := make(chan pbft.Reply, maxClientQueue)
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
				if w.write(pbft.EncodeReply(&reply), len(replies) == 0) != nil {
					_ = c.Close() // it reads nothing, so it need not be read from
					return
				}
			}
		}
	})
	defer close(done)
	attached := map[pbft.PublicKey]bool{}
	frames := frameReader{c, r, uint32(clientFrame + pbft.RequestOverhead + t.cfg.Genesis.RequestLimit)}
	for {
		data, err := frames.read()
		if err != nil {
			return err
		}
		if client, ok := readAttach(data); ok {
			if len(attached) >= maxSessions {
				return pbft.RefusedLimit
			}
			if attached[client] {
				continue
			}
			attached[client] = true
			defer d.Attach(client, func(r pbft.Reply) {
				select {
				case replies <- r:
				default:
				}
			})()
			continue
		}
		m, err := pbft.DecodeMessage(data)
		if err != nil {
			return err
		}
		f, ok := m.(*pbft.Forward)
		if !ok {
			return pbft.RefusedRole
		}
		if err := d.Submit(f.Requests...); err != nil && !errors.Is(err, ErrBusy) {
			return err
		}
	}
}

// attachFrame asks a replica for its replies to client. Replies go to whoever asks: they are signed, not secret.
func attachFrame(client pbft.PublicKey) []byte {
	return append([]byte{byte(pbft.KindHello)}, client[:]...)
}

func readAttach(b []byte) (client pbft.PublicKey, ok bool) {
	if len(b) != 1+len(client) || pbft.Kind(b[0]) != pbft.KindHello {
		return client, false
	}
	return pbft.PublicKey(b[1:]), true
}
