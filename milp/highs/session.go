package highs

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/trigrid/trigrid/milp"
)

// session implements [milp.Session].
//
// For a linear program HiGHS keeps the basis between solves, so that the next
// solve needs few iterations. For a program with integers HiGHS keeps nothing:
// the session first tries the shortcut and otherwise proposes the last solution
// as a start.
type session struct {
	solver   Solver
	model    *milp.Model
	program  mirror
	shortcut shortcut
	last     []float64 // values of the last solution, nil for none
	closed   bool
}

// Open implements [milp.Opener]. An optimum of the session is as good as one of
// [Solver.Solve], within the same gaps. Among equal optima the session tends to
// return the previous one.
func (s Solver) Open(m *milp.Model) (milp.Session, error) {
	if m == nil {
		return nil, errors.New("highs: the model is nil")
	}
	object, err := s.object(context.Background())
	if err != nil {
		return nil, err
	}
	return &session{solver: s, model: m, program: mirror{object: object, open: true}}, nil
}

// Solve implements [milp.Session].
func (s *session) Solve(ctx context.Context) (*milp.Solution, error) {
	if s.closed {
		return nil, errors.New("highs: the session is closed")
	}
	if err := s.solver.refuse(ctx, s.model); err != nil {
		return nil, err
	}
	d := program(s.model)
	if err := outOfRange(s.model, d); err != nil {
		return nil, err
	}
	if len(d.Cost) == 0 {
		out := empty(d)
		out.Update = "built: empty"
		return out, nil
	}
	if s.program.structure != d.Structure {
		s.last = nil // its columns may be others
	}
	begin := time.Now()
	update, err := s.program.update(ctx, s.solver, d)
	var out *milp.Solution
	if err == nil {
		out, err = s.solve(ctx, d)
	}
	if err != nil {
		if out, err = unsolved(ctx, s.program.object, d, begin, err); err != nil {
			return nil, err
		}
	}
	out.Update = update + out.Update
	if out.Values != nil {
		s.last = append(s.last[:0], out.Values...)
	}
	return out, nil
}

// solve solves the program that the mirror holds. A start proposed by the
// caller has precedence over the shortcut and the last solution.
func (s *session) solve(ctx context.Context, d milp.Data) (*milp.Solution, error) {
	begin := time.Now()
	how := ""
	if hasIntegers(d) {
		start := d.Start
		// A start of NaN only is no start.
		if !slices.ContainsFunc(start, func(v float64) bool { return !math.IsNaN(v) }) {
			out, better, err := s.shortcut.try(ctx, s.solver, d, s.last)
			if out != nil || err != nil {
				return out, err
			}
			if start = better; start != nil {
				how = "; started from the last solution"
			}
		}
		if err := s.program.object.propose(s.program.units.values(start), len(d.Cost)); err != nil {
			s.program.lose("HiGHS refused a start")
			return nil, err
		}
	}
	out, err := s.solver.since(begin).run(ctx, s.program.object, d)
	if err != nil {
		// An object whose run failed or was cancelled may be in any state, so
		// the next solve builds a new one. For example, HiGHS 1.15.1 keeps the
		// request to stop and ends the next run at once.
		if ctx.Err() == nil {
			s.program.lose("the last solve failed")
		} else {
			s.program.lose("the last solve was cancelled")
		}
		return nil, err
	}
	out.Update = how
	return out, nil
}

// Close implements [milp.Session]. Closing twice is allowed.
func (s *session) Close() error {
	s.program.lose("closed")
	s.shortcut.relaxed.lose("closed")
	s.closed = true
	return nil
}

// list joins the descriptions of changes.
func list(changes []string) string {
	if len(changes) == 0 {
		return "no changes"
	}
	return strings.Join(changes, ", ")
}
