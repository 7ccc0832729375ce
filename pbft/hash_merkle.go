package pbft

// merkleRoot returns the root of the Merkle tree of RFC 6962, section 2.1. Leaves and inner nodes
// are hashed in different domains. A tree of n leaves is split after the largest power of two below
// n: 5 leaves become 4 and 1. The tree without leaves has the zero root.
func merkleRoot(leaves []Digest) Digest {
	switch len(leaves) {
	case 0:
		return Digest{}
	case 1:
		return leaves[0]
	}
	k := splitPoint(len(leaves))
	l, r := merkleRoot(leaves[:k]), merkleRoot(leaves[k:])
	return hash(hashInner, l[:], r[:])
}

// merkleVerify recomputes the root of a tree of size leaves from leaf number i and its path, whose
// first element is the sibling of the leaf. It returns false unless the path has exactly the length
// that i and size require.
func merkleVerify(leaf Digest, i, size int, path []Digest) (Digest, bool) {
	if i < 0 || i >= size {
		return Digest{}, false
	}
	if size == 1 {
		return leaf, len(path) == 0
	}
	if len(path) == 0 {
		return Digest{}, false
	}
	// The last element of the path is the sibling at the top, so the recursion consumes the path
	// from its end.
	k, last := splitPoint(size), len(path)-1
	if i < k {
		l, ok := merkleVerify(leaf, i, k, path[:last])
		return hash(hashInner, l[:], path[last][:]), ok
	}
	r, ok := merkleVerify(leaf, i-k, size-k, path[:last])
	return hash(hashInner, path[last][:], r[:]), ok
}

// merklePaths returns the root and the path of every leaf. It hashes each inner node once; one call
// per path would hash about n² nodes.
func merklePaths(leaves []Digest) (Digest, [][]Digest) {
	paths := make([][]Digest, len(leaves))
	var walk func(lo, hi int) Digest
	walk = func(lo, hi int) Digest {
		if hi-lo == 1 {
			return leaves[lo]
		}
		k := lo + splitPoint(hi-lo)
		l, r := walk(lo, k), walk(k, hi)
		for i := lo; i < k; i++ {
			paths[i] = append(paths[i], r)
		}
		for i := k; i < hi; i++ {
			paths[i] = append(paths[i], l)
		}
		return hash(hashInner, l[:], r[:])
	}
	if len(leaves) == 0 {
		return Digest{}, nil
	}
	return walk(0, len(leaves)), paths
}

// splitPoint returns the largest power of two below n, for n ≥ 2.
func splitPoint(n int) int {
	k := 1
	for k*2 < n {
		k *= 2
	}
	return k
}
