package replica

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/pbft"
)

// admitted is a client that may connect to listener.
func admitted() pbft.Signer { return pbft.NewSigner([32]byte{'g'}) }

// listener is replica 0's transport without peers.
func listener(t *testing.T, f *fixture) *TLS {
	cfg := TLSConfig{
		ID: 0, Genesis: f.genesis, Signer: f.signers[0], Listen: "127.0.0.1:0",
		Clients: func(k pbft.PublicKey) bool { return k != stranger().Public() },
	}
	l, err := listenTLS(cfg, time.Hour) // a busy machine must not end a handshake
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}

// stranger is the only client that listener does not accept.
func stranger() pbft.Signer { return pbft.NewSigner([32]byte{'x'}) }

// knock makes a connection without a handshake.
func knock(t *testing.T, l *TLS) net.Conn {
	c, err := net.Dial("tcp", l.Addr())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// enter connects with an identity and returns the channel, or the error of the
// handshake.
func enter(t *testing.T, f *fixture, l *TLS, own *identity) (net.Conn, error) {
	if own.now == nil {
		own.now = time.Now
	}
	c, err := secure(knock(t, l), own, replicaName(f.chain, 0), f.signers[0].Public(), time.Hour)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// asReplica connects as a replica with its own key.
func asReplica(t *testing.T, f *fixture, l *TLS, id pbft.ReplicaID) net.Conn {
	c, err := enter(t, f, l, &identity{signer: f.signers[id], name: replicaName(f.chain, id)})
	require.NoError(t, err)
	return c
}

// closedByOther waits until the other end closes the connection.
func closedByOther(t *testing.T, c net.Conn) {
	_, err := io.Copy(io.Discard, c) // ends when the connection does
	if err != nil {
		require.NotErrorIs(t, err, context.DeadlineExceeded)
	}
}

// Connections without a handshake take a limited number of places and do not
// keep others out: a further connection takes the place of the oldest one. Here
// no handshake ends by its deadline.
func TestAttackSilentStrangersMakeRoom(t *testing.T) {
	f := newFixture(t, 4)
	l := listener(t, f)
	first := knock(t, l)
	for range maxStrangers - 1 {
		knock(t, l)
	}
	c := asReplica(t, f, l, 1)
	closedByOther(t, first)
	w := newFrameWriter(c)
	require.NoError(t, w.write([]byte{1}, true))
	require.Equal(t, pbft.ReplicaID(1), (<-l.Receive()).From)
	l.mu.Lock()
	defer l.mu.Unlock()
	require.LessOrEqual(t, l.strangers.count, maxStrangers)
}

// A handshake that never ends is ended by its deadline, and so is one that
// sends too much.
func TestAttackHandshakeWithoutEnd(t *testing.T) {
	f := newFixture(t, 4)
	cfg := TLSConfig{ID: 0, Genesis: f.genesis, Signer: f.signers[0], Listen: "127.0.0.1:0"}
	l, err := listenTLS(cfg, 50*time.Millisecond)
	require.NoError(t, err)
	defer l.Close()
	closedByOther(t, knock(t, l))

	patient := listener(t, f)
	c := knock(t, patient)
	// The header of a record with a ClientHello of 60 KiB, and then its bytes.
	hello := append([]byte{22, 3, 1, 0x40, 0, 1, 0, 0xf0, 0}, make([]byte, 16<<10-4)...)
	for range 4 {
		_, _ = c.Write(hello)
	}
	closedByOther(t, c)
}

// TestPlaces: the key with the most connections makes room.
func TestPlaces(t *testing.T) {
	conns := make([]net.Conn, 6)
	for i := range conns {
		conns[i], _ = net.Pipe()
	}
	enter := func(p *places[string], key string, i int, out net.Conn, ok bool) {
		got, entered := p.enter(key, conns[i])
		require.Equal(t, ok, entered)
		require.True(t, got == out, "connection %d of %s", i, key)
	}
	p := newPlaces[string](3, 2, false)
	enter(p, "a", 0, nil, true)
	enter(p, "a", 1, nil, true)
	enter(p, "a", 2, conns[0], true) // the limit of one key
	enter(p, "b", 3, nil, true)
	enter(p, "c", 4, conns[1], true) // from a, which has two
	enter(p, "d", 5, nil, false)     // all have one
	enter(p, "b", 5, conns[3], true) // its own
	p.remove("b", conns[5])
	p.remove("b", conns[5])
	require.Equal(t, 2, p.count)
	enter(p, "d", 0, nil, true)
	require.Equal(t, 3, p.count)
	p = newPlaces[string](1, 1, true)
	enter(p, "a", 0, nil, true)
	enter(p, "b", 1, conns[0], true)
}

// TestReplicaHasOneConnection: a replica that connects again replaces its
// former connection.
func TestReplicaHasOneConnection(t *testing.T) {
	f := newFixture(t, 4)
	l := listener(t, f)
	var last net.Conn
	for range maxStrangers + 10 {
		c := asReplica(t, f, l, 1)
		w := newFrameWriter(c)
		require.NoError(t, w.write([]byte{1}, true))
		require.Equal(t, pbft.ReplicaID(1), (<-l.Receive()).From)
		if last != nil {
			closedByOther(t, last)
		}
		last = c
	}
}

// A disconnected replica loses its connections in both directions and gets no
// other one. Others keep theirs.
func TestDisconnectEndsBothDirections(t *testing.T) {
	f := newFixture(t, 4)
	l := listener(t, f)
	other, err := listenTLS(TLSConfig{ID: 1, Genesis: f.genesis, Signer: f.signers[1], Listen: "127.0.0.1:0"}, time.Hour)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, other.Close()) })
	l.Connect(1, other.Addr(), pbft.PublicKey{})
	l.Send(1, []byte{1})
	require.Equal(t, pbft.ReplicaID(0), (<-other.Receive()).From)
	in, kept := asReplica(t, f, l, 1), asReplica(t, f, l, 2)

	l.Disconnect(0) // itself: no effect
	l.Disconnect(1)
	closedByOther(t, in)
	require.Eventually(t, func() bool {
		other.mu.Lock()
		defer other.mu.Unlock()
		return len(other.conns) == 0
	}, time.Minute, time.Millisecond)
	_, err = enter(t, f, l, &identity{signer: f.signers[1], name: replicaName(f.chain, 1)})
	require.Error(t, err)
	l.Connect(1, other.Addr(), f.signers[1].Public())
	_, err = enter(t, f, l, &identity{signer: f.signers[1], name: replicaName(f.chain, 1)})
	require.Error(t, err)
	l.Disconnect(1) // again
	l.Send(1, []byte{2})
	w := newFrameWriter(kept)
	require.NoError(t, w.write([]byte{3}, true))
	require.Equal(t, Packet{From: 2, Data: []byte{3}}, <-l.Receive())
}

// A connection with another identity than a pinned one is refused in the
// handshake.
func TestAttackIdentitiesAreRefused(t *testing.T) {
	f := newFixture(t, 4)
	other := f.genesis
	other.Name = "other"
	chain, err := other.Chain()
	require.NoError(t, err)
	past := func() time.Time { return time.Now().Add(-2 * certificateLife) }
	expired := &identity{signer: f.signers[1], name: replicaName(f.chain, 1), now: past}
	_, err = expired.get()
	require.NoError(t, err)
	expired.renew, expired.now = time.Now().Add(time.Hour), time.Now
	for name, own := range map[string]*identity{
		"swapped":          {signer: f.signers[2], name: replicaName(f.chain, 1)},
		"listener":         {signer: f.signers[0], name: replicaName(f.chain, 0)},
		"unknown replica":  {signer: f.signers[1], name: replicaName(f.chain, 9)},
		"wrong key":        {signer: stranger(), name: replicaName(f.chain, 1)},
		"other chain":      {signer: f.signers[1], name: replicaName(chain, 1)},
		"client of other":  {signer: admitted(), name: clientName(chain)},
		"stranger":         {signer: stranger(), name: clientName(f.chain)},
		"client as member": {signer: admitted(), name: replicaName(f.chain, 1)},
		"expired":          expired,
		"forged":           forgedIdentity(t, f),
	} {
		l := listener(t, f)
		_, err := enter(t, f, l, own)
		require.Error(t, err, name)
		l.mu.Lock()
		require.Empty(t, l.inbound, name)
		require.Zero(t, l.clients.count, name)
		l.mu.Unlock()
	}
	// The last one is accepted with its own name, so that the refusals have the
	// stated reason.
	l := listener(t, f)
	_, err = enter(t, f, l, &identity{signer: f.signers[1], name: replicaName(f.chain, 1)})
	require.NoError(t, err)
}

// forgedIdentity is a certificate with the name of replica 1 that its key has
// not signed: replica 2 has replaced the name in its own.
func forgedIdentity(t *testing.T, f *fixture) *identity {
	own := &identity{signer: f.signers[2], name: replicaName(f.chain, 2), now: time.Now}
	c, err := own.get()
	require.NoError(t, err)
	was, is := []byte(own.name.String()), []byte(replicaName(f.chain, 1).String())
	require.Contains(t, string(c.Certificate[0]), string(was))
	c.Certificate[0] = bytes.Replace(c.Certificate[0], was, is, 1)
	return own
}

// The refusals of peerOf, which the table above cannot distinguish.
func TestCertificatesAreChecked(t *testing.T) {
	f := newFixture(t, 4)
	own := &identity{signer: f.signers[1], name: replicaName(f.chain, 1), now: time.Now}
	made, err := own.get()
	require.NoError(t, err)
	c, err := x509.ParseCertificate(made.Certificate[0])
	require.NoError(t, err)
	state := tls.ConnectionState{NegotiatedProtocol: protocol, PeerCertificates: []*x509.Certificate{c}}
	key, name, err := peerOf(state, time.Now())
	require.NoError(t, err)
	require.Equal(t, f.signers[1].Public(), key)
	require.Equal(t, own.name.String(), name)
	for _, now := range []time.Time{c.NotBefore.Add(-time.Second), c.NotAfter.Add(time.Second)} {
		_, _, err = peerOf(state, now)
		require.ErrorContains(t, err, "check the clocks")
	}
	broken, err := x509.ParseCertificate(forgedIdentity(t, f).certificate.Certificate[0])
	require.NoError(t, err)
	_, _, err = peerOf(tls.ConnectionState{NegotiatedProtocol: protocol, PeerCertificates: []*x509.Certificate{broken}}, time.Now())
	require.ErrorContains(t, err, "not signed by its own key")
	_, _, err = peerOf(tls.ConnectionState{NegotiatedProtocol: protocol, PeerCertificates: []*x509.Certificate{c, c}}, time.Now())
	require.ErrorContains(t, err, "one certificate")
	_, _, err = peerOf(tls.ConnectionState{PeerCertificates: []*x509.Certificate{c}}, time.Now())
	require.ErrorContains(t, err, "another protocol")

	// A new certificate replaces the old one after half of its life.
	later := time.Now().Add(certificateLife/2 + time.Minute)
	own.now = func() time.Time { return later }
	renewed, err := own.get()
	require.NoError(t, err)
	require.NotEqual(t, made.Certificate[0], renewed.Certificate[0])
}

// An older version of TLS is refused by both ends.
func TestAttackOldVersionIsRefused(t *testing.T) {
	f := newFixture(t, 4)
	l := listener(t, f)
	own := &identity{signer: f.signers[1], name: replicaName(f.chain, 1), now: time.Now}
	old := own.config(func(pbft.PublicKey, string) error { return nil })
	old.MinVersion, old.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	require.ErrorContains(t, tls.Client(knock(t, l), old).Handshake(), "protocol version")

	ours, theirs := net.Pipe()
	go func() { _ = tls.Server(theirs, old).Handshake(); _ = theirs.Close() }()
	_, err := secure(ours, own, replicaName(f.chain, 0), f.signers[0].Public(), time.Hour)
	require.Error(t, err)
}

// A dialler refuses another replica than the one that it has dialled.
func TestAttackListenersAreSwapped(t *testing.T) {
	f := newFixture(t, 4)
	l := listener(t, f) // replica 0
	own := &identity{signer: f.signers[1], name: replicaName(f.chain, 1), now: time.Now}
	_, err := secure(knock(t, l), own, replicaName(f.chain, 2), f.signers[2].Public(), time.Hour)
	require.ErrorIs(t, err, errIdentity)
	_, err = dialWithin(t.Context(), DialConfig{Genesis: f.genesis, Replica: 2, Address: l.Addr(), Signer: admitted()}, time.Hour)
	require.ErrorContains(t, err, "does not answer as replica 2")
	_, err = Dial(t.Context(), DialConfig{Genesis: f.genesis, Replica: 9, Address: l.Addr()})
	require.ErrorContains(t, err, "Signer is nil")
	require.ErrorContains(t, err, "replica 9 is not a member")
}

// A replica cannot pass the handshake of another one on and then speak under
// its name. Before, replica 3 relayed the challenge of replica 0 to replica 1
// and used the answer.
func TestAttackHandshakeIsRelayed(t *testing.T) {
	f := newFixture(t, 4)
	victim := listener(t, f)
	mallory, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer mallory.Close()
	honest, err := listenTLS(TLSConfig{ID: 1, Genesis: f.genesis, Signer: f.signers[1], Listen: "127.0.0.1:0"}, time.Hour)
	require.NoError(t, err)
	defer honest.Close()
	honest.Connect(3, mallory.Addr().String(), pbft.PublicKey{}) // replica 3 is Byzantine
	in, err := mallory.Accept()
	require.NoError(t, err)
	defer in.Close()
	out := knock(t, victim)
	go func() { _, _ = io.Copy(in, out) }()
	// Replica 1 finds that the other end is replica 0 instead of 3, and hangs
	// up.
	sent, _ := io.Copy(out, in)
	require.Positive(t, sent)
	victim.mu.Lock()
	defer victim.mu.Unlock()
	require.Empty(t, victim.inbound)
}

// One client key has four connections. A fifth takes the place of the first.
func TestAttackConnectionsPerClient(t *testing.T) {
	f, l, _, _ := doorway(t)
	first, _ := asClient(t, f, l, admitted())
	for range maxPerClient {
		asClient(t, f, l, admitted())
	}
	closedByOther(t, first)
	l.mu.Lock()
	defer l.mu.Unlock()
	require.Equal(t, maxPerClient, l.clients.count)
	require.Len(t, l.doors, 1)
}

// The requests of one client that wait to be judged are bounded in number,
// bytes and portions, over all its connections. So another client's request
// waits for at most 1024 requests, 2 MiB and 64 portions of it, which is the
// stated count, and is never refused as long as 15 others flood.
func TestAttackFloodDelaysOthersByAStatedCount(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // enter returns instead of waiting
	flood := func(operation, each int) (requests, portions int, bytes int64) {
		d := sharedDoor{door: newDoor(doorCredit)}
		d.portion = maxPortion // the most that accepted requests can earn
		rs := make([]pbft.Request, each)
		for i := range rs {
			rs[i].Operation = make([]byte, operation)
		}
		for {
			n, err := d.enter(ctx, rs)
			if err != nil {
				return requests, portions, bytes
			}
			requests, portions, bytes = requests+n, portions+1, bytes+bytesOf(rs[:n])
		}
	}
	requests, portions, bytes := flood(100, 5000)
	require.Equal(t, maxPortion, requests)
	require.Equal(t, 1, portions)
	require.LessOrEqual(t, bytes, int64(doorBytes))
	requests, portions, _ = flood(100, 1)
	require.Equal(t, maxUnread, requests)
	require.Equal(t, maxUnread, portions)
	requests, _, bytes = flood(64<<10, 5000)
	require.Equal(t, 31, requests, "2 MiB hold 31 operations of 64 KiB with their overhead")
	require.LessOrEqual(t, bytes, int64(doorBytes))
	requests, _, _ = flood(16<<20, 10)
	require.Equal(t, 1, requests, "a larger request comes alone")

	// A driver that judges nothing still has room for the others.
	d := &Driver{submits: make(chan submission, 1024), ctx: t.Context()}
	for range 15 {
		door := newDoor(doorCredit)
		door.portion = maxPortion
		rs := make([]pbft.Request, 31)
		for i := range rs {
			rs[i].Operation = make([]byte, 64<<10)
		}
		for {
			n, err := door.enter(ctx, rs)
			if err != nil {
				break
			}
			require.NoError(t, d.submit(rs[:n], &door))
		}
	}
	require.NoError(t, d.submit(make([]pbft.Request, 1), nil))
}

// Two connections of one key share one door, so that a second one gives no
// second share.
func TestAttackConnectionsShareADoor(t *testing.T) {
	f := newFixture(t, 4)
	l := listener(t, f)
	key := admitted().Public()
	a, b := l.doorFor(key), l.doorFor(key)
	require.Same(t, a, b)
	a.judged(judgement{useless: time.Second})
	require.True(t, closed(b.ended))
	c := l.doorFor(key)
	require.Zero(t, c.credit, "while the old connections end")
	for _, d := range []*sharedDoor{a, b, c} {
		l.leaveDoor(key, d)
	}
	require.Empty(t, l.doors)
	require.Zero(t, l.doorFor(key).credit, "the key is known")
	require.Equal(t, doorCredit, l.doorFor(stranger().Public()).credit)
}

// TestClientFramesAreSmall: a client cannot announce more than requests take.
func TestClientFramesAreSmall(t *testing.T) {
	f := newFixture(t, 4)
	l := listener(t, f)
	d, err := StartDriver(DriverConfig{
		Node:      pbft.Config{ID: 0, Genesis: f.genesis, Signer: f.signers[0], Application: empty{}},
		Transport: l,
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, d.Close()) }()
	l.ServeClients(d)
	c, _ := asClient(t, f, l, admitted())
	_, err = c.Write(binary.BigEndian.AppendUint32(nil, 32<<20))
	require.NoError(t, err)
	closedByOther(t, c)
}

// TestLengthCostsNothing: memory for a frame is allocated as it arrives.
func TestLengthCostsNothing(t *testing.T) {
	ours, theirs := net.Pipe()
	go func() {
		_, _ = theirs.Write(binary.BigEndian.AppendUint32(nil, maxPacket))
		_, _ = theirs.Write(make([]byte, 100<<10))
		_ = theirs.Close()
	}()
	frames := frameReader{ours, bufio.NewReader(ours), maxPacket}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := frames.read()
	runtime.ReadMemStats(&after)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
}

// TestFramesOfEverySize survive being read in pieces.
func TestFramesOfEverySize(t *testing.T) {
	ours, theirs := net.Pipe()
	sizes := []int{0, 1, 4095, 64 << 10, 64<<10 + 1, 1 << 20}
	go func() {
		w := newFrameWriter(theirs)
		for _, n := range sizes {
			b := make([]byte, n)
			for i := range b {
				b[i] = byte(i % 251)
			}
			_ = w.write(b, true)
		}
	}()
	frames := frameReader{ours, bufio.NewReader(ours), maxPacket}
	for _, n := range sizes {
		b, err := frames.read()
		require.NoError(t, err)
		require.Len(t, b, n)
		for i := range b {
			if b[i] != byte(i%251) {
				require.Failf(t, "wrong byte", "%d of %d", i, n)
			}
		}
	}
}

// TestDialGivesUpOnASilentServer: a context that ends ends the handshake as
// well.
func TestDialGivesUpOnASilentServer(t *testing.T) {
	f := newFixture(t, 4)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	for patience := 50 * time.Millisecond; ; patience *= 2 { // until a busy machine connects in time
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		_, err = dialWithin(ctx, DialConfig{Genesis: f.genesis, Address: silent.Addr().String(), Signer: admitted()}, time.Hour)
		cancel()
		var dialing *net.OpError
		if require.Error(t, err); !errors.As(err, &dialing) || dialing.Op != "dial" {
			break
		}
	}
	require.ErrorContains(t, err, "does not answer as replica 0")
}

// TestManyClientsShareAConnection: a process may serve more users than a
// connection once took.
func TestManyClientsShareAConnection(t *testing.T) {
	c, err := StartCluster(ClusterConfig{Application: func(pbft.ReplicaID) pbft.Application { return empty{} }, TLS: true})
	require.NoError(t, err)
	for i := range 100 {
		client, err := c.Client(pbft.NewSigner([32]byte{1, byte(i)}))
		require.NoError(t, err)
		if i == 99 {
			_, err = client.Call(t.Context(), []byte("x"))
			require.NoError(t, err)
		}
		defer client.Close()
	}
	require.NoError(t, c.Close())
}

// TestClientsComeBack: when every connection breaks, replicas and clients make
// new ones.
func TestClientsComeBack(t *testing.T) {
	c, err := StartCluster(ClusterConfig{Application: func(pbft.ReplicaID) pbft.Application { return empty{} }, TLS: true})
	require.NoError(t, err)
	client, err := c.Client(pbft.NewSigner([32]byte{1}))
	require.NoError(t, err)
	_, err = client.Call(t.Context(), []byte("x"))
	require.NoError(t, err)
	for _, l := range c.tls {
		l.mu.Lock()
		for conn := range l.conns {
			_ = conn.Close()
		}
		l.mu.Unlock()
	}
	_, err = client.Call(t.Context(), []byte("x"))
	require.NoError(t, err)
	client.Close()
	require.NoError(t, c.Close())
}
