package ledger

import "github.com/trigrid/trigrid/codec"

// Heartbeat does nothing but take part in a block. The contracts' clock is the height, so a chain on which nothing else
// happens needs heartbeats for a deadline to pass. Anybody registered may send one.
type Heartbeat struct{}

// Kind implements [Message].
func (*Heartbeat) Kind() string { return "clock.heartbeat" }

func (*Heartbeat) code(*codec.Coder) {}

type clockContract struct{}

func (clockContract) Name() string { return "clock" }

func (clockContract) Execute(c *Context, verb string, body []byte) ([]byte, error) {
	if verb != "heartbeat" {
		return nil, c.unknown(verb)
	}
	return nil, c.decode(body, &Heartbeat{})
}

// ReadState reads a key at its own place in the order of all transactions: the answer is in the receipt. It is what a
// linearizable read is made of.
type ReadState struct{ Key string }

// Kind implements [Message].
func (*ReadState) Kind() string { return "state.read" }

func (m *ReadState) code(c *codec.Coder) { c.String(&m.Key, maxKey) }

// maxKey is the longest state key that can be written or asked for.
const maxKey = 512

// readAnswer is the receipt's data of a ReadState.
type readAnswer struct {
	present bool
	value   []byte
}

func (a *readAnswer) code(c *codec.Coder) {
	c.Bool(&a.present)
	c.Bytes(&a.value, maxOperation)
}

type stateContract struct{}

func (stateContract) Name() string { return "state" }

func (stateContract) Execute(c *Context, verb string, body []byte) ([]byte, error) {
	if verb != "read" {
		return nil, c.unknown(verb)
	}
	var m ReadState
	if err := c.decode(body, &m); err != nil {
		return nil, err
	}
	var a readAnswer
	a.value, a.present = c.Get(m.Key)
	return encode(&a), nil
}
