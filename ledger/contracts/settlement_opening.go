package contracts

import (
	"fmt"
	"io"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// settlementInfo separates salts of settlements from other messages that are
// sealed with the same key.
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

// SealOpening seals to a party the salt of its settlement line, for
// [SettlePeriod.Envelopes].
func SealOpening(random io.Reader, to ledger.SealKey, chain ledger.Hash, period uint64, party string, salt [SaltSize]byte) (ledger.Sealed, error) {
	o := opening{period: period, salt: salt}
	return ledger.Seal(random, to, settlementInfo(chain, period), []byte(party), ledger.Encode(&o))
}

// OpenSalt returns the salt of a party's settlement line from the envelopes of
// a part. open is the party's key. The error is [ErrNotForMe] if no envelope
// opens with it.
func OpenSalt(open *ledger.OpenKey, chain ledger.Hash, period uint64, party string, envelopes []ledger.Sealed) (salt [SaltSize]byte, err error) {
	info := settlementInfo(chain, period)
	for _, s := range envelopes {
		b, err := open.Open(info, []byte(party), s)
		if err != nil {
			continue
		}
		var o opening
		err = ledger.Decode("opening", b, &o)
		return o.salt, err
	}
	return salt, fmt.Errorf("%w: %q has no line in the settlement of period %d", ErrNotForMe, party, period)
}
