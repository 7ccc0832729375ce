package ledger

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Handler executes the messages of one type. [Handle] and [Answer] make
// handlers for [NewContract].
type Handler struct {
	kind  string
	roles []Role
	empty func() Message
	run   func(c *Context, m Message) ([]byte, error)
}

// messageOf is a pointer to M that implements [Message].
type messageOf[M any] interface {
	*M
	Message
}

// Handle makes a handler from a function of the context and one message type.
// Only senders with one of roles may send the message; without roles every
// registered identity may.
func Handle[P messageOf[M], M any](run func(c *Context, m P) error, roles ...Role) Handler {
	return Answer(func(c *Context, m P) ([]byte, error) { return nil, run(c, m) }, roles...)
}

// Answer is [Handle] for a message with an answer, which becomes
// [Receipt.Data].
func Answer[P messageOf[M], M any](run func(c *Context, m P) ([]byte, error), roles ...Role) Handler {
	return Handler{
		kind: P(new(M)).Kind(), roles: roles, empty: func() Message { return P(new(M)) },
		run: func(c *Context, m Message) ([]byte, error) { return run(c, m.(P)) },
	}
}

// TypedContract is a [Contract] made of handlers.
type TypedContract struct {
	name     string
	handlers map[string]Handler // by verb
}

// NewContract makes a contract of handlers, one for each type of message. The
// kind of every message must begin with name and a dot, and no two handlers may
// have the same kind; otherwise NewContract panics.
func NewContract(name string, handlers ...Handler) *TypedContract {
	t := &TypedContract{name, make(map[string]Handler, len(handlers))}
	for _, h := range handlers {
		verb, ok := strings.CutPrefix(h.kind, name+".")
		if _, twice := t.handlers[verb]; !ok || twice {
			panic(fmt.Sprintf("ledger: contract %q: kind %q must begin with the contract's name and a dot, and be unique", name, h.kind))
		}
		t.handlers[verb] = h
	}
	return t
}

// Name implements [Contract].
func (t *TypedContract) Name() string { return t.name }

// Verbs lists the verbs of the contract's messages in alphabetical order.
func (t *TypedContract) Verbs() []string { return slices.Sorted(maps.Keys(t.handlers)) }

// NewMessage implements [MessageDecoder].
func (t *TypedContract) NewMessage(verb string) Message {
	h, has := t.handlers[verb]
	if !has {
		return nil
	}
	return h.empty()
}

// Execute implements [Contract]. It refuses an unknown verb with "<name>.verb",
// a sender without the required role with "<name>.role" and a body that does
// not decode with "<name>.malformed".
func (t *TypedContract) Execute(c *Context, verb string, body []byte) ([]byte, error) {
	h, has := t.handlers[verb]
	if !has {
		return nil, Refuse(t.name+".verb", "%q has no message %q", t.name, verb)
	}
	if len(h.roles) > 0 && !slices.Contains(h.roles, c.Sender.Role) {
		return nil, Refuse(t.name+".role", "%s %q may not send this message", c.Sender.Role, c.Sender.ID)
	}
	m := h.empty()
	if err := Decode("message", body, m); err != nil {
		return nil, Refuse(t.name+".malformed", "%v", err)
	}
	return h.run(c, m)
}
