package node

import (
	"context"
	"errors"
	"time"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// queryKind is the kind of a query.
type queryKind byte

const (
	forStatus  queryKind = iota + 1 // heights of the replica
	forCheck                        // whether a transaction could be executed
	forRead                         // a value of the state with its proof
	forBlock                        // a block with its certificate
	forHeader                       // a header with its certificate
	forReceipt                      // the receipt of a transaction, proved under a certified header
	forPacket                       // a packet of the outbox with its path
)

// query is one question of a client.
type query struct {
	kind   queryKind
	wait   uint64 // ms that the replica may wait for the answer; at most maxWait
	height uint64
	index  uint64
	key    string
	id     ledger.TxID
	tx     []byte
}

// maxWait bounds the time in which a replica waits for an answer. A client
// repeats its query.
const maxWait = 5 * time.Second

// Layout implements [ledger.Coded]. Each kind has its own fields, so that a
// query has one encoding.
func (q *query) Layout(c *codec.Coder) {
	c.Byte((*byte)(&q.kind))
	c.Uint64(&q.wait)
	switch q.kind {
	case forStatus:
	case forCheck:
		c.Bytes(&q.tx, ledger.MaxOperation+1024)
	case forRead:
		c.Uint64(&q.height) // lowest acceptable one
		c.String(&q.key, ledger.MaxKey)
	case forBlock, forHeader:
		c.Uint64(&q.height)
	case forReceipt:
		c.Fixed(q.id[:])
	case forPacket:
		c.Uint64(&q.height)
		c.Uint64(&q.index)
	default:
		c.Fail(errors.New("unknown kind of query"))
	}
}

// answer is the reply to a query. The fields depend on the kind.
type answer struct {
	kind    queryKind
	has     bool   // the replica has the data
	code    string // of a refusal, see forCheck
	reason  string
	status  Heights
	value   ledger.StateValue
	block   ledger.CommittedBlock
	proven  bool // header has a proof
	header  ledger.CertifiedHeader
	receipt ledger.Receipt
	path    ledger.Path
	packet  ledger.Packet
}

// Heights are those of one replica.
type Heights struct {
	Head      uint64 `json:"head"`      // highest executed block
	Complete  uint64 `json:"complete"`  // no block up to it is missing
	Certified uint64 `json:"certified"` // highest block with a certificate
	Proven    uint64 `json:"proven"`    // no certificate up to it is missing
}

// Layout implements [ledger.Coded].
func (a *answer) Layout(c *codec.Coder) {
	c.Byte((*byte)(&a.kind))
	c.Bool(&a.has)
	c.String(&a.code, ledger.MaxName)
	c.String(&a.reason, ledger.MaxReason)
	// An answer without data ends here, so that a refusal has a few bytes.
	if c.Decoding() && c.Err() != nil || !a.has {
		return
	}
	certified := func() {
		c.Bool(&a.proven)
		a.header.Layout(c)
	}
	switch a.kind {
	case forStatus:
		for _, n := range []*uint64{&a.status.Head, &a.status.Complete, &a.status.Certified, &a.status.Proven} {
			c.Uint64(n)
		}
	case forCheck:
	case forRead:
		c.String(&a.value.Key, ledger.MaxKey)
		c.Bytes(&a.value.Value, 1<<31-1)
		c.Bool(&a.value.Present)
		c.Uint64(&a.value.Height)
		a.value.Proof.Layout(c)
	case forHeader:
		certified()
	case forBlock:
		certified()
		a.block.Layout(c)
	case forReceipt:
		certified()
		a.receipt.Layout(c)
		a.path.Layout(c)
	case forPacket:
		a.packet.Layout(c)
		a.path.Layout(c)
	default:
		c.Fail(errors.New("unknown kind of answer"))
	}
}

// refuse sets the reason why the replica has no data.
func (a *answer) refuse(code, reason string) {
	a.has, a.code, a.reason = false, code, ledger.CutReason(reason)
}

// queries answers the clients of a node.
type queries struct {
	chain    ledger.Hash
	machine  *ledger.Machine
	books    *books
	verifier pbft.Verifier
}

// answer implements replica.Queries. A query that does not decode is useless;
// all others have an answer, also if the replica lacks the data.
func (s *queries) answer(ctx context.Context, _ pbft.PublicKey, request []byte) ([]byte, bool) {
	var q query
	if err := ledger.Decode("query", request, &q); err != nil {
		a := answer{}
		a.refuse("query.malformed", err.Error())
		return ledger.Encode(&a), false
	}
	a := answer{kind: q.kind}
	useful := true
	// The client chooses how long the replica waits, up to maxWait. A large
	// number must not overflow when it is made a duration.
	ctx, cancel := context.WithTimeout(ctx, min(maxWait, time.Duration(min(q.wait, uint64(maxWait.Milliseconds())))*time.Millisecond))
	defer cancel()
	var err error
	switch q.kind {
	case forStatus:
		e, _ := s.books.ends()
		a.has, a.status = true, e.Heights
	case forCheck:
		useful, err = s.check(ctx, q.tx, &a)
	case forRead:
		err = s.read(ctx, &q, &a)
	case forBlock, forHeader:
		err = s.block(ctx, q.height, &a)
	case forReceipt:
		err = s.receipt(ctx, q.id, &a)
	case forPacket:
		if a.packet, a.path, err = s.machine.Outbox(q.index, q.height); err == nil {
			a.has = true
		}
	}
	if err != nil {
		a.refuse("query.failed", err.Error())
	}
	return ledger.Encode(&a), useful
}

// until waits until f returns true, or returns false when ctx ends. f is called
// again after each change of the books.
func (s *queries) until(ctx context.Context, f func(Heights) (bool, error)) (bool, error) {
	for {
		e, changed := s.books.ends()
		if ok, err := f(e.Heights); ok || err != nil {
			return ok, err
		}
		// The channel was taken together with the heights, so that no change
		// between f and this wait is lost.
		select {
		case <-changed:
		case <-ctx.Done():
			return false, nil
		}
	}
}

// Codes of refusals of forCheck.
const (
	codeExecuted  = "query.executed"  // the transaction has a receipt
	codeSignature = "query.signature" // the transaction is not signed by its sender for this chain
)

// check judges a transaction. Only an invalid signature is useless: other
// refusals can be those of a correct client whose replica lags behind.
func (s *queries) check(ctx context.Context, encoded []byte, a *answer) (useful bool, err error) {
	tx, err := ledger.DecodeTx(encoded)
	if err != nil {
		return false, err
	}
	id := ledger.IDOf(s.chain, &tx)
	executed := func() bool {
		_, has, err := s.books.locate(id)
		return err == nil && has
	}
	if executed() {
		a.refuse(codeExecuted, "")
		return true, nil
	}
	if !pbft.VerifyRequest(s.verifier, pbft.Digest(s.chain), &tx) {
		a.refuse(codeSignature, "its signature does not match chain, sender, number and content")
		return false, nil
	}
	switch no := (*ledger.Refusal)(nil); {
	case !errors.As(s.machine.Check(&tx), &no):
		a.has = true
	default:
		a.refuse(no.Code, no.Reason)
	}
	// The machine is a moment ahead of the books.
	if height := s.machine.Head().Height; a.code != "" {
		if _, err := s.until(ctx, func(h Heights) (bool, error) { return h.Head >= height, nil }); err != nil {
			return true, err
		}
		if executed() {
			a.refuse(codeExecuted, "")
		}
	}
	return true, nil
}

// read returns the value at the highest certified height, so that its header
// has a proof. The client states the lowest height that it accepts, because
// replicas can lag behind each other.
func (s *queries) read(ctx context.Context, q *query, a *answer) error {
	var height uint64
	// A certificate follows its block within milliseconds; an old value would
	// surprise the client.
	if _, err := s.until(ctx, func(h Heights) (bool, error) {
		height = h.Certified
		return height >= q.height && height >= s.machine.Head().Height, nil
	}); err != nil {
		return err
	}
	v, err := s.machine.Read(q.key, height)
	if errors.Is(err, ledger.ErrNotKept) { // after a transfer, before the next certificate
		v, err = s.machine.Read(q.key, s.machine.Head().Height)
	}
	if err != nil {
		return err
	}
	if v.Height < q.height {
		a.refuse("query.behind", "the replica has not executed that height")
		return nil
	}
	a.has, a.value = true, v
	return nil
}

// certify adds the proof of a height, if it is here before ctx ends. Without
// it, the client counts equal answers of several nodes.
func (s *queries) certify(ctx context.Context, header ledger.Header, a *answer) error {
	a.header.Header = header
	_, err := s.until(ctx, func(Heights) (bool, error) {
		p, err := s.books.certificate(header.Height)
		if p != nil {
			a.header.Proof, a.proven = *p, true
		}
		return p != nil, err
	})
	return err
}

// block returns a block, with its proof if that is here.
func (s *queries) block(ctx context.Context, height uint64, a *answer) error {
	has, err := s.until(ctx, func(Heights) (bool, error) {
		b, err := s.books.block(height)
		if b != nil {
			a.block = *b
		}
		return b != nil, err
	})
	if err != nil || !has {
		return err
	}
	a.has = true
	return s.certify(ctx, a.block.Header, a)
}

// receipt returns the receipt of a transaction with its path under the header
// of its block.
func (s *queries) receipt(ctx context.Context, id ledger.TxID, a *answer) error {
	var at ledger.Location
	has, err := s.until(ctx, func(Heights) (has bool, err error) {
		at, has, err = s.books.locate(id)
		return has, err
	})
	if err != nil || !has {
		return err
	}
	b, err := s.books.block(at.Height)
	if err != nil || b == nil || at.Index >= uint64(len(b.Receipts)) {
		return err
	}
	a.has, a.receipt, a.path = true, b.Receipts[at.Index], b.ReceiptPath(int(at.Index))
	return s.certify(ctx, b.Header, a)
}
