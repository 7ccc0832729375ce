package engine

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// An export is a whole chain in one stream:
//
//	magic line
//	head      genesis and the trusted state at the genesis
//	block     each block with its receipts and certificate, in order of height
//	record    a record of the replicas, each once         ┐ only from engines of
//	memory    per replica, the positions of its records   ┘ this package
//	end       number of blocks, hash of the last header, SHA-256 of all bytes before
//
// Each element is its kind (one byte), its length (four bytes) and its binary
// form. A replay accepts only blocks that the validators of the genesis have
// certified, and computes everything else again. The end protects against
// accidents: it distinguishes a whole export from a truncated one.

const exportMagic = "trigrid ledger export 2\n"

// maxFrame is the longest element of an export, in bytes.
const maxFrame = 1 << 28

const (
	frameHead byte = iota + 1 // kinds of elements, in the order of an export
	frameBlock
	frameRecord
	frameMemory
	frameEnd
)

// framePrefix precedes every element.
type framePrefix struct {
	kind   byte
	length uint32
}

const framePrefixSize = 5

// Layout implements [ledger.Coded].
func (p *framePrefix) Layout(c *codec.Coder) {
	c.Byte(&p.kind)
	c.Uint32(&p.length)
}

// exportHead is the first element.
type exportHead struct {
	genesis ledger.Genesis
	trust   ledger.TrustState
}

// Layout implements [ledger.Coded].
func (h *exportHead) Layout(c *codec.Coder) {
	h.genesis.Layout(c)
	h.trust.Layout(c)
}

// exportBlock is one block with its certificate.
type exportBlock struct {
	block ledger.CommittedBlock
	proof ledger.FinalityProof
}

// Layout implements [ledger.Coded]. The header is part of the block, so only
// the proof follows.
func (b *exportBlock) Layout(c *codec.Coder) {
	b.block.Layout(c)
	c.String(&b.proof.Kind, ledger.MaxName)
	c.Bytes(&b.proof.Data, ledger.MaxOperation)
}

// exportEnd is the last element.
type exportEnd struct {
	blocks uint64
	head   ledger.Hash // hash of the last header
	sum    [sha256.Size]byte
}

// Layout implements [ledger.Coded].
func (e *exportEnd) Layout(c *codec.Coder) {
	c.Uint64(&e.blocks)
	c.Fixed(e.head[:])
	c.Fixed(e.sum[:])
}

// exportWriter writes elements and hashes them.
type exportWriter struct {
	out *bufio.Writer
	sum hash.Hash
}

// frame writes one element.
func (w *exportWriter) frame(kind byte, x ledger.Coded) error {
	b := ledger.Encode(x)
	if len(b) > maxFrame {
		return fmt.Errorf("ledger: export: element of %d bytes, limit %d", len(b), maxFrame)
	}
	prefix := ledger.Encode(&framePrefix{kind, uint32(len(b))})
	w.sum.Write(prefix)
	w.sum.Write(b)
	if _, err := w.out.Write(prefix); err != nil {
		return err
	}
	_, err := w.out.Write(b)
	return err
}

// exportReader reads elements and hashes them.
type exportReader struct {
	in  *bufio.Reader
	sum hash.Hash
}

// frame reads the next element. At the end of the stream the error reports that
// the end element is missing.
func (r *exportReader) frame() (kind byte, body []byte, err error) {
	var raw [framePrefixSize]byte
	if _, err := io.ReadFull(r.in, raw[:]); err != nil {
		return 0, nil, cutShort(err)
	}
	var prefix framePrefix
	if err := ledger.Decode("export: prefix", raw[:], &prefix); err != nil {
		return 0, nil, err
	}
	n := prefix.length
	if n > maxFrame {
		return 0, nil, fmt.Errorf("element of %d bytes, limit %d", n, maxFrame)
	}
	// The length may be forged, so the buffer grows with the data instead of
	// being allocated at once.
	if body, err = io.ReadAll(io.LimitReader(r.in, int64(n))); err == nil && len(body) < int(n) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return 0, nil, cutShort(err)
	}
	r.sum.Write(raw[:])
	r.sum.Write(body)
	return prefix.kind, body, nil
}

// cutShort converts an unexpected end of the stream into [ErrTruncated].
func cutShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: the end element is missing", ErrTruncated)
	}
	return err
}

// memorySaver is implemented by the engines of this package.
type memorySaver interface {
	saveMemories(out *exportWriter, head ledger.Hash) error
}

var (
	_ memorySaver = (*Chain)(nil)
	_ memorySaver = (*Cluster)(nil)
)

// Export writes the chain from its genesis to the last block at the time of the
// call. For a [Chain] or [Cluster] it also writes the replicas' records, so
// that another engine can continue the export; see ChainConfig.From. Close the
// engine first, or submit nothing during and after the export. The last blocks
// of a closed Cluster may have no certificate yet; they are then in the
// replicas' records only.
func Export(ctx context.Context, w io.Writer, g ledger.Genesis, e ledger.Engine) error {
	_, trust := e.Trust()
	out := &exportWriter{bufio.NewWriter(w), sha256.New()}
	if _, err := out.out.WriteString(exportMagic); err != nil {
		return err
	}
	if err := out.frame(frameHead, &exportHead{genesis: g, trust: trust}); err != nil {
		return err
	}
	own, remembers := e.(memorySaver)
	trusted := trust
	end := exportEnd{blocks: e.Status().Height}
	// Blocks that are committed during the export are not part of it.
	for height := uint64(1); height <= end.blocks; height++ {
		b, err := e.Block(ctx, height)
		if err != nil {
			return err
		}
		h, err := e.Certified(ctx, height)
		if remembers && errors.Is(err, ledger.ErrClosed) { // the last certificates are missing
			end.blocks = height - 1
			break
		}
		if err != nil {
			return err
		}
		// Each proof begins at the block before it. Otherwise every block of a
		// chain would have all changes of validators.
		if h.Proof.Kind == ledger.ProofPBFT {
			if trusted, err = shorten(trusted, &h); err != nil {
				return err
			}
		}
		if err := out.frame(frameBlock, &exportBlock{b, h.Proof}); err != nil {
			return err
		}
		end.head = b.Header.Hash()
	}
	if remembers {
		if err := own.saveMemories(out, end.head); err != nil {
			return err
		}
	}
	copy(end.sum[:], out.sum.Sum(nil))
	if err := out.frame(frameEnd, &end); err != nil {
		return err
	}
	return out.out.Flush()
}

// shorten makes the proof of h begin at a trusted state, and returns the state
// after its changes of validators.
func shorten(trusted ledger.TrustState, h *ledger.CertifiedHeader) (ledger.TrustState, error) {
	short, err := ledger.SinceTrusted(trusted, *h)
	if err != nil {
		return trusted, err
	}
	*h = short
	epochs, err := ledger.ProofEpochs(short)
	if err != nil {
		return trusted, err
	}
	return ledger.AdvanceEpochs(trusted, epochs)
}
