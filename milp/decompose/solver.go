package decompose

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/trigrid/trigrid/milp"
)

// Solver solves two-stage programs with integers in the first stage by
// decomposition. It passes all other programs to Of, and those that it does not
// prove. It is safe for concurrent use.
type Solver struct {
	// Of solves programs that are not decomposed, and those of few scenarios.
	// Its allowed gap is that of the result.
	Of LimitedOpener
	// Linear solves relaxations of the whole program, such as ipm.Solver. It
	// has to stop at a cutoff with a bound above it, see [milp.Limits]; its
	// sessions are used if it has some. Default: Of, without a cutoff.
	Linear milp.Limited
	// MinBlocks is the least number of scenarios of a program that is
	// decomposed. Default 40.
	MinBlocks int

	trace func(format string, args ...any) // of tests; nil: none
}

// LimitedOpener is a solver with sessions, limits and a gap, such as
// highs.Solver.
type LimitedOpener interface {
	milp.Opener
	milp.Limited
}

const (
	// DefaultMinBlocks is the default of [Solver.MinBlocks].
	DefaultMinBlocks = 40

	// Decomposed is [milp.Solution.Update] of a solution by decomposition.
	Decomposed = "decomposed"
)

var _ milp.Limited = Solver{}

// Limit implements [milp.Limited]. A larger gap is that of Of. With any other
// limit all programs are those of Of, because limits count its nodes and
// iterations.
func (s Solver) Limit(l milp.Limits) milp.Solver {
	limited := s.Of.Limit(l)
	of, ok := limited.(LimitedOpener)
	if !ok || l.Nodes > 0 || l.Iterations > 0 || l.Time > 0 || l.Cutoff.Given() {
		return limited
	}
	s.Of = of
	return s
}

// AllowedGap implements [milp.Limited]: the larger one of the gaps of Of and
// Linear.
func (s Solver) AllowedGap(objective float64) float64 {
	gap := s.Of.AllowedGap(objective)
	if s.Linear != nil {
		gap = max(gap, s.Linear.AllowedGap(objective))
	}
	return gap
}

// withDefaults returns s with defaults set.
func (s Solver) withDefaults() Solver {
	if s.MinBlocks == 0 {
		s.MinBlocks = DefaultMinBlocks
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
	if division == nil || len(division.blocks) < s.MinBlocks {
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

// decompose searches the program of few scenarios, and then the whole program
// from its leaves.
func (s Solver) decompose(ctx context.Context, m *milp.Model, d milp.Data, division *split) (*milp.Solution, error) {
	few := newSample(division, d, sampled)
	if err := few.search(ctx, s.Of); err != nil {
		return nil, err
	}
	s.trace("few scenarios: cost %.4f, %d leaves, %d programs", few.cost, len(few.leaves), few.programs)
	sign := signOf(d)
	t := &tree{
		linear: s.Linear, cut: s.Linear != nil, relaxed: minimised(m, d), split: division, integers: few.integers,
		lower: few.lower, upper: few.upper, gains: few.gains, trace: s.trace,
		allowed: func(cost float64) float64 { return s.AllowedGap(sign*cost + d.Constant) },
	}
	if !t.cut {
		t.linear = s.Of
	}
	if err := t.search(ctx, few.best, few.leaves); err != nil {
		return nil, err
	}
	return t.solution(m, d)
}

// signOf returns −1 for a program that is maximised.
func signOf(d milp.Data) float64 {
	if d.Maximize {
		return -1
	}
	return 1
}

// minimised returns the relaxation of a model as a minimisation without its
// constant.
func minimised(m *milp.Model, d milp.Data) *milp.Model {
	out := m.Relaxed()
	out.Minimize(milp.Expr{})
	for j, c := range d.Cost {
		if c != 0 {
			out.SetCost(out.VarAt(j), signOf(d)*c)
		}
	}
	return out
}

// solution returns the best solution for the whole program with its bound.
func (t *tree) solution(m *milp.Model, d milp.Data) (*milp.Solution, error) {
	if t.best == nil {
		return &milp.Solution{
			Status: milp.Infeasible, Update: Decomposed, Nodes: t.nodes,
			Objective: math.NaN(), Bound: math.Inf(int(signOf(d))), Gap: math.Inf(1),
		}, nil
	}
	out := &milp.Solution{
		Status: milp.Optimal, Update: Decomposed, Nodes: t.nodes, Values: t.best.Values,
		Backend: t.best.Backend, Stopped: "optimal",
	}
	for _, k := range t.integers {
		j := t.split.first[k]
		out.Values[j] = math.Round(out.Values[j])
	}
	out.Objective = d.Constant
	for j, c := range d.Cost {
		out.Objective += c * out.Values[j]
	}
	sign := signOf(d)
	out.Bound = sign*min(t.low, sign*(out.Objective-d.Constant)) + d.Constant
	out.Gap = math.Abs(out.Bound-out.Objective) / max(math.Abs(out.Objective), 1e-10)
	const feasible = 1e-5
	if violations := milp.Verify(m, out.Values, feasible); violations != nil {
		return nil, fmt.Errorf("decompose: %w", violations)
	}
	return out, nil
}
