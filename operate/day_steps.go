package operate

import (
	"context"
	"errors"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

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
	for k, exchange := range goodsOf(x.plan) {
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
	for k, exchange := range goodsOf(plan) {
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

// goodsOf returns the exchanges of heat, gas and CO2 of a plan, in the order of
// the prices inside a VPP.
func goodsOf(plan *vpp.Plan) [3]*vpp.Exchange {
	return [3]*vpp.Exchange{&plan.Heat, &plan.Gas, &plan.CO2}
}

// pathsOf returns the paths of ports beside their traces, always in the same
// order.
func pathsOf(y *der.Ports) [12]*[]float64 {
	return [12]*[]float64{
		&y.Injected, &y.Withdrawn, &y.Reduced, &y.Heat, &y.Gas, &y.Reserve, &y.Emission, &y.Allowance,
		&y.CO2, &y.Renewable, &y.Available, &y.Conventional,
	}
}

// appendStep appends the first step of ports to others. A kind has the same
// ports and states in each window, so that the recorded paths have one number
// per step.
func appendStep(to, from *der.Ports) {
	whole := pathsOf(to)
	for k, step := range pathsOf(from) {
		if *step != nil {
			*whole[k] = append(*whole[k], (*step)[0])
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
