package pbft

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/codec"
)

// ErrMessage is wrapped by every error about bytes that are not a message.
var ErrMessage = errors.New("pbft: malformed message")

// EncodeMessage returns the canonical encoding of m: its kind in one byte, and
// then its fields.
func EncodeMessage(m Message) []byte {
	return codec.Append(append(make([]byte, 0, room(m)), byte(m.Kind())), m.code)
}

// room returns about the encoded size of a message, so that large ones are not
// copied as they grow.
func room(m Message) int {
	switch m := m.(type) {
	case *Forward:
		b := Batch{Requests: m.Requests}
		return 1 + b.size()
	case *PrePrepare:
		if m.Batch != nil {
			return 1 + proposalSize + 1 + m.Batch.size()
		}
	case *Snapshot:
		return 1<<12 + len(m.Data)
	}
	return 256 // a vote has 161 bytes
}

// DecodeMessage decodes the output of [EncodeMessage] and rejects every other
// input, also one with more bytes after it. Byte strings in the result alias b,
// which must not change afterwards. It verifies no signature.
func DecodeMessage(b []byte) (Message, error) {
	var kind Kind
	var m Message
	err := codec.DecodeShared(b, func(c *codec.Coder) {
		c.Byte((*byte)(&kind))
		if m = newMessage(kind); m == nil {
			c.Fail(errors.New("unknown kind"))
			return
		}
		m.code(c)
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrMessage, kind, err)
	}
	return m, nil
}

// newMessage returns an empty message of a kind, or nil if no message has it.
func newMessage(kind Kind) Message {
	switch kind {
	case KindRequest:
		return &Forward{}
	case KindPrePrepare:
		return &PrePrepare{}
	case KindPrepare, KindCommit, KindExecuted:
		return &Vote{Type: kind}
	case KindViewChange:
		return &ViewChange{}
	case KindNewView:
		return &NewView{}
	case KindStatus:
		return &Status{}
	case KindFetch:
		return &Fetch{}
	case KindBodies:
		return &Bodies{}
	case KindBlocks:
		return &Blocks{}
	case KindSnapshot:
		return &Snapshot{}
	case KindEvidence:
		return &Evidence{}
	}
	return nil
}

func (m *Forward) code(c *codec.Coder) { codeRequests(c, &m.Requests) }

func (m *PrePrepare) code(c *codec.Coder) {
	m.Proposal.code(c)
	codeBatch(c, &m.Batch)
}

func (v *Vote) code(c *codec.Coder) {
	c.Uint64(&v.Epoch)
	c.Uint64(&v.View)
	c.Uint64(&v.Seq)
	c.Fixed(v.Digest[:])
	c.Uint32((*uint32)(&v.Replica))
	c.Fixed(v.Signature[:])
}

// codeBody codes the signed part.
func (m *ViewChange) codeBody(c *codec.Coder) {
	c.Uint64(&m.Epoch)
	c.Uint64(&m.View)
	m.Stable.code(c)
	codec.SizedList(c, &m.Prepared, maxWindow, proposalSize+4, codePrepared)
	c.Uint32((*uint32)(&m.Replica))
}

func (m *ViewChange) code(c *codec.Coder) {
	m.codeBody(c)
	c.Fixed(m.Signature[:])
}

// codeBody codes the signed part.
func (m *NewView) codeBody(c *codec.Coder) {
	c.Uint64(&m.Epoch)
	c.Uint64(&m.View)
	codec.SizedList(c, &m.ViewChanges, maxMembers, 64, func(c *codec.Coder, vc **ViewChange) {
		if c.Decoding() {
			*vc = &ViewChange{}
		}
		(*vc).code(c)
	})
	codec.SizedList(c, &m.Proposals, maxWindow, proposalSize, codeProposal)
}

func (m *NewView) code(c *codec.Coder) {
	m.codeBody(c)
	c.Fixed(m.Signature[:])
}

// codeBody codes the signed part.
func (m *Status) codeBody(c *codec.Coder) {
	for _, v := range []*uint64{&m.Epoch, &m.View, &m.Stable, &m.Executed, &m.Certified} {
		c.Uint64(v)
	}
	c.Bool(&m.Active)
	c.Bool(&m.Observer)
	codec.Pointer(c, &m.Checkpoint, codeExecution)
	c.Fixed(m.Nonce[:])
	c.Uint32((*uint32)(&m.Replica))
}

func (m *Status) code(c *codec.Coder) {
	m.codeBody(c)
	c.Fixed(m.Signature[:])
}

func (m *Fetch) code(c *codec.Coder) {
	c.Uint64(&m.Epoch)
	codec.SizedList(c, &m.Bodies, maxWindow, len(Digest{}), codeDigest)
	c.Uint64(&m.Blocks)
	c.Uint64(&m.Snapshot)
	c.Uint32(&m.Chunk)
}

func codeDigest(c *codec.Coder, d *Digest) { c.Fixed(d[:]) }

func (m *Bodies) code(c *codec.Coder) { codec.SizedList(c, &m.Batches, maxWindow, 1, codeBatch) }

// orderedBatchSize is a lower bound of the encoded size of an [OrderedBatch] in
// bytes: the null batch without endorsements.
const orderedBatchSize = 3*8 + 32 + 4 + 1

func (m *Blocks) code(c *codec.Coder) {
	codec.SizedList(c, &m.Ordered, maxWindow, orderedBatchSize, func(c *codec.Coder, o *OrderedBatch) {
		o.Certificate.code(c)
		codeBatch(c, &o.Batch)
	})
}

// maxPath bounds the length of a path in a Merkle tree: no tree has 2⁶⁴ leaves.
const maxPath = 64

func (m *Snapshot) code(c *codec.Coder) {
	m.Certificate.code(c)
	codeEpochProofs(c, &m.Epochs)
	c.Uint32(&m.Chunk)
	c.Uint32(&m.Chunks)
	codec.SizedList(c, &m.Path, maxPath, len(Digest{}), codeDigest)
	c.Bytes(&m.Data, maxChunkData)
}
