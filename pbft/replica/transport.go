package replica

import (
	"slices"
	"sync"

	"github.com/trigrid/trigrid/pbft"
)

// Packet is an encoded message and the replica it came from.
type Packet struct {
	From pbft.ReplicaID
	Data []byte
}

// Transport carries encoded messages between replicas. It may lose, repeat, delay and reorder them, but it must not
// deliver a message under another replica's name.
type Transport interface {
	// Send hands a message over without waiting. It must not change data, nor keep the receiver from doing so.
	Send(to pbft.ReplicaID, data []byte)
	// Receive returns the channel of incoming packets, which Close closes or leaves silent.
	Receive() <-chan Packet
	Close() error
}

// MemoryNetwork connects replicas within one process. Every receiver gets its own copy of a message, as over a wire, so
// nothing is shared between replicas. The zero value works.
type MemoryNetwork struct {
	mu   sync.RWMutex
	ends map[pbft.ReplicaID]*memoryEnd
	// Filter, when not nil, decides whether a packet is delivered. It must be set before the first Send.
	Filter func(from, to pbft.ReplicaID) bool
}

// memoryQueue is how many packets wait for a replica before further ones are lost.
const memoryQueue = 4096

type memoryEnd struct {
	net  *MemoryNetwork
	id   pbft.ReplicaID
	in   chan Packet
	done chan struct{}
	once sync.Once
}

// Join returns replica id's end of the network. Joining again replaces the former end.
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
	if peer == nil || e.net.Filter != nil && !e.net.Filter(e.id, to) {
		return
	}
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
