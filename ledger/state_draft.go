package ledger

import (
	"slices"

	"github.com/trigrid/trigrid/ledger/internal/trie"
)

// draft is a state with writes that its trie does not have yet. Messages of a
// block write to the draft, and the trie takes all writes at once after the
// last message: it then makes and hashes the nodes above many written keys once
// per block, and a key that several messages write has one new leaf.
//
// Writes can be undone back to a mark, which a contract needs for messages that
// it refuses. A draft is not safe for concurrent use. Reads alone are.
type draft struct {
	base    trie.Trie
	written map[string]write // since base, by key
	undo    []undo           // former entries of written, oldest first
}

// write is the value of a written key.
type write struct {
	value   []byte
	removed bool
}

// undo restores the entry of a key in draft.written.
type undo struct {
	key    string
	former write
	had    bool // the key had an entry
}

// get returns the value under key. The caller must not change it.
func (d *draft) get(key string) (value []byte, present bool) {
	if w, has := d.written[key]; has {
		return w.value, !w.removed
	}
	return d.base.Get(key)
}

// put writes a copy of value.
func (d *draft) put(key string, value []byte) { d.write(key, write{value: slices.Clone(value)}) }

// remove removes a key, which may be absent.
func (d *draft) remove(key string) { d.write(key, write{removed: true}) }

func (d *draft) write(key string, w write) {
	former, had := d.written[key]
	d.undo = append(d.undo, undo{key, former, had})
	if d.written == nil {
		d.written = map[string]write{}
	}
	d.written[key] = w
}

// mark returns the present state for [draft.back].
func (d *draft) mark() int { return len(d.undo) }

// back undoes the writes since a mark.
func (d *draft) back(mark int) {
	for _, u := range slices.Backward(d.undo[mark:]) {
		if u.had {
			d.written[u.key] = u.former
		} else {
			delete(d.written, u.key)
		}
	}
	d.undo = d.undo[:mark]
}

// keep ends the marks, so that the undone values need no memory.
func (d *draft) keep() { d.undo = d.undo[:0] }

// trie returns the trie with all writes.
func (d *draft) trie() trie.Trie {
	changes := make([]trie.Change, 0, len(d.written))
	for key, w := range d.written { // in any order
		changes = append(changes, trie.Change{Key: key, Value: w.value, Removed: w.removed})
	}
	return d.base.Update(changes)
}
