package replica

import (
	"bufio"
	"errors"
	"net"

	"github.com/trigrid/trigrid/pbft"
)

// ServeClients lets clients reach d through the transport's address, see [Dial]. Connections of
// clients are refused before the call.
func (t *TCP) ServeClients(d *Driver) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.driver = d
}

// maxClientQueue bounds the replies that wait for one connection. A client that does not read loses
// replies.
const maxClientQueue = 8192

// maxSessions bounds the identities that one connection can attach.
const maxSessions = 4096

// clientFrame bounds the frames of clients in bytes, except for a single larger request.
const clientFrame = 1 << 20

// serveClient reads a client's requests and writes the replies to its attached identities.
func (t *TCP) serveClient(c net.Conn, r *bufio.Reader) error {
	t.mu.Lock()
	d := t.driver
	t.mu.Unlock()
	if d == nil {
		return ErrClosed
	}
	// Replies have a goroutine of their own, so that the driver never waits for a slow client.
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
					_ = c.Close() // ends the reading loop as well
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
			if attached[client] { // a repetition costs nothing
				continue
			}
			attached[client] = true
			defer d.Attach(client, func(r pbft.Reply) {
				select {
				case replies <- r:
				default: // the client sends its request again
				}
			})()
			continue
		}
		m, err := pbft.DecodeMessage(data)
		if err != nil {
			return err
		}
		f, ok := m.(*pbft.Forward) // a client may send nothing else
		if !ok {
			return pbft.RefusedRole
		}
		// A busy replica drops the requests and keeps the connection.
		if err := d.Submit(f.Requests...); err != nil && !errors.Is(err, ErrBusy) {
			return err
		}
	}
}

// attachFrame requests the replies to client. Any connection may attach any identity: replies are
// signed, not secret.
func attachFrame(client pbft.PublicKey) []byte {
	return append([]byte{byte(pbft.KindHello)}, client[:]...)
}

// readAttach returns the identity of an attachFrame, or false for other frames.
func readAttach(b []byte) (client pbft.PublicKey, ok bool) {
	if len(b) != 1+len(client) || pbft.Kind(b[0]) != pbft.KindHello {
		return client, false
	}
	return pbft.PublicKey(b[1:]), true
}
