package ledger

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger/internal/trie"
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
	c := &Context{Chain: chain, name: "identity"}
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
	m.state = c.state
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
	_, _, err := m.admit(m.state, tx, m.head.Height+1)
	return err
}

// admit returns the sender's identity and used numbers, or the refusal of the
// transaction.
func (m *Machine) admit(state trie.Trie, tx *Tx, height uint64) (Identity, numbers, error) {
	if len(tx.Operation) > MaxOperation {
		return Identity{}, numbers{}, Refuse("tx.size", "operation of %d bytes, limit %d", len(tx.Operation), MaxOperation)
	}
	c := &Context{state: state}
	owner, has := c.Get(keyOwnerKey(tx.Client))
	if !has {
		return Identity{}, numbers{}, Refuse("tx.sender", "key %x belongs to no identity", tx.Client[:4])
	}
	id, _ := c.Identity(string(owner))
	var used numbers
	c.Load(NumbersKey(tx.Client), &used)
	switch {
	case id.Key != tx.Client:
		return id, used, Refuse("tx.key", "%q has replaced this key", id.ID)
	case !id.Active(height):
		return id, used, Refuse("tx.inactive", "%q may not act at height %d", id.ID, height)
	case used.ahead(tx.Number):
		return id, used, Refuse("tx.ahead", "number %d of %q is more than %d past %d", tx.Number, id.ID, NumberWindow, used.floor)
	case !used.fresh(tx.Number):
		return id, used, Refuse("tx.number", "number %d of %q is used", tx.Number, id.ID)
	}
	return id, used, nil
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
	for i := range b.Txs {
		out.Receipts[i] = m.execute(&h, uint64(i), &b.Txs[i])
	}
	h.TxRoot = TxRoot(b.Txs)
	h.ReceiptRoot = MerkleRoot(EncodeAll(out.Receipts))
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

// execute runs one transaction and returns its receipt. The number of a known
// sender is used even if the contract refuses the message, so that a refused
// transaction cannot be repeated.
func (m *Machine) execute(h *Header, index uint64, tx *Tx) Receipt {
	r := Receipt{ID: IDOf(m.chain, tx), Height: h.Height, Index: index}
	contract := "tx"
	sender, used, err := m.admit(m.state, tx, h.Height)
	if err == nil {
		used.use(tx.Number)
		m.state = m.state.Put(NumbersKey(tx.Client), Encode(&used))
		c := &Context{Chain: m.chain, Height: h.Height, Index: index, Time: h.Time, Sender: sender, state: m.state}
		r.Data, err = m.dispatch(c, tx.Operation)
		if contract = c.name; err == nil {
			err = c.unfit(r.Data)
		}
		if err == nil {
			m.state = c.state
			m.post(c.packets)
		}
	}
	if err != nil {
		no := refusalOf(contract, err)
		r.Code, r.Reason, r.Data = no.Code, CutReason(no.Reason), nil
	}
	return r
}

// refusalOf returns the refusal that an error of a contract stands for.
func refusalOf(contract string, err error) *Refusal {
	var no *Refusal
	if !errors.As(err, &no) || no.Code == "" || len(no.Code) > MaxName { // empty means accepted
		no = &Refusal{Code: contract + ".error", Reason: err.Error()}
	}
	return no
}

// ContractPanic is a panic of a contract. The transaction was refused with
// "<name>.panic".
type ContractPanic struct {
	Kind          string // of the message, for example "weights.publish"
	Height, Index uint64 // place of the transaction
	Value, Stack  string // of the panic; they can differ between replicas
}

// maxPanics is the number of panics that a machine keeps. It is assumed.
const maxPanics = 16

// Panics returns the last 16 panics of contracts since the machine was made,
// the oldest first. A panic is a mistake in a contract. Without it the machine
// would stop on every replica, and again after each restart, because the
// transaction stays in the order.
func (m *Machine) Panics() []ContractPanic {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return slices.Clone(m.panics)
}

// run calls the contract and turns a panic into a refusal. Its reason is a
// fixed text, because the value of a panic can contain addresses, and receipts
// must be equal on all replicas.
func (m *Machine) run(c *Context, contract Contract, verb string, body []byte) (answer []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			kind := c.name + "." + verb
			m.panics = append(m.panics, ContractPanic{kind, c.Height, c.Index, fmt.Sprint(p), string(debug.Stack())})
			m.panics = m.panics[max(0, len(m.panics)-maxPanics):]
			answer, err = nil, Refuse(c.name+".panic", "the contract failed at this message; its writes are dropped")
		}
	}()
	if answer, err = contract.Execute(c, verb, body); err != nil {
		// The methods of an error are code of the contract too. For example,
		// those of a nil pointer of an error type panic.
		return nil, refusalOf(c.name, err)
	}
	return answer, nil
}

// dispatch decodes the operation and calls the contract.
func (m *Machine) dispatch(c *Context, operation []byte) ([]byte, error) {
	var e envelope
	if err := Decode("operation", operation, &e); err != nil {
		return nil, Refuse("tx.malformed", "%v", err)
	}
	name, verb, _ := strings.Cut(e.kind, ".")
	contract := m.contracts[name]
	if contract == nil {
		return nil, Refuse("tx.kind", "no contract takes %q", e.kind)
	}
	// From here on refusals and state keys belong to this contract.
	c.name = contract.Name()
	return m.run(c, contract, verb, e.body)
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
