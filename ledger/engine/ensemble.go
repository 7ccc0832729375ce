package engine

import (
	"errors"
	"fmt"
	"io"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/internal/entropy"
	"github.com/trigrid/trigrid/pbft"
)

// ensemble is what the engines on PBFT have in common: the replicas with their keys, states and memories, and the
// history that they make.
type ensemble struct {
	History
	record   *Recorder
	trust    ledger.TrustState
	genesis  pbft.Genesis
	seeds    [][32]byte // of the replicas' keys
	replicas []*replica
	memories []*memory
	resumed  ledger.Header // the last one of the export that is continued
}

type ensembleConfig struct {
	genesis   ledger.Genesis
	contracts []ledger.Contract
	replicas  int
	random    io.Reader
	rule      pbft.Rule
	from      io.Reader
}

// maxReplicas is the largest set that package pbft takes.
const maxReplicas = 256

func newEnsemble(cfg ensembleConfig) (*ensemble, error) {
	if cfg.replicas < 1 || cfg.replicas > maxReplicas {
		return nil, fmt.Errorf("ledger: %d replicas, want 1 to %d", cfg.replicas, maxReplicas)
	}
	e := &ensemble{seeds: make([][32]byte, cfg.replicas)}
	e.History, e.record = NewHistory()
	members := make([]pbft.Member, cfg.replicas)
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
	for range cfg.replicas {
		machine, err := ledger.NewMachine(e.trust.Chain, cfg.genesis, cfg.contracts...)
		if err != nil {
			return nil, err
		}
		e.replicas, e.memories = append(e.replicas, &replica{machine: machine}), append(e.memories, &memory{})
	}
	if cfg.from != nil {
		return e, e.resume(cfg)
	}
	return e, nil
}

// pbftGenesis binds the ledger's genesis into the chain's id through its name.
func pbftGenesis(g ledger.Genesis, members []pbft.Member, rule pbft.Rule) pbft.Genesis {
	return pbft.Genesis{
		Name: g.Name + "/" + g.Hash().String(), Members: members, Rule: rule,
		ClientWindow: ledger.NumberWindow, RequestLimit: ledger.MaxOperation, ResultLimit: ledger.MaxOperation,
	}
}

// resume takes over what an export holds, before the replicas start.
func (e *ensemble) resume(cfg ensembleConfig) error {
	a, err := replay(cfg.from, ReplayOptions{Contracts: cfg.contracts, Trust: e.trust, Rule: cfg.rule}, func(stated *exportHead) error {
		switch {
		case stated.genesis.Hash() != cfg.genesis.Hash():
			return fmt.Errorf("%w: it is of another genesis, %q", ErrContinue, stated.genesis.Name)
		case stated.trust.Chain != e.trust.Chain:
			return fmt.Errorf("%w: its replicas have other keys, number or rule; pass the Random, Replicas and Rule that it was made with", ErrContinue)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := e.recall(a); err != nil {
		return err
	}
	for i, b := range a.Blocks {
		e.record.Add(b)
		e.record.Certify(b.Header.Height, a.Headers[i].Proof)
	}
	e.resumed = a.Machine.Head()
	return nil
}

// checkResumed compares the replicas' states, after they have executed what they remember, with the export's blocks.
// Its last block was certified, so a quorum had executed it. They may remember more; but one that has a checkpoint beyond
// the last block cannot tell what came between.
func (e *ensemble) checkResumed() error {
	there := 0
	for i, r := range e.replicas {
		h := r.machine.Head()
		if h.Height == e.resumed.Height && h != e.resumed {
			return fmt.Errorf("%w: replica %d remembers another block %d", ErrContinue, i, h.Height)
		}
		if _, err := r.machine.Read("", e.resumed.Height); err == nil {
			there++
		}
	}
	if need := pbft.StrongQuorum(len(e.replicas)); there < need {
		return fmt.Errorf("%w: %d of %d replicas can go on after its block %d, want %d", ErrContinue, there, len(e.replicas), e.resumed.Height, need)
	}
	return nil
}

// Chain implements [Engine].
func (e *ensemble) Chain() ledger.Hash { return e.trust.Chain }

// Trust implements [Engine].
func (e *ensemble) Trust() (ledger.FinalityVerifier, ledger.TrustState) {
	return ledger.PBFTVerifier{}, e.trust
}

func (e *ensemble) status(kind string) ledger.EngineStatus {
	n := len(e.replicas)
	return ledger.EngineStatus{Kind: kind, Height: e.record.Height(), Replicas: n, Faulty: pbft.Faulty(n)}
}

// explain turns the reasons for not taking a transaction into the engine's: refused is PBFT's and check the state
// machine's; either may be nil. A transaction that is executed already is taken again.
func (e *ensemble) explain(id ledger.TxID, refused, check error) error {
	why := check
	if why == nil {
		why = refused
	}
	switch {
	case why == nil || e.record.Has(id):
		return nil
	case errors.Is(refused, pbft.RefusedPoolFull) || errors.Is(check, &ledger.Refusal{Code: "tx.ahead"}):
		return fmt.Errorf("%w: %w", ledger.ErrBusy, why)
	}
	return fmt.Errorf("%w: %w", ledger.ErrInvalidTx, why)
}
