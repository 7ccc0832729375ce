package pbft

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/trigrid/trigrid/codec"
)

// clientTable is the replicated record of the executed requests of each client.
// It is part of the checkpoint: without it, a replica that restores a snapshot
// would execute an old request again.
//
// Every number up to the floor of a client is executed. Above the floor,
// requests of a pipelining client may be executed out of order within window
// numbers. Results are kept for the numbers above the floor and for the last
// window numbers up to it. For example, with floor 7, executed numbers 9 and 10
// and window 4, the results of 4 to 7, 9 and 10 are kept and number 8 is the
// next to move the floor.
//
// Its size is bounded: it has at most limit clients, and the results of a
// client have at most bytes bytes. If they have more, the result with the
// lowest number is dropped. Its number stays executed.
type clientTable struct {
	window  uint64 // Genesis.ClientWindow
	limit   int    // Genesis.Clients
	bytes   uint64 // Genesis.ClientResults
	entries map[PublicKey]*clientEntry
	groups  *clientGroups // of the entries, for checkpoints
}

// clientEntry holds the requests of one client.
type clientEntry struct {
	client  PublicKey
	floor   uint64
	dropped uint64          // the results of the numbers up to it are dropped
	results map[uint64]kept // by number
	bytes   uint64          // of the results
	changed bool            // since it was placed in its group
	listed  bool            // it was placed before
}

// settledResults and settledBytes bound the entries that are placed after each
// batch. Checkpoints with many clients that send rarely then have little to do.
// Active clients have larger entries, which would be encoded again and again.
const (
	settledResults = 8
	settledBytes   = 512
)

// kept is the result of an executed request with the digest of the request, so
// that a repeated reply states which operation it answers.
type kept struct {
	content Digest
	result  []byte
}

// maxClients bounds the entries of a decoded table.
const maxClients = 1 << 30

func newClientTable(g Genesis) clientTable {
	return clientTable{
		window: g.ClientWindow, limit: int(g.Clients), bytes: g.ClientResults, entries: map[PublicKey]*clientEntry{}, groups: &clientGroups{},
	}
}

// has reports whether the client has had a request executed.
func (t *clientTable) has(c PublicKey) bool { return t.entries[c] != nil }

// full reports whether there is no place for a new client beside so many
// others.
func (t *clientTable) full(others int) bool { return len(t.entries)+others >= t.limit }

// floor returns the number up to which all requests of the client are executed;
// 0 for a new client.
func (t *clientTable) floor(c PublicKey) uint64 {
	if e := t.entries[c]; e != nil {
		return e.floor
	}
	return 0
}

// fresh reports whether the request is not executed. Number 0 is never fresh:
// numbers start at 1.
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

// inWindow reports whether the client may use the number now.
func (t *clientTable) inWindow(k requestKey) bool {
	floor := t.floor(k.client)
	return k.number > floor && k.number-floor <= t.window
}

// result returns the kept result of an executed request, or false.
func (t *clientTable) result(k requestKey) (kept, bool) {
	e := t.entries[k.client]
	if e == nil || k.number <= e.dropped {
		return kept{}, false
	}
	r, ok := e.results[k.number]
	return r, ok
}

// record stores the result of an executed request. The caller has checked that
// the request is fresh and in the window.
func (t *clientTable) record(k requestKey, result kept) {
	e := t.entries[k.client]
	if e == nil {
		e = &clientEntry{client: k.client, results: map[uint64]kept{}}
		t.insert(e)
	}
	if !e.changed {
		e.changed = true
		t.groups.mark(e, false)
	}
	e.results[k.number] = result
	e.bytes += uint64(len(result.result))
	if k.number <= e.dropped { // a later number had to make place already
		e.drop(k.number)
	}
	for e.bytes > t.bytes {
		// No result is kept below the floor less the window.
		e.dropped = max(e.dropped, e.floor-min(e.floor, t.window)) + 1
		e.drop(e.dropped)
	}
	// The floor passes all executed numbers without a gap, and each step drops
	// one old result.
	for {
		if _, done := e.results[e.floor+1]; !done {
			return
		}
		e.floor++
		if e.floor > t.window {
			e.bytes -= uint64(len(e.results[e.floor-t.window].result))
			delete(e.results, e.floor-t.window)
		}
	}
}

// drop forgets the result of a number, which stays executed.
func (e *clientEntry) drop(number uint64) {
	if r, ok := e.results[number]; ok {
		e.bytes -= uint64(len(r.result))
		r.result = nil
		e.results[number] = r
	}
}

// code writes the clients in order of key and the requests in order of number,
// so that equal tables have equal bytes. The bounds are not coded; the genesis
// fixes them. Checkpoints have the same bytes and write them from the groups.
func (t *clientTable) code(c *codec.Coder) {
	n := t.codeCount(c)
	if !c.Decoding() {
		for _, key := range slices.SortedFunc(maps.Keys(t.entries), func(a, b PublicKey) int { return bytes.Compare(a[:], b[:]) }) {
			t.entries[key].code(c)
		}
		return
	}
	for range n {
		e := &clientEntry{results: map[uint64]kept{}}
		e.code(c)
		if c.Err() != nil {
			return
		}
		if t.has(e.client) {
			c.Fail(fmt.Errorf("pbft: client %x is listed twice", e.client))
			return
		}
		t.insert(e)
	}
}

// codeCount codes the number of clients.
func (t *clientTable) codeCount(c *codec.Coder) int {
	return c.Count(len(t.entries), maxClients, clientEntrySize)
}

// clientEntrySize is the encoded size of an entry without results, in bytes:
// key, floor, dropped, count.
const clientEntrySize = 32 + 8 + 8 + 4

// insert adds the entry of a new client.
func (t *clientTable) insert(e *clientEntry) {
	t.entries[e.client] = e
	e.changed = true
	t.groups.mark(e, true)
}

// settle places the small entries of the clients of executed requests in their
// groups.
func (t *clientTable) settle(executed []Request) {
	for i := range executed {
		e := t.entries[executed[i].Client]
		if e.changed && len(e.results) <= settledResults && e.bytes <= settledBytes {
			t.groups.find(e.client[:]).place(e)
		}
	}
}

// item returns the encoded entry.
func (e *clientEntry) item() []byte {
	size := clientEntrySize + len(e.results)*(8+32+4) + int(e.bytes)
	return codec.Append(make([]byte, 0, size), e.code)
}

func (e *clientEntry) code(c *codec.Coder) {
	c.Fixed(e.client[:])
	c.Uint64(&e.floor)
	c.Uint64(&e.dropped)
	numbers := slices.Sorted(maps.Keys(e.results))
	for i := range c.Count(len(numbers), 2*maxClientWindow, 8+32+4) {
		var number uint64
		var result kept
		if !c.Decoding() {
			number = numbers[i]
			result = e.results[number]
		}
		c.Uint64(&number)
		c.Fixed(result.content[:])
		c.Bytes(&result.result, maxOperation)
		if c.Err() != nil {
			return
		}
		if c.Decoding() {
			e.results[number] = result
			e.bytes += uint64(len(result.result))
		}
	}
}
