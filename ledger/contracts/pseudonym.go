package contracts

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"io"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/internal/entropy"
)

// PeriodKey is the grid's secret of one period. All pseudonyms of the period
// derive from it. Destroying it after the settlement makes the pseudonyms
// anonymous for good; sealing it to the regulator lets only the regulator
// resolve them.
//
// A hash of a name without a secret is no pseudonym: a grid has a few thousand
// resources, and an attacker finds the right one by trying all names.
type PeriodKey struct {
	chain  ledger.Hash
	period uint64
	secret [32]byte
}

// NewPeriodKey draws a key. A nil reader is the operating system's source of
// random numbers.
func NewPeriodKey(random io.Reader, chain ledger.Hash, period uint64) (*PeriodKey, error) {
	k := &PeriodKey{chain: chain, period: period}
	return k, entropy.Fill(random, k.secret[:])
}

// Layout implements [ledger.Coded].
func (k *PeriodKey) Layout(c *codec.Coder) {
	c.Fixed(k.chain[:])
	c.Uint64(&k.period)
	c.Fixed(k.secret[:])
}

// Destroy overwrites the secret with zeros. Pseudonyms that are derived
// afterwards match no line.
func (k *PeriodKey) Destroy() { clear(k.secret[:]) }

// mac derives 32 bytes for one purpose by HMAC-SHA256. Lengths before the parts
// keep different lists of parts apart.
func (k *PeriodKey) mac(purpose string, parts ...string) [sha256.Size]byte {
	h := hmac.New(sha256.New, k.secret[:])
	h.Write(codec.Encode(func(c *codec.Coder) {
		c.String(&purpose, 0)
		c.Fixed(k.chain[:])
		c.Uint64(&k.period)
		codec.Strings(c, &parts, 0, 0)
	}))
	return [sha256.Size]byte(h.Sum(nil))
}

// For returns the party's pseudonym for one recipient. Other recipients and
// periods receive other pseudonyms, so that they cannot join their lists.
func (k *PeriodKey) For(party, recipient string) [16]byte {
	m := k.mac("recipient", party, recipient)
	return [16]byte(m[:16])
}

// Salt returns the salt of the party's settlement line. It reveals no other
// line.
func (k *PeriodKey) Salt(party string) [SaltSize]byte { return k.mac("settlement", party) }

// Settlement returns the pseudonym of the party's settlement line; see
// [Pseudonym].
func (k *PeriodKey) Settlement(party string) ledger.Hash {
	return Pseudonym(k.chain, k.period, party, k.Salt(party))
}

// escrowInfo separates escrowed period keys from other messages that are sealed
// with the same key.
func escrowInfo(chain ledger.Hash) []byte {
	x := ledger.HashOf(domainEscrow, chain[:])
	return x[:]
}

// Escrow seals the period key to a regulator.
func (k *PeriodKey) Escrow(random io.Reader, to ledger.SealKey) (ledger.Sealed, error) {
	return ledger.Seal(random, to, escrowInfo(k.chain), ledger.Encode(&ledger.Counter{N: k.period}), ledger.Encode(k))
}

// OpenEscrow opens a period key that was sealed to a regulator, and checks
// chain and period.
func OpenEscrow(open *ledger.OpenKey, chain ledger.Hash, period uint64, s ledger.Sealed) (*PeriodKey, error) {
	b, err := open.Open(escrowInfo(chain), ledger.Encode(&ledger.Counter{N: period}), s)
	if err != nil {
		return nil, err
	}
	var k PeriodKey
	if err := ledger.Decode("period key", b, &k); err != nil {
		return nil, err
	}
	if k.chain != chain || k.period != period {
		return nil, errors.New("ledger: the escrowed key is for another period")
	}
	return &k, nil
}
