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

// follow takes the plan of the gate, whose only scenario has the actual values.
// No step has to be decided again: nothing differs from the plan.
func (x *vppDay) follow() error {
	for i := range x.plan.Members {
		m := &x.plan.Members[i]
		ports := m.Schedule.Realised[0]
		ports = cloned(ports) // lose changes demand
		*x.recorded[m.DER.Name()] = ports
	}
	if x.reliefOf == x.plan {
		for t, lost := range x.relief {
			if err := x.lose(x.plan.Setting.Set.Window(t, t+1), t, lost, x.why); err != nil {
				return err
			}
		}
	}
	for k, exchange := range []*vpp.Exchange{&x.plan.Heat, &x.plan.Gas, &x.plan.CO2} {
		if exchange.Prices != nil {
			x.inside[k] = exchange.Prices[0]
		}
	}
	rolled, err := vpp.RollForward(x.plan, 0, x.grid.Steps)
	x.roll(rolled)
	return err
}

// decide finds the set points of step t. Its actual values are known, equal in
// all scenarios, and the set points are equal in all scenarios, too. They
// depend on no later value.
func (x *vppDay) decide(ctx context.Context, t int) error {
	var (
		s      = x.r.o.Strategy
		at     = x.grid.Time(t)
		window = x.grid.Window(t, x.grid.Steps)
		replan = s.Every > 0 && t%s.Every == 0
		plan   *vpp.Plan
		set    *scenario.Set
		err    error
	)
	// For example, with Every 4 the steps 0, 4, 8 and so on decide commitments
	// and the others only dispatch.
	//
	// A decision about commitments uses the scenarios of now. A dispatch keeps
	// those of the last decision, with the actual values of the step.
	if replan {
		if set, err = x.r.known(ctx, x.day, at, window, s.scenarios()); err != nil {
			return err
		}
	} else {
		now, err := x.r.known(ctx, x.day, at, window.Window(0, 1), 1)
		if err != nil {
			return err
		}
		if set, err = withPresent(x.known.Window(t-x.from, x.known.Steps()), now); err != nil {
			return err
		}
		plan, err = x.solve(ctx, set, t, x.decided)
		// Commitments of an earlier forecast can be unable to meet the actual
		// values.
		if replan = errors.Is(err, milp.ErrInfeasible); err != nil && !replan {
			return err
		}
	}
	if replan {
		if s.Method == WorstCase && s.Every > 0 && t%s.Every == 0 {
			plan, err = x.worst(ctx, at, set, t)
		} else {
			plan, err = x.free(ctx, set, t)
		}
		if err != nil {
			return err
		}
		// Later dispatches keep these commitments and scenarios until the next
		// decision.
		x.known, x.from = plan.Setting.Set, t
		x.decided = x.firstStage(plan, t)
		x.replans++
		x.r.count(0, 1)
	}
	x.record(plan)
	if x.reliefOf == plan {
		if err := x.lose(plan.Setting.Set.Window(0, 1), t, x.relief[0], x.why); err != nil {
			return err
		}
	}
	rolled, err := vpp.RollForward(plan, 0, 1)
	x.roll(rolled)
	return err
}

// free is firm with a way out: if the expected scenario has no solution either,
// some demand is not served, as little as possible.
func (x *vppDay) free(ctx context.Context, set *scenario.Set, t int) (*vpp.Plan, error) {
	plan, err := x.firm(ctx, set, t)
	if !errors.Is(err, milp.ErrInfeasible) {
		return plan, err
	}
	relieved, failed := x.relieved(ctx, set.Expected(), t, err)
	if errors.Is(failed, milp.ErrInfeasible) {
		return nil, err // the reason without relief names the data
	}
	return relieved, failed
}

// firm solves the window from step t on and decides commitments and calls. If
// some scenario has no solution, such as a demand above the limit of the
// connection, it plans for the expected one: the day can still turn out to be
// feasible.
func (x *vppDay) firm(ctx context.Context, set *scenario.Set, t int) (*vpp.Plan, error) {
	plan, err := x.solve(ctx, set, t, nil)
	if set.Len() > 1 && errors.Is(err, milp.ErrInfeasible) {
		return x.solve(ctx, set.Expected(), t, nil)
	}
	return plan, err
}

// solve solves the window from step t on, with the given first-stage values by
// step of the day, or none. During the day the step t has equal set points in
// all scenarios.
func (x *vppDay) solve(ctx context.Context, set *scenario.Set, t int, decided map[milp.Name]float64) (*vpp.Plan, error) {
	p, err := x.problem(set, t, x.state)
	if err != nil {
		return nil, err
	}
	x.r.count(1, 0)
	solver := x.r.solver
	if x.dayAhead == nil {
		solver = x.r.common
	}
	return p.SolvePrepared(ctx, solver, func(program *vpp.Program) error {
		// Before the gate the first step has scenarios like all others.
		if x.dayAhead != nil && set.Len() > 1 {
			program.ShareStep(0)
		}
		if decided == nil {
			return nil
		}
		return program.FixFirstStage(shifted(decided, -t))
	})
}

// shifted returns values with the steps of their names moved. A program of the
// window from step 5 on has the column "gas.on(2)" for step 7 of the day. Steps
// before the window are left out.
func shifted(values map[milp.Name]float64, steps int) map[milp.Name]float64 {
	out := make(map[milp.Name]float64, len(values))
	for name, value := range values {
		if index := name.Indices(); len(index) == 1 {
			if index[0]+steps < 0 {
				continue
			}
			name = milp.At(name.Owner, name.Quantity, index[0]+steps)
		}
		out[name] = value
	}
	return out
}

// withPresent returns the scenarios with the values of another set in their
// first step. The scenarios keep their later values and their probabilities.
// For example, wind of 3 or 5 MW that turns out to be 4 MW is 4 MW in both
// scenarios.
func withPresent(set, now *scenario.Set) (*scenario.Set, error) {
	out, err := scenario.New(set.Grid(), set.Probabilities())
	if err != nil {
		return nil, err
	}
	for _, name := range set.Names() {
		paths := make([][]float64, set.Len())
		// Only the first step is known; the rest of a scenario stays a
		// forecast.
		for s := range paths {
			paths[s] = slices.Clone(set.Path(name, s))
			paths[s][0] = now.At(name, 0, 0)
		}
		if set.Varies(name) {
			err = out.Add(name, set.Unit(name), paths)
		} else {
			err = out.AddForecast(name, set.Unit(name), paths[0])
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// record keeps the set points of the first step of a plan, and the prices of
// goods inside the VPP. The first scenario stands for all, because they share
// the step.
func (x *vppDay) record(plan *vpp.Plan) {
	for i := range plan.Members {
		m := &plan.Members[i]
		appendStep(x.recorded[m.DER.Name()], &m.Schedule.Realised[0])
	}
	for k, exchange := range []*vpp.Exchange{&plan.Heat, &plan.Gas, &plan.CO2} {
		if exchange.Prices == nil {
			continue
		}
		price := 0.0 // the set points are equal in all scenarios; the price is that of all together
		for s := range exchange.Prices {
			price += plan.Setting.Set.Probability(s) * exchange.Prices[s][0]
		}
		x.inside[k] = append(x.inside[k], price)
	}
}

// appendStep appends the first step of ports to others. A kind has the same
// ports and states in each window, so that the recorded paths have one number
// per step.
func appendStep(to, from *der.Ports) {
	for _, p := range [][2]*[]float64{
		{&to.Injected, &from.Injected},
		{&to.Withdrawn, &from.Withdrawn},
		{&to.Reduced, &from.Reduced},
		{&to.Heat, &from.Heat},
		{&to.Gas, &from.Gas},
		{&to.Reserve, &from.Reserve},
		{&to.Emission, &from.Emission},
		{&to.Allowance, &from.Allowance},
		{&to.CO2, &from.CO2},
		{&to.Renewable, &from.Renewable},
		{&to.Available, &from.Available},
		{&to.Conventional, &from.Conventional},
	} {
		if *p[1] != nil {
			*p[0] = append(*p[0], (*p[1])[0])
		}
	}
	for _, trace := range from.Traces {
		i := slices.IndexFunc(to.Traces, func(x der.Path) bool { return x.Name == trace.Name })
		if i < 0 {
			i = len(to.Traces)
			to.Traces = append(to.Traces, der.Path{Name: trace.Name, Unit: trace.Unit})
		}
		to.Traces[i].Values = append(to.Traces[i].Values, trace.Values[0])
	}
}

// roll takes rolled members as the present state. They are in the order of
// their names, the state in that of the region.
func (x *vppDay) roll(rolled []der.DER) {
	for _, d := range rolled {
		if i := slices.IndexFunc(x.state, func(s der.DER) bool { return d != nil && s.Name() == d.Name() }); i >= 0 {
			x.state[i] = d
		}
	}
}

// meter makes the plan of the delivered day at its actual values, from the
// recorded set points. The members are those of the beginning of the day, so
// that their costs and limits count over all of it.
func (x *vppDay) meter(_ context.Context, actual *scenario.Set) error {
	p, err := x.problem(actual, 0, x.members)
	if err != nil {
		return err
	}
	if p.Setting.Set, p.VPP.Demand, err = x.delivered(actual, p.VPP.Demand); err != nil {
		return err
	}
	if x.sold != nil {
		p.VPP.Offered = x.held()
	}
	// A schedule has the day-ahead power of the gate and the set points that
	// followed.
	schedules := make(map[string]der.Schedule, len(x.members))
	for _, d := range x.members {
		schedules[d.Name()] = der.Schedule{DayAhead: x.announced[d.Name()], Realised: []der.Ports{*x.recorded[d.Name()]}}
	}
	if x.metered, err = p.Metered(schedules, x.insidePrices()); err != nil {
		return err
	}
	// A program keeps the rules of each kind; fixed rules can break one, such
	// as the shortest run of a load whose usual profile has shorter ones. Steps
	// with misses break limits on purpose.
	if x.r.o.Strategy.Method == RuleBased && x.misses == nil {
		if err := x.metered.Verify(brokenBeyond); err != nil {
			return fmt.Errorf("rules: %w", err)
		}
	}
	return nil
}

// brokenBeyond is the tolerance of the check of a rule-based day, in units of
// each rule. It is that of a planned state, 1e-5, beyond which package der
// refuses to roll it forward.
const brokenBeyond = 1e-5

// insidePrices returns the recorded prices of goods inside the VPP, as one
// scenario.
func (x *vppDay) insidePrices() der.InsidePrices {
	var inside der.InsidePrices
	for k, to := range []*[][]float64{&inside.Heat, &inside.Gas, &inside.CO2} {
		if x.inside[k] != nil {
			*to = [][]float64{x.inside[k]}
		}
	}
	return inside
}

// count adds programs and re-plans.
func (r *runner) count(programs, replans int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.programs += programs
	r.counts.replans += replans
}
