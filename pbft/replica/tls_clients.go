package replica

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/trigrid/trigrid/pbft"
)

// ServeClients lets clients reach d through the transport's address, see
// [Dial]. Connections of clients are refused before the call.
func (t *TLS) ServeClients(d *Driver) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.driver = d
}

// maxClientQueue bounds the replies that wait for one connection. A client that
// does not read loses replies.
const maxClientQueue = 8192

// maxSessions bounds the identities that one connection can attach.
const maxSessions = 4096

// clientFrame bounds the frames of clients in bytes, except for a single larger
// request.
const clientFrame = 1 << 20

// acceptClient gives a client's connection a place and serves it.
func (t *TLS) acceptClient(c net.Conn, channel *tls.Conn, key pbft.PublicKey) error {
	t.mu.Lock()
	oldest, ok := t.clients.enter(key, c)
	t.mu.Unlock()
	if oldest != nil {
		_ = oldest.Close()
	}
	if !ok {
		return pbft.RefusedLimit
	}
	defer func() {
		t.mu.Lock()
		t.clients.remove(key, c)
		t.mu.Unlock()
	}()
	if err := welcome(c, channel); err != nil {
		return err
	}
	return t.serveClient(c, channel, key)
}

// serveClient reads a client's requests and writes the replies to its attached
// identities.
func (t *TLS) serveClient(c net.Conn, channel *tls.Conn, key pbft.PublicKey) error {
	t.mu.Lock()
	d := t.driver
	t.mu.Unlock()
	if d == nil {
		return ErrClosed
	}
	door := t.doorFor(key)
	defer t.leaveDoor(key, door)
	// Replies have a goroutine of their own, so that the driver never waits for
	// a slow client.
	replies := make(chan pbft.Reply, maxClientQueue)
	done := make(chan struct{})
	ctx, stop := context.WithCancel(t.ctx)
	defer stop()
	asks := t.asks(ctx, key, door)
	t.wg.Go(func() {
		w := newFrameWriter(channel)
		for {
			select {
			case <-done:
				return
			case <-door.ended:
				_ = c.Close() // ends the reading loop as well
				return
			case <-t.ctx.Done():
				return
			case answer := <-asks.answers:
				if w.write(answer, len(asks.answers)+len(replies) == 0) != nil {
					_ = c.Close() // ends the reading loop as well
					return
				}
			case reply := <-replies:
				if w.write(pbft.EncodeReply(&reply), len(asks.answers)+len(replies) == 0) != nil {
					_ = c.Close() // ends the reading loop as well
					return
				}
			}
		}
	})
	defer close(done)
	attached := map[pbft.PublicKey]bool{}
	frames := newFrameReader(channel, uint32(clientFrame+pbft.RequestOverhead+t.cfg.Genesis.RequestLimit))
	for {
		data, err := frames.read()
		if err != nil {
			return err
		}
		if asks.take(data) {
			continue
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

// submit passes requests on in portions of the size that the door allows. A
// busy replica drops requests and keeps the connection.
func (t *TLS) submit(d *Driver, door *sharedDoor, requests []pbft.Request) error {
	if len(requests) == 0 { // an empty frame costs as much as a useless request
		door.judged(judgement{useless: handleCost})
	}
	for len(requests) > 0 {
		n, err := door.enter(t.ctx, requests)
		if err != nil {
			return err
		}
		err = d.submit(requests[:n:n], &door.door)
		if errors.Is(err, ErrBusy) {
			door.judged(judgement{requests: n, bytes: bytesOf(requests[:n])})
		} else if err != nil {
			return err
		}
		requests = requests[n:]
	}
	return nil
}

// sharedDoor is the door of all connections with one key. Several connections
// therefore have no larger share than one.
type sharedDoor struct {
	door
	users    int        // connections, under TLS.mu
	entering sync.Mutex // one connection at a time
}

// enter waits until some of the requests may be submitted and returns their
// number.
func (d *sharedDoor) enter(ctx context.Context, requests []pbft.Request) (int, error) {
	d.entering.Lock()
	defer d.entering.Unlock()
	return d.door.enter(ctx, requests)
}

// maxBlamed bounds the keys that are kept because a connection of theirs was
// without use.
const maxBlamed = 4096

// blamePeriod is the time in which further connections of such a key begin
// without credit.
const blamePeriod = time.Minute

// doorFor returns the door of a key's connections. A blamed key begins without
// credit, so that a client that connects again and again has one useless
// request per connection.
func (t *TLS) doorFor(key pbft.PublicKey) *sharedDoor {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := t.doors[key]
	if d == nil || closed(d.ended) {
		credit := doorCredit
		if until, blamed := t.blamed[key]; d != nil || blamed && time.Now().Before(until) {
			credit = 0
		}
		d = &sharedDoor{door: newDoor(credit)}
		t.doors[key] = d
	}
	d.users++
	return d
}

// leaveDoor ends the use of a door, and notes the key if the door has ended.
func (t *TLS) leaveDoor(key pbft.PublicKey, d *sharedDoor) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if closed(d.ended) {
		if len(t.blamed) >= maxBlamed {
			clear(t.blamed) // old entries go without bookkeeping
		}
		t.blamed[key] = time.Now().Add(blamePeriod)
	}
	if d.users--; d.users == 0 && t.doors[key] == d {
		delete(t.doors, key)
	}
}

// source returns the address of the other end without its port. Addresses of
// version 6 count by their first 64 bits, which one host often has for itself.
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

// attachFrame requests the replies to client. Any connection may attach any
// identity: replies are signed, not secret.
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
