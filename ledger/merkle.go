package ledger

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"

	"github.com/trigrid/trigrid/codec"
)

// Lists have the Merkle tree of RFC 6962. A leaf is hashed with prefix 0x00 and
// an inner node with 0x01, so that neither can stand for the other. A tree of n
// leaves is split at the largest power of two below n; the root of no leaves is
// the hash of the empty string. Package transparency-dev/merkle verifies; this
// file computes roots and paths from a list in memory. It hashes in buffers
// that it uses again, because a block has two lists of hundreds of entries.

// maxPath is the longest accepted path. Lists have fewer than 2^40 entries.
const maxPath = 40

// Path leads from one entry of a list to the root of the list's tree.
type Path struct {
	Index, Size uint64 // position of the entry, from 0, and number of entries
	Siblings    []Hash // from the leaf upwards
}

// ErrPath is wrapped by errors about a path that does not lead to the given
// root.
var ErrPath = errors.New("ledger: Merkle path not valid")

// Verify checks that entry is number p.Index of the p.Size entries under root.
// The path must have exactly the length that index and size require. A root
// alone does not fix the size of its tree: compare p.Size with the size in the
// header.
func (p Path) Verify(root Hash, entry []byte) error {
	siblings := make([][]byte, len(p.Siblings))
	for i := range siblings {
		siblings[i] = p.Siblings[i][:]
	}
	h := rfc6962.DefaultHasher
	err := proof.VerifyInclusion(h, p.Index, p.Size, h.HashLeaf(entry), siblings, root[:])
	var other proof.RootMismatchError
	switch {
	case errors.As(err, &other):
		return fmt.Errorf("%w: entry %d of %d leads to root %x, not %s", ErrPath, p.Index, p.Size, other.CalculatedRoot, root)
	case err != nil:
		return fmt.Errorf("%w: entry %d of %d: %w", ErrPath, p.Index, p.Size, err)
	}
	return nil
}

// merkleTree is the tree of a list to which entries can be appended.
// perfect[l][i] is the hash over the leaves from i·2^l to (i+1)·2^l, for all
// complete ranges. All other hashes are computed from these.
type merkleTree struct{ perfect [][]Hash }

func newMerkleTree(entries [][]byte) *merkleTree {
	t := &merkleTree{}
	for _, e := range entries {
		t.append(e)
	}
	return t
}

func (t *merkleTree) append(entry []byte) {
	t.appendLeaf(Hash(rfc6962.DefaultHasher.HashLeaf(entry)))
}

// appendLeaf appends the entry with a hash.
func (t *merkleTree) appendLeaf(h Hash) {
	for level := 0; ; level++ {
		if level == len(t.perfect) {
			t.perfect = append(t.perfect, nil)
		}
		t.perfect[level] = append(t.perfect[level], h)
		n := len(t.perfect[level])
		if n%2 == 1 {
			return
		}
		h = innerHash(t.perfect[level][n-2], h)
	}
}

func innerHash(left, right Hash) Hash {
	var b [1 + 2*sha256.Size]byte
	b[0] = rfc6962.RFC6962NodeHashPrefix
	copy(b[1:], left[:])
	copy(b[1+sha256.Size:], right[:])
	return sha256.Sum256(b[:])
}

// rootOf returns [MerkleRoot] of the encodings that code writes. It keeps none
// of them.
func rootOf[T any](list []T, code func(*codec.Coder, *T)) Hash {
	t := &merkleTree{}
	var room []byte
	for i := range list {
		room = codec.Append(append(room[:0], rfc6962.RFC6962LeafHashPrefix), func(c *codec.Coder) { code(c, &list[i]) })
		t.appendLeaf(sha256.Sum256(room))
	}
	return t.root()
}

func (t *merkleTree) size() uint64 {
	if len(t.perfect) == 0 {
		return 0
	}
	return uint64(len(t.perfect[0]))
}

func (t *merkleTree) root() Hash { return t.rootAt(t.size()) }

// rootAt returns the root of the first size entries.
func (t *merkleTree) rootAt(size uint64) Hash {
	if size == 0 {
		return Hash(rfc6962.DefaultHasher.EmptyRoot())
	}
	return t.span(0, size)
}

// span returns the hash over the leaves [lo, hi). lo is a multiple of the
// largest power of two below hi − lo.
func (t *merkleTree) span(lo, hi uint64) Hash {
	n := hi - lo
	if n&(n-1) == 0 {
		level := bits.TrailingZeros64(n)
		return t.perfect[level][lo>>level]
	}
	k := splitPoint(n)
	return innerHash(t.span(lo, lo+k), t.span(lo+k, hi))
}

// splitPoint returns the largest power of two below n, for n ≥ 2.
func splitPoint(n uint64) uint64 { return 1 << (bits.Len64(n-1) - 1) }

// pathAt returns the path from an entry to the root of the first size entries.
func (t *merkleTree) pathAt(index, size uint64) Path {
	p := Path{Index: index, Size: size}
	lo, hi := uint64(0), size
	for hi-lo > 1 {
		// The half without the entry contributes one sibling; the search goes
		// on in the other half.
		k := lo + splitPoint(hi-lo)
		if index < k {
			p.Siblings = append(p.Siblings, t.span(k, hi))
			hi = k
		} else {
			p.Siblings = append(p.Siblings, t.span(lo, k))
			lo = k
		}
	}
	slices.Reverse(p.Siblings)
	return p
}

func (t *merkleTree) path(index int) Path { return t.pathAt(uint64(index), t.size()) }

// MerkleRoot returns the root of the tree over entries. It commits to every
// entry and to their order.
func MerkleRoot(entries [][]byte) Hash { return newMerkleTree(entries).root() }

// MerklePath returns the path from entry number index to [MerkleRoot] of the
// same entries. It panics if index is out of range.
func MerklePath(entries [][]byte, index int) Path { return newMerkleTree(entries).path(index) }

// Layout implements [Coded].
func (p *Path) Layout(c *codec.Coder) {
	c.Uint64(&p.Index)
	c.Uint64(&p.Size)
	codeHashes(c, &p.Siblings, maxPath)
}

// MarshalBinary implements [encoding.BinaryMarshaler]. The error is always nil.
func (p *Path) MarshalBinary() ([]byte, error) { return Encode(p), nil }

// UnmarshalBinary implements [encoding.BinaryUnmarshaler]. It does not verify
// the path.
func (p *Path) UnmarshalBinary(b []byte) error { return Decode("path", b, p) }
