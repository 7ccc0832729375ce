package home

import (
	"cmp"
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
	// Solver solves the programs. Default nil: HiGHS, to a gap of 2e-8 of
	// currency.
	Solver milp.Solver
	// TimeLimit is the wall time of all solves. Default 0: none. At the limit
	// the answer is the best plan so far, at worst the idle one, and Proven or
	// Preferred is false.
	TimeLimit time.Duration
	// MaxNodes is the number of branch-and-bound nodes of one solve. Default 0:
	// no limit. Unlike a time limit, it gives the same answer on every machine.
	MaxNodes int64
}

// Answer is a plan with its account.
type Answer struct {
	Schedule
	Account
	Bound     float64 // no plan has more money minus penalties, currency
	Proven    bool    // the plan reaches the bound, within 1e-6 of currency
	Preferred bool    // all preferences are decided
	Failure   string  // first failure of the solver, with the best plan so far as the answer; or ""
	Time      Times
}

// Times are the wall times of a plan.
type Times struct {
	Money time.Duration // until money and penalties are optimal
	Total time.Duration // with preferences and the audit
}

// Tolerances, in Wh and currency.
const (
	auditTolerance = 1e-4  // Wh
	moneyGap       = 2e-8  // currency, of the solver and of each preference
	penaltyGap     = 2e-7  // Wh of a preference
	flowGap        = 1e-3  // Wh or W of a preference
	digits         = 1e-12 // of a sum of money, relative
)

// Plan returns the best plan of a request. It does not change the request, and
// is safe for concurrent use. Every valid request has an answer: limits that
// cannot be kept are in its Misses. If the solver fails, for example on numbers
// of 1e9 beside 1e-9, the answer is the best plan so far, at worst the idle
// one, with the failure and without proof.
//
// The error lists all violations of an invalid request, wraps
// [highs.ErrNotInstalled] without a solver, wraps the error of ctx, or that of
// Options.Solver.
func Plan(ctx context.Context, r Request, o Options) (*Answer, error) {
	begin := time.Now()
	r, err := r.withDefaults()
	if err != nil {
		return nil, err
	}
	a := &Answer{Bound: math.Inf(1)}
	s := search{r: r, o: o, begin: begin, modes: likelyModes(r), schedule: Idle(r), answer: a}
	if err := s.run(ctx); err != nil {
		// The caller handles the errors of its own solver.
		if o.Solver != nil || ctx.Err() != nil || errors.Is(err, highs.ErrNotInstalled) {
			return nil, fmt.Errorf("home: %w", err)
		}
		a.Failure, a.Preferred = err.Error(), false
	}
	a.Schedule = *s.schedule
	account, err := Audit(r, &a.Schedule, auditTolerance)
	if err != nil { // the tolerances of the solver are larger than some limit
		a.Schedule, a.Proven, a.Preferred = *Idle(r), false, false
		a.Failure = cmp.Or(a.Failure, "the plan of the solver breaks rules: "+err.Error())
		if account, err = Audit(r, &a.Schedule, auditTolerance); err != nil {
			return nil, fmt.Errorf("home: the idle plan breaks rules, a defect of the package:\n%w", err)
		}
	}
	a.Account = *account
	a.Time.Total = time.Since(begin)
	return a, nil
}

// search is the state of one call of Plan.
type search struct {
	r        Request
	o        Options
	begin    time.Time
	modes    modes
	kept     []kept
	schedule *Schedule // the best so far
	values   []float64 // of all columns of the last solution, nil before the first
	answer   *Answer
}

// kept is a row of later programs: an expression with its least value.
type kept struct {
	name       string
	expression func(*program) milp.Expr
	least      float64
}

// run maximises money minus penalties, and then one preference after the other.
func (s *search) run(ctx context.Context) error {
	a := s.answer
	idle, err := Audit(s.r, s.schedule, auditTolerance)
	if err != nil {
		return err
	}
	for i, x := range preferences(s.r) {
		best := math.Inf(-1)
		if i == 0 {
			best = (idle.Money - idle.Penalty) / unit(s.r.base())
		}
		bound, best, proven, err := s.optimize(ctx, x, best)
		if i > 0 && errors.Is(err, milp.ErrFailed) {
			return nil // the plan of most money is an answer
		}
		if err != nil {
			return err
		}
		if i == 0 {
			a.Bound, a.Proven, a.Time.Money = bound*unit(s.r.base()), proven, time.Since(s.begin)
		}
		// Without values of columns the idle plan is the answer, and
		// preferences stay open.
		if !proven || s.values == nil {
			return nil
		}
		if i == 0 {
			s.keepMoney()
			continue
		}
		s.kept = append(s.kept, kept{x.name, x.objective, best - x.gap})
	}
	p := s.program()
	p.m.Maximize(p.stored())
	_, ok, err := s.settle(ctx, p, s.values, math.Inf(-1))
	a.Preferred = ok
	if errors.Is(err, milp.ErrFailed) {
		return nil
	}
	return err
}

// keepMoney keeps the money and the penalties of the schedule, in units in
// which both are about as large as the energies. One row of their difference
// would need more digits than there are: a penalty can be 1e5 of currency.
func (s *search) keepMoney() {
	money := func(p *program) milp.Expr { return p.money.Times(1 / p.base) }
	penalty := func(p *program) milp.Expr { return p.penalty.Times(-1 / (100 * p.base)) }
	p, base := newProgram(s.r, s.modes), s.r.base()
	s.kept = append(s.kept, kept{"money", money, money(p).Value(s.values) - moneyGap/base})
	if !p.penalty.IsConst() {
		s.kept = append(s.kept, kept{"penalty", penalty, penalty(p).Value(s.values) - penaltyGap})
	}
}

// program returns the program in the current modes with the kept rows.
func (s *search) program() *program {
	p := newProgram(s.r, s.modes)
	for _, k := range s.kept {
		p.m.AtLeast(milp.Named(k.name), k.expression(p), milp.Const(k.least))
	}
	return p
}

// optimize maximises a preference, starting from the value of the schedule so
// far, and keeps better schedules. It returns the bound of the solver, the
// value of the schedule, and whether they agree.
//
// The bound of a relaxation is a bound of the program. The relaxed optimum is
// therefore the optimum if it keeps its value with one mode per step. If not,
// the modes that it misses become binary, and the program is solved again;
// after some rounds all are.
func (s *search) optimize(ctx context.Context, x preference, best float64) (bound, value float64, proven bool, err error) {
	const rounds = 4
	for round := 1; ; round++ {
		p := s.program()
		p.m.Maximize(x.objective(p))
		for j, value := range s.values {
			p.m.Propose(p.m.VarAt(j), value)
		}
		found, err := s.solve(ctx, p.m, x.gap)
		if err != nil {
			return 0, 0, false, err
		}
		switch found.Status {
		case milp.NoSolution:
			return math.Inf(1), best, false, nil
		case milp.Optimal, milp.Feasible:
		default:
			// The idle plan keeps every row, and the plan so far keeps those of
			// preferences.
			return 0, 0, false, fmt.Errorf("%w: status %v of a program that has a plan", milp.ErrFailed, found.Status)
		}
		least := best
		if s.values == nil {
			// A schedule with values of columns replaces an equal idle one.
			// Penalties can be 1e10 of currency, whose digits end before the
			// gap.
			least -= x.gap + digits*math.Abs(best)
		}
		value, ok, err := s.settle(ctx, p, found.Values, least)
		if err != nil {
			return 0, 0, false, err
		}
		best = max(best, value)
		switch {
		case found.Status != milp.Optimal:
			return found.Bound, best, false, nil
		case best >= found.Objective-x.gap && s.values != nil:
			return found.Bound, best, true, nil
		case !p.missing(found.Values):
			return found.Bound, best, ok, nil
		}
		if round == rounds {
			s.modes.fill()
		}
	}
}

// settle solves a program with its modes fixed as in a solution, and keeps the
// schedule if its value is at least least. It returns false, and −∞, if these
// modes have no plan.
func (s *search) settle(ctx context.Context, p *program, values []float64, least float64) (value float64, ok bool, err error) {
	solution, err := s.solve(ctx, p.settled(values), flowGap)
	if err != nil || solution.Err() != nil {
		return math.Inf(-1), false, err
	}
	if solution.Objective >= least {
		s.values, s.schedule = solution.Values, p.schedule(solution.Values)
	}
	return solution.Objective, true, nil
}

// solve solves a model within the limits of the options.
func (s *search) solve(ctx context.Context, m *milp.Model, gap float64) (*milp.Solution, error) {
	solver := s.o.Solver
	if solver == nil {
		solver = highs.Solver{
			Gap: highs.Exact, AbsoluteGap: gap, Search: highs.SearchProof,
			// Presolve calls some programs infeasible whose rows leave a slack
			// of 1e-6 only.
			Presolve: highs.PresolveOff,
		}
	}
	limits := milp.Limits{Nodes: s.o.MaxNodes}
	if s.o.TimeLimit > 0 {
		limits.Time = max(s.o.TimeLimit-time.Since(s.begin), time.Millisecond)
	}
	if l, ok := solver.(milp.Limited); ok {
		solver = l.Limit(limits)
	}
	return solver.Solve(ctx, m)
}
