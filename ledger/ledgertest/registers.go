package ledgertest

import (
	"github.com/trigrid/trigrid/ledger"
)

// Registers is a contract for tests: named registers with swap and increase,
// packets, and a message that is always refused. Every registered identity may
// use it. It receives raw bytes: the length of the name in one byte, the name,
// and the value.
type Registers struct{}

var _ ledger.Contract = Registers{}

// Name implements [ledger.Contract].
func (Registers) Name() string { return "test" }

// Execute implements [ledger.Contract]. A swap returns the old value, an
// increase the new count as a [ledger.Counter].
func (Registers) Execute(c *ledger.Context, verb string, body []byte) ([]byte, error) {
	name, value, ok := cut(body)
	if !ok {
		return nil, &ledger.Refusal{Code: "test.malformed", Reason: "no name"}
	}
	key := "test/" + name
	old, _ := c.Get(key)
	switch verb {
	case "swap":
		c.Put(key, value)
		return old, nil
	case "increase":
		var n ledger.Counter
		c.Load(key, &n)
		n.N++
		c.Store(key, &n)
		return ledger.Encode(&n), nil
	// The packet's source and channel are constants: the tests check proofs,
	// not routes.
	case "send":
		c.Send(ledger.Packet{Source: "here", Destination: name, Channel: "test", Number: 1, Payload: value})
		return nil, nil
	case "refuse":
		c.Put(key, value) // the refusal must undo it
		c.Send(ledger.Packet{Destination: name})
		return nil, &ledger.Refusal{Code: "test.refused", Reason: "as requested"}
	}
	return nil, &ledger.Refusal{Code: "test.verb", Reason: verb}
}

// message returns a message to Registers.
//
// For example, message("swap", "x", []byte("y")) has a body of three bytes: 1,
// 'x' and 'y'.
func message(verb, name string, value []byte) ledger.Message {
	b := append([]byte{byte(len(name))}, name...)
	return &ledger.RawMessage{Name: "test." + verb, Body: append(b, value...)}
}

// cut splits a message's body into name and value.
func cut(b []byte) (name string, value []byte, ok bool) {
	if len(b) == 0 || len(b) <= int(b[0]) {
		return "", nil, false
	}
	return string(b[1 : 1+b[0]]), b[1+b[0]:], true
}
