package farm

import (
	"errors"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// Failure is the error of a program without a solution. It has the text of the
// worker's error and wraps the same sentinels, so that a run treats both alike.
type Failure struct {
	Text  string   `json:"text"`
	Kinds []string `json:"kinds,omitempty"` // of the sentinels that the error wraps

	// Infeasible and Unbounded are the reasons of a [vpp.InfeasibleError] and
	// of a [vpp.UnboundedError].
	Infeasible string `json:"infeasible,omitempty"`
	Unbounded  string `json:"unbounded,omitempty"`
}

// kinds are the sentinels that a run distinguishes.
var kinds = []struct {
	name string
	err  error
}{
	{"infeasible", milp.ErrInfeasible},
	{"unbounded", milp.ErrUnbounded},
	{"no_solution", milp.ErrNoSolution},
	{"failed", milp.ErrFailed},
}

// failureOf returns the failure of an error.
func failureOf(err error) *Failure {
	f := &Failure{Text: err.Error()}
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			f.Kinds = append(f.Kinds, k.name)
		}
	}
	if x := (*vpp.InfeasibleError)(nil); errors.As(err, &x) {
		f.Infeasible = x.Reason
	}
	if x := (*vpp.UnboundedError)(nil); errors.As(err, &x) {
		f.Unbounded = x.Reason
	}
	return f
}

// Error implements error.
func (f *Failure) Error() string { return f.Text }

// Unwrap returns the sentinels and reasons of the worker's error.
func (f *Failure) Unwrap() []error {
	// The typed errors come first, so that errors.As finds the reason and not
	// the bare sentinel.
	var all []error
	if f.Infeasible != "" {
		all = append(all, &vpp.InfeasibleError{Reason: f.Infeasible})
	}
	if f.Unbounded != "" {
		all = append(all, &vpp.UnboundedError{Reason: f.Unbounded})
	}
	for _, k := range kinds {
		for _, name := range f.Kinds {
			if name == k.name {
				all = append(all, k.err)
			}
		}
	}
	return all
}

// repeatable reports whether another solve fails alike: a proof does, a limit
// of time or a solver that breaks down may not.
func (f *Failure) repeatable() bool {
	// A solver that reports both has not decided, and another run of it may.
	infeasible, unbounded := errors.Is(f, milp.ErrInfeasible), errors.Is(f, milp.ErrUnbounded)
	return infeasible != unbounded && !errors.Is(f, milp.ErrFailed) && !errors.Is(f, milp.ErrNoSolution)
}
