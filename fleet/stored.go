package fleet

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// solved solves a program that must have an optimum. A [vpp.StoringSolver] can
// have the solution from an earlier call.
func solved(ctx context.Context, solver milp.Solver, m *milp.Model, what string) (*milp.Solution, error) {
	solve := func(solver milp.Solver) (*milp.Solution, error) {
		s, err := solver.Solve(ctx, m)
		if err == nil {
			err = s.Err()
		}
		return s, err
	}
	var (
		s   *milp.Solution
		err error
	)
	// After the end of ctx the solver is called for its error.
	if store, ok := solver.(vpp.StoringSolver); ok && ctx.Err() == nil {
		s, err = store.Stored(m, digest(m), solve)
	} else {
		s, err = solve(solver)
	}
	if err == nil && s.Status != milp.Optimal {
		err = fmt.Errorf("%w: the solver stopped (%s)", milp.ErrNoSolution, s.Stopped)
	}
	if err != nil {
		return nil, fmt.Errorf("fleet: %s: %w", what, err)
	}
	if math.IsNaN(s.Objective) {
		return nil, fmt.Errorf("fleet: %s: %w without an objective", what, milp.ErrNoSolution)
	}
	return s, nil
}

// digest returns the SHA-256 of a program that one call of a solver solves.
// Programs of package vpp have further steps and another digest.
func digest(m *milp.Model) [sha256.Size]byte {
	model := m.Digest()
	return sha256.Sum256(append([]byte("fleet program 1 "), model[:]...))
}

// infeasible reports whether a program has no solution, which is an outcome of
// a VPP that needs its members.
func infeasible(err error) bool { return errors.Is(err, milp.ErrInfeasible) }
