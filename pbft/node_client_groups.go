package pbft

import (
	"bytes"
	"slices"
)

// clientGroups has the encoded entries of a client table in groups by the first
// bits of their keys. A group with more than groupSize entries is divided by
// the next bit. The groups therefore depend on the keys only and not on the
// order of their arrival, and a new client changes one group.
//
// For example, a million clients with random keys have about 3000 groups of
// 340.
type clientGroups struct {
	depth       int           // bits that the keys have in common
	left, right *clientGroups // with the next bit 0 and 1; nil in a group
	count       int           // of the clients of a group

	// Encoded entries in order of key. The lists are read without the entries
	// themselves, which lie far apart in memory.
	items   [][]byte
	digests []byte  // of the items
	chunks  []chunk // of the last checkpoint; nil after a change of an item
	limit   int     // of the chunks

	// Entries that have changed and are not in the items. Some can have been
	// placed since.
	changed []*clientEntry
}

// groupSize is the largest number of clients in a group. Small groups make
// small chunks, which take more messages; a change in a large one takes more
// time.
const groupSize = 512

// bit returns the bit of a key on which the groups divide.
func (g *clientGroups) bit(key []byte) int { return int(key[g.depth/8] >> (7 - g.depth%8) & 1) }

// half returns the side of a divided group on which a key lies.
func (g *clientGroups) half(key []byte) *clientGroups {
	if g.bit(key) == 1 {
		return g.right
	}
	return g.left
}

// find returns the group of a key.
func (g *clientGroups) find(key []byte) *clientGroups {
	for g.left != nil {
		g = g.half(key)
	}
	return g
}

// mark notes that an entry has changed. The entry of a new client is counted.
func (g *clientGroups) mark(e *clientEntry, isNew bool) {
	g = g.find(e.client[:])
	g.changed = append(g.changed, e)
	if !isNew {
		return
	}
	for g.count++; g.count > groupSize; {
		g = g.divide()
	}
}

// divide makes two groups of one and returns the larger one.
func (g *clientGroups) divide() *clientGroups {
	g.left, g.right = &clientGroups{depth: g.depth + 1}, &clientGroups{depth: g.depth + 1}
	for i, item := range g.items {
		h := g.half(item)
		h.items, h.count = append(h.items, item), h.count+1
		h.digests = append(h.digests, g.digests[i*len(Digest{}):][:len(Digest{})]...)
	}
	for _, e := range g.changed {
		h := g.half(e.client[:])
		h.changed = append(h.changed, e)
		if !e.listed {
			h.count++
		}
	}
	*g = clientGroups{depth: g.depth, left: g.left, right: g.right}
	if g.left.count > g.right.count {
		return g.left
	}
	return g.right
}

// each calls f for the groups with clients, in the order of the keys.
func (g *clientGroups) each(f func(g *clientGroups)) {
	if g.left != nil {
		g.left.each(f)
		g.right.each(f)
	} else if g.count > 0 {
		f(g)
	}
}

// cut returns the chunks of a group, made again only after a change.
func (g *clientGroups) cut(limit int) []chunk {
	if len(g.changed) == 0 && g.chunks != nil && g.limit == limit {
		return g.chunks
	}
	for _, e := range g.changed {
		if e.changed {
			g.place(e)
		}
	}
	g.changed = nil
	c := chunker{limit: limit}
	first := 0 // item of the next chunk
	for i, item := range g.items {
		if c.size+itemHeader+len(item) > limit && i > first || len(item) > limit {
			c.addAll(g.items[first:i], g.digests[first*len(Digest{}):i*len(Digest{})])
			first = i
		}
		if len(item) > limit {
			c.addLong(item)
			first = i + 1
			continue
		}
		c.size += itemHeader + len(item)
	}
	c.addAll(g.items[first:], g.digests[first*len(Digest{}):])
	g.chunks, g.limit = c.out, limit
	return g.chunks
}

// place encodes an entry that has changed and puts it into the items.
// Checkpoints share the list of items of their chunks, so that the first change
// after one copies it.
func (g *clientGroups) place(e *clientEntry) {
	if g.chunks != nil {
		g.items, g.chunks = append(make([][]byte, 0, g.count), g.items...), nil
	}
	item := e.item()
	digest := hash(hashItem, item)
	i, found := slices.BinarySearchFunc(g.items, e.client[:], func(item, key []byte) int {
		return bytes.Compare(item[:len(key)], key)
	})
	if found {
		g.items[i] = item
		copy(g.digests[i*len(digest):], digest[:])
	} else {
		g.items = slices.Insert(g.items, i, item)
		g.digests = slices.Insert(g.digests, i*len(digest), digest[:]...)
	}
	e.changed, e.listed = false, true
}
