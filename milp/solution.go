package milp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// Solver solves models. Implementations are safe for concurrent use unless
// documented otherwise, never change the model, and reject a model whose
// [Model.Err] is not nil.
//
// Solve returns either a solution or an error. An infeasible or unbounded
// program and a solver that stopped at a limit are results, reported in
// [Solution.Status]. An error reports a missing result: an invalid model, no
// solver on this machine, a cancelled context.
type Solver interface {
	Solve(ctx context.Context, m *Model) (*Solution, error)
}

// Session keeps one model loaded in a solver. Solving it again after a change
// of bounds, limits or costs takes less time than a new solve. One goroutine at
// a time uses a session.
type Session interface {
	// Solve passes the changes of the model to the solver and solves it, like
	// [Solver.Solve]. [Solution.Update] reports whether the program was updated
	// in place or rebuilt, with the reason.
	Solve(ctx context.Context) (*Solution, error)
	// Close releases the solver's memory. A closed session returns an error
	// from Solve.
	Close() error
}

// Opener is a solver with sessions.
type Opener interface {
	Solver
	Open(m *Model) (Session, error)
}

// Identified is a solver whose solutions can be stored and used again by
// another process.
type Identified interface {
	Solver
	// Identity returns a text of everything except the model that determines a
	// solution: version and build of the solver, the checksum of its file, and
	// its settings. Two solvers with equal texts return equal solutions of
	// equal models, if neither is stopped by wall time, memory or a context.
	// These limits, and settings of logs and progress, are not part of the
	// text; limits of nodes and iterations are. The text begins with
	// [Solution.Backend] of the solutions.
	Identity() (string, error)
}

// Status classifies the result of a solve.
type Status int

// The zero value is not a status, so that a missing one is detected.
const (
	Optimal    Status = iota + 1 // proven optimal within the requested gap
	Feasible                     // values satisfy the program; a limit stopped the proof
	Infeasible                   // proven to have no solution
	Unbounded                    // proven to have no finite optimum
	NoSolution                   // a limit stopped the solver before it found a solution
	Undecided                    // proven infeasible or unbounded, not which
)

// String returns the status in lower case.
func (s Status) String() string {
	switch s {
	case Optimal:
		return "optimal"
	case Feasible:
		return "feasible"
	case Infeasible:
		return "infeasible"
	case Unbounded:
		return "unbounded"
	case NoSolution:
		return "no solution"
	case Undecided:
		return "infeasible or unbounded"
	}
	return "unknown"
}

// Errors returned by [Solution.Err] for results without values.
var (
	ErrInfeasible = errors.New("the program has no solution")
	ErrUnbounded  = errors.New("the program has no finite optimum")
	ErrNoSolution = errors.New("the solver stopped before it found a solution")

	// ErrFailed is wrapped by the error of a solver that gave up on a valid
	// model, for example for numerical reasons. Other models may still be
	// solved.
	ErrFailed = errors.New("the solver failed")

	errUndecided = fmt.Errorf("%w, or %w", ErrInfeasible, ErrUnbounded)
)

// Solution is the result of a solve.
type Solution struct {
	Status    Status
	Stopped   string  // the solver's reason for stopping, for example "time limit"
	Abandoned bool    // the solver ignored its limit and was left behind; Status is NoSolution
	Objective float64 // of Values, in the model's own sense; NaN without values
	Bound     float64 // no solution has a better objective
	Gap       float64 // |Bound − Objective| / |Objective|; 0 for an LP of HiGHS, Inf without values

	Values []float64 // one entry per column; nil without values

	// Duals (one entry per row) and ReducedCosts (one entry per column) are the
	// change of the objective per unit of the limit or bound, in the model's
	// own sense. They are nil for a program with integers; see [Prices].
	Duals, ReducedCosts []float64

	Nodes      int64         // of the branch-and-bound tree
	Iterations int64         // of the simplex and interior-point methods
	Time       time.Duration // wall time of the solve
	Backend    string        // solver, version and build
	Update     string        // of a [Session]: "built: …", "updated: …" or "rebuilt: …"
}

// Err returns nil if the solution has values, and otherwise the reason as an
// error. The error of an [Undecided] program wraps both [ErrInfeasible] and
// [ErrUnbounded].
func (s *Solution) Err() error {
	switch s.Status {
	case Optimal, Feasible:
		return nil
	case Infeasible:
		return ErrInfeasible
	case Undecided:
		return errUndecided
	case Unbounded:
		return ErrUnbounded
	}
	return ErrNoSolution
}

// Value returns a variable's value, or NaN if the solution has no values.
func (s *Solution) Value(v Var) float64 {
	if s.Values == nil {
		return math.NaN()
	}
	return s.Values[v.col]
}

// Eval returns an expression's value, or NaN if the solution has no values.
func (s *Solution) Eval(e Expr) float64 {
	if s.Values == nil {
		return math.NaN()
	}
	return e.Value(s.Values)
}

// On reports whether a binary variable is 1. A solver returns binaries within a
// tolerance, such as 0.9999997, so On compares with 0.5.
func (s *Solution) On(v Var) bool { return s.Value(v) > 0.5 }

// Dual returns a constraint's dual, or NaN if the solution has no duals.
func (s *Solution) Dual(r Row) float64 {
	if s.Duals == nil {
		return math.NaN()
	}
	return s.Duals[r.row]
}

// objectiveOf returns c·x + c_0 for the values x.
func (m *Model) objectiveOf(values []float64) float64 {
	sum := m.constant
	for j, c := range m.cost.all() {
		sum += c * values[j]
	}
	return sum
}
