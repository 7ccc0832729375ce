package engine

import (
	"bytes"
	"fmt"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// application is a [ledger.StateMachine] as the [pbft.Application] of one
// replica. Its root is the hash of the ledger's last header, so that PBFT's
// execution certificates certify ledger headers. A batch without transactions
// makes no block.
type application struct {
	machine  ledger.StateMachine
	executed []executed // blocks since the engine last collected them
}

// executed is a block with the epoch and the number of its batch in PBFT.
type executed struct {
	epoch, seq uint64
	block      ledger.CommittedBlock
}

var (
	_ pbft.Application = (*application)(nil)
	_ pbft.Checker     = (*application)(nil)
)

// Apply implements [pbft.Application]. Results are the receipts, so that
// clients of the protocol can compare them.
func (a *application) Apply(b pbft.OrderedRequests) pbft.Outcome {
	if len(b.Requests) == 0 {
		return pbft.Outcome{Root: a.Root()}
	}
	// An error would mean that replicas disagree about the rules, for example
	// about time. No recovery is possible.
	before := a.validators()
	block, err := a.machine.Apply(ledger.Block{Time: b.Time, Txs: b.Requests})
	if err != nil {
		panic(fmt.Sprintf("ledger: pbft ordered a block that no correct replica can execute: %v", err))
	}
	a.executed = append(a.executed, executed{b.Epoch, b.Seq, block})
	out := pbft.Outcome{Results: ledger.EncodeAll(block.Receipts), Root: a.Root()}
	if after := a.validators(); after.Serial != before.Serial {
		out.Members = after.PBFT()
	}
	return out
}

// validators returns the last requested set, or an empty one on a chain that
// cannot change it.
func (a *application) validators() ledger.ValidatorSet {
	m, has := a.machine.(interface {
		Validators() (ledger.ValidatorSet, bool)
	})
	if !has {
		return ledger.ValidatorSet{}
	}
	set, _ := m.Validators()
	return set
}

// Check implements [pbft.Checker].
func (a *application) Check(tx *pbft.Request) error { return a.machine.Check(tx) }

// Root implements [pbft.Application]. It is the hash of the ledger's last
// header.
func (a *application) Root() pbft.Digest {
	h := a.machine.Head()
	return pbft.Digest(h.Hash())
}

// Snapshot implements [pbft.Application].
func (a *application) Snapshot() []byte {
	var b bytes.Buffer
	if err := a.machine.Snapshot(&b); err != nil {
		panic(fmt.Sprintf("ledger: snapshot to memory: %v", err))
	}
	return b.Bytes()
}

// Restore implements [pbft.Application]. PBFT then compares the root with the
// one that its replicas have certified.
func (a *application) Restore(state []byte) error {
	a.executed = nil
	return a.machine.Restore(bytes.NewReader(state), ledger.Hash{})
}

// take returns the blocks that were executed since the last call.
func (a *application) take() []executed {
	out := a.executed
	a.executed = nil
	return out
}
