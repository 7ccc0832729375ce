package node

import (
	"maps"
	"slices"
	"sync"
)

// Store keeps the blocks, certificates and states of one replica: values under
// keys. [MemoryStore] keeps them in memory, and package ledger/node/disk in a
// file. All methods are safe for concurrent use.
type Store interface {
	// Get returns the value of a key, or nil if it has none. The caller must
	// not change it.
	Get(key string) ([]byte, error)
	// Write writes all entries or none, and returns after they would survive a
	// crash.
	Write(entries []Entry) error
	// Size returns the number of bytes that the store occupies.
	Size() int64
	// Close releases the store. The entries remain.
	Close() error
}

// Entry is one write of a [Store]. A nil value deletes the key.
type Entry struct {
	Key   string
	Value []byte
}

// MemoryStore is a [Store] in memory. The zero value is empty and ready for
// use.
type MemoryStore struct {
	mu     sync.RWMutex
	values map[string][]byte
	size   int64
}

var _ Store = (*MemoryStore)(nil)

// Get implements [Store].
func (s *MemoryStore) Get(key string) ([]byte, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.values[key], nil
}

// Write implements [Store]. It copies the values, because callers may use their
// buffers again.
func (s *MemoryStore) Write(entries []Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values == nil {
		s.values = map[string][]byte{}
	}
	for _, e := range entries {
		s.size -= int64(len(s.values[e.Key]))
		if e.Value == nil {
			delete(s.values, e.Key)
			continue
		}
		s.values[e.Key] = slices.Clone(e.Value)
		s.size += int64(len(e.Value))
	}
	return nil
}

// Size implements [Store].
func (s *MemoryStore) Size() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.size
}

// Close implements [Store].
func (*MemoryStore) Close() error { return nil }

// Keys returns all keys in ascending order.
func (s *MemoryStore) Keys() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Sorted(maps.Keys(s.values))
}
