package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing/fstest"
	"time"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/internal/cmd/differential/second"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/vpp"
)

// Tolerances of a comparison.
const (
	// tolerance is the accepted difference of two optima, relative to the
	// larger one.
	tolerance = 1e-6
	// floor is the size, in currency, below which the tolerance is absolute:
	// two solvers that keep rows to 1e-7 MW differ by about 1e-4 at prices of
	// some hundred per MWh.
	floor = 100
	// slack is the accepted violation of a row by a schedule of the other
	// program, relative to 1 MW and above.
	slack = 1e-6
)

// verdict is the result of one comparison.
type verdict int

// The verdicts. Refused is an instance that the reader rejects, undecided one
// whose second solver reached its limit of time, contradicted one on which only
// one of the second solvers disagrees.
const (
	agree           verdict = iota // equal optima, and the plan is feasible in both programs
	agreeInfeasible                // both programs have no schedule
	refused
	undecided
	contradicted
	disagree // a fault of the library, of HiGHS or of the second statement
)

// String returns the verdict in words.
func (v verdict) String() string {
	return [...]string{"agree", "agree: infeasible", "refused", "undecided", "second solvers contradict each other", "disagree"}[v]
}

// comparison is the result of one instance.
type comparison struct {
	verdict    verdict
	reason     string  // of any verdict but agree
	ours, twin float64 // objectives, currency; NaN without an optimum
	difference float64 // relative
	solver     second.Solver
	columns    int           // of the second statement
	ourTime    time.Duration // wall time of the library
	twinTime   time.Duration // wall time of the second solver
}

// outcome is an optimum of the library: the objective of its instance, and its
// quantities in terms of the second statement.
type outcome struct {
	objective float64
	pin       func(*second.Program) // fixes the quantities in a copy of the second statement
}

// errRefused wraps the error of a reader.
var errRefused = errors.New("refused")

// instance is one format: its reader in the library, and its second statement.
type instance struct {
	// ours reads and solves an instance in the library. The error of a text
	// that the library rejects wraps errRefused.
	ours func(ctx context.Context, text []byte, twin *statement, solver milp.Solver) (*outcome, error)
	// second states an instance again. Its error is a disagreement, unless the
	// library rejects the text as well.
	second func(text []byte) (*statement, error)
}

// statement is a second statement of any format. The sign is 1 for a cost that
// the library minimises, and −1 for a value that it maximises.
type statement struct {
	*second.Program
	sign float64
	plan *second.Statement // of a case file
	uc   *second.System    // of a unit-commitment instance
}

// compareAll compares with the first solver, and with the next one if they
// disagree or the first one reaches its limit. Every contradiction of two
// second solvers is reported.
func (x instance) compareAll(ctx context.Context, text []byte, solvers []second.Solver) comparison {
	first := x.compare(ctx, text, exact, solvers[0])
	for _, other := range solvers[1:] {
		if first.verdict != disagree && first.verdict != undecided || ctx.Err() != nil {
			break
		}
		next := x.compare(ctx, text, exact, other)
		if first.verdict == undecided {
			return next
		}
		if next.verdict == agree || next.verdict == agreeInfeasible {
			next.verdict, next.reason = contradicted, fmt.Sprintf("%s contradicts %s and the library: %s", first.solver, other, first.reason)
			return next
		}
	}
	if first.verdict == disagree {
		// A fault of HiGHS is a disagreement all the same: its users get the
		// wrong plan.
		plain := exact
		plain.Presolve = highs.PresolveOff
		if again := x.compare(ctx, text, plain, first.solver); again.verdict == agree || again.verdict == agreeInfeasible {
			first.reason = "HiGHS with presolve is wrong, without it agrees: " + first.reason
		}
	}
	return first
}

// compare solves an instance twice and compares the optima, and then the plan
// of the library in the second statement.
//
// Objectives agree if
//
//	|ours − twin| ≤ tolerance · max(floor, |ours|, |twin|)
//
// For example, optima of 5000.001 and 5000.002 agree, since 0.005 is allowed.
func (x instance) compare(ctx context.Context, text []byte, own milp.Solver, solver second.Solver) (c comparison) {
	c = comparison{ours: math.NaN(), twin: math.NaN(), solver: solver}
	differ := func(format string, arguments ...any) comparison {
		c.verdict, c.reason = disagree, fmt.Sprintf(format, arguments...)
		return c
	}
	defer func() { // a panic of the library is a disagreement that can be minimised, too
		if p := recover(); p != nil {
			c = differ("panic: %v", p)
		}
	}()
	twin, stated := x.second(text)
	start := time.Now()
	found, err := x.ours(ctx, text, twin, own)
	c.ourTime = time.Since(start)
	if errors.Is(err, errRefused) {
		c.verdict, c.reason = refused, err.Error()
		return c
	}
	if stated != nil {
		return differ("the second statement fails: %v", stated)
	}
	infeasible := errors.Is(err, milp.ErrInfeasible)
	if err != nil && !infeasible {
		return differ("the library fails: %v", err)
	}
	c.columns, _, _ = twin.Size()

	start = time.Now()
	answer, err := solver.Solve(ctx, twin.Program)
	c.twinTime = time.Since(start)
	switch {
	case err != nil:
		return differ("%v", err)
	case answer.Status == second.Undecided:
		c.verdict, c.reason = undecided, "the second solver reached its limit"
		return c
	case infeasible && answer.Status == second.Infeasible:
		c.verdict, c.reason = agreeInfeasible, "no schedule"
		return c
	case infeasible:
		// The objective of the second statement helps to find the schedule that
		// the library misses.
		c.twin = answer.Objective * twin.sign
		return differ("the library finds no schedule, the second statement is %s", answer.Status)
	}
	c.ours = found.objective
	if answer.Status != second.Optimal {
		return differ("the library finds an optimum, the second statement is %s", answer.Status)
	}
	c.twin = answer.Objective * twin.sign
	c.difference = math.Abs(c.ours-c.twin) / max(floor, math.Abs(c.ours), math.Abs(c.twin))
	// The negation rejects NaN as well.
	if !(c.difference <= tolerance) {
		return differ("the objectives differ by %.3g, relative %.3g", c.ours-c.twin, c.difference)
	}

	// Optima can be equal by chance. The plan of the library must be a plan of
	// the second statement, at the same objective.
	pinned := twin.Copy()
	found.pin(pinned)
	answer, err = solver.Solve(ctx, pinned)
	switch {
	case err != nil:
		return differ("%v", err)
	case answer.Status == second.Undecided:
		c.verdict, c.reason = undecided, "the second solver reached its limit with the plan"
	case answer.Status != second.Optimal:
		return differ("the plan of the library is %s in the second statement", answer.Status)
	default:
		// Slack of the fixed quantities can lower the cost, never raise it
		// beyond the tolerance.
		if cost := answer.Objective; (cost - c.ours*twin.sign) > 10*tolerance*max(floor, math.Abs(cost)) {
			return differ("the plan of the library has the objective %v in the second statement", cost*twin.sign)
		}
	}
	return c
}

// exact is the solver of the library, with gaps of 0.
var exact = highs.Solver{Gap: highs.Exact, AbsoluteGap: highs.Exact}

// cases compares case files: the first VPP with all DERs.
var cases = instance{
	second: func(text []byte) (*statement, error) {
		s, err := second.Case(text)
		if err != nil {
			return nil, err
		}
		return &statement{Program: s.Program, sign: -1, plan: s}, nil
	},
	ours: func(ctx context.Context, text []byte, twin *statement, solver milp.Solver) (*outcome, error) {
		loaded, err := casefile.Load(fstest.MapFS{"case.json": {Data: text}}, "case.json")
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errRefused, err)
		}
		region, err := loaded.Region(ctx, casefile.Options{})
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errRefused, err)
		}
		// The default of 1e-6 is relative to the costs, and weights of risk can
		// multiply its effect.
		region.Setting.Modelling.CostTolerance = 1e-8
		plan, err := vpp.Problem{VPP: region.VPPs[0], Members: region.DERs, Setting: region.Setting}.Solve(ctx, solver)
		if err != nil {
			return nil, err
		}
		if err := plan.Verify(1e-5); err != nil {
			return nil, fmt.Errorf("the plan does not verify: %w", err)
		}
		return &outcome{objective: plan.Value.Objective, pin: func(p *second.Program) { pinPlan(p, twin.plan, plan) }}, nil
	},
}

// pinPlan fixes the flows of all members and the day-ahead schedule of a plan.
//
// Flows that only one side has must be 0. For a flow that the second statement
// lacks, the row 0 = value has no solution otherwise.
func pinPlan(p *second.Program, twin *second.Statement, plan *vpp.Plan) {
	fix := func(e second.Expr, value float64) { p.Fix(e, value, slack*max(1, math.Abs(value))) }
	for t, e := range plan.DayAhead {
		fix(twin.DayAhead[t], e)
	}
	for t, mw := range plan.Offered {
		fix(twin.Offered[t], mw)
	}
	for s := range plan.Net {
		for t, mw := range plan.Net[s] {
			fix(twin.Net[s][t], mw)
		}
	}
	for _, m := range plan.Members {
		for _, other := range twin.Members {
			if other.Name != m.DER.Name() {
				continue
			}
			for s, ports := range m.Schedule.Realised {
				for name, path := range map[string][]float64{
					"injected": ports.Injected, "withdrawn": ports.Withdrawn, "reduced": ports.Reduced,
					"heat": ports.Heat, "gas": ports.Gas, "co2": ports.CO2, "emission": ports.Emission, "allowance": ports.Allowance,
					"reserve": ports.Reserve, "renewable": ports.Renewable, "available": ports.Available, "conventional": ports.Conventional,
				} {
					for t := range plan.DayAhead {
						value := 0.0
						if path != nil {
							value = path[t]
						}
						e := second.Expr{}
						if other.Flows[name] != nil {
							e = other.Flows[name][s][t]
						}
						fix(e, value)
					}
				}
			}
		}
	}
}
