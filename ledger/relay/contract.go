package relay

import (
	"fmt"

	"github.com/trigrid/trigrid/internal/planted"
	"github.com/trigrid/trigrid/ledger"
)

// Contract is the relay contract of one chain. Every chain of a topology runs
// it with its own name in Self:
//
//	relay.Contract{Self: relay.Carbon, Topology: relay.Star("north", "south")}
//
// Pass it to the chain's engine like every other contract. All replicas need
// the same Topology and Verifier.
type Contract struct {
	Self     string // name of this chain in Topology
	Topology Topology
	Verifier ledger.FinalityVerifier // of the neighbours' certificates (default: PBFT)

	mistake planted.Switch // none in a build without the tag planted
}

var _ ledger.Contract = Contract{}

// Name implements [ledger.Contract].
func (Contract) Name() string { return "relay" }

// Limits of decoders: bytes of names and proofs, packets per message, legs per
// trade.
const (
	maxName    = 64
	maxBytes   = 1 << 20
	maxPackets = 4096
	maxLegs    = 16
)

// refuse returns a refusal of this contract, for example "relay.funds".
func refuse(code, format string, args ...any) error {
	return &ledger.Refusal{Code: "relay." + code, Reason: fmt.Sprintf(format, args...)}
}

// withDefaults returns x with defaults set.
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

// typed binds each message to a method of x and to the roles that may send it.
func (x Contract) typed() *ledger.TypedContract {
	x = x.withDefaults()
	const grid, regulator = ledger.RoleGrid, ledger.RoleRegulator
	return ledger.NewContract(x.Name(),
		ledger.Handle(x.connect, grid, regulator),
		ledger.Handle(x.accuse),
		ledger.Handle(x.advance),
		ledger.Answer(x.receive),
		ledger.Handle(x.issue, grid, regulator),
		ledger.Handle(x.retire),
		ledger.Handle(x.transfer),
		ledger.Handle(x.begin),
		ledger.Handle(x.consent),
		ledger.Handle(x.expire),
	)
}

// key joins parts with slashes after "relay". Numbers are decimal; names have
// no slash.
func key(parts ...any) string {
	s := "relay"
	for _, p := range parts {
		s += fmt.Sprintf("/%v", p)
	}
	return s
}

// goodName refuses names that are empty, too long, or contain blanks, slashes
// or control characters, because names become parts of keys.
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
