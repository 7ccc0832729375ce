package ledger

import (
	"fmt"
	"time"

	"github.com/trigrid/trigrid/codec"
)

// Header is the link of the hash chain that one block adds. Its hash is what the validators certify after they have
// executed the block, so that one certificate proves the order of everything up to here and the state it led to.
type Header struct {
	Chain       Hash   // see Engine.Chain
	Height      uint64 // 1 for the first block; the contracts' only clock
	Parent      Hash   // of the header before; the genesis hash for the first
	Time        int64  // Unix milliseconds, agreed on by the engine, never decreasing; for the record, not for contracts
	Txs         uint64 // number of transactions, the size of the trees of TxRoot and ReceiptRoot
	TxRoot      Hash   // over EncodeTx of each
	ReceiptRoot Hash   // root over the receipts, in the same order
	StateRoot   Hash   // root of the whole state after the block
	OutboxRoot  Hash   // root over all packets ever sent to other chains
	Sent        uint64 // number of those packets, the size of the tree of OutboxRoot
}

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

// Hash identifies the header and with it the whole chain up to it.
func (h *Header) Hash() Hash { return HashOf(domainHeader, Encode(h)) }

// When is the block's time.
func (h *Header) When() time.Time { return time.UnixMilli(h.Time).UTC() }

// Block is what an engine asks the state machine to execute.
type Block struct {
	Time int64 // Unix milliseconds
	Txs  []Tx
}

// CommittedBlock is a block with what executing it led to.
type CommittedBlock struct {
	Header   Header
	Txs      []Tx
	Receipts []Receipt
}

func (b *CommittedBlock) Layout(c *codec.Coder) {
	b.Header.Layout(c)
	codec.List(c, &b.Txs, maxBlockTxs, codeTx)
	codec.List(c, &b.Receipts, maxBlockTxs, func(c *codec.Coder, r *Receipt) { r.Layout(c) })
}

// Location is where on the chain a transaction is.
type Location struct{ Height, Index uint64 }

func (l *Location) Layout(c *codec.Coder) {
	c.Uint64(&l.Height)
	c.Uint64(&l.Index)
}

// ReceiptPath proves that receipt number i belongs to the block.
func (b *CommittedBlock) ReceiptPath(i int) Path {
	return newMerkleTree(EncodeAll(b.Receipts)).path(i)
}

// TxPath proves that transaction number i belongs to the block.
func (b *CommittedBlock) TxPath(i int) Path { return newMerkleTree(encodeTxs(b.Txs)).path(i) }

// TxRoot returns the root over txs that a [Header] contains.
func TxRoot(txs []Tx) Hash { return MerkleRoot(encodeTxs(txs)) }

func encodeTxs(txs []Tx) [][]byte {
	out := make([][]byte, len(txs))
	for i := range txs {
		out[i] = EncodeTx(txs[i])
	}
	return out
}

// VerifyReceipt checks that r is what became of transaction number path.Index of h's block.
func VerifyReceipt(h *Header, r *Receipt, path Path) error {
	if path.Size != h.Txs || path.Index != r.Index || r.Height != h.Height {
		return fmt.Errorf("%w: receipt %d of height %d, path to %d of %d in height %d", ErrPath, r.Index, r.Height, path.Index, path.Size, h.Height)
	}
	return path.Verify(h.ReceiptRoot, Encode(r))
}

// VerifyTx checks that tx is transaction number path.Index of h's block.
func VerifyTx(h *Header, tx *Tx, path Path) error {
	if path.Size != h.Txs {
		return fmt.Errorf("%w: size %d, the header says %d", ErrPath, path.Size, h.Txs)
	}
	return path.Verify(h.TxRoot, EncodeTx(*tx))
}
