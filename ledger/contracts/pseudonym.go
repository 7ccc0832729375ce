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

// PeriodKey is the grid's secret of one period. Everything that hides who is who in the period derives from it, so that
// destroying it after the settlement makes the period's pseudonyms anonymous for good, and escrowing it with the
// regulator lets exactly the regulator undo them.
//
// A plain hash of a name is no pseudonym: a grid has a few thousand resources, and whoever tries their names one after
// the other finds the right one. Here the key is what cannot be tried.
type PeriodKey struct {
	chain  ledger.Hash
	period uint64
	secret [32]byte
}

// NewPeriodKey draws a key. random is nil for the operating system's source.
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

// Destroy overwrites the secret. Pseudonyms made afterwards lead nowhere.
func (k *PeriodKey) Destroy() { clear(k.secret[:]) }

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

// For is what recipient is told instead of the party's name. Other recipients and other periods see another pseudonym,
// so that lists cannot be joined by it.
func (k *PeriodKey) For(party, recipient string) [16]byte {
	m := k.mac("recipient", party, recipient)
	return [16]byte(m[:16])
}

// Salt opens the party's settlement line, and only that one.
func (k *PeriodKey) Salt(party string) [SaltSize]byte { return k.mac("settlement", party) }

// Settlement is the pseudonym of the party's settlement line, see [Pseudonym].
func (k *PeriodKey) Settlement(party string) ledger.Hash {
	return Pseudonym(k.chain, k.period, party, k.Salt(party))
}

// escrowInfo separates escrowed period keys from other messages under the same keys.
func escrowInfo(chain ledger.Hash) []byte {
	x := ledger.HashOf(domainEscrow, chain[:])
	return x[:]
}

// Escrow seals the period key to a regulator.
func (k *PeriodKey) Escrow(random io.Reader, to ledger.SealKey) (ledger.Sealed, error) {
	return ledger.Seal(random, to, escrowInfo(k.chain), ledger.Encode(&ledger.Counter{N: k.period}), ledger.Encode(k))
}

// OpenEscrow is the regulator's half of Escrow.
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
