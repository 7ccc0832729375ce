package replica

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/trigrid/trigrid/pbft"
)

// TCP connects replicas in several processes. Each replica listens on one address and dials every other one; a
// connection carries messages in one direction, from the replica that dialled it. The listener sends a random
// challenge, and the dialler proves by a signature on it which replica it is.
//
// Everything that matters is signed anyway; the handshake only keeps a third party from using up a replica's
// allowances. Nothing is encrypted: run it inside a network that may read it, or through a tunnel.
//
// What others can make it hold is bounded: one connection per replica, a limited number of clients and of strangers who
// have not said who they are, no more memory for a frame than twice what has arrived of it, and deadlines on handshakes,
// on frames that have begun, and on writing to those who do not read. A stranger who opens connections faster than the
// limit lets go of them can still keep new ones from being made; only a firewall helps against that.
type TCP struct {
	cfg       TCPConfig
	chain     pbft.Digest
	verifier  pbft.Verifier
	listener  net.Listener
	handshake time.Duration // how long the other end may take to prove its identity
	in        chan Packet
	ctx       context.Context
	stop      context.CancelFunc
	wg        sync.WaitGroup

	mu        sync.Mutex
	peers     map[pbft.ReplicaID]*tcpPeer
	keys      map[pbft.ReplicaID]pbft.PublicKey
	conns     map[net.Conn]struct{}
	inbound   map[pbft.ReplicaID]net.Conn // the latest from each
	strangers int                         // connections whose other end has not said who it is
	clients   int
	driver    *Driver // whose clients are served here
}

// TCPConfig is what a [TCP] transport needs.
type TCPConfig struct {
	ID      pbft.ReplicaID
	Genesis pbft.Genesis
	Signer  pbft.Signer
	Listen  string // address; port 0 picks one, see Addr
}

const (
	maxStrangers = 256
	maxClients   = 1024
	inQueue      = 256 // packets waiting for the driver; beyond that, replicas wait in turn

	handshakeTimeout = 5 * time.Second  // to say who one is
	frameTimeout     = 30 * time.Second // to finish a frame that has begun, or to take one off our hands
)

type tcpPeer struct {
	address string
	queue   chan []byte
}

// ListenTCP starts to listen. Peers are added with Connect.
func ListenTCP(cfg TCPConfig) (*TCP, error) { return listenTCP(cfg, handshakeTimeout) }

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
		inbound: map[pbft.ReplicaID]net.Conn{},
	}
	for _, m := range g.Members {
		t.keys[m.ID] = m.Key
	}
	t.ctx, t.stop = context.WithCancel(context.Background())
	t.wg.Go(t.accept)
	return t, nil
}

// Addr is the address it listens on.
func (t *TCP) Addr() string { return t.listener.Addr().String() }

// Connect tells where a replica listens, and its key if it is not a member of the genesis set. It returns at once;
// the connection is made, and made again, in the background.
func (t *TCP) Connect(id pbft.ReplicaID, address string, key pbft.PublicKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if key != (pbft.PublicKey{}) {
		t.keys[id] = key
	}
	if id == t.cfg.ID || t.peers[id] != nil {
		return
	}
	p := &tcpPeer{address: address, queue: make(chan []byte, memoryQueue)}
	t.peers[id] = p
	t.wg.Go(func() { t.dial(p) })
}

// Send implements [Transport]. What does not fit into the queue of a slow or absent replica is lost.
func (t *TCP) Send(to pbft.ReplicaID, data []byte) {
	t.mu.Lock()
	p := t.peers[to]
	t.mu.Unlock()
	if p == nil {
		return
	}
	select {
	case p.queue <- data:
	default:
	}
}

// Receive implements [Transport].
func (t *TCP) Receive() <-chan Packet { return t.in }

// Close implements [Transport].
func (t *TCP) Close() error {
	t.stop()
	err := t.listener.Close()
	t.mu.Lock()
	for c := range t.conns {
		_ = c.Close()
	}
	t.mu.Unlock()
	t.wg.Wait()
	return err
}

// track has Close end the connection; it reports false when Close has been called already.
func (t *TCP) track(c net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ctx.Err() != nil {
		_ = c.Close()
		return false
	}
	t.conns[c] = struct{}{}
	return true
}

func (t *TCP) drop(c net.Conn) {
	t.mu.Lock()
	delete(t.conns, c)
	for id, last := range t.inbound {
		if last == c {
			delete(t.inbound, id)
		}
	}
	t.mu.Unlock()
	_ = c.Close()
}

// redialPause is the time between two attempts to reach a replica.
const redialPause = 200 * time.Millisecond

func (t *TCP) dial(p *tcpPeer) {
	for t.ctx.Err() == nil {
		_ = t.talk(p) // whatever ended the connection, it is made anew
		select {
		case <-t.ctx.Done():
		case <-time.After(redialPause):
		}
	}
}

// talk makes one connection and sends on it until it fails.
func (t *TCP) talk(p *tcpPeer) error {
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
	hello := binary.BigEndian.AppendUint32([]byte{helloReplica}, uint32(t.cfg.ID))
	sig := t.cfg.Signer.Sign(pbft.HelloStatement(t.chain, challenge, t.cfg.ID))
	if _, err := c.Write(append(hello, sig[:]...)); err != nil {
		return err
	}
	if err := c.SetDeadline(time.Time{}); err != nil {
		return err
	}
	w := newFrameWriter(c)
	for {
		select {
		case <-t.ctx.Done():
			return nil
		case data := <-p.queue:
			if err := w.write(data, len(p.queue) == 0); err != nil {
				return err
			}
		}
	}
}

const (
	helloReplica byte = 'r'
	helloClient  byte = 'c'
)

func (t *TCP) accept() {
	for {
		c, err := t.listener.Accept()
		if err != nil {
			if t.ctx.Err() != nil {
				return
			}
			time.Sleep(redialPause) // out of file descriptors, most likely
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
			_ = t.listen(c) // a stranger's errors are the stranger's
		})
	}
}

// admit counts a connection unless there are too many of its kind.
func (t *TCP) admit(count *int, limit int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if *count >= limit {
		return false
	}
	*count++
	return true
}

func (t *TCP) leave(count *int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*count--
}

// listen finds out who has dialled and reads from it.
func (t *TCP) listen(c net.Conn) error {
	r := bufio.NewReaderSize(c, 64<<10)
	kind, id, err := t.greet(c, r)
	t.leave(&t.strangers)
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
	t.replace(id, c)
	frames := frameReader{c, r, maxPacket}
	for {
		data, err := frames.read()
		if err != nil {
			return err
		}
		select {
		case t.in <- Packet{From: id, Data: data}:
		case <-t.ctx.Done():
			return nil
		}
	}
}

// greet challenges the other end, which says that it is a client or proves which replica it is.
func (t *TCP) greet(c net.Conn, r *bufio.Reader) (kind byte, id pbft.ReplicaID, err error) {
	var challenge pbft.Digest
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
	if kind == helloClient {
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

// replace makes c the connection from a replica and closes the one before.
func (t *TCP) replace(id pbft.ReplicaID, c net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if old := t.inbound[id]; old != nil {
		_ = old.Close()
	}
	t.inbound[id] = c
}
