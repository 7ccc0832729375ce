package contracts

import (
	"fmt"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// PaymentProof proves that a party was settled an amount in a period. A
// verifier needs only the chain's genesis. The proof leads from the line to the
// root of its part in the record, from the record to the state root, and from
// the header to its certificate. A part of 6000 lines has a path of 13 hashes.
type PaymentProof struct {
	Party  string
	Period uint64
	Line   SettlementLine
	Salt   [SaltSize]byte // opens the line's pseudonym
	Part   uint64         // of the record, with the line
	Path   ledger.Path    // of the line under the root of the part
	Record SettlementRecord
	State  ledger.StateProof // of the record under the header's state root
	Header ledger.CertifiedHeader
}

// Layout implements [ledger.Coded].
func (p *PaymentProof) Layout(c *codec.Coder) {
	c.String(&p.Party, ledger.MaxName)
	c.Uint64(&p.Period)
	p.Line.Layout(c)
	c.Fixed(p.Salt[:])
	c.Uint64(&p.Part)
	p.Path.Layout(c)
	p.Record.Layout(c)
	p.State.Layout(c)
	p.Header.Layout(c)
}

// MarshalBinary implements [encoding.BinaryMarshaler].
func (p *PaymentProof) MarshalBinary() ([]byte, error) { return ledger.Encode(p), nil }

// UnmarshalBinary implements [encoding.BinaryUnmarshaler]. It does not verify
// the proof.
func (p *PaymentProof) UnmarshalBinary(b []byte) error { return ledger.Decode("payment proof", b, p) }

// Verify checks every step from the line to the certificate of the validators
// in trust.
func (p *PaymentProof) Verify(v ledger.FinalityVerifier, trust ledger.TrustState) error {
	if _, err := v.Verify(trust, p.Header); err != nil {
		return err
	}
	h := &p.Header.Header
	if err := ledger.VerifyState(h.StateRoot, SettlementKey(p.Period), ledger.Encode(&p.Record), true, p.State); err != nil {
		return err
	}
	if p.Record.Period != p.Period || p.Part >= uint64(len(p.Record.Parts)) {
		return fmt.Errorf("%w: the record of period %d has %d parts; it has no part %d of period %d",
			ledger.ErrPath, p.Record.Period, len(p.Record.Parts), p.Part, p.Period)
	}
	part := &p.Record.Parts[p.Part]
	if p.Path.Size != part.Lines {
		return fmt.Errorf("%w: the path is for %d lines, the part has %d", ledger.ErrPath, p.Path.Size, part.Lines)
	}
	if err := p.Path.Verify(part.Root, ledger.Encode(&p.Line)); err != nil {
		return err
	}
	if Pseudonym(h.Chain, p.Period, p.Party, p.Salt) != p.Line.Pseudonym {
		return fmt.Errorf("ledger: the line's pseudonym is not that of %q", p.Party)
	}
	return nil
}
