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
//	head      the genesis and the trust that follows from it
//	block     every block with its receipts and certificate, in order of height
//	record    what replicas remember, each thing once     ┐ from engines that can be
//	memory    per replica, which of these                 ┘ continued from an export
//	end       the number of blocks, the last header's hash, SHA-256 of everything before
//
// Each element is one byte that says which it is, its length in four bytes, and its canonical form. Whoever replays an
// export believes nothing in it but what the validators of the genesis have certified, and computes everything else
// anew. The end is there against accidents: it tells a whole export from the beginning of one.

const exportMagic = "trigrid ledger export 2\n"

// maxFrame bounds one element of an export.
const maxFrame = 1 << 28

const (
	frameHead byte = iota + 1
	frameBlock
	frameRecord
	frameMemory
	frameEnd
)

// framePrefix stands before every element.
type framePrefix struct {
	kind   byte
	length uint32
}

const framePrefixSize = 5

func (p *framePrefix) Layout(c *codec.Coder) {
	c.Byte(&p.kind)
	c.Uint32(&p.length)
}

type exportHead struct {
	genesis ledger.Genesis
	trust   ledger.TrustState
}

func (h *exportHead) Layout(c *codec.Coder) {
	h.genesis.Layout(c)
	h.trust.Layout(c)
}

type exportBlock struct {
	block ledger.CommittedBlock
	proof ledger.FinalityProof
}

func (b *exportBlock) Layout(c *codec.Coder) {
	b.block.Layout(c)
	c.String(&b.proof.Kind, ledger.MaxName)
	c.Bytes(&b.proof.Data, ledger.MaxOperation)
}

type exportEnd struct {
	blocks uint64
	head   ledger.Hash // of the last header
	sum    [sha256.Size]byte
}

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

// frame reads the next element. Its error at the end of the stream says that the end is missing.
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
	// Not allocated at once: the length is only as good as its source.
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

func cutShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: its end is missing", ErrTruncated)
	}
	return err
}

// Export writes the chain from its genesis up to the block that is the last one when it starts. Of a [Chain] or a
// [Cluster] it also writes what the replicas remember, from which another one can go on, see ChainConfig.From. For that
// the engine has to be closed before, or nothing may happen in it any more; of a closed Cluster the last blocks may have
// no certificate yet, and are then in the replicas' memories only.
func Export(ctx context.Context, w io.Writer, g ledger.Genesis, e ledger.Engine) error {
	_, trust := e.Trust()
	out := &exportWriter{bufio.NewWriter(w), sha256.New()}
	if _, err := out.out.WriteString(exportMagic); err != nil {
		return err
	}
	if err := out.frame(frameHead, &exportHead{genesis: g, trust: trust}); err != nil {
		return err
	}
	own, remembers := e.(interface {
		remember(out *exportWriter, head ledger.Hash) error
	})
	end := exportEnd{blocks: e.Status().Height}
	for height := uint64(1); height <= end.blocks; height++ {
		b, err := e.Block(ctx, height)
		if err != nil {
			return err
		}
		h, err := e.Certified(ctx, height)
		if remembers && errors.Is(err, ledger.ErrClosed) { // closed before the last certificates were complete
			end.blocks = height - 1
			break
		}
		if err != nil {
			return err
		}
		if err := out.frame(frameBlock, &exportBlock{b, h.Proof}); err != nil {
			return err
		}
		end.head = b.Header.Hash()
	}
	if remembers {
		if err := own.remember(out, end.head); err != nil {
			return err
		}
	}
	copy(end.sum[:], out.sum.Sum(nil))
	if err := out.frame(frameEnd, &end); err != nil {
		return err
	}
	return out.out.Flush()
}
