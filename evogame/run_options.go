package evogame

import (
	"cmp"
	"math"
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
)

// Options sets the integration and the verdict of [Run]. The zero value works:
// it stops at the first verdict.
type Options struct {
	// Horizon is the end time, in the reciprocal unit of the payoffs. With a
	// Horizon the trajectory continues to that time and the verdict is about
	// its end. 0: stop as soon as the verdict is certain, or after MaxSteps.
	Horizon float64
	// Every is the time between recorded states and needs a Horizon. 0: record
	// the state after every step. +Inf: record only the first and the last
	// state.
	Every float64
	// MaxSteps bounds the accepted steps of the integration. 0: 10,000.
	MaxSteps int
	// Tolerance bounds the local error of a step. It applies to log x[v],
	// relative to max(1, |log x[v]|), for an [Imitative] dynamic, and to x[v]
	// for others. Range [1e-14, 1e-2]; 0: 1e-10.
	Tolerance float64
	// Rest is the speed that counts as standing still, as a fraction of the
	// largest speed of the same population over a fixed sample of states. 0:
	// 1e-9.
	Rest float64
	// PayoffTolerance bounds the error of each payoff, in the unit of the
	// payoffs. It is added to the tolerance that a [Tolerant] game states.
	PayoffTolerance float64
	// Speed multiplies the velocity of each population, > 0. nil: 1 for all.
	Speed []float64
	// Held lists populations that keep their initial state, such as a DER with
	// a fixed contract, or one that randomises with constant probabilities.
	Held []int
	// Stop, if not nil, is called before every step. If it returns true, the
	// integration ends there with the verdict NotConverged, or with that of a
	// state that is at rest.
	Stop func() bool
}

// maxRecords bounds the states recorded at regular times.
const maxRecords = 1_000_000

// withDefaults returns o with defaults set, or an error that lists every
// invalid option.
func (o Options) withDefaults(s Shape) (Options, error) {
	bad := faults.List{Prefix: "evogame: "}
	bad.AtLeast("option Horizon", o.Horizon, 0, "")
	if !math.IsInf(o.Every, 1) {
		bad.AtLeast("option Every", o.Every, 0, "")
	}
	bad.AtLeast("option Rest", o.Rest, 0, "")
	bad.AtLeast("option PayoffTolerance", o.PayoffTolerance, 0, "")
	bad.Require(o.MaxSteps >= 0, "option MaxSteps is %d, want at least 0", o.MaxSteps)
	if o.Tolerance != 0 {
		bad.Between("option Tolerance", o.Tolerance, 1e-14, 1e-2, "")
	}
	if o.Every > 0 && !math.IsInf(o.Every, 1) {
		if bad.Require(o.Horizon != 0, "option Every needs a Horizon") {
			bad.Require(!(o.Horizon/o.Every > maxRecords),
				"option Every records more than %d states; use a larger one", maxRecords)
		}
	}
	bad.Require(o.Speed == nil || len(o.Speed) == s.Players(),
		"option Speed has %d entries for %d players", len(o.Speed), s.Players())
	for i, v := range o.Speed {
		bad.Require(finite(v) && v > 0,
			"option Speed of player %d is %v, want a positive number; use Held to stop it", i, v)
	}
	for k, i := range o.Held {
		n := s.Players()
		if bad.Require(i >= 0 && i < n, "option Held names player %d of %d", i, n) {
			bad.Require(!slices.Contains(o.Held[:k], i), "option Held names player %d twice", i)
		}
	}
	o.MaxSteps = cmp.Or(o.MaxSteps, 10_000)
	o.Tolerance = cmp.Or(o.Tolerance, 1e-10)
	o.Rest = cmp.Or(o.Rest, 1e-9)
	return o, bad.Err()
}
