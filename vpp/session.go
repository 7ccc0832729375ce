package vpp

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// Session solves one plant again and again while its data change: weights, prices, demands, and which of
// its units take part. It gives what [Solve] gives, and keeps the program inside the solver as long as
// only costs, bounds and limits differ from the last time.
//
//	session, err := vpp.NewSession(solver, units)
//	plan, err := session.Solve(ctx, plant, vpp.Coalition(0b101), setting)
//	fmt.Println(plan.Solution.Update) // "updated: 24 costs", or "rebuilt: …" and why
//
// Every call states the program anew, which takes a small part of the time to solve it, and compares it
// with the one that the solver holds. So no change can be forgotten: what cannot be updated in place, such
// as a price inside a row of the risk measure, is rebuilt and said to be. Units take part through
// membership variables, whose bounds are the switches.
//
// Rules against feeding in and taking out at once are stated at the steps at which they were ever broken,
// and stay. A session is used by one goroutine at a time.
type Session struct {
	solver milp.Opener
	units  []der.DER
	live   *milp.Model
	held   milp.Session
	relied map[string][]float64
}

// NewSession returns a session over the units of a region, whose numbers are their places in units.
func NewSession(solver milp.Opener, units []der.DER) (*Session, error) {
	if len(units) > MaxDERs {
		return nil, fmt.Errorf("%d units; coalitions can be told apart up to %d", len(units), MaxDERs)
	}
	return &Session{solver: solver, units: units}, nil
}

// Close releases what the solver holds.
func (x *Session) Close() error {
	if x.held == nil {
		return nil
	}
	held := x.held
	x.held, x.live = nil, nil
	return held.Close()
}

// Solve plans the plant with the given members. [milp.Solution.Update] of the plan's solution says whether
// the program was built, updated or rebuilt, and why.
func (x *Session) Solve(ctx context.Context, p VPP, members Coalition, c Setting) (*Plan, error) {
	if err := validate(p, x.units, c); err != nil {
		return nil, err
	}
	if last := members >> len(x.units); last != 0 {
		return nil, fmt.Errorf("coalition %v has members beyond the session's %d units", members.Members(), len(x.units))
	}
	x.promise(c)
	for {
		program, err := x.compose(p, members, c)
		if err != nil {
			return nil, err
		}
		plan, err := x.solve(ctx, program)
		if err != nil {
			return nil, fmt.Errorf("plant %q with %d members: %w", p.Name, members.Size(), err)
		}
		if !withdraw(x.relied, plan) {
			return plan, nil
		}
	}
}

// promise lets units leave out their rules against feeding in and taking out at once where they were not
// broken so far.
func (x *Session) promise(c Setting) {
	if x.relied == nil {
		x.relied = map[string][]float64{}
	}
	for _, unit := range x.units {
		if _, ok := unit.(der.Overlapper); ok && len(x.relied[unit.Name()]) != c.Set.Steps() {
			x.relied[unit.Name()] = constant(math.Inf(1), c.Set.Steps())
		}
	}
}

// compose states the program of all units, with those that do not take part switched off.
func (x *Session) compose(p VPP, members Coalition, c Setting) (*Program, error) {
	number := map[string]int{}
	for i, unit := range x.units {
		number[unit.Name()] = i
	}
	membership := func(m *milp.Model, unit der.DER) milp.Expr {
		takesPart := 0.0
		if members.Has(number[unit.Name()]) {
			takesPart = 1
		}
		v := m.Bin(milp.At(unit.Name(), "member"))
		m.Fix(v, takesPart)
		return v.Expr()
	}
	return compose(p, x.units, c, membership, func(unit der.DER) []float64 { return x.relied[unit.Name()] })
}

// solve brings the live model up to date with a program and solves it.
func (x *Session) solve(ctx context.Context, program *Program) (*Plan, error) {
	update := ""
	if x.held != nil {
		if why := differs(x.live, program.Model); why != "" {
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
	held := &rememberedSolver{Solver: x.solver, live: x.live, held: x.held}
	search, fixed, linear, err := searched(ctx, held, x.live)
	if err != nil {
		return nil, err
	}
	solution, err := canonical(ctx, x.solver, search, fixed, linear)
	if err != nil {
		return nil, err
	}
	solution.Update = search.Update
	if update != "" {
		solution.Update = update
	}
	// The live model has the columns of the program in the same places, so that its values fit.
	return program.plan(solution)
}

// rememberedSolver solves the live model in the session that holds it and every other model cold.
type rememberedSolver struct {
	milp.Solver
	live *milp.Model
	held milp.Session
}

// Solve implements [milp.Solver].
func (x *rememberedSolver) Solve(ctx context.Context, m *milp.Model) (*milp.Solution, error) {
	if m == x.live {
		return x.held.Solve(ctx)
	}
	return x.Solver.Solve(ctx, m)
}

// differs says in what a model differs from the live one beyond costs, bounds and limits; it is empty
// where it does not.
func differs(live, fresh *milp.Model) string {
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

// adopt gives the live model the costs, bounds and limits of another one of the same structure.
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
