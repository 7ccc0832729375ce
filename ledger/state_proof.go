package ledger

import (
	"fmt"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger/internal/trie"
)

// StateProof proves what one key holds in the state that a header commits to.
type StateProof struct {
	Siblings []Hash
	Path     Hash // of the entry found where an absent key's would be; zero otherwise
	Value    Hash
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

// ErrStateProof says that a state proof does not show what it is said to show.
var ErrStateProof = fmt.Errorf("ledger: state proof not valid")

// VerifyState checks that under the state root the key holds value, or, where present is false, that it holds nothing.
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

func (p *StateProof) Layout(c *codec.Coder) {
	codeHashes(c, &p.Siblings, trie.MaxDepth)
	c.Fixed(p.Path[:])
	c.Fixed(p.Value[:])
}
