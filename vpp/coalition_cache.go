package vpp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// Coalitions solves the coalitions of one VPP, each once, and stores their
// plans; see also [Coalitions.Improve]. It is safe for concurrent use. Callers
// that need the same coalition at the same time wait for one solution.
type Coalitions struct {
	problem Problem // its members are the candidates
	solver  milp.Solver

	mu      sync.Mutex
	entries map[Coalition]*entry
	ranges  map[Coalition]*knownRanges
}

// entry is the plan of one coalition. The other fields are set before done is
// closed.
type entry struct {
	done      chan struct{}
	plan      *Plan // nil for an answer, see [Coalitions.Learn]
	outcome   *Outcome
	answer    *Answer     // nil: plan is known
	solver    milp.Solver // of the answer
	err       error
	cancelled bool // the context of the caller that solved it ended

	again sync.Mutex // held by the caller that plans an answer again
}

// NewCoalitions returns the coalitions of the members of a problem: DER i of a
// [Coalition] is p.Members[i]. It returns an error if the problem is invalid or
// has more than [MaxDERs] members.
func NewCoalitions(p Problem, solver milp.Solver) (*Coalitions, error) {
	if err := p.validateSize(); err != nil {
		return nil, err
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	p.Members = slices.Clone(p.Members)
	return &Coalitions{problem: p, solver: solver, entries: map[Coalition]*entry{}, ranges: map[Coalition]*knownRanges{}}, nil
}

// validateSize checks that each member has a bit in a coalition.
func (p Problem) validateSize() error {
	if len(p.Members) > MaxDERs {
		return fmt.Errorf("%s%d DERs; a coalition has at most %d, leave some out", p.VPP.prefix(), len(p.Members), MaxDERs)
	}
	return nil
}

// VPP returns the VPP.
func (x *Coalitions) VPP() VPP { return x.problem.VPP }

// Plan returns the plan of a coalition and solves it if necessary. If a context
// ends during a solution, its callers receive the error of the context, and the
// next call solves again.
func (x *Coalitions) Plan(ctx context.Context, s Coalition) (*Plan, error) {
	e := x.entry(ctx, s)
	if e.err == nil && e.answer != nil {
		return x.replan(ctx, s, e)
	}
	return e.plan, e.err
}

// Outcome returns the outcome of a coalition and solves it if necessary.
func (x *Coalitions) Outcome(ctx context.Context, s Coalition) (*Outcome, error) {
	e := x.entry(ctx, s)
	return e.outcome, e.err
}

// Improve solves a coalition with another solver, such as one with a smaller
// gap than before, and returns the better one of the stored plan and the new
// one. [Coalitions.Plan] and [Coalitions.Outcome] return it from then on.
//
// A new plan that is proven optimal, within the gap of the solver, replaces the
// stored one. Otherwise the plan of the higher objective stays, and its
// absolute gap follows from the smaller of the two bounds. If the new solution
// has no plan, the stored plan stays, or the new error if there is none; the
// solution does not count if the context ends. proven reports whether the new
// solution proves the returned plan optimal within the gap of the solver.
func (x *Coalitions) Improve(ctx context.Context, s Coalition, solver milp.Solver) (plan *Plan, proven bool, err error) {
	fresh := &entry{done: make(chan struct{})}
	x.solve(ctx, s, solver, fresh)
	close(fresh.done)
	proven = fresh.err == nil && fresh.plan.Solution.Status == milp.Optimal
	if fresh, err = x.merge(s, fresh, proven); err != nil {
		return nil, false, err
	}
	if fresh.answer != nil {
		plan, err = x.replan(ctx, s, fresh)
		return plan, proven, err
	}
	return fresh.plan, proven, fresh.err
}

// merge stores the better one of a new entry and the stored one, see
// [Coalitions.Improve], and returns it. It returns the error of an entry that
// does not count.
func (x *Coalitions) merge(s Coalition, fresh *entry, proven bool) (*entry, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	old, ok := x.entries[s]
	if ok {
		select {
		case <-old.done:
		default:
			ok = false // another caller still solves it
		}
	}
	switch {
	case ok && old.err == nil && fresh.err != nil:
		fresh = old
	case fresh.cancelled:
		return nil, fresh.err
	case ok && old.err == nil && !proven:
		fresh = better(old, fresh)
	}
	x.entries[s] = fresh
	return fresh, nil
}

// better returns an entry with the plan of the higher objective and the smaller
// bound of two.
func better(a, b *entry) *entry {
	bound := min(a.outcome.Value.Objective+a.outcome.AbsoluteGap, b.outcome.Value.Objective+b.outcome.AbsoluteGap)
	if b.outcome.Value.Objective > a.outcome.Value.Objective {
		a = b
	}
	outcome := *a.outcome
	outcome.AbsoluteGap = max(0, bound-outcome.Value.Objective)
	out := &entry{done: a.done, outcome: &outcome, answer: a.answer, solver: a.solver}
	if a.answer == nil {
		plan := *a.plan
		plan.AbsoluteGap = outcome.AbsoluteGap
		out.plan = &plan
	}
	return out
}

func (x *Coalitions) entry(ctx context.Context, s Coalition) *entry {
	x.mu.Lock()
	e, ok := x.entries[s]
	if ok {
		x.mu.Unlock()
		select {
		case <-e.done:
			if ctx.Err() == nil && e.cancelled {
				return x.entry(ctx, s) // another caller was cancelled, this one was not
			}
			return e
		case <-ctx.Done():
			return &entry{err: ctx.Err()}
		}
	}
	e = &entry{done: make(chan struct{})}
	x.entries[s] = e
	x.mu.Unlock()

	if x.solve(ctx, s, x.solver, e); e.cancelled {
		x.mu.Lock()
		delete(x.entries, s)
		x.mu.Unlock()
	}
	close(e.done)
	return e
}

// solve sets the plan or the error of an entry.
func (x *Coalitions) solve(ctx context.Context, s Coalition, solver milp.Solver, e *entry) {
	problem := x.problem
	problem.Members = x.members(s)
	e.plan, e.err = problem.Solve(ctx, solver)
	if e.err == nil {
		e.outcome = x.outcome(s, e.plan)
	} else {
		e.err = fmt.Errorf("%w; the coalition is %v", e.err, x.names(s))
	}
	e.cancelled = ctx.Err() != nil && e.err != nil
}

func (x *Coalitions) members(s Coalition) []der.DER {
	out := make([]der.DER, 0, s.Size())
	for _, i := range s.Members() {
		out = append(out, x.problem.Members[i])
	}
	return out
}

func (x *Coalitions) names(s Coalition) []string {
	out := make([]string, 0, s.Size())
	for _, d := range x.members(s) {
		out = append(out, d.Name())
	}
	return out
}

// outcome returns the numbers of a plan. A plan orders its members by name, an
// outcome by DER.
func (x *Coalitions) outcome(s Coalition, plan *Plan) *Outcome {
	out := &Outcome{
		Coalition:   s,
		Value:       plan.Value,
		Revenue:     make(map[int]float64, s.Size()),
		Service:     make(map[int]float64, s.Size()),
		Deviation:   plan.Deviation(),
		AbsoluteGap: plan.AbsoluteGap,
	}
	for i := range plan.Members {
		m := &plan.Members[i]
		no := slices.IndexFunc(x.problem.Members, func(d der.DER) bool { return d.Name() == m.DER.Name() })
		out.Revenue[no], out.Service[no] = m.Revenue, m.Service
		if plan.exchanging(m) {
			out.Exchanging = out.Exchanging.With(no)
		}
	}
	return out
}

// Planned returns the coalitions with a plan, in ascending order.
func (x *Coalitions) Planned() []Coalition {
	x.mu.Lock()
	defer x.mu.Unlock()
	var out []Coalition
	for s, e := range x.entries {
		select {
		case <-e.done:
			if e.err == nil {
				out = append(out, s)
			}
		default: // not solved yet
		}
	}
	slices.Sort(out)
	return out
}

// ErrNotPlanned is the error of a coalition whose outcome was read before it
// had a plan.
var ErrNotPlanned = errors.New("no plan is known")

// Known returns the stored outcome of a coalition and solves nothing. The error
// of a coalition that was not planned wraps [ErrNotPlanned]; that of one
// without a solution is the error of its program. Known waits for a solution
// that is in work.
func (x *Coalitions) Known(s Coalition) (*Outcome, error) {
	x.mu.Lock()
	e, ok := x.entries[s]
	x.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("%scoalition %v: %w; call Plan first", x.problem.VPP.prefix(), x.names(s), ErrNotPlanned)
	}
	<-e.done
	return e.outcome, e.err
}

// OutcomesOf returns the stored outcomes of coalitions, for a sharing rule, or
// an error that wraps [ErrNotPlanned] and names those without a plan.
// [Required] lists the coalitions of a rule:
//
//	of, err := coalitions.OutcomesOf(vpp.Required(rule, s)...)
//
// Later improvements do not change the outcomes. A coalition that was not
// passed has an outcome whose value, revenues and services are NaN, so that no
// payoff that rests on it is a number.
func (x *Coalitions) OutcomesOf(needed ...Coalition) (Outcomes, error) {
	var missing []string
	known := make(map[Coalition]*Outcome, len(needed))
	for _, s := range needed {
		o, err := x.Known(s)
		if err != nil {
			missing = append(missing, fmt.Sprint(x.names(s)))
			continue
		}
		known[s] = o
	}
	if missing != nil {
		return nil, fmt.Errorf("%s%w of the coalitions %s; call Plan first", x.problem.VPP.prefix(), ErrNotPlanned, strings.Join(missing, ", "))
	}
	return func(s Coalition) *Outcome {
		if o, ok := known[s]; ok {
			return o
		}
		return undefined(s)
	}, nil
}

// undefined returns the outcome of a coalition that is not known. A NaN passes
// through every sum, whereas a zero would be a plausible value.
func undefined(s Coalition) *Outcome {
	nan := math.NaN()
	out := &Outcome{
		Coalition: s, Revenue: map[int]float64{}, Service: map[int]float64{}, Deviation: nan, AbsoluteGap: math.Inf(1),
		Value: Value{Objective: nan, Integrated: nan},
	}
	for _, i := range s.Members() {
		out.Revenue[i], out.Service[i] = nan, nan
	}
	return out
}
