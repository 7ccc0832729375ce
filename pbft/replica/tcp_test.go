package replica

import (
	"bufio"
	"context"
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

// listener is replica 0's transport without peers.
func listener(t *testing.T, f *fixture) *TCP {
	cfg := TCPConfig{ID: 0, Genesis: f.genesis, Signer: f.signers[0], Listen: "127.0.0.1:0"}
	l, err := listenTCP(cfg, time.Hour) // a busy machine must not end a handshake
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}

// knock connects and reads the challenge. ok is false when the listener hangs up at once.
func knock(t *testing.T, l *TCP) (c net.Conn, challenge pbft.Digest, ok bool) {
	c, err := net.Dial("tcp", l.Addr())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	_, err = io.ReadFull(c, challenge[:])
	return c, challenge, err == nil
}

// asReplica connects as a replica with its own key.
func asReplica(t *testing.T, f *fixture, l *TCP, id pbft.ReplicaID) net.Conn {
	c, challenge, ok := knock(t, l)
	require.True(t, ok)
	sig := f.signers[id].Sign(pbft.HelloStatement(f.chain, challenge, id))
	_, err := c.Write(append(binary.BigEndian.AppendUint32([]byte{helloReplica}, uint32(id)), sig[:]...))
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

// TestStrangersAreLimited: a connection without a handshake takes one of a limited number of
// places.
func TestStrangersAreLimited(t *testing.T) {
	f := newFixture(t, 4)
	l := listener(t, f)
	for range maxStrangers {
		_, _, ok := knock(t, l)
		require.True(t, ok)
	}
	_, _, ok := knock(t, l)
	require.False(t, ok, "no place is left")
}

// TestReplicaHasOneConnection: a replica that connects again replaces its former connection.
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

// TestImpostorIsRefused: a signature by another key, and one on another challenge.
func TestImpostorIsRefused(t *testing.T) {
	f := newFixture(t, 4)
	l := listener(t, f)
	for _, forge := range []func(challenge pbft.Digest) pbft.Signature{
		func(d pbft.Digest) pbft.Signature { return f.signers[2].Sign(pbft.HelloStatement(f.chain, d, 1)) },
		func(pbft.Digest) pbft.Signature {
			return f.signers[1].Sign(pbft.HelloStatement(f.chain, pbft.Digest{}, 1))
		},
	} {
		c, challenge, ok := knock(t, l)
		require.True(t, ok)
		sig := forge(challenge)
		_, err := c.Write(append(binary.BigEndian.AppendUint32([]byte{helloReplica}, 1), sig[:]...))
		require.NoError(t, err)
		closedByOther(t, c)
	}
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
	c, _, ok := knock(t, l)
	require.True(t, ok)
	_, err = c.Write(binary.BigEndian.AppendUint32([]byte{helloClient}, 32<<20))
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

// TestDialGivesUpOnASilentServer: a context that ends ends the handshake as well.
func TestDialGivesUpOnASilentServer(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	for patience := 50 * time.Millisecond; ; patience *= 2 { // until a busy machine connects in time
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		_, err = dialWithin(ctx, silent.Addr().String(), time.Hour)
		cancel()
		var dialing *net.OpError
		if require.Error(t, err); !errors.As(err, &dialing) || dialing.Op != "dial" {
			break
		}
	}
	require.ErrorContains(t, err, "does not answer as a replica")
}

// TestManyClientsShareAConnection: a process may serve more users than a connection once took.
func TestManyClientsShareAConnection(t *testing.T) {
	c, err := StartCluster(ClusterConfig{Application: func(pbft.ReplicaID) pbft.Application { return empty{} }, TCP: true})
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

// TestClientsComeBack: when every connection breaks, replicas and clients make new ones.
func TestClientsComeBack(t *testing.T) {
	c, err := StartCluster(ClusterConfig{Application: func(pbft.ReplicaID) pbft.Application { return empty{} }, TCP: true})
	require.NoError(t, err)
	client, err := c.Client(pbft.NewSigner([32]byte{1}))
	require.NoError(t, err)
	_, err = client.Call(t.Context(), []byte("x"))
	require.NoError(t, err)
	for _, l := range c.tcp {
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
