package ledger

import "github.com/trigrid/trigrid/codec"

// ReadState reads one key at its own place in the order of all transactions. The receipt's data is
// a [ReadAnswer]. Linearizable reads consist of this message.
type ReadState struct{ Key string }

// Kind implements [Message].
func (*ReadState) Kind() string { return "state.read" }

// Layout implements [Coded].
func (m *ReadState) Layout(c *codec.Coder) { c.String(&m.Key, MaxKey) }

// ReadAnswer is the answer to a [ReadState].
type ReadAnswer struct {
	Present bool // false if the key has no value
	Value   []byte
}

// Layout implements [Coded].
func (a *ReadAnswer) Layout(c *codec.Coder) {
	c.Bool(&a.Present)
	c.Bytes(&a.Value, MaxOperation)
}

// stateContract answers reads.
func stateContract() *TypedContract {
	return NewContract("state", Answer(func(c *Context, m *ReadState) ([]byte, error) {
		var a ReadAnswer
		a.Value, a.Present = c.Get(m.Key)
		return Encode(&a), nil
	}))
}
