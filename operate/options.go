package operate

import (
	"io"
	"runtime"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/weights"
)

// Options sets how a season is operated. The zero value works: day-ahead
// planning with a point forecast and a choice every day.
type Options struct {
	Strategy Strategy // default: [DayAheadOnly]

	// ChooseEvery is the number of days between two choices of VPP. Default 0:
	// 1, every day.
	ChooseEvery int

	// Choices fixes the VPP of each DER, or [trigrid.Outside], by name. A DER
	// without an entry is outside. Default nil: the DERs choose.
	Choices trigrid.Profile

	// Policy sets the grid's weights of a day from its signals at the gate, see
	// [trigrid.Region.Signals]. They are measured on 200 scenarios of the
	// source, which are the same for each strategy. The ledger has both.
	// Default nil: the weights of the template, or of Weights.
	Policy weights.Policy

	// Weights sets the grid's weights of a day, 0 ≤ day < Days, from its region
	// at the gate: forecasts, scenarios and the states of the DERs. Default
	// nil: the weights of the template, and on days without a choice those of
	// the last choice. Not together with Policy.
	Weights func(day int, region trigrid.Region) (weights.Vector, error)

	// Choice are the options of the runs in which the DERs choose. Solver,
	// Budget, Workers, Store, Seed, Policy, Ledger and Random are set from the
	// fields below.
	Choice trigrid.Options

	Solver  milp.Solver // default nil: [trigrid.DefaultSolver]
	Workers int         // VPPs operated at a time; default 0: one per core
	Seed    uint64      // of the choice and of the simulated ledger's keys

	// Store is a folder in which solutions are kept, as
	// [trigrid.Options.Store]. A season that was killed continues from it and
	// gives the bytes of one that was not. Programs with convex costs are not
	// kept and are solved again. Default "": none.
	Store string

	// NoLedger leaves out the ledger: no period is opened, and payments have no
	// proof.
	NoLedger bool
	Export   io.Writer // receives the chain of the season; default nil: none

	// Bounds computes [Day.Bound], which takes one more program per VPP and
	// day.
	Bounds bool

	Observe func(Progress) // default nil: none; called from one goroutine at a time

	shared *workers // of a comparison; nil: the season's own
}

// Progress is the state of a season that runs. For example, Day 3 of 30 and
// Step 5 of 24 is the fourth day at 05:00 of an hourly season. Strategies of a
// comparison report in any order.
type Progress struct {
	Strategy    string
	Day, Days   int // days that are settled, of all
	Step, Steps int // steps of the present day that are operated, of all
}

// withDefaults returns o with defaults set, or an error that lists every
// invalid option.
func (o Options) withDefaults() (Options, error) {
	if o.Strategy.Name == "" && o.Strategy == (Strategy{}) {
		o.Strategy = DayAheadOnly()
	}
	if o.ChooseEvery == 0 {
		o.ChooseEvery = 1
	}
	if o.Solver == nil {
		o.Solver = trigrid.DefaultSolver()
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	bad := faults.List{Prefix: "operate: options: "}
	bad.Require(o.ChooseEvery >= 1, "ChooseEvery is %d days, want at least 1", o.ChooseEvery)
	bad.Require(o.Policy == nil || o.Weights == nil, "Policy and Weights are both given; leave one out")
	bad.Add(o.Strategy.Validate())
	return o, bad.Err()
}
