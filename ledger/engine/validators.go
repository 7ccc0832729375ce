package engine

import (
	"errors"
	"slices"
	"sync"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/internal/entropy"
	"github.com/trigrid/trigrid/pbft"
)

// epochLog has the sets of replicas of all epochs, with the proofs that lead
// from one to the next. It is safe for concurrent use.
type epochLog struct {
	first pbft.Membership

	mu     sync.Mutex
	proofs []pbft.EpochProof // of epochs 1, 2, …
}

// add appends the proof of the next epoch and ignores others.
func (l *epochLog) add(p pbft.EpochProof) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.Next.Epoch == uint64(len(l.proofs))+1 {
		l.proofs = append(l.proofs, p)
	}
}

// all returns the proofs so far. The caller must not change them.
func (l *epochLog) all() []pbft.EpochProof {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clip(l.proofs)
}

// at returns the set of an epoch, or an empty one if the epoch is not known.
func (l *epochLog) at(epoch uint64) pbft.Membership {
	proofs := l.all()
	switch {
	case epoch == 0:
		return l.first
	case epoch > uint64(len(proofs)):
		return pbft.Membership{Epoch: epoch}
	}
	return proofs[epoch-1].Next
}

// last returns the set in force.
func (l *epochLog) last() pbft.Membership { return l.at(uint64(len(l.all()))) }

// prove returns a function that makes the finality proof of a certificate, from
// the genesis on. Proofs are made on demand, because each contains all changes
// of replicas before it.
func (l *epochLog) prove(c pbft.ExecutionCertificate) func() (ledger.FinalityProof, error) {
	return func() (ledger.FinalityProof, error) { return ledger.NewPBFTProof(&c, l.all()) }
}

// grow draws the key of one more replica and makes its state.
func (e *ensemble) grow() (pbft.ReplicaID, error) {
	id := len(e.seeds)
	if id >= maxReplicas {
		return 0, errors.New("ledger: 256 replicas were made, the most of one engine")
	}
	var seed [32]byte
	if err := entropy.Fill(e.cfg.random, seed[:]); err != nil {
		return 0, err
	}
	e.seeds = append(e.seeds, seed)
	return pbft.ReplicaID(id), e.addState()
}

// invite returns a replica as a validator of the next set.
func (e *ensemble) invite(id pbft.ReplicaID) ledger.NewValidator {
	serial := e.replicas[0].validators().Serial
	for _, r := range e.replicas[1:] {
		serial = max(serial, r.validators().Serial)
	}
	return ledger.ProveValidator(e.trust.Chain, serial+1, ledger.Validator{ID: id}, pbft.NewSigner(e.seeds[id]))
}
