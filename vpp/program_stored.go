package vpp

import (
	"context"
	"crypto/sha256"
	"math"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/milp"
)

// ModelRevision is the revision of the code that solves a [Program] as
// [Program.Solve] describes. Stored solutions of another revision are not used.
// The digest of a program covers its columns and rows, but not the steps that
// follow: fixing the integers, [milp.Canonical], the settings of [milp/highs].
// A test compares programs and solutions with those of this revision, and fails
// until a change of them raises it.
const ModelRevision = 6

// StoringSolver is a solver that stores the solutions of programs, such as that
// of trigrid.Options.Store. [Program.Solve] then looks there first.
type StoringSolver interface {
	milp.Solver
	// Stored returns the stored result of solve for the digest and this solver.
	// If there is none, it calls solve with a solver and stores the result. The
	// digest is that of everything except the solver that solve depends on. A
	// result is a solution of m, or an error of [milp.Solution.Err].
	Stored(m *milp.Model, digest [sha256.Size]byte, solve func(milp.Solver) (*milp.Solution, error)) (*milp.Solution, error)
}

// stored returns the solution of a program: the stored one if the solver is a
// [StoringSolver] that has it, otherwise that of optimum. After the end of ctx
// optimum is called for its error.
func (x *Program) stored(ctx context.Context, solver milp.Solver) (*milp.Solution, error) {
	solve := func(solver milp.Solver) (*milp.Solution, error) { return x.optimum(ctx, solver) }
	// The tangents of convex costs are added during the solution and depend on
	// settings that the digest does not cover.
	if s, ok := solver.(StoringSolver); ok && ctx.Err() == nil && len(x.curved().list) == 0 {
		return s.Stored(x.Model, digest(x.Model, x.imbalance), solve)
	}
	return solve(solver)
}

// digest returns the SHA-256 of the revision, of a model and of further
// expressions in its columns that decide between its optima. optimum must not
// depend on anything else.
func digest(m *milp.Model, further ...milp.Expr) [sha256.Size]byte {
	return sha256.Sum256(codec.Encode(func(c *codec.Coder) {
		revision, model := int64(ModelRevision), m.Digest()
		codec.Int64(c, &revision)
		c.Fixed(model[:])
		c.Count(len(further), math.MaxInt32, 1)
		for _, e := range further {
			terms := uint64(0)
			for v, coefficient := range e.Terms {
				column, bits := uint64(v.Index()), math.Float64bits(coefficient)
				c.Uint64(&column)
				c.Uint64(&bits)
				terms++
			}
			c.Uint64(&terms)
		}
	}))
}
