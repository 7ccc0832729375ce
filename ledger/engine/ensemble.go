package engine

import (
	"errors"
	"fmt"
	"io"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/internal/entropy"
	"github.com/trigrid/trigrid/pbft"
)

// ensemble is the common part of the engines on PBFT: replicas with keys,
// states and records, and the history of the chain.
type ensemble struct {
	History
	record  *Recorder
	cfg     ensembleConfig // contracts with that of the validators
	trust   ledger.TrustState
	genesis pbft.Genesis
	epochs  epochLog
	resumed ledger.Header // last header of the continued export

	// The engine's lock guards the lists. They grow by AddReplica only.
	seeds    [][32]byte // private keys of the replicas
	replicas []*application
	memories []*memory
}

// ensembleConfig has the fields that [ChainConfig] and [ClusterConfig] share.
type ensembleConfig struct {
	genesis   ledger.Genesis
	contracts []ledger.Contract
	replicas  int
	random    io.Reader
	rule      pbft.Rule
	from      io.Reader
}

// maxReplicas is the largest set of replicas that package pbft accepts.
const maxReplicas = 256

// newEnsemble makes the replicas and restores them from an export if there is
// one. It does not start them.
func newEnsemble(cfg ensembleConfig) (*ensemble, error) {
	if cfg.replicas < 1 || cfg.replicas > maxReplicas {
		return nil, fmt.Errorf("ledger: %d replicas, want 1 to %d", cfg.replicas, maxReplicas)
	}
	e := &ensemble{cfg: cfg, seeds: make([][32]byte, cfg.replicas)}
	e.History, e.record = NewHistory()
	members := make([]pbft.Member, cfg.replicas)
	// The keys are drawn in the order of the replicas, so that one reader gives
	// the same replicas again.
	for i := range e.seeds {
		if err := entropy.Fill(cfg.random, e.seeds[i][:]); err != nil {
			return nil, err
		}
		members[i] = pbft.Member{ID: pbft.ReplicaID(i), Key: pbft.NewSigner(e.seeds[i]).Public()}
	}
	e.genesis = pbftGenesis(cfg.genesis, members, cfg.rule)
	var err error
	if e.trust, err = ledger.TrustPBFT(e.genesis); err != nil {
		return nil, err
	}
	e.epochs.first = pbft.Membership{Members: members}
	validators, err := ledger.PBFTVerifier{}.Validators(e.trust)
	if err != nil {
		return nil, err
	}
	e.cfg.contracts = append([]ledger.Contract{validators}, cfg.contracts...)
	for range cfg.replicas {
		if err := e.addState(); err != nil {
			return nil, err
		}
	}
	if cfg.from != nil {
		return e, e.resume(cfg)
	}
	return e, nil
}

// pbftGenesis returns the genesis of the protocol. Its name contains the hash
// of the ledger's genesis, so that the chain's id depends on both.
func pbftGenesis(g ledger.Genesis, members []pbft.Member, rule pbft.Rule) pbft.Genesis {
	return pbft.Genesis{
		Name: g.Name + "/" + g.Hash().String(), Members: members, Rule: rule,
		ClientWindow: ledger.NumberWindow, RequestLimit: ledger.MaxOperation, ResultLimit: ledger.MaxOperation,
		ClientResults: 4 * ledger.MaxOperation,
	}
}

// resume replays an export and restores the replicas' records before they
// start.
func (e *ensemble) resume(cfg ensembleConfig) error {
	a, err := replay(cfg.from, ReplayOptions{Contracts: cfg.contracts, Trust: e.trust, Rule: cfg.rule}, func(stated *exportHead) error {
		switch {
		case stated.genesis.Hash() != cfg.genesis.Hash():
			return fmt.Errorf("%w: the export has another genesis, %q", ErrContinue, stated.genesis.Name)
		case stated.trust.Chain != e.trust.Chain:
			return fmt.Errorf("%w: the export's replicas have other keys, number or rule; use its Random, Replicas and Rule", ErrContinue)
		}
		return nil
	})
	if err != nil {
		return err
	}
	// Replicas that joined later have their keys from the same source.
	for len(e.memories) < len(a.memories) {
		if _, err := e.grow(); err != nil {
			return err
		}
	}
	if err := e.restoreMemories(a); err != nil {
		return err
	}
	for i, b := range a.Blocks {
		e.record.Add(b)
		e.record.Certify(b.Header.Height, a.Headers[i].Proof)
	}
	e.resumed = a.Machine.Head()
	return nil
}

// addState makes the state and the storage of one more replica.
func (e *ensemble) addState() error {
	machine, err := ledger.NewMachine(e.trust.Chain, e.cfg.genesis, e.cfg.contracts...)
	if err != nil {
		return err
	}
	e.replicas, e.memories = append(e.replicas, &application{machine: machine}), append(e.memories, &memory{})
	return nil
}

// checkResumed compares the replicas' states, after they have executed their
// records, with the export's last block. That block was certified, so a quorum
// must have executed it. A replica whose checkpoint is beyond the last block
// cannot show it.
func (e *ensemble) checkResumed(members pbft.Membership) error {
	there := 0
	for i, r := range e.replicas {
		h := r.machine.Head()
		if h.Height == e.resumed.Height && h != e.resumed {
			return fmt.Errorf("%w: replica %d has another block %d in its records", ErrContinue, i, h.Height)
		}
		// Read fails for a height that the replica has skipped by a snapshot.
		if _, err := r.machine.Read("", e.resumed.Height); err == nil && members.Contains(pbft.ReplicaID(i)) {
			there++
		}
	}
	if need := members.Strong(); there < need {
		return fmt.Errorf("%w: %d of %d replicas can continue after block %d, want %d", ErrContinue, there, members.Size(), e.resumed.Height, need)
	}
	return nil
}

// Chain implements [ledger.Engine].
func (e *ensemble) Chain() ledger.Hash { return e.trust.Chain }

// Trust implements [ledger.Engine].
func (e *ensemble) Trust() (ledger.FinalityVerifier, ledger.TrustState) {
	return ledger.PBFTVerifier{}, e.trust
}

// status returns the state of an engine of the given kind. For example, 4
// replicas tolerate 1 Byzantine one, and 7 tolerate 2.
func (e *ensemble) status(kind string) ledger.EngineStatus {
	m := e.epochs.last()
	return ledger.EngineStatus{Kind: kind, Height: e.record.Height(), Replicas: m.Size(), Faulty: m.Faulty()}
}

// explain converts the reasons for rejecting a transaction into an error of
// engines. refused is PBFT's reason and check the state machine's; either may
// be nil. A transaction that is executed already is accepted again.
func (e *ensemble) explain(id ledger.TxID, refused, check error) error {
	// The state machine's reason is more specific than PBFT's.
	why := check
	if why == nil {
		why = refused
	}
	switch {
	// A transaction that is executed has a receipt, which its sender can await.
	case why == nil || e.record.Has(id):
		return nil
	case errors.Is(refused, pbft.RefusedPoolFull) || errors.Is(check, &ledger.Refusal{Code: "tx.ahead"}):
		return fmt.Errorf("%w: %w", ledger.ErrBusy, why)
	}
	return fmt.Errorf("%w: %w", ledger.ErrInvalidTx, why)
}
