package evogame

import "fmt"

// Verdict classifies the end of a trajectory.
type Verdict int

const (
	// NotConverged: the trajectory was still moving at the horizon or at the
	// limit of steps.
	NotConverged Verdict = iota
	// ConvergedToStrictNash: at rest at a pure profile from which every
	// deviation loses more than the tolerance of the payoffs. Under the
	// replicator with several populations, only these states are asymptotically
	// stable.
	ConvergedToStrictNash
	// ConvergedToRestPoint: at rest at any other state: a mixed state; a
	// profile with a tie or with a margin below the tolerance; or a profile
	// from which a strategy without players would gain. See [Result.Stability].
	ConvergedToRestPoint
	// Cycle: the state returned to an earlier state twice, with the same
	// period.
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

// Stability is the effect of small disturbances on a rest point, to first
// order. It is the sign of the largest real part of the eigenvalues of the
// Jacobian of the velocity.
type Stability int

const (
	// Undecided: not a rest point, or the largest real part is zero, as at a
	// centre or a tie, or the velocity is not differentiable.
	Undecided Stability = iota
	// Stable: all small disturbances decay.
	Stable
	// Unstable: some small disturbance grows.
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

// Result is a trajectory with its verdict, from [Run], [Iterate] or
// [Path.Trajectory].
type Result struct {
	Verdict Verdict
	Reason  string // one sentence with names and numbers

	Time      float64 // at the end; [Iterate] counts periods
	Final     State   // at the end
	Payoffs   State   // f(v; x) of every strategy at the end
	Profile   []int   // pure profile reached or approached; nil if mixed or not at rest
	Margin    float64 // loss of the cheapest deviation from Profile; 0 without Profile
	Period    float64 // of a Cycle
	Times     []float64
	States    []State // at Times, including the first and the last
	Stability Stability

	// Steps and Rejected count accepted and rejected steps of the integration,
	// Evaluations the evaluations of the velocity.
	Steps, Rejected, Evaluations int
}
