package pbft

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/codec"
)

// twinRoot computes the root of a checkpoint from its content alone, by the
// rules of node_chunks.go and RFC 6962 written out once more.
func twinRoot(chunks []chunk) Digest {
	sum := func(domain byte, b []byte) Digest { return sha256.Sum256(append([]byte{domain}, b...)) }
	var leaves []Digest
	for _, c := range chunks {
		var digests []byte
		for _, item := range c.items {
			d := sum(13, item)
			digests = append(digests, d[:]...)
		}
		leaves = append(leaves, sum(9, digests))
	}
	root := twinTree(leaves)
	return sum(11, append(binary.BigEndian.AppendUint32(nil, uint32(len(leaves))), root[:]...))
}

// twinTree is the recursive definition of RFC 6962, section 2.1.
func twinTree(leaves []Digest) Digest {
	if len(leaves) == 1 {
		return leaves[0]
	}
	k := 1
	for 2*k < len(leaves) {
		k *= 2
	}
	l, r := twinTree(leaves[:k]), twinTree(leaves[k:])
	return sha256.Sum256(append(append([]byte{10}, l[:]...), r[:]...))
}

// The tree made level by level has the root of the recursive definition, each
// path leads to it, and no path of another length or place does.
func TestMerkleTreeEqualsTheRecursiveDefinition(t *testing.T) {
	for size := 1; size < 40; size++ {
		leaves := make([]Digest, size)
		for i := range leaves {
			leaves[i] = sha256.Sum256([]byte{byte(i)})
		}
		tree := newMerkleTree(leaves)
		require.Equal(t, twinTree(leaves), tree.root())
		for i := range leaves {
			path := tree.path(nil, i)
			root, ok := merkleVerify(leaves[i], i, size, path)
			require.True(t, ok)
			require.Equal(t, tree.root(), root)
			_, ok = merkleVerify(leaves[i], i, size, append(slices.Clone(path), Digest{}))
			require.False(t, ok, "a longer path")
			if size > 1 {
				_, ok = merkleVerify(leaves[i], i, size, path[1:])
				require.False(t, ok, "a shorter path")
				root, _ = merkleVerify(leaves[i], (i+1)%size, size, path)
				require.NotEqual(t, tree.root(), root, "another place")
			}
		}
		_, ok := merkleVerify(leaves[0], size, size, nil)
		require.False(t, ok)
		_, ok = merkleVerify(leaves[0], -1, size, nil)
		require.False(t, ok)
	}
}

// fullEncoding is the deliberately simple twin of a checkpoint: it encodes
// everything, and sorts all clients by key.
func fullEncoding(s *replicatedState) []byte {
	out := codec.Encode(s.codeMembers)
	var clients []*clientEntry
	for _, e := range s.clients.entries {
		clients = append(clients, e)
	}
	slices.SortFunc(clients, func(a, b *clientEntry) int { return bytes.Compare(a.client[:], b.client[:]) })
	out = binary.BigEndian.AppendUint32(out, uint32(len(clients)))
	for _, e := range clients {
		out = append(out, e.client[:]...)
		out = binary.BigEndian.AppendUint64(out, e.floor)
		out = binary.BigEndian.AppendUint64(out, e.dropped)
		out = binary.BigEndian.AppendUint32(out, uint32(len(e.results)))
		var numbers []uint64
		for n := range e.results {
			numbers = append(numbers, n)
		}
		slices.Sort(numbers)
		for _, n := range numbers {
			r := e.results[n]
			out = binary.BigEndian.AppendUint64(out, n)
			out = append(out, r.content[:]...)
			out = binary.BigEndian.AppendUint32(out, uint32(len(r.result)))
			out = append(out, r.result...)
		}
	}
	return append(out, s.app...)
}

// After any sequence of executions and checkpoints, an incremental checkpoint
// has the bytes of the full encoding and the root of its content, it equals
// that of a replica that has restored the state, and earlier checkpoints have
// not changed.
func TestIncrementalCheckpointsEqualFullEncodings(t *testing.T) {
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 1))
		g := Genesis{ClientWindow: 8, ResultLimit: 300, Clients: 1 << 20, ClientResults: 900}
		limit := []uint64{64, 1000, 1 << 17}[seed%3]
		s := replicatedState{members: Membership{Members: []Member{{ID: 1, Key: PublicKey{1}}}}, clients: newClientTable(g)}
		clients := []int{3, 40, 2500}[random.IntN(3)]
		key := func(i int) (k PublicKey) {
			if i%3 == 0 { // a long common prefix
				k[31] = byte(i)
				k[30] = byte(i >> 8)
				return k
			}
			return PublicKey(sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i))))
		}
		type old struct {
			cp    *checkpoint
			bytes []byte
		}
		var before []old
		for range 12 {
			var batch []Request
			for range random.IntN(2 * clients) {
				k := requestKey{client: key(random.IntN(clients))}
				k.number = s.clients.floor(k.client) + 1 + random.Uint64N(8)
				if s.clients.fresh(k) && s.clients.inWindow(k) {
					size := random.IntN(40)
					if random.IntN(10) == 0 {
						size = random.IntN(301)
					}
					s.clients.record(k, kept{Digest{byte(k.number)}, make([]byte, size)})
					batch = append(batch, Request{Client: k.client})
				}
			}
			if random.IntN(2) == 0 {
				s.clients.settle(batch)
			}
			s.app = make([]byte, random.IntN(500))
			s.change = nil
			if random.IntN(2) == 0 {
				s.change = &memberChange{at: random.Uint64(), next: s.members}
			}
			cp := s.checkpoint(limit)
			full := fullEncoding(&s)
			require.True(t, bytes.Equal(full, cp.state().Join()), "seed %d", seed)
			require.True(t, bytes.Equal(full, codec.Encode(s.code)))
			require.Equal(t, len(full), cp.state().Size())
			require.Equal(t, twinRoot(cp.chunks), cp.root())
			before = append(before, old{cp, full})

			// A transfer carries the same state and root.
			var received []byte
			for i := range cp.chunks {
				data := cp.chunks[i].data()
				require.LessOrEqual(t, uint64(len(data)), limit+itemHeader)
				m := &Snapshot{Chunk: uint32(i), Chunks: uint32(len(cp.chunks)), Path: cp.tree.path(nil, i), Data: data}
				m.Certificate.Header.SnapshotRoot = cp.root()
				content, ok := validChunk(m)
				require.True(t, ok)
				received = append(received, content...)
			}
			again := replicatedState{clients: newClientTable(g)}
			require.NoError(t, codec.Decode(received, again.code))
			require.Equal(t, cp.root(), again.checkpoint(limit).root())
			for _, o := range before {
				require.True(t, bytes.Equal(o.bytes, o.cp.state().Join()), "an earlier checkpoint has changed")
			}
		}
	}
}

// A checkpoint after few changes shares almost all chunks with the one before.
func TestCheckpointsShareUnchangedChunks(t *testing.T) {
	s := replicatedState{clients: newClientTable(Genesis{ClientWindow: 8, ClientResults: 100, Clients: 1 << 20})}
	key := func(i uint64) PublicKey { return sha256.Sum256(binary.BigEndian.AppendUint64(nil, i)) }
	for i := range uint64(20_000) {
		s.clients.record(requestKey{key(i), 1}, kept{})
	}
	first := s.checkpoint(1 << 17)
	s.clients.record(requestKey{key(7), 2}, kept{})
	s.clients.record(requestKey{key(20_000), 1}, kept{}) // a new client moves the bytes of all after it
	second := s.checkpoint(1 << 17)
	known := map[Digest]bool{}
	for _, c := range first.chunks {
		known[c.digest] = true
	}
	fresh := 0
	for _, c := range second.chunks {
		if !known[c.digest] {
			fresh++
		}
	}
	require.Greater(t, len(second.chunks), 40)
	require.LessOrEqual(t, fresh, 4, "the number of clients, two groups, and a group that has become two")
}

// Data that is no list of items, or a list of other items, is no chunk of a
// checkpoint.
func TestChunkDataIsChecked(t *testing.T) {
	of := func(items ...string) *chunk {
		c, list, digests := chunker{limit: 64}, [][]byte{}, []byte{}
		for _, item := range items {
			d := hash(hashItem, []byte(item))
			list, digests = append(list, []byte(item)), append(digests, d[:]...)
		}
		c.addAll(list, digests)
		return &c.out[0]
	}
	one, three := strings.Repeat("1", clientEntrySize), strings.Repeat("3", clientEntrySize+9)
	c := of(one, three)
	data := c.data()
	digest, content, ok := readChunk(data)
	require.True(t, ok)
	require.Equal(t, c.digest, digest)
	require.Equal(t, one+three, string(content))
	for cut := 1; cut < len(data); cut++ {
		if digest, _, ok := readChunk(data[:cut]); ok {
			require.NotEqual(t, c.digest, digest)
		}
	}
	require.NotEqual(t, digest, of(one+"3", three[1:]).digest, "the same bytes")
	_, content, ok = readChunk(of("short").data())
	require.True(t, ok)
	require.Equal(t, "short", string(content))
	for _, items := range [][]string{{one, "short"}, {"short", one}, {"", ""}} {
		_, _, ok = readChunk(of(items...).data())
		require.False(t, ok, "a short item beside another one")
	}
	_, _, ok = readChunk([]byte{0xff, 0xff, 0xff, 0xff, 1})
	require.False(t, ok)
}
