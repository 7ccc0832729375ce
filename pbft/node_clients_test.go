package pbft

import (
	"bytes"
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/codec"
)

// plainTable encodes a table by its written layout, without kept encodings: all
// clients by key, and for each client the floor, the last dropped number and
// all results by number. Integers are big-endian, lists have 4 bytes of length.
func plainTable(t *clientTable) []byte {
	word, long := binary.BigEndian.AppendUint32, binary.BigEndian.AppendUint64
	keys := slices.Collect(maps.Keys(t.entries))
	slices.SortFunc(keys, func(a, b PublicKey) int { return bytes.Compare(a[:], b[:]) })
	out := word(nil, uint32(len(keys)))
	for _, k := range keys {
		e := t.entries[k]
		out = append(out, k[:]...)
		out = word(long(long(out, e.floor), e.dropped), uint32(len(e.results)))
		for _, n := range slices.Sorted(maps.Keys(e.results)) {
			r := e.results[n]
			out = append(long(out, n), r.content[:]...)
			out = append(word(out, uint32(len(r.result))), r.result...)
		}
	}
	return out
}

// TestKeptEncodingsFollowTheTable draws requests of few and of many clients, in
// and out of order, with small and large results, and encodes the table at
// random times. Its bytes are those of the layout, also after a restore.
func TestKeptEncodingsFollowTheTable(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		table := newClientTable(Genesis{ClientWindow: 6, Clients: 1000, ClientResults: 2000})
		for range 300 {
			var k requestKey
			k.client[0], k.client[31] = byte(random.IntN(3)), byte(random.IntN(1+int(seed)*3))
			k.number = table.floor(k.client) + 1 + random.Uint64N(4)
			if !table.fresh(k) || !table.inWindow(k) {
				continue
			}
			table.record(k, kept{content: Digest{byte(k.number)}, result: make([]byte, random.IntN(1+random.IntN(900)))})
			if random.IntN(10) > 0 {
				continue
			}
			b := codec.Encode(table.code)
			require.Equal(t, plainTable(&table), b)
			if random.IntN(4) == 0 {
				again := newClientTable(Genesis{ClientWindow: 6, Clients: 1000, ClientResults: 2000})
				require.NoError(t, codec.Decode(b, again.code))
				table = again
			}
		}
	}
}

// TestTableWithAClientTwiceIsRefused: a state that lists a client twice is
// damaged.
func TestTableWithAClientTwiceIsRefused(t *testing.T) {
	table := newClientTable(Genesis{ClientWindow: 6, Clients: 10, ClientResults: 100})
	table.record(requestKey{PublicKey{1}, 1}, kept{})
	one := codec.Encode(table.code)
	twice := append(binary.BigEndian.AppendUint32(nil, 2), one[4:]...)
	twice = append(twice, one[4:]...)
	again := newClientTable(Genesis{ClientWindow: 6, Clients: 10, ClientResults: 100})
	require.ErrorContains(t, codec.Decode(twice, again.code), "is listed twice")
}
