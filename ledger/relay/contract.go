package relay

import (
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// Contract is the part of a chain that talks to other chains. Every chain of a topology runs one, with its own name in
// Self.
type Contract struct {
	Self     string
	Topology Topology
	Verifier ledger.FinalityVerifier // of the neighbours' certificates (default [ledger.PBFTVerifier])
}

var _ ledger.Contract = Contract{}

// Name implements [ledger.Contract].
func (Contract) Name() string { return "relay" }

// coder is a message or a record with a canonical form.
type coder interface{ code(c *codec.Coder) }

// Limits of what is read.
const (
	maxName    = 64
	maxBytes   = 1 << 20
	maxPackets = 4096
	maxLegs    = 16
)

// message makes a transaction's message of one of the types below.
func message(verb string, m coder) ledger.Message {
	return &ledger.RawMessage{Name: "relay." + verb, Body: codec.Encode(m.code)}
}

func refuse(code, format string, args ...any) error {
	return &ledger.Refusal{Code: "relay." + code, Reason: fmt.Sprintf(format, args...)}
}

// Execute implements [ledger.Contract].
func (x Contract) Execute(c *ledger.Context, verb string, body []byte) ([]byte, error) {
	read := func(m coder, roles ...ledger.Role) error {
		if len(roles) > 0 && !slices.Contains(roles, c.Sender.Role) {
			return refuse("role", "%s %q may not send this message", c.Sender.Role, c.Sender.ID)
		}
		if err := codec.Decode(body, m.code); err != nil {
			return refuse("malformed", "%v", err)
		}
		return nil
	}
	var err error
	switch verb {
	case "connect":
		var m connect
		if err = read(&m, ledger.RoleGrid, ledger.RoleRegulator); err == nil {
			err = x.connect(c, &m)
		}
	case "accuse":
		var m accuse
		if err = read(&m); err == nil {
			err = x.accuse(c, &m)
		}
	case "receive":
		var m receive
		if err = read(&m); err == nil {
			return x.receive(c, &m)
		}
	case "issue":
		var m issue
		if err = read(&m, ledger.RoleGrid, ledger.RoleRegulator); err == nil {
			err = x.issue(c, &m)
		}
	case "retire":
		var m retire
		if err = read(&m); err == nil {
			err = x.retire(c, &m)
		}
	case "transfer":
		var m transfer
		if err = read(&m); err == nil {
			err = x.transfer(c, &m)
		}
	case "begin":
		var m begin
		if err = read(&m); err == nil {
			err = x.begin(c, &m)
		}
	case "consent":
		var m consent
		if err = read(&m); err == nil {
			err = x.consent(c, m.ID)
		}
	case "expire":
		var m consent
		if err = read(&m); err == nil {
			err = x.expire(c, m.ID)
		}
	default:
		err = refuse("verb", "no message %q", verb)
	}
	return nil, err
}

// load reads a record of this contract. What it wrote itself is always well formed.
func load(c *ledger.Context, key string, x coder) bool {
	b, has := c.Get(key)
	if has {
		if err := codec.Decode(b, x.code); err != nil {
			panic(fmt.Sprintf("relay: state %q: %v", key, err))
		}
	}
	return has
}

func store(c *ledger.Context, key string, x coder) { c.Put(key, codec.Encode(x.code)) }

// number is a counter in the state.
type number uint64

func (n *number) code(c *codec.Coder) { c.Uint64((*uint64)(n)) }

// key joins parts with slashes; names contain none.
func key(parts ...any) string {
	s := "relay"
	for _, p := range parts {
		s += fmt.Sprintf("/%v", p)
	}
	return s
}

// goodName keeps slashes out of keys.
func goodName(names ...string) error {
	for _, n := range names {
		bad := n == "" || len(n) > maxName
		for _, r := range n {
			bad = bad || r <= ' ' || r == '/' || r == 0x7f
		}
		if bad {
			return refuse("name", "%q is not a name", n)
		}
	}
	return nil
}
