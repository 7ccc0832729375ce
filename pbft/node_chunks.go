package pbft

import (
	"encoding/binary"
	"iter"
	"slices"
)

// The encoded state of a checkpoint is a list of items. Items form chunks,
// which are the leaves of the Merkle tree of the checkpoint and the units of a
// transfer:
//
//	item    hash(hashItem, bytes)
//	chunk   hash(hashLeaf, digests of its items)
//	data    of a message: per item its length in 4 bytes and its bytes
//
// A change of one client changes one item, its chunk and a path of the tree.
// Two checkpoints share all other items. Items and chunks are never changed
// after they are made.

// chunk is a list of items.
type chunk struct {
	items  [][]byte
	digest Digest
}

// itemHeader is the length before an item in the data of a chunk, in bytes.
const itemHeader = 4

// data returns the content for a message.
func (c *chunk) data() []byte {
	size := 0
	for _, item := range c.items {
		size += itemHeader + len(item)
	}
	out := make([]byte, 0, size)
	for _, item := range c.items {
		out = binary.BigEndian.AppendUint32(out, uint32(len(item)))
		out = append(out, item...)
	}
	return out
}

// readChunk returns the digest of a chunk with the given data, and its items in
// one piece. It returns false if data is not a list of items. All items but a
// single one are entries of clients, whose least size bounds the number of
// hashes that a forged message can cost.
func readChunk(data []byte) (digest Digest, content []byte, ok bool) {
	var digests []byte
	content = make([]byte, 0, len(data))
	for len(data) > 0 {
		if len(data) < itemHeader {
			return Digest{}, nil, false
		}
		size := binary.BigEndian.Uint32(data)
		data = data[itemHeader:]
		single := len(digests) == 0 && uint64(size) == uint64(len(data))
		if uint64(size) > uint64(len(data)) || size < clientEntrySize && !single {
			return Digest{}, nil, false
		}
		d := hash(hashItem, data[:size])
		digests = append(digests, d[:]...)
		content = append(content, data[:size]...)
		data = data[size:]
	}
	return hash(hashLeaf, digests), content, true
}

// chunker makes the chunks of a state, in order.
type chunker struct {
	limit int // of the bytes of a chunk's data, except for the header of a single item
	out   []chunk
	size  int // of the data of the next chunk
}

// addAll appends a chunk of items with their digests, if there are any.
func (c *chunker) addAll(items [][]byte, digests []byte) {
	if c.size = 0; len(items) > 0 {
		c.out = append(c.out, chunk{slices.Clip(items), hash(hashLeaf, digests)})
	}
}

// addLong appends bytes of any length, cut into chunks of one item each.
func (c *chunker) addLong(b []byte) {
	for len(b) > 0 {
		item := b[:min(len(b), c.limit)]
		b = b[len(item):]
		d := hash(hashItem, item)
		c.addAll([][]byte{item}, d[:])
	}
}

// StateParts is an encoded state in parts, since checkpoints share most of
// them. The state is their concatenation; where it is cut has no meaning. The
// zero value is the empty state.
type StateParts struct{ chunks [][][]byte }

// NewStateParts returns a state in one part.
func NewStateParts(state []byte) StateParts {
	if len(state) == 0 {
		return StateParts{}
	}
	return StateParts{[][][]byte{{state}}}
}

// All returns the parts in order.
func (s StateParts) All() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, items := range s.chunks {
			for _, item := range items {
				if !yield(item) {
					return
				}
			}
		}
	}
}

// Size returns the number of bytes of the state.
func (s StateParts) Size() int {
	n := 0
	for part := range s.All() {
		n += len(part)
	}
	return n
}

// Join returns the state in one piece, which can be a part of s.
func (s StateParts) Join() []byte {
	if len(s.chunks) == 1 && len(s.chunks[0]) == 1 {
		return s.chunks[0][0]
	}
	out := make([]byte, 0, s.Size())
	for part := range s.All() {
		out = append(out, part...)
	}
	return out
}

// maxChunkData bounds the data of a chunk in a message.
const maxChunkData = maxChunk + itemHeader
