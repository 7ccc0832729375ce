package engine

import (
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// Replica is a state machine as the [pbft.Application] of one replica, for
// programs that run a replica in a process of its own, such as package
// ledger/node. The application's root is the hash of the last ledger header, so
// that execution certificates of PBFT certify ledger headers. A batch without
// transactions makes no block.
type Replica struct {
	application
	// Executed receives each block, from the goroutine that calls Apply and
	// before Apply returns. After a restart or a state transfer, heights can
	// repeat or be skipped. Default nil: none.
	Executed func(ledger.CommittedBlock)
}

// NewReplica returns the application on a machine. The caller sets Executed
// before the first block.
func NewReplica(m ledger.StateMachine) *Replica {
	return &Replica{application: application{machine: m}}
}

// Apply implements [pbft.Application].
func (r *Replica) Apply(b pbft.OrderedRequests) pbft.Outcome {
	out := r.application.Apply(b)
	for _, e := range r.take() {
		if r.Executed != nil {
			r.Executed(e.block)
		}
	}
	return out
}

// PBFTGenesis returns the genesis of the protocol for a chain with the given
// replicas. Its name contains the hash of the ledger's genesis, so that the
// chain's id depends on both. The caller may change parameters of the protocol,
// which also changes the chain's id.
func PBFTGenesis(g ledger.Genesis, members []pbft.Member, rule pbft.Rule) pbft.Genesis {
	return pbftGenesis(g, members, rule)
}
