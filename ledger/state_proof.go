package ledger

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger/internal/trie"
)

// StateProof shows the value of one key, or its absence, in the state of a
// header. A key is a path of 256 bits in a binary trie; Siblings are the hashes
// beside that path, from the root downwards. If an absent key's path ends at
// the leaf of another key, Path and Value are that leaf.
type StateProof struct {
	Siblings []Hash
	Path     Hash // hash of the other leaf's key; zero if there is no other leaf
	Value    Hash // hash of the other leaf's value; zero if there is no other leaf
}

func (p *StateProof) witness() trie.Witness {
	w := trie.Witness{Path: p.Path, Value: p.Value, Siblings: make([]trie.Hash, len(p.Siblings))}
	for i := range p.Siblings {
		w.Siblings[i] = trie.Hash(p.Siblings[i])
	}
	return w
}

func proofOf(w trie.Witness) StateProof {
	p := StateProof{Path: w.Path, Value: w.Value, Siblings: make([]Hash, len(w.Siblings))}
	for i := range w.Siblings {
		p.Siblings[i] = Hash(w.Siblings[i])
	}
	return p
}

// ErrStateProof is wrapped by errors about a state proof that does not show the
// stated value.
var ErrStateProof = errors.New("ledger: state proof not valid")

// VerifyState checks that the state with the given root contains value under
// key. If present is false it checks that the key has no value; value must then
// be empty.
func VerifyState(root Hash, key string, value []byte, present bool, p StateProof) error {
	ok := len(p.Siblings) <= trie.MaxDepth
	if present {
		ok = ok && trie.Present(trie.Hash(root), key, value, p.witness())
	} else {
		ok = ok && len(value) == 0 && trie.Absent(trie.Hash(root), key, p.witness())
	}
	if !ok {
		return fmt.Errorf("%w: key %q", ErrStateProof, key)
	}
	return nil
}

// Layout implements [Coded].
func (p *StateProof) Layout(c *codec.Coder) {
	codeHashes(c, &p.Siblings, trie.MaxDepth)
	c.Fixed(p.Path[:])
	c.Fixed(p.Value[:])
}
