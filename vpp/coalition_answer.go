package vpp

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// Answer is the solution of one coalition in numbers, without its plan. A
// process can compute it for another one, which plans again only the coalitions
// whose schedules it needs:
//
//	answer, err := there.Answer(ctx, s)         // in one process
//	here.Learn(s, answer, nil, solver)          // in another one with equal data
//	plan, err := here.Plan(ctx, s)              // plans again and compares
type Answer struct {
	Outcome   *Outcome
	Status    milp.Status
	Stopped   string  // the solver's reason for stopping, as [milp.Solution.Stopped]
	Nodes     int64   // of branch and bound
	Backend   string  // as [milp.Solution.Backend]
	Renewable float64 // utilisation, as [Plan.RenewableUtilisation]
}

// Facts are the numbers of a planned coalition that do not concern its value.
type Facts struct {
	Nodes     int64   // of branch and bound
	Backend   string  // as [milp.Solution.Backend]
	Renewable float64 // utilisation, as [Plan.RenewableUtilisation]
}

// ErrAnotherAnswer is the error of a coalition that was planned again with
// another result than its answer has.
var ErrAnotherAnswer = errors.New("the plan differs from the answer")

// Fresh returns the coalitions of the same problem without any plan. It is used
// to solve one coalition without keeping its plan.
func (x *Coalitions) Fresh() *Coalitions {
	return &Coalitions{problem: x.problem, solver: x.solver, entries: map[Coalition]*entry{}, ranges: map[Coalition]*knownRanges{}}
}

// Members returns a copy of the members of the problem: DER i of a [Coalition]
// is the ith.
func (x *Coalitions) Members() []der.DER { return slices.Clone(x.problem.Members) }

// Answer returns the numbers of the plan of a coalition, and solves it if
// necessary.
func (x *Coalitions) Answer(ctx context.Context, s Coalition) (*Answer, error) {
	plan, err := x.Plan(ctx, s)
	if err != nil {
		return nil, err
	}
	out := x.answer(s, plan)
	return &out, nil
}

// answer returns the numbers of a plan.
func (x *Coalitions) answer(s Coalition, plan *Plan) Answer {
	return Answer{
		Outcome: x.outcome(s, plan), Status: plan.Solution.Status, Stopped: plan.Solution.Stopped,
		Nodes: plan.Solution.Nodes, Backend: plan.Solution.Backend, Renewable: plan.RenewableUtilisation(),
	}
}

// Within returns coalitions with the plan of s only, whose absolute gap is gap,
// currency, because another solution proves a smaller one. The ranges of the
// plan then follow from that gap.
func (x *Coalitions) Within(ctx context.Context, s Coalition, gap float64) (*Coalitions, error) {
	stored, err := x.Plan(ctx, s)
	if err != nil {
		return nil, err
	}
	plan := *stored
	plan.AbsoluteGap = gap
	e := &entry{done: make(chan struct{}), plan: &plan, outcome: x.outcome(s, &plan)}
	close(e.done)
	out := x.Fresh()
	out.entries[s] = e
	return out, nil
}

// Learned is the effect of an answer.
type Learned struct {
	Outcome *Outcome // that stays
	Stopped string   // why the solver of the outcome stopped
	Proven  bool     // the answer proves the outcome within the gap of its solver
	Kept    bool     // the outcome is that of the answer, whose plan stays
}

// Learn stores the answer of a coalition as [Coalitions.Improve] stores a plan:
// the better one of the stored outcome and the new one stays. solver is the one
// that found the answer; it plans the coalition again if a caller needs the
// plan. Exactly one of answer and failed is set. Learn returns the error if no
// outcome is known.
func (x *Coalitions) Learn(s Coalition, answer *Answer, failed error, solver milp.Solver) (Learned, error) {
	fresh := &entry{done: make(chan struct{}), err: failed}
	close(fresh.done)
	proven := false
	if failed == nil {
		proven = answer.Status == milp.Optimal
		fresh.outcome, fresh.answer, fresh.solver = answer.Outcome, answer, solver
	}
	e, err := x.merge(s, fresh, proven)
	if err == nil {
		err = e.err
	}
	if err != nil {
		return Learned{}, err
	}
	out := Learned{Outcome: e.outcome, Proven: proven, Kept: answer != nil && e.answer == answer}
	if e.answer != nil {
		out.Stopped = e.answer.Stopped
	} else {
		out.Stopped = e.plan.Solution.Stopped
	}
	return out, nil
}

// replan solves the coalition of an answer again, and returns its plan with the
// gap of the answer. It returns an error that wraps [ErrAnotherAnswer] if a
// number differs. Callers that need the same plan at the same time wait for one
// solution.
func (x *Coalitions) replan(ctx context.Context, s Coalition, e *entry) (*Plan, error) {
	e.again.Lock()
	defer e.again.Unlock()
	if e.plan != nil {
		return e.plan, nil
	}
	found := &entry{}
	if x.solve(ctx, s, e.solver, found); found.err != nil {
		return nil, found.err
	}
	if differs := e.answer.differs(x.answer(s, found.plan)); differs != "" {
		return nil, fmt.Errorf("%scoalition %v: %w in %s; run all workers with one build of trigrid and of the solver",
			x.problem.VPP.prefix(), x.names(s), ErrAnotherAnswer, differs)
	}
	found.plan.AbsoluteGap = e.outcome.AbsoluteGap
	e.plan = found.plan
	return e.plan, nil
}

// differs names the numbers in which two answers differ, "" if all bits are
// equal. The gap of an outcome is left out if the other fields are equal: a
// second solution can have improved it.
func (a Answer) differs(b Answer) string {
	var found []string
	add := func(name string, equal bool) {
		if !equal {
			found = append(found, name)
		}
	}
	add("value", a.Outcome.Value == b.Outcome.Value)
	add("revenue", maps.Equal(a.Outcome.Revenue, b.Outcome.Revenue))
	add("service", maps.Equal(a.Outcome.Service, b.Outcome.Service))
	add("deviation", a.Outcome.Deviation == b.Outcome.Deviation)
	add("exchanging members", a.Outcome.Exchanging == b.Outcome.Exchanging)
	add("nodes", a.Nodes == b.Nodes)
	add("backend", a.Backend == b.Backend)
	add("renewable utilisation", a.Renewable == b.Renewable)
	return strings.Join(found, ", ")
}

// Facts returns the numbers of a coalition with an outcome. It solves the
// coalition if necessary.
func (x *Coalitions) Facts(ctx context.Context, s Coalition) (Facts, error) {
	e := x.entry(ctx, s)
	switch {
	case e.err != nil:
		return Facts{}, e.err
	case e.answer != nil:
		return Facts{e.answer.Nodes, e.answer.Backend, e.answer.Renewable}, nil
	}
	return Facts{e.plan.Solution.Nodes, e.plan.Solution.Backend, e.plan.RenewableUtilisation()}, nil
}
