package store

import "sync"

// Memory keeps records in memory, up to a number of bytes: the oldest ones
// leave first. Callers of one [Solver] that need the same program at the same
// time wait for one solution. It is safe for concurrent use.
//
// For example, six strategies of a comparison plan the same coalitions on the
// first day.
type Memory struct {
	mu      sync.Mutex
	limit   int // bytes
	size    int
	records map[Key][]byte
	order   []Key               // of the records, by age
	solving map[Key]*sync.Mutex // programs that are solved or waited for
	waiting map[*sync.Mutex]int // callers per program
}

// NewMemory returns a memory without records.
func NewMemory(limit int) *Memory {
	return &Memory{limit: limit, records: map[Key][]byte{}, solving: map[Key]*sync.Mutex{}, waiting: map[*sync.Mutex]int{}}
}

// Get returns the data of a record. It must not be changed.
func (m *Memory) Get(k Key) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.records[k]
	return data, ok
}

// Put stores a record. One that is larger than the limit is not stored. It
// returns no error.
func (m *Memory) Put(k Key, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.records[k]; ok || len(data) > m.limit {
		return nil
	}
	m.records[k] = data
	m.order = append(m.order, k)
	for m.size += len(data); m.size > m.limit; {
		m.size -= len(m.records[m.order[0]])
		delete(m.records, m.order[0])
		m.order = m.order[1:]
	}
	return nil
}

// only waits until no other caller solves the program of a key, and returns the
// function that ends the own turn.
func (m *Memory) only(k Key) (done func()) {
	m.mu.Lock()
	turn := m.solving[k]
	if turn == nil {
		turn = new(sync.Mutex)
		m.solving[k] = turn
	}
	m.waiting[turn]++
	m.mu.Unlock()
	turn.Lock()
	return func() {
		turn.Unlock()
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.waiting[turn]--; m.waiting[turn] == 0 {
			delete(m.waiting, turn)
			delete(m.solving, k)
		}
	}
}
