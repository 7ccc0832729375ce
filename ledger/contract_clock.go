package ledger

import "github.com/trigrid/trigrid/codec"

// Heartbeat adds a transaction without any effect. The height is the clock of all contracts, so a
// chain without other transactions needs heartbeats until a deadline has passed. Every registered
// identity may send one.
type Heartbeat struct{}

// Kind implements [Message].
func (*Heartbeat) Kind() string { return "clock.heartbeat" }

// Layout implements [Coded].
func (*Heartbeat) Layout(*codec.Coder) {}

// clockContract accepts heartbeats.
func clockContract() *TypedContract {
	return NewContract("clock", Handle(func(*Context, *Heartbeat) error { return nil }))
}
