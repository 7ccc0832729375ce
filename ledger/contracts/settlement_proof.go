package contracts

import (
	"fmt"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// PaymentProof proves that a party was settled an amount in a period. A verifier needs only the
// chain's genesis. The proof leads from the line to the record's root, from the record to the state
// root, and from the header to its certificate.
type PaymentProof struct {
	Party  string
	Period uint64
	Line   SettlementLine
	Salt   [SaltSize]byte // opens the line's pseudonym
	Path   ledger.Path    // of the line under the record's root
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
	p.Path.Layout(c)
	p.Record.Layout(c)
	p.State.Layout(c)
	p.Header.Layout(c)
}

// MarshalBinary implements [encoding.BinaryMarshaler].
func (p *PaymentProof) MarshalBinary() ([]byte, error) { return ledger.Encode(p), nil }

// UnmarshalBinary implements [encoding.BinaryUnmarshaler]. It does not verify the proof.
func (p *PaymentProof) UnmarshalBinary(b []byte) error { return ledger.Decode("payment proof", b, p) }

// Verify checks every step from the line to the certificate of the validators in trust.
func (p *PaymentProof) Verify(v ledger.FinalityVerifier, trust ledger.TrustState) error {
	if _, err := v.Verify(trust, p.Header); err != nil {
		return err
	}
	h := &p.Header.Header
	if err := ledger.VerifyState(h.StateRoot, SettlementKey(p.Period), ledger.Encode(&p.Record), true, p.State); err != nil {
		return err
	}
	if p.Record.Period != p.Period || p.Path.Size != p.Record.Lines {
		return fmt.Errorf("%w: the path is for %d lines, the record has %d", ledger.ErrPath, p.Path.Size, p.Record.Lines)
	}
	if err := p.Path.Verify(p.Record.Root, ledger.Encode(&p.Line)); err != nil {
		return err
	}
	if Pseudonym(h.Chain, p.Period, p.Party, p.Salt) != p.Line.Pseudonym {
		return fmt.Errorf("ledger: the line's pseudonym is not that of %q", p.Party)
	}
	return nil
}
