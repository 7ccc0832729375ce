package pbft

import "github.com/trigrid/trigrid/codec"

// Encoded sizes in bytes. Decoders use them to reject a forged length of a list
// before allocating it.
const (
	proposalSize    = 3*8 + 32 + 64
	endorsementSize = 4 + 64
)

// code implements both directions, see package codec. The order of fields is
// part of the protocol.
func (p *Proposal) code(c *codec.Coder) {
	c.Uint64(&p.Epoch)
	c.Uint64(&p.View)
	c.Uint64(&p.Seq)
	c.Fixed(p.Digest[:])
	c.Fixed(p.Signature[:])
}

// The functions named codeX adapt methods to the element type of codec's lists
// and pointers.
func codeProposal(c *codec.Coder, p *Proposal) { p.code(c) }

func codeEndorsements(c *codec.Coder, es *[]Endorsement) {
	codec.SizedList(c, es, maxMembers, endorsementSize, func(c *codec.Coder, e *Endorsement) {
		c.Uint32((*uint32)(&e.Replica))
		c.Fixed(e.Signature[:])
	})
}

func (p *PreparedCertificate) code(c *codec.Coder) {
	p.Proposal.code(c)
	codeEndorsements(c, &p.Prepares)
}

func codePrepared(c *codec.Coder, p *PreparedCertificate) { p.code(c) }

func (o *OrderCertificate) code(c *codec.Coder) {
	c.Uint64(&o.Epoch)
	c.Uint64(&o.View)
	c.Uint64(&o.Seq)
	c.Fixed(o.Digest[:])
	codeEndorsements(c, &o.Commits)
}

func (h *Header) code(c *codec.Coder) {
	c.Fixed(h.Chain[:])
	c.Uint64(&h.Epoch)
	c.Uint64(&h.Seq)
	c.Fixed(h.Parent[:])
	c.Fixed(h.Batch[:])
	codec.Int64(c, &h.Time)
	c.Fixed(h.StateRoot[:])
	c.Fixed(h.ResultRoot[:])
	c.Fixed(h.SnapshotRoot[:])
	c.Fixed(h.Members[:])
	c.Fixed(h.NextMembers[:])
}

// The header's chain and epoch are inside the certificate, so it verifies
// without its context.
func (e *ExecutionCertificate) code(c *codec.Coder) {
	e.Header.code(c)
	codeEndorsements(c, &e.Executed)
}

func codeExecution(c *codec.Coder, e *ExecutionCertificate) { e.code(c) }

// maxEpochProofs bounds the changes of membership in one record, and so those
// of a chain. Messages have a part of them, see proofsAfter. epochProofSize is
// a lower bound of the encoded size of one proof in bytes; the decoder accepts
// no more proofs than its input has room for.
const (
	maxEpochProofs = 1 << 24
	epochProofSize = 300
)

func (p *EpochProof) code(c *codec.Coder) {
	p.Certificate.code(c)
	p.Next.code(c)
}

func codeEpochProofs(c *codec.Coder, proofs *[]EpochProof) {
	codec.SizedList(c, proofs, maxEpochProofs, epochProofSize, func(c *codec.Coder, p *EpochProof) { p.code(c) })
}

// MarshalBinary encodes the certificate for storage or for another chain's
// light client.
func (e *ExecutionCertificate) MarshalBinary() ([]byte, error) { return codec.Encode(e.code), nil }

// UnmarshalBinary decodes the output of MarshalBinary and rejects every other
// input. It verifies no signature.
func (e *ExecutionCertificate) UnmarshalBinary(b []byte) error { return codec.Decode(b, e.code) }

// MarshalBinary encodes the certificate.
func (o *OrderCertificate) MarshalBinary() ([]byte, error) { return codec.Encode(o.code), nil }

// UnmarshalBinary decodes the output of MarshalBinary and rejects every other
// input. It verifies no signature.
func (o *OrderCertificate) UnmarshalBinary(b []byte) error { return codec.Decode(b, o.code) }

// MarshalBinary encodes the proof.
func (p *EpochProof) MarshalBinary() ([]byte, error) { return codec.Encode(p.code), nil }

// UnmarshalBinary decodes the output of MarshalBinary and rejects every other
// input. It verifies no signature.
func (p *EpochProof) UnmarshalBinary(b []byte) error { return codec.Decode(b, p.code) }
