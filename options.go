package trigrid

import (
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
)

// Options sets how a run computes. The zero value works.
type Options struct {
	Solver  milp.Solver     // nil: [DefaultSolver]; a plan that ends at a limit of it counts with what it left open
	Workers int             // programs solved at a time; 0: one per core
	Observe func(Progress)  // nil: none; called from one goroutine at a time
	Dynamic evogame.Dynamic // how units revise their choice; nil: the replicator
	Start   evogame.State   // probabilities to begin with, one row per unit; nil: uniform
	Starts  int             // random starts that measure the basins of attraction; 0: 100, or 4 in a search
	Seed    uint64          // of the random starts and of the simulated ledger's keys

	// Search plans only the coalitions that the choice asks for, and lets units move in turn, each to the
	// plant where it earns most: the way for regions of more than [MostUnits] units, which are always
	// searched, and for fewer units with expensive programs. Paths begin with everybody outside (or at the
	// likeliest profile of Start) and at random profiles; Dynamic must be nil. Equilibria are proven to be
	// such, but others may exist.
	Search bool

	// Ledger starts the engine that runs the contracts and orders and executes the run's transactions. Nil: [Replicas] replicas of
	// PBFT that take turns in this process, so that equal runs leave equal chains.
	Ledger func(ledger.Genesis, []ledger.Contract) (ledger.Engine, error)
	Random io.Reader // keys and salts of the ledger; nil: derived from Seed, for simulations only
	Export io.Writer // receives the whole chain, for [engine.Replay]; nil: none
}

// completed fills in what was left out and reports what cannot be meant for a region.
func (o Options) completed(r Region) (Options, error) {
	o.Search = o.Search || len(r.Units) > MostUnits
	if o.Solver == nil {
		o.Solver = DefaultSolver()
	}
	if o.Observe == nil {
		o.Observe = func(Progress) {}
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	var bad []error
	if o.Starts < 0 {
		bad = append(bad, fmt.Errorf("options: %d starts, want at least 0", o.Starts))
	}
	if o.Search && o.Dynamic != nil {
		bad = append(bad, errors.New("options: a dynamic needs all payoffs; leave Dynamic nil where a region is searched"))
	}
	if o.Start != nil {
		if err := o.Start.Validate(newChoice(r, nil)); err != nil {
			bad = append(bad, fmt.Errorf("options: %w", err))
		}
	}
	return o, errors.Join(bad...)
}

// Replicas is the number of replicas of a run's own ledger: the fewest that survive a Byzantine one.
const Replicas = 4

// Progress says how far a run is.
type Progress struct {
	Stage Stage
	Done  int // of Total; programs solved so far where Total is 0
	Total int // 0 where it is not known before, in a search
}

// Stage is a part of a run.
type Stage string

// The stages of a run, in their order.
const (
	Registration Stage = "registration" // identities and weights on the ledger
	Coalitions   Stage = "coalitions"   // one program per plant and coalition
	Schemes      Stage = "schemes"      // sealed, judged by the grid, handed to the units
	Choice       Stage = "choice"       // the units' game
	Settling     Stage = "settlement"   // what everybody pays and receives
)

// DefaultSolver solves the programs of a run: HiGHS on one thread, to proven optimality up to 1e-7 of
// the objective, without its improvement heuristics. The relaxations of these programs are tight, and the
// heuristics' own sub-programs would take most of the time; DESIGN.md has the figures.
func DefaultSolver() highs.Solver {
	return highs.Solver{Gap: 1e-7, Search: highs.SearchProof}
}
