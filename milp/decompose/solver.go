package decompose

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/trigrid/trigrid/milp"
)

// Solver solves two-stage programs with integers in the first stage by decomposition. It passes all
// other programs to Of, and those that it does not prove. It is safe for concurrent use.
type Solver struct {
	// Of solves linear programs in sessions. Its allowed gap is that of the result.
	Of LimitedOpener
	// MinBlocks is the least number of scenarios of a program that is decomposed. Default 40.
	MinBlocks int
	// MaxFirst is the largest number of columns of the first stage. Default 600.
	MaxFirst int

	trace func(format string, args ...any) // of tests; nil: none
}

// LimitedOpener is a solver with sessions, limits and a gap, such as highs.Solver.
type LimitedOpener interface {
	milp.Opener
	milp.Limited
}

// Defaults of [Solver].
const (
	DefaultMinBlocks = 40
	DefaultMaxFirst  = 600

	// Decomposed is [milp.Solution.Update] of a solution by decomposition.
	Decomposed = "decomposed"
)

var _ milp.Solver = Solver{}

// withDefaults returns s with defaults set.
func (s Solver) withDefaults() Solver {
	if s.MinBlocks == 0 {
		s.MinBlocks = DefaultMinBlocks
	}
	if s.MaxFirst == 0 {
		s.MaxFirst = DefaultMaxFirst
	}
	if s.trace == nil {
		s.trace = func(string, ...any) {}
	}
	return s
}

// Solve implements [milp.Solver].
func (s Solver) Solve(ctx context.Context, m *milp.Model) (*milp.Solution, error) {
	s = s.withDefaults()
	if m == nil || m.Err() != nil || m.Integers() == 0 {
		return s.Of.Solve(ctx, m)
	}
	d := m.Data()
	division := splitOf(m, d)
	if division == nil || len(division.blocks) < s.MinBlocks || len(division.first) > s.MaxFirst {
		return s.Of.Solve(ctx, m)
	}
	begin := time.Now()
	out, err := s.decompose(ctx, m, d, division)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		s.trace("undecided: %v", err)
		return s.Of.Solve(ctx, m)
	}
	out.Time = time.Since(begin)
	return out, nil
}

// errUndecided reports that the cuts do not separate the bound from the best point.
var errUndecided = errors.New("decompose: the bound does not reach the best solution")

// decompose solves a program by cuts: first the relaxation, then branch and bound above it.
func (s Solver) decompose(ctx context.Context, m *milp.Model, d milp.Data, division *split) (*milp.Solution, error) {
	recourse, err := newRecourse(division, d)
	if err != nil {
		return nil, err
	}
	defer recourse.close()
	x := &run{solver: s, split: division, recourse: recourse, master: newMaster(recourse, s.Of)}
	defer x.master.close()
	lower, upper := make([]float64, len(division.first)), make([]float64, len(division.first))
	for k, j := range division.first {
		lower[k], upper[k] = d.Lower[j], d.Upper[j]
	}
	start, err := s.Of.Solve(ctx, recourse.few())
	if err != nil {
		return nil, err
	}
	if start.Values == nil {
		return nil, fmt.Errorf("decompose: the program of few blocks is %v", start.Status)
	}
	at := slices.Clone(start.Values[:len(division.first)])
	x.scale = scales(m, division, d, at)
	allowed := func(cost float64) float64 {
		return s.Of.AllowedGap(recourse.sign*cost + d.Constant)
	}
	first, _, bound, err := x.converge(ctx, lower, upper, point{at, math.Inf(1)}, allowed(start.Objective)/8, math.Inf(1), maxSteps)
	if err != nil {
		return nil, err
	}
	s.trace("relaxation: cost %.6f bound %.6f after %d steps, %d cuts, %d iterations", first.cost, bound, x.steps, len(x.master.cuts), x.iterated)
	best, bound, err := x.search(ctx, lower, upper, first, bound, allowed)
	if err != nil {
		return nil, err
	}
	return x.solution(ctx, m, best, bound)
}

// solution returns the solution of the whole program at a point.
func (x *run) solution(ctx context.Context, m *milp.Model, best point, bound float64) (*milp.Solution, error) {
	d := x.recourse.data
	if best.at == nil {
		return &milp.Solution{Status: milp.Infeasible, Update: Decomposed, Objective: math.NaN(), Bound: math.NaN(), Gap: math.Inf(1)}, nil
	}
	answers, err := x.recourse.evaluate(ctx, x.solver.Of, best.at)
	if err != nil {
		return nil, err
	}
	out := &milp.Solution{
		Status: milp.Optimal, Update: Decomposed, Nodes: x.nodes, Iterations: x.iterated,
		Values: make([]float64, len(d.Cost)),
	}
	for k, j := range x.split.first {
		out.Values[j] = best.at[k]
	}
	for b, a := range answers {
		if a.violated {
			return nil, fmt.Errorf("decompose: block %d has no solution at the best point", b)
		}
		for k, j := range x.split.blocks[b].columns {
			out.Values[j] = a.values[k]
		}
	}
	out.Objective = d.Constant
	for j, c := range d.Cost {
		out.Objective += c * out.Values[j]
	}
	out.Bound = x.recourse.sign*bound + d.Constant
	if x.recourse.sign < 0 {
		out.Bound = max(out.Bound, out.Objective)
	} else {
		out.Bound = min(out.Bound, out.Objective)
	}
	out.Gap = math.Abs(out.Bound-out.Objective) / max(math.Abs(out.Objective), 1e-10)
	if violations := milp.Verify(m, out.Values, 1e-5); violations != nil {
		return nil, violations
	}
	return out, nil
}
