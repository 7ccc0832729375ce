package vpp

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// Recourse plans other futures with what this plan decided here and now: its position, commitment, calls
// and announcements are held, everything else follows the futures given. It says what a plan is worth in a
// sample that it was not made on, such as the unreduced one: what is planned on the means of clusters looks
// less risky there than it is.
//
// The futures cover the same steps and have the same series. They are planned together, since a risk
// measure joins them; time grows with their number. The members must decide the same things as before:
// membership that [Select] chose is settled. Where some future cannot be met with what was decided, the
// error satisfies [errors.Is] with [milp.ErrInfeasible].
//
// Decided here and now is every column that is named by a step alone or by nothing ([der.Context.FirstStage]);
// what follows a scenario is named by it first ([der.Context.Namer]).
func (p *Plan) Recourse(ctx context.Context, solver milp.Solver, futures *scenario.Set) (*Plan, error) {
	if p.moved != nil {
		return nil, fmt.Errorf("plant %q: recourse: the plan belongs to an equilibrium, whose prices are those of its own futures", p.VPP.Name)
	}
	c := p.Setting
	c.Set = futures
	members := make([]der.DER, len(p.Members))
	for i := range p.Members {
		members[i] = p.Members[i].DER
	}
	if err := validate(p.VPP, members, c); err != nil {
		return nil, fmt.Errorf("recourse: %w", err)
	}
	plan, err := lazily(ctx, solver, p.VPP, members, c, func(x *Program) error { return x.hold(p.decided) })
	if err != nil {
		return nil, fmt.Errorf("recourse: %w", err)
	}
	return plan, nil
}

// hereAndNow returns the columns that are decided before the scenario is known, those of the risk measure
// aside, which are no decisions.
func (x *Program) hereAndNow() []milp.Var {
	var out []milp.Var
	for j := range x.Model.Vars() {
		v := x.Model.VarAt(j)
		if len(v.Name().Indices()) < 2 && (j < x.ofRisk[0] || j >= x.ofRisk[1]) {
			out = append(out, v)
		}
	}
	return out
}

// hold fixes what is decided here and now.
func (x *Program) hold(decided map[milp.Name]float64) error {
	var bad []error
	for _, v := range x.hereAndNow() {
		value, ok := decided[v.Name()]
		if !ok {
			bad = append(bad, fmt.Errorf("plant %q: the plan has not decided %v", x.VPP.Name, v.Name()))
			continue
		}
		if x.Model.IsInteger(v) {
			value = math.Round(value)
		}
		lower, upper := v.Bounds()
		x.Model.Fix(v, min(max(value, lower), upper)) // a solver's tolerance aside
	}
	if settled(x.Model) {
		x.Model = x.Model.Relaxed() // a linear program, three to five times faster than a search without choice
	}
	return errors.Join(bad...)
}

// settled reports whether the bounds of every integer variable leave one value.
func settled(m *milp.Model) bool {
	for j := range m.Vars() {
		if v := m.VarAt(j); m.IsInteger(v) {
			if lower, upper := v.Bounds(); lower != upper {
				return false
			}
		}
	}
	return true
}
