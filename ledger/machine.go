package ledger

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger/internal/trie"
	"github.com/trigrid/trigrid/pbft"
)

// StateMachine is the replicated part of a ledger, equal on every engine: pure,
// deterministic and single-threaded. [Machine] implements it. Apply and Restore
// are called from one goroutine; the other methods may be called at any time
// from any goroutine.
type StateMachine interface {
	// Check reports whether tx could be executed in the next block, so that an
	// engine rejects it early. It does not change the state, and Apply decides
	// independently.
	Check(tx *Tx) error
	// Apply executes one block. The engine has verified every signature with
	// [pbft.VerifyRequest] under the chain's rule. An error is a mistake of the
	// engine, for example a time before that of the previous block; no
	// transaction causes one.
	Apply(b Block) (CommittedBlock, error)
	// Head returns the header of the last block. Before the first block it
	// returns a header of height 0 with the genesis hash as Parent.
	Head() Header
	// Read returns the value under a key after the block at height, with a
	// proof under that header's StateRoot. The error wraps [ErrNotKept] for old
	// heights.
	Read(key string, height uint64) (StateValue, error)
	// Outbox returns packet number index with its path under the OutboxRoot of
	// the header at height.
	Outbox(index, height uint64) (Packet, Path, error)
	// Snapshot writes the whole state. Equal states give equal bytes.
	Snapshot(w io.Writer) error
	// Restore replaces the whole state. It rejects a snapshot whose header does
	// not have the hash want. If want is zero, the caller must compare Head
	// with a certified header afterwards.
	Restore(r io.Reader, want Hash) error
}

// StateValue is the value of one key at one height.
type StateValue struct {
	Key     string
	Value   []byte
	Present bool
	Height  uint64
	Proof   StateProof
}

// Genesis is the common start of all participants of a chain.
type Genesis struct {
	Name       string
	Identities []Identity // at least one of role grid or regulator, which can register others
}

// Layout implements [Coded].
func (g *Genesis) Layout(c *codec.Coder) {
	c.String(&g.Name, MaxName)
	codec.List(c, &g.Identities, 1<<20, func(c *codec.Coder, id *Identity) { id.Layout(c) })
}

// Hash identifies the genesis. It is the Parent of the first header and part of
// the chain's id.
func (g Genesis) Hash() Hash { return HashOf(domainGenesis, Encode(&g)) }

// ErrNotKept is wrapped by errors about a height that is too old, or too new,
// to be read.
var ErrNotKept = errors.New("ledger: state of that height is not kept")

// keptVersions is the number of past heights that a Machine can read.
const keptVersions = 256

// maxContract is the longest name of a contract in bytes. The codes of its
// refusals begin with the name.
const maxContract = 32

// Machine is the [StateMachine] of contracts. Three contracts are part of every
// machine: "identity", "clock" (heartbeats that advance the height) and "state"
// (reads with a place in the order).
type Machine struct {
	chain     Hash
	contracts map[string]Contract

	mu     sync.RWMutex
	state  trie.Trie
	head   Header
	outbox *merkleTree
	kept   []version // the last versions, ascending by height
	panics []ContractPanic

	checked senderCache // of Check, for state
}

// version is the state after one block. The trie is persistent, so versions
// share their unchanged parts.
type version struct {
	header Header
	state  trie.Trie
}

// builtIn returns the contracts of every machine.
func builtIn() []Contract { return []Contract{identityContract(), clockContract(), stateContract()} }

// NewMachine returns a machine at its genesis. chain is the engine's id of the
// chain. contracts run beside the built-in ones; all replicas need the same
// list. The error lists all invalid names and identities.
func NewMachine(chain Hash, g Genesis, contracts ...Contract) (*Machine, error) {
	m := &Machine{chain: chain, contracts: map[string]Contract{}, outbox: &merkleTree{}}
	var bad faults.List
	for _, x := range append(builtIn(), contracts...) {
		if err := CheckName("contract", x.Name()); err != nil || strings.ContainsAny(x.Name(), ".-") || len(x.Name()) > maxContract {
			bad.Addf("ledger: contract name %q: want 1 to %d bytes without dot, hyphen and slash", x.Name(), maxContract)
		}
		if x.Name() == "tx" || x.Name() == "outbox" {
			bad.Addf("ledger: contract name %q: it is reserved for keys of the ledger; use another name", x.Name())
		}
		if m.contracts[x.Name()] != nil {
			bad.Addf("ledger: two contracts are called %q", x.Name())
		}
		m.contracts[x.Name()] = x
	}
	bad.Add(CheckName("chain", g.Name))
	authority := false
	c := &Context{Chain: chain, name: "identity", state: &draft{}}
	for _, id := range g.Identities {
		bad.Add(registerIdentity(c, id))
		authority = authority || id.Role == RoleGrid || id.Role == RoleRegulator
	}
	if !authority {
		bad.Addf("ledger: genesis has no identity of role grid or regulator; add one, so that others can be registered")
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	m.state = c.state.trie()
	m.head = Header{
		Chain: chain, Parent: g.Hash(), TxRoot: MerkleRoot(nil), ReceiptRoot: MerkleRoot(nil),
		StateRoot: Hash(m.state.Root()), OutboxRoot: MerkleRoot(nil),
	}
	m.kept = []version{{m.head, m.state}}
	return m, nil
}

// Head implements [StateMachine].
func (m *Machine) Head() Header {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.head
}

// Check implements [StateMachine].
func (m *Machine) Check(tx *Tx) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.checked.sender(m.state, tx.Client).admit(tx, m.head.Height+1)
}

// Apply implements [StateMachine].
func (m *Machine) Apply(b Block) (CommittedBlock, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b.Time < m.head.Time {
		return CommittedBlock{}, fmt.Errorf("ledger: block time %d is before its parent's %d", b.Time, m.head.Time)
	}
	h := Header{Chain: m.chain, Height: m.head.Height + 1, Parent: m.head.Parent, Time: b.Time, Txs: uint64(len(b.Txs))}
	if m.head.Height > 0 {
		h.Parent = m.head.Hash()
	}
	out := CommittedBlock{Txs: b.Txs, Receipts: make([]Receipt, len(b.Txs))}
	run := &blockRun{Machine: m, header: &h, draft: draft{base: m.state}, senders: map[pbft.PublicKey]*sender{}}
	for i := range b.Txs {
		out.Receipts[i] = run.execute(uint64(i), &b.Txs[i])
	}
	m.state = run.draft.trie()
	m.checked.clear()
	h.TxRoot = TxRoot(b.Txs)
	h.ReceiptRoot = rootOf(out.Receipts, func(c *codec.Coder, r *Receipt) { r.Layout(c) })
	h.StateRoot = Hash(m.state.Root())
	h.OutboxRoot, h.Sent = m.outbox.root(), m.outbox.size()
	out.Header = h
	m.head = h
	m.kept = append(m.kept, version{h, m.state})
	if len(m.kept) > keptVersions {
		m.kept = slices.Delete(m.kept, 0, len(m.kept)-keptVersions)
	}
	return out, nil
}

// version returns the state after the block at height.
func (m *Machine) version(height uint64) (version, error) {
	first := m.kept[0].header.Height
	if height < first || height > m.head.Height {
		return version{}, fmt.Errorf("%w: %d, kept are %d to %d", ErrNotKept, height, first, m.head.Height)
	}
	return m.kept[height-first], nil
}

// Read implements [StateMachine].
func (m *Machine) Read(key string, height uint64) (StateValue, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	v, err := m.version(height)
	if err != nil {
		return StateValue{}, err
	}
	value, present := v.state.Get(key)
	return StateValue{
		Key: key, Value: slices.Clone(value), Present: present, Height: height, Proof: proofOf(v.state.Witness(key)),
	}, nil
}
