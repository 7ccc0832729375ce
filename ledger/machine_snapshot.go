package ledger

import (
	"errors"
	"fmt"
	"io"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger/internal/trie"
)

// snapshot is the whole state of a Machine: the header and the entries in order
// of key.
type snapshot struct {
	header  Header
	entries []trie.Entry
}

func (s *snapshot) Layout(c *codec.Coder) {
	s.header.Layout(c)
	codec.List(c, &s.entries, 1<<31-1, func(c *codec.Coder, e *trie.Entry) {
		c.String(&e.Key, MaxKey)
		c.Bytes(&e.Value, 1<<31-1)
	})
}

// Snapshot implements [StateMachine].
func (m *Machine) Snapshot(w io.Writer) error {
	m.mu.RLock()
	s := snapshot{m.head, m.state.Entries()}
	m.mu.RUnlock()
	_, err := w.Write(Encode(&s))
	return err
}

// ErrSnapshot is wrapped by errors about a snapshot that does not match its
// header or the requested one.
var ErrSnapshot = errors.New("ledger: snapshot not valid")

// Restore implements [StateMachine]. It checks the whole snapshot before it
// replaces anything.
func (m *Machine) Restore(r io.Reader, want Hash) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	var s snapshot
	if err := codec.Decode(b, s.Layout); err != nil {
		return fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
	var state trie.Trie
	for i, e := range s.entries {
		if i > 0 && s.entries[i-1].Key >= e.Key {
			return fmt.Errorf("%w: keys are not in order", ErrSnapshot)
		}
		state = state.Put(e.Key, e.Value)
	}
	// The outbox tree is not part of a snapshot; its packets are entries of the
	// state.
	outbox := &merkleTree{}
	for i := range s.header.Sent {
		p, has := state.Get(outboxKey(i))
		if !has {
			return fmt.Errorf("%w: packet %d is missing", ErrSnapshot, i)
		}
		outbox.append(p)
	}
	switch h := &s.header; {
	case !want.IsZero() && h.Hash() != want:
		return fmt.Errorf("%w: header %s, want %s", ErrSnapshot, h.Hash(), want)
	case h.Chain != m.chain:
		return fmt.Errorf("%w: of another chain", ErrSnapshot)
	case Hash(state.Root()) != h.StateRoot || outbox.root() != h.OutboxRoot:
		return fmt.Errorf("%w: entries do not hash to the header's roots", ErrSnapshot)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.head, m.state, m.outbox = s.header, state, outbox
	m.checked.clear()
	m.kept = []version{{m.head, m.state}}
	return nil
}
