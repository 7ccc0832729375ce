package vpp

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// Session solves similar problems in sequence and keeps the program in the
// solver. A plan equals that of [Problem.Solve].
//
//	session := vpp.NewSession(solver)
//	defer session.Close()
//	plan, err := session.Solve(ctx, problem, 0b101)
//	problem.Setting.Weights = changed
//	plan, err = session.Solve(ctx, problem, 0b111)
//	fmt.Println(plan.Solution.Update) // "updated: 24 costs", or "rebuilt: " and the reason
//
// Each call formulates the program, which takes a small part of the time of a
// solution, and compares it with the one in the solver. If only costs, bounds
// and limits differ, the session updates these. Any other difference, such as a
// price in a row of the risk measure, makes it build the program again. The
// bounds of a membership column switch a DER on or off.
//
// The exclusivity rule of a member, once violated at a step, stays in the
// program. Only one goroutine may use a session at a time.
type Session struct {
	solver milp.Opener
	live   *milp.Model          // the program in the solver
	held   milp.Session         // nil before the first solution
	bounds map[string][]float64 // per DER: see [tighten]
}

// NewSession returns a session without a program.
func NewSession(solver milp.Opener) *Session {
	return &Session{solver: solver, bounds: map[string][]float64{}}
}

// Close releases the program in the solver. It may be called more than once.
func (x *Session) Close() error {
	if x.held == nil {
		return nil
	}
	held := x.held
	x.held, x.live = nil, nil
	return held.Close()
}

// Solve returns the plan of the coalition s of the members of p.
// [milp.Solution.Update] of its solution reports whether the program was built,
// updated or rebuilt, and why.
func (x *Session) Solve(ctx context.Context, p Problem, s Coalition) (*Plan, error) {
	if err := p.validateSize(); err != nil {
		return nil, err
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if s>>len(p.Members) != 0 {
		return nil, fmt.Errorf("%scoalition %v has members beyond the session's %d DERs; give numbers below %d",
			p.VPP.prefix(), s.Members(), len(p.Members), len(p.Members))
	}
	// A member is without its exclusivity rule at first.
	for _, d := range p.Members {
		if _, ok := d.(der.Overlapper); ok && len(x.bounds[d.Name()]) != p.Setting.Set.Steps() {
			x.bounds[d.Name()] = repeat(math.Inf(1), p.Setting.Set.Steps())
		}
	}
	for {
		program, err := x.compose(p, s)
		if err != nil {
			return nil, err
		}
		plan, err := x.solve(ctx, program)
		if err != nil {
			return nil, failed(p.VPP.Name, s.Size(), program.explained(ctx, x.solver, program.Model, err))
		}
		if !tighten(x.bounds, plan) {
			return plan, nil
		}
	}
}

// compose returns the program of all members of p, in which those outside s are
// switched off.
func (x *Session) compose(p Problem, s Coalition) (*Program, error) {
	number := map[string]int{}
	for i, d := range p.Members {
		number[d.Name()] = i
	}
	member := func(m *milp.Model, d der.DER) milp.Expr {
		value := 0.0
		if s.Has(number[d.Name()]) {
			value = 1
		}
		v := m.Bin(milp.At(d.Name(), "member"))
		m.Fix(v, value)
		return v.Expr()
	}
	return p.compose(member, func(d der.DER) []float64 { return x.bounds[d.Name()] })
}

// solve updates the live model to a program and solves it.
func (x *Session) solve(ctx context.Context, program *Program) (*Plan, error) {
	update := ""
	if x.held != nil {
		if why := difference(x.live, program.Model); why != "" {
			update = "rebuilt: " + why
			if err := x.Close(); err != nil {
				return nil, err
			}
		} else {
			adopt(x.live, program.Model)
		}
	}
	if x.held == nil {
		held, err := x.solver.Open(program.Model)
		if err != nil {
			return nil, err
		}
		x.held, x.live = held, program.Model
	}
	held := &heldSolver{Solver: x.solver, live: x.live, held: x.held}
	solution, err := program.curved().optimum(ctx, held, x.live)
	if err != nil {
		return nil, err
	}
	solution.Update = held.update
	if update != "" {
		solution.Update = update
	}
	// The live model has the columns of the program in the same places, so that
	// its values fit.
	return program.plan(solution)
}

// heldSolver solves the live model in the session of the solver, and any other
// model without one.
type heldSolver struct {
	milp.Solver
	live *milp.Model
	held milp.Session

	update string // of the live model
}

// Solve implements [milp.Solver].
func (x *heldSolver) Solve(ctx context.Context, m *milp.Model) (*milp.Solution, error) {
	if m == x.live {
		solution, err := x.held.Solve(ctx)
		if err == nil {
			x.update = solution.Update
		}
		return solution, err
	}
	return x.Solver.Solve(ctx, m)
}

// difference describes the first difference between two models other than
// costs, bounds and limits. It is empty if there is none.
func difference(live, fresh *milp.Model) string {
	if live.Vars() != fresh.Vars() || live.Rows() != fresh.Rows() {
		return fmt.Sprintf("%d columns and %d rows instead of %d and %d", fresh.Vars(), fresh.Rows(), live.Vars(), live.Rows())
	}
	for j := range live.Vars() {
		a, b := live.VarAt(j), fresh.VarAt(j)
		if a.Name() != b.Name() || live.IsInteger(a) != fresh.IsInteger(b) {
			return fmt.Sprintf("column %v instead of %v", b.Name(), a.Name())
		}
	}
	old, now := live.Data(), fresh.Data()
	for i := range live.Rows() {
		a, b := live.RowAt(i), fresh.RowAt(i)
		if a.Name() != b.Name() {
			return fmt.Sprintf("row %v instead of %v", b.Name(), a.Name())
		}
		if !slices.Equal(old.Column[old.RowStart[i]:old.RowStart[i+1]], now.Column[now.RowStart[i]:now.RowStart[i+1]]) ||
			!slices.Equal(old.Coefficient[old.RowStart[i]:old.RowStart[i+1]], now.Coefficient[now.RowStart[i]:now.RowStart[i+1]]) {
			return fmt.Sprintf("row %v has other coefficients", b.Name())
		}
	}
	return ""
}

// adopt sets the costs, bounds and limits of the live model to those of a model
// of equal structure.
func adopt(live, fresh *milp.Model) {
	constant := fresh.Data().Constant - live.Data().Constant
	for j := range live.Vars() {
		v := live.VarAt(j)
		lower, upper := fresh.VarAt(j).Bounds()
		live.SetBounds(v, lower, upper)
		live.SetCost(v, fresh.Cost(fresh.VarAt(j)))
	}
	for i := range live.Rows() {
		lower, upper := fresh.Limits(fresh.RowAt(i))
		live.SetLimits(live.RowAt(i), lower, upper)
	}
	live.AddObjective(milp.Const(constant))
}
