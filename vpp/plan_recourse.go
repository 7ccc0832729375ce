package vpp

import (
	"context"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// Recourse holds the first-stage decisions of the plan and solves the second
// stage for other scenarios. The day-ahead schedules, the commitment and the
// calls of loads are first-stage decisions. For example, a plan made on 10
// clusters of scenarios can be tested on the 1000 original ones; its risk is
// often larger there, because clusters are means.
//
// The scenarios have the same steps and series as those of the plan. They are
// solved in one program, because the risk measure depends on all of them. The
// first stage must have the same columns as before. An error wraps
// [milp.ErrInfeasible] if a scenario cannot be met.
//
// A column belongs to the first stage if its name has at most one index, the
// step ([der.Context.FirstStage]). A second-stage column has the scenario as
// its first index ([der.Context.Namer]).
func (p *Plan) Recourse(ctx context.Context, solver milp.Solver, scenarios *scenario.Set) (*Plan, error) {
	if p.moved != nil {
		return nil, fmt.Errorf("%srecourse: the plan belongs to an equilibrium, whose prices hold for its own "+
			"scenarios only; solve the VPP alone", p.VPP.prefix())
	}
	if of, grid := scenarios.Grid(), p.Setting.Set.Grid(); of.Step != grid.Step || grid.Lengths != nil && !of.SameSteps(grid) {
		return nil, fmt.Errorf("%srecourse: the scenarios have %v, the plan has %v; give scenarios with the plan's steps",
			p.VPP.prefix(), of, grid)
	}
	problem := Problem{VPP: p.VPP, Members: make([]der.DER, len(p.Members)), Setting: p.Setting}
	problem.Setting.Set = scenarios
	for i := range p.Members {
		problem.Members[i] = p.Members[i].DER
	}
	if err := problem.Validate(); err != nil {
		return nil, fmt.Errorf("vpp: recourse: %w", err)
	}
	plan, err := problem.lazily(ctx, solver, func(x *Program) error { return x.FixFirstStage(p.decided) })
	if err != nil {
		return nil, fmt.Errorf("vpp: recourse: %w", err)
	}
	return plan, nil
}

// FirstStage returns the first-stage columns. The columns of the risk measure
// are no decisions: they depend on the losses of all scenarios.
func (x *Program) FirstStage() []milp.Var {
	var out []milp.Var
	for j := range x.Model.Vars() {
		v := x.Model.VarAt(j)
		if len(v.Name().Indices()) < 2 && (j < x.ofRisk[0] || j >= x.ofRisk[1]) {
			out = append(out, v)
		}
	}
	return out
}

// FixFirstStage fixes the first-stage columns at given values, such as those of
// [Plan.FirstStage]. The program becomes linear if no integer is left. It
// returns an error that lists the columns without a value.
func (x *Program) FixFirstStage(decided map[milp.Name]float64) error {
	bad := faults.List{Prefix: x.VPP.prefix()}
	for _, v := range x.FirstStage() {
		value, ok := decided[v.Name()]
		if !bad.Require(ok, "the plan has no value for column %v; use members with the same first stage", v.Name()) {
			continue
		}
		if x.Model.IsInteger(v) {
			value = math.Round(value)
		}
		// A value of a solver can be outside the bounds by its tolerance.
		lower, upper := v.Bounds()
		x.Model.Fix(v, min(max(value, lower), upper))
	}
	if integersFixed(x.Model) {
		x.Model = x.Model.Relaxed() // a linear program is solved three to five times as fast
	}
	return bad.Err()
}

// integersFixed reports whether every integer column has a single value.
func integersFixed(m *milp.Model) bool {
	for j := range m.Vars() {
		if v := m.VarAt(j); m.IsInteger(v) {
			if lower, upper := v.Bounds(); lower != upper {
				return false
			}
		}
	}
	return true
}
