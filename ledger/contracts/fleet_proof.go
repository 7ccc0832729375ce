package contracts

import (
	"fmt"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// MemberProof proves that one DER of a class was paid an amount in a period, in
// the VPP where the draw placed it. A verifier needs only the chain's genesis.
// The proof leads from the payment to the root of its group with at most 20
// hashes, from the record to the state root, and from the header to its
// certificate. The record adds up to the line of the class in a settlement that
// sums to zero.
type MemberProof struct {
	Class   string
	Period  uint64
	Member  string         // name of the DER
	Salt    [SaltSize]byte // opens its commitment
	Payment MemberPayment
	Path    SumPath
	Record  ClassSettlement
	State   ledger.StateProof // of the record under the header's state root
	Header  ledger.CertifiedHeader
}

// Layout implements [ledger.Coded].
func (p *MemberProof) Layout(c *codec.Coder) {
	c.String(&p.Class, ledger.MaxName)
	c.Uint64(&p.Period)
	c.String(&p.Member, 2*ledger.MaxName)
	c.Fixed(p.Salt[:])
	p.Payment.Layout(c)
	p.Path.Layout(c)
	p.Record.Layout(c)
	p.State.Layout(c)
	p.Header.Layout(c)
}

// MarshalBinary implements [encoding.BinaryMarshaler].
func (p *MemberProof) MarshalBinary() ([]byte, error) { return ledger.Encode(p), nil }

// UnmarshalBinary implements [encoding.BinaryUnmarshaler]. It does not verify
// the proof.
func (p *MemberProof) UnmarshalBinary(b []byte) error { return ledger.Decode("member proof", b, p) }

// Verify checks every step from the payment to the certificate of the
// validators in trust, and returns the VPP of the DER.
func (p *MemberProof) Verify(v ledger.FinalityVerifier, trust ledger.TrustState) (vpp string, err error) {
	if _, err := v.Verify(trust, p.Header); err != nil {
		return "", err
	}
	h, r := &p.Header.Header, &p.Record
	if err := ledger.VerifyState(h.StateRoot, ClassSettlementKey(p.Period, p.Class), ledger.Encode(r), true, p.State); err != nil {
		return "", err
	}
	if MemberCommitment(h.Chain, p.Class, p.Member, p.Salt) != p.Payment.Commitment {
		return "", fmt.Errorf("ledger: the commitment of the payment is not that of %q", p.Member)
	}
	if p.Payment.Number >= r.Class.Count {
		return "", fmt.Errorf("%w: DER %d of a class of %d", ledger.ErrPath, p.Payment.Number, r.Class.Count)
	}
	vpp, group, index, ok := r.find(r.Draw(h.Chain).Place(p.Payment.Number))
	if !ok {
		return "", fmt.Errorf("ledger: the draw places %q outside of all VPPs, without payment", p.Member)
	}
	return vpp, p.pays(&r.Groups[group], index)
}

// pays checks that the payment is number index of a group, and that it is an
// equal part if the group is one VPP: an aggregator could otherwise pay less to
// a DER than to its equals. The amounts of the VPPs of a common group are not
// on the ledger.
func (p *MemberProof) pays(g *ClassGroup, index uint64) error {
	if p.Path.Size != g.Count || p.Path.Index != index {
		return fmt.Errorf("%w: the draw gives %q payment %d of %d in %v, the path is for %d of %d",
			ledger.ErrPath, p.Member, index, g.Count, g.VPPs, p.Path.Index, p.Path.Size)
	}
	if err := p.Path.Verify(g.Root, &p.Payment); err != nil {
		return err
	}
	if part := shareAt(g.Root.Sum, g.Count, index); len(g.VPPs) == 1 && p.Payment.Amount != part {
		return fmt.Errorf("ledger: %q is paid %s, and an equal part of %s among the %d DERs of its class in %s is %s",
			p.Member, p.Payment.Amount, g.Root.Sum, g.Count, g.VPPs[0], part)
	}
	return nil
}

// VerifyMember checks a path from the commitment of the DER to the registration
// of its class, with at most 20 hashes: the class had this DER under this
// number before any draw. Call Verify before.
func (p *MemberProof) VerifyMember(path ledger.Path) error {
	class := &p.Record.Class
	if path.Index != p.Payment.Number || path.Size != class.Count {
		return fmt.Errorf("%w: the path is for DER %d of %d, the payment for %d of %d",
			ledger.ErrPath, path.Index, path.Size, p.Payment.Number, class.Count)
	}
	return path.Verify(class.Root, p.Payment.Commitment[:])
}
