package ledger

import (
	"sync"

	"github.com/trigrid/trigrid/ledger/internal/trie"
	"github.com/trigrid/trigrid/pbft"
)

// sender is what decides whether a key may send a transaction.
type sender struct {
	key      pbft.PublicKey
	known    bool     // the key belongs or belonged to identity
	identity Identity // may have another key now
	numbers  string   // NumbersKey of key
	used     numbers
}

// sender reads the sender with a key.
func (d *draft) sender(key pbft.PublicKey) *sender {
	s := &sender{key: key}
	c := &Context{state: d}
	owner, has := c.Get(keyOwnerKey(key))
	if !has {
		return s
	}
	s.known, s.numbers = true, NumbersKey(key)
	s.identity, _ = c.Identity(string(owner))
	c.Load(s.numbers, &s.used)
	return s
}

// admit returns the refusal of a transaction of the sender, or nil.
func (s *sender) admit(tx *Tx, height uint64) error {
	id := &s.identity
	switch {
	case len(tx.Operation) > MaxOperation:
		return Refuse("tx.size", "operation of %d bytes, limit %d", len(tx.Operation), MaxOperation)
	case !s.known:
		return Refuse("tx.sender", "key %x belongs to no identity", tx.Client[:4])
	case id.Key != tx.Client:
		return Refuse("tx.key", "%q has replaced this key", id.ID)
	case !id.Active(height):
		return Refuse("tx.inactive", "%q may not act at height %d", id.ID, height)
	case s.used.ahead(tx.Number):
		return Refuse("tx.ahead", "number %d of %q is more than %d past %d", tx.Number, id.ID, NumberWindow, s.used.floor)
	case !s.used.fresh(tx.Number):
		return Refuse("tx.number", "number %d of %q is used", tx.Number, id.ID)
	}
	return nil
}

// senderCache has the senders of one state that [Machine.Check] has read. An
// engine checks the transactions of a block one after another, and a client
// often sends many. The zero value is empty. It is safe for concurrent use.
type senderCache struct {
	mu      sync.Mutex
	senders map[pbft.PublicKey]*sender
}

// maxChecked is the largest number of senders in the cache, at about 500 bytes
// each. It is assumed.
const maxChecked = 1024

// sender returns the sender with a key in state. Unknown keys stay out of the
// cache: anybody can make them.
func (x *senderCache) sender(state trie.Trie, key pbft.PublicKey) *sender {
	x.mu.Lock()
	defer x.mu.Unlock()
	if s := x.senders[key]; s != nil {
		return s
	}
	d := &draft{base: state}
	s := d.sender(key)
	if s.known {
		if x.senders == nil || len(x.senders) >= maxChecked {
			x.senders = map[pbft.PublicKey]*sender{}
		}
		x.senders[key] = s
	}
	return s
}

// clear empties the cache, before the machine has another state.
func (x *senderCache) clear() {
	x.mu.Lock()
	defer x.mu.Unlock()
	clear(x.senders)
}
