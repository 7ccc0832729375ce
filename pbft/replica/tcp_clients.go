package replica

import (
	"bufio"
	"errors"
	"net"
	"net/netip"
	"time"

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
	door := t.doorFor(c)
	t.wg.Go(func() {
		w := newFrameWriter(c)
		for {
			select {
			case <-done:
				return
			case <-door.ended:
				_ = c.Close() // ends the reading loop as well
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
	defer func() {
		if closed(door.ended) {
			t.blame(c)
		}
	}()
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
				door.judged(judgement{useless: handleCost})
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
		if err := t.submit(d, door, f.Requests); err != nil {
			return err
		}
	}
}

// submit passes requests on in portions of the size that the door allows. A busy replica drops
// requests and keeps the connection.
func (t *TCP) submit(d *Driver, door *door, requests []pbft.Request) error {
	if len(requests) == 0 { // an empty frame costs as much as a useless request
		door.judged(judgement{useless: handleCost})
	}
	for len(requests) > 0 {
		n, err := door.enter(t.ctx, len(requests))
		if err != nil {
			return err
		}
		err = d.submit(requests[:n:n], door)
		requests = requests[n:]
		if errors.Is(err, ErrBusy) {
			door.judged(judgement{requests: n})
		} else if err != nil {
			return err
		}
	}
	return nil
}

// maxBlamed bounds the addresses that are kept because a connection of theirs was without use.
const maxBlamed = 4096

// blamePeriod is the time in which further connections of such an address begin without credit.
const blamePeriod = time.Minute

// doorFor returns the door of a new connection. One from a blamed address begins without credit, so
// that an attacker that connects again and again has one useless request per connection.
func (t *TCP) doorFor(c net.Conn) *door {
	t.mu.Lock()
	defer t.mu.Unlock()
	if until, blamed := t.blamed[source(c)]; blamed && time.Now().Before(until) {
		return newDoor(0)
	}
	return newDoor(doorCredit)
}

// blame notes the address of a connection without use.
func (t *TCP) blame(c net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.blamed) >= maxBlamed {
		clear(t.blamed) // old entries go without bookkeeping
	}
	t.blamed[source(c)] = time.Now().Add(blamePeriod)
}

// source returns the address of the other end without its port. Addresses of version 6 count by
// their first 64 bits, which one host often has for itself.
func source(c net.Conn) netip.Prefix {
	a, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Prefix{}
	}
	bits := 64
	if a.Addr().Unmap().Is4() {
		bits = 32
	}
	p, _ := a.Addr().Unmap().WithZone("").Prefix(bits)
	return p
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
