package vpp

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// Coalitions plans the coalitions of one plant, each once. It is safe for concurrent use.
type Coalitions struct {
	plant   VPP
	units   []der.DER
	setting Setting
	solver  milp.Solver

	mu      sync.Mutex
	planned map[Coalition]*planned
}

type planned struct {
	done    chan struct{}
	plan    *Plan
	outcome *Outcome
	err     error
	gaveUp  bool // because the context of the caller who planned ended
}

// MaxDERs is the largest number of units whose coalitions can be told apart.
const MaxDERs = 64

// NewCoalitions returns the coalitions of a plant among the units of a region, whose numbers are their
// places in units. It fails with everything that is wrong with the data.
func NewCoalitions(p VPP, units []der.DER, c Setting, solver milp.Solver) (*Coalitions, error) {
	if len(units) > MaxDERs {
		return nil, fmt.Errorf("%d units; coalitions can be told apart up to %d", len(units), MaxDERs)
	}
	if err := validate(p, units, c); err != nil {
		return nil, err
	}
	return &Coalitions{plant: p, units: units, setting: c, solver: solver, planned: map[Coalition]*planned{}}, nil
}

// Plant returns the plant.
func (x *Coalitions) VPP() VPP { return x.plant }

// Plan returns the plan of a coalition, solving its program if nobody has before. A plan that could not
// be made because the context ended is tried again by the next caller.
func (x *Coalitions) Plan(ctx context.Context, s Coalition) (*Plan, error) {
	p := x.entry(ctx, s)
	return p.plan, p.err
}

// Outcome returns what a coalition achieves, solving its program if nobody has before.
func (x *Coalitions) Outcome(ctx context.Context, s Coalition) (*Outcome, error) {
	p := x.entry(ctx, s)
	return p.outcome, p.err
}

func (x *Coalitions) entry(ctx context.Context, s Coalition) *planned {
	x.mu.Lock()
	p, ok := x.planned[s]
	if ok {
		x.mu.Unlock()
		select {
		case <-p.done:
			if ctx.Err() == nil && p.gaveUp {
				return x.entry(ctx, s)
			}
			return p
		case <-ctx.Done():
			return &planned{err: ctx.Err()}
		}
	}
	p = &planned{done: make(chan struct{})}
	x.planned[s] = p
	x.mu.Unlock()

	p.plan, p.err = Solve(ctx, x.solver, x.plant, x.members(s), x.setting)
	if p.err == nil {
		p.outcome = x.outcome(s, p.plan)
	} else {
		p.err = fmt.Errorf("coalition %v of %s: %w", x.names(s), x.plant.Name, p.err)
	}
	if p.gaveUp = ctx.Err() != nil && p.err != nil; p.gaveUp {
		x.mu.Lock()
		delete(x.planned, s)
		x.mu.Unlock()
	}
	close(p.done)
	return p
}

func (x *Coalitions) members(s Coalition) []der.DER {
	out := make([]der.DER, 0, s.Size())
	for _, i := range s.Members() {
		out = append(out, x.units[i])
	}
	return out
}

func (x *Coalitions) names(s Coalition) []string {
	out := make([]string, 0, s.Size())
	for _, unit := range x.members(s) {
		out = append(out, unit.Name())
	}
	return out
}

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
		no := slices.IndexFunc(x.units, func(unit der.DER) bool { return unit.Name() == m.DER.Name() })
		out.Revenue[no], out.Service[no] = m.Revenue, m.Service
	}
	return out
}

// Planned returns the coalitions with a plan, in ascending order.
func (x *Coalitions) Planned() []Coalition {
	x.mu.Lock()
	defer x.mu.Unlock()
	var out []Coalition
	for s, p := range x.planned {
		select {
		case <-p.done:
			if p.err == nil {
				out = append(out, s)
			}
		default:
		}
	}
	slices.Sort(out)
	return out
}

// Outcomes returns the outcomes planned so far, for a sharing rule. Every coalition that the rule asks for
// must have been planned without an error.
func (x *Coalitions) Outcomes() Outcomes {
	return func(s Coalition) *Outcome {
		x.mu.Lock()
		p, ok := x.planned[s]
		x.mu.Unlock()
		if ok {
			<-p.done
		}
		if !ok || p.err != nil {
			panic(fmt.Sprintf("vpp: coalition %v of %s is asked for before it was planned", x.names(s), x.plant.Name))
		}
		return p.outcome
	}
}
