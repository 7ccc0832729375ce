package replica

import (
	"slices"
	"sync"

	"github.com/trigrid/trigrid/pbft"
)

// Packet is an encoded message with its sender.
type Packet struct {
	From pbft.ReplicaID
	Data []byte
}

// Transport carries encoded messages between replicas. It may lose, repeat,
// delay and reorder them. It must not deliver a message under the id of another
// replica: a faulty replica could use the allowances of the others. Send and
// Receive are safe for concurrent use.
//
// [MemoryNetwork] and [TLS] are implementations. A program may bring its own,
// for example one over an existing message bus with authenticated senders.
type Transport interface {
	// Send passes a message on and never blocks. It does not change data and
	// does not share it with the receiver.
	Send(to pbft.ReplicaID, data []byte)
	// Receive returns the channel of received packets. After Close it is closed
	// or silent.
	Receive() <-chan Packet
	// Close ends the transport.
	Close() error
}

// Disconnector is a [Transport] that can end its connections with a removed
// replica. A [Driver] disconnects each replica that was in a set of members and
// is in neither of the last two. Members of the last but one may still need
// messages of the end of their epoch.
type Disconnector interface {
	Transport
	// Disconnect ends the connections with a replica and refuses further ones.
	// A later Connect has no effect, because ids of removed replicas are not
	// used again.
	Disconnect(id pbft.ReplicaID)
}

var _ Disconnector = (*TLS)(nil)

// MemoryNetwork connects replicas within one process. Each receiver gets its
// own copy of a message, as over a wire. The zero value is ready for use.
//
// For example, this network isolates replica 3:
//
//	network := replica.MemoryNetwork{
//		Filter: func(from, to pbft.ReplicaID) bool { return from != 3 && to != 3 },
//	}
type MemoryNetwork struct {
	mu   sync.RWMutex
	ends map[pbft.ReplicaID]*memoryEnd
	// Filter decides whether a packet is delivered. Default nil: all are. It
	// must be set before the first Send.
	Filter func(from, to pbft.ReplicaID) bool
}

// memoryQueue is the number of packets that wait for one replica. Further ones
// are lost.
const memoryQueue = 4096

// memoryEnd is one replica's end of the network.
type memoryEnd struct {
	net  *MemoryNetwork
	id   pbft.ReplicaID
	in   chan Packet
	done chan struct{}
	once sync.Once
}

// Join returns the end of replica id. A second Join with the same id replaces
// the former end.
func (m *MemoryNetwork) Join(id pbft.ReplicaID) Transport {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ends == nil {
		m.ends = map[pbft.ReplicaID]*memoryEnd{}
	}
	e := &memoryEnd{net: m, id: id, in: make(chan Packet, memoryQueue), done: make(chan struct{})}
	m.ends[id] = e
	return e
}

// Send implements [Transport].
func (e *memoryEnd) Send(to pbft.ReplicaID, data []byte) {
	e.net.mu.RLock()
	peer := e.net.ends[to]
	e.net.mu.RUnlock()
	// A packet to a replica that has not joined is lost.
	if peer == nil || e.net.Filter != nil && !e.net.Filter(e.id, to) {
		return
	}
	// A full queue loses the packet, as a network does.
	select {
	case <-peer.done:
	case <-e.done:
	case peer.in <- Packet{From: e.id, Data: slices.Clone(data)}:
	default:
	}
}

// Receive implements [Transport].
func (e *memoryEnd) Receive() <-chan Packet { return e.in }

// Close implements [Transport].
func (e *memoryEnd) Close() error {
	e.once.Do(func() { close(e.done) })
	return nil
}
