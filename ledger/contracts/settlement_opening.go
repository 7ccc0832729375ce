package contracts

import (
	"fmt"
	"io"
	"slices"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// settlementInfo separates salts of settlements from other messages that are sealed with the same
// key.
func settlementInfo(chain ledger.Hash, period uint64) []byte {
	x := ledger.HashOf(domainSettlement, chain[:], ledger.Encode(&ledger.Counter{N: period}))
	return x[:]
}

// opening is the content of a settlement's envelope.
type opening struct {
	period uint64
	salt   [SaltSize]byte
}

func (o *opening) Layout(c *codec.Coder) {
	c.Uint64(&o.period)
	c.Fixed(o.salt[:])
}

// SealOpening seals to a party the salt of its settlement line, for [SettlePeriod.Envelopes].
func SealOpening(random io.Reader, to ledger.SealKey, chain ledger.Hash, period uint64, party string, salt [SaltSize]byte) (ledger.Sealed, error) {
	o := opening{period: period, salt: salt}
	return ledger.Seal(random, to, settlementInfo(chain, period), []byte(party), ledger.Encode(&o))
}

// FindLine returns the index of a party's settlement line and the salt of its pseudonym. open is
// the party's key. The error is [ErrNotForMe] if no envelope opens with it.
func (m *SettlePeriod) FindLine(open *ledger.OpenKey, chain ledger.Hash, party string) (int, [SaltSize]byte, error) {
	for _, s := range m.Envelopes {
		b, err := open.Open(settlementInfo(chain, m.Period), []byte(party), s)
		if err != nil {
			continue
		}
		var o opening
		if err := ledger.Decode("opening", b, &o); err != nil {
			return 0, o.salt, err
		}
		mine := Pseudonym(chain, m.Period, party, o.salt)
		i := slices.IndexFunc(m.Lines, func(l SettlementLine) bool { return l.Pseudonym == mine })
		if i < 0 {
			return 0, o.salt, fmt.Errorf("ledger: the grid sent %q an opening that fits no line of period %d", party, m.Period)
		}
		return i, o.salt, nil
	}
	return 0, [SaltSize]byte{}, fmt.Errorf("%w: %q has no line in the settlement of period %d", ErrNotForMe, party, m.Period)
}
