package pbft

import "math/bits"

// merkleTree is the Merkle tree of RFC 6962, section 2.1, over a list of
// leaves. Leaves and inner nodes are hashed in different domains. A tree of n
// leaves is split after the largest power of two below n: 5 leaves become 4 and
// 1.
//
// The first level has the leaves, and each further one the hashes of pairs of
// the level below. A node without a neighbour moves up unchanged, which gives
// the same tree.
type merkleTree struct{ levels [][]Digest }

// newMerkleTree returns the tree over leaves, which it keeps.
func newMerkleTree(leaves []Digest) merkleTree {
	t := merkleTree{levels: make([][]Digest, 1, bits.Len(uint(len(leaves)))+1)}
	t.levels[0] = leaves
	for level := leaves; len(level) > 1; {
		up := make([]Digest, 0, (len(level)+1)/2)
		for i := 0; i+1 < len(level); i += 2 {
			up = append(up, hash(hashInner, level[i][:], level[i+1][:]))
		}
		if len(level)%2 == 1 {
			up = append(up, level[len(level)-1])
		}
		t.levels = append(t.levels, up)
		level = up
	}
	return t
}

// size returns the number of leaves.
func (t *merkleTree) size() int { return len(t.levels[0]) }

// root returns the root, which is zero for the tree without leaves.
func (t *merkleTree) root() Digest {
	if t.size() == 0 {
		return Digest{}
	}
	return t.levels[len(t.levels)-1][0]
}

// path appends the siblings of leaf number i to out, the lowest first.
func (t *merkleTree) path(out []Digest, i int) []Digest {
	for _, level := range t.levels {
		if sibling := i ^ 1; sibling < len(level) {
			out = append(out, level[sibling])
		}
		i /= 2
	}
	return out
}

// merkleVerify recomputes the root of a tree of size leaves from leaf number i
// and its path, whose first element is the sibling of the leaf. It returns
// false unless the path has exactly the length that i and size require.
func merkleVerify(leaf Digest, i, size int, path []Digest) (Digest, bool) {
	if i < 0 || i >= size {
		return Digest{}, false
	}
	for ; size > 1; i, size = i/2, (size+1)/2 {
		if i^1 >= size {
			continue // moves up without a neighbour
		}
		if len(path) == 0 {
			return Digest{}, false
		}
		if i%2 == 0 {
			leaf = hash(hashInner, leaf[:], path[0][:])
		} else {
			leaf = hash(hashInner, path[0][:], leaf[:])
		}
		path = path[1:]
	}
	return leaf, len(path) == 0
}
