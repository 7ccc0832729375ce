package trigrid

import (
	"io"
	"runtime"
	"time"

	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/farm"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// Options sets how a run computes. The zero value works.
type Options struct {
	// Solver solves the programs. Default nil: [DefaultSolver]. If a program
	// ends at a limit of the solver with a plan, the plan is used and its
	// absolute gap is part of the result.
	Solver milp.Solver

	// Budget is the wall time of the run from its start. Default 0:
	// [DefaultBudget]; negative: none. With a budget the programs are first
	// solved to a gap of 1 %, and only those whose gap could change a verdict
	// are solved to the gap of the solver. For more than 1,024 coalitions a
	// search comes first. A tenth of the budget is kept for choice and
	// settlement. When the budget ends, the result states it in [Result.Cut].
	//
	// Without a budget each program is solved once, to the gap of the solver.
	Budget time.Duration

	Workers int            // programs solved at a time; default 0: one per core
	Observe func(Progress) // default nil: none; see [Progress]

	Dynamic evogame.Dynamic // revision protocol of the DERs; default nil: the replicator

	// Start has the initial probabilities: one row per DER, with one column per
	// VPP and a last one for the outside option. Default nil: uniform.
	Start evogame.State

	// Starts is the number of random starts that measure the basins. Default 0:
	// 100, or 4 in a search. In a region of fleets it is the number of starts
	// of each dynamic that is compared with the joint program, the equal split
	// and random ones. Default 0: 2 in a small region, none in others, because
	// large ones need hundreds of programs.
	Starts int

	// Policy sets the weights of the run from [Region.Signals]. Signals and
	// weights are published on the ledger and stand in [Result.Signals].
	// Default nil: the weights of [Region.Setting].
	Policy weights.Policy

	Seed uint64 // of the random starts and of the simulated ledger's keys

	// Search plans only the coalitions that the choice needs. DERs move in
	// turn, each to the VPP of its highest payoff. Regions of more than
	// [MaxEnumerated] DERs are always searched; Search is useful for fewer DERs
	// if the programs are slow. Paths start with all DERs outside, or at the
	// most probable profile of Start, and at random profiles. Dynamic must be
	// nil. The equilibria found are proven, but others may exist.
	Search bool

	// Stability adds [Result.Stability]: the groups of DERs that gain by
	// leaving the recommended allocation together. It solves no programs.
	Stability bool

	// Ledger starts the engine that runs the contracts and that orders and
	// executes the transactions of the run. Default nil: [Replicas] replicas of
	// PBFT in this process that take turns, so that equal runs give equal
	// chains.
	Ledger func(ledger.Genesis, []ledger.Contract) (ledger.Engine, error)

	// Network is an open network on which the run is one period. Its members
	// must be [GridParty], the VPPs and the DERs of the region. The run does
	// not close it; Ledger and Random are not used. A season of many runs
	// shares one, see package operate. Default nil: a network of the run's own.
	Network *client.Network

	Period uint64 // number of the run's period on the ledger; default 0: 1

	// Unsettled leaves the period on the ledger open for payments, so that the
	// caller can settle the delivered energy later. [Result.Settlement] has the
	// expected payments all the same.
	Unsettled bool

	// Random is the source of keys and salts. Default nil: derived from Seed,
	// for simulations only.
	Random io.Reader

	// Store is a folder in which solutions are kept as they are found. A run
	// that was killed continues from it, and another run reads the solutions of
	// equal programs; both give the bytes of a run without it. The program,
	// [vpp.ModelRevision], the identity of the solver (see [milp.Identified])
	// and the architecture must be equal. The folder is created if necessary.
	// Several runs can use it at once. A folder that has solutions and cannot
	// be written is only read; [Timing.NotStored] then has the reason. Default
	// "": none.
	Store string

	// Farm solves the programs of coalitions, such as on other machines; see
	// package farm. The run plans again only the coalitions whose schedules it
	// needs, and ends with an error if such a plan differs from the answer. The
	// solver must be a [milp.Identified]. Regions of fleets and the programs in
	// which a VPP selects its members are solved by the run itself. Default
	// nil: goroutines of this process.
	Farm farm.Farm

	Export io.Writer // receives the whole chain, for [engine.Replay]; default nil: none

	// Undivided makes each [der.Fleet] of any count one player, whose DERs
	// choose one VPP together. The region then has at most [vpp.MaxDERs] DERs.
	Undivided bool

	// Last is [Result.Fleet] of an earlier run with the same VPPs and classes,
	// such as that of the day before. Among nearly equal splits DERs then stay
	// in their places: a move costs 1e-5 of the mean gain per DER of that run.
	// Default nil: none.
	Last *fleet.Summary

	planAll bool // for tests: a search plans all coalitions first
}

// withDefaults returns o with defaults set for a region, or an error that lists
// every invalid option.
func (o Options) withDefaults(r Region) (Options, error) {
	if o.Budget == 0 {
		o.Budget = DefaultBudget
	}
	if o.Solver == nil {
		o.Solver = DefaultSolver()
	}
	bad := faults.List{Prefix: "options: "}
	bad.Require(o.Workers >= 0, "%d workers, want at least 1, or 0 for one per core", o.Workers)
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if n := len(r.DERs); n > vpp.MaxDERs && o.Undivided {
		bad.Addf("%d DERs are undivided; at most %d can choose as players", n, vpp.MaxDERs)
	} else if _, exact := r.Sharing.(vpp.Shapley); exact && o.Undivided && n > MaxEnumerated {
		bad.Addf("the exact Shapley value of %d undivided DERs needs up to 2^%d programs; share by vpp.SampledShapley", n, n)
	}
	if r.OfFleets() && !o.Undivided {
		bad.Require(o.Dynamic == nil && o.Start == nil, "a region of fleets is solved as one program; leave Dynamic and Start nil")
		bad.Require(o.Starts >= 0, "%d starts, want at least 0", o.Starts)
		bad.Require(o.Last == nil || r.like(o.Last), "Last has other VPPs or classes than the region, or more DERs than a class has; give the result of a run of the same region")
		return o, bad.Err()
	}
	o.Search = o.Search || len(r.DERs) > MaxEnumerated || !enumerable(r)
	bad.Require(o.Starts >= 0, "%d starts, want at least 0", o.Starts)
	bad.Require(!o.Search || o.Dynamic == nil, "a dynamic needs all payoffs; leave Dynamic nil if a region is searched")
	if o.Start != nil {
		if err := o.Start.Validate(newChoice(r, nil, nil)); err != nil {
			bad.Addf("%w", err)
		}
	}
	return o, bad.Err()
}

// period returns Period or its default.
func (o Options) period() uint64 { return max(1, o.Period) }

// enumerable reports whether the payoffs of all profiles fit into a table.
func enumerable(r Region) bool {
	profiles := 1
	for range r.DERs {
		if profiles *= len(r.VPPs) + 1; profiles > evogame.MaxPayoffs/len(r.DERs) {
			return false
		}
	}
	return true
}

// DefaultSolver returns the default of [Options.Solver]: HiGHS on one thread,
// to a gap of 1e-7 of the objective, without its improvement heuristics. The
// relaxations of these programs are tight, so that the sub-programs of the
// heuristics would take most of the time; DESIGN.md has the figures.
func DefaultSolver() highs.Solver {
	return highs.Solver{Gap: 1e-7, Search: highs.SearchProof}
}
