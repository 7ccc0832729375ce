// Package trie is a persistent authenticated map: an immutable binary Merkle
// trie over the SHA-256 of the keys. A change returns a new trie that shares
// its unchanged parts with the old one. Every version stays readable, and a
// change costs about log2(n) hashes.
//
// The hash of a trie:
//
//	no entries      32 zero bytes
//	one entry       H(0x00 ‖ path ‖ H(value)),  path = H(0x02 ‖ key)
//	more entries    H(0x01 ‖ hash of those with next bit of path 0 ‖ hash of those with 1)
//
// The hash depends on the entries only, not on the order of changes. A leaf
// contains its whole path, and leaves, inner nodes and keys have different
// prefixes. An inner node therefore cannot stand for a leaf, nor one key's
// entry for another's.
package trie

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"strings"
)

// Hash is a SHA-256 hash.
type Hash = [sha256.Size]byte

// Trie is one version of the map. The zero value is empty.
//
// Hashes are computed by Root and Witness, so that many changes in a row hash
// each changed part once. One goroutine must call Root before several use a
// version.
type Trie struct {
	root *node
	size int
}

// node is a leaf or an inner node.
type node struct {
	hash        Hash
	hashed      bool // hash is computed
	left, right *node
	leaf        *leaf // nil in an inner node
}

// leaf is the entry of a key.
type leaf struct {
	path  Hash
	key   string
	value []byte
}

// MaxDepth is the longest possible path.
const MaxDepth = 8 * sha256.Size

// pathOf returns the key's path, from the root downwards.
func pathOf(key string) Hash {
	var room [128]byte // for most keys
	return sha256.Sum256(append(append(room[:0], 2), key...))
}

// leafHash has prefix 0.
func leafHash(path Hash, valueHash Hash) Hash {
	b := make([]byte, 0, 1+2*sha256.Size)
	b = append(append(append(b, 0), path[:]...), valueHash[:]...)
	return sha256.Sum256(b)
}

// innerHash has prefix 1.
func innerHash(left, right Hash) Hash {
	b := make([]byte, 0, 1+2*sha256.Size)
	b = append(append(append(b, 1), left[:]...), right[:]...)
	return sha256.Sum256(b)
}

// bit returns bit number depth of a path, the first bit being the highest of
// the first byte.
func bit(path *Hash, depth int) bool { return path[depth/8]>>(7-depth%8)&1 == 1 }

// sum returns the hash of a subtrie, which may be nil. It computes hashes that
// are not known.
func (n *node) sum() Hash {
	if n == nil {
		return Hash{}
	}
	if !n.hashed {
		if n.leaf != nil {
			n.hash = leafHash(n.leaf.path, sha256.Sum256(n.leaf.value))
		} else {
			n.hash = innerHash(n.left.sum(), n.right.sum())
		}
		n.hashed = true
	}
	return n.hash
}

// inner joins two subtries. A single leaf moves up, so that the shape depends
// on the entries only.
func inner(left, right *node) *node {
	switch {
	case left == nil && right == nil:
		return nil
	case left == nil && right.leaf != nil:
		return right
	case right == nil && left.leaf != nil:
		return left
	}
	return &node{left: left, right: right}
}

// Root returns the hash over all entries.
func (t Trie) Root() Hash { return t.root.sum() }

// Len returns the number of entries.
func (t Trie) Len() int { return t.size }

// Get returns the value under key. The caller must not change it.
func (t Trie) Get(key string) ([]byte, bool) {
	path := pathOf(key)
	n := t.root
	for depth := 0; n != nil; depth++ {
		if n.leaf != nil {
			if n.leaf.key == key {
				return n.leaf.value, true
			}
			return nil, false
		}
		if bit(&path, depth) {
			n = n.right
		} else {
			n = n.left
		}
	}
	return nil, false
}

// Put returns the trie with value under key. It copies value.
//
// t itself does not change.
func (t Trie) Put(key string, value []byte) Trie {
	x := &leaf{path: pathOf(key), key: key, value: slices.Clone(value)}
	var known bool
	if t.root, known = put(t.root, &node{leaf: x}, 0); !known {
		t.size++
	}
	return t
}

// put inserts the leaf x below n, whose depth is the number of bits above it,
// and reports whether the key had a value.
func put(n, x *node, depth int) (root *node, known bool) {
	switch {
	case n == nil:
		return x, false
	case n.leaf != nil && n.leaf.key == x.leaf.key:
		return x, true
	case n.leaf != nil:
		// Two leaves share a prefix: the old one moves down until their bits
		// differ.
		if bit(&n.leaf.path, depth) {
			n = &node{right: n}
		} else {
			n = &node{left: n}
		}
	}
	if bit(&x.leaf.path, depth) {
		right, known := put(n.right, x, depth+1)
		return inner(n.left, right), known
	}
	left, known := put(n.left, x, depth+1)
	return inner(left, n.right), known
}

// Delete returns the trie without key.
//
// t itself does not change. It is the result if it has no such key.
func (t Trie) Delete(key string) Trie {
	if _, has := t.Get(key); !has {
		return t
	}
	path := pathOf(key)
	t.root = remove(t.root, &path, 0)
	t.size--
	return t
}

// remove deletes the leaf of a path, which must exist.
func remove(n *node, path *Hash, depth int) *node {
	if n.leaf != nil {
		return nil
	}
	if bit(path, depth) {
		return inner(n.left, remove(n.right, path, depth+1))
	}
	return inner(remove(n.left, path, depth+1), n.right)
}

// Change is the new value of one key, or its removal.
type Change struct {
	Key     string
	Value   []byte
	Removed bool
}

// Update returns the trie after all changes, of which each has another key. The
// order of the changes does not matter. The trie keeps the values, which must
// not change afterwards.
//
// The result equals that of one Put or Delete per change. Update makes each
// node once, also if it is above many changed entries, and searches from the
// root only once.
func (t Trie) Update(changes []Change) Trie {
	all := make([]edit, len(changes))
	for i, c := range changes {
		all[i].path = pathOf(c.Key)
		if !c.Removed {
			all[i].leaf = &node{leaf: &leaf{path: all[i].path, key: c.Key, value: c.Value}}
		}
	}
	slices.SortFunc(all, func(a, b edit) int { return bytes.Compare(a.path[:], b.path[:]) })
	var grown int
	t.root, grown = update(t.root, all, 0)
	t.size += grown
	return t
}

// edit is a change at its place. A nil leaf removes the entry.
type edit struct {
	path Hash
	leaf *node
}

// update makes the edits below n, whose depth is the number of bits above it.
// The edits ascend by path and belong below n. grown is the number of entries
// that were added less that of those removed.
func update(n *node, edits []edit, depth int) (root *node, grown int) {
	switch {
	case len(edits) == 0:
		return n, 0
	case n != nil && n.leaf != nil:
		// The old leaf becomes one of the edits, unless one replaces it. The
		// tree below this place is then built from the edits alone.
		i, replaced := slices.BinarySearchFunc(edits, n.leaf.path, func(e edit, path Hash) int { return bytes.Compare(e.path[:], path[:]) })
		if !replaced {
			edits = slices.Insert(slices.Clone(edits), i, edit{n.leaf.path, n})
		}
		root, grown = update(nil, edits, depth)
		return root, grown - 1
	case n == nil && len(edits) == 1:
		if edits[0].leaf == nil {
			return nil, 0
		}
		return edits[0].leaf, 1
	case n == nil:
		n = &node{}
	}
	half, _ := slices.BinarySearchFunc(edits, true, func(e edit, _ bool) int {
		if bit(&e.path, depth) {
			return 1
		}
		return -1
	})
	left, a := update(n.left, edits[:half], depth+1)
	right, b := update(n.right, edits[half:], depth+1)
	return inner(left, right), a + b
}

// Entry is one key with its value.
type Entry struct {
	Key   string
	Value []byte
}

// Entries returns all entries in ascending order of key. The caller must not
// change the values.
func (t Trie) Entries() []Entry {
	out := make([]Entry, 0, t.size)
	var walk func(*node)
	walk = func(n *node) {
		switch {
		case n == nil:
		case n.leaf != nil:
			out = append(out, Entry{n.leaf.key, n.leaf.value})
		default:
			walk(n.left)
			walk(n.right)
		}
	}
	walk(t.root)
	slices.SortFunc(out, func(a, b Entry) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// Witness is the data from which a verifier computes the root: the siblings
// from the root down to the end of the key's path, and the leaf of another key
// if the path ends there. It proves presence or absence; the verifier chooses
// between [Present] and [Absent].
type Witness struct {
	Siblings []Hash
	Path     Hash // of the other leaf; zero if the key is present or the path ends at no leaf
	Value    Hash // hash of the other leaf's value; zero in the same cases
}

// Witness proves the result of Get.
func (t Trie) Witness(key string) Witness {
	var w Witness
	path := pathOf(key)
	n := t.root
	for depth := 0; n != nil && n.leaf == nil; depth++ {
		if bit(&path, depth) {
			w.Siblings = append(w.Siblings, n.left.sum())
			n = n.right
		} else {
			w.Siblings = append(w.Siblings, n.right.sum())
			n = n.left
		}
	}
	if n != nil && n.leaf.key != key {
		w.Path, w.Value = n.leaf.path, sha256.Sum256(n.leaf.value)
	}
	return w
}

// Present reports whether w proves that key has value under root. A witness
// with another leaf proves no presence.
func Present(root Hash, key string, value []byte, w Witness) bool {
	if w.Path != (Hash{}) || w.Value != (Hash{}) {
		return false
	}
	path := pathOf(key)
	return climb(leafHash(path, sha256.Sum256(value)), &path, w.Siblings) == root
}

// Absent reports whether w proves that key has no value under root.
func Absent(root Hash, key string, w Witness) bool {
	path := pathOf(key)
	if w.Path == (Hash{}) {
		return w.Value == (Hash{}) && climb(Hash{}, &path, w.Siblings) == root
	}
	// The leaf must be on the key's path and belong to another key.
	depth := len(w.Siblings)
	if w.Path == path || depth > MaxDepth || !samePrefix(&w.Path, &path, depth) {
		return false
	}
	return climb(leafHash(w.Path, w.Value), &path, w.Siblings) == root
}

// samePrefix reports whether the first bits of two paths are equal.
func samePrefix(a, b *Hash, bits int) bool {
	if !bytes.Equal(a[:bits/8], b[:bits/8]) {
		return false
	}
	for i := bits / 8 * 8; i < bits; i++ {
		if bit(a, i) != bit(b, i) {
			return false
		}
	}
	return true
}

// climb hashes from the end of the path up to the root. A list that is longer
// than any path gives a hash that is no root.
func climb(h Hash, path *Hash, siblings []Hash) Hash {
	if len(siblings) > MaxDepth {
		return Hash{0: 0xff, 31: 0xff}
	}
	for depth := len(siblings) - 1; depth >= 0; depth-- {
		if bit(path, depth) {
			h = innerHash(siblings[depth], h)
		} else {
			h = innerHash(h, siblings[depth])
		}
	}
	return h
}
