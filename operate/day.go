package operate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// vppDay is one VPP on one day. The methods are called in this order: gate,
// operate, meter. Only one goroutine uses a vppDay at a time.
type vppDay struct {
	r       *runner
	day, v  int
	grid    scenario.Grid
	weights weights.Vector
	members []der.DER // at the beginning of the day
	state   []der.DER // now; the same order

	chosen    *vpp.Plan // of the choice, nil without one
	plan      *vpp.Plan // of the gate
	dayAhead  []float64 // e
	sold      []float64 // R, reserve sold at the gate; nil without a reserve market
	announced map[string][]float64
	decided   map[milp.Name]float64 // first-stage values by step of the day
	known     *scenario.Set         // scenarios of the last decision about commitments
	from      int                   // its step

	recorded map[string]*der.Ports // set points of the steps so far
	inside   [3][]float64          // prices of heat, gas and CO2; nil without
	median   float64               // price of the day at the gate, for the rules
	replans  int
	metered  *vpp.Plan

	misses   []Miss
	unserved []float64 // demand of the VPP that was not served, MW; nil: none
	unheld   []float64 // reserve that was sold and not held, MW; nil: none
	relief   []loss    // of the last plan that has one, per step of its window
	reliefOf *vpp.Plan // that plan
	why      string    // reason for it
}

// newDay returns the day of VPP v with the DERs that chose it. ders are all
// DERs in their states at the beginning of the day.
func (r *runner) newDay(day, v int, grid scenario.Grid, ders []der.DER) *vppDay {
	x := &vppDay{r: r, day: day, v: v, grid: grid, weights: r.weights, announced: map[string][]float64{}, recorded: map[string]*der.Ports{}}
	for _, d := range ders {
		if r.choices[d.Name()] == r.vpps[v] {
			x.members = append(x.members, d)
			x.recorded[d.Name()] = &der.Ports{}
		}
	}
	x.state = slices.Clone(x.members)
	return x
}

// problem returns the planning problem over the steps of a set, which begins
// with a step of the day. Before the gate the day-ahead schedule is nil and the
// program decides it.
func (x *vppDay) problem(set *scenario.Set, from int, members []der.DER) (vpp.Problem, error) {
	region, err := x.r.region(set)
	if err != nil {
		return vpp.Problem{}, err
	}
	p := vpp.Problem{VPP: region.VPPs[x.v], Members: members, Setting: region.Setting}
	p.Setting.Weights = x.weights
	if x.dayAhead != nil {
		p.VPP.DayAhead = within(x.dayAhead[from:from+set.Steps()], p.VPP)
	}
	if x.sold != nil {
		p.VPP.Offered = make([]float64, set.Steps())
		for k := range p.VPP.Offered {
			p.VPP.Offered[k] = x.toHold(from + k)
		}
	}
	return p, nil
}

// toHold returns the reserve that members must hold in a step of the day. A
// plan can miss its own offer by the tolerance of a solver, and the next window
// must still have a solution.
func (x *vppDay) toHold(t int) float64 { return max(0, x.sold[t]-served) }

// within moves a schedule into the limits of the connection, which it can leave
// by the tolerance of a solver.
func within(schedule []float64, v vpp.VPP) []float64 {
	out := make([]float64, len(schedule))
	for t, mw := range schedule {
		out[t] = min(max(mw, -v.ImportLimit.Or(math.Inf(1))), v.ExportLimit.Or(math.Inf(1)))
	}
	return out
}

// gate decides the day-ahead schedule with the scenarios known at the gate.
func (x *vppDay) gate(ctx context.Context, set *scenario.Set) error {
	var err error
	switch {
	case x.r.o.Strategy.Method == RuleBased:
		x.plan, err = x.ruledPlan(set)
	case x.r.o.Strategy.Method == WorstCase:
		x.plan, err = x.worst(ctx, x.r.season.Gate(x.day), set, 0)
	case x.chosen != nil:
		x.plan = x.chosen // the choice has solved the same program
	default:
		x.plan, err = x.free(ctx, set, 0)
	}
	if err != nil {
		return fmt.Errorf("gate: %w", err)
	}
	x.known, x.from = x.plan.Setting.Set, 0
	x.dayAhead = x.plan.DayAhead
	if x.plan.Offered != nil {
		x.sold = soldOf(x.plan)
	}
	x.decided = x.firstStage(x.plan, 0)
	for i := range x.plan.Members {
		m := &x.plan.Members[i]
		x.announced[m.DER.Name()] = m.Schedule.DayAhead
	}
	return nil
}

// soldOf returns the reserve that a plan offers, within the limits of the
// market, which a solver can miss by its tolerance.
func soldOf(plan *vpp.Plan) []float64 {
	out := make([]float64, len(plan.Offered))
	for t, mw := range plan.Offered {
		out[t] = min(max(0, mw), plan.Setting.Markets.Reserve.MaxOffer.Or(math.Inf(1)))
	}
	return out
}

// firstStage returns the first-stage values of a plan from step t on, by step
// of the day. Reserve that one plan could not hold must be held by the next
// ones again.
func (x *vppDay) firstStage(plan *vpp.Plan, t int) map[milp.Name]float64 {
	out := shifted(plan.FirstStage(), t)
	for step := t; step < len(x.sold); step++ {
		out[milp.At(plan.VPP.Name, "reserve_offer", step)] = x.toHold(step)
	}
	return out
}

// operate operates the steps of the day one by one and calls done after each.
func (x *vppDay) operate(ctx context.Context, done func(steps int)) error {
	if x.r.o.Strategy.Method == PerfectForesight {
		return x.follow()
	}
	for t := range x.grid.Steps {
		var err error
		if x.r.o.Strategy.Method == RuleBased {
			err = x.rule(ctx, t)
		} else {
			err = x.decide(ctx, t)
		}
		if errors.Is(err, milp.ErrInfeasible) {
			err = x.still(ctx, t, err)
		}
		if err != nil {
			return fmt.Errorf("step %d, %s: %w", t, x.grid.Time(t).Format("15:04"), err)
		}
		done(t + 1)
	}
	return nil
}

// count adds programs and re-plans.
func (r *runner) count(programs, replans int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.programs += programs
	r.counts.replans += replans
}
