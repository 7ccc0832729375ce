package vpp

import (
	"context"

	"github.com/trigrid/trigrid/milp"
)

// SolvePrepared is [Problem.Solve] for a program that prepare changes first: it
// may add rows and columns, and fix columns of Model. Solve can solve several
// programs, one after the other, and calls prepare for each. An error of
// prepare ends it.
//
// For example, a rolling operation requires equal set points of the present
// step in all scenarios:
//
//	plan, err := problem.SolvePrepared(ctx, solver, func(x *vpp.Program) error {
//		x.ShareStep(0)
//		return nil
//	})
func (p Problem) SolvePrepared(ctx context.Context, solver milp.Solver, prepare func(*Program) error) (*Plan, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return p.lazily(ctx, solver, prepare)
}

// ShareStep requires that each member has the same operation in a step in all
// scenarios: it adds, for each second-stage column x of a member in step t,
//
//	x(s,t) = x(0,t)   for each scenario s
//
// The operation of the step then depends on no scenario (non-anticipativity).
// The series of the step should be equal in all scenarios; otherwise the
// program can be infeasible.
//
// Source: Rockafellar, Wets, Scenarios and policy aggregation in optimization
// under uncertainty, Mathematics of Operations Research 16(1), 1991, for the
// constraint of nonanticipativity.
func (x *Program) ShareStep(t int) {
	members := make(map[string]bool, len(x.Members))
	for _, d := range x.Members {
		members[d.Name()] = true
	}
	first := make(map[milp.Name]milp.Var)
	for j := range x.Model.Vars() {
		v := x.Model.VarAt(j)
		index := v.Name().Indices()
		if len(index) != 2 || index[1] != t || !members[v.Name().Owner] {
			continue
		}
		name := milp.At(v.Name().Owner, v.Name().Quantity, t)
		if index[0] == 0 {
			first[name] = v
			continue
		}
		// Columns of scenario 0 come first, because kinds add their scenarios
		// in order.
		if same, ok := first[name]; ok {
			x.Model.Equal(milp.At(v.Name().Owner, "shared_"+v.Name().Quantity, index[0], t), v.Expr(), same.Expr())
		}
	}
}
