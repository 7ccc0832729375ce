package replica

import (
	"encoding/binary"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/pbft"
)

// message returns a message of the length with a number in its first bytes.
func message(number, length int) []byte {
	out := make([]byte, length)
	binary.BigEndian.PutUint32(out, uint32(number))
	return out
}

// The bytes of a queue are bounded, and its oldest messages are dropped.
func TestQueueDropsTheOldest(t *testing.T) {
	q := newQueue(1000)
	for i := range 100 {
		q.push(message(i, 136)) // 200 with the overhead
		require.LessOrEqual(t, q.bytes, 1000)
	}
	for i := 95; i < 100; i++ {
		data, more, ok := q.pop()
		require.True(t, ok)
		require.EqualValues(t, i, binary.BigEndian.Uint32(data))
		require.Equal(t, i < 99, more)
	}
	_, _, ok := q.pop()
	require.False(t, ok)
	require.Zero(t, q.bytes)
	q.push(message(0, 5000))
	_, _, ok = q.pop()
	require.True(t, ok, "a message above the limit has the queue for itself")
	for i := range 5 {
		q.push(message(i, 136))
	}
	q.trim(400)
	data, _, _ := q.pop()
	require.EqualValues(t, 3, binary.BigEndian.Uint32(data))
	q.trim(0)
	_, _, ok = q.pop()
	require.False(t, ok)
}

// A replica that cannot be reached costs 32 MiB, not one message after another
// up to their number, and receives the newest messages when it is back, not the
// oldest. Before, 6000 messages of 256 KiB kept 1 GiB, and the newest 1904 of
// them were lost.
func TestAttackQueueOfADeadReplica(t *testing.T) {
	f := newFixture(t, 4)
	a, err := ListenTLS(TLSConfig{ID: 0, Genesis: f.genesis, Signer: f.signers[0], Listen: "127.0.0.1:0"})
	require.NoError(t, err)
	defer a.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0") // an address at which no replica listens
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	a.Connect(1, address, pbft.PublicKey{})
	const count, length = 2000, 64 << 10
	for i := range count {
		a.Send(1, message(i, length))
	}
	a.mu.Lock()
	q := a.peers[1].queue
	a.mu.Unlock()
	q.mu.Lock()
	require.LessOrEqual(t, q.bytes, queueBytes)
	q.mu.Unlock()

	b, err := ListenTLS(TLSConfig{ID: 1, Genesis: f.genesis, Signer: f.signers[1], Listen: address})
	require.NoError(t, err)
	defer b.Close()
	first, received := -1, 0
	for last := -1; last != count-1; received++ {
		select {
		case p := <-b.Receive():
			last = int(binary.BigEndian.Uint32(p.Data))
			if first < 0 {
				first = last
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("received %d messages up to number %d", received, last)
		}
	}
	require.LessOrEqual(t, received*length, queueBytes)
	// The connection is made at the first or a later attempt, so that 32 MiB or
	// 1 MiB are left.
	require.GreaterOrEqual(t, first, count-queueBytes/length)
}
