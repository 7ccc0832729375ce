package milp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// Solver solves models. Implementations are safe for concurrent use by several goroutines unless
// they say otherwise, never change the model, and refuse one whose [Model.Err] is not nil.
//
// Solve returns a solution or an error, never both and never neither. A program that is infeasible
// or unbounded and a solver that stopped at a limit are answers, found in [Solution.Status]. Errors
// are for what prevents an answer: a broken model, no solver on this machine, a cancelled context.
type Solver interface {
	Solve(ctx context.Context, m *Model) (*Solution, error)
}

// Session keeps one model alive inside a solver, so that solving it again after its bounds, limits
// or objective changed costs less than starting over. It is used by one goroutine at a time.
type Session interface {
	// Solve brings the solver up to date with the model and solves it, as [Solver.Solve] does.
	// [Solution.Update] says whether the program was updated in place or rebuilt, and why.
	Solve(ctx context.Context) (*Solution, error)
	Close() error
}

// Opener is a solver that can keep a model alive.
type Opener interface {
	Solver
	Open(m *Model) (Session, error)
}

// Status says what a solver found.
type Status int

// The zero value is not a status, so that a forgotten one is noticed.
const (
	Optimal    Status = iota + 1 // proven within the gap asked for
	Feasible                     // values satisfy the program; stopped at a limit before the proof
	Infeasible                   // proven to have no solution
	Unbounded                    // proven to have no finite optimum
	NoSolution                   // stopped at a limit before any solution was found
	Undecided                    // infeasible or unbounded, not known which
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

// Errors by which a caller that needs values can say that there are none.
var (
	ErrInfeasible = errors.New("the program has no solution")
	ErrUnbounded  = errors.New("the program has no finite optimum")
	ErrNoSolution = errors.New("the solver stopped before it found a solution")

	errUndecided = fmt.Errorf("%w, or %w", ErrInfeasible, ErrUnbounded)
)

// Solution is what a solver knows about a model when it stops.
type Solution struct {
	Status    Status
	Stopped   string  // why the solver stopped, in its own words
	Objective float64 // of Values, in the model's own sense; NaN without values
	Bound     float64 // no solution is better than this
	Gap       float64 // |Bound − Objective| / |Objective|; 0 for a proven LP, Inf without values

	Values []float64 // one per column, nil where there are none

	// Duals (one per row) and ReducedCosts (one per column) are changes of the objective per unit of
	// the limit or bound, in the model's own sense. They are nil for a program with integers; see
	// [Prices].
	Duals, ReducedCosts []float64

	Nodes      int64 // of the search tree
	Iterations int64 // of the simplex or interior point method
	Time       time.Duration
	Backend    string // which solver, version and build
	Update     string // of a [Session]: "built", "updated: …" or "rebuilt: …"
}

// Err returns nil where the solution has values and the reason as an error where it has none. That of
// an [Undecided] program is both [ErrInfeasible] and [ErrUnbounded].
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

// Value returns a variable's value, NaN where there are none.
func (s *Solution) Value(v Var) float64 {
	if s.Values == nil {
		return math.NaN()
	}
	return s.Values[v.col]
}

// Eval returns an expression's value, NaN where there are none.
func (s *Solution) Eval(e Expr) float64 {
	if s.Values == nil {
		return math.NaN()
	}
	return e.Value(s.Values)
}

// On reports whether a binary variable is 1.
func (s *Solution) On(v Var) bool { return s.Value(v) > 0.5 }

// Dual returns a constraint's dual, NaN where there are none.
func (s *Solution) Dual(r Row) float64 {
	if s.Duals == nil {
		return math.NaN()
	}
	return s.Duals[r.row]
}

// objectiveOf returns what values cost.
func (m *Model) objectiveOf(values []float64) float64 {
	sum := m.constant
	for j, c := range m.cost.all() {
		sum += c * values[j]
	}
	return sum
}
