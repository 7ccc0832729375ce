package pbft

import (
	"bytes"
	"maps"
	"slices"

	"github.com/trigrid/trigrid/pbft/internal/wire"
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

// append encodes the table in order of client and number.
func (t *clientTable) append(b []byte) []byte {
	clients := slices.SortedFunc(maps.Keys(t.entries), func(a, b PublicKey) int { return bytes.Compare(a[:], b[:]) })
	b = wire.AppendUint32(b, uint32(len(clients)))
	for _, c := range clients {
		e := t.entries[c]
		b = append(b, c[:]...)
		b = wire.AppendUint64(b, e.floor)
		b = wire.AppendUint32(b, uint32(len(e.results)))
		for _, number := range slices.Sorted(maps.Keys(e.results)) {
			b = wire.AppendUint64(b, number)
			b = wire.AppendBytes(b, e.results[number])
		}
	}
	return b
}

func readClientTable(r *wire.Reader, window uint64) clientTable {
	t := newClientTable(window)
	clients := r.Count(1<<30, 44)
	for range clients {
		var c PublicKey
		r.Fixed(c[:])
		e := &clientEntry{floor: r.Uint64()}
		results := r.Count(2*maxClientWindow, 12)
		e.results = make(map[uint64][]byte, results)
		for range results {
			number := r.Uint64()
			e.results[number] = r.Bytes(maxOperation)
		}
		t.entries[c] = e
	}
	return t
}
