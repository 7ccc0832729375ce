package ledger

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/pbft"
)

// blockRun executes the transactions of one block. The caller of
// [Machine.Apply] holds the machine's lock.
type blockRun struct {
	*Machine
	header *Header // without the roots
	draft  draft
	// A sender of several transactions is read and decoded once. Only the
	// contract "identity" can change identities; the entries end with each of
	// its messages.
	senders map[pbft.PublicKey]*sender
}

// execute runs one transaction and returns its receipt. The number of a known
// sender is used even if the contract refuses the message, so that a refused
// transaction cannot be repeated.
func (x *blockRun) execute(index uint64, tx *Tx) Receipt {
	h := x.header
	r := Receipt{ID: IDOf(x.chain, tx), Height: h.Height, Index: index}
	s := x.senders[tx.Client]
	if s == nil {
		s = x.draft.sender(tx.Client)
		x.senders[tx.Client] = s
	}
	contract := "tx"
	err := s.admit(tx, h.Height)
	if err == nil {
		s.used.use(tx.Number)
		x.draft.write(s.numbers, write{value: Encode(&s.used)})
		x.draft.keep() // nothing undoes the number
		c := &Context{Chain: x.chain, Height: h.Height, Index: index, Time: h.Time, Sender: s.identity, state: &x.draft}
		var answer []byte
		answer, err = x.dispatch(c, tx.Operation)
		if contract = c.name; err == nil {
			err = c.unfit(answer)
		}
		if err == nil {
			// An answer may be a value of the state, which the readers of
			// receipts must not reach.
			r.Data = slices.Clone(answer)
			x.post(&x.draft, c.packets)
		} else {
			x.draft.back(0)
		}
		if contract == "identity" {
			clear(x.senders)
		}
	}
	if err != nil {
		no := refusalOf(contract, err)
		r.Code, r.Reason = no.Code, CutReason(no.Reason)
	}
	return r
}

// dispatch decodes the operation and calls the contract.
func (x *blockRun) dispatch(c *Context, operation []byte) ([]byte, error) {
	var e envelope
	if err := Decode("operation", operation, &e); err != nil {
		return nil, Refuse("tx.malformed", "%v", err)
	}
	name, verb, _ := strings.Cut(e.kind, ".")
	contract := x.contracts[name]
	if contract == nil {
		return nil, Refuse("tx.kind", "no contract takes %q", e.kind)
	}
	// From here on refusals and state keys belong to this contract.
	c.name = contract.Name()
	return x.run(c, contract, verb, e.body)
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
