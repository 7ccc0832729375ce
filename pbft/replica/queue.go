package replica

import "sync"

// queue holds the messages for one peer, with a bound on their bytes. If the
// bound is reached, the oldest messages are dropped: the protocol repeats
// messages that are still of use, and after an interruption these are the
// newest ones.
//
// For example, with a limit of 3 MiB a fourth message of 1 MiB drops the first
// one. A message above the limit has the queue for itself.
type queue struct {
	limit int // bytes

	mu      sync.Mutex
	waiting [][]byte
	bytes   int
	ready   chan struct{} // has an element if messages may wait
}

// Assumed sizes. The limit is that of the largest batch, see [pbft.Genesis].
const (
	queueBytes    = 32 << 20 // limit of the messages that wait for one replica
	queueFresh    = 1 << 20  // of them, those that are sent after an interruption
	queueOverhead = 64       // counted for each message beside its bytes
)

func newQueue(limit int) *queue { return &queue{limit: limit, ready: make(chan struct{}, 1)} }

// push appends a message and drops the oldest ones beyond the limit. It never
// blocks.
func (q *queue) push(data []byte) {
	q.mu.Lock()
	q.waiting = append(q.waiting, data)
	q.bytes += len(data) + queueOverhead
	q.cut(q.limit, 1)
	q.mu.Unlock()
	select {
	case q.ready <- struct{}{}:
	default: // the receiver is already called
	}
}

// pop returns the oldest message and whether further ones wait. It returns
// false without messages.
func (q *queue) pop() (data []byte, more, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return nil, false, false
	}
	data = q.waiting[0]
	q.waiting[0] = nil
	q.waiting = q.waiting[1:]
	q.bytes -= len(data) + queueOverhead
	return data, len(q.waiting) > 0, true
}

// trim drops the oldest messages beyond a number of bytes, which can be 0.
func (q *queue) trim(bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.cut(bytes, 0)
}

// cut drops the oldest messages beyond a number of bytes, and keeps at least
// keep messages.
func (q *queue) cut(bytes, keep int) {
	for q.bytes > bytes && len(q.waiting) > keep {
		q.bytes -= len(q.waiting[0]) + queueOverhead
		q.waiting[0] = nil // the array keeps the place until append copies it
		q.waiting = q.waiting[1:]
	}
}
