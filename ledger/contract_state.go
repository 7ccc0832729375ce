package ledger

import "github.com/trigrid/trigrid/codec"

// ReadState has a place in the order of all transactions and no effect. A
// client that waits for its receipt and then reads Key at the receipt's height
// or later has a linearizable read.
//
// The receipt has no value. Replicas keep the last results of each client, so
// that 128 reads of a value would be 128 copies of it in every checkpoint.
type ReadState struct{ Key string }

// Kind implements [Message].
func (*ReadState) Kind() string { return "state.read" }

// Layout implements [Coded].
func (m *ReadState) Layout(c *codec.Coder) { c.String(&m.Key, MaxKey) }

// stateContract accepts reads.
func stateContract() *TypedContract {
	return NewContract("state", Handle(func(*Context, *ReadState) error { return nil }))
}
