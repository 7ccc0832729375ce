package engine

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// Audit is the result of a replay.
type Audit struct {
	Genesis ledger.Genesis
	Trust   ledger.TrustState // the export's own statement; compare it with a trusted source
	Blocks  []ledger.CommittedBlock
	Headers []ledger.CertifiedHeader
	Machine *ledger.Machine // the state after the last block
}

// headHash returns the hash of the last header, or zero for a chain without
// blocks.
func (a *Audit) headHash() ledger.Hash {
	if len(a.Blocks) == 0 {
		return ledger.Hash{}
	}
	return a.Blocks[len(a.Blocks)-1].Header.Hash()
}

// Errors of replays.
var (
	ErrReplay    = errors.New("ledger: replay failed")           // a contradiction in the export
	ErrTruncated = errors.New("ledger: the export is truncated") // wrapped with ErrReplay
)

// ReplayOptions describes a replay. Each field states its default.
type ReplayOptions struct {
	Contracts []ledger.Contract       // the chain's contracts, beside those of every machine
	Verifier  ledger.FinalityVerifier // default [ledger.PBFTVerifier]
	// Trust is the chain's genesis state from a trusted source. If its Chain is
	// zero, Replay uses the statement in the export. It then shows that the
	// chain is consistent, not that it is the expected one.
	Trust ledger.TrustState
	Rule  pbft.Rule // verification of signatures (default [pbft.StandardRule])
}

// withDefaults returns o with defaults set.
func (o ReplayOptions) withDefaults() ReplayOptions {
	if o.Verifier == nil {
		o.Verifier = ledger.PBFTVerifier{}
	}
	return o
}

// Replay executes an exported chain again from its genesis. It checks every
// client's signature, every header's place in the chain, every receipt and root
// against its own, and every certificate. An error wraps [ErrReplay] and names
// the block.
//
// A truncated export has no end element and is rejected. An attacker can remove
// the last blocks and write a new end; the result is a valid shorter chain.
// Compare the last header with one from another source if completeness matters.
func Replay(r io.Reader, o ReplayOptions) (*Audit, error) {
	x, err := replay(r, o, func(*exportHead) error { return nil })
	if err != nil {
		return nil, err
	}
	return &x.Audit, nil
}

// exported is the content of an export.
type exported struct {
	Audit
	records  [][]byte // of the replicas' memories
	memories []savedMemory
}

// replay is Replay with a check of the head before the first block is executed.
func replay(r io.Reader, o ReplayOptions, judge func(*exportHead) error) (*exported, error) {
	o = o.withDefaults()
	in := &exportReader{bufio.NewReader(r), sha256.New()}
	magic := make([]byte, len(exportMagic))
	if _, err := io.ReadFull(in.in, magic); err != nil || string(magic) != exportMagic {
		return nil, fmt.Errorf("%w: not an export of this version; it must begin with %q", ErrReplay, exportMagic)
	}
	var head exportHead
	kind, body, err := in.frame()
	if err == nil && kind != frameHead {
		err = errors.New("the head is missing")
	}
	if err == nil {
		err = ledger.Decode("export: head", body, &head)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReplay, err)
	}
	// Continuing an engine compares genesis and keys before it executes
	// anything.
	if err := judge(&head); err != nil {
		return nil, err
	}
	x := &replayer{options: o, clients: o.Rule.Verifier(), trust: o.Trust}
	if x.trust.Chain.IsZero() {
		x.trust = head.trust
	}
	x.out.Genesis, x.out.Trust = head.genesis, head.trust
	if source, has := o.Verifier.(ledger.ValidatorSource); has {
		validators, err := source.Validators(x.trust)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrReplay, err)
		}
		o.Contracts = append([]ledger.Contract{validators}, o.Contracts...)
	}
	if x.out.Machine, err = ledger.NewMachine(x.trust.Chain, head.genesis, o.Contracts...); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReplay, err)
	}
	// Blocks, records and memories follow until the end element.
	for {
		// The checksum covers all elements before the end element.
		sum := in.sum.Sum(nil)
		kind, body, err := in.frame()
		if err != nil {
			return nil, fmt.Errorf("%w: after block %d: %w", ErrReplay, len(x.out.Blocks), err)
		}
		if kind == frameEnd {
			if err := x.end(in.in, body, sum); err != nil {
				return nil, err
			}
			return &x.out, nil
		}
		if err := x.take(kind, body); err != nil {
			return nil, err
		}
	}
}

// replayer is the state of a replay.
type replayer struct {
	options ReplayOptions
	clients pbft.Verifier
	trust   ledger.TrustState // advances with every certified header
	out     exported
}

// take processes one element. Elements must be in the order of the format.
func (x *replayer) take(kind byte, body []byte) error {
	switch {
	case kind == frameBlock && x.out.records == nil && x.out.memories == nil:
		if err := x.block(body); err != nil {
			return fmt.Errorf("%w: block %d: %w", ErrReplay, len(x.out.Blocks)+1, err)
		}
	case kind == frameRecord && x.out.memories == nil:
		var r savedRecord
		if err := ledger.Decode("record", body, &r); err != nil {
			return fmt.Errorf("%w: record %d: %w", ErrReplay, len(x.out.records), err)
		}
		x.out.records = append(x.out.records, r.data)
	case kind == frameMemory:
		var m savedMemory
		if err := ledger.Decode("memory", body, &m); err != nil {
			return fmt.Errorf("%w: memory %d: %w", ErrReplay, len(x.out.memories), err)
		}
		x.out.memories = append(x.out.memories, m)
	default:
		return fmt.Errorf("%w: after block %d: element of kind %d is out of place", ErrReplay, len(x.out.Blocks), kind)
	}
	return nil
}

// block executes and checks one block.
func (x *replayer) block(body []byte) error {
	var b exportBlock
	if err := ledger.Decode("export", body, &b); err != nil {
		return err
	}
	// The state machine relies on verified signatures; see
	// [ledger.StateMachine].
	for i := range b.block.Txs {
		if !pbft.VerifyRequest(x.clients, pbft.Digest(x.trust.Chain), &b.block.Txs[i]) {
			return fmt.Errorf("transaction %d is not signed by its sender", i)
		}
	}
	got, err := x.out.Machine.Apply(ledger.Block{Time: b.block.Header.Time, Txs: b.block.Txs})
	if err != nil {
		return err
	}
	// Receipts are compared one by one, so that the error names the first
	// different one.
	for i := range got.Receipts {
		if i >= len(b.block.Receipts) || !bytes.Equal(ledger.Encode(&got.Receipts[i]), ledger.Encode(&b.block.Receipts[i])) {
			return fmt.Errorf("receipt %d differs from that of the contracts", i)
		}
	}
	if len(got.Receipts) != len(b.block.Receipts) || got.Header != b.block.Header {
		return fmt.Errorf("header %s, but the replay results in %s", b.block.Header.Hash(), got.Header.Hash())
	}
	h := ledger.CertifiedHeader{Header: b.block.Header, Proof: b.proof}
	if x.trust, err = x.options.Verifier.Verify(x.trust, h); err != nil {
		return err
	}
	x.out.Blocks, x.out.Headers = append(x.out.Blocks, b.block), append(x.out.Headers, h)
	return nil
}

// end checks the last element against all elements before it, and that the
// stream ends.
func (x *replayer) end(in *bufio.Reader, body, sum []byte) error {
	var e exportEnd
	if err := ledger.Decode("export: end", body, &e); err != nil {
		return fmt.Errorf("%w: %w", ErrReplay, err)
	}
	switch n := uint64(len(x.out.Blocks)); {
	case e.blocks != n || e.head != x.out.headHash():
		return fmt.Errorf("%w: the end element names block %d %s, but the last block is %d %s", ErrReplay, e.blocks, e.head, n, x.out.headHash())
	case !bytes.Equal(e.sum[:], sum):
		return fmt.Errorf("%w: the export was altered after it was written: its checksum differs", ErrReplay)
	}
	if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: data follows the end", ErrReplay)
	}
	return nil
}
