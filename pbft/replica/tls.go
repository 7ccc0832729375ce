package replica

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/trigrid/trigrid/pbft"
)

// TLS connects replicas of several processes over TLS 1.3. Each replica listens
// on one address and dials all others. A connection carries messages in one
// direction, from the dialling replica to the listening one:
//
//	both                  TLS 1.3 with the Ed25519 keys of both ends, see identity
//	listener → dialler    1 byte                                the connection is accepted
//	dialler → listener    frames: length (4 bytes, big-endian), content
//
// A replica sends encoded messages. A client sends Forward messages and
// requests to attach an identity, and receives encoded replies.
//
// The keys are pinned: replicas by the genesis or by Connect, clients by
// TLSConfig.Clients. Another key, another chain or an older version of TLS ends
// the handshake. The handshake signs both identities and the keys of the
// channel, so that a replica cannot pass a handshake on.
//
// A peer can occupy bounded resources only:
//
//   - before the end of a handshake: one of 256 places, 16 KiB and 5 s. A
//     further connection takes the place of the oldest one of the address with
//     the most.
//   - replicas: one connection each.
//   - clients: four connections per key and 1024 in all; 1024 requests and 2
//     MiB per key that wait to be judged; deadlines for begun frames and
//     blocked writes. Useless requests cost at most 1 % of a core, and then the
//     connections of the key end; see door.
//
// Each handshake costs less than a millisecond of a core. A firewall has to
// limit the rate at which strangers connect.
type TLS struct {
	cfg       TLSConfig
	chain     pbft.Digest
	identity  *identity
	listener  net.Listener
	handshake time.Duration // limit for the other end to prove its identity
	in        chan Packet   // received, for the driver
	ctx       context.Context
	stop      context.CancelFunc
	wg        sync.WaitGroup

	mu        sync.Mutex
	peers     map[pbft.ReplicaID]*tlsPeer
	keys      map[pbft.ReplicaID]pbft.PublicKey // of the replicas that may connect
	conns     map[net.Conn]struct{}             // all open connections, for Close
	inbound   map[pbft.ReplicaID]net.Conn       // the latest connection from each replica
	gone      map[pbft.ReplicaID]bool           // removed by Disconnect
	strangers *places[netip.Prefix]             // connections before the end of their handshake
	clients   *places[pbft.PublicKey]
	doors     map[pbft.PublicKey]*sharedDoor // of the connected clients
	driver    *Driver                        // serves clients
	queries   Queries                        // of clients; nil for none
	blamed    map[pbft.PublicKey]time.Time   // until when, see doorFor
}

// TLSConfig is the input of [ListenTLS].
type TLSConfig struct {
	ID      pbft.ReplicaID
	Genesis pbft.Genesis
	Signer  pbft.Signer
	Listen  string // address, such as "127.0.0.1:7000"; port 0 picks a free one, see Addr

	// Clients reports whether the client with a key may connect. Default nil:
	// no client may. It is called in handshakes, from several goroutines, and
	// must be fast. [OnlyClients] returns one for fixed keys.
	Clients func(key pbft.PublicKey) bool
}

// OnlyClients returns a function that accepts the given keys.
func OnlyClients(keys ...pbft.PublicKey) func(pbft.PublicKey) bool {
	accepted := map[pbft.PublicKey]bool{}
	for _, k := range keys {
		accepted[k] = true
	}
	return func(k pbft.PublicKey) bool { return accepted[k] }
}

// Limits against peers that use up resources.
const (
	maxStrangers = 256
	maxClients   = 1024
	maxPerClient = 4   // connections with one key
	inQueue      = 256 // packets; a full queue makes the sending replicas wait

	handshakeTimeout = 5 * time.Second  // from the connection to the proof of identity
	handshakeBytes   = 16 << 10         // that are read before the proof of identity
	frameTimeout     = 30 * time.Second // for the rest of a begun frame, and for a blocked write
)

// tlsPeer is another replica's address with the messages to send.
type tlsPeer struct {
	address string
	queue   *queue
	ctx     context.Context // ends with the transport or by Disconnect
	stop    context.CancelFunc
}

// ListenTLS starts listening. [TLS.Connect] adds the other replicas.
func ListenTLS(cfg TLSConfig) (*TLS, error) { return listenTLS(cfg, handshakeTimeout) }

// listenTLS is ListenTLS with another limit for handshakes.
func listenTLS(cfg TLSConfig, handshake time.Duration) (*TLS, error) {
	g, err := cfg.Genesis.WithDefaults()
	if err != nil {
		return nil, err
	}
	chain, err := g.Chain()
	if err != nil {
		return nil, err
	}
	cfg.Genesis = g
	l, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	t := &TLS{
		cfg: cfg, chain: chain, listener: l, handshake: handshake, in: make(chan Packet, inQueue),
		identity: &identity{signer: cfg.Signer, name: replicaName(chain, cfg.ID), now: time.Now},
		peers:    map[pbft.ReplicaID]*tlsPeer{}, keys: map[pbft.ReplicaID]pbft.PublicKey{}, conns: map[net.Conn]struct{}{},
		inbound: map[pbft.ReplicaID]net.Conn{}, gone: map[pbft.ReplicaID]bool{}, blamed: map[pbft.PublicKey]time.Time{},
		strangers: newPlaces[netip.Prefix](maxStrangers, maxStrangers, true),
		clients:   newPlaces[pbft.PublicKey](maxClients, maxPerClient, false),
		doors:     map[pbft.PublicKey]*sharedDoor{},
	}
	for _, m := range g.Members {
		t.keys[m.ID] = m.Key
	}
	t.ctx, t.stop = context.WithCancel(context.Background())
	t.wg.Go(t.accept)
	return t, nil
}

// Addr returns the listening address.
func (t *TLS) Addr() string { return t.listener.Addr().String() }

// Connect sets the address of another replica, and its key if it is not a
// member of the genesis. It returns at once. A background goroutine connects,
// and reconnects after a loss.
func (t *TLS) Connect(id pbft.ReplicaID, address string, key pbft.PublicKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gone[id] {
		return
	}
	// The key of a replica that joins later is not in the genesis.
	if key != (pbft.PublicKey{}) {
		t.keys[id] = key
	}
	if id == t.cfg.ID || t.peers[id] != nil {
		return
	}
	p := &tlsPeer{address: address, queue: newQueue(queueBytes)}
	p.ctx, p.stop = context.WithCancel(t.ctx)
	t.peers[id] = p
	t.wg.Go(func() { t.dial(id, p) })
}

// Disconnect implements [Disconnector].
func (t *TLS) Disconnect(id pbft.ReplicaID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if id == t.cfg.ID {
		return
	}
	t.gone[id] = true
	delete(t.keys, id)
	if p := t.peers[id]; p != nil {
		p.stop()
		delete(t.peers, id)
	}
	if c := t.inbound[id]; c != nil {
		_ = c.Close() // its goroutine drops it
	}
}

// Send implements [Transport]. At most 32 MiB wait for a slow or absent
// replica; the oldest messages beyond that are lost. After an interruption, the
// newest 1 MiB are sent.
func (t *TLS) Send(to pbft.ReplicaID, data []byte) {
	t.mu.Lock()
	p := t.peers[to]
	t.mu.Unlock()
	if p == nil {
		return
	}
	p.queue.push(data) // the protocol repeats lost messages
}

// Receive implements [Transport].
func (t *TLS) Receive() <-chan Packet { return t.in }

// Close implements [Transport].
func (t *TLS) Close() error {
	t.stop()
	err := t.listener.Close()
	// Closed connections end the goroutines that block on them.
	t.mu.Lock()
	for c := range t.conns {
		_ = c.Close()
	}
	t.mu.Unlock()
	t.wg.Wait()
	return err
}

// track registers c for Close. It returns false and closes c if Close was
// called before.
func (t *TLS) track(c net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ctx.Err() != nil { // Close has already closed the tracked ones
		_ = c.Close()
		return false
	}
	t.conns[c] = struct{}{}
	return true
}

// drop closes c and forgets it.
func (t *TLS) drop(c net.Conn) {
	t.mu.Lock()
	delete(t.conns, c)
	// A replica's entry may belong to a later connection by now.
	for id, last := range t.inbound {
		if last == c {
			delete(t.inbound, id)
		}
	}
	t.mu.Unlock()
	_ = c.Close()
}

// redialPause is the time between two attempts to connect to a replica.
const redialPause = 200 * time.Millisecond

// dial keeps one connection to a peer.
func (t *TLS) dial(id pbft.ReplicaID, p *tlsPeer) {
	for again := false; p.ctx.Err() == nil; again = true {
		_ = t.talk(id, p, again) // every error has the same effect: a new connection
		select {
		case <-p.ctx.Done():
		case <-time.After(redialPause):
		}
	}
}

// talk makes one connection and sends on it until an error. If it is not the
// first attempt, older messages are of no use to the peer any more.
func (t *TLS) talk(id pbft.ReplicaID, p *tlsPeer, again bool) error {
	d := net.Dialer{Timeout: t.handshake}
	c, err := d.DialContext(p.ctx, "tcp", p.address)
	if err != nil {
		return err
	}
	if !t.track(c) {
		return ErrClosed
	}
	defer t.drop(c)
	defer context.AfterFunc(p.ctx, func() { _ = c.Close() })() // ends a blocked write
	t.mu.Lock()
	key := t.keys[id]
	t.mu.Unlock()
	channel, err := secure(c, t.identity, replicaName(t.chain, id), key, t.handshake)
	if err != nil {
		return err
	}
	if again {
		p.queue.trim(queueFresh)
	}
	w := newFrameWriter(channel)
	for {
		// Messages can be left from a connection that failed.
		for {
			data, more, ok := p.queue.pop()
			if !ok {
				break
			}
			if err := w.write(data, !more); err != nil {
				return err
			}
		}
		select {
		case <-p.ctx.Done():
			return nil
		case <-p.queue.ready:
		}
	}
}

// accepted is the byte with which a listener confirms that it serves a
// connection. A dialler has no other way to learn it: in TLS 1.3 its own
// handshake ends before its certificate is judged.
const accepted byte = 'k'

// secure does the handshake of a dialler that expects the end with a name and a
// key.
func secure(c net.Conn, own *identity, name *url.URL, key pbft.PublicKey, limit time.Duration) (*tls.Conn, error) {
	if err := c.SetDeadline(time.Now().Add(limit)); err != nil {
		return nil, err
	}
	bounded := &boundedConn{Conn: c, left: handshakeBytes}
	channel := tls.Client(bounded, own.config(func(k pbft.PublicKey, n string) error {
		if k != key || n != name.String() {
			return fmt.Errorf("%w: want %s with the key %x", errIdentity, name, key)
		}
		return nil
	}))
	var answer [1]byte
	if _, err := io.ReadFull(channel, answer[:]); err != nil { // after the handshake
		return nil, err
	}
	if answer[0] != accepted {
		return nil, errIdentity
	}
	bounded.open()
	return channel, c.SetDeadline(time.Time{})
}

// boundedConn ends a connection that sends more than a handshake needs.
type boundedConn struct {
	net.Conn
	left int  // bytes until the end of the handshake
	free bool // after it
}

// open ends the limit. The goroutine that reads calls it.
func (b *boundedConn) open() { b.free = true }

func (b *boundedConn) Read(p []byte) (int, error) {
	if b.free {
		return b.Conn.Read(p)
	}
	if b.left == 0 {
		return 0, errFrame
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// accept starts one goroutine per connection within the limit of strangers.
func (t *TLS) accept() {
	for {
		c, err := t.listener.Accept()
		if err != nil {
			if t.ctx.Err() != nil {
				return
			}
			time.Sleep(redialPause) // most likely the process is out of file descriptors
			continue
		}
		if !t.track(c) {
			return
		}
		t.mu.Lock()
		from := source(c)
		oldest, _ := t.strangers.enter(from, c)
		t.mu.Unlock()
		if oldest != nil {
			_ = oldest.Close() // its goroutine drops it
		}
		t.wg.Go(func() {
			defer t.drop(c)
			_ = t.listen(c, from) // an error of a stranger is of no interest
		})
	}
}

// listen identifies the other end and reads from it.
func (t *TLS) listen(c net.Conn, from netip.Prefix) error {
	channel, who, err := t.greet(c)
	t.mu.Lock()
	t.strangers.remove(from, c) // its identity is proven, or it is about to be closed
	t.mu.Unlock()
	if err != nil {
		return err
	}
	if who.client {
		return t.acceptClient(c, channel, who.key)
	}
	if !t.replace(who.id, c) { // at most one connection per replica
		return errIdentity
	}
	if err := welcome(c, channel); err != nil {
		return err
	}
	frames := newFrameReader(channel, maxPacket)
	for {
		data, err := frames.read()
		if err != nil {
			return err
		}
		select {
		case t.in <- Packet{From: who.id, Data: data}: // blocks if the driver is busy
		case <-t.ctx.Done():
			return nil
		}
	}
}

// caller is the proven identity of the other end.
type caller struct {
	client bool
	id     pbft.ReplicaID // of a replica
	key    pbft.PublicKey
}

// greet does the handshake of a listener.
func (t *TLS) greet(c net.Conn) (*tls.Conn, caller, error) {
	if err := c.SetDeadline(time.Now().Add(t.handshake)); err != nil {
		return nil, caller{}, err
	}
	var who caller
	bounded := &boundedConn{Conn: c, left: handshakeBytes}
	channel := tls.Server(bounded, t.identity.config(func(key pbft.PublicKey, name string) (err error) {
		who, err = t.identify(key, name)
		return err
	}))
	if err := channel.Handshake(); err != nil {
		return nil, caller{}, err
	}
	bounded.open()
	return channel, who, nil
}

// identify returns the caller with a key and a name, or an error if it may not
// connect.
func (t *TLS) identify(key pbft.PublicKey, name string) (caller, error) {
	if name == clientName(t.chain).String() {
		if t.cfg.Clients == nil || !t.cfg.Clients(key) {
			return caller{}, fmt.Errorf("%w: TLSConfig.Clients does not accept the client %x", errIdentity, key)
		}
		return caller{client: true, key: key}, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, k := range t.keys {
		if k == key && id != t.cfg.ID && name == replicaName(t.chain, id).String() {
			return caller{id: id, key: key}, nil
		}
	}
	return caller{}, fmt.Errorf("%w: %s with the key %x is no other replica of this chain", errIdentity, name, key)
}

// welcome confirms the connection and ends the deadline of the handshake.
func welcome(c net.Conn, channel *tls.Conn) error {
	if _, err := channel.Write([]byte{accepted}); err != nil {
		return err
	}
	return c.SetDeadline(time.Time{})
}

// replace makes c the connection from a replica and closes the former one. A
// replica that reconnects after a crash is not locked out by its dead
// connection. It returns false if the replica was disconnected since its
// handshake.
func (t *TLS) replace(id pbft.ReplicaID, c net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gone[id] {
		return false
	}
	if old := t.inbound[id]; old != nil {
		_ = old.Close()
	}
	t.inbound[id] = c
	return true
}
