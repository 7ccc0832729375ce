package ledger

import (
	"errors"
	"fmt"
	"strings"

	"github.com/trigrid/trigrid/codec"
)

// Message is a request to a contract. It is the content of a transaction.
type Message interface {
	// Kind returns "contract.verb", for example "weights.publish". It depends
	// on the type only.
	Kind() string
	Coded
}

// RawMessage is a message as bytes, for programs that do not have the message's
// type. It is encoded only: decoding one fails.
type RawMessage struct {
	Name string // "contract.verb"
	Body []byte
}

// Kind implements [Message].
func (m *RawMessage) Kind() string { return m.Name }

// Layout implements [Coded].
func (m *RawMessage) Layout(c *codec.Coder) {
	if c.Decoding() {
		c.Fail(errors.New("ledger: a raw message is not decoded"))
		return
	}
	c.Fixed(m.Body)
}

// envelope is the Operation of a transaction.
type envelope struct {
	kind string
	body []byte
}

func (e *envelope) Layout(c *codec.Coder) {
	c.String(&e.kind, MaxName)
	c.Bytes(&e.body, MaxOperation)
}

// RawMessageOf returns the message in a transaction without decoding its body.
func RawMessageOf(tx *Tx) (*RawMessage, error) {
	var e envelope
	if err := Decode("operation", tx.Operation, &e); err != nil {
		return nil, err
	}
	return &RawMessage{Name: e.kind, Body: e.body}, nil
}

// MessageDecoder is an optional interface of contracts. Contracts made by
// [NewContract] implement it.
type MessageDecoder interface {
	// NewMessage returns an empty message of kind "contract.verb", or nil if
	// there is none.
	NewMessage(verb string) Message
}

// DecodeMessage returns the message in a transaction. Its type comes from the
// ledger's own contracts and from those of contracts that implement
// [MessageDecoder]; a message of any other kind is returned as a *[RawMessage].
func DecodeMessage(tx *Tx, contracts ...Contract) (kind string, m Message, err error) {
	raw, err := RawMessageOf(tx)
	if err != nil {
		return "", nil, err
	}
	name, verb, _ := strings.Cut(raw.Name, ".")
	for _, x := range append(builtIn(), contracts...) {
		d, ok := x.(MessageDecoder)
		if !ok || x.Name() != name {
			continue
		}
		if m = d.NewMessage(verb); m == nil {
			continue
		}
		if err := Decode(raw.Name, raw.Body, m); err != nil {
			return raw.Name, nil, fmt.Errorf("ledger: message: %w", err)
		}
		return raw.Name, m, nil
	}
	return raw.Name, raw, nil
}
