package pbft

import (
	"bytes"
	"maps"
	"slices"

	"github.com/trigrid/trigrid/codec"
)

// clientTable is the replicated record of what each client has had executed. It is part of the checkpoint: without it
// a replica that restored a snapshot would execute an old request again.
//
// Per client it keeps a floor (every number up to it is executed) and the executed numbers above it, which a pipelining
// client's requests may reach out of order, within window numbers of the floor. Results are kept for the last window
// numbers at and below the floor and for those above it; older ones are pruned.
type clientTable struct {
	window  uint64
	entries map[PublicKey]*clientEntry
}

type clientEntry struct {
	floor   uint64
	results map[uint64][]byte
}

// maxClients bounds the clients of a table that is read.
const maxClients = 1 << 30

func newClientTable(window uint64) clientTable {
	return clientTable{window: window, entries: map[PublicKey]*clientEntry{}}
}

func (t *clientTable) floor(c PublicKey) uint64 {
	if e := t.entries[c]; e != nil {
		return e.floor
	}
	return 0
}

// fresh reports whether the request has not been executed.
func (t *clientTable) fresh(k requestKey) bool {
	e := t.entries[k.client]
	if e == nil {
		return k.number > 0
	}
	if k.number <= e.floor {
		return false
	}
	_, done := e.results[k.number]
	return !done
}

// inWindow reports whether the number is one the client may use now.
func (t *clientTable) inWindow(k requestKey) bool {
	floor := t.floor(k.client)
	return k.number > floor && k.number-floor <= t.window
}

// result returns the kept result of an executed request.
func (t *clientTable) result(k requestKey) ([]byte, bool) {
	e := t.entries[k.client]
	if e == nil {
		return nil, false
	}
	r, ok := e.results[k.number]
	return r, ok
}

// record enters an executed request. The caller has checked that it is fresh and in the window.
func (t *clientTable) record(k requestKey, result []byte) {
	e := t.entries[k.client]
	if e == nil {
		e = &clientEntry{results: map[uint64][]byte{}}
		t.entries[k.client] = e
	}
	e.results[k.number] = result
	for {
		if _, done := e.results[e.floor+1]; !done {
			return
		}
		e.floor++
		if e.floor > t.window {
			delete(e.results, e.floor-t.window)
		}
	}
}

// code codes the table in order of client and number, apart from its window, which the genesis fixes.
func (t *clientTable) code(c *codec.Coder) {
	clients := slices.SortedFunc(maps.Keys(t.entries), func(a, b PublicKey) int { return bytes.Compare(a[:], b[:]) })
	for i := range c.Count(len(clients), maxClients, 32+8+4) {
		var client PublicKey
		e := &clientEntry{results: map[uint64][]byte{}}
		if !c.Reading() {
			client = clients[i]
			e = t.entries[client]
		}
		c.Fixed(client[:])
		e.code(c)
		if c.Err() != nil {
			return
		}
		t.entries[client] = e
	}
}

func (e *clientEntry) code(c *codec.Coder) {
	c.Uint64(&e.floor)
	numbers := slices.Sorted(maps.Keys(e.results))
	for i := range c.Count(len(numbers), 2*maxClientWindow, 8+4) {
		var number uint64
		var result []byte
		if !c.Reading() {
			number = numbers[i]
			result = e.results[number]
		}
		c.Uint64(&number)
		c.Bytes(&result, maxOperation)
		if c.Err() != nil {
			return
		}
		e.results[number] = result
	}
}
