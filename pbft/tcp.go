package pbft

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/trigrid/trigrid/pbft/internal/wire"
)

// TCP connects replicas in several processes. Each replica listens on one address and dials every other one; a
// connection carries messages in one direction, from the replica that dialled it. The listener sends a random
// challenge, and the dialler proves by a signature on it which replica it is.
//
// Everything that matters is signed anyway; the handshake only keeps a third party from using up a replica's
// allowances. Nothing is encrypted: run it inside a network that may read it, or through a tunnel.
type TCP struct {
	cfg      TCPConfig
	chain    Digest
	verifier Verifier
	listener net.Listener
	in       chan Packet
	ctx      context.Context
	stop     context.CancelFunc
	wg       sync.WaitGroup

	mu     sync.Mutex
	peers  map[ReplicaID]*tcpPeer
	keys   map[ReplicaID]PublicKey
	conns  map[net.Conn]struct{}
	driver *Driver // whose clients are served here
}

// TCPConfig is what a [TCP] transport needs.
type TCPConfig struct {
	ID      ReplicaID
	Genesis Genesis
	Signer  Signer
	Listen  string // address; port 0 picks one, see Addr
}

// maxPacket bounds a frame on the wire; nothing is allocated for more.
const maxPacket = 64 << 20

// handshakeTimeout bounds how long a stranger can hold a connection open.
const handshakeTimeout = 5 * time.Second

type tcpPeer struct {
	address string
	queue   chan []byte
}

// ListenTCP starts to listen. Peers are added with Connect.
func ListenTCP(cfg TCPConfig) (*TCP, error) {
	g, err := cfg.Genesis.WithDefaults()
	if err != nil {
		return nil, err
	}
	chain, err := g.Chain()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("pbft: %w", err)
	}
	t := &TCP{
		cfg: cfg, chain: chain, verifier: g.Rule.Verifier(), listener: l, in: make(chan Packet, memoryQueue),
		peers: map[ReplicaID]*tcpPeer{}, keys: map[ReplicaID]PublicKey{}, conns: map[net.Conn]struct{}{},
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
func (t *TCP) Connect(id ReplicaID, address string, key PublicKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if key != (PublicKey{}) {
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
func (t *TCP) Send(to ReplicaID, data []byte) {
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
	t.mu.Unlock()
	_ = c.Close()
}

// helloStatement is what a dialler signs: the chain and the listener's challenge.
func helloStatement(chain, challenge Digest, id ReplicaID) []byte {
	return statement{kind: KindHello, chain: chain, digest: challenge, replica: id}.bytes()
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
	d := net.Dialer{Timeout: handshakeTimeout}
	c, err := d.DialContext(t.ctx, "tcp", p.address)
	if err != nil {
		return err
	}
	if !t.track(c) {
		return ErrClosed
	}
	defer t.drop(c)
	if err := c.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return err
	}
	var challenge Digest
	if _, err := io.ReadFull(c, challenge[:]); err != nil {
		return err
	}
	hello := wire.AppendUint32([]byte{helloReplica}, uint32(t.cfg.ID))
	sig := t.cfg.Signer.Sign(helloStatement(t.chain, challenge, t.cfg.ID))
	if _, err := c.Write(append(hello, sig[:]...)); err != nil {
		return err
	}
	if err := c.SetDeadline(time.Time{}); err != nil {
		return err
	}
	w := bufio.NewWriterSize(c, 64<<10)
	for {
		select {
		case <-t.ctx.Done():
			return nil
		case data := <-p.queue:
			if err := writeFrame(w, data); err != nil {
				return err
			}
			if len(p.queue) == 0 {
				if err := w.Flush(); err != nil {
					return err
				}
			}
		}
	}
}

func writeFrame(w io.Writer, data []byte) error {
	var size [4]byte
	binary.BigEndian.PutUint32(size[:], uint32(len(data)))
	if _, err := w.Write(size[:]); err != nil {
		return err
	}
	_, err := w.Write(data)
	return err
}

// errFrame ends a connection whose other end does not keep to the format.
var errFrame = errors.New("pbft: frame too large")

func readFrame(r io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > maxPacket {
		return nil, errFrame
	}
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
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
		if t.track(c) {
			t.wg.Go(func() {
				defer t.drop(c)
				_ = t.listen(c) // a stranger's errors are the stranger's
			})
		}
	}
}

// listen challenges whoever has dialled and reads from it.
func (t *TCP) listen(c net.Conn) error {
	var challenge Digest
	if _, err := rand.Read(challenge[:]); err != nil {
		return err
	}
	if err := c.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return err
	}
	if _, err := c.Write(challenge[:]); err != nil {
		return err
	}
	r := bufio.NewReaderSize(c, 64<<10)
	kind, err := r.ReadByte()
	if err != nil {
		return err
	}
	if kind == helloClient {
		if err := c.SetDeadline(time.Time{}); err != nil {
			return err
		}
		return t.serveClient(c, r)
	}
	var hello [4 + 64]byte
	if _, err := io.ReadFull(r, hello[:]); err != nil {
		return err
	}
	id := ReplicaID(binary.BigEndian.Uint32(hello[:]))
	t.mu.Lock()
	key, known := t.keys[id]
	t.mu.Unlock()
	signed := Signed{Key: key, Message: helloStatement(t.chain, challenge, id), Signature: Signature(hello[4:])}
	if kind != helloReplica || !known || !t.verifier.Verify(signed) {
		return RefusedSignature
	}
	if err := c.SetDeadline(time.Time{}); err != nil {
		return err
	}
	for {
		data, err := readFrame(r)
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
