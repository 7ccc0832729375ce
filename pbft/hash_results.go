package pbft

import "encoding/binary"

// resultTree is the Merkle tree over the results of a block. It is kept with
// the block, so that the replies do not hash the results again.
type resultTree struct {
	contents []Digest // of the requests
	results  [][]byte
	merkle   merkleTree
}

// newResultTree returns the tree over client, number, content and result of
// each executed request.
func newResultTree(requests []Request, results [][]byte) *resultTree {
	t := &resultTree{contents: make([]Digest, len(requests)), results: results}
	leaves := make([]Digest, len(requests))
	for i := range requests {
		r := &requests[i]
		t.contents[i] = r.Content()
		leaves[i] = resultLeaf(r.Client, r.Number, t.contents[i], results[i])
	}
	t.merkle = newMerkleTree(leaves)
	return t
}

// isOf reports whether the tree is over the results of b, which a caller may
// have replaced in its copy of a block.
func (t *resultTree) isOf(b *Block) bool {
	return t != nil && len(b.Results) == len(t.results) && len(b.Results) > 0 && &b.Results[0] == &t.results[0]
}

// root returns the commitment to all results and to their count, which is zero
// without results.
func (t *resultTree) root() Digest {
	if t.merkle.size() == 0 {
		return Digest{}
	}
	return sizedRoot(t.merkle.root(), t.merkle.size())
}

// resultLeaf hashes one result with its request's identity and content.
func resultLeaf(client PublicKey, number uint64, content Digest, result []byte) Digest {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], number)
	return hash(hashLeaf, client[:], b[:], content[:], result)
}

// sizedRoot binds the root of a tree to its number of leaves, so that a path
// fits one tree shape only.
func sizedRoot(root Digest, leaves int) Digest {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(leaves))
	return hash(hashTree, b[:], root[:])
}
