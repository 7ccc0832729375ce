package evogame

import "fmt"

// Verdict says how a trajectory ended.
type Verdict int

const (
	// NotConverged: the horizon or the last step was reached before anything was settled.
	NotConverged Verdict = iota
	// ConvergedToStrictNash: at rest at a pure profile at which every deviation loses more than the
	// tolerance of the payoffs. Under the replicator with several populations these are the only
	// asymptotically stable states.
	ConvergedToStrictNash
	// ConvergedToRestPoint: at rest anywhere else: a mixed state, a profile with a tie or a margin below
	// the tolerance, or a profile which a strategy that nobody started with would upset. See
	// [Result.Stability].
	ConvergedToRestPoint
	// Cycle: the state came back to where it had been, twice, in the same time.
	Cycle
)

// Converged reports whether the trajectory came to rest.
func (v Verdict) Converged() bool { return v == ConvergedToStrictNash || v == ConvergedToRestPoint }

// String returns the verdict in words.
func (v Verdict) String() string {
	switch v {
	case NotConverged:
		return "not converged"
	case ConvergedToStrictNash:
		return "converged to a strict Nash profile"
	case ConvergedToRestPoint:
		return "converged to a rest point that is not a strict Nash profile"
	case Cycle:
		return "does not converge: cycle"
	}
	return fmt.Sprintf("Verdict(%d)", int(v))
}

// Stability says what small disturbances of a rest point do, to first order.
type Stability int

const (
	// Undecided: no rest point, or the first order does not tell (a centre, a tie, a dynamic that is not
	// smooth there).
	Undecided Stability = iota
	// Stable: all small disturbances die out.
	Stable
	// Unstable: some disturbance grows.
	Unstable
)

// String returns the stability in one word.
func (s Stability) String() string {
	switch s {
	case Undecided:
		return "undecided"
	case Stable:
		return "stable"
	case Unstable:
		return "unstable"
	}
	return fmt.Sprintf("Stability(%d)", int(s))
}

// Result is a trajectory and what to make of it.
type Result struct {
	Verdict Verdict
	Reason  string // one sentence, with names

	Time      float64 // at the end
	Final     State
	Payoffs   State   // of every strategy at the end
	Profile   []int   // the pure profile reached or being closed in on, held players at their likeliest; nil otherwise
	Margin    float64 // what the cheapest deviation from Profile loses; 0 without Profile
	Period    float64 // of a Cycle
	Times     []float64
	States    []State // recorded at Times, the first and the last included
	Stability Stability

	Steps, Rejected, Evaluations int // of the integration
}
