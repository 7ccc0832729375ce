package ledger

import (
	"fmt"
	"strings"
	"time"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger/internal/trie"
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

func (h *Header) code(c *codec.Coder) {
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
func (h *Header) Hash() Hash { return hashOf(domainHeader, encode(h)) }

// When is the block's time.
func (h *Header) When() time.Time { return time.UnixMilli(h.Time).UTC() }

// Receipt says what became of a transaction. A transaction that was refused is in the block all the same: its number is
// used up and its receipt says why.
type Receipt struct {
	ID     TxID
	Height uint64
	Index  uint64 // among the transactions of its block
	Code   string // empty where the transaction was accepted, else what rule refused it, for example "weights.sum"
	Reason string // for people
	Data   []byte // what the contract answered
}

func (r *Receipt) code(c *codec.Coder) {
	c.Fixed(r.ID[:])
	c.Uint64(&r.Height)
	c.Uint64(&r.Index)
	c.String(&r.Code, maxName)
	c.String(&r.Reason, maxReason)
	c.Bytes(&r.Data, maxOperation)
}

const maxReason = 512

// cut shortens a reason to what a receipt holds.
func cut(reason string) string {
	if len(reason) > maxReason {
		return strings.ToValidUTF8(reason[:maxReason], "")
	}
	return reason
}

// OK reports whether the transaction was accepted.
func (r *Receipt) OK() bool { return r.Code == "" }

// Err is nil for an accepted transaction and a *[Refusal] for a refused one.
func (r *Receipt) Err() error {
	if r.OK() {
		return nil
	}
	return &Refusal{Code: r.Code, Reason: r.Reason}
}

// Refusal is a contract's no. Codes are part of the protocol and compare equal on all replicas; Reason is for people.
type Refusal struct{ Code, Reason string }

// Error implements error.
func (r *Refusal) Error() string { return "ledger: refused: " + r.Code + ": " + r.Reason }

// Is makes errors.Is(err, &Refusal{Code: c}) find a refusal by its code.
func (r *Refusal) Is(target error) bool {
	t, ok := target.(*Refusal)
	return ok && t.Code == r.Code && (t.Reason == "" || t.Reason == r.Reason)
}

func refuse(code, format string, args ...any) error {
	return &Refusal{Code: code, Reason: fmt.Sprintf(format, args...)}
}

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

func (b *CommittedBlock) code(c *codec.Coder) {
	b.Header.code(c)
	codec.List(c, &b.Txs, maxBlockTxs, codeTx)
	codec.List(c, &b.Receipts, maxBlockTxs, func(c *codec.Coder, r *Receipt) { r.code(c) })
}

// ReceiptPath proves that receipt number i belongs to the block.
func (b *CommittedBlock) ReceiptPath(i int) Path {
	return newMerkleTree(encodeAll(b.Receipts)).path(i)
}

// TxPath proves that transaction number i belongs to the block.
func (b *CommittedBlock) TxPath(i int) Path { return newMerkleTree(encodeTxs(b.Txs)).path(i) }

func encodeTxs(txs []Tx) [][]byte {
	out := make([][]byte, len(txs))
	for i := range txs {
		out[i] = EncodeTx(txs[i])
	}
	return out
}

// StateProof proves what one key holds in the state that a header commits to.
type StateProof struct {
	Siblings []Hash
	Path     Hash // of the entry found where an absent key's would be; zero otherwise
	Value    Hash
}

func (p *StateProof) witness() trie.Witness {
	w := trie.Witness{Path: p.Path, Value: p.Value, Siblings: make([]trie.Hash, len(p.Siblings))}
	for i := range p.Siblings {
		w.Siblings[i] = trie.Hash(p.Siblings[i])
	}
	return w
}

func proofOf(w trie.Witness) StateProof {
	p := StateProof{Path: w.Path, Value: w.Value, Siblings: make([]Hash, len(w.Siblings))}
	for i := range w.Siblings {
		p.Siblings[i] = Hash(w.Siblings[i])
	}
	return p
}

// ErrStateProof says that a state proof does not show what it is said to show.
var ErrStateProof = fmt.Errorf("ledger: state proof not valid")

// VerifyState checks that under the state root the key holds value, or, where present is false, that it holds nothing.
func VerifyState(root Hash, key string, value []byte, present bool, p StateProof) error {
	ok := len(p.Siblings) <= trie.MaxDepth
	if present {
		ok = ok && trie.Present(trie.Hash(root), key, value, p.witness())
	} else {
		ok = ok && len(value) == 0 && trie.Absent(trie.Hash(root), key, p.witness())
	}
	if !ok {
		return fmt.Errorf("%w: key %q", ErrStateProof, key)
	}
	return nil
}

func (p *StateProof) code(c *codec.Coder) {
	codeHashes(c, &p.Siblings, trie.MaxDepth)
	c.Fixed(p.Path[:])
	c.Fixed(p.Value[:])
}

// VerifyReceipt checks that r is what became of transaction number path.Index of h's block.
func VerifyReceipt(h *Header, r *Receipt, path Path) error {
	if path.Size != h.Txs || path.Index != r.Index || r.Height != h.Height {
		return fmt.Errorf("%w: receipt %d of height %d, path to %d of %d in height %d", ErrPath, r.Index, r.Height, path.Index, path.Size, h.Height)
	}
	return path.Verify(h.ReceiptRoot, encode(r))
}

// VerifyTx checks that tx is transaction number path.Index of h's block.
func VerifyTx(h *Header, tx *Tx, path Path) error {
	if path.Size != h.Txs {
		return fmt.Errorf("%w: size %d, the header says %d", ErrPath, path.Size, h.Txs)
	}
	return path.Verify(h.TxRoot, EncodeTx(*tx))
}
