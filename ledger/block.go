package ledger

import (
	"fmt"
	"time"

	"github.com/trigrid/trigrid/codec"
)

// Header is one link of the hash chain. Validators certify its hash after they
// have executed the block. One certificate therefore covers the order of all
// transactions up to the block and the resulting state.
type Header struct {
	Chain       Hash   // see Engine.Chain
	Height      uint64 // 1 for the first block; the only clock of contracts
	Parent      Hash   // hash of the previous header; for the first block the genesis hash
	Time        int64  // Unix milliseconds, agreed by the engine, never decreasing
	Txs         uint64 // number of transactions, the size of the trees of TxRoot and ReceiptRoot
	TxRoot      Hash   // root over EncodeTx of each transaction, see TxRoot
	ReceiptRoot Hash   // root over the receipts, in the order of the transactions
	StateRoot   Hash   // root of the whole state after the block
	OutboxRoot  Hash   // root over all packets that the chain has sent
	Sent        uint64 // number of these packets, the size of the tree of OutboxRoot
}

// Layout implements [Coded].
func (h *Header) Layout(c *codec.Coder) {
	c.Fixed(h.Chain[:])
	c.Uint64(&h.Height)
	c.Fixed(h.Parent[:])
	codec.Int64(c, &h.Time)
	c.Uint64(&h.Txs)
	for _, r := range []*Hash{&h.TxRoot, &h.ReceiptRoot, &h.StateRoot, &h.OutboxRoot} {
		c.Fixed(r[:])
	}
	c.Uint64(&h.Sent)
}

// Hash identifies the header and, through Parent, all headers before it.
func (h *Header) Hash() Hash { return HashOf(domainHeader, Encode(h)) }

// When returns the block's time in UTC.
func (h *Header) When() time.Time { return time.UnixMilli(h.Time).UTC() }

// Block is the input of [StateMachine.Apply]: transactions in the order chosen
// by the engine.
type Block struct {
	Time int64 // Unix milliseconds
	Txs  []Tx
}

// CommittedBlock is an executed block: the transactions, one receipt for each,
// and the header.
type CommittedBlock struct {
	Header   Header
	Txs      []Tx
	Receipts []Receipt
}

// Layout implements [Coded].
func (b *CommittedBlock) Layout(c *codec.Coder) {
	b.Header.Layout(c)
	codec.List(c, &b.Txs, maxBlockTxs, codeTx)
	codec.List(c, &b.Receipts, maxBlockTxs, func(c *codec.Coder, r *Receipt) { r.Layout(c) })
}

// Location is the place of a transaction on the chain. Index counts from 0
// within the block.
type Location struct{ Height, Index uint64 }

// Layout implements [Coded].
func (l *Location) Layout(c *codec.Coder) {
	c.Uint64(&l.Height)
	c.Uint64(&l.Index)
}

// ReceiptPath returns the path of receipt number i, for [VerifyReceipt].
func (b *CommittedBlock) ReceiptPath(i int) Path {
	return newMerkleTree(EncodeAll(b.Receipts)).path(i)
}

// TxPath returns the path of transaction number i, for [VerifyTx].
func (b *CommittedBlock) TxPath(i int) Path { return newMerkleTree(encodeTxs(b.Txs)).path(i) }

// TxRoot returns the root over txs that a [Header] contains.
func TxRoot(txs []Tx) Hash { return rootOf(txs, codeTx) }

func encodeTxs(txs []Tx) [][]byte {
	out := make([][]byte, len(txs))
	for i := range txs {
		out[i] = EncodeTx(txs[i])
	}
	return out
}

// VerifyReceipt checks that r is the receipt of transaction number path.Index
// of h's block. The error wraps [ErrPath].
func VerifyReceipt(h *Header, r *Receipt, path Path) error {
	if path.Size != h.Txs || path.Index != r.Index || r.Height != h.Height {
		return fmt.Errorf("%w: receipt %d of height %d, but the path is of entry %d of %d at height %d", ErrPath, r.Index, r.Height, path.Index, path.Size, h.Height)
	}
	return path.Verify(h.ReceiptRoot, Encode(r))
}

// VerifyTx checks that tx is transaction number path.Index of h's block. The
// error wraps [ErrPath].
func VerifyTx(h *Header, tx *Tx, path Path) error {
	if path.Size != h.Txs {
		return fmt.Errorf("%w: the path is for %d entries, the header has %d", ErrPath, path.Size, h.Txs)
	}
	return path.Verify(h.TxRoot, EncodeTx(*tx))
}
