package ledger

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/trigrid/trigrid/ledger/internal/canon"
	"github.com/trigrid/trigrid/pbft"
)

// An export is a whole chain in one stream: a magic line, the genesis, the trust that follows from it, and every block
// with its receipts and certificate, each with its length in front. Whoever replays it believes nothing in it but what
// the validators of the genesis have certified, and computes everything else anew.

const exportMagic = "trigrid ledger export 1\n"

// maxFrame bounds one element of an export.
const maxFrame = 1 << 28

type exportHead struct {
	genesis Genesis
	trust   TrustState
}

func (h *exportHead) code(c *canon.Coder) {
	h.genesis.code(c)
	h.trust.code(c)
}

type exportBlock struct {
	block CommittedBlock
	proof FinalityProof
}

func (b *exportBlock) code(c *canon.Coder) {
	b.block.code(c)
	c.String(&b.proof.Kind, maxName)
	c.Bytes(&b.proof.Data, maxOperation)
}

func writeFrame(w io.Writer, x coder) error {
	b := encode(x)
	if err := binary.Write(w, binary.BigEndian, uint32(len(b))); err != nil {
		return err
	}
	_, err := w.Write(b)
	return err
}

// readFrame returns io.EOF at the end of the stream and io.ErrUnexpectedEOF within an element.
func readFrame(r io.Reader, what string, x coder) error {
	var n uint32
	if err := binary.Read(r, binary.BigEndian, &n); err != nil {
		return err
	}
	if n > maxFrame {
		return fmt.Errorf("ledger: export: element of %d bytes, limit %d", n, maxFrame)
	}
	b, err := io.ReadAll(io.LimitReader(r, int64(n)))
	if err != nil {
		return err
	}
	if len(b) < int(n) {
		return io.ErrUnexpectedEOF
	}
	return decode("export: "+what, b, x)
}

// Export writes the chain from its genesis up to the last block.
func Export(ctx context.Context, w io.Writer, g Genesis, e Engine) error {
	_, trust := e.Trust()
	out := bufio.NewWriter(w)
	if _, err := out.WriteString(exportMagic); err != nil {
		return err
	}
	if err := writeFrame(out, &exportHead{genesis: g, trust: trust}); err != nil {
		return err
	}
	for height := uint64(1); height <= e.Status().Height; height++ {
		b, err := e.Block(ctx, height)
		if err != nil {
			return err
		}
		h, err := e.Certified(ctx, height)
		if err != nil {
			return err
		}
		if err := writeFrame(out, &exportBlock{b, h.Proof}); err != nil {
			return err
		}
	}
	return out.Flush()
}

// Export writes the network's whole chain.
func (n *Network) Export(ctx context.Context, w io.Writer) error {
	return Export(ctx, w, n.genesis, n.engine)
}

// Audit is the result of a replay.
type Audit struct {
	Genesis Genesis
	Trust   TrustState // as the export states it; compare it with the one you know
	Blocks  []CommittedBlock
	Headers []CertifiedHeader
	Machine *Machine // the state after the last block
}

// ErrReplay says that an export contradicts itself or its certificates.
var ErrReplay = errors.New("ledger: replay failed")

// ReplayOptions say how to replay. Fields left at zero take the default named beside them.
type ReplayOptions struct {
	Contracts []Contract       // default [Coordination]
	Verifier  FinalityVerifier // default [PBFTVerifier]
	// Trust is what the auditor knows about the chain from elsewhere. Where its Chain is zero, the export's own word is
	// taken: the replay then shows that the chain is consistent, not that it is the right one.
	Trust TrustState
	Rule  pbft.Rule // how signatures are judged; default [pbft.StandardRule]
}

// Replay executes an exported chain again from its genesis and checks everything on the way: every client's signature,
// every header's place in the chain, every receipt and root against the replay's own, and every certificate. An error
// wraps [ErrReplay] and names the block. The first blocks of a chain are a chain as well: whoever needs to know that
// nothing is missing at the end compares the last header with one known from elsewhere.
func Replay(r io.Reader, o ReplayOptions) (*Audit, error) {
	if o.Verifier == nil {
		o.Verifier = PBFTVerifier{}
	}
	in := bufio.NewReader(r)
	magic := make([]byte, len(exportMagic))
	if _, err := io.ReadFull(in, magic); err != nil || string(magic) != exportMagic {
		return nil, fmt.Errorf("%w: not an export of this version", ErrReplay)
	}
	var head exportHead
	if err := readFrame(in, "head", &head); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReplay, err)
	}
	trust := o.Trust
	if trust.Chain.IsZero() {
		trust = head.trust
	}
	machine, err := newStateMachine(trust.Chain, head.genesis, o.Contracts)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReplay, err)
	}
	a := &Audit{Genesis: head.genesis, Trust: head.trust, Machine: machine}
	for {
		var b exportBlock
		err := readFrame(in, fmt.Sprintf("block %d", len(a.Blocks)+1), &b)
		if errors.Is(err, io.EOF) {
			return a, nil
		}
		if err == nil {
			trust, err = replayBlock(machine, &b, o, trust)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: block %d: %w", ErrReplay, len(a.Blocks)+1, err)
		}
		a.Blocks = append(a.Blocks, b.block)
		a.Headers = append(a.Headers, CertifiedHeader{b.block.Header, b.proof})
	}
}

func replayBlock(m *Machine, b *exportBlock, o ReplayOptions, trust TrustState) (TrustState, error) {
	verifier := o.Rule.Verifier()
	for i := range b.block.Txs {
		if !pbft.VerifyRequest(verifier, pbft.Digest(trust.Chain), &b.block.Txs[i]) {
			return trust, fmt.Errorf("transaction %d is not signed by its sender", i)
		}
	}
	got, err := m.Apply(Block{Time: b.block.Header.Time, Txs: b.block.Txs})
	if err != nil {
		return trust, err
	}
	for i := range got.Receipts {
		if i >= len(b.block.Receipts) || string(encode(&got.Receipts[i])) != string(encode(&b.block.Receipts[i])) {
			return trust, fmt.Errorf("receipt %d is not what the contracts say", i)
		}
	}
	if len(got.Receipts) != len(b.block.Receipts) || got.Header != b.block.Header {
		return trust, fmt.Errorf("header %s, the replay makes %s", b.block.Header.Hash(), got.Header.Hash())
	}
	return o.Verifier.Verify(trust, CertifiedHeader{b.block.Header, b.proof})
}
