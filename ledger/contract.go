package ledger

import (
	"fmt"
	"slices"
	"strings"
)

// Contract is one deterministic part of the state machine. It receives the
// messages whose kind begins with its name and a dot. It may read every key and
// write only keys that begin with its name and a slash or hyphen.
//
// [NewContract] makes a contract of typed messages. A type that implements the
// interface itself receives raw bytes.
//
// All replicas must compute the same result, so methods depend on their
// arguments only: the clock is Context.Height and Context.Time, and there are
// no random numbers, no floating point and no map order that reaches the state.
// A replica calls Execute from one goroutine, and the replicas of one process
// share a contract, so that its methods must not change it.
type Contract interface {
	// Name returns 1 to 32 bytes without dot, hyphen and slash.
	Name() string
	// Execute executes one message. An error refuses the message: its writes
	// are dropped, and the receipt has the code of a *[Refusal] of 1 to 64
	// bytes. Any other error has the code "<name>.error", and its text must be
	// equal on all replicas. A panic refuses the message with "<name>.panic";
	// see [Machine.Panics]. An answer has at most 1 MiB.
	Execute(c *Context, verb string, body []byte) (answer []byte, err error)
}

// Context is a contract's view of the ledger during one message. It ends when
// Execute returns. A copy is the same view and no earlier state: [Context.Try]
// undoes writes.
type Context struct {
	Chain  Hash
	Height uint64   // of the current block
	Index  uint64   // of the transaction in its block, from 0
	Time   int64    // of the block, Unix milliseconds; only as accurate as the engine's clock
	Sender Identity // registered identity that signed the message

	name    string
	state   *draft
	packets []Packet
	fault   error // first write or packet that no decoder would accept
}

// Get returns the value under key, including earlier writes of this message.
// The caller must not change it.
func (c *Context) Get(key string) (value []byte, present bool) { return c.state.get(key) }

// Put writes a value. The key must begin with the contract's name and a slash
// or hyphen; another key is a programming mistake, and Put panics. A key of
// more than [MaxKey] bytes refuses the message with "<name>.key", because
// senders often choose parts of keys.
func (c *Context) Put(key string, value []byte) {
	c.own(key)
	if len(key) > MaxKey {
		c.fail("key", "a state key of %d bytes, limit %d", len(key), MaxKey)
		return
	}
	c.state.put(key, value)
}

// Delete removes a key of the contract. Deleting an absent key has no effect.
func (c *Context) Delete(key string) {
	c.own(key)
	c.state.remove(key)
}

// Try calls f. If f returns an error, Try undoes the writes and packets of f
// and returns the error.
func (c *Context) Try(f func() error) error {
	mark, packets := c.state.mark(), len(c.packets)
	err := f()
	if err != nil {
		c.state.back(mark)
		c.packets = c.packets[:packets]
	}
	return err
}

// fail refuses the message even if the contract accepts it.
func (c *Context) fail(code, format string, args ...any) {
	if c.fault == nil {
		c.fault = Refuse(c.name+"."+code, format, args...)
	}
}

// unfit returns the reason why the result of an accepted message cannot be
// stored, or nil.
func (c *Context) unfit(answer []byte) error {
	if len(answer) > MaxOperation {
		c.fail("answer", "an answer of %d bytes, limit %d", len(answer), MaxOperation)
	}
	return c.fault
}

// own panics unless the contract may write the key.
func (c *Context) own(key string) {
	rest, ok := strings.CutPrefix(key, c.name)
	if !ok || rest == "" || rest[0] != '/' && rest[0] != '-' {
		panic(fmt.Sprintf("ledger: contract %q writes key %q, which is not its own", c.name, key))
	}
}

// Load reads the value under key into x and reports whether the key has a
// value. It panics if the value has another form: only the contract itself
// writes its keys.
func (c *Context) Load(key string, x Coded) bool {
	b, has := c.Get(key)
	if has {
		mustDecode(key, b, x)
	}
	return has
}

// Store writes x under key; see [Context.Put].
func (c *Context) Store(key string, x Coded) { c.Put(key, Encode(x)) }

// mustDecode reads a value that this process has encoded. An error is therefore
// a programming mistake.
func mustDecode(what string, b []byte, x Coded) {
	if err := Decode(what, b, x); err != nil {
		panic(err)
	}
}

// Identity returns the registered identity with the given name and reports
// whether there is one. The identity may have ended; see [Identity.Active].
func (c *Context) Identity(id string) (Identity, bool) {
	var x Identity
	ok := c.Load(IdentityKey(id), &x)
	return x, ok
}

// Active returns the names of all identities of a role that may act at the
// current height, in order of name. It reads each of them, about 3 s for a
// million.
func (c *Context) Active(r Role) []string {
	var out []string
	for i := range c.Members(r) {
		name, _ := c.Get(memberKey(r, i))
		if id, _ := c.Identity(string(name)); id.Active(c.Height) {
			out = append(out, id.ID)
		}
	}
	slices.Sort(out)
	return out
}

// Members returns the number of identities of a role that have been registered
// so far, ended ones included.
func (c *Context) Members(r Role) uint64 {
	var n Counter
	c.Load(rosterKey(r), &n)
	return n.N
}

// Member returns the place of an identity among those of its role, in order of
// registration from 0. For example, a DER with a place below an earlier
// [Context.Members] was registered by then.
func (c *Context) Member(id string) (place uint64, ok bool) {
	var n Counter
	ok = c.Load(placeKey(id), &n)
	return n.N, ok
}
