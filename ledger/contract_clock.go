package ledger

import "github.com/trigrid/trigrid/codec"

// Heartbeat adds a transaction without any effect. Deadlines of contracts need
// heights as well as block time, so a chain without other transactions needs
// heartbeats until a deadline has passed. A grid or regulator sends it.
type Heartbeat struct{}

// Kind implements [Message].
func (*Heartbeat) Kind() string { return "clock.heartbeat" }

// Layout implements [Coded].
func (*Heartbeat) Layout(*codec.Coder) {}

// clockContract accepts heartbeats.
func clockContract() *TypedContract {
	return NewContract("clock", Handle(func(*Context, *Heartbeat) error { return nil }, RoleGrid, RoleRegulator))
}
