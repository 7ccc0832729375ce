package ledger

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/ledger/internal/trie"
)

// Contract is one deterministic part of the state machine. It owns the messages whose kind begins with its name and a
// dot, and writes only keys that begin with its name and a slash or a hyphen; it may read every key. Every method is a
// function of its arguments: no clock but Context.Height, no randomness, no floating point, no map order that reaches
// the state. The engine calls from one goroutine.
type Contract interface {
	Name() string
	// Execute carries out one message. An error refuses it: all its writes are dropped, and the receipt carries the
	// code of a *[Refusal] of 1 to 64 bytes, or "<name>.error" for any other error, whose text must be the same on every
	// replica. An answer may have 1 MiB.
	Execute(c *Context, verb string, body []byte) (answer []byte, err error)
}

// Context is what a contract sees of the ledger while it executes one message.
type Context struct {
	Chain  Hash
	Height uint64 // of the block under way
	Index  uint64 // of the transaction in its block
	Time   int64  // of the block, Unix milliseconds; agreed on, but only as good as the engine's clock
	Sender Identity

	name    string
	state   trie.Trie
	packets []Packet
	fault   error // the first thing that was written or sent and that no reader could take
}

// Get reads the state as of now, earlier writes of this message included. The value must not be changed.
func (c *Context) Get(key string) (value []byte, present bool) { return c.state.Get(key) }

// Put writes under a key that begins with the contract's name. Another one's key is a mistake in the program, and
// panics. A key of more than 512 bytes refuses the message with "<name>.key", for keys are often made of what was sent.
func (c *Context) Put(key string, value []byte) {
	c.own(key)
	if len(key) > MaxKey {
		c.fail("key", "a state key of %d bytes, limit %d", len(key), MaxKey)
		return
	}
	c.state = c.state.Put(key, value)
}

// Delete removes a key.
func (c *Context) Delete(key string) {
	c.own(key)
	c.state = c.state.Delete(key)
}

// Try runs f and undoes everything it has written and sent if it returns an error.
func (c *Context) Try(f func() error) error {
	state, packets := c.state, len(c.packets)
	err := f()
	if err != nil {
		c.state, c.packets = state, c.packets[:packets]
	}
	return err
}

// fail refuses the message whatever its contract says.
func (c *Context) fail(code, format string, args ...any) {
	if c.fault == nil {
		c.fault = Refuse(c.name+"."+code, format, args...)
	}
}

// unfit says why the outcome of an accepted message cannot be kept.
func (c *Context) unfit(answer []byte) error {
	if len(answer) > MaxOperation {
		c.fail("answer", "an answer of %d bytes, limit %d", len(answer), MaxOperation)
	}
	return c.fault
}

func (c *Context) own(key string) {
	rest, ok := strings.CutPrefix(key, c.name)
	if !ok || rest == "" || rest[0] != '/' && rest[0] != '-' {
		panic(fmt.Sprintf("ledger: contract %q writes key %q, which is not its own", c.name, key))
	}
}

// Load reads the value under key into x and reports whether the key has a value. A value of another form is
// a mistake in the program: Load panics.
func (c *Context) Load(key string, x Coded) bool {
	b, has := c.Get(key)
	if has {
		mustDecode(key, b, x)
	}
	return has
}

// Store writes x under key; see [Context.Put].
func (c *Context) Store(key string, x Coded) { c.Put(key, Encode(x)) }

// mustDecode reads what this package wrote itself.
func mustDecode(what string, b []byte, x Coded) {
	if err := Decode(what, b, x); err != nil {
		panic(err)
	}
}

// Identity looks up a registered identity.
func (c *Context) Identity(id string) (Identity, bool) {
	var x Identity
	ok := c.Load(IdentityKey(id), &x)
	return x, ok
}

// Active lists the identities of a role that may act now, in order of name.
func (c *Context) Active(r Role) []string {
	var all Names
	c.Load(rosterKey(r), &all)
	return slices.DeleteFunc(all.List, func(name string) bool {
		id, _ := c.Identity(name)
		return !id.Active(c.Height)
	})
}
