package vpp

import (
	"context"

	"github.com/trigrid/trigrid/milp"
)

// ModelRevision is the revision of the code that solves a [Program] as [Program.Solve] describes.
// Stored solutions of another revision are not used. The digest of a program covers its columns and
// rows, but not the steps that follow: fixing the integers, [milp.Canonical], the settings of
// [milp/highs]. A test compares programs and solutions with those of this revision, and fails until
// a change of them raises it.
const ModelRevision = 1

// StoringSolver is a solver that stores the solutions of programs, such as that of
// trigrid.Options.Store. [Program.Solve] then looks there first.
type StoringSolver interface {
	milp.Solver
	// Stored returns the stored result of solve for the model, the revision and this solver. If
	// there is none, it calls solve with a solver and stores the result. A result is a solution, or
	// an error of [milp.Solution.Err].
	Stored(m *milp.Model, revision int, solve func(milp.Solver) (*milp.Solution, error)) (*milp.Solution, error)
}

// stored returns the solution of a model: the stored one if the solver is a [StoringSolver] that has
// it, otherwise that of solve. After the end of ctx solve is called in any case, for its error.
func stored(ctx context.Context, solver milp.Solver, m *milp.Model, solve func(milp.Solver) (*milp.Solution, error)) (*milp.Solution, error) {
	if s, ok := solver.(StoringSolver); ok && ctx.Err() == nil {
		return s.Stored(m, ModelRevision, solve)
	}
	return solve(solver)
}
