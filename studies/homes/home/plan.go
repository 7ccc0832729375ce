package home

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
)

// Options are settings of [Plan]. The zero value is ready for use.
type Options struct {
	// Solver solves the programs. Default nil: HiGHS, to an absolute gap of 1e-8 of currency.
	Solver milp.Solver
	// TimeLimit is the wall time of all solves. Default 0: none. At the limit the answer is the
	// best plan so far, at worst the idle one, and Proven or Preferred is false.
	TimeLimit time.Duration
	// MaxNodes is the number of branch-and-bound nodes of one solve. Default 0: no limit. Unlike a
	// time limit, it gives the same answer on every machine.
	MaxNodes int64
}

// Answer is a plan with its account.
type Answer struct {
	Schedule
	Account
	Proven    bool    // no plan has more money minus penalties, within 1e-8 of the solver's gap
	Bound     float64 // no plan has more money minus penalties, currency
	Preferred bool    // preferences are decided to the end
	Time      Times
}

// Times are the wall times of a plan.
type Times struct {
	Program time.Duration // the solve of money and penalties
	Total   time.Duration // with preferences and the audit
}

// Plan returns the best plan of a request. It does not change the request, and is safe for
// concurrent use.
//
// The error lists all violations of an invalid request, wraps [highs.ErrNotInstalled] without a
// solver, or wraps the error of ctx. Every valid request has an answer: limits that cannot be kept
// are listed in its Misses.
func Plan(ctx context.Context, r Request, o Options) (*Answer, error) {
	begin := time.Now()
	r, err := r.withDefaults()
	if err != nil {
		return nil, err
	}
	s := search{program: newProgram(r), o: o, deadline: begin.Add(o.TimeLimit), answer: &Answer{}}
	if err := s.run(ctx); err != nil {
		return nil, fmt.Errorf("home: %w", err)
	}
	a := s.answer
	a.Schedule = *Idle(r)
	if s.values != nil {
		a.Schedule = *s.schedule(s.values)
	}
	account, err := Audit(r, &a.Schedule, auditTolerance)
	if err != nil {
		return nil, fmt.Errorf("home: the plan breaks rules, which is a defect of this package or the solver:\n%w", err)
	}
	a.Account = *account
	a.Time.Total = time.Since(begin)
	return a, nil
}

const (
	auditTolerance = 1e-4 // Wh; ten times below the resolution of a meter
	gap            = 1e-8 // currency
	lost           = 1e-7 // currency that one preference may cost
)

// search is the state of one call of Plan.
type search struct {
	*program
	o        Options
	deadline time.Time
	values   []float64 // of all columns, nil before the first solution
	answer   *Answer
}

// run solves the program of money and penalties, and then one program per preference.
func (s *search) run(ctx context.Context) error {
	first, err := s.solve(ctx, s.m)
	if err != nil {
		return err
	}
	a := s.answer
	a.Time.Program, a.Bound = first.Time, first.Bound*s.unit()
	switch first.Status {
	case milp.Optimal:
		a.Proven, a.Preferred = true, true
	case milp.Feasible:
	case milp.NoSolution:
		a.Bound = math.Inf(1)
		return nil
	default:
		// Every request has the idle plan, so that another status is a numerical failure.
		return fmt.Errorf("%w with status %v", milp.ErrFailed, first.Status)
	}
	best, err := s.settle(ctx, first.Values)
	if err != nil {
		return err
	}
	s.m.AtLeast(milp.Named("money"), s.value(), milp.Const(best-lost/s.unit()))
	for _, preference := range s.preferences() {
		if err := s.prefer(ctx, preference); err != nil {
			return err
		}
	}
	s.m.Maximize(s.stored())
	_, err = s.settle(ctx, s.values)
	return err
}

// solve solves a model within the limits of the options.
func (s *search) solve(ctx context.Context, m *milp.Model) (*milp.Solution, error) {
	solver := s.o.Solver
	if solver == nil {
		solver = highs.Solver{Gap: highs.Exact, AbsoluteGap: gap / s.unit()}
	}
	limits := milp.Limits{Nodes: s.o.MaxNodes}
	if s.o.TimeLimit > 0 {
		limits.Time = max(time.Until(s.deadline), time.Millisecond)
	}
	if l, ok := solver.(milp.Limited); ok {
		solver = l.Limit(limits)
	}
	return solver.Solve(ctx, m)
}

// settle solves the model with its integers fixed at the given values, and keeps the solution.
// Binaries within the solver's tolerance of 0 or 1 would let some hundredths of a Wh pass.
func (s *search) settle(ctx context.Context, values []float64) (objective float64, err error) {
	m := s.m.Copy()
	m.FixIntegers(values)
	solution, err := s.solve(ctx, m)
	if err != nil {
		return 0, err
	}
	if err := solution.Err(); err != nil {
		if s.values == nil {
			s.values = values
		}
		s.answer.Preferred = false
		if errors.Is(err, milp.ErrNoSolution) {
			return math.NaN(), nil
		}
		return 0, err
	}
	s.values = solution.Values
	return solution.Objective, nil
}
