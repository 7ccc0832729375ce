package ledger

import "github.com/trigrid/trigrid/pbft"

// Participant returns the identity that may sign transactions of the next block
// with a key, and false if none may. Programs use it to decide about
// connections.
func (m *Machine) Participant(key pbft.PublicKey) (Identity, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	c := &Context{state: &draft{base: m.state}}
	owner, has := c.Get(keyOwnerKey(key))
	if !has {
		return Identity{}, false
	}
	id, _ := c.Identity(string(owner))
	return id, id.Key == key && id.Active(m.head.Height+1)
}
