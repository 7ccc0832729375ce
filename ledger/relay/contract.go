package relay

import (
	"fmt"

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

// Limits of what is read.
const (
	maxName    = 64
	maxBytes   = 1 << 20
	maxPackets = 4096
	maxLegs    = 16
)

func refuse(code, format string, args ...any) error {
	return &ledger.Refusal{Code: "relay." + code, Reason: fmt.Sprintf(format, args...)}
}

func (x Contract) withDefaults() Contract {
	if x.Verifier == nil {
		x.Verifier = ledger.PBFTVerifier{}
	}
	return x
}

// Execute implements [ledger.Contract].
func (x Contract) Execute(c *ledger.Context, verb string, body []byte) ([]byte, error) {
	return x.typed().Execute(c, verb, body)
}

// NewMessage implements [ledger.MessageDecoder].
func (x Contract) NewMessage(verb string) ledger.Message { return x.typed().NewMessage(verb) }

// typed binds the messages to the methods of x.
func (x Contract) typed() *ledger.TypedContract {
	x = x.withDefaults()
	const grid, regulator = ledger.RoleGrid, ledger.RoleRegulator
	return ledger.NewContract(x.Name(),
		ledger.Handle(x.connect, grid, regulator),
		ledger.Handle(x.accuse),
		ledger.Answer(x.receive),
		ledger.Handle(x.issue, grid, regulator),
		ledger.Handle(x.retire),
		ledger.Handle(x.transfer),
		ledger.Handle(x.begin),
		ledger.Handle(x.consent),
		ledger.Handle(x.expire),
	)
}

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
