package trigrid

import (
	"context"
	"slices"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// propose returns the coalition that each plant would choose. Without a search that takes, and leaves in
// the planner, the plans of all coalitions.
func propose(ctx context.Context, r Region, x *planner, o Options) ([]vpp.Coalition, error) {
	if !o.Search {
		if err := x.plan(ctx, x.all(len(r.Units))...); err != nil {
			return nil, err
		}
		return preferred(r, x.plants), nil
	}
	began := time.Now()
	defer func() { x.spent += time.Since(began) }()
	return selected(ctx, r, o.Solver)
}

// preferred returns the coalition that each plant would choose.
func preferred(r Region, plants []*vpp.Coalitions) []vpp.Coalition {
	all := make([]vpp.Coalition, 1<<len(r.Units))
	for s := range all {
		all[s] = vpp.Coalition(s)
	}
	out := make([]vpp.Coalition, len(plants))
	for v, p := range plants {
		out[v] = vpp.Best(p.Outcomes(), all)
	}
	return out
}

// selected returns the coalition that each plant chooses by a program of its own, see [vpp.Select].
func selected(ctx context.Context, r Region, solver milp.Solver) ([]vpp.Coalition, error) {
	out := make([]vpp.Coalition, len(r.Plants))
	for v, p := range r.Plants {
		plan, err := vpp.Select(ctx, solver, p, r.Units, r.Setting)
		if err != nil {
			return nil, err
		}
		for i := range plan.Members {
			no := slices.IndexFunc(r.Units, func(unit der.DER) bool { return unit.Name() == plan.Members[i].Unit.Name() })
			out[v] = out[v].With(no)
		}
	}
	return out, nil
}
