package replica

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/trigrid/trigrid/pbft"
)

// TCP connects replicas of several processes. Each replica listens on one address and dials all
// others. A connection carries messages in one direction, from the dialling replica to the
// listening one:
//
//	listener → dialler   32 random bytes                      the challenge
//	dialler → listener   'r', id (4 bytes), signature (64)    a replica; see pbft.HelloStatement
//	                     'c'                                  a client
//	then frames          length (4 bytes, big-endian), content
//
// A replica sends encoded messages. A client sends Forward messages and requests to attach an
// identity, and receives encoded replies.
//
// The handshake only keeps strangers from using the allowance of a replica; every statement that
// affects agreement carries its own signature. Nothing is encrypted. Use a private network or a
// tunnel.
//
// A peer can occupy bounded resources only: one connection per replica, 1024 clients, 256
// connections before their handshake, memory for a frame of at most twice the received bytes, and
// deadlines for handshakes, begun frames and blocked writes. Useless requests of a client cost at
// most 1 % of a core, and then its connection ends; see door. A stranger that opens connections
// faster than they time out can still keep others from connecting. A firewall has to prevent this.
type TCP struct {
	cfg       TCPConfig
	chain     pbft.Digest
	verifier  pbft.Verifier
	listener  net.Listener
	handshake time.Duration // limit for the other end to prove its identity
	in        chan Packet   // received, for the driver
	ctx       context.Context
	stop      context.CancelFunc
	wg        sync.WaitGroup

	mu        sync.Mutex
	peers     map[pbft.ReplicaID]*tcpPeer
	keys      map[pbft.ReplicaID]pbft.PublicKey // of the replicas that may connect
	conns     map[net.Conn]struct{}             // all open connections, for Close
	inbound   map[pbft.ReplicaID]net.Conn       // the latest connection from each replica
	strangers int                               // connections before the end of their handshake
	clients   int                               // connections of clients
	driver    *Driver                           // serves clients
	blamed    map[netip.Prefix]time.Time        // until when, see doorFor
}

// TCPConfig is the input of [ListenTCP].
type TCPConfig struct {
	ID      pbft.ReplicaID
	Genesis pbft.Genesis
	Signer  pbft.Signer
	Listen  string // address, such as "127.0.0.1:7000"; port 0 picks a free one, see Addr
}

// Limits against peers that use up resources.
const (
	maxStrangers = 256
	maxClients   = 1024
	inQueue      = 256 // packets; a full queue makes the sending replicas wait

	handshakeTimeout = 5 * time.Second  // from the connection to the proof of identity
	frameTimeout     = 30 * time.Second // for the rest of a begun frame, and for a blocked write
)

// tcpPeer is another replica's address with the messages to send.
type tcpPeer struct {
	address string
	queue   *queue
}

// ListenTCP starts listening. [TCP.Connect] adds the other replicas.
func ListenTCP(cfg TCPConfig) (*TCP, error) { return listenTCP(cfg, handshakeTimeout) }

// listenTCP is ListenTCP with another limit for handshakes.
func listenTCP(cfg TCPConfig, handshake time.Duration) (*TCP, error) {
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
	t := &TCP{
		cfg: cfg, chain: chain, verifier: g.Rule.Verifier(), listener: l, handshake: handshake, in: make(chan Packet, inQueue),
		peers: map[pbft.ReplicaID]*tcpPeer{}, keys: map[pbft.ReplicaID]pbft.PublicKey{}, conns: map[net.Conn]struct{}{},
		inbound: map[pbft.ReplicaID]net.Conn{}, blamed: map[netip.Prefix]time.Time{},
	}
	for _, m := range g.Members {
		t.keys[m.ID] = m.Key
	}
	t.ctx, t.stop = context.WithCancel(context.Background())
	t.wg.Go(t.accept)
	return t, nil
}

// Addr returns the listening address.
func (t *TCP) Addr() string { return t.listener.Addr().String() }

// Connect sets the address of another replica, and its key if it is not a member of the genesis. It
// returns at once. A background goroutine connects, and reconnects after a loss.
func (t *TCP) Connect(id pbft.ReplicaID, address string, key pbft.PublicKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	// The key of a replica that joins later is not in the genesis.
	if key != (pbft.PublicKey{}) {
		t.keys[id] = key
	}
	if id == t.cfg.ID || t.peers[id] != nil {
		return
	}
	p := &tcpPeer{address: address, queue: newQueue(queueBytes)}
	t.peers[id] = p
	t.wg.Go(func() { t.dial(p) })
}

// Send implements [Transport]. At most 32 MiB wait for a slow or absent replica; the oldest
// messages beyond that are lost. After an interruption, the newest 1 MiB are sent.
func (t *TCP) Send(to pbft.ReplicaID, data []byte) {
	t.mu.Lock()
	p := t.peers[to]
	t.mu.Unlock()
	if p == nil {
		return
	}
	p.queue.push(data) // the protocol repeats lost messages
}

// Receive implements [Transport].
func (t *TCP) Receive() <-chan Packet { return t.in }

// Close implements [Transport].
func (t *TCP) Close() error {
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

// track registers c for Close. It returns false and closes c if Close was called before.
func (t *TCP) track(c net.Conn) bool {
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
func (t *TCP) drop(c net.Conn) {
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
func (t *TCP) dial(p *tcpPeer) {
	for again := false; t.ctx.Err() == nil; again = true {
		_ = t.talk(p, again) // every error has the same effect: a new connection
		select {
		case <-t.ctx.Done():
		case <-time.After(redialPause):
		}
	}
}

// talk makes one connection and sends on it until an error. If it is not the first attempt, older
// messages are of no use to the peer any more.
func (t *TCP) talk(p *tcpPeer, again bool) error {
	d := net.Dialer{Timeout: t.handshake}
	c, err := d.DialContext(t.ctx, "tcp", p.address)
	if err != nil {
		return err
	}
	if !t.track(c) {
		return ErrClosed
	}
	defer t.drop(c)
	if err := c.SetDeadline(time.Now().Add(t.handshake)); err != nil {
		return err
	}
	var challenge pbft.Digest
	if _, err := io.ReadFull(c, challenge[:]); err != nil {
		return err
	}
	// The signature covers the chain, so a replica of another chain is refused.
	hello := binary.BigEndian.AppendUint32([]byte{helloReplica}, uint32(t.cfg.ID))
	sig := t.cfg.Signer.Sign(pbft.HelloStatement(t.chain, challenge, t.cfg.ID))
	if _, err := c.Write(append(hello, sig[:]...)); err != nil {
		return err
	}
	if err := c.SetDeadline(time.Time{}); err != nil {
		return err
	}
	if again {
		p.queue.trim(queueFresh)
	}
	w := newFrameWriter(c)
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
		case <-t.ctx.Done():
			return nil
		case <-p.queue.ready:
		}
	}
}

// First byte of a handshake: the kind of the dialler.
const (
	helloReplica byte = 'r'
	helloClient  byte = 'c'
)

// accept starts one goroutine per connection within the limit of strangers.
func (t *TCP) accept() {
	for {
		c, err := t.listener.Accept()
		if err != nil {
			if t.ctx.Err() != nil {
				return
			}
			time.Sleep(redialPause) // most likely the process is out of file descriptors
			continue
		}
		if !t.admit(&t.strangers, maxStrangers) {
			_ = c.Close()
			continue
		}
		if !t.track(c) {
			return
		}
		t.wg.Go(func() {
			defer t.drop(c)
			_ = t.listen(c) // an error of a stranger is of no interest
		})
	}
}

// admit counts a connection and returns true, or returns false at the limit.
func (t *TCP) admit(count *int, limit int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if *count >= limit {
		return false
	}
	*count++
	return true
}

// leave reverses admit.
func (t *TCP) leave(count *int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*count--
}

// listen identifies the other end and reads from it.
func (t *TCP) listen(c net.Conn) error {
	r := bufio.NewReaderSize(c, 64<<10)
	kind, id, err := t.greet(c, r)
	t.leave(&t.strangers) // its identity is proven, or it is about to be closed
	if err != nil {
		return err
	}
	if kind == helloClient {
		if !t.admit(&t.clients, maxClients) {
			return pbft.RefusedLimit
		}
		defer t.leave(&t.clients)
		return t.serveClient(c, r)
	}
	t.replace(id, c) // at most one connection per replica
	frames := frameReader{c, r, maxPacket}
	for {
		data, err := frames.read()
		if err != nil {
			return err
		}
		select {
		case t.in <- Packet{From: id, Data: data}: // blocks if the driver is busy
		case <-t.ctx.Done():
			return nil
		}
	}
}

// greet sends the challenge and returns the kind of the other end, and for a replica its proven id.
func (t *TCP) greet(c net.Conn, r *bufio.Reader) (kind byte, id pbft.ReplicaID, err error) {
	var challenge pbft.Digest
	// A fresh challenge makes a recorded handshake useless.
	if _, err := rand.Read(challenge[:]); err != nil {
		return 0, 0, err
	}
	if err := c.SetDeadline(time.Now().Add(t.handshake)); err != nil {
		return 0, 0, err
	}
	if _, err := c.Write(challenge[:]); err != nil {
		return 0, 0, err
	}
	if kind, err = r.ReadByte(); err != nil {
		return 0, 0, err
	}
	if kind == helloClient { // clients sign each request instead
		return kind, 0, c.SetDeadline(time.Time{})
	}
	var hello [4 + 64]byte
	if _, err := io.ReadFull(r, hello[:]); err != nil {
		return 0, 0, err
	}
	id = pbft.ReplicaID(binary.BigEndian.Uint32(hello[:]))
	t.mu.Lock()
	key, known := t.keys[id]
	t.mu.Unlock()
	signed := pbft.Signed{Key: key, Message: pbft.HelloStatement(t.chain, challenge, id), Signature: pbft.Signature(hello[4:])}
	if kind != helloReplica || !known || !t.verifier.Verify(signed) {
		return 0, 0, pbft.RefusedSignature
	}
	return kind, id, c.SetDeadline(time.Time{})
}

// replace makes c the connection from a replica and closes the former one. A replica that
// reconnects after a crash is not locked out by its dead connection.
func (t *TCP) replace(id pbft.ReplicaID, c net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if old := t.inbound[id]; old != nil {
		_ = old.Close()
	}
	t.inbound[id] = c
}
